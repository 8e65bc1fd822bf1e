"""A mapping is checked against what it is about: each wrong line is told with what is expected and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.declarations import load_mapping, load_schemas
from impact_pipeline.errors import DeclarationError

GOOD = """\
organisation: town-hall
instrument: survey
columns:
  "Le nom": person
  2026: ignored
values:
  sex:
    Dame: f
  works:
    oui: true
  uses:
decisions:
  seen: day-first
  weight: comma
"""


def write(programme: Path, text: str, name: str = "town-hall.survey.yaml") -> None:
    folder = programme / "mappings"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_a_right_one_is_found_by_organisation_and_instrument(programme: Path) -> None:
    write(programme, GOOD)
    schemas = load_schemas(programme)
    mapping = schemas.mapping("town-hall", schemas.instrument("survey"))

    assert mapping is not None
    assert mapping.fields_of_columns == {"Le nom": "person", "2026": None}
    assert mapping.values == {"sex": {"Dame": "f"}, "works": {"oui": "true"}, "uses": {}}
    assert "mappings/town-hall.survey.yaml" in schemas.hashes
    assert load_mapping(programme / "mappings" / "town-hall.survey.yaml", schemas) == mapping


@pytest.mark.parametrize(
    ("old", "new", "line", "expected", "nearest"),
    [
        ("person", "persn", 4, "a field of survey.v1, or ignored", "person"),
        ("Dame: f", "Dame: x", 8, "a code of the field's list", None),
        ("  sex:", "  sexe:", 7, "a field of survey.v1", "sex"),
        ("day-first", "comma", 13, "day-first or month-first", None),
        ("day-first", "day-frist", 13, "one of day-first", "day-first"),
        ("town-hall", "town-hal", 1, "an organisation of an initiative", "town-hall"),
        ("  2026: ignored", "  Nom: person", 5, "a field that no other header means", None),
        ("  2026: ignored", "  le NOM: ignored", 5, "each header once", None),
    ],
)
def test_each_wrong_line_is_told(programme: Path, old, new, line, expected, nearest) -> None:
    name = "town-hal.survey.yaml" if old == "town-hall" else "town-hall.survey.yaml"
    write(programme, GOOD.replace(old, new), name)
    with pytest.raises(DeclarationError) as caught:
        load_schemas(programme)

    (problem,) = caught.value.problems
    assert problem.line == line, problem
    assert expected in problem.expected
    assert problem.nearest == nearest


def test_its_file_bears_the_names_of_both(programme: Path) -> None:
    write(programme, GOOD, "town-hall.surveys.yaml")
    with pytest.raises(DeclarationError, match="the name of its file"):
        load_schemas(programme)
