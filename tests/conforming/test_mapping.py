"""What a person confirmed of how an organisation writes an instrument is used at each of its files, and told."""

from __future__ import annotations

import pytest
from tests.conforming.books import HEADER, MATRIX, MONTHLY, ROW, SCHEMAS, addresses, codes, sheet

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import ColumnMapping
from impact_pipeline.findings import Level
from impact_pipeline.reading.sheet import Book
from impact_pipeline.validation.messages import tell


def mapped(*rows, sheets=(), **words) -> TypedTable:
    mapping = ColumnMapping(organisation="reseau-demo-des-cafes", instrument="cafe-monthly", **words)
    book = Book("xlsx", sheets or (sheet(*rows),))
    return conform(book, MONTHLY, SCHEMAS, fill={}, mapping=mapping)


def told(table: TypedTable, code: str):
    return next(finding for finding in table.findings if finding.code == code)


def test_a_column_is_read_as_the_mapping_says_whatever_its_case_and_that_is_told():
    table = mapped(["LIEU", *HEADER[1:]], ROW, columns={"Lieu": "cafe"})

    assert table.data.loc[0, "cafe"] == "CAFE-01"
    assert codes(table) == {"mapped-column": 1}
    message = tell(told(table, "mapped-column"), MONTHLY, SCHEMAS, "fr")
    assert "«\u00a0LIEU\u00a0» a été lue comme «\u00a0Code du café\u00a0»" in message.read
    assert "correspondance enregistrée" in message.read


def test_a_mapping_goes_before_what_we_would_match_by_ourselves():
    table = mapped([*HEADER, "Fréquentation réelle"], [*ROW, "12"], columns={"Fréquentation réelle": "visits"})

    assert table.data.loc[0, "visits"] == 12
    assert addresses(table, "unknown-column") == ["E1"]


def test_an_ignored_column_is_kept_aside_and_told_as_such():
    table = mapped([*HEADER, "Météo"], [*ROW, "pluie"], columns={"Météo": "ignored"})

    assert codes(table) == {"ignored-column": 1}
    assert table.extra["text"].tolist() == ["pluie"]


def test_a_title_that_is_no_longer_there_is_a_question_where_nothing_answers_its_field():
    gone = told(mapped(HEADER, ROW, columns={"Ancien titre": "turnover"}), "mapped-column-gone")
    assert (gone.value, gone.field, gone.level) == ("Ancien titre", "turnover", Level.TO_CHECK)
    replaced = told(mapped(HEADER, ROW, columns={"Ancien titre": "visits"}), "mapped-column-gone")
    assert replaced.level is Level.CORRECTED


def test_words_mean_what_the_mapping_says_in_every_kind_of_field():
    words = {"cafe": {"Le Lavoir": "CAFE-01"}, "postal_point": {"en cours": "non"}, "visits": {"complet": "999"}}
    rows = [["le  lavoir", *ROW[1:4], "complet", "En cours"], ["CAFE-02", *ROW[1:], "oui"]]
    table = mapped([*HEADER, "Point poste"], *rows, values=words)

    assert table.data["cafe"].tolist() == ["CAFE-01", "CAFE-02"]
    assert table.data["postal_point"].tolist() == [False, True]
    assert table.data["visits"].tolist() == [999, 860]
    log = table.conversions
    assert log[["row", "field", "code", "text", "as_read"]].astype(object).to_numpy().tolist() == [
        [2, "cafe", "mapped-value", "le  lavoir", "CAFE-01"],
        [2, "visits", "mapped-value", "complet", "999"],
        [2, "postal_point", "mapped-value", "En cours", "false"],
    ]
    assert (
        "«\u00a0En cours\u00a0» a été lu non"
        in tell(next(f for f in table.findings if f.field == "postal_point"), MONTHLY, SCHEMAS, "fr").read
    )


def test_a_word_that_the_field_does_not_take_stays_a_fault():
    table = mapped(HEADER, [*ROW[:4], "complet"], values={"visits": {"complet": "beaucoup"}})
    assert table.status.loc[0, "visits"] == "invalid"


@pytest.mark.parametrize(
    ("decision", "read"),
    [("comma", [1234.0, 1.234]), ("point", [1.234, 1234.0]), (None, [None, None])],
)
def test_what_stands_before_the_decimals_is_decided_once_for_the_column(decision, read):
    rows = [*ROW, "1.234"], ["CAFE-02", *ROW[1:], "1,234"]
    table = mapped([*HEADER, "CA HT"], *rows, decisions={"turnover": decision} if decision else {})

    found = table.data["turnover"].astype(object).where(table.data["turnover"].notna(), None)
    assert found.tolist() == read
    logged = table.conversions[table.conversions["field"] == "turnover"]["as_read"]
    assert logged.tolist() == ([f"{value:g}" for value in read] if decision == "comma" else logged.tolist())
    assert 1234.0 not in read or "1234" in logged.tolist(), "a point read as thousands is a conversion"


@pytest.mark.parametrize(("decision", "read"), [("day-first", "2021-04-03"), ("month-first", "2021-03-04")])
def test_the_order_of_a_date_is_decided_once_for_the_column(decision, read):
    residents = SCHEMAS.instrument("cafe-residents")
    date = next(item for item in residents.fields if item.type == "date")
    mapping = ColumnMapping(organisation="x", instrument="cafe-residents", decisions={date.name: decision})
    titles = [residents.fields[0].label.fr, residents.fields[1].label.fr, date.label.fr]
    book = Book("csv", (sheet(titles, ["R1", "avant", "03/04/21"]),))
    table = conform(book, residents, SCHEMAS, fill={}, mapping=mapping)

    assert str(table.data.loc[0, date.name].date()) == read
    assert "ambiguous-date" not in codes(table)
    asked = conform(book, residents, SCHEMAS, fill={})
    assert "ambiguous-date" in codes(asked)


def test_the_sheet_and_the_row_of_titles_are_those_that_the_mapping_names():
    may, june = sheet(HEADER, ROW, name="Mai"), sheet(HEADER, ["CAFE-02", *ROW[1:]], name="Juin")
    table = mapped(sheets=(may, june), sheet="juin")
    assert (table.sheet, codes(table)) == ("Juin", {"mapped-sheet": 1})

    gone = mapped(sheets=(may,), sheet="Juillet")
    assert (gone.sheet, codes(gone)) == ("Mai", {"mapped-sheet-gone": 1})

    twice = [HEADER, ["exemple", *ROW[1:]], HEADER, ROW]
    assert mapped(*twice, header_row=3).rows.tolist() == [4]
    elsewhere = mapped(HEADER, ROW, header_row=2)
    assert (elsewhere.rows.tolist(), codes(elsewhere)) == ([2], {"mapped-row-gone": 1})


def test_an_indicator_of_a_cross_table_is_known_by_its_senders_own_name():
    numbers = [item for item in MATRIX.fields if item.type in ("integer", "decimal")]
    rows = sheet(
        ["Indicateur", "PTCE-01 T1 2026"], ["Nos salariés à nous", "12"], [numbers[1].label.fr, "1"],
        [numbers[2].label.fr, "3"],
    )  # fmt: skip
    mapping = ColumnMapping(
        organisation="x", instrument="ptce-quarterly", columns={"Nos salariés à nous": numbers[0].name}
    )
    table = conform(Book("xlsx", (rows,)), MATRIX, SCHEMAS, fill={}, mapping=mapping)

    assert table.data[numbers[0].name].tolist() == [12]
    assert codes(table)["mapped-column"] == 1


@pytest.mark.parametrize("name", ["colonne E", "Colonne e", "column E"])
def test_a_column_without_a_title_is_named_by_its_letter(name):
    table = mapped([*HEADER[:4], ""], ROW, columns={name: "visits"})

    assert table.data.loc[0, "visits"] == 860
    assert "missing-column" not in codes(table)
    assert addresses(table, "mapped-column") == ["E1"]


def test_a_letter_says_nothing_of_a_column_that_has_a_title():
    table = mapped([*HEADER, "Météo"], [*ROW, "12"], columns={"colonne F": "turnover"})

    assert table.data["turnover"].isna().all()
    assert codes(table)["mapped-column-gone"] == 1
