"""Earlier accepted records put into an engine as the pipeline does, and files checked after them on both paths."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from tests.validation.test_engine_same_as_frames import told

from impact_pipeline.conforming import conform
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.reading import read_book, sniff
from impact_pipeline.validation import Checked, check_table
from impact_pipeline.validation.engine import check_csv
from impact_pipeline.validation.outcome import records_schema
from impact_pipeline.validation.past import EXTRA, RECORDS, Decision, Past

Before = tuple[tuple[str, str, str, int], dict[str, Any], str]


def before(
    submission: str, organisation: str, period: str, order: int, *, row: int = 2, form: str = "", **fields: Any
) -> Before:
    """A record of an earlier file."""
    return (submission, organisation, period, order), {"row": row, **fields}, form


def put(connection: duckdb.DuckDBPyConnection, instrument: Instrument, earlier: Sequence[Before]) -> None:
    about = [
        ("_submission", pa.string()),
        ("_organisation", pa.string()),
        ("_period", pa.string()),
        ("_order", pa.int64()),
    ]
    names = [name for name, _ in about]
    rows = [dict(zip(names, of, strict=True)) | fields for of, fields, _ in earlier]
    forms = [
        dict(zip(names, of, strict=True)) | {"row": fields["row"], "header": "_uuid", "text": form}
        for of, fields, form in earlier
        if form
    ]
    schema = pa.schema([*about, *records_schema(instrument)])
    extra = pa.schema([*about, ("row", pa.int64()), ("header", pa.string()), ("text", pa.string())])
    connection.register(RECORDS, pa.Table.from_pylist(rows, schema=schema))
    connection.register(EXTRA, pa.Table.from_pylist(forms, schema=extra))


def same_outcome(
    folder: Path, instrument: Instrument, schemas: Schemas, rows: Sequence[Mapping[str, str]],
    earlier: Sequence[Before], *, period: str, organisation: str, decisions: Sequence[Decision] = (),
) -> Checked:  # fmt: skip
    """The outcome of a CSV whose columns are fields, or headers of its own, checked on both paths."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = [instrument.by_name[name].label.fr if name in instrument.by_name else name for name in names]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows([shown, *([row.get(name, "") for name in names] for row in rows)])
    path = folder / "form.csv"
    path.write_text(stream.getvalue(), encoding="utf-8", newline="")
    content, fill = path.read_bytes(), {"period": period, "organisation": organisation}
    past = Past(organisation, period, True, {decision.row: decision for decision in decisions})
    with duckdb.connect() as one, duckdb.connect() as other:
        put(one, instrument, earlier)
        put(other, instrument, earlier)
        frames = check_table(
            conform(read_book(content, path.name), instrument, schemas, fill=fill), instrument, schemas, one, past
        )
        engine = check_csv(path, sniff(content), instrument, schemas, other, fill=fill, past=past)
        assert engine is not None
        ours, theirs = told(frames, folder), told(engine, folder)
    for name, value in ours.items():
        assert theirs[name] == value, name
    return frames
