"""What is made of a run's events: a file of them, and its readers."""
