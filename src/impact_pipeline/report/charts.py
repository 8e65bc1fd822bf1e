"""Estimates drawn with their intervals: dots by category and wave, lines over time. Rows come in, SVG text goes out.

Vega-Lite draws what is told in its grammar (by vl-convert, without a browser or a network); the style is `theme`'s. A
figure that is not published has its symbol where its value would be written, and nothing on the scale.
"""

from __future__ import annotations

import itertools
import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import vl_convert

from impact_pipeline.report import theme
from impact_pipeline.words import Language

FORMATS: dict[Language, dict[str, Any]] = {
    "fr": {"decimal": ",", "thousands": "\u202f", "grouping": [3], "currency": ["", "\u202f€"], "minus": "\u2212"},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["€", ""], "minus": "\u2212"},
}
MOST_TICKS = 5
MOST_PERIOD_LABELS = 6
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"  # the grammar's version; nothing is fetched
SVG = "http://www.w3.org/2000/svg"
Spec = dict[str, Any]  # a part of a Vega-Lite specification
ET.register_namespace("", SVG)


@dataclass(frozen=True, slots=True)
class Dot:
    """A figure of a chart; `shown` is what is written for it: the value, or the symbol where there is none."""

    category: str
    wave: str
    value: float | None
    low: float | None
    high: float | None
    shown: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Figures under one title: the categories of a breakdown, or the periods of a category."""

    title: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the panels of a chart share: its words for those who do not see it, its unit, its scale."""

    identifier: str  # unique in the page
    title: str
    description: str
    unit: str
    domain: tuple[float, float]
    zero_line: bool
    language: Language


def domain(dots: Sequence[Dot], *, is_share: bool, with_zero: bool) -> tuple[float, float]:
    """The scale on which all the intervals stand, with a little air; inside 0 to 100 for shares."""
    ends = [end for dot in dots for end in (dot.low, dot.high, dot.value) if end is not None]
    if with_zero or not ends:
        ends.append(0.0)
    low, high = min(ends), max(ends)
    air = (high - low or abs(high) or 1) * 0.06
    lower = low - air if low < 0 or low > air else 0.0
    return (max(0.0, lower), min(100.0, high + air)) if is_share else (lower, high + air)


def draw_dots(panels: Sequence[Panel], waves: Sequence[str], frame: Frame) -> str:
    """One row a category, one dot and interval a wave (up to three), the value written at the right."""
    return as_svg([_dots_panel(panel, waves, frame, is_last=panel is panels[-1]) for panel in panels], frame)


def draw_series(panels: Sequence[Panel], periods: Sequence[str], frame: Frame) -> str:
    """One panel a category, over time; `periods` in order, each dot's wave being one of them. Gaps are not joined."""
    small = len(panels) > 1
    return as_svg([_series_panel(p, periods, frame, is_small=small, is_last=p is panels[-1]) for p in panels], frame)


def _dots_panel(panel: Panel, waves: Sequence[str], frame: Frame, *, is_last: bool) -> Spec:
    labels = _unique([_wrapped(dot.category) for dot in panel.dots], [dot.category for dot in panel.dots])
    data = as_data([
        {"category": labels[dot.category], "wave": dot.wave, "value": dot.value, "low": dot.low, "high": dot.high,
         "shown": dot.shown}
        for dot in panel.dots
    ])  # fmt: skip
    lines = max(label.count("\n") + 1 for label in labels.values())
    step = max(19 * len(waves) + 8, theme.LINE_HEIGHT * lines + 10)
    colours, shapes = theme.wave_styles(len(waves))
    legend: Spec | None = {} if len(waves) > 1 else None
    rows: Spec = {
        "y": {
            "field": "category",
            "type": "nominal",
            "sort": list(labels.values()),
            "title": None,
            "scale": {"paddingInner": 0.15, "paddingOuter": 0.1},
            "axis": {
                "labelExpr": "split(datum.value, '\\n')",
                "labelLimit": theme.LABEL_WIDTH + 20,
                "labelAlign": "left",
                "labelPadding": theme.LABEL_WIDTH,
                "minExtent": theme.LABEL_WIDTH,
                "maxExtent": theme.LABEL_WIDTH,
                "labelLineHeight": theme.LINE_HEIGHT,
            },
        },
        "yOffset": {"field": "wave", "type": "nominal", "sort": list(waves), "scale": {"domain": list(waves)}},
    }
    colour = _wave("color", waves, colours, legend)
    shape = _wave("shape", waves, shapes, legend)
    scale = {
        "title": frame.unit if is_last else None,
        "scale": {"domain": list(frame.domain), "nice": MOST_TICKS},
        "axis": {"tickCount": MOST_TICKS, "labels": is_last, "grid": True},
    }
    layers: list[Spec] = [
        {
            "data": data,
            "mark": {"type": "rule", "strokeWidth": 2.25, "strokeCap": "round"},
            "encoding": {**rows, **colour, "x": as_number("low", scale), "x2": {"field": "high"}},
        },
        {
            "data": data,
            "mark": {
                "type": "point", "filled": True, "size": 75, "opacity": 1, "stroke": "white", "strokeWidth": 0.75,
            },
            "encoding": {**rows, **colour, **shape, "x": as_number("value", scale)},
        },
        {
            "data": data,
            "mark": {"type": "text", "align": "right", "fontSize": theme.LABEL_SIZE, "color": theme.INK},
            "encoding": {
                **rows,
                "x": {"value": theme.PLOT_WIDTH + theme.VALUE_WIDTH},
                "text": {"field": "shown", "type": "nominal"},
            },
        },
    ]  # fmt: skip
    if frame.zero_line:
        mark = {"type": "rule", "color": theme.INK, "strokeDash": [3, 2]}
        layers.insert(0, {"data": as_data([{"zero": 0}]), "mark": mark, "encoding": {"x": as_number("zero", scale)}})
    return {"width": theme.PLOT_WIDTH, "height": step * len(labels), "layer": layers, **_titled(panel.title)}


def _series_panel(panel: Panel, periods: Sequence[str], frame: Frame, *, is_small: bool, is_last: bool) -> Spec:
    height = theme.SMALL_SERIES_HEIGHT if is_small else theme.SERIES_HEIGHT
    data = as_data([
        {"period": dot.wave, "value": dot.value, "low": dot.low, "high": dot.high,
         "symbol": "" if dot.value is not None else dot.shown}
        for dot in panel.dots
    ])  # fmt: skip
    every = -(-len(periods) // MOST_PERIOD_LABELS)
    period = {
        "field": "period",
        "type": "ordinal",
        "sort": list(periods),
        "title": None,
        "scale": {"domain": list(periods)},
        "axis": {
            "values": list(periods[::every]),
            "labelAngle": 0,
            "labels": is_last,
            "labelOverlap": False,
            "labelLimit": 0,
        },
    }  # fmt: skip
    scale = {
        "title": None,
        "scale": {"domain": list(frame.domain), "nice": MOST_TICKS, "zero": False},
        "axis": {
            "tickCount": 3 if is_small else MOST_TICKS,
            "minExtent": theme.SERIES_AXIS_WIDTH,
            "maxExtent": theme.SERIES_AXIS_WIDTH,
        },
    }
    accent = {"color": theme.ACCENT}
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.45, **accent},
            "encoding": {"y": as_number("low", scale), "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "strokeWidth": 1.75, "invalid": "break-paths-show-domains", **accent},
            "encoding": {"y": as_number("value", scale)},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 36, "opacity": 1, **accent},
            "encoding": {"y": as_number("value", scale)},
        },
        {
            "mark": {"type": "text", "color": theme.MUTED, "fontSize": theme.LABEL_SIZE, "baseline": "bottom"},
            "encoding": {"y": {"value": height - 3}, "text": {"field": "symbol", "type": "nominal"}},
        },
    ]
    return {
        "width": theme.SERIES_WIDTH,
        "height": height,
        "data": data,
        "encoding": {"x": period},
        "layer": layers,
        **_titled(panel.title if is_small else frame.unit),
    }


def as_data(values: list[Spec]) -> Spec:
    """Rows, for a part of a chart."""
    return {"values": values}


def as_number(field: str, scale: Spec) -> Spec:
    """A field placed on a scale."""
    return {"field": field, "type": "quantitative", **scale}


def _wave(channel: str, waves: Sequence[str], styles: Sequence[str], legend: Spec | None) -> Spec:
    scale = {"domain": list(waves), "range": list(styles)}
    return {channel: {"field": "wave", "type": "nominal", "scale": scale, "legend": legend}}


def _titled(title: str) -> Spec:
    return {"title": title} if title else {}


def labels_of(names: Sequence[str], characters: int = 30) -> list[str]:
    """Names as they are drawn beside rows, in lines of so many characters, each different from the others."""
    shown = [_wrapped(name, characters) for name in names]
    found = _unique(shown, [f"{place} {name}" for place, name in enumerate(names)])
    return list(found.values())


def _wrapped(label: str, characters: int = theme.LABEL_CHARACTERS) -> str:
    return "\n".join(textwrap.wrap(label, characters, max_lines=3, placeholder="…")) or "–"


def _unique(shown: Sequence[str], full: Sequence[str]) -> dict[str, str]:
    """Full label -> the label as drawn, made different where two would be drawn alike."""
    labels: dict[str, str] = {}
    for label, name in zip(shown, full, strict=True):
        # spaces without width make two labels different to the grammar and alike to the eye
        drawn = itertools.accumulate(itertools.repeat("\u200b"), initial=label)
        labels.setdefault(name, next(text for text in drawn if text not in labels.values()))
    return labels


def as_svg(panels: Sequence[Spec], frame: Frame) -> str:
    """The panels, one above the other, as one image with a title and a description."""
    spec = {"$schema": SCHEMA, "vconcat": list(panels), "config": theme.CONFIG}
    text = vl_convert.vegalite_to_svg(spec, format_locale=FORMATS[frame.language])
    root = ET.fromstring(text)
    for element in root.iter():
        for name in [name for name in element.attrib if name.startswith("aria-") or name in ("role", "pointer-events")]:
            del element.attrib[name]
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}path" and not child.get("d"):
                parent.remove(child)
    for name in ("class", "version"):
        root.attrib.pop(name, None)
    title, description = (
        ET.Element(f"{{{SVG}}}{tag}", {"id": f"{frame.identifier}-{tag}"}) for tag in ("title", "desc")
    )
    title.text, description.text = frame.title, frame.description
    root.insert(0, title)
    root.insert(1, description)
    root.set("role", "img")
    root.set("aria-labelledby", f"{frame.identifier}-title {frame.identifier}-desc")
    return re.sub(r"clip\d+", lambda found: f"{frame.identifier}-{found[0]}", ET.tostring(root, encoding="unicode"))
