"""Foresight as data: JSON, Markdown, and a page with the curves over workers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import PurePath

from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.advice import LEGEND, Advice, bounded, clock, interval, marked, outside
from pipeline_optimization.foresight.simulate import Prediction

__all__ = ["FORMS", "check_form", "exported"]

TITLES = ("orchestrator", "workers", "retry", "time", "90 %", "attempts", "failed", "cores", "bound by")

WIDTH, HEIGHT, MARGIN = 640, 320, 56
COLORS = ("#2563eb", "#dc2626", "#059669", "#9333ea", "#d97706", "#0891b2")


def check_form(path: str) -> None:
    """Raise OptionError for a file whose ending says no form."""
    if PurePath(path).suffix not in FORMS:
        raise OptionError(f"--export writes {', '.join(FORMS)} files, not {path!r}.")


def exported(advice: Advice, path: str, notes: Sequence[str] = (), *, change: str = "") -> str:
    """Return what a file of that name holds.

    Args:
        advice: What was foreseen.
        path: Where it goes, whose ending says the form.
        notes: What must be known of it.
        change: What was changed by ``--what-if``, and what that is worth; empty without a change.

    Raises:
        OptionError: For an ending that says no form.
    """
    check_form(path)
    return FORMS[PurePath(path).suffix](advice, notes, change)


def _json(advice: Advice, notes: Sequence[str], change: str) -> str:
    document = {
        "sentence": advice.sentence,
        "change": change,
        "more": list(advice.more),
        "notes": list(notes),
        "use": _facts(advice.use, advice),
        "predictions": [_facts(one, advice) for one in advice.predictions],
    }
    return json.dumps(document, indent=2) + "\n"


def _facts(one: Prediction, advice: Advice) -> Mapping[str, object]:
    return {
        "orchestrator": one.configuration.orchestrator,
        "workers": one.configuration.workers,
        "retry": one.configuration.retry_name,
        "seconds": one.seconds,
        "low": one.low,
        "high": one.high,
        "attempts": one.attempts,
        "failed": one.failures,
        "busy_cores": one.busy_cores,
        "floor": one.floor,
        "bound_by": one.bound,
        "share": one.share,
        "stopped": one.stopped,
        "is_tied": one is advice.use or any(one is tie for tie in advice.ties),
        "needs_cluster": one.configuration.needs_cluster,
        "extrapolated": list(one.extrapolated),
    }


def _row(one: Prediction, advice: Advice) -> Sequence[str]:
    chosen = one.configuration
    return (
        marked(one, advice),
        f"{chosen.workers:,}",
        chosen.retry_name,
        clock(one.seconds),
        interval(one),
        f"{one.attempts:,.0f}",
        f"{one.failures:,.0f}",
        f"{one.busy_cores:.1f}",
        bounded(one),
    )


def _sentences(advice: Advice, change: str) -> Sequence[str]:
    return [*([change] if change else []), *advice.more]


def _markdown(advice: Advice, notes: Sequence[str], change: str) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(_escaped(cell) for cell in cells)} |"

    more = _sentences(advice, change)
    lines = [f"**{advice.sentence}**", "", *(f"- {one}" for one in more), *([""] if more else [])]
    lines += [line(TITLES), line(["---"] * len(TITLES)), *(line(_row(one, advice)) for one in advice.predictions)]
    lines += ["", *(f"{one}  " for one in _legend(advice)), *(f"Note: {one}" for one in notes)]
    return "\n".join(lines) + "\n"


def _legend(advice: Advice) -> Sequence[str]:
    return [_escaped(one) for one in [LEGEND, *outside(advice.predictions)]]


def _escaped(text: str) -> str:
    """Return text as Markdown has it where a bar ends a cell and a star begins emphasis."""
    return text.replace("|", "\\|").replace("*", "\\*")


def _html(advice: Advice, notes: Sequence[str], change: str) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    more = "".join(
        f"<li>{escape(one)}</li>" for one in [*_sentences(advice, change), *(f"Note: {one}" for one in notes)]
    )
    legend = "".join(f"<p>{escape(one)}</p>" for one in [LEGEND, *outside(advice.predictions)])
    body = "".join(row(_row(one, advice), "td") for one in advice.predictions)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Foresight</title><style>'
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:left;border-bottom:1px solid #ddd}"
        "svg{max-width:100%;height:auto}</style></head><body>"
        f"<h1>Foresight</h1><p><strong>{escape(advice.sentence)}</strong></p><ul>{more}</ul>{_curves(advice)}"
        f"<table><thead>{row(TITLES, 'th')}</thead><tbody>{body}</tbody></table>{legend}</body></html>\n"
    )


def _curves(advice: Advice) -> str:
    """Return a picture of the time over the number of workers, a line for each orchestrator that was foreseen with several."""
    lines: dict[str, list[Prediction]] = {}
    for one in advice.predictions:
        if one.configuration.retry_name == advice.use.configuration.retry_name and one.seconds > 0:
            lines.setdefault(one.configuration.orchestrator, []).append(one)
    lines = {
        name: sorted(found, key=lambda one: one.configuration.workers)
        for name, found in lines.items()
        if len(found) > 1
    }
    if not lines:
        return ""
    shown = [one for found in lines.values() for one in found]
    most_workers = math.log(max(2, *(one.configuration.workers for one in shown)))
    low, high = math.log(min(one.low for one in shown)), math.log(max(one.high for one in shown))

    def place(workers: int, seconds: float) -> str:
        x = MARGIN + (WIDTH - 2 * MARGIN) * math.log(workers) / most_workers
        y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (math.log(seconds) - low) / max(1e-9, high - low)
        return f"{x:.1f},{y:.1f}"

    parts = []
    for number, (name, found) in enumerate(lines.items()):
        color = COLORS[number % len(COLORS)]
        band = [place(one.configuration.workers, one.low) for one in found]
        band += [place(one.configuration.workers, one.high) for one in reversed(found)]
        line = " ".join(place(one.configuration.workers, one.seconds) for one in found)
        parts.append(f'<polygon points="{" ".join(band)}" fill="{color}" opacity=".15"/>')
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        x = place(found[-1].configuration.workers, found[-1].seconds).partition(",")
        parts.append(
            f'<text x="{float(x[0]) - 4:.1f}" y="{float(x[2]) - 8:.1f}" fill="{color}" text-anchor="end">{escape(name)}</text>'
        )
    axes = (
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">workers (1 to {math.exp(most_workers):,.0f}, logarithmic)</text>'
        f'<text x="8" y="20">time ({clock(math.exp(low))} to {clock(math.exp(high))}, logarithmic; bands are 90 % intervals)</text>'
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Time over workers">{axes}{"".join(parts)}</svg>'


FORMS = {".json": _json, ".md": _markdown, ".html": _html}
