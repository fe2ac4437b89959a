"""The command line, with a checkpoint that commits whatever is new, however long that takes: for logs of many frames."""

from __future__ import annotations

import math

from pipeline_optimization.cli import main
from pipeline_optimization.pipeline import run_checkpoint

if __name__ == "__main__":
    run_checkpoint.SHARE = math.inf
    main()
