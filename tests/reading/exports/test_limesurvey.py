"""LimeSurvey: codes or labels, three kinds of headings, what was not asked, responses left before their end."""

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
from tests.reading.exports.test_kobo import ANSWERS

from impact_pipeline.reading.survey import Tool

OF_THE_TOOL = {
    "id": "ID de la réponse", "submitdate": "Date de soumission", "lastpage": "Dernière page",
    "startlanguage": "Langue de départ", "seed": "Tête de série", "startdate": "Date de lancement",
    "datestamp": "Date de la dernière action",
}  # fmt: skip


def lime(said: Sequence[Answers], *, headings: str = "code", labels: bool = False) -> list[list[str]]:
    """The rows of the exporter. Codes of questions are letters and digits; satisfaction is a line of an array."""

    def heading(code: str, title: str) -> str:
        return {"code": code, "full": title, "codetext": f"{code}. {title}"}[headings]

    def title(name: str) -> str:
        return HOUSEHOLD.by_name[name].label.fr

    header = [heading(code, told) for code, told in OF_THE_TOOL.items()]
    for name in FIELDS:
        if name == "needs":
            header += [heading(f"needs[{code}]", f"{title(name)} [{item.label.fr}]") for code, item in NEEDS.items()]
        elif name == "satisfaction_1":
            header.append(heading("satisfaction[1]", f"Votre avis [{title(name)}]"))
        else:
            header.append(heading(name.replace("_", ""), title(name)))
    rows = [[*header, "interviewtime", "groupTime716"]]
    for place, answers in enumerate(said, 1):
        day = "2026-03-02 10:20:31"
        row = [str(place), day, "3", "fr", "1234", day, day]
        for name in FIELDS:
            if name == "needs":
                row += _boxes(answers, labels)
            elif name == "satisfaction_1" and labels and answers.satisfaction_1 in (0, 10):
                row.append("Pas du tout - 0" if answers.satisfaction_1 == 0 else "Tout à fait - 10")
            elif name == "member" and not labels and answers.member is not None:
                row.append("Y" if answers.member else "N")
            else:
                row.append(answers.labelled(name) if labels else answers.told(name))
        rows.append([*row, "61.2", "30.1"])
    return rows


def _boxes(answers: Answers, labels: bool) -> list[str]:
    if answers.needs is None:
        return [""] * len(NEEDS)
    return [("Oui" if labels else "Y") if c in answers.needs else ("Non" if labels else "N") for c in NEEDS]


@pytest.mark.parametrize("headings", ["code", "full", "codetext"])
@pytest.mark.parametrize("labels", [False, True])
def test_every_way_of_exporting_gives_the_records_of_a_plain_table(headings: str, labels: bool) -> None:
    content = csv_of(lime(SAID, headings=headings, labels=labels), bom=True)
    assert book_of(content).tool is Tool.LIMESURVEY
    assert records(content) == expected(SAID)


def test_columns_of_the_tool_are_kept_and_told_once() -> None:
    table = table_of(csv_of(lime(SAID), ","))
    assert "unknown-column" not in codes(table)
    told = next(finding for finding in table.findings if finding.code == "survey-metadata")
    assert told.details["count"] == "9"
    assert list(table.extra[table.extra["header"] == "id"]["text"]) == ["1", "2", "3", "4"]


def test_what_was_not_asked_is_not_empty() -> None:
    rows = lime([Answers("HH-01")], labels=True)
    place = {name: n for n, name in enumerate(rows[0])}
    for name in ("age", "sex", "satisfaction[1]", "remark", "member", *(f"needs[{code}]" for code in NEEDS)):
        rows[1][place[name]] = "N/A"
    found = records(csv_of(rows))[0]
    told = {name: found[name] for name in ("age", "sex", "satisfaction_1", "remark", "member", "needs", "visited_on")}
    assert told == {**dict.fromkeys(told, "not-asked"), "visited_on": "blank"}


def test_a_box_that_was_not_ticked_may_be_written_as_not_asked() -> None:
    rows = lime([Answers("HH-01", needs=("housing",))], labels=True)
    rows[1] = ["N/A" if text == "Non" else text for text in rows[1]]
    assert records(csv_of(rows))[0]["needs"] == "housing"


def test_a_text_under_other_says_that_it_was_chosen_and_is_kept() -> None:
    rows = lime([Answers("HH-01", needs=("housing",))])
    rows[1][rows[0].index("needs[other]")] = "Un vélo"
    table = table_of(csv_of(rows))
    assert table.data.at[0, "needs"] == "housing other"
    assert list(table.extra[table.extra["header"] == "needs[other]"]["text"]) == ["Un vélo"]


def test_names_that_r_made_of_brackets() -> None:
    rows = lime(SAID)
    rows[0] = [text.replace("[", ".").replace("]", ".") for text in rows[0]]
    assert records(csv_of(rows)) == expected(SAID)


@settings(max_examples=30)
@given(
    st.lists(ANSWERS.filter(lambda a: a.remark != "N/A"), min_size=1, max_size=5),
    st.sampled_from(["code", "full", "codetext"]),
    st.booleans(),
)
def test_any_answers_read_back(said: list[Answers], headings: str, labels: bool) -> None:
    assert records(csv_of(lime(said, headings=headings, labels=labels))) == expected(said)
