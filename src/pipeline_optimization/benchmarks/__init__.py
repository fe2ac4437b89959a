"""The harness: measures orchestrators head to head, checks every answer, and says what can be told apart."""
