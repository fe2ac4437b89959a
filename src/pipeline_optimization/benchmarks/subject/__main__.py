"""``python -m pipeline_optimization.benchmarks.subject IN OUT``: serve the harness on two inherited pipes."""

from __future__ import annotations

import gc
import sys

if __name__ == "__main__":
    # As in the command line, modules are imported without looking for garbage among them; contenders find it switched on.
    gc.disable()
    from pipeline_optimization.benchmarks.subject.serving import serve

    gc.enable()
    serve(int(sys.argv[1]), int(sys.argv[2]))
