"""Variances by replicates are those of R's survey package (4.1.1, R 4.2.2); `replication.R` wrote them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.methods import replication
from impact_pipeline.methods.replication import Centre, RefusedReplicates, Replicates

REFERENCE = Path(__file__).parents[1] / "reference"
RELATIVE_TOLERANCE = 1e-9
SAMPLE = pd.read_csv(REFERENCE / "replication_sample.csv")
FIGURES = pd.read_csv(REFERENCE / "replication_figures.csv")
PSUS = SAMPLE.drop_duplicates("psu").reset_index(drop=True)
STRATA = PSUS["stratum"].tolist()
PLACES = pd.Index(PSUS["psu"]).get_indexer(SAMPLE["psu"])
WEIGHTS = SAMPLE["weight"].to_numpy()


def drawn_by_r() -> Replicates:
    """R divides its bootstrap by one less than the number of replicates; ours by their number."""
    factors = pd.read_csv(REFERENCE / "replication_factors.csv").set_index("psu").loc[PSUS["psu"]].to_numpy().T
    return Replicates("bootstrap", factors, 1 / (len(factors) - 1), np.ones(len(factors)))


MADE = {
    "JK1": replication.jackknife(len(PSUS)),
    "JKn": replication.stratified_jackknife(STRATA),
    "JKn-fpc": replication.stratified_jackknife(STRATA, PSUS["fpc"].tolist()),
    "BRR": replication.balanced(STRATA),
    "Fay": replication.balanced(STRATA, fay=0.3),
    "bootstrap": drawn_by_r(),
}


def median(weights: np.ndarray) -> float:
    order = np.argsort(SAMPLE["y"].to_numpy(), kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(SAMPLE["y"].to_numpy()[order][np.argmax(reached >= 0.5 - 1e-12)])


def replicated(made: Replicates, statistic: str) -> tuple[float, np.ndarray]:
    """The estimate and its replicates: sums from totals by sampling unit, medians from reweighted records."""
    if statistic == "median":
        return median(WEIGHTS), made.of_statistic(median, PLACES, WEIGHTS)
    columns = [np.ones(len(SAMPLE)), SAMPLE["y"], SAMPLE["x"]]
    totals = np.column_stack([np.bincount(PLACES, weights=WEIGHTS * column) for column in columns])
    sums, whole = made.totals(totals), totals.sum(axis=0)
    over = {"mean": 0, "ratio": 2}
    if statistic == "total":
        return float(whole[1]), sums[:, 1]
    return float(whole[1] / whole[over[statistic]]), sums[:, 1] / sums[:, over[statistic]]


@pytest.mark.parametrize("row", FIGURES.to_dict("records"), ids=lambda r: "-".join(map(str, list(r.values())[:3])))
def test_variance_is_that_of_r(row: dict[str, object]) -> None:
    value, replicates = replicated(MADE[str(row["method"])], str(row["statistic"]))
    assert value == pytest.approx(row["value"], rel=RELATIVE_TOLERANCE)
    variance = MADE[str(row["method"])].variance(value, replicates, cast("Centre", row["centre"]))
    assert float(variance) == pytest.approx(row["variance"], rel=RELATIVE_TOLERANCE), row["call"]


def test_bootstrap_agrees_with_linearisation_and_with_itself() -> None:
    """Of a total it estimates the design's own variance; 4,000 draws leave 2 % or so of noise in it."""
    made = replication.bootstrap(STRATA, 4000, seed=3)
    value, replicates = replicated(made, "total")
    exact = FIGURES.query("method == 'JKn' and statistic == 'total' and centre == 'estimate'")["variance"].item()
    assert float(made.variance(value, replicates, "estimate")) == pytest.approx(exact, rel=0.1)
    again = replication.bootstrap(STRATA, 4000, seed=3)
    assert np.array_equal(made.factors, again.factors)
    assert not np.array_equal(made.factors, replication.bootstrap(STRATA, 4000, seed=4).factors)
    for name in set(STRATA):
        own = made.factors[:, [place for place, stratum in enumerate(STRATA) if stratum == name]]
        np.testing.assert_allclose(own.sum(axis=1), 2)  # n - 1 drawn of n = 2, each times n/(n - 1)


def test_covariance_of_two_estimates_has_their_variances_on_its_diagonal() -> None:
    made = MADE["JKn"]
    pairs = [replicated(made, name) for name in ("mean", "ratio")]
    both, replicates = np.array([p[0] for p in pairs]), np.column_stack([p[1] for p in pairs])
    found = made.covariance(both, replicates, "estimate")
    np.testing.assert_allclose(np.diag(found), made.variance(both, replicates, "estimate"), rtol=1e-12)
    difference = made.variance(float(both[0] - both[1]), replicates[:, 0] - replicates[:, 1], "estimate")
    assert float(difference) == pytest.approx(found[0, 0] + found[1, 1] - 2 * found[0, 1], rel=1e-9)


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("single-psu", lambda: replication.jackknife(1)),
        ("single-psu", lambda: replication.stratified_jackknife(["a", "a", "b"])),
        ("single-psu", lambda: replication.bootstrap(["a"], 10, seed=1)),
        ("not-paired", lambda: replication.balanced(["a", "a", "a"])),
        ("few-psu", lambda: replication.bootstrap(["a", "a"], 1, seed=1)),
        ("fay", lambda: replication.balanced(["a", "a"], fay=1.0)),
    ],
)
def test_designs_that_do_not_allow_replicates_are_refused(code: str, made: object) -> None:
    with pytest.raises(RefusedReplicates) as error:
        made()  # type: ignore[operator]
    assert error.value.code == code
