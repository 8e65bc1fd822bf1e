"""The synthetic files: the same every time, realistic, small, and with true values that are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from demo.draws import Draws, probability_at_most
from ruamel.yaml import YAML
from scipy.stats import binom

from demo import cafes, generate, pole, residents, youth
from impact_pipeline.declarations import load_schemas

ROOT = Path(__file__).parents[2]
SCHEMAS = load_schemas(ROOT / "schemas")
GENERATED = generate.generated()
LISTED = YAML(typ="safe").load((ROOT / generate.LIST).read_text(encoding="utf-8"))["submissions"]
TRUTH = YAML(typ="safe").load((ROOT / generate.TRUTH).read_text(encoding="utf-8"))


def test_two_generations_give_the_same_bytes() -> None:
    assert generate.generated() == GENERATED


def test_the_committed_files_hold_what_the_generator_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("change", ["another value", "missing", "one more"])
def test_check_tells_which_file_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str) -> None:
    generate.main(["--into", str(tmp_path)])
    file = tmp_path / generate.OUTPUT / "cafes mai.csv"
    changes: dict[str, Callable[[], object]] = {
        "another value": lambda: file.write_bytes(file.read_bytes().replace(b"07019", b"07020")),
        "missing": file.unlink,
        "one more": lambda: file.with_name("cafes mai 2.csv").write_bytes(file.read_bytes()),
    }
    changes[change]()
    assert generate.main(["--check", "--into", str(tmp_path)]) == 1
    assert "cafes mai" in capsys.readouterr().out.rpartition("differs")[2]


def test_what_is_sent_is_declared_and_small() -> None:
    folder = ROOT / generate.OUTPUT
    assert len(LISTED) >= 12
    assert {sent["initiative"] for sent in LISTED} == set(SCHEMAS.initiatives)
    assert {sent["instrument"] for sent in LISTED} == set(SCHEMAS.versions)
    for sent in LISTED:
        initiative = SCHEMAS.initiative(sent["initiative"])
        assert (folder / sent["file"]).is_file()
        assert sent["organisation"] in initiative.organisations
        assert sent["instrument"] in initiative.instruments
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1_500_000
    assert {Path(sent["file"]).suffix for sent in LISTED} == {".csv", ".tsv", ".xlsx", ".xls", ".ods"}


def test_one_file_is_sent_twice_and_one_is_corrected() -> None:
    contents = Counter((ROOT / generate.OUTPUT / sent["file"]).read_bytes() for sent in LISTED)
    assert sorted(contents.values())[-2:] == [1, 2]
    keys: dict[tuple[str, ...], set[bytes]] = {}
    for sent in LISTED:
        key = tuple(sent[name] for name in ("initiative", "instrument", "organisation", "period"))
        keys.setdefault(key, set()).add((ROOT / generate.OUTPUT / sent["file"]).read_bytes())
    assert sorted(len(different) for different in keys.values())[-2:] == [1, 2]


def test_true_shares_are_sums_over_the_whole_population() -> None:
    assert sum(share for share, _ in residents._population()) == pytest.approx(1)
    for wave, mean in residents.LEVELS["who5"].items():
        levels = [(share, residents._level("who5", wave, effect)) for share, effect in residents._population()]
        assert sum(share * level for share, level in levels) == pytest.approx(mean)
        assert all(0 < level < 1 for _, level in levels)
    assert probability_at_most(12, 25, 0.52) == pytest.approx(binom.cdf(12, 25, 0.52))


def test_those_who_keep_their_job_leave_the_shares_at_twelve_months_as_declared() -> None:
    draws, employed = Draws("test"), 0
    for _ in range(20_000):
        before = youth._situation("month-6", "neither", draws)
        employed += youth._situation("month-12", before, draws) == "employed"
    assert employed / 20_000 == pytest.approx(youth.SHARES["month-12"]["employed"], abs=0.015)


def test_the_drawn_samples_are_near_their_true_values() -> None:
    true = {(figure["indicator"], figure["wave"]): figure["value"] for figure in TRUTH["estimates"]}
    for wave in ("baseline", "follow-up"):
        scores = [
            (float(str(record["weight"])), 4 * sum(answers))
            for record in residents.answers(wave)
            for answers in [[int(str(record[f"who5_{item}"]).replace("None", "-9")) for item in range(1, 6)]]
            if min(answers) >= 0
        ]
        mean = sum(weight * score for weight, score in scores) / sum(weight for weight, _ in scores)
        assert mean == pytest.approx(true["cafe-wellbeing", wave], abs=3)
    seen = [r for organisation in youth.ORGANISATIONS for r in youth.records(organisation)["month-6"]]
    rate = sum(record["situation"] == "employed" for record in seen) / len(seen)
    assert rate == pytest.approx(true["employment-rate-6-months", "month-6"], abs=0.1)


def test_a_code_is_one_person_whatever_the_organisation() -> None:
    entered = [r["youth"] for organisation in youth.ORGANISATIONS for r in youth.records(organisation)["entry"]]
    assert len(entered) == len(set(entered))
    asked = [resident.code for resident in residents.residents()]
    assert len(asked) == len(set(asked))


def test_some_groups_are_too_small_to_be_published() -> None:
    small = [r for r in youth.records(youth_of_a_small_department())["month-6"] if str(r["commune"]).startswith("26")]
    assert 0 < len(small) < SCHEMAS.programme.disclosure.person
    without = [form for form in cafes.forms("2026-01") if not form["bread"]]
    assert 0 < len(without) < SCHEMAS.programme.disclosure.business


def youth_of_a_small_department() -> str:
    return next(name for name, places in youth.ORGANISATIONS.items() if any(c.startswith("26") for c in places))


def test_the_tables_of_the_cluster_obey_the_rules_of_its_form() -> None:
    for record in pole.table(2024) + pole.table(2025):
        assert int(str(record["pathway_women"])) <= int(str(record["pathway_people"]))
        assert int(str(record["local_suppliers"])) <= int(str(record["suppliers"]))
        assert float(str(record["training_hours"])) <= 500 * int(str(record["pathway_people"]))
