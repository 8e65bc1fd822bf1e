"""Impact Pipeline: from field actors' files to published, reproducible impact figures."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

from impact_pipeline.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from impact_pipeline.release import Release

__all__ = ["__version__", "open_release"]

# Where Spark is installed, pandera imports it, and it warns whoever checks a file of a pandas that it hardly uses.
warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)


def open_release(home: str | Path | None = None, version: str | None = None) -> Release:
    """A published release of the programme in `home` (else IMPACT_HOME, else the current folder), for notebooks.

    The latest one unless `version` names another: `open_release().table("estimate")` is a pandas frame,
    `open_release().query("select ...")` an Arrow table. Raises StoreError before the first release, UnknownName for a
    version that is not there.
    """
    from pathlib import Path

    from impact_pipeline.home import Home
    from impact_pipeline.release import ReleaseStore

    return ReleaseStore(Home(Path(home or os.environ.get("IMPACT_HOME", "."))).curated).open(version)
