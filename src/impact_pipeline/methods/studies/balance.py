"""How alike the arms of a study were before treatment: covariates and the outcome before, as the estimator weighs them.

A question with its complete units comes in; the rows of `impact.balance` and those of the curated table go out. p is
not told: in a trial differences are chance by design, elsewhere their size is what matters.
"""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.methods.impact.balance import Balance, balance
from impact_pipeline.methods.impact.comparison_groups import balancing_weights, propensity_weights
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.studies import matching
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.rows import BalanceRow
from impact_pipeline.methods.studies.units import Floats, covariates_of

BASELINE = "baseline"


def balance_of(question: Question) -> tuple[Balance, ...]:
    """Rows before adjustment, and after it where groups are made alike by weights or by choosing units; none without a
    comparison."""
    s = question.sample
    columns = question.with_baseline()
    if not question.study.has_comparison or columns.shape[1] == 0:
        return ()
    names = [*([] if s.baseline is None else [BASELINE]), *covariates_of(question.study, question.outcome)]
    try:
        return balance(
            s.is_treated, covariates=columns, names=names, weights=s.weights, adjustment=_weights(question, columns)
        )
    except RefusedEffect:
        return ()


def balance_rows(question: Question, found: Sequence[Balance]) -> list[BalanceRow]:
    """Rows of the curated table."""
    return [
        BalanceRow(
            study=question.study.study, outcome=question.outcome.name, wave=question.wave, variable=row.covariate,
            adjusted=row.adjusted, n_treated=row.n_treated, n_control=row.n_control,
            mean_treated=row.mean_treated, mean_control=row.mean_control, sd_treated=row.sd_treated,
            sd_control=row.sd_control, smd=row.smd, normalised_difference=row.normalised_difference,
            variance_ratio=row.variance_ratio, ks=row.ks,
        )
        for row in found
    ]  # fmt: skip


def _weights(question: Question, columns: Floats) -> Floats | None:
    """The weights that the study's main estimator gives to its comparison group."""
    s, main = question.sample, question.estimators()[0]
    if main == "entropy_balancing":
        return balancing_weights(s.is_treated, covariates=columns, weights=s.weights).weights
    if main in ("inverse_probability", "doubly_robust"):
        return propensity_weights(s.is_treated, covariates=columns, weights=s.weights).weights
    if main == "nearest_neighbour":
        return matching.pairs(question).weights
    if main == "coarsened_exact":
        return matching.strata(question).weights
    return None
