"""An instrument, a scale and an indicator added as YAML alone: they are in the template, the codebook, the validation,
the estimates and the report."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.programme import NOW, new_home
from typer.testing import CliRunner

from impact_pipeline import pipeline
from impact_pipeline.cli import app
from impact_pipeline.home import Home
from impact_pipeline.landing import SubmissionKey
from impact_pipeline.renderings.template import header

SCALE = """
scale: neighbourly-ties
title: {fr: Liens de voisinage, en: Neighbourly ties}
construct: {fr: Entraide entre voisins, en: Mutual help between neighbours}
recall: {fr: Les quatre dernières semaines, en: The last four weeks}
items:
  - {item: talk, range: [0, 3], topic: {fr: parler, en: talking}}
  - {item: help, range: [0, 3], topic: {fr: aider, en: helping}}
scores:
  - name: ties
    label: {fr: Score de voisinage, en: Neighbour score}
    items: [talk, help]
    method: sum
    missing_allowed: 0
    range: [0, 6]
    polarity: higher-is-better
licence:
  terms: {fr: Libre, en: Free}
  holder: Impact Pipeline
  wording_may_ship: true
references:
  - citation: Made for a test
"""
INSTRUMENT = """
instrument: village-fair
version: 1
kind: survey
title: {fr: Enquête de la fête, en: Survey of the fair}
key: [visitor]
fields:
  - {name: visitor, type: identifier, required: true, disclosure: identifier, label: {fr: Visiteur, en: Visitor}}
  - name: talk
    type: integer
    range: [0, 3]
    disclosure: sensitive
    scale: neighbourly-ties
    label: {fr: Parler aux voisins, en: Talk to neighbours}
  - name: help
    type: integer
    range: [0, 3]
    disclosure: sensitive
    scale: neighbourly-ties
    label: {fr: Aider les voisins, en: Help neighbours}
"""
INDICATOR = """
indicator: fair-ties
instrument: village-fair
estimator: mean
value: ties
unit: points
decimals: 2
polarity: higher-is-better
theme: {theme}
frameworks: {oecd: social-connections, sdg: "11.7"}
label: {fr: Liens entre voisins à la fête, en: Ties between neighbours at the fair}
"""


@pytest.fixture
def declared(tmp_path: Path) -> Home:
    """The shipped programme with three files more and one line changed: the initiative asks the new instrument."""
    home = new_home(tmp_path / "home")
    place = home.schemas / "initiatives" / "mille-cafes.yaml"
    told = place.read_text(encoding="utf-8")
    place.write_text(told.replace("instruments: [", "instruments: [village-fair, "), encoding="utf-8")
    theme = _theme(home.schemas / "programme.yaml")
    (home.schemas / "scales" / "neighbourly-ties.yaml").write_text(SCALE, encoding="utf-8")
    (home.schemas / "instruments" / "village-fair.v1.yaml").write_text(INSTRUMENT, encoding="utf-8")
    (home.schemas / "indicators" / "fair-ties.yaml").write_text(INDICATOR.replace("{theme}", theme), encoding="utf-8")
    return home


def _theme(programme: Path) -> str:
    """The first theme that the programme declares."""
    lines = programme.read_text(encoding="utf-8").split("themes:")[1].splitlines()
    return next(line.split("name:")[1].strip() for line in lines if "name:" in line)


def test_what_yaml_declares_is_everywhere(declared: Home, tmp_path: Path) -> None:
    workbook = tmp_path / "fair.xlsx"
    made = CliRunner().invoke(
        app, ["--home", str(declared.root), "template", "village-fair", "--output", str(workbook)]
    )
    assert made.exit_code == 0, made.output
    assert header(workbook.read_bytes()) == ["visitor", "talk", "help"]

    people = [(f"V{n:03}", n % 4, (n // 4) % 4) for n in range(40)]
    sheet = "Visiteur;Parler aux voisins;Aider les voisins\n" + "".join(f"{v};{t};{h}\n" for v, t, h in people)
    file = tmp_path / "fete.csv"
    file.write_text(sheet + "V999;7;1\n", encoding="utf-8")
    checked = CliRunner().invoke(app, ["--home", str(declared.root), "check", str(file), "-i", "village-fair"])
    assert checked.exit_code == 2
    assert "Cellule B42" in checked.output

    key = SubmissionKey("mille-cafes", "village-fair", "cafe-demo-du-lavoir", "2026")
    pipeline.submit(declared, file, key, now=NOW)
    release = pipeline.run(declared, now=NOW)

    codebook = list(csv.DictReader(io.StringIO((release.path / "data" / "field.csv").read_text(encoding="utf-8"))))
    assert {row["field"] for row in codebook if row["instrument"] == "village-fair"} == {"visitor", "talk", "help"}
    told = release.table("estimate")
    row = told[(told["indicator"] == "fair-ties") & (told["dimension"] == "all")].iloc[0]
    # the row without `talk` has no score: 40 people remain
    assert (row["n"], row["value"]) == (40, pytest.approx(sum(t + h for _, t, h in people) / 40))
    for language, label in (("fr", "Liens entre voisins à la fête"), ("en", "Ties between neighbours at the fair")):
        assert label in release.report(language).read_text(encoding="utf-8")
