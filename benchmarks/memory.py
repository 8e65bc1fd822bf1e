"""How much memory a measured process held."""

from __future__ import annotations

import re
from pathlib import Path


def peak(process: int) -> float:
    """Most memory that a process held, in MiB, and the processes that it started: Spark's is a Java machine."""
    home = Path(f"/proc/{process}")
    held = re.search(r"VmHWM:\s+(\d+) kB", (home / "status").read_text())
    started = (home / "task" / str(process) / "children").read_text().split()
    return (int(held[1]) / 1024 if held else 0.0) + sum(peak(int(child)) for child in started)
