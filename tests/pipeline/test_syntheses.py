"""A trial of ours, from its file, is pooled with declared effects of others in the release: sign, weight, words.

The trial is the published field experiment of `examples/jobs2`; the other effects are made up here. Skips where its
file is absent.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from ruamel.yaml import YAML
from typer.testing import CliRunner

from impact_pipeline import open_release
from impact_pipeline.cli import app
from impact_pipeline.methods.synthesis.pooling import pool
from impact_pipeline.release import Release

ROOT = Path(__file__).parents[2]
FILE = ROOT.parent / "shared" / "data" / "jobs2" / "jobs.csv"
ROUNDED = 1e-8  # what pooling makes of figures published with ten significant digits
OTHERS = (0.10, 0.22, 0.35, 0.05)

REFERENCE = {
    "reference": "made-up", "question": "Does it help", "citation": "Made up for a test", "licence": "CC0-1.0",
    "synthetic": True, "extraction": {"extracted_by": "A", "on": "2026-11-25", "checked_by": "B"},
    "effects": [
        {"study": f"other-{n}", "label": f"Other {n}", "year": 2020, "country": "FR", "population": "Adults",
         "outcome": "mood", "design": "randomised", "n_treated": 90, "n_control": 90, "measure": "smd",
         "effect": value, "se": 0.12, "risk_of_bias": "low", "page": "p. 1"}
        for n, value in enumerate(OTHERS)
    ],
}  # fmt: skip
MOOD = {
    "synthesis": "mood", "question": "Does it help", "outcome": "Mood", "measure": "smd",
    "studies": [{"study": "jobs2-trial", "outcome": "depressive-symptoms"}], "references": [{"reference": "made-up"}],
}  # fmt: skip
WORK = {
    "synthesis": "work", "question": "Does it help", "outcome": "Work", "measure": "risk-difference",
    "studies": [{"study": "jobs2-trial", "outcome": "reemployment"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    if not FILE.is_file():
        pytest.skip("needs ../shared/data/jobs2/jobs.csv")
    home = shutil.copytree(ROOT / "examples" / "jobs2", tmp_path_factory.mktemp("syntheses") / "jobs2")
    for folder, name, told in (("references", "made-up", REFERENCE), ("syntheses", "mood", MOOD),
                               ("syntheses", "work", WORK)):  # fmt: skip
        (home / "schemas" / folder).mkdir(exist_ok=True)
        with (home / "schemas" / folder / f"{name}.yaml").open("w", encoding="utf-8") as stream:
            YAML().dump(told, stream)
    key = ["--instrument", "jobs2-participants", "--initiative", "jobs2", "--organisation", "jobs2-study"]
    for command in (["submit", str(FILE), *key, "--period", "1995"], ["run"]):
        done = CliRunner().invoke(app, ["--home", str(home), *command])
        assert done.exit_code == 0, done.output
    return open_release(home)


def test_our_trial_counts_among_the_others_turned_so_that_more_is_better(release: Release) -> None:
    ours = release.table("effect").query("outcome == 'depressive-symptoms' and is_main").iloc[0]
    shown = release.table("synthesis_effect").query("question == 'mood' and source == 'own'").iloc[0]
    assert ours["g"] < 0  # fewer symptoms
    assert (shown["effect"], shown["se"]) == (-ours["g"], ours["g_se"])
    assert (shown["low"], shown["high"]) == (-ours["g_high"], -ours["g_low"])
    assert (shown["study"], shown["design"]) == ("jobs2", "randomised")
    assert shown["evidence_level"] == ours["evidence_level"]


def test_the_answer_is_the_pool_of_what_is_shown(release: Release) -> None:
    shown = release.table("synthesis_effect").query("question == 'mood'")
    told = pool(shown["effect"].to_numpy(float), shown["se"].to_numpy(float) ** 2)
    answers = release.table("synthesis").query("question == 'mood' and role == 'answer'").set_index("source")
    both = answers.loc["both"]
    assert (both["k"], both["model"]) == (5, "random-effects")
    names = ("effect", "low", "high", "prediction_low", "prediction_high")
    assert_allclose([both[name] for name in names], [getattr(told, name) for name in names], rtol=ROUNDED)
    assert_allclose(shown["weight"].to_numpy(float), told.weights, rtol=ROUNDED)
    assert (answers.loc["own", "status"], answers.loc["own", "reason"]) == ("refused", "too-few-studies")
    alone = np.array(OTHERS)
    assert_allclose(answers.loc["literature", "effect"], pool(alone, np.full(4, 0.12**2)).effect, rtol=ROUNDED)


def test_a_share_is_shown_as_a_difference_of_risks_and_not_pooled_alone(release: Release) -> None:
    ours = release.table("effect").query("outcome == 'reemployment' and is_main").iloc[0]
    (shown,) = release.table("synthesis_effect").query("question == 'work'").to_dict("records")
    assert (shown["effect"], shown["se"], shown["status"]) == (ours["effect"], ours["se"], "shown")
    assert list(release.table("synthesis").query("question == 'work'")["reason"]) == ["too-few-studies"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_report_tells_the_question(release: Release, language: str) -> None:
    page = release.report(language).read_text(encoding="utf-8")  # type: ignore[arg-type]
    assert "Does it help" in page
