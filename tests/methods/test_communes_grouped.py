"""Indicators broken down by what the communes of a field are part of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store

from impact_pipeline import geography
from impact_pipeline.declarations import Schemas
from impact_pipeline.errors import DeclarationError
from impact_pipeline.release.contents import declared

LEVELS = ("departement", "region", "epci", "population")


def form(**more: Any) -> dict[str, Any]:
    fields = [field("unit", "text", required=True), field("place", "commune"), field("score")]
    dimensions = [{"name": f"by-{level}", "label": level, "of": "place", "level": level} for level in LEVELS]
    return {"instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit"], "fields": fields,
            "dimensions": dimensions} | more  # fmt: skip


def programme(folder: Path, **more: Any) -> Schemas:
    by = [f"by-{level}" for level in LEVELS]
    return declare(folder, form(**more), [{"indicator": "mean", "value": "score", "by": by}])


def test_a_mean_by_departement_region_epci_and_band_of_inhabitants(tmp_path: Path) -> None:
    schemas = programme(tmp_path / "schemas")
    # Privas and Aubenas (Ardèche), Guéret (Creuse), a former code of the Creuse, one unknown, one without
    places = ["07186", "07019", "23096", "23126", "99999", None]
    frame = pd.DataFrame({"unit": list("abcdef"), "place": places, "score": [1.0, 3.0, 5.0, 7.0, 9.0, 11.0]})
    found = estimates(computed(schemas, store(tmp_path, schemas, [({}, frame)])))["value"]

    def by(level: str) -> dict[str, float]:
        return found.loc["mean", "panel", "2026", f"by-{level}"].to_dict()

    assert by("departement") == {"07": 2.0, "23": 6.0, "(missing)": 10.0}
    assert by("region") == {"84": 2.0, "75": 6.0, "(missing)": 10.0}
    assert by("population") == {"3500-9999": 1.0, "10000-49999": 4.0, "500-1999": 7.0, "(missing)": 10.0}
    privas = geography.commune("07186")
    assert privas is not None
    assert by("epci")[str(privas.epci)] == 1.0


def test_a_release_names_the_groups_in_both_languages(tmp_path: Path) -> None:
    rows = declared(programme(tmp_path))["category"]
    labels = {(row["dimension"], row["category"]): (row["label_fr"], row["label_en"]) for row in rows}
    assert labels["by-departement", "07"] == ("Ardèche", "Ardèche")
    assert labels["by-region", "84"] == ("Auvergne-Rhône-Alpes", "Auvergne-Rhône-Alpes")
    assert labels["by-population", "under-500"] == ("Moins de 500 habitants", "Under 500 inhabitants")
    assert labels["by-epci", "(missing)"] == ("Non renseigné", "Not stated")


def test_every_place_has_a_group_at_every_level_but_where_there_is_none() -> None:
    groups = geography.groups()
    assert groups.column_names == ["code", *LEVELS]
    assert len(set(groups["code"].to_pylist())) == groups.num_rows
    assert groups["departement"].null_count == groups["region"].null_count == 0
    of = {row["code"]: row for row in groups.to_pylist()}
    assert of["75112"]["population"] == of["75056"]["population"] == "50000-or-more"  # an arrondissement: its commune
    assert of["98411"]["population"] is None  # nobody lives there
    for level in LEVELS:
        assert set(groups[level].to_pylist()) - {None} <= set(geography.area_codes(level))


@pytest.mark.parametrize(
    ("dimension", "told"),
    [
        ({"of": "score", "level": "region"}, "a field of type commune"),
        ({"of": "plce", "level": "region"}, "Did you mean 'place'"),
        ({"of": "place"}, "`of` and `level` together"),
        ({"of": "place", "level": "region", "expression": "score > 1"}, "either `expression`, or `of`"),
        ({}, "either `expression`, or `of`"),
        ({"of": "place", "level": "region", "codes": "sex"}, "no code list"),
        ({"of": "place", "level": "regions"}, "region"),
    ],
)
def test_a_wrong_grouping_is_told(tmp_path: Path, dimension: dict[str, str], told: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        declare(tmp_path, form(dimensions=[{"name": "by-place", "label": "Place", **dimension}]), [])
    assert told in str(refused.value)
