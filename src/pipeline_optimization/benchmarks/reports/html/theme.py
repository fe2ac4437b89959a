"""The colours and signs of the report, for its style sheet and its charts."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

__all__ = ["DARK", "DASHES", "FONT", "LIGHT", "ON_PHASE", "PHASE_COLOURS", "SHAPES", "Theme", "chart_config"]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif"


@frozen(kw_only=True)
class Theme:
    """The colours of a theme. All but ``line`` and ``band`` are readable as text on ``page`` and ``panel``."""

    page: str
    panel: str
    text: str
    muted: str
    line: str
    band: str
    good: str
    bad: str
    caution: str
    link: str
    series: tuple[str, ...]


LIGHT = Theme(
    page="#fcfcfb",
    panel="#f4f4f1",
    text="#1b1d21",
    muted="#595e66",
    line="#d8dade",
    band="#e6e7e3",
    good="#17693a",
    bad="#a3232b",
    caution="#7a4a00",
    link="#1d5796",
    series=("#1d5fa6", "#ad440c", "#17693a", "#85398c", "#6f5600", "#ab2657", "#0d6672", "#53555f"),
)

DARK = Theme(
    page="#15171b",
    panel="#1d2025",
    text="#e7e8ea",
    muted="#a6abb3",
    line="#373b42",
    band="#2a2e34",
    good="#72d19b",
    bad="#ff9d97",
    caution="#e3b660",
    link="#86b6f2",
    series=("#86b6f2", "#f2a571", "#72d19b", "#d8a2e2", "#dbc063", "#f491b4", "#68ccd9", "#b7bac4"),
)

PHASE_COLOURS = ("#c3c8d0", "#e2bd84", "#a9cbea", "#9fd6a8", "#6aa5dc", "#d3b3da")
"""Import, set-up, cold, start-up, warm, tear-down. They are the same in both themes, because labels are written on them."""

ON_PHASE = "#14161a"
"""A colour that is readable on all of PHASE_COLOURS."""

SHAPES = (
    "M0,-1A1,1,0,1,1,0,1A1,1,0,1,1,0,-1Z",
    "M-.85,-.85H.85V.85H-.85Z",
    "M0,-1.1L1,.8H-1Z",
    "M0,-1.2L1.05,0L0,1.2L-1.05,0Z",
    "M0,1.1L1,-.8H-1Z",
    "M-1,-.35H-.35V-1H.35V-.35H1V.35H.35V1H-.35V.35H-1Z",
    "M1.1,0L-.8,1V-1Z",
)
"""Outlines within the unit circle. There is one fewer than colours, so that a pair of colour and shape repeats late."""

DASHES = ((1, 0), (7, 3), (2, 3), (9, 3, 2, 3), (14, 4), (4, 2, 1, 2, 1, 2))
"""Line patterns, for readers who cannot tell the colours of lines apart."""


def chart_config(theme: Theme) -> Mapping[str, object]:
    """Return the Vega-Lite configuration for every chart."""
    return {
        "background": None,
        "font": FONT,
        "padding": {"left": 2, "right": 16, "top": 6, "bottom": 2},
        "view": {"stroke": None},
        "axis": {
            "labelColor": theme.muted,
            "titleColor": theme.muted,
            "gridColor": theme.line,
            "domainColor": theme.line,
            "tickColor": theme.line,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelPadding": 6,
            "labelFlush": False,
        },
        "axisY": {"titleAnchor": "end", "titleAngle": 0, "titleAlign": "left", "titleX": 0, "titleY": -12},
        "range": {"category": list(theme.series), "ordinal": list(PHASE_COLOURS)},
        "style": {
            "reference": {"color": theme.text, "opacity": 1, "strokeWidth": 1, "strokeDash": [4, 3]},
            "band": {"color": theme.band, "opacity": 1},
            "median": {"color": theme.text, "opacity": 1},
            "floor": {"color": theme.text, "opacity": 1},
            "neutral": {"color": theme.muted, "strokeWidth": 1},
            "neutral-point": {"color": theme.muted},
            "segment": {"stroke": theme.muted, "strokeWidth": 0.75},
            "segment-label": {"color": ON_PHASE, "fontSize": 11},
            "value-label": {"color": theme.text, "fontSize": 12},
        },
    }
