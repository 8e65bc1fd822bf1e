"""The workbook that field actors fill: what they see, what it lets them type, how it is known when it returns."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.datavalidation import DataValidation

from impact_pipeline.declarations import Instrument, Schemas, load_schemas
from impact_pipeline.names import plain
from impact_pipeline.renderings.template import header, template
from impact_pipeline.renderings.template.cells import clipped
from impact_pipeline.words import LANGUAGES, Language

SCHEMAS = load_schemas(Path(__file__).parents[2] / "schemas")
TABLES = [instrument for instrument in SCHEMAS.instruments if instrument.layout == "table"]
HEADER_ROW, EXAMPLE_ROW, FIRST_ROW = 2, 3, 4


def opened(name: str, schemas: Schemas = SCHEMAS, **options: str) -> Workbook:
    return load_workbook(BytesIO(template(schemas.instrument(name), schemas, **options)))  # type: ignore[arg-type]


def checks_by_column(workbook: Workbook) -> dict[str, DataValidation]:
    """The check of each column of the sheet to fill, by column letter."""
    validations = workbook.worksheets[0].data_validations.dataValidation
    return {str(area)[0]: check for check in validations for area in check.sqref.ranges}


@pytest.mark.parametrize("instrument", SCHEMAS.instruments, ids=str)
def test_the_same_declarations_give_the_same_bytes(instrument: Instrument) -> None:
    first, second = (template(instrument, SCHEMAS, period="2026", organisation="asso") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("instrument", TABLES, ids=str)
def test_headers_are_labels_that_column_matching_recognises(instrument: Instrument, language: Language) -> None:
    sheet = load_workbook(BytesIO(template(instrument, SCHEMAS, language=language))).worksheets[0]
    headers = [str(cell.value) for cell in sheet[HEADER_ROW]]
    assert [plain(text) for text in headers] == [plain(field.label[language]) for field in instrument.fields]
    assert [text.endswith("*") for text in headers] == [field.required for field in instrument.fields]
    starred = {
        sheet.cell(HEADER_ROW, place).fill.fgColor.rgb for place, text in enumerate(headers, 1) if text[-1] == "*"
    }
    others = {
        sheet.cell(HEADER_ROW, place).fill.fgColor.rgb for place, text in enumerate(headers, 1) if text[-1] != "*"
    }
    assert len(starred) == len(others) == 1
    assert starred != others


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("instrument", SCHEMAS.instruments, ids=str)
def test_drop_downs_offer_the_labels_of_the_code_list(instrument: Instrument, language: Language) -> None:
    workbook = load_workbook(BytesIO(template(instrument, SCHEMAS, language=language)))
    lists = workbook["_listes"]
    offered = []
    for check in workbook.worksheets[0].data_validations.dataValidation:
        if check.type == "list":
            area = str(check.formula1).removeprefix("_listes!").replace("$", "")
            assert str(check.formula1).startswith("_listes!$")
            offered.append([row[0].value for row in lists[area]])
    assert lists.sheet_state == "veryHidden"
    yes_no = ["Oui", "Non"] if language == "fr" else ["Yes", "No"]
    expected = [
        yes_no if field.type == "boolean" else [code.label[language] for code in SCHEMAS.codelist(field.codes).codes]
        for field in instrument.fields
        if field.type in ("boolean", "category") and (instrument.layout == "table" or field.name not in instrument.key)
    ]
    assert offered == expected


@pytest.mark.parametrize("instrument", SCHEMAS.instruments, ids=str)
def test_every_cell_to_fill_has_help_and_an_error_in_words_over_a_bounded_range(instrument: Instrument) -> None:
    sheet = load_workbook(BytesIO(template(instrument, SCHEMAS, period="2026"))).worksheets[0]
    checks = sheet.data_validations.dataValidation
    to_fill = instrument.fields if instrument.layout == "table" else instrument.fields[2:]
    assert len(checks) == len(to_fill)
    for check, field in zip(checks, to_fill, strict=True):
        assert 0 < len(check.promptTitle) <= 32
        assert 0 < len(check.prompt) <= 255
        assert 0 < len(check.error) <= 255
        assert field.help is None or check.prompt.startswith(field.help.fr[:200].rsplit(" ", 1)[0])
        for area in check.sqref.ranges:
            assert area.max_row <= EXAMPLE_ROW + 1000
            assert area.min_row > EXAMPLE_ROW


def test_a_number_is_checked_against_its_range_and_its_labelled_missing_codes() -> None:
    names = [field.name for field in SCHEMAS.instrument("cafe-residents").fields]
    check = checks_by_column(opened("cafe-residents"))[chr(ord("A") + names.index("who5_1"))]
    cell = f"{chr(ord('A') + names.index('who5_1'))}{FIRST_ROW}"
    assert check.type == "custom"
    assert check.formula1 == f"OR(AND(ISNUMBER({cell}),{cell}>=0,{cell}<=5,{cell}=INT({cell})),{cell}=-9,{cell}=-8)"
    assert "0 à 5" in check.error
    assert "-8 = refus" in check.error


def test_codes_that_a_spreadsheet_would_spoil_are_text() -> None:
    sheet = opened("cafe-monthly").worksheets[0]
    names = [field.name for field in SCHEMAS.instrument("cafe-monthly").fields]
    formats = {name: sheet.column_dimensions[chr(ord("A") + place)].number_format for place, name in enumerate(names)}
    assert {formats["cafe"], formats["month"], formats["commune"]} == {"@"}
    assert formats["visits"] == "0"
    residents = opened("cafe-residents").worksheets[0]
    assert residents.column_dimensions["C"].number_format == "dd/mm/yyyy"
    assert residents["D3"].value == "07019"


@pytest.mark.parametrize("instrument", SCHEMAS.instruments, ids=str)
def test_the_example_row_says_that_it_is_one(instrument: Instrument) -> None:
    sheet = load_workbook(BytesIO(template(instrument, SCHEMAS))).worksheets[0]
    firsts = [str(sheet.cell(row, 1).value) for row in range(1, sheet.max_row + 1)]
    assert len([text for text in firsts if text.startswith("EXEMPLE")]) == 1
    row = next(place for place, text in enumerate(firsts, 1) if text.startswith("EXEMPLE"))
    assert all(cell.value not in (None, "") and cell.font.italic for cell in sheet[row])


def test_the_stamp_is_hidden_in_a_sheet_and_in_the_properties() -> None:
    workbook = opened("cafe-monthly", organisation="cafe-demo-du-lavoir", period="2026-01")
    stamp = ["cafe-monthly", 1, "cafe-demo-du-lavoir", "2026-01"]
    assert [workbook["_impact"].cell(1, column).value for column in range(1, 5)] == stamp
    assert workbook["_impact"].sheet_state == "veryHidden"
    properties = {item.name: item.value for item in workbook.custom_doc_props.props}
    assert [properties[f"impact_{name}"] for name in ("instrument", "version", "organisation", "period")] == stamp
    assert [sheet.sheet_state for sheet in workbook.worksheets[:2]] == ["visible", "visible"]


def test_the_notice_explains_every_field_every_code_and_whom_to_ask() -> None:
    instrument = SCHEMAS.instrument("dat-followup")
    sheet = opened("dat-followup", organisation="mission-demo", period="2026-S1")["Notice"]
    told = "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    for field in instrument.fields:
        assert field.label.fr in told
        assert field.help is None or field.help.fr in told
        for item in SCHEMAS.codelist(field.codes).codes if field.codes else ():
            assert f"{item.label.fr} ({item.code})" in told
    assert SCHEMAS.programme.publisher.fr in told
    assert "mission-demo" in told
    assert "S1 2026" in told


def test_a_matrix_has_its_perimeters_over_the_quarters_of_the_year_asked_for() -> None:
    sheet = opened("ptce-quarterly", period="2026").worksheets[0]
    structures = [item.label.fr for item in SCHEMAS.codelist("ptce-structure").codes]
    assert [cell.value for cell in sheet[2][3:] if cell.value] == structures
    assert [cell.value for cell in sheet[3][3:]] == ["T1 2026", "T2 2026", "T3 2026", "T4 2026"] * len(structures)
    one_quarter = opened("ptce-quarterly", period="2026-Q3").worksheets[0]
    assert [cell.value for cell in one_quarter[3][3:]] == ["T3 2026"] * len(structures)
    assert [cell.value for cell in one_quarter[2][3:]] == structures


def test_header_names_only_what_the_sheet_really_asks() -> None:
    workbook = opened("cafe-monthly")
    workbook.worksheets[0]["F2"] = "Tout autre chose"
    stream = BytesIO()
    workbook.save(stream)
    names = [field.name for field in SCHEMAS.instrument("cafe-monthly").fields]
    assert header(stream.getvalue()) == [name for name in names if name != "visits"]


@settings(max_examples=60)
@given(st.text(min_size=0, max_size=400), st.integers(8, 255))
def test_a_message_is_clipped_to_what_a_spreadsheet_shows(text: str, limit: int) -> None:
    kept = clipped(text, limit)
    assert len(kept.encode("utf-16-le")) // 2 <= limit
    assert kept == text or text.startswith(kept.removesuffix("…"))
