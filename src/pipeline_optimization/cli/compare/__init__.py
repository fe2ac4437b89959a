"""The commands ``compare`` and ``benchmark``: measure orchestrators, and show the results on a terminal."""
