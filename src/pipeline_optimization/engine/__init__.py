"""The run loop: attempts, retries, faults, back-pressure, lost workers and events, each exactly once."""
