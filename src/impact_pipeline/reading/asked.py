"""How somebody asks a file to be read, where what we found by ourselves is not right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """Encoding and separator of a text table, and the sheet of a workbook; empty where we are left to find out."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""


NOTHING = Asked()
