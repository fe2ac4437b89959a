"""Ctrl-C at chosen lines while a contender is measured: its process is not left behind."""

from __future__ import annotations

from types import FrameType

import psutil
import pytest

from contender_samples import MIXED
from pipeline_optimization.benchmarks.contenders import file_contender
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.schedule import make_round, order_sample
from project_files import CONTENDERS
from signals_at_lines import strike


def ends(frame: FrameType) -> bool:
    """Return whether a call begins to end the processes of a sample."""
    return frame.f_code.co_name == "kill" and frame.f_code.co_filename.endswith("process_tree.py")


@pytest.mark.parametrize("lines", [(1,), (12,), (2, 2, 2)])
def test_a_measured_process_is_not_left(lines: tuple[int, ...]) -> None:
    """Whoever strikes Ctrl-C while a contender that hangs is ended does not keep it from being ended."""
    before = set(psutil.Process().children())
    round_ = make_round(MIXED, "warm_up", 0, seed=7, warm_runs=1)
    order = order_sample(file_contender(CONTENDERS / "hangs_unkillably.py"), round_, timeout=0.5, workers=2)
    with pytest.raises(KeyboardInterrupt), strike(*lines, files=("/measuring/",), begins=ends):
        take_sample(order)
    left = set(psutil.Process().children()) - before
    for process in left:
        process.kill()
        process.wait()
    assert not left
