"""A panel of units that come under treatment at different dates, checked and sorted once for every estimator of it.

Long arrays come in, one row a unit and period; a `StaggeredPanel` of units by periods goes out, or `RefusedEffect` is
raised. `StaggeredEffects` is what the estimators answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import MANY_CLUSTERS, Told
from impact_pipeline.methods.impact.influence import jackknife_told
from impact_pipeline.methods.impact.sample import FEW_CLUSTERS, Booleans, Floats, Integers, sample

Incomplete = Literal["refuse", "drop"]
NEVER = np.iinfo(np.int64).max  # the first treated period of a unit that is not treated while it is followed


@dataclass(frozen=True, slots=True)
class StaggeredPanel:
    """n units, sorted by their code, over T periods, sorted: outcome (n, T), cohort (n,) the first period treated or
    NEVER, periods (T,), covariates (n, T, p), clusters (n,) codes from 0 or None, weights (n,), dropped: units left
    out."""

    outcome: Floats
    cohort: Integers
    periods: Integers
    covariates: Floats
    clusters: Integers | None
    weights: Floats
    units: Integers
    dropped: int

    @property
    def n(self) -> int:
        return len(self.cohort)

    @property
    def cohorts(self) -> list[int]:
        """First treated periods of units seen before and after."""
        return [int(g) for g in np.unique(self.cohort) if g != NEVER and g > self.periods[0]]


@dataclass(frozen=True, slots=True)
class GroupTime:
    """The effect in `period` of those treated from `cohort` on; before treatment it is a difference of trends."""

    cohort: int
    period: int
    effect: float
    se: float


@dataclass(frozen=True, slots=True)
class StaggeredEffects:
    """Effects of a treatment that begins at different dates, on the treated.

    `overall` averages over treated units (each cohort by its size) and, within, over periods from the treatment on;
    `cohorts` and `by_cohort` go together, as do `event_times` (periods since the first treated one, 0) and `by_event`;
    `cells` are the parts. What an estimator does not give is empty.
    """

    overall: EffectEstimate
    cohorts: tuple[int, ...] = ()
    by_cohort: tuple[EffectEstimate, ...] = ()
    event_times: tuple[int, ...] = ()
    by_event: tuple[EffectEstimate, ...] = ()
    cells: tuple[GroupTime, ...] = ()


def staggered_panel(
    outcome: Floats,
    treated: Booleans,
    *,
    units: Integers,
    periods: Integers,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    incomplete: Incomplete = "refuse",
) -> StaggeredPanel:
    """Rows (n,) of units and periods as a panel; `treated` says which rows are under treatment.

    A unit's weight is that of its first row. Raises RefusedEffect: `repeated-unit-period`, `treatment-ends` (a unit no
    longer treated after it was), `unbalanced-panel` (units not seen in every period, unless `incomplete` is "drop"),
    `unit-in-two-clusters`, `no-cohort` (nobody seen both before and from the treatment on), and those of `sample`.
    """
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, weights=weights)
    codes, unit = np.unique(np.asarray(units, dtype=np.int64), return_inverse=True)
    times, when = np.unique(np.asarray(periods, dtype=np.int64), return_inverse=True)
    place = unit.reshape(-1) * len(times) + when.reshape(-1)
    if np.bincount(place).max() > 1:
        raise RefusedEffect("repeated-unit-period", "a unit stands in two rows of a period")
    shape = (len(codes), len(times))
    row = np.full(shape[0] * shape[1], -1, dtype=np.int64)
    row[place] = np.arange(s.n)
    row = row.reshape(shape)
    whole = (row >= 0).all(axis=1)
    if not whole.all() and incomplete == "refuse":
        raise RefusedEffect("unbalanced-panel", f"{np.count_nonzero(~whole)} of {shape[0]} units lack a period")
    row = row[whole]
    if len(row) == 0:
        raise RefusedEffect("unbalanced-panel", "no unit is seen in every period")
    under = s.treated[row]
    if (under[:, :-1] & ~under[:, 1:]).any():
        raise RefusedEffect("treatment-ends", "a unit is treated, then no longer: its effects may last")
    cohort = np.where(under.any(axis=1), times[under.argmax(axis=1)], NEVER).astype(np.int64)
    group = None if s.clusters is None else s.clusters[row]
    if group is not None and (group != group[:, :1]).any():
        raise RefusedEffect("unit-in-two-clusters", "the rows of a unit are in two clusters")
    found = StaggeredPanel(
        outcome=s.outcome[row], cohort=cohort, periods=times.astype(np.int64), covariates=s.covariates[row],
        clusters=None if group is None else np.unique(group[:, 0], return_inverse=True)[1].reshape(-1).astype(np.int64),
        weights=np.ones(len(row)) if s.weights is None else s.weights[row[:, 0]], units=codes[whole],
        dropped=int(np.count_nonzero(~whole)),
    )  # fmt: skip
    if not found.cohorts:
        raise RefusedEffect("no-cohort", "no unit is seen both before its treatment and from then on")
    return found


def few_clusters_told(
    panel: StaggeredPanel, found: Told, confidence: float, again: Callable[[StaggeredPanel], float]
) -> tuple[Told, dict[str, float]]:
    """The estimate with the jackknife's error, and its own as `asymptotic_se`, where clusters are fewer than 50; as it
    is elsewhere. Errors by large samples are too short there (benchmarks/few_clusters_staggered.py).

    `again` estimates anew from a panel without one of the clusters. Raises RefusedEffect `cluster-decides` where it
    cannot.
    """
    if panel.clusters is None or (g := int(panel.clusters.max()) + 1) >= MANY_CLUSTERS:
        return found, {}
    try:
        without = np.array([again(_without(panel, code)) for code in range(g)])
    except RefusedEffect as refused:
        raise RefusedEffect("cluster-decides", f"without one of the clusters: {refused}") from refused
    return jackknife_told(found.effect, without, confidence), {"asymptotic_se": found.se}


def _without(panel: StaggeredPanel, cluster: int) -> StaggeredPanel:
    assert panel.clusters is not None
    left = panel.clusters != cluster
    return replace(
        panel, outcome=panel.outcome[left], cohort=panel.cohort[left], covariates=panel.covariates[left],
        clusters=np.unique(panel.clusters[left], return_inverse=True)[1].reshape(-1).astype(np.int64),
        weights=panel.weights[left], units=panel.units[left],
    )  # fmt: skip


def panel_effect(
    panel: StaggeredPanel, found: Told, treated: Booleans, control: Booleans, estimator: str,
    details: dict[str, float] | None = None,
) -> EffectEstimate:  # fmt: skip
    """A figure of the panel as an `EffectEstimate`; treated and control (n,) say whom it compares.

    `sd` is that of the controls in the first period.
    """
    arms: list[int | None] = [None, None]
    if panel.clusters is not None:
        arms = [len(np.unique(panel.clusters[arm])) for arm in (treated, control)]
    size = np.count_nonzero(control)
    return EffectEstimate(
        estimator=estimator, estimand="att", effect=found.effect, se=found.se, df=found.df, low=found.low,
        high=found.high, p=found.p, se_rule=found.rule, n_treated=int(np.count_nonzero(treated)), n_control=int(size),
        clusters_treated=arms[0], clusters_control=arms[1],
        sd=float(panel.outcome[control, 0].std(ddof=1)) if size > 1 else None, details=details or {},
        cautions=panel_cautions(panel, treated, arms),
    )  # fmt: skip


def panel_cautions(panel: StaggeredPanel, treated: Booleans, arms: list[int | None]) -> tuple[str, ...]:
    """What is to be told of the cohorts that a figure compares."""
    cohorts, units = np.unique(panel.cohort[treated], return_counts=True)
    sizes = units.tolist()
    if panel.clusters is not None:
        sizes = [len(np.unique(panel.clusters[treated & (panel.cohort == g)])) for g in cohorts]
    said = {
        "few-clusters-in-an-arm": any(arm is not None and arm < FEW_CLUSTERS for arm in arms),
        "small-cohort": min(sizes, default=0) < FEW_CLUSTERS,
        "cohort-left-out": bool((panel.cohort == panel.periods[0]).any()),
        "incomplete-units-dropped": panel.dropped > 0,
    }
    return tuple(code for code, holds in said.items() if holds)
