"""``python -m foresight_score.one_run JSON`` makes one run, as a program of its own, and prints what it took, in seconds."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from foresight_score.functions import PIPELINES
from foresight_score.kinds import values_of
from pipeline_optimization import run
from pipeline_optimization.run_delay import run_delay_seconds


def main(given: dict[str, Any]) -> None:
    busy, delayed = _processor(), run_delay_seconds(os.getpid())
    report = run(
        PIPELINES[given["pipeline"]],
        values_of(given["value"], given["spread"], given["elements"], given["seed"]),
        orchestrator=given["orchestrator"],
        orchestrator_options=given["options"],
        retry=given["retry"],
        faults=given["faults"],
        latency_scale=1.0,
        seed=given["seed"],
        events=given["events"],
    )
    print(
        json.dumps(
            {
                "seconds": report.runtime / 1000,
                "processor": _processor() - busy,
                "delayed": run_delay_seconds(os.getpid()) - delayed,
                "is_stopped": report.stop is not None,
                "choice": report.summary.choice,
            }
        )
    )


def _processor() -> float:
    """Return the processor time of this program and of its workers that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
