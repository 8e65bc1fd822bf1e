"""Two published trials, read from files that are not ours to commit, give R's figures (tests/reference/real_trials.R).
Skips where the files are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.methods.impact.reference import figures

from impact_pipeline.methods.impact.effect import EffectEstimate
from impact_pipeline.methods.impact.trials import ancova, difference_in_means, lin

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
RELATIVE = 1e-9
PUBLISHED = 1794.34  # difference in mean earnings of 1978 (Dehejia & Wahba 1999)
TOLD = figures("real_trials")


def read(name: str) -> pd.DataFrame:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"needs ../shared/data/{name}")
    return pd.read_csv(path)


def check(found: EffectEstimate, case: str) -> None:
    for figure, value in TOLD[case].items():
        np.testing.assert_allclose(getattr(found, figure), value, rtol=RELATIVE, err_msg=f"{case} {figure}")


def test_supported_work_raised_earnings_by_the_published_amount() -> None:
    d = read("nsw/nsw_mixtape.csv")
    y, arm = d["re78"].to_numpy(), d["treat"].to_numpy() == 1
    found = difference_in_means(y, arm)
    assert round(found.effect, 2) == PUBLISHED
    assert found.se == pytest.approx(TOLD["nsw_hc2"]["se"], rel=RELATIVE)
    assert (found.n_treated, found.n_control, found.se_rule) == (185, 260, "HC2")
    check(found, "nsw_difference")
    before = d[["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]].to_numpy(float)
    check(ancova(y, arm, covariates=before), "nsw_ancova")
    check(lin(y, arm, covariates=before), "nsw_lin")


def test_job_search_workshops_on_depression_and_on_work() -> None:
    d = read("jobs2/jobs.csv")
    arm, depressed = d["treat"].to_numpy() == 1, d["depress1"].to_numpy()
    others = d[["econ_hard", "sex", "age"]].to_numpy(float)
    found = ancova(d["depress2"].to_numpy(), arm, baseline=depressed, covariates=others)
    check(found, "jobs_depression")
    assert (found.n_treated, found.n_control) == (600, 299)
    assert found.sd == pytest.approx(TOLD["jobs_sd"]["depress1"], rel=RELATIVE)
    for figure in ("effect", "se", "p"):
        told = TOLD["jobs_depression_change"][figure]
        assert found.details[f"change_score_{figure}"] == pytest.approx(told, rel=RELATIVE)
    check(lin(d["depress2"].to_numpy(), arm, baseline=depressed, covariates=others), "jobs_depression_lin")
    work = (d["work1"] == "psyemp").to_numpy(float)
    check(difference_in_means(work, arm), "jobs_work_difference")
    found = ancova(work, arm, covariates=np.column_stack([depressed, others]))
    check(found, "jobs_work")
    assert found.sd == pytest.approx(TOLD["jobs_sd"]["work"], rel=RELATIVE)
