"""KoboToolbox: names or labels, groups, options split or not, tags, a workbook with a repeat."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading.exports.answers import (
    FIELDS,
    HOUSEHOLD,
    NEEDS,
    SAID,
    Answers,
    book_of,
    codes,
    csv_of,
    expected,
    records,
    table_of,
)

from impact_pipeline.reading.survey import Tool

TAIL = ["_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__",
        "_tags", "_index"]  # fmt: skip
IN_GROUPS = {"sex": "person", "age": "person", "needs": "person/situation", "satisfaction_1": "views"}


def kobo(
    said: Sequence[Answers],
    *,
    labels: bool = False,
    groups: bool = False,
    split: bool = True,
    summary: bool = True,
    tags: bool = False,
) -> list[list[str]]:
    """The rows of the exporter for a form whose names are those of the fields."""

    def named(name: str) -> str:
        text = HOUSEHOLD.by_name[name].label.fr if labels else name
        return f"{IN_GROUPS[name]}/{text}" if groups and name in IN_GROUPS else text

    def option(code: str) -> str:
        return NEEDS[code].label.fr if labels else code

    header = ["start", "end"]
    for name in FIELDS:
        if name != "needs" or summary:
            header.append(named(name))
        if name == "needs" and split:
            header += [f"{named(name)}/{option(code)}" for code in NEEDS]
    rows = [[*header, *TAIL]]
    if tags:
        rows.append([*("#date" if n < 2 else "#affected+f" if n == 4 else "" for n in range(len(header))), *[""] * 10])
    for place, answers in enumerate(said, 1):
        row = ["2026-03-02T10:00:00.000+01:00", "2026-03-02T10:20:00.000+01:00"]
        for name in FIELDS:
            if name != "needs" or summary:
                row.append(answers.labelled(name) if labels else answers.told(name))
            if name == "needs" and split:
                row += ["" if answers.needs is None else str(int(code in answers.needs)) for code in NEEDS]
        tail = [
            str(48_000 + place),
            f"u-{place}",
            "2026-03-02T09:20:31",
            "",
            "",
            "submitted_via_web",
            "",
            "v1",
            "",
            str(place),
        ]
        rows.append([*row, *tail])
    return rows


WAYS = [
    {"labels": labels, "groups": groups, "summary": summary, "tags": tags}
    for labels in (False, True)
    for groups in (False, True)
    for summary in (False, True)
    for tags in (False, True)
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: " ".join(name for name, given in way.items() if given) or "plain")
def test_every_way_of_exporting_gives_the_records_of_a_plain_table(way: dict[str, bool]) -> None:
    assert records(csv_of(kobo(SAID, **way))) == expected(SAID)


@pytest.mark.parametrize("labels", [False, True])
def test_a_summary_alone_is_cut_where_the_labels_say(labels: bool) -> None:
    said = [answers for answers in SAID if answers.needs != ()]  # an empty summary cannot tell none from no answer
    assert records(csv_of(kobo(said, labels=labels, split=False))) == expected(said)


def test_no_option_chosen_is_an_answer_and_no_answer_is_none() -> None:
    told = records(csv_of(kobo(SAID)))
    assert [record["needs"] for record in told] == ["mobility childcare", "", "blank", "housing health other"]


def test_columns_of_the_tool_are_kept_told_once_and_never_unknown() -> None:
    table = table_of(csv_of(kobo(SAID)))
    assert codes(table) == {"survey-metadata", "answers-put-together"}
    told = next(finding for finding in table.findings if finding.code == "survey-metadata")
    assert (told.value, told.details["count"], told.place.row) == ("KoboToolbox", "12", 1)
    kept = table.extra[table.extra["header"] == "_uuid"]
    assert list(kept["text"]) == ["u-1", "u-2", "u-3", "u-4"]
    assert list(table.extra[table.extra["header"] == "needs/other"]["text"]) == ["0", "0", "1"]


def test_cells_stand_where_the_person_sees_them() -> None:
    rows = kobo([Answers("HH-01", age=340, needs=("mobility",))], groups=True, tags=True)
    table = table_of(csv_of(rows))
    assert table.place(0, "age").address == "F3"
    assert table.place(0, "needs").address == "G3"
    assert {column.field: column.header for column in table.columns}["age"] == "person/age"
    without = table_of(csv_of(kobo([Answers("HH-01", needs=("mobility",))], summary=False)))
    assert without.place(0, "needs").address == "G2"


def test_the_tool_is_told_among_what_was_read() -> None:
    book = book_of(csv_of(kobo(SAID)))
    assert book.tool is Tool.KOBO
    assert book.read_as["tool"] == "KoboToolbox"
    assert len(book.sheets[0].metadata_columns) == 12


def test_a_column_that_the_form_asks_for_by_its_very_name_is_no_metadata() -> None:
    plain = [["household", "_id", "_index", "age"], ["HH-01", "4", "1", "30"]]
    assert records(csv_of(plain))[0]["age"] == "30"


def test_a_table_with_one_underscore_is_no_export() -> None:
    assert book_of(csv_of([["household", "_id", "age"], ["HH-01", "4", "30"]])).tool is None


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12)
ANSWERS = st.builds(
    Answers,
    household=st.from_regex(r"H[0-9]{1,4}", fullmatch=True),
    visited_on=st.none() | st.dates(min_value=SAID[0].visited_on.replace(year=1950), max_value=SAID[0].visited_on),
    sex=st.sampled_from([None, "f", "h"]),
    age=st.none() | st.integers(0, 110),
    needs=st.none() | st.sets(st.sampled_from(sorted(NEEDS))).map(lambda found: tuple(c for c in NEEDS if c in found)),
    member=st.sampled_from([None, True, False]),
    satisfaction_1=st.none() | st.integers(0, 10),
    remark=st.none() | TEXT.filter(lambda text: text.strip() and not text.startswith("#")),
)


@settings(max_examples=40)
@given(st.lists(ANSWERS, min_size=1, max_size=6), st.sampled_from(WAYS))
def test_any_answers_read_back(said: list[Answers], way: dict[str, bool]) -> None:
    assert records(csv_of(kobo(said, **way))) == expected(said)
