"""Pipelines of users' own functions: steps, ends and inputs, and how workers run them."""
