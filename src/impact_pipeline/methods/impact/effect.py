"""What every impact estimator answers, whatever the design: one frozen row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Estimand = Literal["ate", "att", "itt", "late", "change"]


class RefusedEffect(ValueError):
    """An effect that cannot be told honestly; `code` is stable and has a sentence in both languages (`effect.po`)."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class EffectEstimate:
    """The effect of one estimator on one outcome, in the outcome's own unit.

    `se`, `low`, `high` and `p` (two-sided, of no effect) rest on Student's law with `df` degrees of freedom; None for
    `df` is the normal law. `se_rule` names how the variance was had: HC2, CR2, CR1, influence, matched-pairs...
    `clusters_*` are None where units were not clustered. `sd` is what a standardised effect divides by: the standard
    deviation of the comparison group (of the baseline where there is none). `details` are further figures of the
    estimator, by stable name (wild_bootstrap_p, pretrend_p, effective_n...); `cautions` are stable codes, each with a
    sentence in both languages.
    """

    estimator: str
    estimand: Estimand
    effect: float
    se: float | None
    df: float | None
    low: float | None
    high: float | None
    p: float | None
    se_rule: str
    n_treated: int
    n_control: int
    clusters_treated: int | None = None
    clusters_control: int | None = None
    sd: float | None = None
    details: Mapping[str, float] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()
