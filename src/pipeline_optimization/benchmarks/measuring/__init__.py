"""Measures a process and all processes that it starts, from outside."""
