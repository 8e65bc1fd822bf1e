"""Checking a workbook end to end, against frictionless validating the same file with the equivalent schema.

`python -m benchmarks.check_workbook [--rows 5000] [--repeat 5] [--alone]` makes an .xlsx of 30 columns (the survey of
`survey_schemas`, a few wrong cells in it), then measures both in this process after their imports, by turns and once
for nothing: medians of seconds of the processor, their ratio, and the peak memory. `--alone` leaves frictionless out,
for files that would keep it busy for minutes. Prints a table; asserts nothing, for a machine's seconds are not a
promise.
"""

from __future__ import annotations

import argparse
import csv
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from benchmarks.survey_to_release import SCHEMAS, write_survey
from impact_pipeline import pipeline
from impact_pipeline.declarations import Instrument, Schemas, load_schemas
from impact_pipeline.landing import SubmissionKey

TYPES = {"integer": "integer", "decimal": "number", "date": "date", "boolean": "boolean"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=5_000)
    arguments.add_argument("--repeat", type=int, default=5)
    arguments.add_argument("--alone", action="store_true")
    options = arguments.parse_args()
    schemas = load_schemas(SCHEMAS)
    instrument = schemas.instrument("village-survey")
    with tempfile.TemporaryDirectory(prefix="impact-benchmark-") as folder:
        path = Path(folder) / "survey.xlsx"
        write_workbook(path, options.rows, instrument)
        print(f"{options.rows:,} rows x {len(instrument.fields)} columns, {path.stat().st_size / 1e6:.1f} MB")
        ours, theirs = list[tuple[float, float]](), list[tuple[float, float]]()
        check(path, instrument, schemas)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        validate = None if options.alone else frictionless_on(path, instrument, schemas)
        if validate is not None:
            validate()
        for _ in range(options.repeat):
            ours.append(seconds_of(lambda: check(path, instrument, schemas)))
            theirs += [seconds_of(validate)] if validate is not None else []
        told(ours, "impact check")
        print(f"peak memory: {peak:,.0f} MiB")
        if theirs:
            told(theirs, "frictionless validate")
            medians = [statistics.median(seconds for seconds, _ in runs) for runs in (theirs, ours)]
            print(f"ratio: {medians[0] / medians[1]:.1f} times faster")


def seconds_of(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the processor, which what else runs on the machine hardly changes, and of the clock."""
    began = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - began[0], time.perf_counter() - began[1]


def told(runs: list[tuple[float, float]], name: str) -> None:
    processor, clock = (statistics.median(seconds) for seconds in zip(*runs, strict=True))
    print(f"{name}: {processor:.2f} s of the processor, {clock:.2f} s of the clock (median of {len(runs)})")


def check(path: Path, instrument: Instrument, schemas: Schemas) -> None:
    key = SubmissionKey("villages", instrument.instrument, "any", "2026")
    with pipeline.engine() as connection:
        checked, _ = pipeline.check_file(path, instrument, schemas, connection, key)
    if checked.rows_in == 0:
        raise SystemExit(f"nothing was read: {checked.findings}")


def frictionless_on(path: Path, instrument: Instrument, schemas: Schemas) -> Callable[[], Any]:
    """The same types, ranges, lists and key, in a table schema; labelled missing codes are missing values."""
    from frictionless import Resource, Schema, validate

    fields = []
    for declared in instrument.fields:
        field: dict[str, Any] = {"name": declared.name, "type": TYPES.get(declared.type, "string")}
        constraints: dict[str, Any] = {"required": True} if declared.required else {}
        if declared.range is not None:
            constraints |= {"minimum": declared.range[0], "maximum": declared.range[1]}
        if declared.type == "integer" and declared.range is not None:
            constraints |= {"minimum": int(declared.range[0]), "maximum": int(declared.range[1])}
        if declared.codes is not None:
            items = schemas.codelist(declared.codes).codes
            constraints["enum"] = sorted(
                {text for i in items for text in (i.code, i.label.fr, i.label.en, *i.synonyms)}
            )
        if declared.type == "boolean":
            field |= {"trueValues": ["oui"], "falseValues": ["non"]}
        fields.append(field | ({"constraints": constraints} if constraints else {}))
    descriptor = {"fields": fields, "missingValues": ["", "-8", "-9"], "primaryKey": list(instrument.key)}

    def run() -> Any:
        resource = Resource(path=path.name, basepath=str(path.parent), schema=Schema.from_descriptor(descriptor))
        return validate(resource, limit_errors=1_000)

    return run


def write_workbook(path: Path, rows: int, instrument: Instrument) -> None:
    """The synthetic survey as Excel keeps it: numbers as numbers, dates as dates."""
    text = path.with_suffix(".csv")
    write_survey(text, rows)
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet, day = workbook.add_worksheet("Enquête"), workbook.add_format({"num_format": "dd/mm/yyyy"})
    with text.open(encoding="utf-8", newline="") as stream:
        records = csv.reader(stream, delimiter=";")
        header = next(records)
        sheet.write_row(0, 0, header)
        types = [instrument.by_name[name].type for name in header]
        for number, record in enumerate(records, 1):
            for column, (cell, kind) in enumerate(zip(record, types, strict=True)):
                if cell and kind == "date":
                    sheet.write_datetime(number, column, datetime.strptime(cell, "%d/%m/%Y"), day)
                elif cell and kind in ("integer", "decimal"):
                    sheet.write_number(number, column, float(cell.replace(",", ".")))
                elif cell:
                    sheet.write_string(number, column, cell)
    workbook.close()


if __name__ == "__main__":
    main()
