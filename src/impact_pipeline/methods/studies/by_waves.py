"""Estimators that follow units or groups over the waves of a study, as they are called for it.

A question comes in, with its rows by wave; `EffectEstimate`s go out. Nothing is estimated here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.impact.differences import repeated_cross_sections
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.event_studies import event_study
from impact_pipeline.methods.impact.honest_bounds import Trends, breakdown
from impact_pipeline.methods.impact.inference import SEED
from impact_pipeline.methods.impact.interrupted import interrupted_series
from impact_pipeline.methods.impact.staggered import callaway_santanna
from impact_pipeline.methods.impact.staggered_library import imputation, sun_abraham
from impact_pipeline.methods.impact.synthetic_control import synthetic_control
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.units import UnitWaves


def repeated(q: Question) -> EffectEstimate:
    """Differences of groups between the baseline wave and this one, other units each time."""
    told = q.unit_waves
    at = {code: place for place, code in enumerate(q.waves.in_order)}
    kept = np.isin(told.waves, [at[q.waves.baseline or ""], at[q.wave]])
    after = told.waves[kept] == at[q.wave]
    return repeated_cross_sections(told.outcome[kept], told.treated[kept], after=after, **_rows(told, kept, q))


def events(q: Question) -> EffectEstimate:
    """The mean effect of all follow-up waves against the baseline wave, leads tested.

    `breakdown` among its details: how many times the largest change of trends before would undo it.
    """
    told = q.unit_waves
    kept = np.ones(len(told.outcome), dtype=np.bool_)
    found = event_study(
        told.outcome, told.treated, periods=told.waves, first_treated=len(q.waves.pre) + 1,
        units=told.units if q.study.follows == "same-units" else None, **_rows(told, kept, q),
    )  # fmt: skip
    try:
        breaking = breakdown(Trends.of(found), confidence=q.confidence, seed=SEED)
    except RefusedEffect:
        return found.average
    return replace(found.average, details={**found.average.details, "breakdown": breaking})


def series(q: Question) -> EffectEstimate:
    """The waves' means as a series, less those of the units without the action where there are some.

    n are the fewest units behind a wave's mean: how many periods there are is in the details.
    """
    told, waves = q.unit_waves, q.waves.in_order
    after = np.arange(len(waves)) >= len(waves) - len(q.waves.follow_up)
    arms = [told.treated, ~told.treated] if not told.treated.all() else [told.treated]
    means, fewest = zip(*(_means(told, arm, len(waves)) for arm in arms), strict=True)
    found = interrupted_series(
        means[0], after, periods=np.arange(len(waves)), comparison=means[1] if len(means) > 1 else None,
        confidence=q.confidence,
    )  # fmt: skip
    details = {**found.details, "periods_before": float((~after).sum()), "periods_after": float(after.sum())}
    n_control = fewest[1] if len(fewest) > 1 else 0
    return replace(found, n_treated=fewest[0], n_control=n_control, details=details)


def _means(told: UnitWaves, arm: NDArray[np.bool_], waves: int) -> tuple[NDArray[np.float64], int]:
    """The mean of an arm at each wave, and the fewest units behind one. A wave without any is refused later."""
    w = np.where(arm, 1.0 if told.weights is None else told.weights, 0.0)
    size = np.bincount(told.waves, weights=w, minlength=waves)
    total = np.bincount(told.waves, weights=w * told.outcome, minlength=waves)
    means = np.full(waves, np.nan)
    np.divide(total, size, out=means, where=size > 0)
    return means, int(np.bincount(told.waves[arm], minlength=waves).min())


def placebos(q: Question) -> EffectEstimate:
    """The treated place's means less those of its synthetic control, on average from the first follow-up wave to this
    one.

    n_treated are the fewest units behind a mean of the treated place, n_control the fewest of all the others at a wave.
    Raises RefusedEffect `unit-in-both-arms` where a place has units of both arms, and those of `synthetic_control`.
    """
    told, waves = q.unit_waves, q.waves.in_order
    assert told.clusters is not None
    places, periods = int(told.clusters.max(initial=-1)) + 1, waves.index(q.wave) + 1
    kept = told.waves < periods
    cell = told.clusters[kept] * periods + told.waves[kept]
    w = np.ones(len(cell)) if told.weights is None else told.weights[kept]
    n, treated, total, size = (
        np.bincount(cell, weights=value, minlength=places * periods)
        for value in (np.ones(len(cell)), told.treated[kept].astype(np.float64), w * told.outcome[kept], w)
    )
    if ((treated > 0) & (treated < n)).any():
        raise RefusedEffect("unit-in-both-arms", "a place has units of both arms")
    there = n > 0
    place, period = np.divmod(np.arange(places * periods), periods)
    under = (treated > 0) & (period > waves.index(q.waves.baseline or ""))
    found = synthetic_control(
        total[there] / size[there], under[there], units=place[there], periods=period[there], incomplete="drop"
    ).effect
    ours = np.isin(place, place[treated > 0])
    others = np.bincount(period[~ours], weights=n[~ours], minlength=periods)
    return replace(found, n_treated=int(n[ours].min()), n_control=int(others.min()))


def staggered_by_cohort(q: Question) -> EffectEstimate:
    """Callaway and Sant'Anna; those not yet treated are compared with where nobody is never treated."""
    told = q.unit_waves
    never = told.first_treated is not None and bool((told.first_treated < 0).any())
    covariates = told.covariates if told.covariates.shape[1] else None
    return callaway_santanna(
        told.outcome, _under_treatment(told), covariates=covariates, weights=told.weights,
        controls="never" if never else "not-yet", **_followed(told, q),
    ).overall  # fmt: skip


def staggered_by_event(q: Question) -> EffectEstimate:
    return sun_abraham(q.unit_waves.outcome, _under_treatment(q.unit_waves), **_followed(q.unit_waves, q)).overall


def staggered_by_imputation(q: Question) -> EffectEstimate:
    return imputation(q.unit_waves.outcome, _under_treatment(q.unit_waves), **_followed(q.unit_waves, q)).overall


def _followed(told: UnitWaves, q: Question) -> dict[str, Any]:
    """Units that lack a wave are dropped and counted in the details."""
    return {
        "units": told.units, "periods": told.waves, "clusters": told.clusters, "confidence": q.confidence,
        "incomplete": "drop",
    }  # fmt: skip


def _under_treatment(told: UnitWaves) -> NDArray[np.bool_]:
    assert told.first_treated is not None
    return (told.first_treated >= 0) & (told.waves >= told.first_treated)


def _rows(told: UnitWaves, kept: NDArray[np.bool_], q: Question) -> dict[str, Any]:
    return {
        "covariates": told.covariates[kept] if told.covariates.shape[1] else None,
        "clusters": None if told.clusters is None else told.clusters[kept],
        "blocks": None if told.blocks is None else told.blocks[kept],
        "weights": None if told.weights is None else told.weights[kept],
        "confidence": q.confidence,
    }
