"""The lock of studies: a plan keeps the day on which it was first declared, and a changed plan shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.declarations import Study, load_schemas
from impact_pipeline.registration import declared_at, register, registered, standing

HOME = Path(__file__).parents[1] / "examples" / "jobs2"
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def study() -> Study:
    return load_schemas(HOME / "schemas").study("jobs2-trial")


def test_a_plan_declared_again_keeps_its_first_day_and_a_changed_one_is_added(tmp_path: Path, study: Study) -> None:
    lock = tmp_path / "studies.lock"
    first, is_new = register(study, lock, now=NOW)
    assert (first.plan, first.at, is_new) == (study.plan, NOW, True)
    assert register(study, lock, now=NOW + timedelta(days=9)) == (first, False)

    changed = study.model_copy(update={"covariates": ()})
    assert declared_at(changed, registered(lock)) is None
    register(changed, lock, now=NOW + timedelta(days=10))
    assert declared_at(changed, registered(lock)) == NOW + timedelta(days=10)
    assert declared_at(study, registered(lock)) == NOW
    assert [entry["at"] for entry in json.loads(lock.read_text(encoding="utf-8"))["jobs2-trial"]] == [
        "2026-03-01T09:30:00+00:00", "2026-03-11T09:30:00+00:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "first_data", "expected"),
    [
        (None, NOW, "not"), (None, None, "not"), (NOW, None, "before"), (NOW, NOW, "before"),
        (NOW, NOW + timedelta(seconds=1), "before"), (NOW, NOW - timedelta(seconds=1), "after"),
    ],
)  # fmt: skip
def test_a_plan_stands_before_or_after_the_first_data(
    at: datetime | None, first_data: datetime | None, expected: str
) -> None:
    assert standing(at, first_data) == expected


def run(home: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--home", str(home), "study", *arguments])
    return result.exit_code, result.output


def test_the_command_declares_lists_and_shows(tmp_path: Path) -> None:
    for path in (HOME / "schemas").rglob("*.yaml"):
        copy = tmp_path / path.relative_to(HOME)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())

    assert "not declared yet" in run(tmp_path, "list", "--lang", "en")[1]
    code, told = run(tmp_path, "declare", "jobs2-trial", "--lang", "en")
    assert code == 0
    assert (tmp_path / "schemas" / "studies.lock").is_file()
    assert told.startswith("Plan ")
    assert "has been declared since" in run(tmp_path, "declare", "jobs2-trial", "--lang", "en")[1]
    code, told = run(tmp_path, "show", "jobs2-trial", "--lang", "en")
    assert code == 0
    assert "randomised trial" in told
    assert "Harm: nobody has judged it yet" in told

    path = tmp_path / "schemas" / "studies" / "jobs2-trial.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("econ_hard, ", ""), encoding="utf-8")
    assert "changed since it was declared" in run(tmp_path, "list", "--lang", "en")[1]
    code, told = run(tmp_path, "show", "jobs-trial", "--lang", "en")
    assert code == 1
    assert "jobs2-trial" in told


def test_the_plans_of_the_demo_are_those_that_were_declared() -> None:
    folder = Path(__file__).parents[1] / "schemas"
    known = registered(folder / "studies.lock")
    studies = load_schemas(folder).studies
    assert set(known) == set(studies)
    for study in studies.values():
        assert declared_at(study, known) is not None, f"{study.study}: its plan changed since it was declared"
