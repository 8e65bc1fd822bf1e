"""Event studies of groups treated from one date on: the effect period by period, leads and lags, and the pre-trend.

Long arrays come in, one row a unit and period (or a respondent of a period), an `EventStudy` goes out. A pre-trend that
is not seen is no proof that there was none (Roth 2022, doi:10.1257/aeri.20210236). Groups treated from different dates
are not answered here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import Regression, Rule, effect_of, regress
from impact_pipeline.methods.impact.robust import JointTest
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, dummies, sample

CONSTANT = 1e-9  # relative size of what varies within units below which a covariate does not


@dataclass(frozen=True, slots=True, eq=False)
class EventStudy:
    """Effects by period, counted from the first treated one (0), against the period of reference.

    `periods`, `effects` and `covariance` (m, m) go together, the reference apart; `average` is the mean of the effects
    from 0 on, and has `pretrend_f`, `pretrend_df1`, `pretrend_df2` and `pretrend_p` among its details where a joint
    test that all leads are zero could be made (`pretrend`).
    """

    reference: int
    periods: tuple[int, ...]
    effects: tuple[EffectEstimate, ...]
    covariance: Floats
    average: EffectEstimate
    pretrend: JointTest | None


def event_study(
    outcome: Floats,
    treated: Booleans,
    *,
    periods: Integers,
    first_treated: int,
    reference: int | None = None,
    units: Integers | None = None,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    rule: Rule | None = None,
) -> EventStudy:
    """Effects of a treatment of one group from period `first_treated` on, relative to `reference` (the period before).

    The regression on an indicator a period, treated x period, covariates and blocks, and an indicator a unit where
    `units` (n,) are given (taken off by centring within units), a group indicator where not. Rows are clustered by unit
    unless `clusters` (n,), in which units must lie, are given. Leads are tested jointly: HTZ under CR2, Wald otherwise.
    With units and weights, CR2 is that of rows times the root of their weight, whose working model is of variances
    inverse to the weights: under equal ones, centring within units would not be the same as an indicator a unit
    (Pustejovsky & Tipton 2018, theorem 2).

    Raises RefusedEffect: `unit-in-both-arms`, `unit-in-two-clusters`, `empty-cell` (a group not seen in a period),
    `no-period-before`, `no-period-after`, and those of `inference.regress`. Cautions: `no-pretrend-test` (a single
    period before), `pretrend-untested` (clusters too few to test so many leads at once).
    """
    by = clusters if clusters is not None or units is None else units
    s = sample(outcome, treated, covariates=covariates, clusters=by, blocks=blocks, weights=weights)
    when = np.asarray(periods, dtype=np.int64) - first_treated
    unit = None if units is None else np.unique(np.asarray(units), return_inverse=True)[1].reshape(-1)
    _check(s, when, unit)
    known = [int(period) for period in np.unique(when)]
    base = max(period for period in known if period < 0) if reference is None else reference - first_treated
    told = [period for period in known if period != base]
    x, first = _design(s, when, unit, known, told)
    y = _within(s.outcome[:, None], unit, s.weights)[:, 0]
    if unit is not None and s.weights is not None:
        regression = regress(x * np.sqrt(s.weights)[:, None], replace(s, weights=None), y * np.sqrt(s.weights), rule)
    else:
        regression = regress(x, s, y, rule)
    pretrend, caution = _pretrend(regression, [first + told.index(period) for period in told if period < 0])
    k, after = x.shape[1], [period for period in told if period >= 0]
    mean = np.zeros(k)
    mean[[first + told.index(period) for period in after]] = 1 / len(after)
    sd = _control_sd(s, when == base)

    def effect(weights: Floats, estimator: str, details: dict[str, float], cautions: tuple[str, ...]) -> EffectEstimate:
        found = regression.contrast(weights, confidence)
        return effect_of(
            found, _counted(s, unit), estimator=estimator, estimand="att", sd=sd, details=details, cautions=cautions
        )

    effects = tuple(effect(np.eye(k)[first + i], "event_study_period", {}, ()) for i in range(len(told)))
    average = effect(mean, "event_study", _pretrend_details(pretrend), () if caution is None else (caution,))
    places = slice(first, first + len(told))
    return EventStudy(base, tuple(told), effects, regression.covariance[places, places], average, pretrend)


def _check(s: Sample, when: Integers, unit: Integers | None) -> None:
    if not (when < 0).any():
        raise RefusedEffect("no-period-before", "no period before the treatment")
    if not (when >= 0).any():
        raise RefusedEffect("no-period-after", "no period from the treatment on")
    for period in np.unique(when):
        if len(np.unique(s.treated[when == period])) < 2:
            raise RefusedEffect("empty-cell", f"only one group is seen at {period:+d} of the treatment's start")
    if unit is not None:
        first = np.unique(unit, return_index=True)[1]
        if (s.treated != s.treated[first][unit]).any():
            raise RefusedEffect("unit-in-both-arms", "a unit is treated in some rows and not in others")
        if s.clusters is not None and (s.clusters != s.clusters[first][unit]).any():
            raise RefusedEffect("unit-in-two-clusters", "the rows of a unit are in two clusters")


def _design(s: Sample, when: Integers, unit: Integers | None, known: list[int], told: list[int]) -> tuple[Floats, int]:
    """Regressors (n, k), and the place of the first of treated x period."""
    d = s.treated.astype(np.float64)
    at = (when[:, None] == np.array(known[1:])[None, :]).astype(np.float64)
    by_group = d[:, None] * (when[:, None] == np.array(told)[None, :])
    others = s.covariates if s.blocks is None else np.column_stack([s.covariates, dummies(s.blocks)])
    others = others - others.mean(axis=0) if others.shape[1] else others
    if unit is None:
        return np.column_stack([np.ones(s.n), d, at, by_group, others]), 2 + at.shape[1]
    inside = _within(others, unit, s.weights)
    varies = np.abs(inside).max(axis=0, initial=0.0) > CONSTANT * np.abs(others).max(axis=0, initial=0.0)
    x = np.column_stack([_within(at, unit, s.weights), _within(by_group, unit, s.weights), inside[:, varies]])
    return x, at.shape[1]


def _within(columns: Floats, unit: Integers | None, weights: Floats | None) -> Floats:
    """Columns (n, m) less their means within units; less their mean where there are no units."""
    if columns.shape[1] == 0:
        return columns
    codes = np.zeros(len(columns), dtype=np.int64) if unit is None else unit
    w = np.ones(len(columns)) if weights is None else weights
    size = np.bincount(codes, weights=w)
    means = np.column_stack([np.bincount(codes, weights=w * column) / size for column in columns.T])
    found: Floats = columns - means[codes]
    return found


def _pretrend(regression: Regression, leads: list[int]) -> tuple[JointTest | None, str | None]:
    if not leads:
        return None, "no-pretrend-test"
    try:
        return regression.joint_test(np.eye(len(regression.coefficients))[leads]), None
    except RefusedEffect:
        return None, "pretrend-untested"


def _pretrend_details(pretrend: JointTest | None) -> dict[str, float]:
    if pretrend is None:
        return {}
    figures = {"f": pretrend.f, "df1": float(pretrend.df1), "df2": pretrend.df2, "p": pretrend.p}
    return {f"pretrend_{name}": value for name, value in figures.items()}


def _control_sd(s: Sample, at_reference: Booleans) -> float | None:
    rows = at_reference & ~s.treated
    if np.count_nonzero(rows) < 2:
        return None
    y = s.outcome[rows]
    w = np.ones(len(y)) if s.weights is None else s.weights[rows]
    centred = y - np.average(y, weights=w)
    return float(np.sqrt(np.average(centred**2, weights=w) * len(y) / (len(y) - 1)))


def _counted(s: Sample, unit: Integers | None) -> Sample:
    """One row a unit, for what is counted: units where they are followed, rows where not."""
    if unit is None:
        return s
    first = np.unique(unit, return_index=True)[1]
    return Sample(
        s.outcome[first], s.treated[first], s.covariates[first], None if s.clusters is None else s.clusters[first],
        None, None,
    )  # fmt: skip
