"""Synthetic control: one treated unit (a village, a department) against the mixture of others that went as it did.

Long arrays come in, one row a unit and period; a `SyntheticControl` goes out. With a single treated unit nothing but
placebos tells how sure the effect is: each donor is taken for the treated in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers
from impact_pipeline.methods.impact.staggered_panel import NEVER, Incomplete, staggered_panel

FEWEST_DONORS = 2
FEWEST_BEFORE = 2
DECIDED = 1e-10  # of the outcomes' scale: a donor left out whose worth is nearer to nothing might as well be in
POOR_FIT = 0.25  # standard deviations of donors before: gap left before treatment from which the fit is told


@dataclass(frozen=True, slots=True)
class SyntheticControl:
    """`effect` is the mean gap after treatment; `donors` and `weights` (adding up to 1) go together, as do `periods`
    and `gaps` (treated less synthetic, in the outcome's unit)."""

    effect: EffectEstimate
    donors: tuple[int, ...]
    weights: tuple[float, ...]
    periods: tuple[int, ...]
    gaps: tuple[float, ...]


def synthetic_control(
    outcome: Floats, treated: Booleans, *, units: Integers, periods: Integers, incomplete: Incomplete = "refuse"
) -> SyntheticControl:
    """The treated unit less a mixture of donors, weights of zero or more adding up to one that come nearest to it in
    every period before (Abadie, Diamond & Hainmueller 2010, doi:10.1198/jasa.2009.ap08746).

    p is the share of units, the treated among them, whose gap grew as much after treatment: the ratio of root mean
    square gaps after and before, donors being matched with each other. It cannot be below `smallest_p` = 1/(donors +
    1). Details: `gap_before` and `gap_after` (root mean squares), `ratio`, `smallest_p`, `largest_weight`,
    `units_dropped`. `sd` is that of donors before.

    Raises RefusedEffect: `several-treated-units`, `too-few-donors`, `no-period-before` (fewer than two),
    `weights-not-unique` (more donors than the periods before can tell apart), and those of `staggered_panel`. Cautions:
    `one-treated-cluster`, `poor-fit-before`, `incomplete-units-dropped`.
    """
    panel = staggered_panel(outcome, treated, units=units, periods=periods, incomplete=incomplete)
    ours = np.flatnonzero(panel.cohort != NEVER)
    if len(ours) != 1:
        raise RefusedEffect("several-treated-units", f"{len(ours)} treated units: a synthetic control is of one")
    late = panel.periods >= panel.cohort[ours[0]]
    if np.count_nonzero(~late) < FEWEST_BEFORE:
        raise RefusedEffect("no-period-before", "fewer than two periods before treatment")
    others = np.flatnonzero(panel.cohort == NEVER)
    if len(others) < FEWEST_DONORS:
        raise RefusedEffect("too-few-donors", f"{len(others)} untreated units: two are needed")
    y, donors = panel.outcome[ours[0]], panel.outcome[others]
    weights = _weights(y, donors, late)
    gaps = y - weights @ donors
    ratio, before, after = _ratio(gaps, late)
    rest = [np.delete(np.arange(len(others)), j) for j in range(len(others))]
    placebos = [
        _ratio(donors[j] - _weights(donors[j], donors[mates], late, told=False) @ donors[mates], late)[0]
        for j, mates in enumerate(rest)
    ]
    as_much = 1 + sum(placebo >= ratio for placebo in placebos)
    sd = float(donors[:, ~late].std(axis=0, ddof=1).mean())
    effect = EffectEstimate(
        estimator="synthetic_control", estimand="att", effect=float(gaps[late].mean()), se=None, df=None, low=None,
        high=None, p=as_much / (len(others) + 1), se_rule="permutation", n_treated=1, n_control=len(others),
        clusters_treated=1, clusters_control=len(others), sd=sd,
        details={
            "gap_before": before, "gap_after": after, "ratio": ratio, "smallest_p": 1 / (len(others) + 1),
            "largest_weight": float(weights.max()), "units_dropped": float(panel.dropped),
        },
        cautions=(
            "one-treated-cluster", *(("poor-fit-before",) if before > POOR_FIT * sd else ()),
            *(("incomplete-units-dropped",) if panel.dropped else ()),
        ),
    )  # fmt: skip
    return SyntheticControl(
        effect, tuple(int(u) for u in panel.units[others]), tuple(float(w) for w in weights),
        tuple(int(t) for t in panel.periods), tuple(float(gap) for gap in gaps),
    )  # fmt: skip


def _weights(y: Floats, donors: Floats, late: Booleans, told: bool = True) -> Floats:
    """Weights (J,) of zero or more adding up to one, by which donors (J, T) come nearest to y (T,) before.

    As weights add up to one, the gap is A w with A = donors - y: the point of least norm in a convex hull. Least
    squares of [A; 1] u on [0; 1] with u >= 0 gives a multiple of it, exactly.
    """
    a = (donors[:, ~late] - y[~late]).T
    scale = float(np.abs(a).max())
    if scale == 0:
        raise RefusedEffect("weights-not-unique", "all donors are the treated unit's likeness before treatment")
    a = a / scale
    u, _ = nnls(np.vstack([a, np.ones((1, a.shape[1]))]), np.append(np.zeros(len(a)), 1.0))
    w: Floats = u / u.sum()
    left = a @ w
    worth = a.T @ left - float(left @ left)
    if told and (worth[w == 0] < DECIDED).any():
        raise RefusedEffect("weights-not-unique", "more donors than the periods before treatment can tell apart")
    return w


def _ratio(gaps: Floats, late: Booleans) -> tuple[float, float, float]:
    """Root mean square of gaps after over before, and both."""
    before, after = (float(np.sqrt(np.mean(gaps[when] ** 2))) for when in (~late, late))
    return after / before if before > 0 else float("inf"), before, after
