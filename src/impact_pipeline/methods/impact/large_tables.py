"""The effect of a treatment from a table of any size: a regression whose rows never leave the engine.

The columns' names and an engine come in, an `EffectEstimate` goes out: the same as `trials.ancova` or
`differences.repeated_cross_sections` give of the same rows in arrays, and the same to the last bit whatever the threads
or the order of rows. Rows with a missing value are left out and counted (`details["left_out"]`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.methods.engine import Engine
from impact_pipeline.methods.impact import robust
from impact_pipeline.methods.impact.effect import EffectEstimate, Estimand, RefusedEffect
from impact_pipeline.methods.impact.gram import TableGrams, table_grams
from impact_pipeline.methods.impact.inference import SEED, Rule, cluster_contrast, wild_details
from impact_pipeline.methods.impact.sample import FEW_CLUSTERS, Floats
from impact_pipeline.renderings.engine_sql import quoted

TREATED, AFTER, BOTH = 1, 2, 3  # places among the regressors, the constant being 0
CLOSE = 1e-9


def table_ancova(
    engine: Engine,
    relation: str,
    *,
    outcome: str,
    treated: str,
    cluster: str,
    covariates: Sequence[str] = (),
    weight: str | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
    rule: Rule | None = None,
) -> EffectEstimate:
    """The coefficient of `treated` (0 or 1) in the regression of `outcome` on it and the covariates, clustered.

    `relation` is SQL that may stand after `from`. sd is that of the outcome among controls. Raises RefusedEffect:
    `too-few-clusters`, `empty-arm`, `not-zero-or-one`, and those of `gram.table_grams` and `robust.fit`.
    """
    others = [treated, *covariates]
    table = table_grams(engine, relation, outcome=outcome, regressors=others, cluster=cluster, weight=weight)
    ones = _ones(table, TREATED)
    n = int(ones.sum()), int(table.grams.rows - ones.sum())
    sd = _spread(engine, relation, outcome, others, f"{quoted(treated)} = 0", cluster, weight)
    return _answered(table, TREATED, n, ones, sd, "ancova", "ate", confidence, seed, rule)


def table_differences(
    engine: Engine,
    relation: str,
    *,
    outcome: str,
    treated: str,
    after: str,
    both: str,
    cluster: str,
    covariates: Sequence[str] = (),
    weight: str | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
    rule: Rule | None = None,
) -> EffectEstimate:
    """Differences in differences of the rows of two times: the coefficient of `both`, the product of `treated` and
    `after` (columns of 0 and 1), clustered.

    n are those of after; sd is that of the control group before. Raises RefusedEffect as `table_ancova`, `empty-cell`
    (a group not seen at one of the times) and `not-the-product` (`both` is not treated x after).
    """
    others = [treated, after, both, *covariates]
    table = table_grams(engine, relation, outcome=outcome, regressors=others, cluster=cluster, weight=weight)
    ones, late, product = (_ones(table, place) for place in (TREATED, AFTER, BOTH))
    sums = table.grams.xx if table.grams.plain_xx is None else table.grams.plain_xx
    for crossed in (sums[:, TREATED, AFTER], sums[:, TREATED, BOTH], sums[:, AFTER, BOTH]):
        if (np.rint(crossed) != product).any():
            raise RefusedEffect("not-the-product", f"{both} is not the product of {treated} and {after}")
    seen = product.sum(), ones.sum() - product.sum(), late.sum() - product.sum()
    if min(*seen, table.grams.rows - sum(seen)) < 1:
        raise RefusedEffect("empty-cell", "a group is not seen at one of the times")
    n = int(product.sum()), int(late.sum() - product.sum())
    controls = f"{quoted(treated)} = 0 and {quoted(after)} = 0"
    sd = _spread(engine, relation, outcome, others, controls, cluster, weight)
    return _answered(table, BOTH, n, ones, sd, "repeated_cross_sections", "att", confidence, seed, rule)


def _answered(
    table: TableGrams, place: int, n: tuple[int, int], ones: Floats, sd: float | None, estimator: str,
    estimand: Estimand, confidence: float, seed: int, rule: Rule | None,
) -> EffectEstimate:  # fmt: skip
    grams = table.grams
    arms = int((ones > 0).sum()), int((ones < grams.n).sum())
    if min(arms) < 2:
        raise RefusedEffect("too-few-clusters", f"{arms[0]} treated and {arms[1]} control clusters: two of each needed")
    fitted = robust.fit(grams)
    contrast = np.zeros(len(fitted.coefficients))
    contrast[place] = 1.0
    found = cluster_contrast(fitted, contrast, confidence, rule)
    return EffectEstimate(
        estimator=estimator, estimand=estimand, effect=found.effect, se=found.se, df=found.df, low=found.low,
        high=found.high, p=found.p, se_rule=found.rule, n_treated=n[0], n_control=n[1], clusters_treated=arms[0],
        clusters_control=arms[1], sd=sd,
        details={"left_out": float(table.left_out), **wild_details(grams, place, seed)},
        cautions=("few-clusters-in-an-arm",) if min(arms) < FEW_CLUSTERS else (),
    )  # fmt: skip


def _ones(table: TableGrams, place: int) -> Floats:
    """How many rows of each cluster have 1 in a column of 0 and 1: x = x^2 in sum, and so, x being in [0, 1], in each.

    Sums of quanta are exact, but dividing them by their scale may miss a whole number by its last bit.
    """
    sums = table.grams.xx if table.grams.plain_xx is None else table.grams.plain_xx
    found: Floats = np.rint(sums[:, 0, place])
    within = table.lowest[place] >= 0 and table.highest[place] <= 1
    if not within or (np.abs(sums[:, place, place] - found) > CLOSE * table.grams.n).any():
        raise RefusedEffect("not-zero-or-one", "a column that says who was treated, or when, holds more than 0 and 1")
    if not 0 < found.sum() < table.grams.rows:
        raise RefusedEffect("empty-arm", f"{found.sum():.0f} of {table.grams.rows} rows are: there is no comparison")
    return found


def _spread(
    engine: Engine, relation: str, outcome: str, others: Sequence[str], among: str, cluster: str, weight: str | None
) -> float | None:
    """The outcome's standard deviation over the rows of the regression where `among` holds."""
    present = " and ".join(f"{quoted(name)} is not null" for name in others)
    rows = f"(select * from {relation} where {among} and {present}) as asked"
    found = table_grams(engine, rows, outcome=outcome, regressors=[], cluster=cluster, weight=weight).grams
    n, total = found.rows, float(found.xx.sum())
    if n < 2:
        return None
    mean = float(found.xy.sum()) / total
    return float(np.sqrt(max(float(found.yy.sum()) / total - mean**2, 0.0) * n / (n - 1)))
