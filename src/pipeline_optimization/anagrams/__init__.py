"""Counting anagrams: one job among others for ``pipeline.run.execute``, in two forms."""
