"""Whether a solution bears other choices that would have been as good: anchors moved a little, other cut-offs.

Raw values, declared anchors and the cut-offs of the analysis come in; what each other choice gives, and how much of the
solution stays, goes out. After the protocol of Oana & Schneider (2021), doi:10.1177/00491241211036158: the core is what
all choices agree on, case by case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from impact_pipeline.methods.synthesis.heterogeneity import Floats
from impact_pipeline.methods.synthesis.qca.analysis import USUAL, Analysis, CutOffs, Solution, analyse
from impact_pipeline.methods.synthesis.qca.calibration import FROM_THE_SAMPLE, Anchors, calibrate, looks_taken_from
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

Kind = Literal["complex", "parsimonious", "intermediate"]
SHIFT = 0.10  # of the distance between an anchor and the crossover (of the smaller side for the crossover itself)
CONSISTENCIES = (0.75, 0.80, 0.85)
PRIS = (0.50, 0.60, 0.70)


@dataclass(frozen=True, slots=True)
class RawSet:
    """Raw values (n,) of a condition or of the outcome, and its declared anchors."""

    values: Floats
    anchors: Anchors


@dataclass(frozen=True, slots=True)
class Variant:
    """What one other choice gives; `solution` is None where it was refused, for `reason`."""

    choice: str
    solution: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Robustness:
    """`same`: share of the other choices that give the very same solution. `terms`: share of them in which each term of
    the solution is found again. `core`: how much of the solution all choices agree on, sum min / sum of memberships."""

    kind: Kind
    solution: str
    variants: tuple[Variant, ...]
    same: float
    terms: Mapping[str, float]
    core: float


def analyse_raw(
    conditions: Mapping[str, RawSet], outcome: RawSet, cases: Sequence[str], *, cut_offs: CutOffs = USUAL,
    expectations: Mapping[str, bool] | None = None,
) -> Analysis:  # fmt: skip
    """`analyse` of raw values; anchors that are quantiles of the sample leave the caution `anchors-from-the-sample`."""
    sets = {name: calibrate(raw.values, raw.anchors) for name, raw in conditions.items()}
    found = analyse(
        sets, calibrate(outcome.values, outcome.anchors), cases, cut_offs=cut_offs, expectations=expectations
    )
    suspect = any(looks_taken_from(raw.values, raw.anchors) for raw in [*conditions.values(), outcome])
    return replace(found, cautions=(*found.cautions, FROM_THE_SAMPLE)) if suspect else found


def robustness(
    conditions: Mapping[str, RawSet], outcome: RawSet, cases: Sequence[str], *, cut_offs: CutOffs = USUAL,
    expectations: Mapping[str, bool] | None = None, kind: Kind = "parsimonious", shift: float = SHIFT,
) -> Robustness:  # fmt: skip
    """Analyse again with each anchor moved both ways, and with other cut-offs, one at a time.

    Among solutions that tie, the first is followed. Raises what `analyse_raw` raises for the choices declared.
    """

    def first(sets: Mapping[str, RawSet], y: RawSet, cuts: CutOffs) -> Solution:
        found = analyse_raw(sets, y, cases, cut_offs=cuts, expectations=expectations)
        solutions = getattr(found, kind)
        if solutions is None:
            raise ValueError("no direction is expected: there is no intermediate solution")
        chosen: Solution = solutions[0]
        return chosen

    told = first(conditions, outcome, cut_offs)
    core, variants, found_again = told.membership, [], {term.text: 0 for term in told.terms}
    for choice, sets, y, cuts in _choices(conditions, outcome, cut_offs, shift):
        try:
            other = first(sets, y, cuts)
        except RefusedSynthesis as refused:
            variants.append(Variant(choice, None, refused.code))
            core = np.zeros_like(core)
            continue
        variants.append(Variant(choice, other.text, None))
        core = np.minimum(core, other.membership)
        for term in other.terms:
            if term.text in found_again:
                found_again[term.text] += 1
    return Robustness(
        kind, told.text, tuple(variants), sum(v.solution == told.text for v in variants) / len(variants),
        {term: count / len(variants) for term, count in found_again.items()},
        float(core.sum() / told.membership.sum()),
    )  # fmt: skip


def _choices(
    conditions: Mapping[str, RawSet], outcome: RawSet, cut_offs: CutOffs, shift: float
) -> Iterator[tuple[str, Mapping[str, RawSet], RawSet, CutOffs]]:
    """Each other choice, named."""
    for name, raw in conditions.items():
        for choice, anchors in _moved(raw.anchors, shift):
            yield f"{name}: {choice}", {**conditions, name: replace(raw, anchors=anchors)}, outcome, cut_offs
    for choice, anchors in _moved(outcome.anchors, shift):
        yield f"outcome: {choice}", conditions, replace(outcome, anchors=anchors), cut_offs
    for level in CONSISTENCIES:
        if level != cut_offs.consistency:
            yield f"consistency {level:.2f}", conditions, outcome, replace(cut_offs, consistency=level)
    for level in PRIS:
        if level != cut_offs.pri:
            yield f"PRI {level:.2f}", conditions, outcome, replace(cut_offs, pri=level)
    yield f"cases {cut_offs.cases + 1}", conditions, outcome, replace(cut_offs, cases=cut_offs.cases + 1)


def _moved(anchors: Anchors, shift: float) -> Iterator[tuple[str, Anchors]]:
    upper, lower = anchors.inclusion - anchors.crossover, anchors.crossover - anchors.exclusion
    steps = {"exclusion": lower, "crossover": min(upper, lower, key=abs), "inclusion": upper}
    for name, step in steps.items():
        for sign in (-1, 1):
            value = getattr(anchors, name) + sign * shift * abs(step)
            yield f"{name} {sign * shift:+.0%}", replace(anchors, **{name: value})
