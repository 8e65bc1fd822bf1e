"""The shipped tables: the counts that were published, the places that everybody knows, and how names are compared."""

from __future__ import annotations

from importlib.resources import files

import pyarrow.compute as pc
import pytest
from ruamel.yaml import YAML

from impact_pipeline import geography
from impact_pipeline.geography import building
from impact_pipeline.geography.table import key, table

FOLDER = files("impact_pipeline.geography")


def test_the_published_counts():
    communes = table("communes")
    today = communes.filter(pc.equal(communes["kind"], "commune"))
    assert today.num_rows == 34_969
    assert pc.sum(today["population"]).as_py() == 68_952_941
    assert today["population"].null_count == 6  # where nobody lives
    assert pc.sum(pc.less(today["population"], 3_500)).as_py() == 31_673
    kinds = communes["kind"].to_pylist()
    assert [kinds.count(kind) for kind in ("arrondissement", "déléguée", "associée")] == [45, 2_105, 471]
    assert len({row["code"] for row in table("areas").to_pylist() if row["level"] == "epci"}) == 1_255


def test_tables_are_small_and_of_the_declared_columns():
    sizes = [len((FOLDER / f"{name}.parquet").read_bytes()) for name in ("communes", "changes", "areas")]
    assert sum(sizes) < 1_400_000
    assert table("communes").schema.equals(building.COMMUNES)
    assert table("changes").schema.equals(building.CHANGES)


def test_every_code_is_part_of_a_commune_of_today_with_its_departement_and_region():
    communes = table("communes")
    today = set(communes.filter(pc.equal(communes["kind"], "commune"))["code"].to_pylist())
    assert set(communes["current"].to_pylist()) == today
    assert communes["departement"].null_count == communes["region"].null_count == 0
    known = {(row["level"], row["code"]) for row in table("areas").to_pylist()}
    for level in ("departement", "region", "epci"):
        assert {(level, code) for code in communes[level].unique().to_pylist() if code} <= known


def test_the_origin_tells_versions_licence_traps_and_that_density_is_absent():
    origin = YAML(typ="safe").load((FOLDER / "origin.yaml").read_text(encoding="utf-8"))
    assert origin["package"] == "@etalab/decoupage-administratif"
    assert origin["licence"].startswith("Licence Ouverte")
    assert origin["rows"] == {name: table(name).num_rows for name in ("communes", "changes", "areas")}
    assert origin["md5"]["6.0.0/epci.json"] == "23ab53b38a61fd0a1ad0317c88b5fe17"  # as in 5.3.0: not dated by it
    assert len(origin["traps"]) >= 5
    assert table("communes")["density"].null_count == table("communes").num_rows
    assert "not in the package" in origin["density"]


def test_well_known_places():
    privas = geography.commune("07186")
    assert (privas.name, privas.departement, privas.region, privas.postcodes) == ("Privas", "07", "84", ("07000",))
    assert geography.area_name("epci", privas.epci) == "CA Privas Centre Ardèche"
    assert geography.area_name("departement", "2A") == "Corse-du-Sud"
    assert geography.area_name("region", "84") == "Auvergne-Rhône-Alpes"
    assert [str(geography.commune(code)) for code in ("2A004", "97411", "75056")] == [
        "Ajaccio (2A004)", "Saint-Denis (97411)", "Paris (75056)",
    ]  # fmt: skip
    twelfth = geography.commune("75112")
    assert (twelfth.kind, twelfth.current, twelfth.departement) == ("arrondissement", "75056", "75")
    assert geography.commune("99999") is None


@pytest.mark.parametrize(
    ("code", "year", "into", "since"),
    [
        ("23126", None, "23189", None),  # of the Creuse: gone before the first list
        ("23023", None, "23149", 2025),
        ("23121", None, "23109", None),
        ("07186", None, "07186", None),
        ("75112", None, "75056", None),
        ("49069", 2024, "49069", None),
        ("49069", 2025, "49126", 2025),
        ("49069", 1999, "49069", None),  # before the first list: as in it
        ("15031", 2024, "15141", None),
        ("15031", None, "15031", 2025),  # a commune again
    ],
)
def test_what_a_code_was_at_a_date(code, year, into, since):
    standing = geography.standing(code, year)
    assert (standing.into, standing.since, standing.is_commune) == (into, since, into == code)


def test_an_unknown_code_has_no_standing():
    assert geography.standing("07999") is None


def test_names_are_compared_as_people_write_them():
    assert key("St-Étienne s/ Usson") == key("SAINT ETIENNE SUR USSON")
    assert [str(place) for place in geography.named("le puy en velay")] == ["Le Puy-en-Velay (43157)"]
    assert len(geography.named("Saint-Martin")) == 5
    assert [place.code for place in geography.named("Saint-Martin", departement="32")] == ["32389"]
    assert [place.code for place in geography.named("Saint-Denis", postcode="97400")] == ["97411"]
    assert [place.current for place in geography.named("Masbaraud-Mérignat")] == ["23189"]
    assert [str(place) for place in geography.nearest_communes("Privass")] == ["Privas (07186)"]
    assert "Le Cheylard (07064)" in map(str, geography.nearest_communes("Le Cheilard"))  # beside Chevillard
    assert geography.nearest_communes("Xyzzyx") == ()


def test_postcodes_and_departements():
    assert "07186" in {place.code for place in geography.with_postcode("07000")}
    assert [place.code for place in geography.with_postcode("75012")] == ["75056"]
    assert geography.with_postcode("07999") == ()
    assert [geography.departement_of(text) for text in ("7", "2a", "Ardèche", "la réunion", "Nulle part")] == [
        "07", "2A", "07", "974", "",
    ]  # fmt: skip
