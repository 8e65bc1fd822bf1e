"""A second oracle, in tests alone: the svy package (0.35) gives the same means, totals, ratios, domains and medians as
we do on the panel that R wrote, from designs with strata, sampling units and both finite populations."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest
import svy
from tests.methods.made_programme import computed, declare, estimates, store
from tests.methods.test_against_r_survey import DESIGNS, instrument, sample

RELATIVE_TOLERANCE = 1e-6
TOLD = {
    "srs": svy.Design(),
    "stratified": svy.Design(stratum="stratum", wgt="weight"),
    "clustered": svy.Design(psu="cluster", wgt="weight"),
    "stratified_clustered": svy.Design(stratum="stratum", psu="cluster", wgt="weight"),
    "stratified_fpc": svy.Design(stratum="stratum", wgt="weight", pop_size="population"),
    "stratified_clustered_fpc": svy.Design(
        stratum="stratum", psu="cluster", ssu="unit", wgt="weight", pop_size=svy.PopSize(psu="fpc", ssu="people")
    ),
}
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "mean", "value": "y", "by": ["group"]},
    {"indicator": "total", "estimator": "total", "value": "y", "by": ["group"]},
    {"indicator": "ratio", "estimator": "ratio", "value": "y", "base": "x", "by": ["group"]},
    {"indicator": "share", "value": "employed = 1", "by": ["group"], "interval": "logit"},
    {"indicator": "median", "estimator": "quantile", "probability": 0.5, "value": "y", "by": ["group"]},
]


def theirs(case: str, indicator: str) -> pd.DataFrame:
    """The later wave, where y is known: value, error, bounds and degrees of freedom by category."""
    frame = sample().query("wave == 'after'")
    of = svy.Sample(pl.from_pandas(frame), TOLD[case]).estimation
    among: Any = pl.col("employed" if indicator == "share" else "y").is_not_null()

    def asked(**by: str) -> Any:
        if indicator == "ratio":
            return of.ratio("y", "x", where=among, **by)
        if indicator == "share":
            return of.prop("employed", where=among, **by)
        if indicator == "median":
            return of.median("y", where=among, **by)
        return getattr(of, indicator)("y", where=among, **by)

    rows = pd.concat([asked().to_polars().to_pandas().assign(group="all"), asked(by="group").to_polars().to_pandas()])
    if indicator == "share":
        rows = rows[rows["employed"].astype(str) == "1"]
    return rows.set_index("group")[["est", "se", "lci", "uci", "df"]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    frames = {}
    for case in TOLD:
        folder = tmp_path_factory.mktemp(case)
        schemas = declare(folder / "schemas", instrument(DESIGNS[case]), INDICATORS)
        frame = estimates(computed(schemas, store(folder, schemas, [({}, sample())])))
        frames[case] = frame.xs("after", level="wave").droplevel(["initiative", "dimension"])
    return pd.concat(frames, names=["case"])


@pytest.mark.parametrize("indicator", [item["indicator"] for item in INDICATORS])
@pytest.mark.parametrize("case", TOLD)
def test_figures_are_those_of_svy(found: pd.DataFrame, case: str, indicator: str) -> None:
    for category, (value, se, low, high, df) in theirs(case, indicator).iterrows():
        ours = found.loc[(case, indicator, category)]
        assert tuple(ours[["value", "se", "low", "high", "df"]]) == pytest.approx(
            (value, se, low, high, df), rel=RELATIVE_TOLERANCE
        ), category
