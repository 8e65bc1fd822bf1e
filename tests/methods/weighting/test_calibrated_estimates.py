"""Estimates of samples that an instrument declares weighted: values and standard errors are those of R's survey package
(4.1.1, R 4.2.2) on the calibrated design; `tests/reference/weighting.R` wrote the figures, the R call beside each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store

from impact_pipeline.declarations import Schemas

REFERENCE = Path(__file__).parents[2] / "reference"
RELATIVE_TOLERANCE = 1e-9
DESIGNS = {
    "clustered": {"weight": "weight", "stratum": "stratum", "psu": "psu", "fpc": "fpc", "fpc_within": "people"},
    "people": {"weight": "weight", "stratum": "stratum"},
}
METHODS: dict[str, dict[str, Any]] = {
    "post-stratification": {"method": "post-stratification", "margins": ["sex-age"]},
    "raking": {"method": "raking"},
    "linear": {"method": "linear"},
    "linear-bounded": {"method": "linear", "bounds": [0.5, 2.2]},
    "raking-bounded": {"method": "raking", "bounds": [0.53, 2.2]},
    "logit": {"method": "logit", "bounds": [0.5, 2.2]},
}
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "mean-y", "value": "y", "by": ["group"], "compare": {"by": "group", "reference": "odd"}},
    {"indicator": "share-employed", "value": "employed = 1", "by": ["group"]},
    {"indicator": "ratio-y-x", "estimator": "ratio", "value": "y", "base": "x", "by": ["group"]},
    {"indicator": "total-y", "estimator": "total", "value": "y", "by": ["group"]},
    {"indicator": "change-y", "estimator": "change", "value": "y", "by": ["group"],
     "waves": {"from": "before", "to": "after"}},
    *({"indicator": f"quantile-y-{percent}", "estimator": "quantile", "probability": percent / 100, "value": "y",
       "by": ["group"]} for percent in (10, 50)),
]  # fmt: skip
MORE = pd.read_csv(REFERENCE / "weighting_more_figures.csv").set_index(["case", "method", "indicator", "category"])
FIGURES = pd.read_csv(REFERENCE / "weighting_figures.csv", skipinitialspace=True).set_index(
    ["case", "method", "indicator", "wave", "category"]
)
TOLD = pd.read_csv(REFERENCE / "weighting_margins.csv").groupby("margin")
SOURCE = {"citation": "A census"}


def margin(name: str, **more: Any) -> dict[str, Any]:
    rows = TOLD.get_group(name)
    if "-" not in name:
        totals: dict[str, Any] = dict(zip(rows["category"], map(float, rows["total"]), strict=True))
        return {"margin": name, "dimension": name, "totals": totals, "source": SOURCE, "date": "2023-01-01"} | more
    nested: dict[str, Any] = {}
    for category, total in zip(rows["category"], rows["total"], strict=True):
        outer, inner = category.split("/")
        nested.setdefault(outer, {})[inner] = float(total)
    return {"margin": name, "dimension": name.split("-"), "totals": nested, "source": SOURCE,
            "date": "2023-01-01"} | more  # fmt: skip


MARGINS = [margin(name) for name in ("sex", "age", "zone", "sex-age")]


def sample() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "weighting_sample.csv").astype(
        {"employed": "Int64", "fpc": "float64", "people": "float64"}
    )


def instrument(design: dict[str, str], weighting: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    texts = [field(name, "text", required=True) for name in ("unit", "wave", "stratum", "psu")]
    groups = [field(name, "text") for name in ("sex", "age", "zone", "group")]
    numbers = [field(name, required=True) for name in ("weight", "fpc", "people")]
    answers = [field("y"), field("x"), field("employed", "integer")]
    fields = [*texts, *groups, *numbers, *answers, *more.pop("fields", [])]
    told = {} if weighting is None else {"weighting": {"margins": ["sex", "age", "zone"]} | weighting}
    return {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
            "design": design, "fields": fields} | told | more  # fmt: skip


def programme(folder: Path, weighting: dict[str, Any] | None, design: str = "people", **more: Any) -> Schemas:
    margins = more.pop("margins", MARGINS)
    return declare(folder / "schemas", instrument(DESIGNS[design], weighting, **more), INDICATORS, margins=margins)


def run(folder: Path, weighting: dict[str, Any] | None, frame: pd.DataFrame | None = None, *,
        threads: int = 2, **more: Any) -> duckdb.DuckDBPyConnection:  # fmt: skip
    schemas = programme(folder, weighting, **more)
    told = [({}, sample() if frame is None else frame)]
    return computed(schemas, store(folder, schemas, told), threads=threads)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimates and contrasts of every design and method."""
    frames, contrasts = {}, {}
    for case in DESIGNS:
        for method, weighting in METHODS.items():
            # the wave before would break narrow bounds: it is compared where none bind
            margins = [m | ({"waves": ["after"]} if "bounds" in weighting else {}) for m in MARGINS]
            connection = run(tmp_path_factory.mktemp("weighted"), weighting, design=case, margins=margins)
            frames[case, method] = estimates(connection).droplevel(["initiative", "dimension"])
            told = connection.sql("select * from contrast where wave = 'after'").df()
            contrasts[case, method] = told.set_index(["indicator", "category"])
    return pd.concat(frames, names=["case", "method"]), pd.concat(contrasts, names=["case", "method"])


@pytest.fixture(scope="module")
def found(figures: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    return figures[0]


@pytest.mark.parametrize("key", list(FIGURES.index), ids="/".join)
def test_value_and_standard_error_are_those_of_r(found: pd.DataFrame, key: tuple[str, ...]) -> None:
    figure, ours = FIGURES.loc[key], found.loc[key]
    assert ours["status"] == "published"
    assert ours["df"] == figure["df"]
    for name in ("value", "se", "deff"):
        if not pd.isna(figure[name]):
            assert ours[name] == pytest.approx(figure[name], rel=RELATIVE_TOLERANCE), f"{name}, of {figure['call']}"


@pytest.mark.parametrize("key", list(MORE.index.unique()), ids="/".join)
def test_contrasts_and_quantiles_rest_on_it_too(
    figures: tuple[pd.DataFrame, pd.DataFrame], key: tuple[str, ...]
) -> None:
    """R: svycontrast of totals of the calibrated design, and the inverse distribution at share -+ t se."""
    case, method, indicator, category = key
    levels, contrasts = figures
    quantile = indicator.startswith("quantile")
    ours = levels.loc[(case, method, indicator, "after", category)] if quantile else contrasts.loc[key]
    expected = MORE.loc[[key]].set_index("figure")["value"]
    assert set(expected.index) == ({"value", "low", "high", "se"} if quantile else {"difference", "se"})
    for name, figure in expected.items():
        assert ours[name] == pytest.approx(figure, rel=RELATIVE_TOLERANCE), name
