"""The harness: it compares orchestrators head to head, checks every answer, and says which differences are real."""
