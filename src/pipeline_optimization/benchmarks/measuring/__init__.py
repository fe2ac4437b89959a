"""Measures a process and everything that it starts, from outside."""
