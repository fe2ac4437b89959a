"""``python -m foresight_score.one_run JSON`` makes one run, as a program of its own, and prints what it took in seconds."""

from __future__ import annotations

import json
import sys
from itertools import repeat
from typing import Any

from foresight_score.functions import PIPELINES
from pipeline_optimization import run


def main(given: dict[str, Any]) -> None:
    report = run(
        PIPELINES[given["pipeline"]],
        repeat(given["value"], given["elements"]),
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
                "attempts": report.attempts,
                "is_stopped": report.stop is not None,
                "choice": report.summary.choice,
            }
        )
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
