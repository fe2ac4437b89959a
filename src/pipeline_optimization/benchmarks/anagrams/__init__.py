"""Comparisons of counting anagrams: texts, the right counts of each, what calls of the stages prove, and the contenders that count."""
