"""Young people whose start was drawn by lot within each site, at entry and 6 months later, and the true effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from demo.draws import Draws
from demo.youth import PERSON_EFFECTS, Record

SITES: Mapping[str, str] = {"val-bleu": "mission-demo-val-bleu", "haut-plateau": "mission-demo-haut-plateau"}
PEOPLE = 130  # of each site; half of them start now
NEITHER = {"entry": 0.70, "month-6": 0.50}  # share without work or training, waiting
STARTING = 0.20  # what an immediate place takes from it
OTHERS = {"employed": 0.5, "training": 0.3, "education": 0.1, "civic-service": 0.1}
LIFE = {"entry": 0.56, "month-6": 0.58}  # mean share of the highest answer
BETTER = 0.04  # what an immediate place adds to it
SEEN = {True: 0.93, False: 0.91}  # share seen at 6 months


def records(site: str) -> list[Record]:
    """Both waves of a site, by person."""
    draws = Draws(f"start/{site}")
    first = 1000 * (1 + list(SITES).index(site))
    return [
        record
        for number in range(PEOPLE)
        for record in _person(f"TAS-{first + number:04}", site, number % 2 == 0, draws)
    ]


def _person(code: str, site: str, starts_now: bool, draws: Draws) -> Iterator[Record]:
    effect = draws.one(PERSON_EFFECTS)
    fixed: Record = {
        "youth": code, "site": site, "starts_now": starts_now, "sex": draws.pick({"f": 0.48, "h": 0.52}),
        "age": draws.between(16, 27),
    }  # fmt: skip
    for wave in ("entry", "month-6"):
        started = starts_now and wave == "month-6"
        neither = NEITHER[wave] - started * STARTING
        situation = "neither" if draws.happens(neither) else draws.pick(OTHERS)
        level = LIFE[wave] + started * BETTER + effect
        told = {"wave": wave, "situation": situation, "ons4_1": draws.successes(10, level)}
        if wave == "entry" or draws.happens(SEEN[starts_now]):
            yield fixed | told


def effects() -> Iterator[Record]:
    """True effects in the population, in the outcome's unit."""
    yield {"study": "start-now-or-later", "outcome": "work-or-training", "wave": "month-6", "value": STARTING}
    yield {"study": "start-now-or-later", "outcome": "life-satisfaction", "wave": "month-6", "value": 10 * BETTER}
