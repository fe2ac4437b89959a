"""The messages that a run logs through ``logging``, and the way of tasks' log records from workers to the handlers of the parent."""
