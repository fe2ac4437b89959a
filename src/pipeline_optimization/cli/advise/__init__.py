"""The command ``advise``: predicts how long a run would take in other ways."""
