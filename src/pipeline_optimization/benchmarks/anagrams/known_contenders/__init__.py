"""Contenders about which the harness must find something known. Each is started from its file, like any other contender."""
