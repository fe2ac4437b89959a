"""What of the harness knows words: texts, an oracle of their counts, what calls of the stages prove, and the contenders that count."""
