"""Tests and models on survey designs agree with R's survey package (4.1.1, R 4.2.2); `tests/reference/design_tests.R`
wrote the figures, and the R call stands beside each in `design_tests_figures.csv`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from tests.methods.test_against_r_survey import DESIGNS, REFERENCE, sample

from impact_pipeline.methods.design_tests import FTest, TTest, rao_scott, survey_glm, survey_t_test, wald_test
from impact_pipeline.methods.survey_design import RefusedFigure, SurveyDesign

RELATIVE_TOLERANCE = 1e-9
FIGURES = pd.read_csv(REFERENCE / "design_tests_figures.csv")
CASES = list(FIGURES.groupby(["case", "wave"]).groups)


def codes(values: pd.Series) -> NDArray[np.int64]:
    return np.unique(values.astype(str), return_inverse=True)[1].astype(np.int64)


def drawn(case: str, wave: str) -> tuple[pd.DataFrame, SurveyDesign]:
    """The records of a wave and their design, as R was given them."""
    frame, named = sample().query("wave == @wave").reset_index(drop=True), DESIGNS[case]
    strata = frame[named["stratum"]]
    psus = strata + "/" + frame[named["psu"]] if "psu" in named else frame["unit"]
    population = frame.groupby(codes(strata))[named["fpc"]].first().to_numpy(float) if "fpc" in named else None
    policy: Any = named.get("single_psu", "fail")
    weights = frame["weight"].to_numpy(float)
    units = frame["people"].to_numpy(float) if "fpc_within" in named else None
    return frame, SurveyDesign(weights, codes(strata), codes(psus), population, policy, units=units)


def answers(frame: pd.DataFrame, design: SurveyDesign) -> tuple[NDArray[np.float64], SurveyDesign]:
    """y, and the design whose domain is those who gave it."""
    held = frame["y"].notna().to_numpy()
    return frame["y"].to_numpy(float), replace(design, weights=np.where(held, design.weights, 0.0))


def covariates(frame: pd.DataFrame) -> NDArray[np.float64]:
    even = (frame["group"] == "even").to_numpy(float)
    return np.stack([np.ones(len(frame)), frame["x"].to_numpy(float), even], axis=1)


def found(case: str, wave: str) -> dict[tuple[str, str], float]:
    frame, design = drawn(case, wave)
    y, domain = answers(frame, design)
    x = covariates(frame)
    employed = frame["employed"].to_numpy(float)
    t: TTest = survey_t_test(y, x[:, 2], domain)
    told = {("t", name): getattr(t, name) for name in ("difference", "t", "df", "p")}
    bands = np.searchsorted([3, 6], frame["x"].to_numpy(float)).astype(np.int64)
    for name, columns in (("even", x[:, 2].astype(np.int64)), ("band", bands)):
        chi: FTest = rao_scott(employed.astype(np.int64), columns, design)
        told |= {(f"chi-{name}", figure): getattr(chi, figure) for figure in ("f", "df1", "df2", "p")}
    linear, logit = survey_glm(x, y, domain, "linear"), survey_glm(x, employed, design, "logit")
    for name, fit in (("linear", linear), ("logit", logit)):
        told |= {(name, f"b{k}"): fit.coefficients[k] for k in range(3)}
        told |= {(name, f"se{k}"): fit.se[k] for k in range(3)}
        told |= {(name, "v12"): fit.covariance[1, 2], (name, "df"): fit.df}
    wald = wald_test(linear, np.array([1, 2]))
    told |= {("linear", f"wald_{figure}"): getattr(wald, figure) for figure in ("f", "df1", "df2", "p")}
    return told


@pytest.mark.parametrize(("case", "wave"), CASES)
def test_tests_and_models_are_those_of_r(case: str, wave: str) -> None:
    told = found(case, wave)
    rows = FIGURES[(FIGURES["case"] == case) & (FIGURES["wave"] == wave)]
    assert {(row.test, row.figure) for row in rows.itertuples()} == set(told)
    for row in rows.itertuples():
        assert told[row.test, row.figure] == pytest.approx(row.value, rel=RELATIVE_TOLERANCE), row.call


def test_the_order_of_rows_changes_no_bit() -> None:
    frame, design = drawn("stratified_clustered", "after")
    order = np.random.default_rng(3).permutation(len(frame))
    y, domain = answers(frame, design)
    x = covariates(frame)
    for family, outcome in (("linear", y), ("logit", frame["employed"].to_numpy(float))):
        one = survey_glm(x, outcome, domain, family)  # type: ignore[arg-type]
        other = survey_glm(x[order], outcome[order], domain.rows(order), family)  # type: ignore[arg-type]
        assert one.coefficients.tobytes() == other.coefficients.tobytes()
        assert one.covariance.tobytes() == other.covariance.tobytes()
    codes_of = frame["employed"].to_numpy(np.int64), x[:, 2].astype(np.int64)
    assert rao_scott(*codes_of, design) == rao_scott(codes_of[0][order], codes_of[1][order], design.rows(order))


def test_what_data_cannot_carry_is_refused() -> None:
    frame, design = drawn("stratified_clustered", "after")
    y, domain = answers(frame, design)
    x, employed = covariates(frame), frame["employed"].to_numpy(float)
    refusals = {
        "missing-values": lambda: survey_glm(x, y, design, "linear"),
        "collinear": lambda: survey_glm(np.column_stack([x, 2 * x[:, 1]]), y, domain, "linear"),
        "not-converged": lambda: survey_glm(np.column_stack([x, employed]), employed, design, "logit"),
        "not-binary": lambda: survey_glm(x, frame["x"].to_numpy(float), design, "logit"),
        "one-group": lambda: survey_t_test(y, np.ones(len(y)), domain),
        "one-category": lambda: rao_scott(np.zeros(len(y), int), x[:, 2].astype(int), design),
        "no-degrees-of-freedom": lambda: survey_glm(
            np.column_stack([x, np.random.default_rng(1).normal(size=(len(y), 12))]), y, domain, "linear"
        ),
        "psu-in-two-strata": lambda: rao_scott(
            employed.astype(int),
            x[:, 2].astype(int),
            replace(design, psus=np.where(design.psus == design.psus.max(), 0, design.psus)),
        ),
    }
    lonely = replace(drawn("lonely_adjust", "after")[1], single_psu="fail")
    refusals["single-psu"] = lambda: rao_scott(employed.astype(int), x[:, 2].astype(int), lonely)
    for code, ask in refusals.items():
        with pytest.raises(RefusedFigure) as refused:
            ask()
        assert refused.value.code == code
