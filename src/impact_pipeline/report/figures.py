"""The figures of one indicator in one initiative: its headline, its charts, and the table of every figure.

Curated rows come in; values in words and SVG go out. A figure that is not published has a symbol and its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impact_pipeline.report.charts import Dot, Frame, Panel, domain, draw_dots, draw_series
from impact_pipeline.report.curated import Curated, Row
from impact_pipeline.report.typography import is_period, with_gaps

ALL = "all"
MOST_WAVES = 3  # drawn side by side in a chart of dots: the latest ones; the table has them all
SMALL = 0.05  # a p value below it is hardly chance
SYMBOLS = {"suppressed": "s", "refused": "r"}


def figures(curated: Curated, indicator: Row, initiative: str) -> dict[str, Any]:
    """`headline`, `charts` (caption and SVG), `differences` of groups, `tests` of them all, `rows` and `symbols`."""
    rows = curated.rows("estimate", indicator=indicator["indicator"], initiative=initiative)
    instrument = str(indicator["instrument"])
    waves = curated.waves_in_order(instrument, (row["wave"] for row in rows))
    dimensions = sorted({row["dimension"] for row in rows}, key=lambda name: (name != ALL, name))
    drawer = _Drawer(curated, indicator, initiative, instrument, waves)
    charts = [
        {"caption": curated.dimension(instrument, dimension) if dimension != ALL else "", "svg": svg}
        for dimension in dimensions
        if (svg := drawer.draw(dimension, rows))
    ]
    return {
        "headline": _headline(curated, indicator, instrument, rows, waves),
        "charts": charts,
        "differences": [
            _difference(curated, indicator, instrument, row)
            for row in curated.rows("contrast", indicator=indicator["indicator"], initiative=initiative)
            if row["status"] == "published"
        ],
        "tests": _tests(curated, indicator, initiative, instrument),
        "rows": [_row(curated, indicator, instrument, row) for row in _sorted(curated, instrument, rows, waves)],
        "symbols": sorted({SYMBOLS[row["status"]] for row in rows if row["status"] in SYMBOLS}),
    }


def shown(curated: Curated, indicator: Row, value: float | None) -> str:
    """A value as it is written: `34,5 %`, `1 461 300`, `+6,7` for a change."""
    if value is None:
        return "–"
    decimals = int(indicator["decimals"] or 0)
    if indicator["is_share"]:
        return curated.typography.percent(value, decimals)
    return curated.typography.number(value, decimals, signed=indicator["estimator"] == "change")


def _difference(curated: Curated, indicator: Row, instrument: str, row: Row) -> dict[str, str]:
    """How a category differs from the one it is compared with, in points where figures are shares."""
    factor, decimals = (100, 1) if indicator["is_share"] else (1, int(indicator["decimals"] or 0))
    unit = curated.say("report.study.percentage_points") if indicator["is_share"] else curated.unit(indicator["unit"])

    def told(value: float) -> str:
        return curated.typography.number(value * factor, decimals, signed=True)

    groups = (curated.category(instrument, row["dimension"], row[name]) for name in ("category", "reference"))
    has_bounds = row["low"] is not None and row["high"] is not None
    return {
        "groups": curated.say("report.difference.groups", **dict(zip(("group", "reference"), groups, strict=True))),
        "wave": curated.wave(instrument, row["wave"]),
        "value": f"{told(row['difference'])} {unit}".strip(),
        "interval": curated.say("report.interval", low=told(row["low"]), high=told(row["high"])) if has_bounds else "",
    }


def _tests(curated: Curated, indicator: Row, initiative: str, instrument: str) -> list[str]:
    """What Rao and Scott's test says of all groups of a breakdown together, at each wave where it was made."""
    rows = curated.rows("contrast", indicator=indicator["indicator"], initiative=initiative)
    made = {(row["dimension"], row["wave"]): row for row in rows if row["test_p"] is not None}
    return [
        curated.say(
            "report.difference.differ" if row["test_p"] < SMALL else "report.difference.alike",
            by=curated.dimension(instrument, dimension), wave=curated.wave(instrument, wave),
            p=curated.p_value(row["test_p"]), df1=curated.typography.number(row["test_df1"], 2),
            df2=curated.typography.number(row["test_df2"], 0), f=curated.typography.number(row["test_f"], 2),
        )
        for (dimension, wave), row in made.items()
    ]  # fmt: skip


def _headline(
    curated: Curated, indicator: Row, instrument: str, rows: Sequence[Row], waves: Sequence[str]
) -> dict[str, str] | None:
    """The latest published figure of everyone, in one line."""
    of_all = {row["wave"]: row for row in rows if row["dimension"] == ALL and row["status"] == "published"}
    latest = next((of_all[wave] for wave in reversed(waves) if wave in of_all), None)
    if latest is None:
        return None
    return {
        "value": shown(curated, indicator, latest["value"]),
        "unit": "" if indicator["is_share"] else curated.unit(indicator["unit"]),
        "interval": _interval(curated, indicator, latest),
        "wave": curated.wave(instrument, latest["wave"]),
        "n": curated.typography.number(latest["n"]),
    }


def _interval(curated: Curated, indicator: Row, row: Row) -> str:
    if row["low"] is None or row["high"] is None:
        return ""
    low, high = (shown(curated, indicator, row[end]) for end in ("low", "high"))
    return curated.say("report.interval", low=low, high=high)


def _sorted(curated: Curated, instrument: str, rows: Sequence[Row], waves: Sequence[str]) -> list[Row]:
    order = {wave: place for place, wave in enumerate(waves)}
    ranks: dict[str, dict[str, int]] = {}
    for dimension in {row["dimension"] for row in rows}:
        named = [row["category"] for row in rows if row["dimension"] == dimension]
        ranks[dimension] = {name: n for n, name in enumerate(curated.in_order(instrument, dimension, named))}
    return sorted(
        rows,
        key=lambda row: (
            row["dimension"] != ALL, row["dimension"], ranks[row["dimension"]][row["category"]], order[row["wave"]]
        ),
    )  # fmt: skip


def _row(curated: Curated, indicator: Row, instrument: str, row: Row) -> dict[str, Any]:
    published = row["status"] == "published"
    return {
        "dimension": curated.dimension(instrument, row["dimension"]) if row["dimension"] != ALL else "",
        "category": curated.category(instrument, row["dimension"], row["category"]),
        "wave": curated.wave(instrument, row["wave"]),
        "published": published,
        "n": curated.typography.number(row["n"]) if row["n"] is not None else "–",
        "value": shown(curated, indicator, row["value"]) if published else SYMBOLS[row["status"]],
        "interval": _interval(curated, indicator, row),
        "reason": curated.say_code("report.reason", row["reason"]) if row["reason"] else "",
    }


class _Drawer:
    """Charts of one indicator: all on the same scale, so that they can be compared."""

    def __init__(self, curated: Curated, indicator: Row, initiative: str, instrument: str, waves: Sequence[str]):
        self.curated, self.indicator, self.instrument = curated, indicator, instrument
        self.prefix = f"{initiative}--{indicator['indicator']}"
        self.over_time = len(waves) > MOST_WAVES and all(is_period(wave) for wave in waves)
        self.waves = list(waves) if self.over_time else list(waves)[-MOST_WAVES:]

    def draw(self, dimension: str, rows: Sequence[Row]) -> str:
        """The chart of a breakdown; empty where no figure of it is published."""
        own = [row for row in rows if row["dimension"] == dimension and row["wave"] in self.waves]
        dots = {(row["category"], row["wave"]): self._dot(row) for row in own}
        if all(dot.value is None for dot in dots.values()):
            return ""
        everything = [self._dot(row) for row in rows if row["wave"] in self.waves]
        frame = self._frame(dimension, everything)
        categories = self.curated.in_order(self.instrument, dimension, [row["category"] for row in own])
        if self.over_time:
            return self._series(dimension, categories, dots, frame)
        told = [self.curated.wave(self.instrument, wave) for wave in self.waves]
        panel = tuple(dots[c, w] for c in categories for w in self.waves if (c, w) in dots)
        return draw_dots([Panel("", panel)], told, frame)

    def _series(self, dimension: str, categories: Sequence[str], dots: dict[tuple[str, str], Dot], frame: Frame) -> str:
        periods = with_gaps(self.waves)
        panels = [
            Panel(
                "" if dimension == ALL else self.curated.category(self.instrument, dimension, category),
                tuple(dots[category, wave] for wave in periods if (category, wave) in dots),
            )
            for category in categories
        ]
        return draw_series(panels, [self.curated.wave(self.instrument, p, short=True) for p in periods], frame)

    def _dot(self, row: Row) -> Dot:
        factor = 100 if self.indicator["is_share"] else 1
        published = row["status"] == "published"
        value, low, high = (
            row[name] * factor if published and row[name] is not None else None for name in ("value", "low", "high")
        )
        return Dot(
            category=self.curated.category(self.instrument, row["dimension"], row["category"]),
            wave=self.curated.wave(self.instrument, row["wave"], short=self.over_time),
            value=value, low=low, high=high,
            shown=shown(self.curated, self.indicator, row["value"]) if published else SYMBOLS[row["status"]],
        )  # fmt: skip

    def _frame(self, dimension: str, dots: Sequence[Dot]) -> Frame:
        indicator, curated = self.indicator, self.curated
        label = curated.text(indicator, "label")
        by = "" if dimension == ALL else curated.dimension(self.instrument, dimension)
        is_change = indicator["estimator"] == "change"
        return Frame(
            identifier=f"{self.prefix}--{dimension}",
            title=curated.say("report.chart.by", label=label, by=by.lower()) if by else label,
            description=curated.say("report.chart.description"),
            unit="%" if indicator["is_share"] else curated.unit(indicator["unit"]),
            domain=domain(dots, is_share=bool(indicator["is_share"]), with_zero=is_change),
            zero_line=is_change,
            language=curated.language,
        )
