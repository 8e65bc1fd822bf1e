"""Where a programme lives: a folder with `schemas/` and `data/`. Only paths; opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of a programme. Everything but `schemas` and `raw` can be deleted and rebuilt."""

    root: Path

    @property
    def schemas(self) -> Path:
        return self.root / "schemas"

    @property
    def raw(self) -> Path:
        """Landed submissions: objects and receipts."""
        return self.root / "data" / "raw"

    @property
    def warehouse(self) -> Path:
        """Checked records by submission, the private database of a build, and the builder's lock."""
        return self.root / "data" / "warehouse"

    @property
    def curated(self) -> Path:
        """Releases and the pointer to the latest."""
        return self.root / "data" / "curated"

    @property
    def inbox(self) -> Path:
        """Files waiting for `ingest`: `inbox/<initiative>/<instrument>/<organisation>/<period>/<file>`."""
        return self.root / "data" / "inbox"
