"""Residents of the municipalities where a café opens, asked before and one year after, and the true values about them.

Communes are drawn within three density classes and residents within communes. A resident answers an item of a scale by
binomial draws around a level made of a mean, the class, the sex, the age, the commune and the person: every effect
takes few values with known shares, so that the true means and shares are sums, not simulations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from demo.draws import Draws, probability_at_most

Record = dict[str, object]

PEOPLE = {"5": 9000, "6": 8000, "7": 3000}  # adults of each density class in the population
CLASS_EFFECT = {"5": 0.01, "6": 0.0, "7": -0.04}
SEX_SHARE, SEX_EFFECT = {"f": 0.52, "h": 0.48}, {"f": -0.02, "h": 0.02}
AGE_SHARE, AGE_EFFECT = (
    {(16, 29): 0.16, (30, 64): 0.5, (65, 88): 0.34},
    {(16, 29): -0.02, (30, 64): 0.0, (65, 88): 0.02},
)
COMMUNE_EFFECTS = (-0.03, -0.015, 0.0, 0.015, 0.03)
PERSON_EFFECTS = (-0.24, -0.12, 0.0, 0.12, 0.24)
LEVELS = {  # mean share of the highest answer, by scale and wave
    "who5": {"baseline": 0.52, "follow-up": 0.58},
    "life": {"baseline": 0.64, "follow-up": 0.68},
    "lonely": {"baseline": 0.34, "follow-up": 0.28},
}
DIRECTION = {"who5": 1.0, "life": 0.8, "lonely": -0.8}  # how a person's effects show in each scale
REGULAR = 0.30  # share of residents who come four times or more in four weeks, once the café is open
STAYED = 0.86  # share of residents seen again
COMMUNES = {  # INSEE code: density class; what is told about them here is invented
    "07019": "5", "07064": "5", "07110": "6", "07132": "6", "07144": "6", "07201": "7", "07232": "6", "07286": "7",
    "07330": "5",
    "23008": "5", "23030": "6", "23067": "7", "23076": "6", "23089": "7", "23096": "5", "23176": "5", "23210": "7",
    "70029": "6", "70132": "5", "70205": "6", "70282": "5", "70311": "6", "70368": "7", "70472": "6", "70561": "7",
}  # fmt: skip
ACTIVITIES = {
    (16, 29): {"studying": 0.35, "working": 0.45, "unemployed": 0.17, "other": 0.03},
    (30, 64): {"working": 0.78, "unemployed": 0.12, "retired": 0.07, "other": 0.03},
    (65, 88): {"retired": 0.99, "working": 0.01},
}
PREFIX = {"07": "LAV", "23": "TIL", "70": "HAL"}
FIRST_DAY = {
    "baseline": date(2025, 1, 13),
    "follow-up": date(2026, 5, 4),
}  # of interviews, before and after the opening


@dataclass(frozen=True)
class Resident:
    """What does not change between the two waves."""

    code: str
    commune: str
    sex: str
    ages: tuple[int, int]
    age: int
    activity: str
    household: int
    effect: float
    regular: bool
    stayed: bool

    @property
    def departement(self) -> str:
        return self.commune[:2]


def residents() -> list[Resident]:
    """About 780 residents of 25 communes."""
    draws = Draws("residents")
    found: list[Resident] = []
    for commune, density in COMMUNES.items():
        place = draws.one(COMMUNE_EFFECTS)
        for _ in range(draws.between(26, 36)):
            sex, ages = draws.pick(SEX_SHARE), draws.pick(AGE_SHARE)
            effect = CLASS_EFFECT[density] + SEX_EFFECT[sex] + AGE_EFFECT[ages] + place + draws.one(PERSON_EFFECTS)
            found.append(
                Resident(
                    code=f"{PREFIX[commune[:2]]}-{len(found) + 1:04}",
                    commune=commune,
                    sex=sex,
                    ages=ages,
                    age=draws.between(*ages),
                    activity=draws.pick(ACTIVITIES[ages]),
                    household=draws.pick({1: 0.33, 2: 0.37, 3: 0.14, 4: 0.11, 5: 0.05}),
                    effect=effect,
                    regular=draws.happens(REGULAR),
                    stayed=draws.happens(STAYED),
                )
            )
    return found


def answers(wave: str) -> list[Record]:
    """The records of a wave, by respondent; the follow-up has those who stayed."""
    draws = Draws(f"residents/{wave}")
    asked = [resident for resident in residents() if wave == "baseline" or resident.stayed]
    in_class = {density: sum(COMMUNES[r.commune] == density for r in asked) for density in PEOPLE}
    return [_answer(resident, wave, draws, in_class) for resident in asked]


def _answer(resident: Resident, wave: str, draws: Draws, in_class: dict[str, int]) -> Record:
    density = COMMUNES[resident.commune]
    is_open = wave == "follow-up"
    record: Record = {
        "respondent": resident.code,
        "wave": wave,
        "interview_date": _day(FIRST_DAY[wave], draws),
        "commune": resident.commune,
        "density_class": density,
        "weight": round(PEOPLE[density] / in_class[density], 2),
        "sex": resident.sex,
        "age": resident.age + is_open,
        "activity": resident.activity,
        "household_size": resident.household,
    }
    for name, scale, items, lowest, steps in (
        ("who5", "who5", 5, 0, 5),
        ("ons4", "life", 1, 0, 10),
        ("ucla", "lonely", 3, 1, 2),
    ):
        level = _level(scale, wave, resident.effect)
        for item in range(1, items + 1):
            record[f"{name}_{item}"] = _told(lowest + draws.successes(steps, level), draws)
    record |= _at_the_cafe(resident, is_open, draws)
    return record


def _at_the_cafe(resident: Resident, is_open: bool, draws: Draws) -> Record:
    comes = is_open and (resident.regular or draws.happens(0.5))
    visits = (draws.between(4, 16) if resident.regular else draws.between(1, 3)) if comes else 0
    uses = [use for use in ("drinks", "meals", "groceries", "post", "events", "people") if draws.happens(0.35)]
    return {
        "cafe_open": is_open,
        "knows_cafe": comes or draws.happens(0.8 if is_open else 0.35),
        "cafe_visits": visits,
        "cafe_uses": " ".join(uses or ["drinks"]) if comes else None,
        "new_people": draws.between(0, 6 if comes else 3),
        "comment": draws.one(COMMENTS) if draws.happens(0.04) else None,
    }


COMMENTS = (
    "Aimerait une épicerie",
    "Ouvrir plus tôt le matin",
    "Content de l'accueil",
    "Difficile de se garer l'été",
    "Demande un relais colis",
)


def _told(value: int, draws: Draws) -> int | None:
    """Most people answer; a few refuse (-8), do not know (-9), or the cell stays blank."""
    return draws.pick({value: 0.985, -8: 0.005, -9: 0.005, None: 0.005})


def _day(first: date, draws: Draws) -> date:
    return first + timedelta(days=draws.between(0, 60))


def _level(scale: str, wave: str, effect: float) -> float:
    return LEVELS[scale][wave] + DIRECTION[scale] * (effect - MEAN_EFFECT)


def _population() -> Iterator[tuple[float, float]]:
    """(share, effect) of every kind of resident: shares sum to one."""
    everyone = sum(PEOPLE.values())
    kinds = product(PEOPLE, SEX_SHARE, AGE_SHARE, COMMUNE_EFFECTS, PERSON_EFFECTS)
    for density, sex, ages, place, person in kinds:
        share = PEOPLE[density] / everyone * SEX_SHARE[sex] * AGE_SHARE[ages]
        share /= len(COMMUNE_EFFECTS) * len(PERSON_EFFECTS)
        yield share, CLASS_EFFECT[density] + SEX_EFFECT[sex] + AGE_EFFECT[ages] + place + person


MEAN_EFFECT = sum(share * effect for share, effect in _population())


def truth() -> Iterator[Record]:
    """True values in the population, by indicator and wave."""
    for wave in ("baseline", "follow-up"):
        yield {"indicator": "cafe-wellbeing", "wave": wave, "value": 100 * LEVELS["who5"][wave]}
        yield {"indicator": "cafe-life-satisfaction", "wave": wave, "value": 10 * LEVELS["life"][wave]}
        low = sum(share * probability_at_most(12, 25, _level("who5", wave, e)) for share, e in _population())
        yield {"indicator": "cafe-low-wellbeing", "wave": wave, "value": low}
        lonely = sum(share * (1 - probability_at_most(2, 6, _level("lonely", wave, e))) for share, e in _population())
        yield {"indicator": "cafe-loneliness", "wave": wave, "value": lonely}
    change = LEVELS["who5"]["follow-up"] - LEVELS["who5"]["baseline"]
    yield {"indicator": "cafe-wellbeing-change", "wave": "follow-up", "value": 100 * change}
    yield {"indicator": "cafe-regulars", "wave": "follow-up", "value": REGULAR}
