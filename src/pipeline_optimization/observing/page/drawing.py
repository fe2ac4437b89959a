"""Pieces of SVG and HTML. They escape what comes from a run, so that no name of a user's becomes markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from pipeline_optimization import plural
from pipeline_optimization.error_text import shortened
from pipeline_optimization.printable import printable_lines
from pipeline_optimization.time_units import in_unit

__all__ = [
    "bar_of_shares",
    "cell",
    "clock",
    "counted",
    "counted_slots",
    "number",
    "rect",
    "shown",
    "svg",
    "table",
    "text",
]

THIN_SPACE = "\u202f"

LONGEST = 1000
"""The most characters of a text of strangers."""

CELL = 300
"""The same in a cell of a table."""

HINT = 150
"""The same in what a reader sees who points at a mark. There are thousands of marks."""

COLORS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8")
"""Classes of the style sheet, each with a colour for light pages and one for dark pages."""


def number(value: float) -> str:
    """Return a number with three significant digits, or from 100 on as an integer with separated thousands."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}".replace(",", THIN_SPACE)
    return f"{value:.3g}"


def counted(count: int, noun: str) -> str:
    """Return a number of things with its noun: ``1 slot``, ``2 slots``."""
    return plural.counted(count, noun).replace(",", THIN_SPACE)


def counted_slots(slots: int) -> str:
    """Return how many attempts run at once, with the noun."""
    return plural.counted_slots(slots).replace(",", THIN_SPACE)


def clock(seconds: float) -> str:
    """Return a time in a unit in which it is easy to read."""
    amount, unit = in_unit(seconds)
    return f"{number(amount)} {unit}"


def shown(words: str, most: int = LONGEST) -> str:
    """Return text of strangers as markup, shortened to ``most`` characters.

    What cannot be seen is an escape, since a directional override would reverse what stands beside a name.
    """
    return escape(shortened(printable_lines(shortened(words, most)), most))


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "label") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{shown(words)}</text>'


def rect(x: float, y: float, width: float, height: float, *, kind: str, title: str = "", opacity: float = 1.0) -> str:
    """Return a rectangle. A reader who points at it sees ``title``."""
    hint = f"<title>{shown(title, HINT)}</title>" if title else ""
    faint = "" if opacity >= 1 else f' opacity="{opacity:.2f}"'
    size = f'x="{x:.2f}" y="{y:.2f}" width="{max(width, 0.5):.2f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {size}{faint}>{hint}</rect>' if hint else f'<rect class="{kind}" {size}{faint}/>'


def svg(width: float, height: float, parts: Iterable[str], *, label: str) -> str:
    """Return a picture as wide as the page, or wider if the page is narrow. Screen readers read ``label``."""
    return (
        f'<div class="wide"><svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{shown(label)}">'
        f"{''.join(parts)}</svg></div>"
    )


def cell(words: str, *, kind: str = "", most: int = CELL) -> str:
    return f'<td class="{kind}">{shown(words, most)}</td>' if kind else f"<td>{shown(words, most)}</td>"


def table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: frozenset[int] = frozenset(), most: int = CELL
) -> str:
    """Return a table. The columns ``numbers`` are aligned to the right, and a cell has ``most`` characters at most."""
    head = "".join(f'<th class="{"n" if at in numbers else ""}">{shown(title)}</th>' for at, title in enumerate(titles))
    body = "".join(
        "<tr>"
        + "".join(cell(words, kind="n" if at in numbers else "", most=most) for at, words in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def bar_of_shares(parts: Sequence[tuple[str, float]], whole: float) -> str:
    """Return a bar divided into named shares, as wide as the page, with a legend that has each share in per cent."""
    pieces, legend = [], []
    for at, (name, amount) in enumerate(parts):
        share = amount / whole if whole else 0.0
        kind = COLORS[at % len(COLORS)]
        title = shown(f"{name}: {clock(amount)} ({share:.1%})")
        if amount:
            percent = f"{share:.0%}" if share >= 0.1 else ""
            pieces.append(f'<span class="{kind}" style="flex-grow:{share:.4f}" title="{title}">{percent}</span>')
        legend.append(f'<li><i class="{kind}"></i>{shown(name, CELL)} <b>{share:.1%}</b> {clock(amount)}</li>')
    label = shown(", ".join(f"{name} {clock(amount)}" for name, amount in parts))
    return f'<div class="bar" role="img" aria-label="{label}">{"".join(pieces)}</div><ul class="legend">{"".join(legend)}</ul>'
