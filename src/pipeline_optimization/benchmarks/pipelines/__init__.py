"""What of the harness knows users' own pipelines: their input, the run that says what is right, and how contenders run them."""
