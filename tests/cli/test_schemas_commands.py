"""`impact schemas`: what the data team reads when declarations are right, and when they are wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.renderings.json_schema import json_schemas

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the example programme, to be changed at will."""
    shutil.copytree(ROOT / "examples" / "jobs2", tmp_path / "jobs2")
    return tmp_path / "jobs2"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_check_sums_up_what_is_declared(home):
    code, output = run("--home", home, "schemas", "check")

    assert code == 0
    assert "every declaration is right" in output
    assert "jobs2-participants.v1 (18 fields)" in output
    assert "jobs2: jobs2-participants; 5 indicators" in output


def test_check_names_every_kind_of_declaration_so_that_one_sees_that_a_file_was_read():
    code, output = run("--home", ROOT, "schemas", "check")

    assert code == 0
    told = {line[2:14].strip() for line in output.splitlines() if line.startswith("  ")}
    folders = {
        "margins", "deprivations", "indices", "studies", "references", "syntheses", "conditions", "targets", "mappings"
    }  # fmt: skip
    assert folders <= told
    assert "meeting-places-well-being" in output
    assert "small-communes" in output


def test_check_tells_every_problem_on_a_line_that_an_editor_opens_and_fails(home):
    indicator = home / "schemas/indicators/reemployment.yaml"
    text = indicator.read_text(encoding="utf-8").replace("'psyemp'", "'psyemployed'")
    indicator.write_text(text.replace("unit: percent", "unit: persent"), encoding="utf-8")

    code, output = run("--home", home, "schemas", "check")

    assert code == 1
    first, second, last = output.splitlines()
    assert first.startswith("schemas/indicators/reemployment.yaml:5: value: read 'psyemployed', expected a code of")
    assert second.startswith("schemas/indicators/reemployment.yaml:7: unit: read 'persent'")
    assert second.endswith("Did you mean 'percent'?")
    assert last.startswith("2 problems to mend")


def test_export_writes_a_json_schema_for_each_kind_of_declaration(home, tmp_path):
    code, output = run("--home", home, "schemas", "export")

    folder = home / "schemas" / "json-schema"
    assert code == 0
    assert {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()} == json_schemas()
    assert len(output.splitlines()) == len(json_schemas())
    assert run("--home", home, "schemas", "check")[0] == 0, "what is exported is not taken for a declaration"

    assert run("--home", home, "schemas", "export", "--to", tmp_path / "elsewhere")[0] == 0
    assert len(list((tmp_path / "elsewhere").iterdir())) == len(json_schemas())
