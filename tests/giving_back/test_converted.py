"""What was read for the sender is one line each, and numbers read as they are written one line together."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.declarations import load_schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.giving_back.converted import converted_lines, is_as_written
from impact_pipeline.validation.messages import group

SCHEMAS = load_schemas(Path(__file__).parents[2] / "schemas")
MONTHLY = SCHEMAS.instrument("cafe-monthly")


def number(text: str, read: str, cells: int = 1, field: str = "turnover", header: str = "CA (€)") -> Finding:
    details = {"as": read, "header": header}
    return Finding("number-converted", Level.CORRECTED, Place(None, 4, 5), text, field, cells, details)


@pytest.mark.parametrize(
    ("text", "read", "french", "english"),
    [
        ("1,5", "1.5", True, False), ("1 204", "1204", True, False), ("9\u202f450,50 €", "9450.5", True, False),
        ("100", "100", True, True), ("1,204", "1204", False, True), ("12,00", "12", True, False),
        ("(5)", "-5", False, False), ("néant", "0", False, False), ("3 k€", "3000", False, False),
        ("1200", "12", False, False),
    ],
)  # fmt: skip
def test_a_number_that_reads_as_it_is_written(text, read, french, english):
    assert is_as_written(number(text, read), "fr") == french
    assert is_as_written(number(text, read), "en") == english


def test_they_are_one_line_and_what_was_changed_is_a_line_each():
    jobs = number("1,5", "1.5", 2, "jobs_fte", "ETP")
    causes = group([number("9 450,50 €", "9450.5", 7), jobs, number("3 k€", "3000")])
    told = [line.read.replace("\u00a0", " ") for line in converted_lines(causes, MONTHLY, SCHEMAS, "fr", 200)]
    assert told[0].replace("\u202f", " ").startswith("« 3 k€ » a été lu 3 000")
    assert told[1:] == ["9 nombres écrits à la française ont été lus (« CA (€) », « ETP »)."]
