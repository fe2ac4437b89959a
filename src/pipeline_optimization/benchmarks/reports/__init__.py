"""Results in every form that somebody reads."""
