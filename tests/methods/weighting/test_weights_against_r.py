"""Weights are those of R's survey package (4.1.1, R 4.2.2), whatever the method; `tests/reference/weighting.R` wrote
the figures. What no weights can do is refused, with a reason that has a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.methods.weighting import calibration, classes, raking, residuals, response, trimming
from impact_pipeline.methods.weighting.calibration import Distance
from impact_pipeline.methods.weighting.refused import RefusedWeighting

REFERENCE = Path(__file__).parents[2] / "reference"
RELATIVE_TOLERANCE = 1e-9
SAMPLE = pd.read_csv(REFERENCE / "weighting_sample.csv").query("wave == 'after'").reset_index(drop=True)
G = pd.read_csv(REFERENCE / "weighting_g.csv")
MARGINS = pd.read_csv(REFERENCE / "weighting_margins.csv")
SINGLE = pd.read_csv(REFERENCE / "weighting_single.csv").set_index("name")["value"].astype(float)
POPULATION = 5000.0
NAMES = ("sex", "age", "zone")


def start() -> np.ndarray:
    weight = SAMPLE["weight"].to_numpy()
    return weight * POPULATION / weight.sum()


def margin(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The place of each record in a margin, and the margin's totals."""
    told = MARGINS[MARGINS["margin"] == name].reset_index(drop=True)
    category = SAMPLE["sex"] + "/" + SAMPLE["age"] if name == "sex-age" else SAMPLE[name]
    return pd.Index(told["category"]).get_indexer(category), told["total"].to_numpy(dtype=float)


def dummies() -> tuple[np.ndarray, np.ndarray]:
    """One column a category of every margin: redundant, as each margin adds up to the same total."""
    found = [margin(name) for name in NAMES]
    x = np.hstack([np.eye(len(known))[places] for places, known in found])
    return x, np.concatenate([known for _, known in found])


def test_post_stratification() -> None:
    places, known = margin("sex-age")
    found = raking.post_stratify(start(), places, known)
    np.testing.assert_allclose(found.g, G["post-stratification"], rtol=RELATIVE_TOLERANCE)
    assert found.iterations == 1


@pytest.mark.parametrize("column", ["rake", "raking"])
def test_raking_by_proportional_fitting(column: str) -> None:
    """R's `rake`, and `calibrate(calfun = "raking")` which is the same thing by Newton's method."""
    margins = [margin(name) for name in NAMES]
    found = raking.rake(start(), [m[0] for m in margins], [m[1] for m in margins])
    np.testing.assert_allclose(found.g, G[column], rtol=RELATIVE_TOLERANCE)


def test_raking_on_cells_is_raking_on_records() -> None:
    margins = [margin(name) for name in NAMES]
    cells, cell_of = np.unique(np.column_stack([m[0] for m in margins]), axis=0, return_inverse=True)
    weights = np.bincount(cell_of, weights=start())
    found = raking.rake(weights, list(cells.T), [m[1] for m in margins])
    np.testing.assert_allclose(found.g[cell_of], G["rake"], rtol=RELATIVE_TOLERANCE)


@pytest.mark.parametrize(
    ("column", "distance", "bounds"),
    [
        ("linear", "linear", None), ("raking", "raking", None), ("linear-bounded", "linear", (0.5, 2.2)),
        ("raking-bounded", "raking", (0.53, 2.2)), ("logit", "logit", (0.5, 2.2)),
    ],
)  # fmt: skip
def test_calibration(column: str, distance: Distance, bounds: tuple[float, float] | None) -> None:
    x, known = dummies()
    found = calibration.calibrate(x, start(), known, distance, bounds)
    np.testing.assert_allclose(found.g, G[column], rtol=RELATIVE_TOLERANCE)
    np.testing.assert_allclose((start() * found.g) @ x, known, rtol=RELATIVE_TOLERANCE)
    if bounds is not None:
        assert found.g.min() >= bounds[0]
        assert found.g.max() <= bounds[1]


def test_calibrated_residuals_give_the_error_of_r() -> None:
    """A total over a simple random sample: z = d g e, whose variance is that of svytotal after calibrate."""
    figures = pd.read_csv(REFERENCE / "weighting_figures.csv").set_index(["case", "method", "indicator", "category"])
    x, _ = dummies()
    y = SAMPLE["y"].fillna(0).to_numpy()
    z = start() * G["linear"].to_numpy() * residuals.residuals(x, start(), y)
    variance = 0.0
    for stratum in sorted(set(SAMPLE["stratum"])):
        own = z[SAMPLE["stratum"] == stratum]
        variance += len(own) * own.var(ddof=1)
    se = figures.loc[("people", "linear", "total-y", "all"), "se"]
    assert np.sqrt(variance) == pytest.approx(float(se), rel=RELATIVE_TOLERANCE)


def test_trimming_and_its_cap() -> None:
    weights, place, counts = np.unique(G["heavy"].to_numpy(), return_inverse=True, return_counts=True)
    cap = trimming.cap_of(weights, counts, 1.5)
    assert cap == pytest.approx(SINGLE["cap"], rel=RELATIVE_TOLERANCE)
    found = trimming.trim(weights, counts, cap)
    np.testing.assert_allclose(found.weights[place], G["trimmed"], rtol=RELATIVE_TOLERANCE)
    assert found.weights[place].sum() == pytest.approx(G["heavy"].sum(), rel=RELATIVE_TOLERANCE)
    assert found.records == int((found.weights[place] == cap).sum())
    y = SAMPLE["y"].fillna(0).to_numpy()
    bias = trimming.trimming_bias(y, G["heavy"].to_numpy(), found.weights[place])
    assert bias == pytest.approx(np.average(y, weights=G["trimmed"]) - np.average(y, weights=G["heavy"]), rel=1e-6)


def test_weights_under_the_cap_stay() -> None:
    weights, counts = np.array([1.0, 2.0]), np.array([3, 4])
    found = trimming.trim(weights, counts, trimming.cap_of(weights, counts))
    assert found.weights.tolist() == [1.0, 2.0]
    assert (found.records, found.moved) == (0, 0.0)


def test_kish_design_effect() -> None:
    weights, counts = np.unique(start(), return_counts=True)
    assert classes.kish_deff(weights, counts) == pytest.approx(SINGLE["kish-deff"], rel=RELATIVE_TOLERANCE)


def test_response_propensities_and_the_r_indicator() -> None:
    told = pd.read_csv(REFERENCE / "weighting_response.csv")
    cells = told.groupby(["sex", "age"]).apply(
        lambda d: pd.Series({"sampled": d["weight"].sum(), "responded": (d["weight"] * d["answered"]).sum()})
    )
    sex, age = (cells.index.get_level_values(name) for name in ("sex", "age"))
    x = np.column_stack([np.ones(len(cells)), sex == "m", age == "35-59", age == "60-99"]).astype(float)
    sampled = cells["sampled"].to_numpy()
    chances = response.propensities(x, cells["responded"].to_numpy(), sampled)
    by_cell = pd.Series(chances, index=cells.index)
    for name, place in (("first", 0), ("last", len(told) - 1)):
        row = told.iloc[place]
        expected = pytest.approx(SINGLE[f"propensity-{name}"], rel=RELATIVE_TOLERANCE)
        assert by_cell[row["sex"], row["age"]] == expected
    assert response.r_indicator(chances, sampled) == pytest.approx(SINGLE["r-indicator"], rel=RELATIVE_TOLERANCE)


def test_response_rates_of_aapor() -> None:
    """By the formulas of the Standard Definitions, from one set of counts."""
    counts = response.Dispositions(
        complete=500, partial=50, refusal=200, non_contact=150, other=20, unknown=300, not_eligible=80
    )
    found = response.response_rates(counts)
    assert found.e == pytest.approx(920 / 1000)
    expected = (500 / 1220, 550 / 1220, 500 / (920 + 0.92 * 300), 550 / (920 + 0.92 * 300), 500 / 920, 550 / 920)
    assert (found.rr1, found.rr2, found.rr3, found.rr4, found.rr5, found.rr6) == pytest.approx(expected)
    assert response.response_rates(counts, e=0.5).rr3 == pytest.approx(500 / 1070)
    assert response.response_rates(counts, e=1).rr3 == response.response_rates(counts).rr1
    assert response.response_rates(counts, e=0).rr3 == response.response_rates(counts).rr5


def test_small_or_costly_classes_are_put_together() -> None:
    """Class 1 has 12 respondents and goes to class 2, whose rate is nearer; class 3 stands."""
    responded, eligible = np.array([80.0, 12, 90, 40]), np.array([100.0, 24, 200, 80])
    found = classes.weighting_classes([80, 12, 90, 40], responded, eligible)
    assert found.group == (0, 1, 1, 2)
    assert found.collapsed == 1
    assert found.factor == pytest.approx((100 / 80, 224 / 102, 224 / 102, 2.0))
    sizes = np.array(found.factor) * responded
    assert sizes.sum() == pytest.approx(eligible.sum())  # respondents stand for everybody eligible, no more
    costly = classes.weighting_classes([100, 100, 100], np.array([90.0, 20, 80]), np.array([100.0, 100, 100]))
    assert costly.group == (0, 1, 1)


@pytest.mark.parametrize("n", [(5, 5), (5,)])
def test_one_class_is_left_at_the_end(n: tuple[int, ...]) -> None:
    found = classes.weighting_classes(n, np.array(n, dtype=float), np.full(len(n), 50.0))
    assert set(found.group) == {0}
    assert found.factor == pytest.approx([50 * len(n) / sum(n)] * len(n))


def test_what_no_weights_can_do_is_refused() -> None:
    weights, places = np.array([10.0, 20.0]), np.array([0, 1])
    cases = {
        "empty-category": lambda: raking.rake(weights, [places], [np.array([1.0, 2.0, 3.0])]),
        "outside-population": lambda: raking.rake(weights, [places], [np.array([30.0, 0.0])]),
        "totals-disagree": lambda: raking.agreeing([np.array([3.0, 4.0]), np.array([3.0, 4.1])], ["a", "b"]),
        "not-converged": lambda: raking.rake(  # who is in the first of one is in the first of the other
            weights, [places, places], [np.array([10.0, 20.0]), np.array([20.0, 10.0])]
        ),
        "infeasible": lambda: calibration.calibrate(
            np.eye(2), weights, np.array([1.0, 29.0]), "logit", (0.3, 3.0)
        ),
        "cap-too-low": lambda: trimming.trim(weights, np.array([1, 1]), 12.0),
        "nobody-responded": lambda: response.response_rates(response.Dispositions(unknown=4)),
    }  # fmt: skip
    for code, told in cases.items():
        with pytest.raises(RefusedWeighting) as error:
            told()
        assert error.value.code == code


def test_nobody_in_a_class_responded() -> None:
    with pytest.raises(RefusedWeighting):
        classes.weighting_classes([0, 0], np.zeros(2), np.array([4.0, 5.0]))
    found = classes.weighting_classes([0, 60], np.array([0.0, 60.0]), np.array([40.0, 90.0]))
    assert found.factor == pytest.approx((130 / 60, 130 / 60))


def test_logit_needs_bounds_around_one() -> None:
    with pytest.raises(ValueError, match="bounds"):
        calibration.calibrate(np.eye(1), np.ones(1), np.ones(1), "logit", None)


def test_bounds_that_bind_everywhere_are_found_infeasible_whatever_the_distance() -> None:
    x, known = dummies()
    for distance in ("linear", "raking", "logit"):
        with pytest.raises(RefusedWeighting) as error:
            calibration.calibrate(x, start(), known, distance, (0.95, 1.05))  # type: ignore[arg-type]
        assert error.value.code == "infeasible"
