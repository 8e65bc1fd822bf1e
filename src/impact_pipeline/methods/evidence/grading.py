"""How far an effect may be believed: the Maryland scale, the Nesta level and a certainty in the manner of GRADE.

What is declared of a study and what was computed of one outcome come in as `Facts`; a `Grade` goes out, with every rule
that was looked at, its figure and its threshold. Levels are a ceiling, then caps and steps down: nothing raises a level
above what the assignment allows. Sources: the Maryland scale as the What Works Centre for Local Economic Growth scores
it; the standards of evidence of Nesta (Puttick & Ludlow 2013); GRADE (Guyatt et al. 2008, doi:10.1136/bmj.39489.470347;
Balshem et al. 2011, doi:10.1016/j.jclinepi.2010.07.015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from impact_pipeline.methods.evidence.facts import Facts
from impact_pipeline.methods.evidence.rules import CERTAINTIES, RULES, SITES, Certainty, Change, Domain

MOST_BY_DOMAIN = 2  # GRADE takes one or two levels a domain


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule as it was looked at; `change` is empty where it did not fire."""

    rule: str
    fired: bool | None
    figure: float | None
    threshold: float | None
    change: str


@dataclass(frozen=True, slots=True)
class Grade:
    """Maryland level (`ceiling` before caps, `level` after), Nesta level, certainty, words, and the rules in order.

    `labels`: `exploratory` (not declared before the data, or one of several untold looks), `not-yet-transferable`,
    `computed-not-reviewed` (a judgement that only a person can make is not signed).
    """

    ceiling: int
    level: int
    nesta: int
    certainty: Certainty
    labels: tuple[str, ...]
    rules: tuple[Fired, ...]


def grade(facts: Facts) -> Grade:
    """The grade of one outcome of a study."""
    looked = [(rule, rule.look(facts)) for rule in RULES]
    changes = [rule.change for rule, told in looked if told.fired]
    ceiling = min((c.ceiling for c in changes if c.ceiling is not None), default=1)
    level = min([ceiling, *(c.cap for c in changes if c.cap is not None)]) - sum(c.step for c in changes)
    level = max(level, 1)
    labels = tuple(dict.fromkeys(c.label for c in changes if c.label is not None))
    certainty = _certainty(facts, changes)
    rules = tuple(
        Fired(rule.code, told.fired, told.figure, told.threshold, rule.change.words() if told.fired else "")
        for rule, told in looked
    )
    return Grade(ceiling, level, _nesta(facts, level, changes), certainty, labels, rules)


def _certainty(facts: Facts, changes: Sequence[Change]) -> Certainty:
    """High for a draw, low for all else; down by domain, two levels at most each; up where nothing took it down."""
    start = CERTAINTIES.index("high" if facts.mechanism == "random" and facts.comparison else "low")
    down: dict[Domain, int] = {}
    for change in changes:
        if change.domain is not None:
            down[change.domain] = min(MOST_BY_DOMAIN, down.get(change.domain, 0) + change.down)
    up = sum(change.up for change in changes) if not down else 0
    caps = [CERTAINTIES.index(c.certainty_cap) for c in changes if c.certainty_cap is not None]
    place = min([start - sum(down.values()) + up, len(CERTAINTIES) - 1, *caps])
    return CERTAINTIES[max(place, 0)]


def _nesta(facts: Facts, level: int, changes: Sequence[Change]) -> int:
    """1 an account of impact; 2 data that show a change; 3 a comparison with enough units; 4 an independent evaluation
    or a replication, and a known cost; 5 a manual, several sites, and a good effect that other sites may expect. Each
    needs the one before."""
    enough = facts.comparison and level >= 3 and not any(c.domain == "imprecision" for c in changes)
    elsewhere = facts.independent_evaluator or facts.replications >= SITES
    expected = facts.prediction_low is not None and facts.prediction_low > 0
    steps = (
        facts.baseline or facts.comparison,
        enough,
        elsewhere and facts.cost_known,
        facts.replications >= SITES and facts.manual and facts.cost_known and expected,
    )
    reached = 1
    for holds in steps:
        if not holds:
            break
        reached += 1
    return reached
