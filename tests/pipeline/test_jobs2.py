"""A published field experiment through the whole line, from the file as it is to the release: nothing but declarations
in `examples/jobs2`. Skips where the file is absent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from impact_pipeline import open_release
from impact_pipeline.cli import app

ROOT = Path(__file__).parents[2]
FILE = ROOT.parent / "shared" / "data" / "jobs2" / "jobs.csv"
# R 4.2.2, survey 4.1.1: jobs$work <- as.numeric(jobs$work1 == "psyemp"); jobs$change <- jobs$depress2 - jobs$depress1
# svyby(~work + change, ~treat, svydesign(ids = ~1, strata = ~treat, weights = ~1, data = jobs), svymean)
FIGURES = {
    ("reemployment", "1"): (600, 0.345000, 0.019423),
    ("reemployment", "0"): (299, 0.287625, 0.026222),
    ("change-depressive-symptoms", "1"): (600, -0.139833, 0.026646),
    ("change-depressive-symptoms", "0"): (299, -0.106153, 0.037840),
}

# R 4.2.2, estimatr 1.0.0: see tests/reference/real_trials.R
EFFECTS = {
    ("depressive-symptoms", "ancova"): "jobs_depression",
    ("depressive-symptoms", "lin"): "jobs_depression_lin",
    ("reemployment", "ancova"): "jobs_work",
    ("reemployment", "difference_in_means"): "jobs_work_difference",
}
RELATIVE_TOLERANCE = 1e-9  # published figures have ten significant digits
CAPS = {  # what applies to both outcomes of a trial whose plan was never declared before its data
    "ceiling-random": "ceiling=5",
    "not-declared": "certainty<=moderate exploratory",
    "imprecise": "certainty-1:imprecision",
    "not-reviewed": "computed-not-reviewed",
}


@pytest.mark.skipif(not FILE.is_file(), reason="needs ../shared/data/jobs2/jobs.csv")
def test_the_file_as_it_is_gives_the_published_figures(tmp_path: Path) -> None:
    home = shutil.copytree(ROOT / "examples" / "jobs2", tmp_path / "jobs2")
    key = ["--instrument", "jobs2-participants", "--initiative", "jobs2", "--organisation", "jobs2-study"]
    submitted = CliRunner().invoke(
        app, ["--home", str(home), "submit", str(FILE), *key, "--period", "1995", "--lang", "en"]
    )
    assert submitted.exit_code == 0, submitted.output
    assert "All rows are accepted (899)" in submitted.output
    ran = CliRunner().invoke(app, ["--home", str(home), "run"])
    assert ran.exit_code == 0, ran.output

    told = open_release(home).table("estimate")
    told = told[told["dimension"] == "treat"].set_index(["indicator", "category"])
    for key_of_figure, (n, value, se) in FIGURES.items():
        row = told.loc[key_of_figure]
        assert row["n"] == n
        assert row["value"] == pytest.approx(value, abs=5e-7)
        assert row["se"] == pytest.approx(se, abs=5e-7)
    assert (home / "data" / "raw" / "objects").is_dir()

    effects = open_release(home).table("effect")
    reference = pd.read_csv(ROOT / "tests" / "reference" / "real_trials_figures.csv").set_index(["case", "figure"])
    for (outcome, estimator), case in EFFECTS.items():
        row = effects[(effects["outcome"] == outcome) & (effects["estimator"] == estimator)].iloc[0]
        for name in ("effect", "se", "df", "low", "high", "p"):
            assert row[name] == pytest.approx(reference.loc[(case, name), "value"], rel=RELATIVE_TOLERANCE)
        assert row["se_rule"] == "HC2"

    rules = open_release(home).table("evidence")
    answers = effects[effects["is_main"]].set_index("outcome")
    for outcome in ("depressive-symptoms", "reemployment"):
        assert answers.loc[outcome, "evidence_ceiling"] == 5
        assert answers.loc[outcome, "evidence_level"] == 5
        assert answers.loc[outcome, "certainty"] == "moderate"
        assert answers.loc[outcome, "labels"] == "exploratory computed-not-reviewed"
        fired = rules[(rules["outcome"] == outcome) & rules["fired"].fillna(False).astype(bool)]
        assert dict(zip(fired["rule"], fired["change"], strict=True)) == CAPS
        assert answers.loc[outcome, "mde"] > abs(answers.loc[outcome, "effect"])  # nothing found: what could have been
