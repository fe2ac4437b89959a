"""The style sheet: the themes as custom properties, then the rules that use them."""

from __future__ import annotations

from importlib.resources import files

from pipeline_optimization.benchmarks.reports.html.theme import DARK, FONT, LIGHT, ON_PHASE, PHASE_COLOURS, Theme

__all__ = ["style_sheet"]

_COLOURS = ("page", "panel", "text", "muted", "line", "band", "good", "bad", "caution", "link")


def style_sheet() -> str:
    """Return the CSS of the report. It follows the reader's choice of light or dark."""
    rules = files(__package__).joinpath("page", "report.css").read_text(encoding="utf-8")
    shared = [f"--font: {FONT}", f"--on-phase: {ON_PHASE}"]
    shared += [f"--phase-{i}: {colour}" for i, colour in enumerate(PHASE_COLOURS)]
    classes = [f".series-{i} {{ color: var(--series-{i}); }}" for i in range(len(LIGHT.series))]
    classes += [f".phase-{i} {{ background: var(--phase-{i}); }}" for i in range(len(PHASE_COLOURS))]
    return "\n".join(
        [
            f":root {{ color-scheme: light dark; {'; '.join(shared)}; {_properties(LIGHT)}; }}",
            f"@media (prefers-color-scheme: dark) {{ :root {{ {_properties(DARK)}; }} }}",
            rules,
            *classes,
        ]
    )


def _properties(theme: Theme) -> str:
    named = [f"--{name}: {getattr(theme, name)}" for name in _COLOURS]
    return "; ".join([*named, *(f"--series-{i}: {colour}" for i, colour in enumerate(theme.series))])
