"""The synthetic control equals a quadratic program's in R (tests/reference/synthetic_control.R: quadprog)."""

from __future__ import annotations

import numpy as np
import pytest
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.synthetic_control import SyntheticControl, synthetic_control

RELATIVE, SMALL = 1e-9, 1e-10
TOLD = figures("synthetic_control")
D = units("synthetic_control_units")
START = 2018


def told(rows: object = None, **changed: object) -> SyntheticControl:
    table = D if rows is None else rows
    given = {name: table[name].to_numpy() for name in ("y", "treated", "unit", "period")} | changed
    return synthetic_control(given["y"], given["treated"] == 1, units=given["unit"], periods=given["period"])


def test_weights_gaps_and_placebos_equal_r() -> None:
    found = told()
    for figure, value in TOLD["synthetic"].items():
        said = found.effect.details[figure] if figure in found.effect.details else getattr(found.effect, figure)
        np.testing.assert_allclose(said, value, rtol=RELATIVE, err_msg=figure)
    np.testing.assert_allclose(found.weights, list(TOLD["synthetic_weights"].values()), rtol=RELATIVE, atol=SMALL)
    np.testing.assert_allclose(found.gaps, list(TOLD["synthetic_gaps"].values()), rtol=RELATIVE, atol=SMALL)
    assert [f"w{unit}" for unit in found.donors] == list(TOLD["synthetic_weights"])
    assert [f"g{period}" for period in found.periods] == list(TOLD["synthetic_gaps"])
    assert (found.effect.se, found.effect.low) == (None, None)
    assert "one-treated-cluster" in found.effect.cautions


def test_order_of_rows_does_not_matter() -> None:
    assert told(D.sample(frac=1, random_state=2)) == told()


def test_a_unit_unlike_the_donors_is_told() -> None:
    wide = D.pivot(index="period", columns="unit", values="y")
    alike = (wide[102] + wide[109]) / 2 + 0.05 * np.sin(wide.index.to_numpy())
    ours = (D["unit"] == 104).to_numpy()
    near = told(y=np.where(ours, D["period"].map(alike).to_numpy(), D["y"]))
    assert "poor-fit-before" not in near.effect.cautions
    far = told(y=np.where(ours, D["y"] + 30, D["y"]))
    assert "poor-fit-before" in far.effect.cautions


def refusal(rows: object = None, **changed: object) -> str:
    with pytest.raises(RefusedEffect) as refused:
        told(rows, **changed)
    return refused.value.code


def test_what_cannot_be_told_is_refused() -> None:
    late = (D["period"] >= START).to_numpy()
    assert refusal(treated=(D["unit"].isin([104, 105]).to_numpy() & late).astype(int)) == "several-treated-units"
    assert refusal(D[D["unit"].isin([102, 104])]) == "too-few-donors"
    assert refusal(D[D["period"] >= START - 1]) == "no-period-before"
    middle = D.groupby("period")["y"].transform("mean").to_numpy()
    inside = D.assign(y=np.where(D["unit"] == 104, middle, D["y"]))
    assert refusal(inside[inside["period"] >= START - 3]) == "weights-not-unique"
