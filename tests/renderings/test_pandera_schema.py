"""The pandera schema of an instrument: what it tells of typed records, and by which code."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pandera
import pytest

from impact_pipeline.declarations import load_schemas
from impact_pipeline.renderings.columns import frame_types
from impact_pipeline.renderings.pandera_schema import pandera_schema

SCHEMAS = load_schemas(Path(__file__).parents[1] / "schemas" / "visits")
INSTRUMENT = SCHEMAS.instrument("visits")
GOOD = {
    "visitor": "AB001", "quarter": "2026-Q1", "commune": "07019", "sex": "f", "age": 40, "uses": "drink meet",
    "member": True, "visits": 3, "spent": 12.5, "visited_on": pd.Timestamp("2026-03-12"),
}  # fmt: skip


def records(*changes: dict[str, object]) -> pd.DataFrame:
    """One good record per change, each with a key of its own unless the change gives one."""
    rows = [GOOD | {"visitor": f"AB{place:03}"} | change for place, change in enumerate(changes)]
    return pd.DataFrame(
        {
            name: pd.Series([row.get(name, pd.NA) for row in rows], dtype=t)
            for name, t in frame_types(INSTRUMENT).items()
        }
    )


def told(frame: pd.DataFrame) -> set[tuple[int, str, str]]:
    with pytest.raises(pandera.errors.SchemaErrors) as raised:
        pandera_schema(INSTRUMENT, SCHEMAS).validate(frame, lazy=True)
    cases = raised.value.failure_cases
    # a check of the whole table gives one case by column of the failing row
    columns = cases["column"].where(cases["check"] != "duplicate-key", "")
    return set(zip(cases["index"].astype(int), columns, cases["check"], strict=True))


def test_good_records_pass_with_missing_optional_answers() -> None:
    bare = dict.fromkeys(("sex", "age", "uses", "member", "spent", "visited_on"), pd.NA)
    frame = records({}, bare)
    assert pandera_schema(INSTRUMENT, SCHEMAS).validate(frame, lazy=True).equals(frame)


def test_every_fault_is_told_at_once_by_the_code_of_its_finding() -> None:
    frame = records(
        {"age": 111, "sex": "x"}, {"visitor": "lower1", "visits": pd.NA}, {"uses": "drink swim"}, {"spent": -0.01}, {}
    )
    assert told(frame) == {
        (0, "age", "out-of-range"),
        (0, "sex", "not-in-list"),
        (1, "visitor", "pattern"),
        (1, "visits", "not_nullable"),
        (2, "uses", "not-in-list"),
        (3, "spent", "out-of-range"),
    }


def test_the_bounds_of_a_range_are_allowed() -> None:
    frame = records({"age": 0, "spent": 0.0}, {"age": 110, "spent": 100000.0})
    assert len(pandera_schema(INSTRUMENT, SCHEMAS).validate(frame, lazy=True)) == 2


def test_all_members_of_a_duplicated_key_are_told_and_an_unknown_key_is_not() -> None:
    frame = records({"visitor": "AB100"}, {}, {"visitor": "AB100"}, {"visitor": pd.NA}, {"visitor": pd.NA})
    assert told(frame) == {
        (0, "", "duplicate-key"),
        (2, "", "duplicate-key"),
        (3, "visitor", "not_nullable"),
        (4, "visitor", "not_nullable"),
    }
    other_wave = records({"visitor": "AB100"}, {"visitor": "AB100", "quarter": "2026-Q2"})
    assert len(pandera_schema(INSTRUMENT, SCHEMAS).validate(other_wave, lazy=True)) == 2
