"""From a lexicon to an index of anagram groups, and from a chunk of text to counts by group."""
