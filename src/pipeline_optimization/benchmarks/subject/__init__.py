"""The process that is measured: it runs one contender and tells the harness what happened, over a pipe of its own."""
