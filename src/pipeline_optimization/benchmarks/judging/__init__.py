"""Judges what was measured: whether answers are right, whether the work was done, and what went wrong."""
