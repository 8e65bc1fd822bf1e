"""An instrument that declares errors by replicates has those of R's survey package (4.1.1, R 4.2.2);
`tests/reference/replicate_errors.R` wrote them, the R call beside each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, store
from tests.methods.test_against_r_survey import DESIGNS, INDICATORS, REFERENCE, RELATIVE_TOLERANCE, instrument, sample

from impact_pipeline.errors import DeclarationError

FIGURES = pd.read_csv(REFERENCE / "replicate_errors_figures.csv").set_index(["method", "indicator", "category"])
METHODS: dict[str, dict[str, Any]] = {
    "jackknife": {"method": "jackknife"},
    "brr": {"method": "brr"},
    "fay": {"method": "brr", "fay": 0.3},
}
COMPARED = [INDICATORS[0] | {"compare": {"by": "group", "reference": "odd"}}, *INDICATORS[1:]]


def paired() -> pd.DataFrame:
    """Two sampling units a stratum."""
    return sample().query("psu in ('1', '2')").reset_index(drop=True)


def run(folder: Path, errors: dict[str, Any], frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimates and contrasts of the later wave."""
    design: dict[str, Any] = DESIGNS["stratified_clustered"] | {"errors": errors}
    schemas = declare(folder / "schemas", instrument(design), COMPARED)
    connection = computed(schemas, store(folder, schemas, [({}, frame)]))
    found = estimates(connection).xs("after", level="wave").droplevel(["initiative", "dimension"])
    return found, connection.sql("select * from contrast where wave = 'after'").df().set_index("category")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    frames = {"jackknife": sample()}
    return {name: run(tmp_path_factory.mktemp(name), errors, frames.get(name, paired()))
            for name, errors in METHODS.items()}  # fmt: skip


@pytest.mark.parametrize("key", list(FIGURES.index), ids="-".join)
def test_values_and_errors_are_those_of_r(
    found: dict[str, tuple[pd.DataFrame, pd.DataFrame]], key: tuple[str, str, str]
) -> None:
    method, indicator, category = key
    levels, contrasts = found[method]
    ours = contrasts.loc[category] if indicator == "contrast" else levels.loc[(indicator, category)]
    value = ours["difference" if indicator == "contrast" else "value"]
    expected = FIGURES.loc[key]
    assert (value, ours["se"]) == pytest.approx((expected["value"], expected["se"]), rel=RELATIVE_TOLERANCE)
    assert ours["low"] < value < ours["high"]


def test_a_bootstrap_is_drawn_again_the_same_and_is_near_linearisation(tmp_path: Path) -> None:
    errors = {"method": "bootstrap", "replicates": 2000, "seed": 7}
    once, again = (run(tmp_path / name, errors, sample())[0] for name in ("once", "again"))
    pd.testing.assert_frame_equal(once, again)
    other, _ = run(tmp_path / "other", errors | {"seed": 8}, sample())
    assert (other["se"] != once["se"]).all()
    schemas = declare(tmp_path / "schemas", instrument(DESIGNS["stratified_clustered"]), COMPARED)
    plain = estimates(computed(schemas, store(tmp_path, schemas, [({}, sample())])))
    plain = plain.xs("after", level="wave").droplevel(["initiative", "dimension"])
    apart = (once["se"] / plain["se"] - 1).abs()
    assert apart.drop("ratio-y-x").max() < 0.1
    assert apart.max() < 0.15  # few units below: a ratio is not linear
    pd.testing.assert_series_equal(once["value"], plain["value"])


def test_half_samples_of_what_is_not_paired_are_refused(tmp_path: Path) -> None:
    levels, contrasts = run(tmp_path, {"method": "brr"}, sample())
    assert set(zip(levels["status"], levels["reason"], strict=True)) == {("refused", "not-paired")}
    assert levels["se"].isna().all()
    assert set(contrasts["reason"]) == {"not-paired"}


def test_samples_drawn_without_anybody_of_a_category_are_refused(tmp_path: Path) -> None:
    """`even` is met in two of six sampling units of a stratum: some samples that are drawn again have none of them."""
    frame = sample()
    rare = (frame["stratum"] == "a") & frame["psu"].isin(["2", "3"])
    frame.loc[~rare, "group"] = "odd"
    levels, contrasts = run(tmp_path, {"method": "bootstrap", "replicates": 200, "seed": 7}, frame)
    assert tuple(levels.loc[("mean-y", "even"), ["status", "reason"]]) == ("refused", "empty-replicate")
    assert levels.loc[("mean-y", "odd"), "status"] == "published"
    assert contrasts.loc["even", "reason"] == "empty-replicate"


@pytest.mark.parametrize(
    ("design", "expected"),
    [(DESIGNS["stratified_clustered_fpc"], "no `fpc`"), (DESIGNS["stratified"], "`psu` too")],
)
def test_designs_that_replicates_do_not_serve_are_refused(
    tmp_path: Path, design: dict[str, str], expected: str
) -> None:
    with pytest.raises(DeclarationError, match=expected):
        declare(tmp_path, instrument(design | {"errors": {"method": "jackknife"}}), COMPARED)
