"""Two further estimators of staggered treatments, through diff-diff: Sun and Abraham's, and imputation.

Long arrays come in, `StaggeredEffects` go out. Rows reach the library sorted by unit and period with whole numbers for
codes, its warnings about what is checked here are silenced, and Student's law on G - 1 degrees of freedom is ours, as
is the jackknife of `overall` where clusters are fewer than 50. Neither knows sampling weights; `staggered` does.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from diff_diff import ImputationDiD, SunAbraham

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.inference import Told, told
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers
from impact_pipeline.methods.impact.staggered_panel import (
    NEVER,
    Incomplete,
    StaggeredEffects,
    StaggeredPanel,
    few_clusters_told,
    panel_effect,
    staggered_panel,
)


def sun_abraham(
    outcome: Floats,
    treated: Booleans,
    *,
    units: Integers,
    periods: Integers,
    clusters: Integers | None = None,
    confidence: float = 0.95,
    incomplete: Incomplete = "refuse",
) -> StaggeredEffects:
    """Effects by time since treatment: cohort x time in one regression, averaged by the cohorts' shares among those
    seen at that time (Sun & Abraham 2021, doi:10.1016/j.jeconom.2020.09.006).

    The never treated are compared with, the period before treatment is the reference. Errors are CR1 by cluster (by
    unit unless given), indicators of units not counted, shares taken as known. `overall` weighs all treated rows alike:
    long-treated cohorts count more than in `staggered`. Raises RefusedEffect: `no-never-treated`, `too-few-clusters`,
    `cluster-decides`, `staggered-failed`, and those of `staggered_panel`.
    """
    panel = staggered_panel(outcome, treated, units=units, periods=periods, clusters=clusters, incomplete=incomplete)
    if not (panel.cohort == NEVER).any():
        raise RefusedEffect("no-never-treated", "every unit is treated in the end: none to compare with")
    if (panel.cohort == panel.periods[0]).any():
        raise RefusedEffect("always-treated", "units treated from the first period on have no reference")
    fitted = _sun_abraham(panel)
    by_event = {int(e): (float(f["effect"]), float(f["se"])) for e, f in fitted.event_study_effects.items()}
    return _answered(panel, fitted, by_event, confidence, "sun_abraham", _sun_abraham)


def imputation(
    outcome: Floats,
    treated: Booleans,
    *,
    units: Integers,
    periods: Integers,
    clusters: Integers | None = None,
    confidence: float = 0.95,
    incomplete: Incomplete = "refuse",
) -> StaggeredEffects:
    """Effects against what units and periods foretell from untreated rows alone (Borusyak, Jaravel & Spiess 2024,
    doi:10.1093/restud/rdae007).

    Errors are the conservative ones of cohort x time means, by cluster (by unit unless given). `overall` weighs all
    treated rows alike. Uses every period before treatment: the most precise of the three where trends are parallel
    throughout. Raises RefusedEffect: `too-few-clusters`, `cluster-decides`, `staggered-failed`, and those of
    `staggered_panel`.
    """
    panel = staggered_panel(outcome, treated, units=units, periods=periods, clusters=clusters, incomplete=incomplete)
    if (panel.cohort == panel.periods[0]).any():
        raise RefusedEffect("always-treated", "nothing foretells units treated from the first period on")
    fitted = _imputation(panel)
    told_by_event = fitted.aggregate("event_study")
    by_event = {
        int(e): (float(effect), float(se))
        for e, effect, se in zip(told_by_event.event_time, told_by_event.att, told_by_event.se, strict=True)
        if np.isfinite(se)
    }
    return _answered(panel, fitted, by_event, confidence, "imputation", _imputation)


def _sun_abraham(panel: StaggeredPanel) -> Any:
    return _run(SunAbraham(cluster="cluster", rank_deficient_action="error"), panel)


def _imputation(panel: StaggeredPanel) -> Any:
    return _run(ImputationDiD(cluster="cluster", rank_deficient_action="error"), panel)


def _run(estimator: SunAbraham | ImputationDiD, panel: StaggeredPanel) -> Any:
    n, t = panel.outcome.shape
    groups = np.arange(n) if panel.clusters is None else panel.clusters
    rows = pd.DataFrame({
        "unit": np.repeat(np.arange(n), t), "cluster": np.repeat(groups, t), "period": np.tile(panel.periods, n),
        "first": np.repeat(np.where(panel.cohort == NEVER, 0, panel.cohort), t), "outcome": panel.outcome.reshape(-1),
    })  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return estimator.fit(rows, "outcome", "unit", "period", "first")
        except (ValueError, np.linalg.LinAlgError) as error:
            raise RefusedEffect("staggered-failed", f"diff-diff: {error}") from error


def _answered(
    panel: StaggeredPanel, fitted: Any, by_event: dict[int, tuple[float, float]], confidence: float, estimator: str,
    again: Callable[[StaggeredPanel], Any],
) -> StaggeredEffects:  # fmt: skip
    groups = np.arange(panel.n) if panel.clusters is None else panel.clusters
    treated = panel.cohort != NEVER
    control = ~treated if (~treated).any() else panel.cohort > panel.cohorts[0]
    arms = [len(np.unique(groups[arm])) for arm in (treated, control)]
    if min(arms) < 2:
        raise RefusedEffect("too-few-clusters", f"{arms[0]} treated and {arms[1]} control clusters: two of each needed")
    df = float(len(np.unique(groups)) - 1)
    rule = "conservative-clustered" if estimator == "imputation" else "CR1"

    def large(effect: float, se: float) -> Told:
        return told(float(effect), float(se) ** 2, df, confidence, rule)

    own = large(fitted.overall_att, fitted.overall_se)
    overall, beside = few_clusters_told(panel, own, confidence, lambda left: float(again(left).overall_att))
    details = {"units_dropped": float(panel.dropped)} | beside
    times = sorted(by_event)
    return StaggeredEffects(
        overall=panel_effect(panel, overall, treated, control, estimator, details),
        event_times=tuple(times),
        by_event=tuple(panel_effect(panel, large(*by_event[e]), treated, control, f"{estimator}_event") for e in times),
    )
