"""Sinks that write the rows of a result into files."""
