"""Estimates drawn with their intervals: dots by category and wave, lines over time. Rows come in, SVG text goes out.

Vega-Lite draws (through Altair and vl-convert, without a browser or a network); the style is `theme`'s. A figure that
is not published has its symbol where its value would be written, and nothing on the scale.
"""

from __future__ import annotations

import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from impact_pipeline.report import theme
from impact_pipeline.words import Language

FORMATS: dict[Language, dict[str, Any]] = {
    "fr": {"decimal": ",", "thousands": "\u202f", "grouping": [3], "currency": ["", "\u202f€"], "minus": "\u2212"},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["€", ""], "minus": "\u2212"},
}
MOST_TICKS = 5
MOST_PERIOD_LABELS = 6
SVG = "http://www.w3.org/2000/svg"
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
    drawn = [_dots_panel(panel, waves, frame, is_last=panel is panels[-1]) for panel in panels]
    return _svg(alt.vconcat(*drawn, config=theme.CONFIG), frame)


def draw_series(panels: Sequence[Panel], periods: Sequence[str], frame: Frame) -> str:
    """One panel a category, over time; `periods` in order, each dot's wave being one of them. Gaps are not joined."""
    drawn = [_series_panel(p, periods, frame, is_small=len(panels) > 1, is_last=p is panels[-1]) for p in panels]
    return _svg(alt.vconcat(*drawn, config=theme.CONFIG), frame)


def _dots_panel(panel: Panel, waves: Sequence[str], frame: Frame, *, is_last: bool) -> Any:
    labels = _unique([_wrapped(dot.category) for dot in panel.dots], [dot.category for dot in panel.dots])
    data = _data([
        {"category": labels[dot.category], "wave": dot.wave, "value": dot.value, "low": dot.low, "high": dot.high,
         "shown": dot.shown}
        for dot in panel.dots
    ])  # fmt: skip
    lines = max(label.count("\n") + 1 for label in labels.values())
    step = max(19 * len(waves) + 8, theme.LINE_HEIGHT * lines + 10)
    colours, shapes = theme.wave_styles(len(waves))
    legend = alt.Legend() if len(waves) > 1 else None
    category = alt.Y(
        "category:N",
        sort=list(labels.values()),
        title=None,
        scale=alt.Scale(paddingInner=0.15, paddingOuter=0.1),
        axis=alt.Axis(
            labelExpr="split(datum.value, '\\n')",
            labelLimit=theme.LABEL_WIDTH + 20,
            labelAlign="left",
            labelPadding=theme.LABEL_WIDTH,
            minExtent=theme.LABEL_WIDTH,
            maxExtent=theme.LABEL_WIDTH,
            labelLineHeight=theme.LINE_HEIGHT,
        ),
    )
    base = alt.Chart(data).encode(
        y=category,
        yOffset=alt.YOffset("wave:N", sort=list(waves), scale=alt.Scale(domain=list(waves))),
        color=alt.Color("wave:N", scale=alt.Scale(domain=list(waves), range=colours), legend=legend),
    )
    scale = alt.Scale(domain=list(frame.domain), nice=MOST_TICKS)
    axis = alt.Axis(tickCount=MOST_TICKS, labels=is_last, grid=True)
    title = frame.unit if is_last else None
    value = alt.X("value:Q", title=title, scale=scale, axis=axis)
    interval = base.mark_rule(strokeWidth=2.25, strokeCap="round").encode(
        x=alt.X("low:Q", title=title, scale=scale, axis=axis), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=75, opacity=1, stroke="white", strokeWidth=0.75).encode(
        x=value, shape=alt.Shape("wave:N", scale=alt.Scale(domain=list(waves), range=shapes), legend=legend)
    )
    shown = (
        alt.Chart(data)
        .mark_text(align="right", fontSize=theme.LABEL_SIZE, color=theme.INK)
        .encode(
            y=category, yOffset=base.encoding.yOffset, x=alt.value(theme.PLOT_WIDTH + theme.VALUE_WIDTH), text="shown:N"
        )
    )
    layers = [interval, point, shown]
    if frame.zero_line:
        zero = alt.Chart(_data([{"zero": 0}])).mark_rule(color=theme.INK, strokeDash=[3, 2])
        layers.insert(0, zero.encode(x=alt.X("zero:Q", title=title, scale=scale, axis=axis)))
    return alt.layer(*layers).properties(
        width=theme.PLOT_WIDTH, height=step * len(labels), **({"title": panel.title} if panel.title else {})
    )


def _series_panel(panel: Panel, periods: Sequence[str], frame: Frame, *, is_small: bool, is_last: bool) -> Any:
    height = theme.SMALL_SERIES_HEIGHT if is_small else theme.SERIES_HEIGHT
    data = _data([
        {"period": dot.wave, "value": dot.value, "low": dot.low, "high": dot.high,
         "symbol": "" if dot.value is not None else dot.shown}
        for dot in panel.dots
    ])  # fmt: skip
    every = -(-len(periods) // MOST_PERIOD_LABELS)
    period = alt.X(
        "period:O",
        sort=list(periods),
        title=None,
        scale=alt.Scale(domain=list(periods)),
        axis=alt.Axis(values=list(periods[::every]), labelAngle=0, labels=is_last, labelOverlap=False, labelLimit=0),
    )
    scale = alt.Scale(domain=list(frame.domain), nice=MOST_TICKS, zero=False)
    axis = alt.Axis(
        tickCount=3 if is_small else MOST_TICKS, minExtent=theme.SERIES_AXIS_WIDTH, maxExtent=theme.SERIES_AXIS_WIDTH
    )
    base = alt.Chart(data).encode(x=period)
    layers = [
        base.mark_rule(color=theme.ACCENT, strokeWidth=1.5, opacity=0.45).encode(
            y=alt.Y("low:Q", title=None, scale=scale, axis=axis), y2="high:Q"
        ),
        base.mark_line(color=theme.ACCENT, strokeWidth=1.75, invalid="break-paths-show-domains").encode(
            y=alt.Y("value:Q", title=None, scale=scale, axis=axis)
        ),
        base.mark_point(color=theme.ACCENT, filled=True, size=36, opacity=1).encode(
            y=alt.Y("value:Q", title=None, scale=scale, axis=axis)
        ),
        base.mark_text(color=theme.MUTED, fontSize=theme.LABEL_SIZE, baseline="bottom").encode(
            y=alt.value(height - 3), text="symbol:N"
        ),
    ]
    title = panel.title if is_small else frame.unit
    return alt.layer(*layers).properties(width=theme.SERIES_WIDTH, height=height, **({"title": title} if title else {}))


def _data(values: list[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, theme.LABEL_CHARACTERS, max_lines=3, placeholder="…")) or "–"


def _unique(shown: Sequence[str], full: Sequence[str]) -> dict[str, str]:
    """Full label -> the label as drawn, made different where two would be drawn alike."""
    labels: dict[str, str] = {}
    for label, name in zip(shown, full, strict=True):
        while name not in labels and label in labels.values():
            label += "\u200b"  # noqa: PLW2901
        labels.setdefault(name, label)
    return labels


def _svg(chart: alt.TopLevelMixin, frame: Frame) -> str:
    """The chart as one image with a title and a description, without what a page does not need."""
    text = vl_convert.vegalite_to_svg(chart.to_dict(validate=False), format_locale=FORMATS[frame.language])
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
