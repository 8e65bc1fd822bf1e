"""All renderings of an instrument name the same fields in the same order: declared once, derived everywhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlglot import exp, parse_one

from impact_pipeline.declarations import Instrument, Schemas, load_schemas
from impact_pipeline.renderings.codebook import codebook
from impact_pipeline.renderings.columns import column_types, ddl
from impact_pipeline.renderings.pandera_schema import pandera_schema
from impact_pipeline.renderings.template import header, template

FOLDER = Path(__file__).parents[2] / "schemas"
SCHEMAS = load_schemas(FOLDER)
ADDED = """
instrument: {name}
version: 1
kind: indicators
title: {{fr: Fiche ajoutée, en: Added form}}
key: [place, month]
layout: {layout}
fields:
  - {{name: place, type: text, required: true, disclosure: quasi-identifier, label: {{fr: Lieu, en: Place}}}}
  - {{name: month, type: period, period: month, required: true, disclosure: safe, label: {{fr: Mois, en: Month}}}}
  - {{name: sex, type: category, codes: sex, disclosure: quasi-identifier, label: {{fr: Sexe, en: Sex}}}}
  - {{name: meals, type: integer, range: [0, 900], disclosure: safe, label: {{fr: Repas servis, en: Meals served}}}}
"""


def fields_of_renderings(instrument: Instrument, schemas: Schemas) -> dict[str, list[str]]:
    created = parse_one(ddl(instrument), read="duckdb")
    return {
        "pandera": list(pandera_schema(instrument, schemas).columns),
        "template in French": header(template(instrument, schemas, language="fr")),
        "template in English": header(template(instrument, schemas, language="en", period="2026")),
        "types": list(column_types(instrument)),
        "ddl": [column.name for column in created.find_all(exp.ColumnDef)][1:],  # the first is the row in the sheet
        "codebook": [entry.field for entry in codebook(schemas) if entry.instrument == instrument.instrument],
    }


@pytest.mark.parametrize("instrument", SCHEMAS.instruments, ids=str)
def test_every_rendering_names_the_same_fields_in_the_same_order(instrument: Instrument) -> None:
    declared = [field.name for field in instrument.fields]
    for rendering, names in fields_of_renderings(instrument, SCHEMAS).items():
        assert names == declared, rendering


@pytest.mark.parametrize("layout", ["table", "matrix"])
def test_an_instrument_added_as_yaml_appears_in_every_rendering(tmp_path: Path, layout: str) -> None:
    folder = tmp_path / "schemas"
    shutil.copytree(FOLDER, folder)
    name = f"added-{layout}"
    (folder / "instruments" / f"{name}.v1.yaml").write_text(ADDED.format(name=name, layout=layout), encoding="utf-8")
    schemas = load_schemas(folder)
    for rendering, names in fields_of_renderings(schemas.instrument(name), schemas).items():
        assert names == ["place", "month", "sex", "meals"], rendering
