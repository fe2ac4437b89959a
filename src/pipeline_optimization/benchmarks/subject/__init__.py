"""The process that is measured. It runs one contender and reports to the harness through a pipe of its own."""
