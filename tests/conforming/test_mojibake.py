"""Values that were saved twice over are told, with what they probably were; others are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programme import ROOT

from impact_pipeline.conforming import conform
from impact_pipeline.conforming.mojibake import mended
from impact_pipeline.declarations import load_schemas
from impact_pipeline.findings import Level
from impact_pipeline.reading import read_book

SCHEMAS = load_schemas(ROOT / "schemas")


@pytest.mark.parametrize("word", ["Périgueux", "Guéret", "L’Étape", "où ça", "Noël", "10 €", "Besançon"])
def test_what_was_saved_twice_over_is_recognised(word):
    assert mended(word.encode("utf-8").decode("cp1252", "replace")) == word
    assert mended(word) == word


@given(st.text("abcdefghijklmnopqrstuvwxyzéèàçùêîôâ ’'-ÀÉ€°", max_size=30))
def test_honest_french_is_left_alone(text):
    assert mended(text) == text


def test_it_is_told_once_a_column_with_the_first_cell_and_the_count():
    rows = ["Code du café;Mois;Commune;Jours d'ouverture;Passages;CA HT;Commentaire"]
    comments = ["bien", "FermÃ© une semaine", "fermé", "Ã©tÃ©"]
    rows += [f"CAFE-0{n};2026-01;07019;24;860;9450;{text}" for n, text in enumerate(comments, 1)]
    table = conform(read_book("\n".join(rows).encode(), "x.csv"), SCHEMAS.instrument("cafe-monthly"), SCHEMAS, fill={})
    told = [found for found in table.findings if found.code == "mojibake"]

    assert [(f.place.address, f.value, f.details["as"], f.cells, f.level) for f in told] == [
        ("G3", "FermÃ© une semaine", "Fermé une semaine", 2, Level.TO_CHECK)
    ]
