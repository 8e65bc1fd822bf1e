"""The one style of every chart: colours, shapes, sizes. Contrasts hold on white (WCAG AA), apart or in grey.

A wave is told by its shape and by its colour, never by its colour alone; the latest one is always the darkest.
"""

from __future__ import annotations

from typing import Any

INK, MUTED, FAINT, ACCENT = "#1c2733", "#566270", "#d9dee3", "#0a5c63"
WAVE_COLOURS = ("#a85a00", "#6a7a8b", ACCENT)  # 4.9, 4.4 and 7.6 to 1 on white
WAVE_SHAPES = ("square", "circle", "diamond")
FONT = "Helvetica, Arial, sans-serif"
LABEL_WIDTH, PLOT_WIDTH, VALUE_WIDTH = 136, 216, 62  # pixels; the three columns of a chart of dots
LABEL_CHARACTERS = 22  # of LABEL_SIZE in LABEL_WIDTH
LABEL_SIZE, TITLE_SIZE, LINE_HEIGHT = 12, 12.5, 14
SERIES_WIDTH, SERIES_HEIGHT, SMALL_SERIES_HEIGHT, SERIES_AXIS_WIDTH = 352, 170, 74, 56

CONFIG: dict[str, Any] = {
    "aria": False,  # a figure is told as one image, in its language, by its title and its description
    "background": "transparent",
    "font": FONT,
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": LABEL_SIZE - 1,
        "titleColor": MUTED,
        "titleFontSize": LABEL_SIZE - 1,
        "titleFontWeight": "normal",
        "gridColor": FAINT,
        "gridWidth": 0.75,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
    },
    "axisY": {"labelColor": INK, "labelFontSize": LABEL_SIZE},
    "title": {
        "anchor": "start", "frame": "group", "color": INK, "fontSize": TITLE_SIZE, "fontWeight": 600, "offset": 5,
    },
    "legend": {
        "orient": "top",
        "direction": "vertical",
        "title": None,
        "labelColor": INK,
        "labelFontSize": LABEL_SIZE,
        "labelLimit": LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH - 24,
        "symbolSize": 75,
        "offset": 6,
        "rowPadding": 3,
    },
    "concat": {"spacing": 12},
}  # fmt: skip


def wave_styles(count: int) -> tuple[list[str], list[str]]:
    """(colours, shapes) of `count` waves, from the earliest to the latest."""
    return list(WAVE_COLOURS[-count:]), list(WAVE_SHAPES[-count:])
