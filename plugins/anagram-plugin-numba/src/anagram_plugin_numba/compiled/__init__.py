"""The compiled functions, which go from bytes to counts of words, and from these to counts of groups.

A block of text goes through stages. Each stage does one thing for all tokens of the block. The stages have nearly no branches that depend
on the text, since a branch that the processor predicts wrongly costs as much time as to count a word. Instead of a branch, a stage computes
both outcomes, always stores its result, and adds 0 or 1 to the place where the next result is stored. A result that does not
count is then overwritten by the next one.

1. ``splitting`` finds where tokens start and end, 64 bytes at a time.
2. ``counting._count_hot`` counts the tokens that are among the few thousand most frequent words, and lists the others.
3. ``counting._count_known`` counts the tokens that it finds in the first slot that they hash to, and lists the others.
4. If enough words are remembered, ``grouping.count_unremembered`` counts the other tokens by their letters, without remembering them.
5. ``counting._count_new`` counts what is left: new words, long words, and words that are not in the first slot that they hash to.
6. At the end of a chunk, ``grouping`` turns the counts of words into counts of groups.

Positions are unsigned numbers of 64 bits. For signed ones, numba adds a check whether they are negative. So the numbers that are added to
positions are unsigned constants such as ``ONE`` (``keys``).
"""
