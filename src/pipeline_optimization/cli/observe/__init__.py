"""The commands ``watch``, ``runs``, ``report`` and ``profile``: show what was recorded, without running anything."""
