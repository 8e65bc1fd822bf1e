"""The declarations that ship (the demo's and the examples') are right, complete, fit to publish and fit to edit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ruamel.yaml import YAML

from impact_pipeline.declarations import Schemas, Text, load_schemas
from impact_pipeline.declarations.common import Declaration
from impact_pipeline.declarations.loader import IRREGULAR
from impact_pipeline.renderings.columns import column_types
from impact_pipeline.renderings.json_schema import json_schemas

ROOT = Path(__file__).resolve().parents[1]
HOMES = [ROOT / "schemas", *sorted(ROOT.glob("examples/*/schemas"))]
FILES = [path for home in HOMES for path in sorted(home.rglob("*.yaml"))]


def kind_of_file(path: Path) -> str:
    folder = path.parent.name
    return "programme" if path.name == "programme.yaml" else IRREGULAR.get(folder, folder.removesuffix("s"))


@pytest.fixture(scope="module", params=HOMES, ids=lambda home: home.parent.name)
def shipped(request: pytest.FixtureRequest) -> Schemas:
    return load_schemas(request.param)


@pytest.fixture(scope="module")
def demo() -> Schemas:
    return load_schemas(ROOT / "schemas")


def test_the_demo_declares_the_three_initiatives_and_their_six_instruments(demo):
    assert {name: initiative.instruments for name, initiative in demo.initiatives.items()} == {
        "dotation-action-territoriale": ("dat-followup", "dat-start"),
        "mille-cafes": ("cafe-residents", "cafe-monthly", "cafe-comparison"),
        "ptce-sud-archer": ("ptce-quarterly",),
    }
    assert all("-demo" in name for initiative in demo.initiatives.values() for name in initiative.organisations)


def test_each_initiative_has_indicators_and_common_estimators_are_used(demo):
    of = {name: [i for i in demo.indicators.values() if name in demo.initiatives_of(i)] for name in demo.initiatives}

    assert min(len(indicators) for indicators in of.values()) >= 5
    assert {indicator.estimator for indicator in demo.indicators.values()} == {
        "mean",
        "ratio",
        "reliable-change",
        "total",
        "change",
        "quantile",
    }
    assert any(indicator.is_share for indicator in demo.indicators.values())


CUT_OFFS = {  # score -> (range, lowest figure of each band but the first), as the sources have them
    "who5": ((0, 100), [29, 51]),
    "swemwbs": ((7, 35), [19.51, 27.5]),
    "life_satisfaction": ((0, 10), [5, 7, 9]),
    "worthwhile": ((0, 10), [5, 7, 9]),
    "happiness": ((0, 10), [5, 7, 9]),
    "anxiety": ((0, 10), [2, 4, 6]),
    "cantril_now": ((0, 10), []),
    "cantril_future": ((0, 10), []),
    "loneliness": ((3, 9), [6]),
    "phq4": ((0, 12), [3, 6, 9]),
    "gad2": ((0, 6), [3]),
    "phq2": ((0, 6), [3]),
    "wemwbs": ((14, 70), [41, 45, 60]),
    "swls": ((5, 35), [10, 15, 20, 21, 26, 31]),
    "djg_loneliness": ((0, 6), [2, 5]),
    "djg_emotional": ((0, 3), [1]),
    "djg_social": ((0, 3), [1]),
    "self_esteem": ((0, 30), [15, 26]),
    "self_esteem_fr": ((10, 40), []),
    "general_trust": ((0, 10), []),
    "social_trust": ((0, 10), []),
    "pwi": ((0, 100), [50, 70]),
    "pwi_with_spirituality": ((0, 100), [50, 70]),
    "pwi_life_as_a_whole": ((0, 10), []),
    "mhi5": ((0, 100), [52.01]),
    "srcv_life_satisfaction": ((0, 10), [5, 9]),
    **{f"srcv_{domain}_satisfaction": ((0, 10), []) for domain in ("housing", "work", "leisure", "relations")},
    **{f"oecd_{name}": ((0, 10), []) for name in ("life_evaluation", "worthwhile", "happy", "worried", "depressed")},
}
MISSING_ALLOWED = {"wemwbs": 3, "djg_loneliness": 1, "social_trust": 1, "mhi5": 2}  # none elsewhere


def test_scales_score_as_their_sources_say(demo):
    scores = {score.name: score for scale in demo.scales.values() for score in scale.scores}

    assert {n: (s.range, [band.range[0] for band in s.bands[1:]]) for n, s in scores.items()} == CUT_OFFS
    assert {name: score.missing_allowed for name, score in scores.items() if score.missing_allowed} == MISSING_ALLOWED
    assert [name for name, score in scores.items() if score.missing_as == "zero"] == ["djg_loneliness"]
    assert scores["who5"].multiply == 4
    assert (scores["phq2"].items, scores["gad2"].items) == (("phq4_3", "phq4_4"), ("phq4_1", "phq4_2"))


def test_the_metric_table_of_swemwbs_is_that_of_its_authors(demo):
    (score,) = demo.scales["swemwbs"].scores
    assert score.metric is not None
    # Stewart-Brown et al. 2009, doi:10.1186/1477-7525-7-15: both ends, some between, and the sum of all
    assert [score.metric[raw] for raw in (7, 8, 14, 21, 28, 34, 35)] == [7, 9.51, 15.32, 19.25, 25.03, 32.55, 35]
    assert round(sum(score.metric.values()), 2) == 585.66


def test_no_wording_of_a_scale_ships_where_its_licence_does_not_clearly_allow_it(demo):
    allowed = {name for name, scale in demo.scales.items() if scale.licence.wording_may_ship}

    assert allowed == {"ons4", "rosenberg", "rosenberg-fr"}
    assert [item for scale in demo.scales.values() for item in scale.items if item.wording is not None] == []
    assert all(scale.references and scale.licence.holder for scale in demo.scales.values())


def texts(thing: object) -> list[Text]:
    if isinstance(thing, Text):
        return [thing]
    if isinstance(thing, Declaration):
        return [text for _, value in thing for text in texts(value)]
    return [text for value in thing for text in texts(value)] if isinstance(thing, tuple) else []


def declared(schemas: Schemas) -> list[Declaration]:
    named = (schemas.initiatives, schemas.scales, schemas.codelists, schemas.indicators)
    return [schemas.programme, *schemas.instruments, *(thing for things in named for thing in things.values())]


def test_french_is_set_as_french_is(shipped):
    """An unbreakable space stands before ; : ? ! » and after «."""
    french = [text.fr for thing in declared(shipped) for text in texts(thing)]

    assert len(french) > 50
    assert [text for text in french if re.search(r"(?<=\w)[;?!](?=\s|$)| [;:?!»%€](?=\s|$)|« |'\s", text)] == []


def test_what_a_field_shows_as_example_is_an_answer_it_takes(shipped):
    for instrument in shipped.instruments:
        for field in instrument.fields:
            if field.example is None:
                continue
            if field.codes is not None:
                assert set(field.example.split()) <= set(shipped.codelist(field.codes).by_code), field.name
            if field.range is not None:
                number = float(field.example.replace(" ", "").replace(",", "."))
                assert field.range[0] <= number <= field.range[1], field.name
            if field.pattern is not None:
                assert re.fullmatch(field.pattern, field.example), field.name


def test_every_expression_is_bound_by_the_engine(shipped):
    with duckdb.connect() as connection:
        for instrument in shipped.instruments:
            columns = column_types(instrument) | dict.fromkeys(shipped.scores(instrument), "DOUBLE")
            body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create or replace table record ({body})").fetchall()
            indicators = shipped.indicators_of(instrument)
            parts = [(i.value, i.base, i.among) for i in indicators]
            expressions = [e for group in parts for e in group if e is not None]
            expressions += [rule.expression for rule in instrument.rules]
            expressions += [item.expression for item in instrument.dimensions if item.expression is not None]
            for expression in expressions:
                assert connection.sql(f"select {expression.sql()} from record").fetchall() == []


def plain_yaml(path: Path) -> Any:
    """The file as a strict reader of another kind sees it, with text for what JSON lacks."""
    return json.loads(json.dumps(YAML(typ="safe").load(path.read_text(encoding="utf-8")), default=str))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_json_schemas_accept_what_ships_and_each_file_names_its_own(path):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schemas()[kind_of_file(path)]
    jsonschema.Draft202012Validator.check_schema(schema)

    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(plain_yaml(path))] == []

    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named is not None
    assert (path.parent / named[1]).resolve() == ROOT / "schemas" / "json-schema" / f"{kind_of_file(path)}.json"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("indicator", {"estimator": "average"}),
        ("indicator", {"colour": "red"}),
        ("indicator", {"label": {"fr": "Emplois"}}),
        ("indicator", {"indicator": "Not A Slug"}),
    ],
)
def test_the_json_schemas_refuse_what_the_loader_refuses(kind, change):
    jsonschema = pytest.importorskip("jsonschema")
    right = plain_yaml(ROOT / "schemas" / "indicators" / "ptce-jobs.yaml")

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(right | change, json_schemas()[kind])


def test_the_json_schemas_on_disk_are_those_of_the_models():
    folder = ROOT / "schemas" / "json-schema"
    on_disk = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}

    assert on_disk == json_schemas(), "run `impact schemas export` and commit what it writes"
