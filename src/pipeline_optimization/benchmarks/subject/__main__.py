"""Serve the harness on two inherited pipes: ``python -m pipeline_optimization.benchmarks.subject COMMANDS REPORTS``.

With ``--forks SOCKET MODULE…`` it imports the modules, and then serves in a new process for each request on an inherited socket.
"""

from __future__ import annotations

import gc
import sys

if __name__ == "__main__":
    # As in the command line, modules are imported without garbage collection, because they are no garbage. Contenders run with it.
    gc.disable()
    from pipeline_optimization.benchmarks.subject.serving import serve

    first, second, *modules = sys.argv[1:]
    del sys.argv[1:]
    if first == "--forks":
        from pipeline_optimization.benchmarks.subject.forking import serve_forks

        serve_forks(int(second), modules, serve)
    else:
        gc.enable()
        serve(int(first), int(second))
