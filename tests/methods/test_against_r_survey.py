"""Every estimator agrees with R's survey package (4.1.1, R 4.2.2) on a made-up panel; `tests/reference/survey.R` wrote
the figures, and the R call stands beside each in `survey_figures.csv`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store

REFERENCE = Path(__file__).parents[1] / "reference"
RELATIVE_TOLERANCE = 1e-9  # R prints 15 digits and sums in another order; nothing else may differ
DESIGNS: dict[str, dict[str, str]] = {
    "srs": {},
    "stratified": {"weight": "weight", "stratum": "stratum"},
    "clustered": {"weight": "weight", "psu": "cluster"},
    "stratified_clustered": {"weight": "weight", "stratum": "stratum", "psu": "psu"},
    "stratified_fpc": {"weight": "weight", "stratum": "stratum", "fpc": "population"},
    "stratified_clustered_fpc": {
        "weight": "weight",
        "stratum": "stratum",
        "psu": "psu",
        "fpc": "fpc",
        "fpc_within": "people",
    },
    "lonely_adjust": {"weight": "weight", "stratum": "lone", "psu": "psu", "single_psu": "adjust"},
    "lonely_certainty": {"weight": "weight", "stratum": "lone", "psu": "psu", "single_psu": "certainty"},
}
FIGURES = pd.read_csv(REFERENCE / "survey_figures.csv").set_index(["case", "indicator", "wave", "category"])
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "mean-y", "value": "y", "by": ["group"]},
    {"indicator": "share-employed", "value": "employed = 1", "by": ["group"], "interval": "logit"},
    {"indicator": "ratio-y-x", "estimator": "ratio", "value": "y", "base": "x", "by": ["group"]},
    {"indicator": "total-y", "estimator": "total", "value": "y", "by": ["group"]},
    {"indicator": "change-y", "estimator": "change", "value": "y", "by": ["group"],
     "waves": {"from": "before", "to": "after"}},
]  # fmt: skip


def sample() -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "survey_sample.csv", dtype={"psu": str})
    frame["cluster"] = frame["stratum"] + " " + frame["psu"]
    return frame.astype({"employed": "Int64"} | dict.fromkeys(("fpc", "people", "population"), "float64"))


def instrument(design: dict[str, str]) -> dict[str, Any]:
    texts = [
        field(name, "text", required=True) for name in ("unit", "wave", "stratum", "lone", "psu", "cluster", "group")
    ]
    numbers = [field(name, required=True) for name in ("weight", "fpc", "people", "population")]
    answers = [field("y"), field("x"), field("employed", "integer")]
    return {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
            "design": design, "fields": [*texts, *numbers, *answers]}  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """All estimates under all designs, by case, indicator, wave and category."""
    frames = {}
    for case, design in DESIGNS.items():
        folder = tmp_path_factory.mktemp(case)
        schemas = declare(folder / "schemas", instrument(design), INDICATORS)
        frame = estimates(computed(schemas, store(folder, schemas, [({}, sample())])))
        frames[case] = frame.droplevel(["initiative", "dimension"])
    return pd.concat(frames, names=["case"])


@pytest.mark.parametrize("key", list(FIGURES.index), ids="-".join)
def test_estimate_standard_error_interval_and_design_effect_are_those_of_r(
    found: pd.DataFrame, key: tuple[str, ...]
) -> None:
    figure, ours = FIGURES.loc[key], found.loc[key]
    assert ours["status"] == "published"
    assert ours["df"] == figure["df"]
    for name in ("value", "se", "low", "high", "deff"):
        if not pd.isna(figure[name]):
            assert ours[name] == pytest.approx(figure[name], rel=RELATIVE_TOLERANCE), f"{name}, of {figure['call']}"


def test_every_figure_is_compared(found: pd.DataFrame) -> None:
    """No indicator of any design goes without a figure of R, but for those named here."""
    uncentred = {("lonely_adjust", "total-y")}
    changes = {("lonely_adjust", "change-y"), ("lonely_certainty", "change-y"), ("stratified_fpc", "change-y")}
    compared = {key[:2] for key in FIGURES.index}
    assert {key[:2] for key in found.index} - compared <= uncentred | changes


def test_a_sampling_unit_without_the_domain_counts_as_zero(found: pd.DataFrame) -> None:
    """Unit a1 has nobody in `even`: it is left out of the degrees of freedom, and the variance agrees with R's."""
    frame = sample().query("wave == 'after' and y.notna()")
    held = frame.query("group == 'even'")[["stratum", "psu"]].drop_duplicates()
    assert len(held) < len(frame[["stratum", "psu"]].drop_duplicates())
    assert found.loc[("stratified_clustered", "mean-y", "after", "even"), "df"] == len(held) - 3


def test_n_counts_answers_and_units_count_people(found: pd.DataFrame) -> None:
    answered = sample().query("y.notna()")
    change = found.loc[("srs", "change-y", "after", "all")]
    assert (change["n"], change["units"]) == (len(answered), answered["unit"].nunique())
    level = found.loc[("srs", "mean-y", "before", "all")]
    assert level["n"] == level["units"] == len(answered.query("wave == 'before'"))
    assert level["n_effective"] == pytest.approx(level["n"] / level["deff"])


def test_a_single_sampling_unit_is_refused_or_told(tmp_path: Path, found: pd.DataFrame) -> None:
    design = DESIGNS["lonely_adjust"] | {"single_psu": "fail"}
    schemas = declare(tmp_path / "schemas", instrument(design), INDICATORS)
    refused = estimates(computed(schemas, store(tmp_path, schemas, [({}, sample())])))
    assert set(refused["status"]) == {"refused"}
    assert set(refused["reason"]) == {"single-psu"}
    assert refused[["value", "se", "low", "high", "deff"]].isna().all(axis=None)
    for policy in ("adjust", "certainty"):
        assert set(found.loc[f"lonely_{policy}"]["reason"]) == {f"single-psu-{policy}"}
