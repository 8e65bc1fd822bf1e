"""What the data team looks at after a run: quality by submission, and what changed against the release before.

A programme's folder comes in; plain rows and Markdown go out, for the commands and for Prefect's artifacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from impact_pipeline.declarations import load_schemas
from impact_pipeline.home import Home
from impact_pipeline.pipeline.past import Kept
from impact_pipeline.release import ReleaseStore, received
from impact_pipeline.warehouse import Warehouse

ESTIMATE_KEY = ["indicator", "initiative", "wave", "dimension", "category"]
LISTED = 20  # changed figures that are named; their number is told in full


@dataclass(frozen=True, slots=True)
class Quality:
    """Rows of the current submissions, and their findings by cause."""

    submissions: list[dict[str, Any]]
    findings: list[dict[str, Any]]


def quality(home: Home) -> Quality:
    """Quality of every current submission that has been checked."""
    kept = Kept(home, load_schemas(home.schemas))
    found = {item.submission: kept.load(item) for item in kept.current}
    rows = received(kept.current, {name: check for name, check in found.items() if check is not None})
    columns = ("submission", "organisation", "period", "rows_in", "accepted", "set_aside", "blocking", "to_check")
    return Quality([{name: row[name] for name in columns} for row in rows["submission"]], rows["quality"])


def not_weighted(home: Home, candidate: str) -> list[str]:
    """A line for each sample of a candidate that cannot be weighted as declared: which, why, and what to do.

    For the data team alone: a line may name a group of few. Raises UnknownName for an unknown candidate.
    """
    folder, _ = Warehouse(home.warehouse).candidate(candidate)
    columns = ["instrument", "initiative", "wave", "refused", "why"]
    rows = pq.read_table(folder / "weighting.parquet", columns=columns).to_pylist()
    return [
        f"Not weighted, no figure is told of {row['instrument']}, {row['initiative']}, {row['wave']}: {row['why']}."
        for row in rows
        if row["refused"] is not None
    ]


@dataclass(frozen=True, slots=True)
class Changes:
    """A release against the one before it; `moved` lists figures that are in both and differ."""

    version: str
    previous: str | None
    new: int
    gone: int
    moved: pd.DataFrame

    def markdown(self) -> str:
        """A few lines and a table."""
        if self.previous is None:
            return f"# Release {self.version}\n\nThe first one: {self.new} figures.\n"
        told = [
            f"# Release {self.version}, against {self.previous}",
            "",
            f"{self.new} new figures, {self.gone} gone, {len(self.moved)} changed.",
        ]
        if len(self.moved):
            told += ["", "| figure | before | now |", "|---|---|---|"]
            for row in self.moved.head(LISTED).itertuples(index=False):
                told.append(f"| {row.figure} | {row.before} | {row.now} |")
            if len(self.moved) > LISTED:
                told.append(f"\n{LISTED} of {len(self.moved)}.")
        return "\n".join(told) + "\n"


def changes(home: Home, version: str) -> Changes:
    """What a release says that the one before it did not. Raises UnknownName for a release that is not there."""
    store = ReleaseStore(home.curated)
    release = store.open(version)
    now, previous = release.table("estimate"), release.manifest["previous"]
    if previous is None:
        return Changes(version, None, len(now), 0, pd.DataFrame(columns=["figure", "before", "now"]))
    before = store.open(previous).table("estimate")
    both = before.merge(now, on=ESTIMATE_KEY, how="outer", suffixes=("_before", "_now"), indicator="side")
    shared = both[both["side"] == "both"]
    moved = shared[[_told(row, "before") != _told(row, "now") for row in shared.to_dict("records")]]
    listed = [
        {
            "figure": " · ".join(str(row[name]) for name in ESTIMATE_KEY),
            "before": _told(row, "before"),
            "now": _told(row, "now"),
        }
        for row in moved.to_dict("records")
    ]
    new, gone = int((both["side"] == "right_only").sum()), int((both["side"] == "left_only").sum())
    return Changes(version, previous, new, gone, pd.DataFrame(listed, columns=["figure", "before", "now"]))


def _told(row: Any, side: str) -> str:
    """A figure with its standard error, or why there is none."""
    status, value, se = (row[f"{name}_{side}"] for name in ("status", "value", "se"))
    if status != "published":
        return f"{status} ({row[f'reason_{side}']})"
    return f"{value:.10g}" if pd.isna(se) else f"{value:.10g} ± {se:.4g}"
