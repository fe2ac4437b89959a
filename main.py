"""``python main.py`` is ``hatch run pipeline``."""

import sys


def main() -> None:
    """Run the pipeline, or say what is missing."""
    try:
        from pipeline_optimization.cli import main as anagram  # noqa: PLC0415 - its absence is explained below
    except ImportError as error:
        sys.exit(f"Error: {error}. Run: pip install hatch && hatch run pipeline")
    anagram(["run", *sys.argv[1:]])


if __name__ == "__main__":
    main()
