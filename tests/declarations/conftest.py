"""A small programme on disk, to be made wrong in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import DeclarationError, Problem

SMALL = {
    "programme.yaml": """\
programme: small
name: {fr: Petit programme, en: Small programme}
description: {fr: Pour les essais, en: For trials}
publisher: {fr: Équipe, en: Team}
timezone: Europe/Paris
themes:
  - {name: work, label: {fr: Travail, en: Work}}
""",
    "initiatives/village.yaml": """\
initiative: village
name: {fr: Village, en: Village}
description: {fr: Un village, en: A village}
theme: work
organisations: [town-hall]
start: 2025-01-31
instruments: [survey]
""",
    "codelists/sex.yaml": """\
codelist: sex
title: {fr: Sexe, en: Sex}
codes:
  - {code: f, label: {fr: Femme, en: Woman}}
  - {code: h, label: {fr: Homme, en: Man}, synonyms: [Masculin]}
""",
    "codelists/wave.yaml": """\
codelist: wave
title: {fr: Vague, en: Wave}
codes:
  before: {fr: Avant, en: Before}
  after: {fr: Après, en: After}
""",
    "codelists/use.yaml": """\
codelist: use
title: {fr: Usage, en: Use}
codes:
  meals: {fr: Repas, en: Meals}
  games: {fr: Jeux, en: Games}
""",
    "codelists/unit.yaml": """\
codelist: unit
title: {fr: Unité, en: Unit}
codes:
  percent: {fr: pour cent, en: percent}
  years: {fr: ans, en: years}
""",
    "scales/mood.yaml": """\
scale: mood
title: {fr: Humeur, en: Mood}
construct: {fr: Humeur, en: Mood}
recall: {fr: Hier, en: Yesterday}
items:
  - {item: mood_1, range: [0, 2], topic: {fr: joie, en: joy}}
  - {item: mood_2, range: [0, 2], topic: {fr: peine, en: sorrow}, reverse: true}
scores:
  - name: mood
    label: {fr: Humeur, en: Mood}
    items: [mood_1, mood_2]
    range: [10, 40]
    polarity: higher-is-better
    metric: {0: 10, 1: 15, 2: 20, 3: 30, 4: 40}
    bands:
      - {code: low, range: [10, 15], label: {fr: Basse, en: Low}, source: Us}
      - {code: high, range: [20, 40], label: {fr: Haute, en: High}, source: Us}
licence: {terms: {fr: Libre, en: Free}, holder: Us, wording_may_ship: false}
references:
  - {citation: "Us (2020). Mood.", doi: 10.1234/mood}
""",
    "instruments/survey.v1.yaml": """\
instrument: survey
version: 1
kind: survey
title: {fr: Enquête, en: Survey}
key: [person, wave]
design: {weight: weight}
missing: {-9: unknown}
fields:
  - {name: person, type: identifier, required: true, disclosure: identifier, label: {fr: Personne, en: Person}}
  - {name: wave, type: category, codes: wave, required: true, disclosure: safe, label: {fr: Vague, en: Wave}}
  - {name: weight, type: decimal, range: [0, 100], required: true, disclosure: safe, label: {fr: Poids, en: Weight}}
  - {name: sex, type: category, codes: sex, disclosure: quasi-identifier, label: {fr: Sexe, en: Sex}}
  - {name: age, type: integer, range: [16, 110], unit: years, disclosure: quasi-identifier, label: {fr: Âge, en: Age}}
  - {name: seen, type: date, disclosure: quasi-identifier, label: {fr: Vu le, en: Seen on}}
  - {name: works, type: boolean, disclosure: safe, label: {fr: Travaille, en: Works}}
  - {name: uses, type: categories, codes: use, disclosure: safe, label: {fr: Usages, en: Uses}}
  - {name: mood_1, type: integer, range: [0, 2], scale: mood, disclosure: sensitive, label: {fr: Joie, en: Joy}}
  - {name: mood_2, type: integer, range: [0, 2], scale: mood, disclosure: sensitive, label: {fr: Peine, en: Sorrow}}
dimensions:
  - name: age-group
    label: {fr: Âge, en: Age}
    expression: case when age < 30 then 'young' else 'old' end
rules:
  - {code: R01, expression: age >= 18 or not works, level: to-check, message: {fr: Trop jeune, en: Too young}}
""",
    "indicators/women-at-work.yaml": """\
indicator: women-at-work
instrument: survey
estimator: mean
value: works = true
among: sex = 'f'
by: [age-group, sex]
unit: percent
polarity: higher-is-better
theme: work
frameworks: {oecd: jobs, sdg: "8.5"}
label: {fr: Femmes au travail, en: Women at work}
""",
    "indicators/mood-change.yaml": """\
indicator: mood-change
instrument: survey
initiatives: [village]
estimator: change
value: mood
waves: {from: before, to: after}
unit: percent
polarity: higher-is-better
theme: work
frameworks: {oecd: subjective-well-being, sdg: "3.4"}
label: {fr: Humeur, en: Mood}
""",
}

Problems = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def programme(tmp_path: Path) -> Path:
    """The folder `schemas` of a small programme in which nothing is wrong."""
    folder = tmp_path / "schemas"
    for file, text in SMALL.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def problems_of(programme: Path) -> Problems:
    """Replaces `old` by `new` in a file (each pair in turn) and gives the problems that loading then tells."""

    def problems(*changes: tuple[str, str, str]) -> tuple[Problem, ...]:
        for file, old, new in changes:
            path = programme / file
            text = path.read_text(encoding="utf-8")
            assert old in text, f"{file} has no {old!r}: the test would change nothing"
            path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(DeclarationError) as caught:
            load_schemas(programme)
        return caught.value.problems

    return problems
