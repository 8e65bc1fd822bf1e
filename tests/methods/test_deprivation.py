"""Alkire-Foster counts with their design errors are those of R's survey package; `tests/reference/deprivation.R`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods import test_against_r_survey as panel
from tests.methods.made_programme import computed, declare, estimates, store

from impact_pipeline.declarations import Schemas
from impact_pipeline.errors import DeclarationError

REFERENCE = Path(__file__).parents[1] / "reference"
RELATIVE_TOLERANCE = 1e-9
FIGURES = pd.read_csv(REFERENCE / "deprivation_figures.csv").set_index(["indicator", "wave"])
LACK: dict[str, Any] = {
    "deprivation": "lack", "instrument": "panel", "unit": "points", "theme": "measure", "label": "Lack",
    "frameworks": {"oecd": "jobs", "sdg": "1.2"}, "cutoff": "1/3", "other_cutoffs": ["1/2", "2/3"], "by": ["group"],
    "domains": [
        {"name": "means", "label": "Means", "items": [{"name": "low-y", "label": "Low y", "deprived": "y < 48"}]},
        {"name": "work", "label": "Work", "items": [
            {"name": "not-employed", "label": "Not employed", "deprived": "employed = 0"},
            {"name": "low-x", "label": "Low x", "deprived": "x < 5"}]},
        {"name": "place", "label": "Place", "items": [
            {"name": "odd", "label": "Odd", "deprived": "\"group\" = 'odd'"}]},
    ],
}  # fmt: skip


def declared(folder: Path, **changed: Any) -> Schemas:
    instrument = panel.instrument(panel.DESIGNS["stratified_clustered"])
    return declare(folder, instrument, [], deprivations=[LACK | changed])


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("lack")
    schemas = declared(folder / "schemas")
    told = estimates(computed(schemas, store(folder, schemas, [({}, panel.sample())])))
    return told.xs(("panel", "all", "all"), level=["initiative", "dimension", "category"])


@pytest.mark.parametrize("key", list(FIGURES.index), ids="-".join)
def test_figure_and_standard_error_are_those_of_r(found: pd.DataFrame, key: tuple[str, str]) -> None:
    for name in ("value", "se"):
        assert found.loc[key, name] == pytest.approx(FIGURES.loc[key, name], rel=RELATIVE_TOLERANCE)


def test_adjusted_headcount_is_headcount_times_intensity_and_parts_add_up(found: pd.DataFrame) -> None:
    value = found["value"].xs("after", level="wave")
    assert value["lack-adjusted-headcount"] == pytest.approx(value["lack-headcount"] * value["lack-intensity"])
    parts = [name for name in value.index if name.endswith("-contribution")]
    assert len(parts) == 4
    assert value[parts].sum() == pytest.approx(1)


def test_a_person_whose_count_is_exactly_the_cutoff_is_poor(tmp_path: Path) -> None:
    """Three sixths are a half, though 1/6 + 1/6 + 1/6 is less in floating point."""
    items = [{"name": f"i{n}", "label": f"Item {n}", "deprived": f"x > {n}"} for n in range(6)]
    domains = [{"name": f"d{n}", "label": "Half", "items": items[3 * n : 3 * n + 3]} for n in range(2)]
    schemas = declared(tmp_path / "schemas", domains=domains, cutoff="1/2", by=[])
    frame = panel.sample().assign(x=2.5)  # deprived of the first three items alone
    told = estimates(computed(schemas, store(tmp_path, schemas, [({}, frame)])))
    assert set(told.xs("lack-headcount", level="indicator")["value"]) == {1.0}


def test_what_is_wrong_is_told_at_its_line(tmp_path: Path) -> None:
    wrong = [
        {"name": "a", "label": "A", "items": [{"name": "b", "label": "B", "deprived": "yy < 3"}]},
        {"name": "c", "label": "C", "items": [{"name": "d", "label": "D", "deprived": "x", "weight": "0"}]},
    ]
    with pytest.raises(DeclarationError) as told:
        declared(tmp_path, domains=wrong, cutoff="3/2")
    keys = {problem.key for problem in told.value.problems}
    assert {"domains[c].items[d].deprived", "domains[c].items[d].weight", "cutoff"} <= keys


def test_a_name_that_is_no_field_is_told_at_its_item(tmp_path: Path) -> None:
    items = [{"name": "b", "label": "B", "deprived": "yy < 3"}]
    with pytest.raises(DeclarationError) as told:
        declared(tmp_path, domains=[{"name": "a", "label": "A", "items": items}, LACK["domains"][1]])
    assert [(p.file, p.key, p.read) for p in told.value.problems] == [
        ("deprivations/lack.yaml", "domains[a].items[b].deprived", "'yy'")
    ]
