"""SPSS and Stata: values and their labels, questions as labels of variables, answers declared to be missing."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading.exports.answers import FIELDS, HOUSEHOLD, SAID, Answers, book_of, expected, records, table_of
from tests.reading.exports.test_kobo import ANSWERS

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading import is_text, read_book
from impact_pipeline.reading.survey import Tool

SEXES = {1: "Femme", 2: "Homme"}
YES_NO = {0: "Non", 1: "Oui"}
WAYS = ["sav", "zsav", "dta"]


def written(said: Sequence[Answers], way: str, folder: Path, *, named: bool = True, **more: Any) -> bytes:
    """A file of the statistics tool; without names the questions stand in the labels of `v1`, `v2`..."""
    names = FIELDS if named else [f"v{n}" for n in range(1, len(FIELDS) + 1)]
    frame = pd.DataFrame(
        {name: [_value(answers, field) for answers in said] for name, field in zip(names, FIELDS, strict=True)},
        dtype=object,
    )
    for name, field in zip(names, FIELDS, strict=True):
        if field in ("sex", "age", "member", "satisfaction_1"):
            frame[name] = frame[name].astype("float64")
    by_field = dict(zip(FIELDS, names, strict=True))
    options: dict[str, Any] = {
        "column_labels": {name: HOUSEHOLD.by_name[field].label.fr for field, name in by_field.items()},
        "variable_value_labels": {by_field["sex"]: SEXES, by_field["member"]: YES_NO, **more.pop("labels", {})},
        **more,
    }
    path = folder / f"file.{way}"
    if way == "dta":
        pyreadstat.write_dta(frame, path, version=15, **options)
    else:
        pyreadstat.write_sav(frame, path, compress=way == "zsav", **options)
    return path.read_bytes()


def _value(answers: Answers, field: str) -> Any:
    value = getattr(answers, field)
    if field == "sex":
        return {"f": 1, "h": 2}.get(value)
    if field == "needs":
        return answers.told(field)
    if field == "member":
        return None if value is None else int(value)
    if field == "remark":
        return value or ""
    return value


TOLD = [answers for answers in SAID if answers.needs != ()]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("named", [True, False])
def test_the_file_gives_the_records_of_a_plain_table(way: str, named: bool, tmp_path: Path) -> None:
    content = written(TOLD, way, tmp_path, named=named)
    assert records(content, f"file.{way}") == expected(TOLD)
    book = book_of(content, f"file.{way}")
    assert book.tool is (Tool.STATA if way == "dta" else Tool.SPSS)
    assert book.read_as["tool"] == str(book.tool)
    assert not is_text(content)


@pytest.mark.parametrize("way", WAYS)
def test_a_value_declared_to_be_missing_says_why(way: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"household": ["H1", "H2", "H3", "H4"]})
    labels: dict[Any, str]
    if way == "dta":
        frame["age"], frame["sex"] = [34, "a", "b", "c"], [1, "a", "c", None]
        labels = {"a": "Refus", "b": "Ne sait pas", "c": "Non concerné"}
        path = tmp_path / "file.dta"
        missing = {"age": ["a", "b", "c"], "sex": ["a", "c"]}
        pyreadstat.write_dta(
            frame,
            path,
            variable_value_labels={"age": labels, "sex": {**SEXES, "a": "Refus", "c": "Non concerné"}},
            missing_user_values=missing,
        )
    else:
        frame["age"], frame["sex"] = [34.0, -8, -9, 999], [1.0, 98, 99, None]
        path = tmp_path / f"file.{way}"
        pyreadstat.write_sav(
            frame,
            path,
            compress=way == "zsav",
            variable_value_labels={"age": {999: "Non concerné"}, "sex": {**SEXES, 98: "Refus", 99: "Non concerné"}},
            missing_ranges={"age": [{"lo": -9, "hi": -8}, 999], "sex": [98, 99]},
        )
    found = records(path.read_bytes(), path.name)
    assert [record["age"] for record in found] == ["34", "refused", "unknown", "not-asked"]
    assert [record["sex"] for record in found] == ["f", "refused", "not-asked", "blank"]


def test_cells_stand_as_in_the_table_of_the_tool(tmp_path: Path) -> None:
    table = table_of(written([Answers("HH-01", age=340)], "sav", tmp_path), "file.sav")
    assert table.place(0, "age").address == "D2"


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    content = written(SAID, "sav", tmp_path)
    for damaged in (content[:200], b"$FL2" + b"\x00" * 300, b"<stata_dta>"):
        with pytest.raises(ReadingError, match="format-error"):
            read_book(damaged, "file.sav")


@settings(max_examples=6)  # each reads a file in a process of its own
@given(st.lists(ANSWERS.filter(lambda a: a.needs != ()), min_size=1, max_size=5), st.sampled_from(WAYS))
def test_any_answers_read_back(tmp_path_factory: pytest.TempPathFactory, said: list[Answers], way: str) -> None:
    folder = tmp_path_factory.mktemp("statistical")
    assert records(written(said, way, folder), f"file.{way}") == expected(said)


def test_dates_are_dates(tmp_path: Path) -> None:
    said = [Answers("HH-01", visited_on=datetime.date(2026, 3, 2))]
    assert book_of(written(said, "sav", tmp_path), "x.sav").sheets[0].rows[1].texts[1] == "2026-03-02"
