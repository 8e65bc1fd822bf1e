"""`docs/requirements.md` has a line for each requirement, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| R")
]


def test_every_requirement_of_files_has_its_line():
    assert [line[0] for line in LINES] == [f"R{n}" for n in (*range(1, 13), *range(16, 21))]


def test_every_line_names_tests_that_exist():
    for number, _, holds, tests, _ in LINES:
        named = re.findall(r"`(tests/[^`]+)`", tests)
        assert holds, number
        assert named, number
        assert [path for path in named if not (ROOT / path).is_file()] == [], number
