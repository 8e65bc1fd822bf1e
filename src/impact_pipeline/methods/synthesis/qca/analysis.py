"""The analysis of calibrated cases: truth table, necessary conditions, and the three solutions with their fit.

Memberships by condition (n,), memberships in the outcome (n,) and cut-offs come in; an `Analysis` goes out. The
complex solution says what was seen; the parsimonious one may assume anything of combinations that no case has; the
intermediate one, given where directions are expected, assumes only what theory expects. Where several solutions are
as short, all are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from impact_pipeline.methods.synthesis.heterogeneity import Floats
from impact_pipeline.methods.synthesis.qca.measures import Necessity, Sufficiency, necessity, sufficiency
from impact_pipeline.methods.synthesis.qca.minimisation import (
    Cover,
    Implicant,
    Row,
    easy_counterfactuals,
    minimal_covers,
)
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

FEWEST_CASES = 12
SKEWED = 0.8  # share of cases on one side of a set, beyond which its relations are cheap
ON_THE_CROSSOVER = "on-the-crossover"
SKEWED_SET = "skewed-set"
MANY_CONDITIONS = "more-combinations-than-cases"
SEVERAL_MODELS = "several-models"


@dataclass(frozen=True, slots=True)
class CutOffs:
    """From which consistency, PRI and number of cases a combination counts as sufficient."""

    consistency: float = 0.80
    pri: float = 0.50
    cases: int = 1


USUAL = CutOffs()


@dataclass(frozen=True, slots=True)
class TableRow:
    """One combination: who is in it (membership above .5), how consistent, and whether it counts (`outcome`: True,
    False, None for a remainder, that too few cases have).
    """

    combination: Row
    cases: tuple[str, ...]
    consistency: float | None
    pri: float | None
    outcome: bool | None


@dataclass(frozen=True, slots=True)
class Term:
    """One way to the outcome; `unique` is the coverage that no other term of the solution has."""

    implicant: Implicant
    text: str
    fit: Sufficiency
    unique: float
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """Ways to the outcome, any of which will do, and the fit of all together."""

    terms: tuple[Term, ...]
    text: str
    fit: Sufficiency
    membership: Floats

    @property
    def cover(self) -> Cover:
        return tuple(term.implicant for term in self.terms)


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that QCA says of the cases. Solutions of a kind are as short as one another; `intermediate` is None where no
    direction is expected. `necessary` has each condition, and its absence (`~name`)."""

    conditions: tuple[str, ...]
    table: tuple[TableRow, ...]
    necessary: Mapping[str, Necessity]
    complex: tuple[Solution, ...]
    parsimonious: tuple[Solution, ...]
    intermediate: tuple[Solution, ...] | None
    cautions: tuple[str, ...]


def analyse(
    conditions: Mapping[str, Floats],
    outcome: Floats,
    cases: Sequence[str],
    *,
    cut_offs: CutOffs = USUAL,
    expectations: Mapping[str, bool] | None = None,
) -> Analysis:
    """The combinations of conditions that go with the outcome; for its absence give 1 - outcome.

    Raises RefusedSynthesis `too-few-cases` below twelve, `missing-value`, `no-sufficient-combination` where no
    combination passes the cut-offs, `no-contrast` where all that were seen do.
    """
    names = tuple(conditions)
    sets = np.column_stack([conditions[name] for name in names])
    _check(sets, outcome, cases)
    table = _table(sets, outcome, cases, cut_offs)
    on = [row.combination for row in table if row.outcome]
    remainders = [row.combination for row in table if row.outcome is None]
    if not on:
        raise RefusedSynthesis("no-sufficient-combination", "No combination of conditions passes the cut-offs.")
    if len(on) + len(remainders) == len(table):
        raise RefusedSynthesis("no-contrast", "Every combination that was seen counts as sufficient.")
    narrow, broad = minimal_covers(on), minimal_covers(on, remainders)
    between = _intermediate(names, on, remainders, narrow, broad, expectations)
    told = [
        None if covers is None else tuple(_solution(names, cover, sets, outcome, cases) for cover in covers)
        for covers in (narrow, broad, between)
    ]
    needs = {
        label: necessity(membership, outcome)
        for name, column in zip(names, sets.T, strict=True)
        for label, membership in ((name, column), (f"~{name}", 1 - column))
    }
    several = any(kind is not None and len(kind) > 1 for kind in told)
    cautions = (*_cautions(sets, outcome), *((SEVERAL_MODELS,) if several else ()))
    return Analysis(names, tuple(table), needs, told[0] or (), told[1] or (), told[2], cautions)


def memberships(implicant: Implicant, sets: Floats) -> Floats:
    """Membership (n,) in a combination: the smallest of those in its conditions (sets: (n, conditions))."""
    asked = [
        sets[:, place] if value else 1 - sets[:, place] for place, value in enumerate(implicant) if value is not None
    ]
    return np.minimum.reduce(asked) if asked else np.ones(len(sets))


def _check(sets: Floats, outcome: Floats, cases: Sequence[str]) -> None:
    if len(cases) != len(outcome) or len(cases) != len(sets) or len(set(cases)) != len(cases):
        raise ValueError(f"{len(cases)} names, {len(sets)} cases and {len(outcome)} outcomes")
    if len(cases) < FEWEST_CASES:
        raise RefusedSynthesis("too-few-cases", f"{len(cases)} cases: QCA needs {FEWEST_CASES}.")
    whole = np.column_stack([sets, outcome])
    if not (np.isfinite(whole).all() and (whole >= 0).all() and (whole <= 1).all()):
        raise RefusedSynthesis("missing-value", "A membership that is missing, or not between 0 and 1.")


def _table(sets: Floats, outcome: Floats, cases: Sequence[str], cut_offs: CutOffs) -> list[TableRow]:
    rows = []
    for combination in product((1, 0), repeat=sets.shape[1]):
        membership = memberships(combination, sets)
        inside = tuple(case for case, member in zip(cases, membership, strict=True) if member > 0.5)
        fit = sufficiency(membership, outcome)
        passes = (fit.consistency or 0) >= cut_offs.consistency and (fit.pri or 0) >= cut_offs.pri
        seen = len(inside) >= max(1, cut_offs.cases)
        rows.append(TableRow(combination, inside, fit.consistency, fit.pri, passes if seen else None))
    return rows


def _intermediate(
    names: Sequence[str], on: Sequence[Row], remainders: Sequence[Row], narrow: Sequence[Cover], broad: Sequence[Cover],
    expectations: Mapping[str, bool] | None,
) -> list[Cover] | None:  # fmt: skip
    if expectations is None:
        return None
    unknown = set(expectations) - set(names)
    if unknown:
        raise ValueError(f"expectations of {', '.join(sorted(unknown))}, which are no conditions")
    expected = [int(expectations[name]) if name in expectations else None for name in names]
    found = {
        cover
        for one in narrow
        for other in broad
        for cover in minimal_covers(on, easy_counterfactuals(one, other, expected, remainders))
    }
    fewest = min(map(len, found))
    return sorted((cover for cover in found if len(cover) == fewest), key=str)


def _solution(names: Sequence[str], cover: Cover, sets: Floats, outcome: Floats, cases: Sequence[str]) -> Solution:
    parts = [memberships(implicant, sets) for implicant in cover]
    whole = np.maximum.reduce(parts)
    fit = sufficiency(whole, outcome)
    terms = []
    for place, (implicant, part) in enumerate(zip(cover, parts, strict=True)):
        others = [other for at, other in enumerate(parts) if at != place]
        rest = np.maximum.reduce(others) if others else np.zeros(len(outcome))
        unique = (fit.coverage or 0.0) - (sufficiency(rest, outcome).coverage or 0.0)
        inside = tuple(case for case, member in zip(cases, part, strict=True) if member > 0.5)
        terms.append(Term(implicant, _text(names, implicant), sufficiency(part, outcome), unique, inside))
    return Solution(tuple(terms), " + ".join(term.text for term in terms), fit, whole)


def _text(names: Sequence[str], implicant: Implicant) -> str:
    """`A*~B`: with A and without B."""
    return "*".join(
        name if value else f"~{name}" for name, value in zip(names, implicant, strict=True) if value is not None
    )


def _cautions(sets: Floats, outcome: Floats) -> list[str]:
    whole = np.column_stack([sets, outcome])
    inside = (whole > 0.5).mean(axis=0)
    found = []
    if (whole == 0.5).any():
        found.append(ON_THE_CROSSOVER)
    if (np.maximum(inside, 1 - inside) > SKEWED).any():
        found.append(SKEWED_SET)
    if 2 ** sets.shape[1] > len(sets):
        found.append(MANY_CONDITIONS)
    return found
