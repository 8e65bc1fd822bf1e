"""A programme to run the whole line on: the shipped declarations, and the demo's files, in a folder of their own."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from ruamel.yaml import YAML

from impact_pipeline.home import Home

ROOT = Path(__file__).parents[1]
FILES = ROOT / "data" / "raw" / "demo"
SENT = YAML(typ="safe").load((FILES / "submissions.yaml").read_text(encoding="utf-8"))["submissions"]
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def new_home(folder: Path) -> Home:
    """The shipped declarations in a folder without data."""
    shutil.copytree(ROOT / "schemas", folder / "schemas", ignore=shutil.ignore_patterns("instruments.lock"))
    return Home(folder)


def fill_inbox(home: Home, *names: str) -> None:
    """Put demo files into the inbox, by name; all of them where none is named. Copies sent twice are left out."""
    for sent in SENT:
        if sent["file"] in names or (not names and "(copie)" not in sent["file"]):
            folder = home.inbox / sent["initiative"] / sent["instrument"] / sent["organisation"] / sent["period"]
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(FILES / sent["file"], folder)
