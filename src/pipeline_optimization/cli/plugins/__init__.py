"""The commands ``plugins …``: list plugins, describe one, check one, and make a new one."""
