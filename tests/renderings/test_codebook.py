"""The codebook: every field of every instrument, with what a reader needs to understand its column."""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.declarations import load_schemas
from impact_pipeline.renderings.codebook import codebook

SCHEMAS = load_schemas(Path(__file__).parents[2] / "schemas")


def test_every_field_of_every_instrument_has_its_entry_in_order() -> None:
    entries = [(entry.instrument, entry.version, entry.position, entry.field) for entry in codebook(SCHEMAS)]
    assert entries == sorted(entries, key=lambda entry: entry[:3])
    assert {(instrument, version, field) for instrument, version, _, field in entries} == {
        (instrument.instrument, instrument.version, field.name)
        for instrument in SCHEMAS.instruments
        for field in instrument.fields
    }
    assert len(entries) == sum(len(instrument.fields) for instrument in SCHEMAS.instruments)


def test_an_entry_says_the_bounds_the_unit_and_the_item_of_the_scale() -> None:
    entries = {(entry.instrument, entry.field): entry for entry in codebook(SCHEMAS)}
    mood = entries["cafe-residents", "who5_1"]
    assert (mood.minimum, mood.maximum, mood.scale, mood.item, mood.codes) == (0, 5, "who5", "who5_1", None)
    age = entries["cafe-residents", "age"]
    assert (age.label_fr, age.label_en, age.unit, age.scale, age.item) == ("Âge", "Age", "years", None, None)
    sex = entries["cafe-residents", "sex"]
    assert (sex.codes, sex.required, sex.disclosure, sex.minimum) == ("sex", False, "quasi-identifier", None)
