"""What the evidence level of an outcome is read from: the study's declaration, and what was found of its units.

A question, its main effect, balance, flow and the curated rows of `reliability` come in, `Facts` go out. What was not
computed stays None: its rule shows as not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from impact_pipeline.declarations import Schemas
from impact_pipeline.declarations.study import JUDGEMENTS
from impact_pipeline.methods.evidence import Facts
from impact_pipeline.methods.impact.balance import Balance
from impact_pipeline.methods.impact.effect import EffectEstimate
from impact_pipeline.methods.impact.power import Design, size_needed
from impact_pipeline.methods.studies.attrition import Lost
from impact_pipeline.methods.studies.hidden_bias import HiddenBias
from impact_pipeline.methods.studies.measured import Measured
from impact_pipeline.methods.studies.pooled import Pooled
from impact_pipeline.methods.studies.question import Question

ADJUSTING = ("ancova", "lin", "doubly_robust", "mixed_model", "cluster_means", "difference_in_differences",
            "synthetic_control")  # fmt: skip
BASELINE = "baseline"  # what the balance table calls the outcome before


@dataclass(frozen=True, slots=True)
class Found:
    """What was computed of one outcome at one wave; `mde` and `g` None where they cannot be told."""

    main: EffectEstimate
    mde: float | None
    g: float | None
    balance: Sequence[Balance]
    attrition: Lost | None
    pretrend_p: float | None
    breakdown: float | None
    declared: Any
    tested: int
    reliability: Sequence[Mapping[str, Any]]
    measured: Measured
    pooled: Pooled
    hidden: HiddenBias | None


def facts_of(question: Question, found: Found, schemas: Schemas) -> Facts:
    """The facts of an outcome."""
    study, main, details = question.study, found.main, found.main.details
    important = question.outcome.minimal_important_difference or found.mde
    smd = _differences(found)
    judged = {name: getattr(study.judgements, name) for name in JUDGEMENTS}
    differs = study.design in ("difference-in-differences", "staggered", "synthetic-control")
    n, optimal = _sizes(question, main)
    effective = details.get("effective_n_control")
    lost, hidden = found.attrition, found.hidden
    return Facts(
        mechanism=study.assignment.mechanism,
        comparison=study.has_comparison,
        baseline=question.sample.baseline is not None or study.baseline_wave is not None,
        controls=bool(study.covariates),
        clusters_treated=main.clusters_treated,
        clusters_control=main.clusters_control,
        se_rule=main.se_rule,
        bootstrap_shown="wild_bootstrap_p" in details,
        permutation_shown="permutation_p" in details or main.se_rule == "permutation",
        attrition_within=None if lost is None else lost.within,
        attrition_differential=None if lost is None else abs(lost.differential),
        attrition_allowed=None if lost is None else lost.allowed,
        lee_low=None if lost is None else lost.lee_low,
        lee_high=None if lost is None else lost.lee_high,
        smd_outcome=smd.get(BASELINE),
        smd_covariates=max((size for name, size in smd.items() if name != BASELINE), default=None),
        adjusted=main.estimator in ADJUSTING and bool(question.with_baseline().shape[1]),
        pre_waves=_waves_before(question) if differs else None,
        pretrend_p=found.pretrend_p,
        breakdown=found.breakdown,
        naive_staggered=False if study.design == "staggered" else None,
        effective_share=None if effective is None else effective / main.n_treated,
        heaviest=details.get("max_weight_share"),
        selected_low=question.outcome.selection is not None,
        regression_to_the_mean=details.get("expected_change"),
        declared=found.declared,
        tested=found.tested,
        multiplicity_adjusted=True,
        low=main.low,
        high=main.high,
        important=important,
        n=n,
        optimal_n=optimal,
        g=found.g,
        robustness_value=None if hidden is None else hidden.needed,
        strongest_covariate=None if hidden is None else hidden.strongest,
        independent_evaluator=study.delivery.independent_evaluator,
        replications=study.delivery.replications,
        manual=study.delivery.manual,
        cost_known=study.delivery.cost_per_unit_known,
        same_version=found.measured.same_version,
        invariant=found.measured.invariant,
        **asdict(found.pooled),
        judgements={name: None if told is None else told.judged for name, told in judged.items()},
        **_measure(question, found, schemas),
    )


def _differences(found: Found) -> dict[str, float]:
    """Absolute standardised difference of each variable, after adjustment where there is one; of a synthetic control,
    the gap that it leaves before in standard deviations of the places."""
    if "gap_before" in found.main.details and found.main.sd:
        return {BASELINE: found.main.details["gap_before"] / found.main.sd}
    told: dict[str, float] = {}
    for row in sorted(found.balance, key=lambda item: item.adjusted):
        if row.smd is not None:
            told[row.covariate] = abs(row.smd)
    return told


def _waves_before(question: Question) -> int:
    waves = question.study.waves
    return 0 if waves is None else len(waves.pre) + (waves.baseline is not None)


def _sizes(question: Question, main: EffectEstimate) -> tuple[int, float | None]:
    """Units, and those that would find the declared important difference four times in five, whatever clusters cost
    (None where no such difference is declared).

    Of placebos: places, and those without which no p can be as small as is asked.
    """
    if "smallest_p" in main.details:
        return 1 + (main.clusters_control or 0), 1 / (1 - question.confidence)
    n, important = main.n_treated + main.n_control, question.outcome.minimal_important_difference
    if important is None or main.sd is None or not main.sd > 0:
        return n, None
    arms = size_needed(Design(float(main.n_treated), float(main.n_control)), important, sd=main.sd)
    return n, arms.treated + arms.control


def _measure(question: Question, found: Found, schemas: Schemas) -> dict[str, Any]:
    """What is known of the scale behind an outcome: its validation, reliability, and answers at the best end."""
    study = question.study
    instrument = schemas.instrument(study.instrument)
    scores = schemas.scores(instrument)
    named = [name for name in question.outcome.value.names if name in scores]
    if not named:
        return {}
    scale, score = scores[named[0]]
    waves = {study.baseline_wave, question.wave} - {None}
    rows = [
        row for row in found.reliability
        if row["score"] == score.name and row["instrument"] == study.instrument
        and row["initiative"] == study.initiative and (row["wave"] in waves or not question.wave)
    ]  # fmt: skip
    best = "ceiling_share" if score.polarity == "higher-is-better" else "floor_share"
    alphas = [row["alpha"] for row in rows if row["alpha"] is not None]
    ends = [row[best] for row in rows if row[best] is not None]
    return {
        "scale": True,
        "french_validation": scale.french_validation is not None,
        "reliability": min(alphas, default=None),
        "at_ceiling": max(ends, default=None),
    }
