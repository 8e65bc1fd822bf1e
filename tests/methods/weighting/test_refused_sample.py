"""A sample that cannot be weighted beside one that can: no figure of the first, and each of the second to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store
from tests.methods.weighting import test_calibrated_estimates as panel

from impact_pipeline.declarations import Schemas
from impact_pipeline.disclosure import protect_weighting

FEW = 4  # answers that have come in of a new survey
INDICATORS: list[dict[str, Any]] = [
    *panel.INDICATORS,
    {"indicator": "share-tested", "value": "employed = 1", "by": ["group"],
     "compare": {"by": "group", "reference": "odd", "test": "rao-scott"}},
    {"indicator": "standard-y", "estimator": "standardised", "value": "y",
     "standard": {"by": "sex", "shares": {"f": 0.5, "m": 0.5}}},
    {"indicator": "poor", "estimator": "poverty-rate", "value": "y", "poverty_line": {"of_median": 0.6}},
    {"indicator": "gini", "estimator": "gini", "value": "y"},
    {"indicator": "imputed-y", "value": "y", "by": ["group"],
     "imputation": {"predictors": ["x", "employed = 1"], "draws": 40, "seed": 3}},
]  # fmt: skip
RESPONSE = {
    "field": "status", "complete": ["yes"], "refusal": ["no"], "unknown": ["lost"], "e": 1, "classes": ["age"],
}  # fmt: skip


def programme(folder: Path, weighting: dict[str, Any], initiatives: tuple[str, ...], **more: Any) -> Schemas:
    form = panel.instrument(panel.DESIGNS["people"], weighting, **more)
    margins = [m for m in panel.MARGINS if m["margin"] != "sex-age"]
    return declare(folder / "schemas", form, INDICATORS, margins=margins, initiatives=initiatives)


def run(
    folder: Path, weighting: dict[str, Any], samples: dict[str, pd.DataFrame], **more: Any
) -> tuple[duckdb.DuckDBPyConnection, Schemas]:
    """A programme of an initiative for each of the samples."""
    schemas = programme(folder, weighting, tuple(samples), **more)
    told = [({"initiative": name}, rows) for name, rows in samples.items()]
    return computed(schemas, store(folder, schemas, told)), schemas


def contrasts(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return connection.sql("select * from contrast").df().set_index(["indicator", "initiative", "wave", "category"])


@pytest.mark.parametrize("weighting", [{"method": "raking"}, {"method": "linear"}], ids=lambda w: w["method"])
def test_four_answers_of_one_initiative_change_no_bit_of_another(tmp_path: Path, weighting: dict[str, Any]) -> None:
    rows = panel.sample()
    whole = {"panel": rows}
    alone, _ = run(tmp_path / "alone", weighting, whole)
    both, _ = run(tmp_path / "both", weighting, whole | {"recent": rows.iloc[:FEW]})
    for read in (estimates, contrasts):
        found, before = read(both), read(alone)
        others = found[found.index.get_level_values("initiative") == "panel"]
        assert set(others["status"]) == {"published"}, others[others["status"] != "published"].to_string()
        pd.testing.assert_frame_equal(others, before, check_exact=True, check_dtype=False)
    figures = estimates(both).xs("recent", level="initiative")
    assert set(figures.index.get_level_values("indicator")) == {i["indicator"] for i in INDICATORS}
    assert set(zip(figures["status"], figures["reason"], strict=True)) == {("refused", "not-weighted")}
    told = ["value", "se", "df", "low", "high", "deff", "deff_wor", "deff_kish", "n_effective"]
    assert figures[told].isna().all(axis=None)
    differences = contrasts(both)
    refused = differences[differences.index.get_level_values("initiative") == "recent"]
    assert set(refused["reason"]) <= {"not-weighted"}
    assert refused[["difference", "se", "test_f"]].isna().all(axis=None)


def test_why_a_sample_of_few_is_refused_is_told_without_its_size(tmp_path: Path) -> None:
    rows = panel.sample()
    connection, schemas = run(tmp_path, {"method": "raking"}, {"panel": rows, "recent": rows.iloc[:FEW]})
    why = connection.sql("select why from weighting where initiative = 'recent'").fetchall()[0][0]
    assert "nobody in the sample is in" in why
    assert "leave the wave out" in why
    protect_weighting(connection, schemas)
    told = connection.sql("select * from weighting where initiative = 'recent'").df()
    assert told[["dimension", "status", "reason"]].to_numpy().tolist() == [["all", "refused", "empty-category"]]
    assert told["n"].isna().all()
    assert "why" not in told


@pytest.mark.parametrize("method", ["raking", "linear", "logit"])
@pytest.mark.parametrize("answers", [1, 2, 3, 5, 8])
def test_however_few_answers_have_come_in_the_build_goes_on(tmp_path: Path, method: str, answers: int) -> None:
    weighting = {"method": method, "bounds": [0.3, 3], "trimming": {"multiple": 6}, "response": RESPONSE}
    rows = panel.sample().assign(status="yes")
    form = {"fields": [field("status", "text", required=True)]}
    recent = rows.sample(answers, random_state=answers)
    connection, _ = run(tmp_path, weighting, {"panel": rows, "recent": recent}, **form)
    figures = estimates(connection).xs("recent", level="initiative")
    assert set(figures["reason"]) == {"not-weighted"}


def test_those_who_did_not_answer_do_not_count_in_what_is_refused(tmp_path: Path) -> None:
    rows = panel.sample()
    status = np.where(np.arange(len(rows)) % 3 == 0, "no", "yes")
    samples = {"panel": rows.assign(status=status), "silent": rows.assign(status="no")}
    weighting = {"method": "raking", "bounds": [0.99, 1.01], "response": RESPONSE}
    connection, _ = run(tmp_path, weighting, samples, fields=[field("status", "text", required=True)])
    told = connection.sql("select * from weighting").df().set_index(["initiative", "wave"])
    after = told.loc[("panel", "after")]
    assert (after["refused"], after["n"]) == ("infeasible", ((rows["wave"] == "after") & (status == "yes")).sum())
    assert (told.loc[("silent", "after"), "refused"], told.loc[("silent", "after"), "n"]) == ("nobody-responded", 0)
    found = estimates(connection).loc[("total-y", "panel", "after", "all", "all")]
    assert found["reason"] == "not-weighted"
    assert found["n"] == ((rows["wave"] == "after") & (status == "yes") & rows["y"].notna()).sum()
    assert "silent" not in estimates(connection).index.get_level_values("initiative")
