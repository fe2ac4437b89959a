"""What can be said of samples, and how surely."""
