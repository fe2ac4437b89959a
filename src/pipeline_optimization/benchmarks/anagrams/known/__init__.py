"""Contenders of which it is known what the harness must find: each is started from its file, like any other."""
