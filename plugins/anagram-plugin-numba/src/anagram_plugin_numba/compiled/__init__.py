"""The compiled functions: from bytes to counts of words.

A block of text goes through stages that each do one thing for all of its tokens, and nearly without branches that
depend on the text: a branch that the processor predicts wrongly costs as much as counting a word. So a stage computes
both outcomes, stores the result in any case, and adds 0 or 1 to where the next one is stored.

1. ``splitting`` finds where tokens start and end, 64 bytes at a time.
2. ``counting.count_hot`` counts tokens that are among the few thousand most frequent words, and passes on the others.
3. ``counting.count_known`` counts those that stand where they hash to in the table of all words, and passes on the rest.
4. Where enough words are remembered, ``grouping.count_unremembered`` counts the others by their letters.
5. ``counting.count_new`` deals with new words, long words, and words that collided.
6. ``grouping`` turns the counts of words into counts of anagram groups, at the end of a chunk.

Positions are unsigned 64-bit numbers, since numba would check signed ones for being negative.
"""
