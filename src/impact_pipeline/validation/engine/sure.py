"""Numbers that SQL reads by itself: forms that mean one number and nothing else, in a column of a large file.

Expressions in SQL over a text go out. Longer integers, doubtful forms and labelled answers are left to conforming.
"""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.declarations import FieldDeclaration, Instrument
from impact_pipeline.renderings.engine_sql import literal

SURE = {"integer": r"[+-]?\d{1,15}", "decimal": r"[+-]?\d{1,15}([.,]\d{1,15})?"}  # by the type of the field
TWO_READINGS = r"[+-]?[1-9]\d{0,2}[.,]\d{3}"


def is_sure(text: str, field: FieldDeclaration, instrument: Instrument, words: Sequence[str] = ()) -> str:
    """Whether a text can be read in one way only, and is no labelled answer, nor one of `words`, which mean else."""
    form, doubtful = literal(SURE[field.type]), literal(TWO_READINGS)
    labelled = ", ".join(map(str, instrument.missing)) or "null"
    others = f" and {text} not in ({', '.join(map(literal, words))})" if words else ""
    return (
        f"case when regexp_full_match({text}, {form}) and not regexp_full_match({text}, {doubtful}){others} "
        f"then coalesce(cast(replace({text}, ',', '.') as double) not in ({labelled}), true) else false end"
    )


def neutral(text: str) -> str:
    """A sure number with a decimal comma in neutral writing: `+090,50` is 90.5."""
    number = f"rtrim(rtrim(replace(ltrim({text}, '+'), ',', '.'), '0'), '.')"
    return rf"regexp_replace({number}, '^(-?)0+(\d)', '\1\2')"
