"""When each study's plan was declared: `schemas/studies.lock`, to which `impact study declare` adds and which nothing
rewrites.

A study and the time come in; the plans ever declared for it go out, and whether its plan of today stands among them,
declared before or after the first data that could have shaped it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from impact_pipeline.declarations import Study
from impact_pipeline.storage import sync_folder

LOCK = "studies.lock"
Standing = Literal["before", "after", "not"]


@dataclass(frozen=True, slots=True)
class Registered:
    """A plan (SHA-256) and when it was declared, in UTC."""

    plan: str
    at: datetime


def registered(lock: Path) -> dict[str, tuple[Registered, ...]]:
    """Every plan ever declared, by study, oldest first; nothing where no study was declared yet."""
    if not lock.is_file():
        return {}
    told = json.loads(lock.read_text(encoding="utf-8"))
    return {
        name: tuple(Registered(entry["plan"], datetime.fromisoformat(entry["at"])) for entry in entries)
        for name, entries in sorted(told.items())
    }


def register(study: Study, lock: Path, *, now: datetime) -> tuple[Registered, bool]:
    """Write down the study's plan and the time, unless this very plan is there; tells which stands, and if it is new.

    Earlier plans of the study stay: that a plan was changed, and when, shows.
    """
    known = registered(lock)
    same = next((entry for entry in known.get(study.study, ()) if entry.plan == study.plan), None)
    if same is not None:
        return same, False
    entry = Registered(study.plan, now)
    known[study.study] = (*known.get(study.study, ()), entry)
    told = {
        name: [{"plan": item.plan, "at": item.at.isoformat(timespec="seconds")} for item in entries]
        for name, entries in sorted(known.items())
    }
    draft = lock.with_name(f".{lock.name}.draft")
    draft.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    draft.replace(lock)
    sync_folder(lock.parent)
    return entry, True


def declared_at(study: Study, known: Mapping[str, tuple[Registered, ...]]) -> datetime | None:
    """When the plan of today was declared; None where it never was, or where it was changed since."""
    return next((entry.at for entry in known.get(study.study, ()) if entry.plan == study.plan), None)


def standing(at: datetime | None, first_data: datetime | None) -> Standing:
    """Whether a plan was declared before the first data of its follow-up were received, after, or not at all."""
    if at is None:
        return "not"
    return "before" if first_data is None or at <= first_data else "after"
