"""Young people of the territorial action grant, seen at entry, 6 and 12 months later, and the true values about them.

Situations follow chosen shares at each moment, with people who hold on to their job between 6 and 12 months; a person
answers the items of a scale by binomial draws around a level made of a mean and a person's effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from demo.draws import Draws, probability_at_most

Record = dict[str, object]

WAVES = ("entry", "month-6", "month-12")
SHARES: Mapping[str, Mapping[str, float]] = {
    "entry": {"employed": 0.08, "training": 0.12, "education": 0.05, "civic-service": 0.05, "neither": 0.70},
    "month-6": {"employed": 0.55, "training": 0.14, "education": 0.04, "civic-service": 0.05, "neither": 0.22},
    "month-12": {"employed": 0.62, "training": 0.10, "education": 0.04, "civic-service": 0.03, "neither": 0.21},
}
KEPT = 0.80  # share of those employed at 6 months who still are at 12
SEEN = {"entry": 1.0, "month-6": 0.93, "month-12": 0.88}
LIFE = {"entry": 0.56, "month-6": 0.61, "month-12": 0.64}  # mean share of the highest answer
WORTHWHILE, HAPPINESS, ANXIETY = 0.62, 0.60, 0.38
DISTRESS = {"entry": 0.34, "month-6": 0.29, "month-12": 0.26}
PERSON_EFFECTS = (-0.16, -0.08, 0.0, 0.08, 0.16)
MOBILITY = {"entry": 0.45, "month-6": 0.36, "month-12": 0.30}
OTHER_OBSTACLES = {
    "housing": 0.2,
    "health": 0.1,
    "childcare": 0.06,
    "money": 0.25,
    "digital": 0.08,
    "qualification": 0.3,
}
HOURS = {20.0: 0.15, 24.5: 0.15, 28.0: 0.15, 30.0: 0.1, 35.0: 0.4, 39.0: 0.05}
CONTRACTS = {"fixed-term": 0.45, "permanent": 0.2, "apprenticeship": 0.15, "agency": 0.1, "integration": 0.1}
ORGANISATIONS: Mapping[str, Mapping[str, int]] = {  # young people by commune of the mission
    "mission-demo-val-bleu": {"07019": 48, "07186": 40, "07232": 22},
    "mission-demo-haut-plateau": {"23096": 52, "23030": 38, "23210": 26},
    "mission-demo-trois-rivieres": {"07330": 17, "26362": 9},  # fewer than 11 people in one department
}
FIRST_ENTRY = date(2024, 9, 2)


def records(organisation: str) -> dict[str, list[Record]]:
    """The records of an organisation, by wave."""
    draws = Draws(f"youth/{organisation}")
    found: dict[str, list[Record]] = {wave: [] for wave in WAVES}
    number = 1000 * (1 + list(ORGANISATIONS).index(organisation))
    for commune, people in ORGANISATIONS[organisation].items():
        for _ in range(people):
            number += 1
            for record in _person(f"DAT-{number:04}", commune, draws):
                found[str(record["wave"])].append(record)
    return found


def _person(code: str, commune: str, draws: Draws) -> Iterator[Record]:
    entered = FIRST_ENTRY + timedelta(days=draws.between(0, 40))
    effect = draws.one(PERSON_EFFECTS)
    fixed: Record = {
        "youth": code,
        "commune": commune,
        "mission": draws.pick(
            {"solidarity": 0.34, "environment": 0.3, "heritage": 0.14, "culture-sport": 0.18, "other": 0.04}
        ),
        "sex": draws.pick({"f": 0.48, "h": 0.52}),
        "education": draws.pick({"none": 0.3, "vocational": 0.34, "bac": 0.26, "bac-2": 0.07, "bac-3": 0.03}),
    }
    age, situation = draws.between(16, 28), "neither"
    for wave, months in zip(WAVES, (0, 6, 12), strict=True):
        situation = _situation(wave, situation, draws)
        told = {
            "wave": wave,
            "interview_date": entered + timedelta(days=30 * months + draws.between(0, 9)),
            "age": age + (months == 12),
            "situation": situation,
            "contract": draws.pick(CONTRACTS) if situation == "employed" else None,
            "hours": draws.pick(HOURS) if situation == "employed" else 0.0,
            "obstacles": _obstacles(wave, draws),
            "comment": "Passe le permis en mars" if draws.happens(0.02) else None,
        }
        scales = _scales(wave, effect, draws)
        if draws.happens(SEEN[wave]):
            yield fixed | told | scales


def _situation(wave: str, before: str, draws: Draws) -> str:
    """The situation at a wave; at 12 months it depends on the one at 6, and its shares are still those chosen."""
    shares = SHARES[wave]
    if wave != "month-12":
        return draws.pick(shares)
    employed = SHARES["month-6"]["employed"]
    found = (shares["employed"] - employed * KEPT) / (1 - employed)
    if draws.happens(KEPT if before == "employed" else found):
        return "employed"
    return draws.pick({name: share for name, share in shares.items() if name != "employed"})


def _obstacles(wave: str, draws: Draws) -> str:
    met = ["mobility"] if draws.happens(MOBILITY[wave]) else []
    met += [name for name, share in OTHER_OBSTACLES.items() if draws.happens(share)]
    return " ".join(met or ["none"])


def _scales(wave: str, effect: float, draws: Draws) -> Record:
    levels = {"ons4_1": LIFE[wave] + effect, "ons4_2": WORTHWHILE, "ons4_3": HAPPINESS, "ons4_4": ANXIETY}
    told: Record = {name: _told(draws.successes(10, level), draws) for name, level in levels.items()}
    for item in range(1, 5):
        told[f"phq4_{item}"] = _told(draws.successes(3, DISTRESS[wave] - effect), draws)
    return told


def _told(value: int, draws: Draws) -> int | None:
    return draws.pick({value: 0.98, -8: 0.008, -9: 0.006, None: 0.006})


def truth() -> Iterator[Record]:
    """True values in the population, by indicator and wave."""
    rates = {"month-6": "employment-rate-6-months", "month-12": "employment-rate-12-months"}
    for wave in WAVES:
        if wave in rates:
            yield {"indicator": rates[wave], "wave": wave, "value": SHARES[wave]["employed"]}
        yield {"indicator": "employment-or-training", "wave": wave, "value": 1 - SHARES[wave]["neither"]}
        yield {"indicator": "mobility-obstacle", "wave": wave, "value": MOBILITY[wave]}
        levels = [DISTRESS[wave] - effect for effect in PERSON_EFFECTS]
        distressed = sum(1 - probability_at_most(5, 12, level) for level in levels) / len(levels)
        yield {"indicator": "youth-distress", "wave": wave, "value": distressed}
        if wave != "entry":  # too few are employed at entry for an interval that means something
            yield {"indicator": "weekly-hours", "wave": wave, "value": sum(h * share for h, share in HOURS.items())}
    change = 10 * (LIFE["month-12"] - LIFE["entry"])
    yield {"indicator": "youth-life-satisfaction-change", "wave": "month-12", "value": change}
