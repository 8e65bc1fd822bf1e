"""`docs/methods.md` has a line for each capability; modules, tests and reference scripts that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
LINES = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in PAGE.splitlines()
    if re.match(r"\| [A-Z]\d", line)
]  # fmt: skip
CAPABILITIES = {"A": 14, "B": 8, "C": 14, "D": 9, "E": 1, "T": 1, "G": 2}  # how many of each
SCRIPTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "reference").glob("*.[Rp]*"))


def test_every_capability_has_its_line() -> None:
    expected = [f"{letter}{n}" for letter, count in CAPABILITIES.items() for n in range(1, count + 1)]
    assert [line[0] for line in LINES] == expected


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_what_a_line_names_exists(line: list[str]) -> None:
    _, capability, modules, declared, tests, reference, _, _ = line
    assert all((capability, modules, declared, tests, reference))
    sources = [ROOT / "src" / "impact_pipeline" / name for name in re.findall(r"`([^`]+\.py)`", modules)]
    named = [ROOT / name for name in re.findall(r"`(tests/[^`]+)`", tests + reference)]
    assert sources
    assert named
    assert [path for path in (*sources, *named) if not path.is_file()] == []


def test_every_reference_script_is_named() -> None:
    assert len(SCRIPTS) > 20
    assert [script for script in SCRIPTS if f"`{script}`" not in PAGE] == []
