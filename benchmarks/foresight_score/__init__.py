"""The score of foresight: runs that were foreseen are made, and times are held against each other."""
