"""What the grade of an effect is read from: facts that are declared of a study, and figures of one of its outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one outcome of a study; None where it is not known, or does not apply.

    Effects, bounds, differences and sizes are those of the main estimator, in the outcome's unit; `smd_*` are absolute
    standardised differences at the baseline (after weighting, for groups made alike by weights); shares lie between 0
    and 1; `i2` is in percent. The prediction interval is turned so that above zero is better.
    """

    mechanism: Literal["random", "threshold", "instrument", "self", "administrative"]
    comparison: bool
    baseline: bool
    controls: bool = False
    clusters_treated: int | None = None
    clusters_control: int | None = None
    se_rule: str = ""
    bootstrap_shown: bool = False
    permutation_shown: bool = False
    attrition_within: bool | None = None
    attrition_differential: float | None = None
    attrition_allowed: float | None = None
    lee_low: float | None = None
    lee_high: float | None = None
    smd_outcome: float | None = None
    smd_covariates: float | None = None
    adjusted: bool = False
    pre_waves: int | None = None
    pretrend_p: float | None = None
    breakdown: float | None = None
    naive_staggered: bool | None = None
    effective_share: float | None = None
    heaviest: float | None = None
    selected_low: bool = False
    regression_to_the_mean: float | None = None
    scale: bool = False
    french_validation: bool | None = None
    reliability: float | None = None
    at_ceiling: float | None = None
    same_version: bool | None = None
    invariant: bool | None = None
    declared: Literal["before", "after", "not"] = "not"
    tested: int = 1
    multiplicity_adjusted: bool = False
    low: float | None = None
    high: float | None = None
    important: float | None = None
    n: int | None = None
    optimal_n: float | None = None
    g: float | None = None
    studies: int | None = None
    i2: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    small_study_p: float | None = None
    robustness_value: float | None = None
    strongest_covariate: float | None = None
    independent_evaluator: bool = False
    replications: int = 0
    manual: bool = False
    cost_known: bool = False
    judgements: Mapping[str, Literal["fine", "concern", "serious"] | None] | None = None

    def has_one_sign(self, name: str) -> bool | None:
        """Whether both bounds (`lee`, `prediction`) lie on one side of zero; None where one is missing."""
        low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
        return None if low is None or high is None else bool(low > 0 or high < 0)
