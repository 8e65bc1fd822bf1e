"""Columns made of their distinct cells: numbers kept as numbers and cells read one by one give the same column."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conforming.books import MONTHLY, SCHEMAS

from impact_pipeline.conforming.columns import figures_of, read_column
from impact_pipeline.conforming.distinct import NO_FIGURES, Distinct, answered_by, distinct_of
from impact_pipeline.conforming.grid import Cells
from impact_pipeline.conforming.typed import BLANK, Cell
from impact_pipeline.declarations import FieldDeclaration, Text

TEXTS = [
    "1",
    "12",
    "-8",
    "-9",
    "2.5",
    "1.234",
    "12,5",
    "",
    "beaucoup",
    "0",
    "-0",
    "+7",
    "1e5",
    "1234567890123456",
    "nan",
    "9.0",
]
RAWS = st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from("ntdbef")), max_size=30)


@given(RAWS)
def test_each_distinct_cell_stands_once_in_order(raws):
    for cells in (raws, Cells([text for text, _ in raws], "".join(kind for _, kind in raws))):
        told = distinct_of(cells)
        assert list(told.raws) == list(dict.fromkeys(raws))
        assert [told.raws[place] for place in told.which] == raws
        assert told.texts.tolist() == [text for text, _ in raws]


@pytest.mark.parametrize(("kind", "dtype"), [("integer", "Int64"), ("decimal", "Float64")])
@given(raws=RAWS)
def test_numbers_as_the_file_keeps_them_are_what_reading_each_cell_gives(kind, dtype, raws):
    label = Text(fr="montant", en="amount")
    field = FieldDeclaration(name="amount", type=kind, disclosure="safe", label=label)
    instrument = MONTHLY.model_copy(update={"missing": {-8: "refused", -9: "unknown"}})
    told = distinct_of(raws)
    figures = figures_of(told, field, instrument)

    def column(kept):
        others = told.without(kept)
        sound = [raw for raw in others if raw[0] or raw[1] == "f"]
        meanings = dict.fromkeys(others, BLANK) | read_column(sound, field, instrument, SCHEMAS, None)
        return Distinct.of(told, kept, [meanings[raw] for raw in others])

    at_once, one_by_one = column(figures), column(NO_FIGURES)
    answered = answered_by(len(raws))
    pd.testing.assert_series_equal(at_once.data(dtype), one_by_one.data(dtype))
    pd.testing.assert_series_equal(at_once.statuses(answered), one_by_one.statuses(answered))
    assert list(map(repr, at_once.values())) == list(map(repr, one_by_one.values()))
    assert [at_once.cell(n) for n in range(len(raws))] == [one_by_one.cell(n) for n in range(len(raws))]
    assert at_once.having("blank").tolist() == one_by_one.having("blank").tolist()
    if raws:
        changed = at_once.put(Cell(status="not-asked"), [0])
        assert changed.having("not-asked").tolist() == [0]
        assert changed.statuses(answered)[0] == "not-asked"
        assert changed.values()[1:] == at_once.values()[1:]
