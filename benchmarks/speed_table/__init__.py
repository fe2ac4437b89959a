"""The parts of ``hatch run speed``: corpora, peers, alternation, and one module for each section of the table."""
