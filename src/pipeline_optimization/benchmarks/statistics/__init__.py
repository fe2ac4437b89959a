"""Statements about samples, and how certain they are."""
