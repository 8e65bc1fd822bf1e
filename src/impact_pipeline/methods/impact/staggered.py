"""Differences in differences of units treated from different dates on, compared with the untreated alone.

Long arrays come in, one row a unit and period, `StaggeredEffects` go out (Callaway & Sant'Anna 2021,
doi:10.1016/j.jeconom.2020.12.001). A regression with an indicator a unit and a period compares units already treated
with each other (Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014): its figure stands among the details, as a
warning alone. `staggered_library` has two further estimators of the same effects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import Told, told
from impact_pipeline.methods.impact.propensity import logit
from impact_pipeline.methods.impact.robust import inverse
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers
from impact_pipeline.methods.impact.staggered_panel import (
    NEVER,
    GroupTime,
    Incomplete,
    StaggeredEffects,
    StaggeredPanel,
    few_clusters_told,
    panel_effect,
    staggered_panel,
)

Controls = Literal["never", "not-yet"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The effect of a cohort at a period, with each unit's influence (n,) on it and whom it was compared with (n,)."""

    cohort: int
    period: int
    effect: float
    influence: Floats
    controls: Booleans


def callaway_santanna(
    outcome: Floats,
    treated: Booleans,
    *,
    units: Integers,
    periods: Integers,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    controls: Controls = "never",
    anticipation: int = 0,
    incomplete: Incomplete = "refuse",
) -> StaggeredEffects:
    """Effects by cohort and period, and their averages by cohort, by time since treatment and overall.

    `treated` (n,) says which rows are under treatment. Each cell is the doubly robust difference in differences of
    Sant'Anna & Zhao (2020, doi:10.1016/j.jeconom.2020.06.003), covariates being those of the earlier of its two
    periods; without covariates, a difference of mean changes. The base is the last period before treatment (less
    `anticipation`); before it, the period just before. Controls are never treated in the panel, or `not-yet` treated by
    the later period. Errors are of influence functions, the cohorts' estimated shares among them: units as R's did
    (no small-sample factor), clusters with G/(G-1); Student's law with G - 1 degrees of freedom. With fewer than
    50 clusters these are too short: the error of `overall`, not of its parts, is then the jackknife's, and
    `asymptotic_se` among its details what it would have been.

    Details of `overall`: `pretrend_chi2`, `_df`, `_p` (that all cells before treatment are nothing), `twfe_effect`, and
    the caution `two-way-effects-mislead` where that lies outside the interval. Raises RefusedEffect:
    `no-never-treated`, `no-cohort`, `separation`, `too-few-clusters`, `cluster-decides` (without one nothing can be
    estimated), and those of `staggered_panel`.
    """
    panel = staggered_panel(
        outcome, treated, units=units, periods=periods, covariates=covariates, clusters=clusters, weights=weights,
        incomplete=incomplete,
    )  # fmt: skip
    if controls == "never" and not (panel.cohort == NEVER).any():
        raise RefusedEffect("no-never-treated", "every unit is treated in the end: compare with those not yet treated")
    cells = _cells(panel, controls, anticipation)
    by_cohort = _by_cohort(cells)
    _refuse_few_clusters(panel, [cell for group in by_cohort for cell in group])
    times = sorted({_since(panel, cell) for cell in cells})
    by_event = [[cell for cell in cells if _since(panel, cell) == e] for e in times]
    details = _pretrend(panel, [cell for cell in cells if cell.period < cell.cohort - anticipation])
    details |= {"twfe_effect": two_way_fixed_effects(panel), "units_dropped": float(panel.dropped)}
    overall = _overall(
        panel, by_cohort, confidence, details,
        lambda left: _mean(left, _by_cohort(_cells(left, controls, anticipation)))[0],
    )  # fmt: skip
    low, high = overall.low, overall.high
    if low is not None and high is not None and not low <= details["twfe_effect"] <= high:
        overall = replace(overall, cautions=(*overall.cautions, "two-way-effects-mislead"))
    return StaggeredEffects(
        overall=overall,
        cohorts=tuple(group[0].cohort for group in by_cohort),
        by_cohort=tuple(_average(panel, [group], confidence, "callaway_santanna_cohort") for group in by_cohort),
        event_times=tuple(times),
        by_event=tuple(
            _average(panel, [[cell] for cell in group], confidence, "callaway_santanna_event") for group in by_event
        ),
        cells=tuple(
            GroupTime(c.cohort, c.period, c.effect, float(np.sqrt(_variance(panel, c.influence)))) for c in cells
        ),
    )


def two_way_fixed_effects(panel: StaggeredPanel) -> float:
    """The coefficient of treatment with an indicator a unit and a period: for comparison, not to be believed."""
    d = (panel.periods[None, :] >= panel.cohort[:, None]).astype(np.float64)
    w = panel.weights[:, None]

    def within(a: Floats) -> Floats:
        by_period = (w * a).sum(axis=0) / w.sum()
        found: Floats = a - a.mean(axis=1, keepdims=True) - by_period + by_period.mean()
        return found

    inside = within(d)
    return float((w * inside * within(panel.outcome)).sum() / (w * inside**2).sum())


def _cells(panel: StaggeredPanel, controls: Controls, anticipation: int) -> list[Cell]:
    return [
        cell for g in panel.cohorts for period in panel.periods[1:]
        if (cell := _cell(panel, g, int(period), controls, anticipation)) is not None
    ]  # fmt: skip


def _by_cohort(cells: list[Cell]) -> list[list[Cell]]:
    """The cells from the treatment on, of each cohort. Raises RefusedEffect `no-cohort` where there is none."""
    after = [cell for cell in cells if cell.period >= cell.cohort]
    if not after:
        raise RefusedEffect("no-cohort", "no treated group can be compared after its treatment")
    return [[cell for cell in after if cell.cohort == g] for g in sorted({cell.cohort for cell in after})]


def _cell(panel: StaggeredPanel, g: int, period: int, controls: Controls, anticipation: int) -> Cell | None:
    """A cohort at a period; None where there is nobody to compare with or no period before."""
    t = int(np.searchsorted(panel.periods, period))
    base = int(np.searchsorted(panel.periods, g - anticipation)) - 1
    if period < g - anticipation:
        base = t - 1
    if base < 0 or base == t:
        return None
    ours = panel.cohort == g
    theirs = panel.cohort == NEVER
    if controls == "not-yet":
        theirs = (panel.cohort > max(int(panel.periods[base]), period) + anticipation) & ~ours
    if np.count_nonzero(theirs) == 0:
        return None
    change = panel.outcome[:, t] - panel.outcome[:, base]
    rows = ours | theirs
    x = panel.covariates[rows, min(t, base)]
    effect, inside = _doubly_robust(change[rows], ours[rows], x, panel.weights[rows])
    influence = np.zeros(panel.n)
    influence[rows] = inside
    return Cell(g, period, effect, influence, theirs)


def _doubly_robust(change: Floats, d: Booleans, x: Floats, w: Floats) -> tuple[float, Floats]:
    """The effect on those of d (m,) and each unit's influence on it, changes and covariates (m, p) of both groups."""
    one, zero = np.where(d, w, 0.0), np.where(d, 0.0, w)
    if x.shape[1] == 0:
        m1, m0 = float(one @ change / one.sum()), float(zero @ change / zero.sum())
        return m1 - m0, one / one.sum() * (change - m1) - zero / zero.sum() * (change - m0)
    fitted = logit(d, x, w)
    z = fitted.design
    odds = fitted.probabilities / (1 - fitted.probabilities)
    bread = inverse(z.T @ (z * zero[:, None]))[0]
    left = change - z @ (bread @ (z.T @ (zero * change)))
    of_regression = (zero * left)[:, None] * (z @ bread)
    there = zero * odds
    eta1, eta0 = float(one @ left / one.sum()), float(there @ left / there.sum())
    treated = (one * (left - eta1) - of_regression @ (one @ z)) / one.sum()
    control = (
        there * (left - eta0) + fitted.influences @ ((there * (left - eta0)) @ z) - of_regression @ (there @ z)
    ) / there.sum()
    return eta1 - eta0, treated - control


def _overall(
    panel: StaggeredPanel, groups: list[list[Cell]], confidence: float, details: dict[str, float],
    again: Callable[[StaggeredPanel], float],
) -> EffectEstimate:  # fmt: skip
    own = _told(panel, *_mean(panel, groups), confidence)
    found, beside = few_clusters_told(panel, own, confidence, again)
    return panel_effect(panel, found, *_compared(panel, groups), "callaway_santanna", details | beside)


def _average(panel: StaggeredPanel, groups: list[list[Cell]], confidence: float, estimator: str) -> EffectEstimate:
    found = _told(panel, *_mean(panel, groups), confidence)
    return panel_effect(panel, found, *_compared(panel, groups), estimator)


def _mean(panel: StaggeredPanel, groups: list[list[Cell]]) -> tuple[float, Floats]:
    """Groups of cells of one cohort each: the mean of each group's cells, averaged by the cohorts' sizes, with each
    unit's influence (n,) on it.

    Sizes are estimated: a unit of a cohort draws the average towards its cohort's mean.
    """
    cohorts = [group[0].cohort for group in groups]
    means = [float(np.mean([cell.effect for cell in group])) for group in groups]
    sizes = np.array([panel.weights[panel.cohort == g].sum() for g in cohorts])
    share = sizes / sizes.sum()
    effect = float(share @ means)
    influence = np.zeros(panel.n)
    for group, mean, part in zip(groups, means, share, strict=True):
        influence += part * np.mean([cell.influence for cell in group], axis=0)
        ours = panel.cohort == group[0].cohort
        influence[ours] += panel.weights[ours] * (mean - effect) / sizes.sum()
    return effect, influence


def _compared(panel: StaggeredPanel, groups: list[list[Cell]]) -> tuple[Booleans, Booleans]:
    """Whom groups of cells tell of, and whom they compare them with: (n,) each."""
    treated = np.isin(panel.cohort, [group[0].cohort for group in groups])
    return treated, np.any([cell.controls for group in groups for cell in group], axis=0)


def _told(panel: StaggeredPanel, effect: float, influence: Floats, confidence: float) -> Told:
    g = panel.n if panel.clusters is None else int(panel.clusters.max()) + 1
    rule = "influence" if panel.clusters is None else "influence-clustered"
    return told(effect, _variance(panel, influence), float(g - 1), confidence, rule)


def _parts(panel: StaggeredPanel, influence: Floats) -> Floats:
    if panel.clusters is None:
        return influence
    g = int(panel.clusters.max()) + 1
    found: Floats = np.bincount(panel.clusters, weights=influence, minlength=g) * np.sqrt(g / (g - 1))
    return found


def _variance(panel: StaggeredPanel, influence: Floats) -> float:
    parts = _parts(panel, influence)
    return float(parts @ parts)


def _since(panel: StaggeredPanel, cell: Cell) -> int:
    """Time since treatment, in the periods' unit."""
    return cell.period - cell.cohort


def _refuse_few_clusters(panel: StaggeredPanel, cells: list[Cell]) -> None:
    if panel.clusters is None:
        return
    treated = np.isin(panel.cohort, [cell.cohort for cell in cells])
    control = np.any([cell.controls for cell in cells], axis=0)
    arms = [len(np.unique(panel.clusters[arm])) for arm in (treated, control)]
    if min(arms) < 2:
        raise RefusedEffect("too-few-clusters", f"{arms[0]} treated and {arms[1]} control clusters: two of each needed")


def _pretrend(panel: StaggeredPanel, cells: list[Cell]) -> dict[str, float]:
    """A chi2 test that all cells before treatment are zero; nothing where there are more of them than is known."""
    if not cells:
        return {}
    parts = np.column_stack([_parts(panel, cell.influence) for cell in cells])
    values, spread = np.array([cell.effect for cell in cells]), parts.T @ parts
    q = len(cells)
    if len(parts) <= q or np.linalg.matrix_rank(spread, hermitian=True) < q:
        return {}
    chi2 = float(values @ np.linalg.solve(spread, values))
    return {"pretrend_chi2": chi2, "pretrend_df": float(q), "pretrend_p": float(chdtrc(q, chi2))}
