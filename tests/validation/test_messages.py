"""Every finding is told in both languages, in words a volunteer can act on."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import ReadingError
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.validation import unreadable
from impact_pipeline.validation.messages import PARTS, codes, group, tell, title
from impact_pipeline.words import Language, catalogue

SCHEMAS = load_schemas(Path(__file__).parents[1] / "schemas" / "visits")
INSTRUMENT = SCHEMAS.instrument("visits")
LANGUAGES: tuple[Language, ...] = get_args(Language)
MINE = ("finding.", "message.", "level.", "check.")
JARGON = re.compile(r"pandas|dtype|regex|\bNone\b|\bNaN\b|null|string|float", re.IGNORECASE)
CELL = Place("T1", 12, 1)
SIDES = {"left": "“Women” (42) + “Men” (30) = 72", "right": "70", "wave": "2026-Q1"}
FINDINGS = {
    "missing-column": Finding("missing-column", Level.BLOCKING, Place("T1"), field="visits"),
    "not-in-list": Finding("not-in-list", Level.TO_CHECK, CELL, "Fame", "sex", details={"header": "Sexe"}),
    "number-converted": Finding(
        "number-converted", Level.CORRECTED, Place("T1", None, 1), "90,11", "spent", 14, {"as": "90.11"}
    ),
    "date-converted": Finding(
        "date-converted", Level.CORRECTED, Place("T1", None, 1), "12/05/2021", "visited_on", 2, {"as": "2021-05-12"}
    ),
    "filled-from-submission": Finding(
        "filled-from-submission", Level.CORRECTED, field="quarter", cells=12, details={"as": "2026-Q1"}
    ),
    "row-rule": Finding(
        "row-rule", Level.BLOCKING, CELL, "Âge = 12 · Adhérent = oui", "age",
        details={"rule": "R02", "message": INSTRUMENT.rules[1].message},
    ),
    "other-period": Finding(
        "other-period", Level.TO_CHECK, CELL, "2026-Q1", "quarter", 2, details={"sent_for": "2026-Q2"}
    ),
    "duplicate-key": Finding(
        "duplicate-key", Level.BLOCKING, CELL, "AB001", "visitor", details={"rows": "48", "fields": "visited_on sex"}
    ),
    **{
        code: Finding(code, Level.BLOCKING, details=details)
        for code, details in (
            ("older-template", {"version": "1", "current": "2"}), ("newer-template", {"version": "3", "current": "2"}),
            ("other-template", {"form": INSTRUMENT.title, "asked": INSTRUMENT.title}),
            ("other-submission", {"stamped": "2026-Q1", "given": "2026-Q2"}),
            ("field-gone", {"question": INSTRUMENT.title}),
        )
    },
    **{
        code: Finding(code, Level.BLOCKING, CELL, text, "commune", details={"as": read} if read else {})
        for code, text, read in (
            ("ambiguous-commune", "Saint-Martin", ""), ("unknown-commune", "Privass", ""),
            ("postcode-as-commune", "07000", ""), ("commune-or-postcode", "07200", ""),
            ("commune-merged", "49069", "49126"), ("commune-from-name", "Privas", "07186"),
            ("commune-from-postcode", "75012", "75056"), ("commune-arrondissement", "Paris 12e", "75056"),
        )
    },
    **{
        code: Finding(code, Level.TO_CHECK, CELL, "7", "visits", details=SIDES | {"operator": operator})
        for code, operator in {
            "rule-compared": "less-than", "sum-mismatch": "equal-to", "shares-mismatch": "equal-to",
            "rule-pair-incomplete": "compulsory-pair", "rule-pair-both": "exclusive-pair",
        }.items()
    },
    **{
        code: Finding(
            code, Level.TO_CHECK, CELL, "1240", "visits",
            details={"wave": "2026-Q1", "number": "1240", "past": "2025-Q3=85|2025-Q4=140"},
        )
        for code in ("unusual-value", "unusual-change")
    },
    "answered-not-asked": Finding("answered-not-asked", Level.TO_CHECK, CELL, "7", "age", details={"fields": "sex"}),
    "duplicate-elsewhere": Finding(
        "duplicate-elsewhere", Level.TO_CHECK, CELL, "AB001", "visitor",
        details={"rows": "48", "fields": "sex age", "organisation": "lavoir", "period": "2025-Q4"},
    ),
    "already-received": Finding(
        "already-received", Level.CORRECTED, Place("T1", 12), cells=118,
        details={"organisation": "lavoir", "period": "2025-Q4"},
    ),
    "near-duplicate": Finding(
        "near-duplicate", Level.TO_CHECK, CELL, "Zoé Martin", "visitor", details={"rows": "48", "fields": "sex"}
    ),
    **{
        code: Finding(
            code, Level.CORRECTED, CELL, "AB001", "visitor",
            details={"as": "AB009", "initials": "ZM", "group": "3fa2-2", "note": "vu avec l’accueil"},
        )
        for code in ("decided-drop", "decided-new-id")
    },
}  # fmt: skip


def words_of(code: str, language: Language) -> list[str]:
    finding = FINDINGS.get(code, Finding(code, Level.TO_CHECK, CELL, "x", "remark", details={"rows": "48", "as": "y"}))
    message = tell(finding, INSTRUMENT, SCHEMAS, language)
    return [message.title, message.place, message.read, message.expected, message.todo, message.example]


def test_both_languages_know_the_same_sentences_with_the_same_blanks() -> None:
    blanks = {
        language: {
            key: {name for _, name, _, _ in Formatter().parse(sentence) if name}
            for key, sentence in catalogue(language).items()
            if key.startswith(MINE)
        }
        for language in LANGUAGES
    }
    assert blanks["fr"] == blanks["en"]


def test_every_code_has_all_its_parts() -> None:
    known = catalogue("fr")
    assert [f"{code}.{part}" for code in codes() for part in PARTS if f"finding.{code}.{part}" not in known] == []
    assert len(codes()) > 40


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", codes())
def test_a_message_has_no_jargon_no_blank_left_and_says_what_to_do(code: str, language: Language) -> None:
    name, place, read, expected, todo, _ = told = words_of(code, language)
    assert all([name, place, read, expected, todo])
    assert title(code, language) == name
    for text in told:
        assert not JARGON.search(text), text
        assert not re.search(r"[{}]|  |\(\)|«\s*»|“”", text), text


@pytest.mark.parametrize("code", codes())
def test_french_typography(code: str) -> None:
    for text in words_of(code, "fr"):
        assert not re.search(r"[^\u00a0\u202f][;:?!»](\s|$)|«[^\u00a0\u202f]|'|\"", text), text


def test_the_place_is_said_as_the_sheet_shows_it() -> None:
    finding = Finding("required", Level.BLOCKING, Place("T1", 12, 1), field="visits", details={"header": "Nb passages"})
    assert tell(finding, INSTRUMENT, SCHEMAS, "fr").place.replace("\u00a0", " ") == (
        "feuille « T1 », cellule B12 (colonne « Nb passages »)"
    )
    assert tell(finding, INSTRUMENT, SCHEMAS, "en").place == "sheet “T1”, cell B12 (column “Nb passages”)"
    row = Finding("blank-row", Level.BLOCKING, Place(None, 4))
    assert tell(row, INSTRUMENT, SCHEMAS, "fr").place == "ligne 4"
    file = unreadable(ReadingError("protected-file"), INSTRUMENT).findings[0]
    assert tell(file, INSTRUMENT, SCHEMAS, "en").place == "the file"


def test_a_near_answer_is_proposed_in_the_language_and_an_example_is_given() -> None:
    french, english = (tell(FINDINGS["not-in-list"], INSTRUMENT, SCHEMAS, language) for language in LANGUAGES)
    assert "« Femme »" in french.todo.replace("\u00a0", " ")
    assert french.expected.replace("\u00a0", " ") == "L’une de ces réponses : « Femme », « Homme »."
    assert "“Woman”" in english.expected
    assert english.example == "Woman"


def test_numbers_and_dates_are_written_the_way_of_the_language() -> None:
    assert "90,11 (14 cellules)" in tell(FINDINGS["number-converted"], INSTRUMENT, SCHEMAS, "fr").read
    assert "90.11 (14 cells)" in tell(FINDINGS["number-converted"], INSTRUMENT, SCHEMAS, "en").read
    assert "12 mai 2021" in tell(FINDINGS["date-converted"], INSTRUMENT, SCHEMAS, "fr").read
    assert "T1 2026" in tell(FINDINGS["filled-from-submission"], INSTRUMENT, SCHEMAS, "fr").read.replace("\u00a0", " ")


def test_a_number_in_doubt_is_told_with_both_readings_and_its_count() -> None:
    asked = Finding("ambiguous-number", Level.TO_CHECK, CELL, "1.234 €", "spent", 14, {"rows": "2, 3, 4"})
    french, english = (tell(asked, INSTRUMENT, SCHEMAS, language) for language in LANGUAGES)
    assert "peut se lire 1 234 ou 1,234 (14 cellules)" in re.sub(r"\s", " ", french.read)
    assert "can be read as 1,234 or 1.234 (14 cells)" in english.read
    assert french.todo.endswith("ces cellules comptent comme vides.")


def test_an_estimate_is_told_with_the_number_to_write_and_a_missing_answer_with_what_it_means() -> None:
    estimate = Finding("approximate-number", Level.TO_CHECK, CELL, "~75 %", "age")
    assert "par exemple 75 " in tell(estimate, INSTRUMENT, SCHEMAS, "fr").todo
    words = Finding("not-a-number", Level.TO_CHECK, CELL, "12 enfants", "age")
    assert "12." in tell(words, INSTRUMENT, SCHEMAS, "en").todo
    missing = Finding("missing-converted", Level.CORRECTED, CELL, "NSP", "age", 3, {"as": "unknown"})
    assert "ne sait pas (3 cellules)" in tell(missing, INSTRUMENT, SCHEMAS, "fr").read


def test_a_day_written_for_a_month_is_told_with_the_month_that_it_may_mean() -> None:
    monthly = load_schemas(Path(__file__).parents[2] / "schemas").instrument("cafe-monthly")
    real, none = (
        tell(Finding("period-length", Level.BLOCKING, CELL, text, monthly.wave_field), monthly, SCHEMAS, "fr")
        for text in ("15/02/2026", "31/02/2026")
    )
    assert "un jour" in real.read
    assert "dire 2026-02\u00a0?" in real.todo
    assert "ce jour n’existe pas" in none.read
    assert "dire 2026-02 ou 2026-03\u00a0?" in none.todo


def test_what_a_number_may_mean_is_asked() -> None:
    half = Finding("not-a-number", Level.TO_CHECK, CELL, "1/2", "spent")
    assert "Vouliez-vous dire 0,5\u00a0?" in tell(half, INSTRUMENT, SCHEMAS, "fr").todo
    assert "Did you mean 0.5?" in tell(half, INSTRUMENT, SCHEMAS, "en").todo


@pytest.mark.parametrize(
    ("declared", "what"), [("110", "là deux fois, ou le total n’est plus à jour"), ("140", "aucune ligne ne manque")]
)
def test_what_to_look_for_depends_on_which_of_total_and_sum_is_smaller(declared: str, what: str) -> None:
    finding = Finding(
        "total-mismatch", Level.TO_CHECK, CELL, declared, "spent", details={"declared": declared, "sum": "133"}
    )
    message = tell(finding, INSTRUMENT, SCHEMAS, "fr")
    assert what in message.todo
    assert not message.example


def test_three_rows_of_one_key_are_told_with_all_that_may_be_corrected() -> None:
    twins = Finding(
        "duplicate-key", Level.BLOCKING, CELL, "AB001", "visitor", details={"rows": "14, 20", "fields": "age"}
    )
    told = tell(twins, INSTRUMENT, SCHEMAS, "fr").todo.replace("\u00a0", " ")
    assert "supprimez les autres" in told
    assert "« Code du visiteur » ou « Trimestre »" in told


def test_a_broken_rule_is_told_with_its_message_and_the_cells_that_break_it() -> None:
    details = {"message": INSTRUMENT.rules[1].message, "shown": "B12 (Âge) = 12, K12 (Adhérent) = oui"}
    told = tell(
        Finding("row-rule", Level.BLOCKING, CELL, "Âge = 12", "age", details=details), INSTRUMENT, SCHEMAS, "fr"
    )
    assert told.read == f"{INSTRUMENT.rules[1].message.fr} B12 (Âge) = 12, K12 (Adhérent) = oui."
    assert INSTRUMENT.rules[1].message.fr not in told.expected
    assert not told.example


def test_what_becomes_of_the_row_depends_on_the_field() -> None:
    compulsory = Finding("out-of-range", Level.BLOCKING, CELL, "500", "visits")
    optional = Finding("out-of-range", Level.TO_CHECK, CELL, "111", "age")
    assert "cette ligne est mise de côté" in tell(compulsory, INSTRUMENT, SCHEMAS, "fr").todo
    assert "cette cellule compte comme vide" in tell(optional, INSTRUMENT, SCHEMAS, "fr").todo


def test_causes_come_blocking_first_then_in_the_order_of_the_file_with_true_counts() -> None:
    findings = [
        Finding("out-of-range", Level.TO_CHECK, Place(None, 2, 7), "111", "age"),
        Finding("required", Level.BLOCKING, Place(None, 9, 2), field="commune"),
        FINDINGS["number-converted"],
        Finding("required", Level.BLOCKING, Place(None, 5, 10), field="visits"),
        Finding("required", Level.BLOCKING, Place(None, 12, 10), field="visits"),
    ]
    groups = group(findings, {("required", Level.BLOCKING, "visits"): 12_431})
    assert [(g.code, g.field, g.count, len(g.findings)) for g in groups] == [
        ("required", "visits", 12_431, 2),
        ("required", "commune", 1, 1),
        ("out-of-range", "age", 1, 1),
        ("number-converted", "spent", 14, 1),
    ]


def test_a_period_of_another_length_is_told_with_both_lengths() -> None:
    finding = Finding("period-length", Level.BLOCKING, CELL, "janvier 2026", "quarter")
    told = tell(finding, INSTRUMENT, SCHEMAS, "fr")
    assert told.read == "« janvier 2026 » est un mois ; nous attendons un trimestre."
    assert (
        "« 2026-01-05 » est un jour"
        in tell(Finding("period-length", Level.BLOCKING, CELL, "2026-01-05", "quarter"), INSTRUMENT, SCHEMAS, "fr").read
    )


def test_no_example_is_given_where_no_answer_is_asked_for_and_no_number_that_is_not_one() -> None:
    total = Finding("total-mismatch", Level.TO_CHECK, CELL, "128", "visits", details={"declared": "128", "sum": "126"})
    assert tell(total, INSTRUMENT, SCHEMAS, "fr").example == ""
    spaced = Finding("not-a-number", Level.BLOCKING, CELL, "8 6 0", "visits")
    assert "8 6 0" not in tell(spaced, INSTRUMENT, SCHEMAS, "fr").todo


def test_one_hidden_row_is_one() -> None:
    one, two = (
        tell(
            Finding("hidden-rows", Level.TO_CHECK, Place("T1"), cells=n, details={"rows": rows}),
            INSTRUMENT,
            SCHEMAS,
            "fr",
        )
        for n, rows in ((1, "3"), (2, "3, 4"))
    )
    assert (one.todo[:11], two.todo[:12]) == ("Affichez-la", "Affichez-les")
