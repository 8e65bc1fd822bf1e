"""Programmes to run the whole line on: the demo's files in a folder of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from impact_pipeline.home import Home

ROOT = Path(__file__).parents[2]
SENT = YAML(typ="safe").load((ROOT / "data/raw/demo/submissions.yaml").read_text(encoding="utf-8"))["submissions"]
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The shipped declarations in a folder without data."""
    shutil.copytree(ROOT / "schemas", tmp_path / "home" / "schemas", ignore=shutil.ignore_patterns("instruments.lock"))
    return Home(tmp_path / "home")


@pytest.fixture
def fill_inbox(home: Home) -> Callable[..., None]:
    """Puts demo files into the inbox, by name; all of them where none is named. Copies sent twice are left out."""

    def put(*names: str) -> None:
        for sent in SENT:
            if sent["file"] in names or (not names and "(copie)" not in sent["file"]):
                folder = home.inbox / sent["initiative"] / sent["instrument"] / sent["organisation"] / sent["period"]
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / "data/raw/demo" / sent["file"], folder)

    return put
