"""Response: AAPOR's rates from counts of dispositions, and how alike the chances of responding were (R-indicator).

Counts (of records, or weighted) come in, rates between 0 and 1 go out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.weighting.refused import RefusedWeighting

Floats = NDArray[np.float64]

STEPS = 100
SETTLED = 1e-12


@dataclass(frozen=True, slots=True)
class Dispositions:
    """How many units ended in which way, in the words of AAPOR's Standard Definitions (10th edition, 2023)."""

    complete: float = 0
    partial: float = 0
    refusal: float = 0
    non_contact: float = 0
    other: float = 0
    unknown: float = 0  # whether eligible is not known: UH + UO
    not_eligible: float = 0

    @property
    def eligible(self) -> float:
        """Units known to be eligible."""
        return self.complete + self.partial + self.refusal + self.non_contact + self.other


@dataclass(frozen=True, slots=True)
class ResponseRates:
    """AAPOR's six rates; `e` is the share of units of unknown eligibility counted as eligible in RR3 and RR4."""

    e: float
    rr1: float
    rr2: float
    rr3: float
    rr4: float
    rr5: float
    rr6: float


def response_rates(counts: Dispositions, e: float | None = None) -> ResponseRates:
    """RR1 to RR6 (AAPOR 2023, p. 90). Without `e` it is the share of eligible units among those known to be or not.

    RR1, RR3 and RR5 count complete answers, RR2, RR4 and RR6 partial ones too; RR1 and RR2 count all units of unknown
    eligibility, RR3 and RR4 a share e of them, RR5 and RR6 none. Raises RefusedWeighting `nobody-responded`
    where nobody is known to be eligible.
    """
    if counts.eligible <= 0:
        raise RefusedWeighting("nobody-responded", "no unit is known to be eligible: there is no response rate")
    share = counts.eligible / (counts.eligible + counts.not_eligible) if e is None else e
    complete, either = counts.complete, counts.complete + counts.partial
    widest = counts.eligible + counts.unknown
    middle = counts.eligible + share * counts.unknown
    return ResponseRates(
        share, complete / widest, either / widest, complete / middle, either / middle,
        complete / counts.eligible, either / counts.eligible,
    )  # fmt: skip


def propensities(x: Floats, responded: Floats, sampled: Floats) -> Floats:
    """Chances of responding by cell: logistic regression, weighted by the design, by Fisher's scoring.

    x: (c, p) variables of each cell, the constant among them, of full rank; responded, sampled: (c,) sums of design
    weights. Returns (c,) between 0 and 1. Raises RefusedWeighting `not-converged` where a group responded always or
    never.
    """
    share = responded / sampled
    beta = np.linalg.lstsq(x * np.sqrt(sampled)[:, None], np.sqrt(sampled) * (share - 0.5) * 4, rcond=None)[0]
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(x @ beta)))
        spread = sampled * chance * (1 - chance)
        step = np.linalg.lstsq((x * spread[:, None]).T @ x, x.T @ (responded - sampled * chance), rcond=None)[0]
        beta = beta + step
        if np.max(np.abs(step)) <= SETTLED * (1 + np.max(np.abs(beta))):
            chances: Floats = 1 / (1 + np.exp(-(x @ beta)))
            return chances
    raise RefusedWeighting("not-converged", "a group responded always or never: its chance cannot be modelled")


def r_indicator(chances: Floats, sampled: Floats) -> float:
    """R = 1 - 2 S(rho), S the weighted deviation of response propensities (Schouten, Cobben & Bethlehem 2009).

    chances, sampled: (c,) propensity and sum of design weights of each cell. 1: everybody was as likely to respond;
    0: as unlike as can be (Survey Methodology 35, 101-113). The divisor is the sum of weights, less one.
    """
    size = sampled.sum()
    mean = np.dot(chances, sampled) / size
    return float(1 - 2 * np.sqrt(np.dot((chances - mean) ** 2, sampled) / (size - 1)))
