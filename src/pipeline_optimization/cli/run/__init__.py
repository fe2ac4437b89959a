"""The commands ``run`` and ``retry``: run a job, show how far it is, and write its result and its record."""
