"""NSW as a declared study, against R: figures of `tests/reference/real_trials.R`. JOBS II is in `tests/pipeline`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.methods.made_programme import declare, field, store
from tests.methods.studies.made_study import STUDY, Made, computed, outcome

from impact_pipeline.methods.studies import Plan, compute_studies

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
FIGURES = pd.read_csv(ROOT / "tests" / "reference" / "real_trials_figures.csv").set_index(["case", "figure"])["value"]
RELATIVE_TOLERANCE = 1e-9  # the order in which numpy and R sum
TOLD = ("effect", "se", "df", "low", "high", "p")
BEFORE = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@pytest.fixture(scope="module")
def nsw(tmp_path_factory: pytest.TempPathFactory) -> Made:
    file = DATA / "nsw" / "nsw_mixtape.csv"
    if not file.is_file():
        pytest.skip("needs ../shared/data/nsw/nsw_mixtape.csv")
    folder = tmp_path_factory.mktemp("nsw")
    fields = [field("rownames", "identifier", required=True), *(field(name) for name in ("treat", *BEFORE, "re78"))]
    instrument = {"instrument": "panel", "version": 1, "kind": "survey", "title": "NSW", "key": ["rownames"],
                  "fields": fields}  # fmt: skip
    study = STUDY | {
        "design": "randomised", "treatment": "treat = 1", "assignment": {"mechanism": "random"},
        "outcomes": [outcome("re78", role="primary")], "covariates": BEFORE,
        "estimators": ["difference_in_means", "ancova", "lin"],
    }  # fmt: skip
    schemas = declare(folder, instrument, [], studies=[study])
    frame = pd.read_csv(file, dtype={"rownames": str})
    connection = computed(schemas, store(folder, schemas, [({}, frame)]))
    compute_studies(connection, schemas, {"made": Plan(None, {})})
    return Made(schemas, connection)


@pytest.mark.parametrize(
    ("estimator", "case"), [("difference_in_means", "nsw_difference"), ("ancova", "nsw_ancova"), ("lin", "nsw_lin")]
)
def test_nsw_gives_what_r_gives(nsw: Made, estimator: str, case: str) -> None:
    row = nsw.effect("re78", estimator)
    for name in TOLD:
        assert row[name] == pytest.approx(FIGURES[case, name], rel=RELATIVE_TOLERANCE)


def test_nsw_is_the_published_difference_with_its_hc2_error(nsw: Made) -> None:
    answer = nsw.effect("re78")
    assert answer["estimator"] == "difference_in_means"
    assert round(answer["effect"], 2) == 1794.34
    assert answer["se_rule"] == "HC2"
    assert answer["se"] == pytest.approx(FIGURES["nsw_hc2", "se"], rel=RELATIVE_TOLERANCE)
    assert (answer["n_treated"], answer["n_control"]) == (185, 260)
    assert answer["evidence_ceiling"] == 5
    # the arms of this known subsample differ in schooling by more than a quarter of a standard deviation
    assert nsw.fired("re78")["groups-far-apart"][1] == "level<=2 certainty-1:risk-of-bias"
    assert answer["evidence_level"] == 2
    far = nsw.table("balance").set_index("variable").loc["nodegree"]
    assert nsw.fired("re78")["groups-far-apart"][0] == pytest.approx(abs(far["smd"]))
