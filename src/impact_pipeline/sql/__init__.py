"""The numbered SQL of the pipeline, in the order in which it runs: one statement a file, ANSI, the same for every
instrument. Each file says what it reads and what a row of its result is; `text` gives it as it stands.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def text(name: str) -> str:
    """The statement of `<name>.sql`, such as `10_score`."""
    return (files("impact_pipeline.sql") / f"{name}.sql").read_text(encoding="utf-8")


@cache
def numbered() -> frozenset[str]:
    """The texts of all numbered files, without the white space around them."""
    paths = [path for path in files("impact_pipeline.sql").iterdir() if path.name.endswith(".sql")]
    return frozenset(path.read_text(encoding="utf-8").strip() for path in paths)
