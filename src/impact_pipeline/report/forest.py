"""Effects drawn one above the other with their intervals and weights, the pooled effect and what a new place may see.

Lines come in, SVG text goes out, in the style of every chart (`theme`) and drawn as they are (`charts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from impact_pipeline.report import theme
from impact_pipeline.report.charts import MOST_TICKS, Frame, Spec, as_data, as_number, as_svg, labels_of

SMALLEST, LARGEST = 30.0, 170.0  # areas of the squares of the lightest and the heaviest effect, in pixels
LABEL_WIDTH, VALUE_WIDTH = 200, 118
SHAPES = {"effect": "square", "pooled": "diamond", "prediction": "stroke"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a forest plot; `weight` is a share of the largest (None: all alike), `shown` is written at the right.

    A `prediction` has bounds and no value of its own.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    shown: str
    kind: Literal["effect", "pooled", "prediction"] = "effect"
    weight: float | None = None


def reach(lines: Sequence[Line]) -> tuple[float, float]:
    """The scale on which all bounds and no effect (zero) stand, with a little air."""
    ends = [end for line in lines for end in (line.low, line.high, line.value) if end is not None]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    air = (high - low or 1.0) * 0.06
    return low - air, high + air


def draw_forest(lines: Sequence[Line], frame: Frame) -> str:
    """The lines from top to bottom, with a line at no effect."""
    labels = labels_of([line.label for line in lines])
    heaviest = max((line.weight for line in lines if line.weight is not None), default=1.0) or 1.0
    data = as_data([
        {"place": labels[place], "value": line.value, "low": line.low, "high": line.high, "shown": line.shown,
         "size": LARGEST if line.kind != "effect" or line.weight is None
         else SMALLEST + (LARGEST - SMALLEST) * line.weight / heaviest,
         "kind": line.kind}
        for place, line in enumerate(lines)
    ])  # fmt: skip
    kinds = [kind for kind in SHAPES if any(line.kind == kind for line in lines)]
    colours = {"effect": theme.WAVE_COLOURS[1], "pooled": theme.ACCENT, "prediction": theme.ACCENT}
    row: Spec = {
        "y": {
            "field": "place", "type": "nominal", "sort": labels, "title": None,
            "axis": {
                "labelExpr": "split(datum.value, '\\n')", "labelLimit": LABEL_WIDTH + 20, "labelAlign": "left",
                "labelPadding": LABEL_WIDTH, "minExtent": LABEL_WIDTH, "maxExtent": LABEL_WIDTH,
                "labelLineHeight": theme.LINE_HEIGHT,
            },
        },
    }  # fmt: skip
    colour: Spec = {"color": {"field": "kind", "type": "nominal", "legend": None,
                              "scale": {"domain": kinds, "range": [colours[kind] for kind in kinds]}}}  # fmt: skip
    shape: Spec = {"shape": {"field": "kind", "type": "nominal", "legend": None,
                             "scale": {"domain": kinds, "range": [SHAPES[kind] for kind in kinds]}}}  # fmt: skip
    scale: Spec = {
        "title": frame.unit, "scale": {"domain": list(frame.domain), "nice": False},
        "axis": {"tickCount": MOST_TICKS, "grid": True},
    }  # fmt: skip
    dashed: Spec = {
        "strokeDash": {"condition": {"test": "datum.kind == 'prediction'", "value": [4, 3]}, "value": [1, 0]}
    }
    area: Spec = {"size": {"field": "size", "type": "quantitative", "scale": None, "legend": None}}
    layers: list[Spec] = [
        {
            "data": as_data([{"zero": 0}]),
            "mark": {"type": "rule", "color": theme.INK, "strokeDash": [3, 2]},
            "encoding": {"x": as_number("zero", scale)},
        },
        {
            "data": data, "mark": {"type": "rule", "strokeWidth": 2, "strokeCap": "butt"},
            "encoding": {**row, **colour, **dashed, "x": as_number("low", scale), "x2": {"field": "high"}},
        },
        {
            "data": data,
            "mark": {"type": "point", "filled": True, "opacity": 1, "stroke": "white", "strokeWidth": 0.75},
            "encoding": {**row, **colour, **shape, **area, "x": as_number("value", scale)},
        },
        {
            "data": data,
            "mark": {"type": "text", "align": "right", "fontSize": theme.LABEL_SIZE, "color": theme.INK},
            "encoding": {
                **row, "x": {"value": theme.PLOT_WIDTH + VALUE_WIDTH}, "text": {"field": "shown", "type": "nominal"},
            },
        },
    ]  # fmt: skip
    tallest = max((label.count("\n") + 1 for label in labels), default=1)
    step = max(24, theme.LINE_HEIGHT * tallest + 8)
    return as_svg([{"width": theme.PLOT_WIDTH, "height": step * len(labels), "layer": layers}], frame)
