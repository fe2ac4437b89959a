"""Files of a run's events, and what is made of them."""
