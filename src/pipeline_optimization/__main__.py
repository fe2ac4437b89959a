"""``python -m pipeline_optimization`` is ``anagram``."""

from pipeline_optimization.cli import main

if __name__ == "__main__":
    main()
