"""Residents of municipalities where a café opens and of similar ones without, at three waves, and the true effect.

A resident answers by binomial draws around a level made of a mean, the commune, the person and the wave; the opening
adds the same to everyone of a municipality with a café, so that the effect on the score is known.
"""

from __future__ import annotations

from collections.abc import Iterator

from demo.draws import Draws
from demo.residents import COMMUNE_EFFECTS, PERSON_EFFECTS, Record

WAVES = ("year-before", "baseline", "follow-up")
TREND = {"year-before": 0.0, "baseline": 0.01, "follow-up": 0.02}  # what everyone gains, café or not
LEVEL = {"who5": 0.52, "life": 0.64}  # mean share of the highest answer at the first wave
OPENING = {"who5": 0.05, "life": 0.03}  # what the café adds to it
SEEN = {"year-before": 1.0, "baseline": 0.95, "follow-up": 0.88}
RESIDENTS = 16  # of each commune
WITH_CAFE = (
    "07019", "07064", "07110", "07132", "07144", "07201",
    "23008", "23030", "23067", "23076", "23089", "23096",
)  # fmt: skip
WITHOUT = (
    "07045", "07070", "07101", "07153", "07165", "07178",
    "23012", "23025", "23045", "23084", "23107", "23124",
)  # fmt: skip


def answers(wave: str) -> list[Record]:
    """The records of a wave, by resident."""
    return [record for record in _records() if record["wave"] == wave]


def _records() -> Iterator[Record]:
    draws = Draws("comparison")
    number = 0
    for commune in sorted((*WITH_CAFE, *WITHOUT)):
        place = draws.one(COMMUNE_EFFECTS)
        for _ in range(RESIDENTS):
            number += 1
            fixed: Record = {
                "resident": f"CMP-{number:04}", "commune": commune, "cafe_planned": commune in WITH_CAFE,
                "sex": draws.pick({"f": 0.52, "h": 0.48}), "age": draws.between(18, 86),
            }  # fmt: skip
            effect = place + draws.one(PERSON_EFFECTS)
            for wave in WAVES:
                told = {"wave": wave, **_scales(commune in WITH_CAFE, wave, effect, draws)}
                if draws.happens(SEEN[wave]):
                    yield fixed | told


def _scales(cafe: bool, wave: str, effect: float, draws: Draws) -> Record:
    opened = cafe and wave == "follow-up"
    level = {name: LEVEL[name] + TREND[wave] + effect + opened * OPENING[name] for name in LEVEL}
    told: Record = {f"who5_{item}": _told(draws.successes(5, level["who5"]), draws) for item in range(1, 6)}
    return told | {"ons4_1": _told(draws.successes(10, level["life"]), draws)}


def _told(value: int, draws: Draws) -> int | None:
    return draws.pick({value: 0.99, -8: 0.004, -9: 0.003, None: 0.003})


def effects() -> Iterator[Record]:
    """True effects in the population, in the outcome's unit."""
    for outcome, name, points in (("well-being", "who5", 100), ("life-satisfaction", "life", 10)):
        yield {"study": "cafes-and-well-being", "outcome": outcome, "wave": "follow-up",
               "value": points * OPENING[name]}  # fmt: skip
