"""What people write in cells, and what it means: numbers, dates, periods, answers and codes in French conventions."""

from __future__ import annotations

from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.programme import ROOT

from impact_pipeline.conforming.columns import read_column
from impact_pipeline.conforming.typed import Cell
from impact_pipeline.declarations import CodeList, FieldDeclaration, load_schemas

SCHEMAS = load_schemas(ROOT / "schemas")
INSTRUMENT = SCHEMAS.instrument("cafe-monthly")


def field(kind: str, **more: object) -> FieldDeclaration:
    return FieldDeclaration(name="x", type=kind, label="x", disclosure="safe", **more)


def read(kind: str, *texts: str, year: int | None = None, of: str = "t", **more: object) -> list[Cell]:
    """What the cells of one column mean."""
    cells = [(text, of) for text in texts]
    meant = read_column(cells, field(kind, **more), INSTRUMENT, SCHEMAS, year)
    return [meant[cell] for cell in cells]


def values(kind: str, *texts: str, **more: object) -> list[object]:
    """Values, or the code of the finding where there is none."""
    return [cell.code if cell.status == "invalid" else cell.value for cell in read(kind, *texts, **more)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90,11", 90.11), ("90.11", 90.11), ("1 234,5", 1234.5), ("1\u00a0234,5", 1234.5), ("1\u202f234,5", 1234.5),
        ("1.234.567,8", 1234567.8), ("1,234,567.8", 1234567.8), ("1 200 €", 1200.0), ("12 %", 12.0), ("(5)", -5.0),
        ("−3,2", -3.2), ("1,5e3", 1500.0), ("+7", 7.0),
    ],
)  # fmt: skip
def test_french_numbers(text, value):
    assert values("decimal", text) == [value]


@pytest.mark.parametrize("text", ["beaucoup", "12 ou 13", "~75%", "80% +", "1,2,3", "12-13", "1e999", "--5", "#"])
def test_what_is_no_number(text):
    assert values("decimal", text) == ["not-a-number"]


def test_thousands_or_decimals_is_asked_unless_the_column_or_the_range_tells():
    assert values("decimal", "1.234", "5.678") == ["ambiguous-number", "ambiguous-number"]
    assert values("decimal", "1.234", "5.6") == [1.234, 5.6]
    assert values("decimal", "1,234", range=(0, 10)) == [1.234]
    assert values("decimal", "1,234", range=(100, 10000)) == [1234.0]
    assert values("integer", "1.234") == [1234]
    assert values("integer", "1.234", "0.5") == ["ambiguous-number", "not-an-integer"]


def test_labelled_answers_are_statuses_and_a_share_written_in_percent_is_a_share():
    assert [cell.status for cell in read("integer", "-9", "-9,0", "-8")] == ["unknown", "unknown", ""]
    assert values("decimal", "12 %", range=(0, 1)) == [0.12]


def test_a_number_of_the_workbook_is_never_ambiguous():
    assert [cell.value for cell in read("decimal", "1.234", of="n")] == [1.234]


SPACES = st.sampled_from(["", " ", "\u00a0", "\u202f"])


@settings(max_examples=300, deadline=None)
@given(
    number=st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False),
    space=SPACES, mark=st.sampled_from([",", "."]), after=st.sampled_from(["", " €", "€", " EUR"]),
)  # fmt: skip
def test_a_number_in_any_french_writing_is_read_or_asked_never_another(number, space, mark, after):
    written = f"{abs(number):,.2f}".replace(",", space).replace(".", mark)
    text = ("-" if number < 0 else "") + written + after

    (cell,) = read("decimal", text)

    assert cell.status == "invalid" or cell.value == float(number)
    assert cell.status == "" or cell.code == "ambiguous-number"


@settings(max_examples=150, deadline=None)
@given(day=st.dates(date(1990, 1, 1), date(2029, 12, 31)), way=st.integers(0, 6))
def test_a_date_in_any_french_writing_is_read_the_day_first(day, way):
    text = (
        f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day.day}/{day.month}/{day.year}", f"{day:%Y-%m-%d}", f"{day:%d.%m.%y}",
        format_date(day, "long", locale="fr"), format_date(day, "full", locale="fr"),
    )[way]  # fmt: skip

    (cell,) = read("date", text)

    assert cell.value.date() == day
    if cell.code == "ambiguous-date":
        assert way == 4


def test_the_order_of_day_and_month_is_proven_by_the_column_never_swapped():
    assert [c.code for c in read("date", "03/04/21", "25/04/21")] == ["date-converted", "date-converted"]
    assert [c.code for c in read("date", "03/04/21")] == ["ambiguous-date"]
    assert values("date", "03/04/2021", "04/25/2021") == ["ambiguous-date", "impossible-date"]


@pytest.mark.parametrize("text", ["31/02/2025", "2022-02-31", "2018-12-338", "00/01/2025", "12/05/0021"])
def test_dates_that_do_not_exist(text):
    assert read("date", text)[0].status == "invalid"


PERIODS = {
    "quarter": {
        "2026-Q1": ("T1 2026", "1er trimestre 2026", "2026-T1", "Q1 2026", "2026Q1", "premier trimestre 2026", "T1 26")
    },
    "month": {"2026-01": ("janvier 2026", "01/2026", "janv.-26", "2026-1", "Janvier 26", "january 2026")},
    "semester": {"2026-S2": ("S2 2026", "2e semestre 2026", "2026 S2")},
    "year": {"2026": ("2026", "année 2026")},
}


@pytest.mark.parametrize("length", PERIODS)
def test_periods(length):
    for period, texts in PERIODS[length].items():
        assert set(values("period", *texts, period=length)) == {period}, texts


def test_a_quarter_alone_takes_the_year_of_the_submission_and_another_length_is_refused():
    assert values("period", "T1", period="quarter", year=2025) == ["2025-Q1"]
    assert values("period", "T1", "janvier 2026", "T5 2026", period="quarter") == ["not-a-period"] * 3
    assert [cell.value for cell in read("period", "2026-03-01", of="d", period="month")] == ["2026-03"]


def test_yes_and_no():
    assert values("boolean", "oui", "O", "x", "Coché", "VRAI", "1", "✓") == [True] * 7
    assert values("boolean", "non", "N", "faux", "0") == [False] * 4
    assert values("boolean", "oui ?", "peut-être") == ["not-a-boolean"] * 2


COLOURS = CodeList(
    codelist="colour",
    title="x",
    codes=[
        {"code": "r", "label": {"fr": "Rouge", "en": "Red"}, "synonyms": ["vermeil"]},
        {"code": "b", "label": {"fr": "Bleu, ciel", "en": "Blue"}},
    ],
)


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setitem(SCHEMAS.codelists, "colour", COLOURS)


@pytest.mark.usefixtures("colours")
def test_answers_of_a_list_by_code_label_or_synonym():
    assert values("category", "r", "ROUGE", "red", "Vermeil", "bleu ciel", codes="colour") == ["r", "r", "r", "r", "b"]
    assert values("category", "rouge ?", "rosé", codes="colour") == ["not-in-list"] * 2
    assert [cell.code for cell in read("category", "Rouge", "rouge", codes="colour")] == ["", "code-converted"]


@pytest.mark.usefixtures("colours")
def test_several_answers_come_out_in_the_order_of_the_list():
    assert values("categories", "Bleu, ciel ; Rouge", "b r", "r,b", "b|b", codes="colour") == ["r b", "r b", "r b", "b"]
    assert values("categories", "r ; mauve", codes="colour") == ["not-in-list"]


def test_a_lost_zero_is_restored_and_lost_digits_are_told():
    assert values("commune", "7019", "07019", "2a004", "97105") == ["07019", "07019", "2A004", "97105"]
    assert values("commune", "20004", "99100", "7O19") == ["invalid-commune"] * 3
    assert values("postcode", "7200", "20200") == ["07200", "20200"]
    assert values("siret", "210 100 343 00016", "21010034300017") == ["21010034300016", "invalid-siret"]
    assert values("siret", "2,10100343E+13") == ["lost-digits"]
    assert values("identifier", "4,991E+13", "1E10") == ["lost-digits", "1E10"]


def test_faulty_cells_of_any_type_are_told_as_such():
    assert values("text", "#REF!", of="e") == ["error-cell"]
    assert values("decimal", "", of="f") == ["formula-not-calculated"]


def test_the_same_letter_typed_in_two_ways_is_one():
    assert values("text", "e\u0301te\u0301") == ["été"]
