"""`python -m demo.run`, as `make demo` calls it: a release whose figures are those of the generator's truth, a summary
that tells what came in and what was set aside, and nothing new at the second run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.programme import ROOT, new_home

from impact_pipeline import open_release

TRUTH = YAML(typ="safe").load((ROOT / "demo" / "truth.yaml").read_text(encoding="utf-8"))
FAR = 4  # standard errors; beyond it a figure is wrong rather than unlucky
SEX = {"f": 10400, "h": 9600}
AGE = {"16-29": 3200, "30-64": 10000, "65-plus": 6800}
COVERED = 0.8  # of the true parameters; 95 % are expected, of some twenty


def run(home: Path) -> str:
    command = [sys.executable, "-m", "demo.run", "--home", str(home)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The programme's folder and what the demo printed."""
    home = new_home(tmp_path_factory.mktemp("demo") / "home").root
    return home, run(home)


def test_it_ends_by_saying_what_came_in_what_was_set_aside_and_where_things_are(told):
    home, said = told
    release = open_release(home)

    rows = {name: sum(known[name] for known in TRUTH["files"]) for name in ("rows", "set_aside")}
    replaced = {"habitants lavoir avant.csv", "habitants_halle_2025 (copie).ods"}
    for known in TRUTH["files"]:
        if known["file"] in replaced:
            rows = {name: rows[name] - known[name] for name in rows}
    accepted = rows["rows"] - rows["set_aside"]
    assert f"{rows['rows']} in = {accepted} accepted + {rows['set_aside']} set aside" in said
    assert "22 files: 20 new, 1 replacing another, 1 already received" in said
    assert str(release.path) in said
    assert "digits lost" in said
    assert release.report("fr").is_file()


def test_the_studies_find_the_true_effects(told):
    effects = open_release(told[0]).table("effect")
    effects = effects[effects["is_main"]].set_index(["study", "outcome", "wave"])
    assert len(effects) == len(TRUTH["effects"])
    for true in TRUTH["effects"]:
        found = effects.loc[(true["study"], true["outcome"], true["wave"])]
        assert found["status"] == "published"
        assert found["low"] <= true["value"] <= found["high"]
        assert found["declared"] == "before"  # the lock is older than any run of the demo
    trial = effects.loc[("start-now-or-later", "work-or-training", "month-6")]
    compared = effects.loc[("cafes-and-well-being", "well-being", "follow-up")]
    assert (trial["evidence_ceiling"], compared["evidence_ceiling"]) == (5, 3)
    assert trial["p_adjusted"] < 0.05
    assert compared["p_adjusted"] < 0.05


def test_the_figures_are_those_of_the_population_that_the_files_were_drawn_from(told):
    estimates = open_release(told[0]).table("estimate")
    estimates = estimates[estimates["dimension"] == "all"].set_index(["initiative", "indicator", "wave"])
    inside = []
    for true in TRUTH["estimates"]:
        found = estimates.loc[(true["initiative"], true["indicator"], true["wave"])]
        assert found["status"] == "published"
        if true["kind"] == "census":
            assert found["value"] == pytest.approx(true["value"], rel=1e-6)
        else:
            assert abs(found["value"] - true["value"]) < FAR * found["se"]
            inside.append(found["low"] <= true["value"] <= found["high"])
    assert len(inside) > 20
    assert sum(inside) / len(inside) >= COVERED


def test_the_question_that_the_literature_answers_is_answered_and_says_that_its_figures_are_invented(told):
    release = open_release(told[0])
    answers = release.table("synthesis").set_index(["question", "source", "model"])
    answer = answers.loc[("meeting-places-well-being", "literature", "three-level")]
    assert (answer["status"], answer["role"], answer["k"], answer["studies"]) == ("published", "answer", 5, 4)
    assert answer["low"] < answer["effect"] < answer["high"]
    assert {"synthetic", "converted", "high-risk-of-bias"} <= set(answer["cautions"].split())
    shown = release.table("synthesis_effect")
    assert shown["weight"].sum() == pytest.approx(1)
    assert list(shown.loc[shown["status"] == "set-aside", "reason"]) == ["no-comparison-group"]
    assert list(release.table("synthesis_moderator")["reason"]) == ["too-many-moderators"]
    assert list(release.table("synthesis_condition")["reason"]) == ["too-few-cases"]


def test_the_residents_are_weighted_to_the_margins_of_their_population(told):
    weighting = open_release(told[0]).table("weighting").set_index(["wave", "dimension", "category"])
    assert set(weighting.index.get_level_values("wave")) == {"baseline", "follow-up"}
    for wave in ("baseline", "follow-up"):
        for dimension, totals in (("sex", SEX), ("age-group", AGE)):
            found = weighting.loc[(wave, dimension)]
            known = found.drop("(missing)", errors="ignore")  # some do not say, and keep their share
            assert known["status"].tolist() == ["published"] * len(totals)
            kept = known["after"].sum() / sum(totals.values())
            assert 0.97 < kept <= 1
            assert known["after"].to_dict() == pytest.approx({code: n * kept for code, n in totals.items()})
            assert known["target"].to_dict() == pytest.approx(known["after"].to_dict())
            assert (known["before"] - known["target"]).abs().max() > 1
        assert weighting.loc[(wave, "all", "all"), "method"] == "raking"


def test_the_codebook_tells_what_weighting_did(told):
    package = json.loads((open_release(told[0]).path / "datapackage.json").read_text(encoding="utf-8"))
    table = next(resource for resource in package["resources"] if resource["name"] == "weighting")
    described = {column["name"]: column["description"] for column in table["schema"]["fields"]}
    assert "Kish" in json.dumps(described["deff_after"])


def test_the_second_run_finds_nothing_new(told):
    home, _ = told
    version = open_release(home).version

    said = run(home)

    assert "0 new, 0 replacing another, 22 already received" in said
    assert open_release(home).version == version
