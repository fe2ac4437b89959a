"""What a run logs through ``logging``, and how log records of tasks in workers reach the handlers of the parent."""
