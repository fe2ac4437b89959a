"""The command line, with a checkpoint that commits whatever is new, however long that takes: for logs of many frames."""

from __future__ import annotations

import math

from pipeline_optimization.cli import main
from pipeline_optimization.pipeline import keeping

if __name__ == "__main__":
    keeping.SHARE = math.inf
    main()
