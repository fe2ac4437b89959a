"""The command ``advise``: foresee how long a run would take in other ways."""
