"""Judges what was measured: are the answers right, was the work done, and what went wrong?"""
