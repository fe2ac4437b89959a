"""``python -m pipeline_optimization.benchmarks.subject IN OUT``: serve the harness on two inherited pipes."""

from __future__ import annotations

import sys

from pipeline_optimization.benchmarks.subject.serving import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
