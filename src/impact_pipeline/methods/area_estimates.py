"""Estimates of areas too small for their own sample, where an indicator declares `small-area`.

Direct estimates with their standard errors come in, and what the reference geography says of areas; the estimates of
Fay and Herriot's model go out in their place, their error the root of its mean squared error. See `small_area`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from impact_pipeline import geography
from impact_pipeline.declarations import Indicator, Schemas
from impact_pipeline.declarations.indicator import AreaCovariate
from impact_pipeline.methods.small_area import fay_herriot, smooth_variances
from impact_pipeline.methods.survey_design import Floats, RefusedFigure

if TYPE_CHECKING:
    from impact_pipeline.methods.estimation import Estimate

Covariates = Mapping[str, Mapping[str, Sequence[float]]]  # by indicator and area: what `x` holds, the constant first
QUALITY = {"reliable": None, "with-caution": "model-with-caution", "unreliable": "model-unreliable"}


def area_covariates(schemas: Schemas) -> dict[str, dict[str, tuple[float, ...]]]:
    """Of every area of the geography, for the indicators that declare `small-area`."""
    found = {}
    for name, indicator in schemas.indicators.items():
        if indicator.areas is None:
            continue
        instrument = schemas.instrument(indicator.instrument)
        level = next(item.level for item in instrument.dimensions if item.name == indicator.areas.by)
        people: dict[str, list[int]] = {}
        for row in geography.current().to_pylist():
            if row[level or ""] is not None:
                people.setdefault(row[level or ""], []).append(row["population"])
        found[name] = {
            area: (1.0, *(_covariate(asked, inhabitants) for asked in indicator.areas.covariates))
            for area, inhabitants in people.items()
        }
    return found


def _covariate(name: AreaCovariate, inhabitants: Sequence[int]) -> float:
    """`inhabitants` of each commune of the area."""
    return float(np.log(sum(inhabitants) if name == "log-population" else len(inhabitants)))


def with_areas(
    found: Sequence[Estimate], indicators: Mapping[str, Indicator], covariates: Covariates, confidence: float
) -> list[Estimate]:
    """The estimates, those of declared small areas by the model; whole territories, and records without an area, as
    they are.

    Refused with the code of RefusedFigure, or `not-an-area` for a category that the geography does not know. The reason
    of a published figure is `model-with-caution` or `model-unreliable` where the coefficient of variation is above 20
    or 25 %.
    """
    told: list[Estimate] = []
    samples: dict[tuple[str, ...], list[Estimate]] = {}
    for e in found:
        areas = indicators[e.key.indicator].areas
        if areas is not None and e.key.dimension == areas.by and e.key.category != "(missing)":
            samples.setdefault(e.key[:3], []).append(e)
        else:
            told.append(e)
    for key, direct in samples.items():
        indicator = indicators[key[0]]
        told += _of_sample(direct, covariates[key[0]], indicator, confidence)
    return told


def _of_sample(
    direct: Sequence[Estimate], covariates: Mapping[str, Sequence[float]], indicator: Indicator, confidence: float
) -> Iterator[Estimate]:
    for e in direct:
        if e.key.category not in covariates:
            yield _refused(e, "not-an-area")
    known = sorted((e for e in direct if e.key.category in covariates and e.value is not None), key=lambda e: e.key)
    yield from (e for e in direct if e.key.category in covariates and e.value is None)
    x = np.array([covariates[e.key.category] for e in known], dtype=np.float64)
    y, psi = (
        np.array(column, dtype=np.float64)
        for column in ([e.value for e in known], [np.nan if e.se is None else e.se**2 for e in known])
    )
    try:
        if indicator.areas is not None and indicator.areas.variances == "smoothed":
            psi = _smoothed(psi, np.array([e.n for e in known], dtype=np.int64))
        fitted = fay_herriot(np.where(np.isnan(psi), np.nan, y), psi, x.reshape(len(known), -1))
    except RefusedFigure as refusal:
        yield from (_refused(e, refusal.code) for e in known)
        return
    half = float(ndtri((1 + confidence) / 2)) * np.sqrt(fitted.mse)
    for place, e in enumerate(known):
        value, wide = float(fitted.estimate[place]), float(half[place])
        yield replace(
            e, value=value, se=float(fitted.mse[place]) ** 0.5, df=None, low=value - wide, high=value + wide, deff=None,
            deff_wor=None, n_effective=None, reason=QUALITY[fitted.quality[place]],
        )  # fmt: skip


def _smoothed(psi: Floats, n: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """By the numbers of records; where areas have as many, their mean."""
    if len(n) and (n == n[0]).all() and (psi > 0).any():
        return np.full(len(n), psi[psi > 0].mean())
    return smooth_variances(psi, n)


def _refused(e: Estimate, reason: str) -> Estimate:
    return replace(
        e, value=None, se=None, df=None, low=None, high=None, deff=None, deff_wor=None, deff_kish=None,
        n_effective=None, status="refused", reason=reason,
    )  # fmt: skip
