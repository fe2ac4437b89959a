"""Comparisons of users' own pipelines: their input, the run that gives the right result, and how contenders run them."""
