"""Records one by one, for what sums are not enough for: whole distributions, and residuals of calibrated samples.

An engine that holds the long tables comes in, with the samples as weighted; arrays of a row a record go out, in an
order that depends on what the records hold alone, so that nothing computed from them depends on the engine's order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.declarations import Indicator
from impact_pipeline.declarations.programme import SinglePsu
from impact_pipeline.methods.engine import Engine, fill, run
from impact_pipeline.methods.survey_design import Calibration, Floats, Integers, SurveyDesign
from impact_pipeline.methods.weighting.samples import Calibrated, Samples
from impact_pipeline.renderings.engine_sql import literal
from impact_pipeline.sql import text

Bools = NDArray[np.bool_]


class Sampled(NamedTuple):
    """Whose records: all that were sampled of an initiative at a wave, for one indicator."""

    indicator: str
    initiative: str
    wave: str


@dataclass(frozen=True, slots=True)
class SampledRows:
    """`value` and `base` (n,), zero where nothing was observed; `design`, whose weight is zero there; `categories`, the
    code (n,) of each dimension with the names of its codes."""

    value: Floats
    base: Floats
    design: SurveyDesign
    categories: Mapping[str, tuple[Integers, tuple[str, ...]]]

    def within(self, dimension: str, category: str) -> Bools:
        """The observed records (n,) of a category."""
        codes, names = self.categories[dimension]
        held: Bools = (self.design.weights > 0) & (codes == names.index(category))
        return held

    def variance(self, influence: Floats) -> float:
        """Of an estimator by the influence (n,) of a unit of weight. Raises RefusedFigure as the design."""
        return float(self.design.covariance((self.design.weights * influence)[:, None])[0, 0])


Rows = Mapping[Sampled, SampledRows]


def read_rows(
    connection: Engine, asked: Collection[Sampled], indicators: Mapping[str, Indicator],
    policies: Mapping[str, SinglePsu], samples: Samples, name: str,
    *, observed: str | None = None,
) -> dict[Sampled, SampledRows]:  # fmt: skip
    """The records of each; leaves the table `<name>_asked` in the engine.

    `observed`: the numbered SQL of what a record shows, (indicator, record, value, base); else its own observation.
    """
    if not asked:
        return {}
    fill(connection, f"{name}_asked(indicator varchar, initiative varchar, wave varchar)", sorted(asked))
    run(connection, f"create or replace temp view row_asked as select * from {name}_asked")
    named = ", ".join(
        map(literal, sorted({key.indicator for key in asked}))
    )  # so that the others are not even looked at
    shown = f"select indicator, record, value, base from observation where indicator in ({named})"
    run(connection, f"create or replace temp view row_observed as\n{shown if observed is None else text(observed)}")
    told: dict[Sampled, list[tuple[Any, ...]]] = {}
    for row in run(connection, text("68_sampled_row")):
        told.setdefault(Sampled(*row[:3]), []).append(row[3:])
    categories = read_categories(connection)
    found = {}
    for key, rows in told.items():
        instrument = indicators[key.indicator].instrument
        sample = samples.get((instrument, key.initiative, key.wave))
        found[key] = arrays(rows, categories, policies[instrument], sample)
    return found


def read_categories(connection: Engine) -> dict[str, dict[int, str]]:
    """Of each cell, by dimension."""
    categories: dict[str, dict[int, str]] = {}
    cells = "select cell, dimension, category from cell_category where cell in (select cell from cell)"
    for cell, dimension, category in run(connection, cells):
        categories.setdefault(dimension, {})[cell] = category
    return categories


def arrays(
    rows: list[tuple[Any, ...]], categories: Mapping[str, Mapping[int, str]], policy: SinglePsu,
    sample: Calibrated | None,
) -> SampledRows:  # fmt: skip
    """Of rows as `sql/68_sampled_row.sql` tells them, from the cell on; a value is None where there is none.

    `categories`: of each cell, by dimension.
    """
    cells, strata, psus, fpcs, units, posts, weights, values, bases = zip(*rows, strict=True)
    weight, value, base = (np.array(x, dtype=np.float64) for x in (weights, values, bases))
    post = np.array([-1 if x is None else x for x in posts], dtype=np.int64)
    stratum, of = _coded([str(x) for x in strata])
    psu, _ = _coded([f"{s}/{'' if p is None else p}" for s, p in zip(strata, psus, strict=True)])
    named = np.array([p is not None for p in psus])
    codes = {name: _coded([of_cell[cell] for cell in cells]) for name, of_cell in sorted(categories.items())
             if cells[0] in of_cell}  # fmt: skip
    order = np.lexsort([
        np.nan_to_num(base), np.nan_to_num(value), np.isnan(value), weight, post,
        *(column for column, _ in codes.values()), psu, stratum,
    ])  # fmt: skip
    single = np.where(named[order], psu[order], len(order) + np.arange(len(order)))
    final = weight[order]
    observed = ~np.isnan(value[order])
    population = _population(stratum, fpcs, len(of))
    calibration = None if sample is None else _calibration(sample, post[order], final)
    within = None if units[0] is None else np.array(units, dtype=np.float64)[order]
    design = SurveyDesign(
        np.where(observed, final, 0.0), stratum[order], single, population, policy, calibration, within
    )
    return SampledRows(
        np.nan_to_num(value[order]), np.nan_to_num(base[order]), design,
        {name: (column[order], names) for name, (column, names) in codes.items()},
    )  # fmt: skip


def _coded(names: list[str]) -> tuple[Integers, tuple[str, ...]]:
    """Codes from 0 in the order of the names, and the names."""
    found, codes = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    return codes.astype(np.int64), tuple(map(str, found))


def _population(stratum: Integers, fpcs: tuple[float | None, ...], strata: int) -> Floats | None:
    """The largest that the records of each stratum say; infinite where they say nothing."""
    if all(x is None for x in fpcs):
        return None
    told = np.full(strata, -np.inf)
    np.maximum.at(told, stratum, np.array([-np.inf if x is None else x for x in fpcs], dtype=np.float64))
    return np.where(np.isneginf(told), np.inf, told)


def _calibration(sample: Calibrated, post: Integers, final: Floats) -> Calibration:
    cell = post - sample.first
    return Calibration(sample.x[cell], final / sample.g[cell], final)
