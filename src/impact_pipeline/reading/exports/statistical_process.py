"""A file of SPSS or Stata read in a process of its own: `python -I statistical_process.py FILE OUT MOST_CELLS`.

The library that reads these files is written in C, and a damaged file can end the whole process: here it ends this one
alone. The values of the file go to OUT as JSON, dates as `{"date": ...}`. Exits 3 where there are too many cells.
"""

from __future__ import annotations

import json
import math
import sys
from datetime import date
from pathlib import Path
from typing import Any, cast

TOO_LARGE = 3
MEMORY = 4 * 2**30  # bytes; a damaged file may say that it is of any size


def main(path: str, target: str, most_cells: int) -> int:
    _bound()
    import pyreadstat

    read = pyreadstat.read_sav if path.endswith(".sav") else pyreadstat.read_dta
    _, known = read(path, metadataonly=True)
    if max(known.number_rows or 0, 1) * len(known.column_names) > most_cells:
        return TOO_LARGE
    columns, known = read(path, user_missing=True, output_format="dict")
    labels, missing = known.variable_value_labels, cast("dict[str, Any]", known.missing_ranges)
    told = [
        {
            "name": name,
            "label": known.column_names_to_labels.get(name) or "",
            "labels": [[_plain(value), str(label)] for value, label in labels.get(name, {}).items()],
            "ranges": [[_plain(one["lo"]), _plain(one["hi"])] for one in missing.get(name, ())],
            "letters": [str(letter) for letter in known.missing_user_values.get(name, ())],
            "values": [_plain(value) for value in columns[name]],
        }
        for name in known.column_names
    ]
    Path(target).write_text(json.dumps(told), encoding="utf-8")
    return 0


def _plain(value: Any) -> Any:
    """A value as JSON has it; numpy's numbers are Python's, and what is not a number is none."""
    if isinstance(value, date):
        return {"date": value.isoformat()}
    value = value.item() if hasattr(value, "item") else value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


def _bound() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
