"""The standard errors of samples that are weighted to margins: residuals of each estimate on the calibration variables.

The samples as weighted come in, with the long tables in a connection; `Residuals` go out. For each estimate, what it
holds in each cell of the margins gives the regression (numpy); SQL then sums the residual scores of sampling units by
stratum, those outside the estimate's category included: they too tell what the margins explain.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from impact_pipeline.declarations import Indicator
from impact_pipeline.declarations.indicator import BY_RECORD
from impact_pipeline.methods.engine import Engine, fill, run
from impact_pipeline.methods.linearisation import Alike
from impact_pipeline.methods.quantum import Quantum
from impact_pipeline.methods.residual_scores import Residuals
from impact_pipeline.methods.weighting.residuals import fitted
from impact_pipeline.methods.weighting.samples import Samples
from impact_pipeline.sql import text

FIT = (
    "fit(indicator varchar, initiative varchar, wave varchar, dimension varchar, category varchar, post bigint, "
    "rho double, phi double)"
)
Key = tuple[str, str, str, str, str]


def residuals(
    connection: Engine, samples: Samples, indicators: Mapping[str, Indicator],
    quanta: Mapping[tuple[str, str], Quantum],
) -> Residuals:  # fmt: skip
    """Residual scores of every estimate of the calibrated samples, summed by stratum."""
    if not samples:
        return Residuals()
    run(connection, f"create table cell_weight as\n{text('31_cell_weight')}")
    run(connection, f"create table cell_cross as\n{text('32_cell_cross')}")
    fill(connection, FIT, _fits(connection, samples, indicators, quanta))
    run(connection, f"create table residual_psu as\n{text('51_residual_psu')}")
    moments: dict[tuple[str, ...], dict[str, tuple[int, int]]] = {}
    for *key, stratum, total, square in run(connection, text("52_residual_moment")):
        moments.setdefault(tuple(key), {})[stratum] = (int(total), int(square))
    products: dict[tuple[str, ...], dict[str, int]] = {}
    for *place, stratum, product in run(connection, text("74_residual_pair")):
        products.setdefault(tuple(place), {})[stratum] = int(product)
    within: dict[tuple[str, ...], dict[Alike, tuple[int, int]]] = {}
    for *place, drawn, population, units, psus in run(connection, text("53_residual_within")):
        within.setdefault(tuple(place), {})[Alike(drawn, population)] = (int(units), int(psus))
    return Residuals(moments, products, within)


def _fits(
    connection: Engine, samples: Samples, indicators: Mapping[str, Indicator],
    quanta: Mapping[tuple[str, str], Quantum],
) -> list[tuple[str, str, str, str, str, int, float, float]]:  # fmt: skip
    """For each estimate and cell of margins, rho = V/B (0 for a total) and phi, the fitted score of a unit of weight.

    Scores of initial weights are those of final ones over g; all in quanta.
    """
    held: dict[tuple[str, str, str], dict[Key, dict[int, tuple[int, int]]]] = {}
    for indicator, initiative, wave, dimension, category, post, v, b in run(connection, text("33_post_total")):
        if indicators[indicator].estimator in ("quantile", *BY_RECORD):
            continue  # their errors come from records: see `quantiles` and `by_record`
        sample = (indicators[indicator].instrument, initiative, wave)
        key = (indicator, initiative, wave, dimension, category)
        held.setdefault(sample, {}).setdefault(key, {})[int(post)] = (int(v), int(b))
    rows = []
    for sample, estimates in sorted(held.items()):
        told, keys = samples[sample], sorted(estimates)
        rhos, scores = [], np.zeros((len(keys), len(told.g)))
        for place, key in enumerate(keys):
            posts = estimates[key]
            whole_v, whole_b = (sum(pair[side] for pair in posts.values()) for side in (0, 1))
            rho = 0.0 if indicators[key[0]].estimator == "total" or whole_b == 0 else whole_v / whole_b
            rhos.append(rho)
            for post, (v, b) in posts.items():
                scores[place, post - told.first] = v - rho * b
        explained = fitted(told.x, told.initial, scores / told.g)
        for place, key in enumerate(keys):
            scale = quanta[key[0], key[1]].w_scale
            rows += [
                (*key, told.first + cell, rhos[place], float(phi) / scale) for cell, phi in enumerate(explained[place])
            ]
    return rows
