"""What can be said about samples, and how certain it is."""
