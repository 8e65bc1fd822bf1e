"""An effect from a table is that of the same rows in arrays, the same to the last bit whatever threads and row
order."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from tests.methods.impact.reference import units

from impact_pipeline.methods.impact.differences import repeated_cross_sections
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.large_tables import table_ancova, table_differences
from impact_pipeline.methods.impact.trials import ancova

RELATIVE = 1e-9
FIGURES = ("effect", "se", "df", "low", "high", "p", "sd", "n_treated", "n_control", "clusters_treated")
D = units("trials_units")
TWICE = units("differences_units").query("kept == 1 and period in (2020, 2023)").assign(
    late=lambda d: (d["period"] == 2023).astype(int), both=lambda d: d["late"] * d["treated"]
)  # fmt: skip


def engine(rows: pd.DataFrame, threads: int = 1) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": threads})
    connection.register("handed", rows)
    connection.execute("create table survey as select * from handed")
    return connection


def trial(rows: pd.DataFrame = D, threads: int = 1, **asked: str) -> EffectEstimate:
    told = {"outcome": "y", "treated": "arm", "cluster": "cluster", "covariates": ["before", "x1"], **asked}
    return table_ancova(engine(rows, threads), "survey", **told)


def differences(rows: pd.DataFrame = TWICE, **asked: str) -> EffectEstimate:
    told = {"outcome": "y", "treated": "treated", "after": "late", "both": "both", "cluster": "cluster", **asked}
    return table_differences(engine(rows), "survey", **told)


@pytest.mark.parametrize("weight", [None, "weight"])
def test_a_trial_is_that_of_arrays(weight: str | None) -> None:
    found = trial(weight=weight)
    told = ancova(
        D["y"].to_numpy(), D["arm"].to_numpy() == 1, covariates=D[["before", "x1"]].to_numpy(),
        clusters=D["cluster"].to_numpy(), weights=None if weight is None else D[weight].to_numpy(),
    )  # fmt: skip
    for figure in FIGURES:
        np.testing.assert_allclose(getattr(found, figure), getattr(told, figure), rtol=RELATIVE, err_msg=figure)
    assert found.details["wild_bootstrap_p"] == told.details["wild_bootstrap_p"]


@pytest.mark.parametrize("weight", [None, "weight"])
def test_differences_are_those_of_arrays(weight: str | None) -> None:
    found = differences(weight=weight, covariates=["z"])
    told = repeated_cross_sections(
        TWICE["y"].to_numpy(), TWICE["treated"].to_numpy() == 1, after=TWICE["late"].to_numpy() == 1,
        covariates=TWICE[["z"]].to_numpy(), clusters=TWICE["cluster"].to_numpy(),
        weights=None if weight is None else TWICE[weight].to_numpy(),
    )  # fmt: skip
    for figure in FIGURES:
        np.testing.assert_allclose(getattr(found, figure), getattr(told, figure), rtol=RELATIVE, err_msg=figure)


def test_the_same_bits_whatever_the_threads_and_the_order_of_rows() -> None:
    many = pd.concat([D.assign(y=D["y"] + i / 7, x1=D["x1"] * (1 + i / 1000)) for i in range(200)])
    shuffled = many.sample(frac=1, random_state=3)
    assert len({repr(trial(rows, threads)) for rows in (many, shuffled) for threads in (1, 2)}) == 1


def test_rows_without_a_value_are_counted() -> None:
    rows = D.assign(x1=D["x1"].where(D.index > 4))
    found = trial(rows)
    assert found.details["left_out"] == 5
    assert found.n_treated + found.n_control == len(D) - 5
    assert found.sd == pytest.approx(rows.query("x1 == x1 and arm == 0")["y"].std(), rel=RELATIVE)


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("not-zero-or-one", lambda: trial(D.assign(arm=D["arm"] * 2))),
        ("not-zero-or-one", lambda: trial(D.assign(arm=D["arm"] + 1))),
        ("not-zero-or-one", lambda: trial(D.assign(arm=D["arm"] * 0.5))),
        ("empty-arm", lambda: trial(D.assign(arm=0))),
        ("too-few-clusters", lambda: trial(D.assign(arm=(D["cluster"] == 3).astype(int)))),
        ("not-the-product", lambda: differences(TWICE.assign(both=TWICE["late"] * (TWICE["cluster"] % 2)))),
        ("empty-cell", lambda: differences(TWICE.query("late == 1 or treated == 0"))),
        ("empty-arm", lambda: differences(TWICE.query("late == 1"))),
        ("collinear", lambda: trial(covariates=["before", "before"])),
    ],
)
def test_refusals(code: str, asked: object) -> None:
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code
