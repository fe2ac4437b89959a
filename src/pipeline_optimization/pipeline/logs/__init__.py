"""What a run logs through ``logging``, and how what its tasks log in workers reaches the handlers of the parent."""
