"""An XLSForm becomes an instrument that the loader takes, and all that it could not carry is told at its row."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook
from tests.xlsform.forms import SETTINGS, asked, choice, workbook, youth_form
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.conforming import conform
from impact_pipeline.declarations import Instrument, Schemas, load_schemas
from impact_pipeline.errors import ReadingError
from impact_pipeline.findings import Level
from impact_pipeline.reading import read_book
from impact_pipeline.validation import Checked, check_table
from impact_pipeline.xlsform import carry, read_form, tell

PROGRAMME = Path(__file__).parents[1] / "schemas" / "visits"


@pytest.fixture
def home(tmp_path):
    shutil.copytree(PROGRAMME, tmp_path / "schemas")
    return tmp_path


def run(home: Path, *arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--home", str(home), "instrument", "import", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def imported(home: Path, content: bytes, *arguments: object) -> tuple[int, str, Schemas]:
    (home / "form.xlsx").write_bytes(content)
    code, told = run(home, home / "form.xlsx", *arguments)
    return code, told, load_schemas(home / "schemas")


@pytest.fixture
def youth(home) -> tuple[int, str, Schemas]:
    return imported(home, youth_form())


def test_the_instrument_is_one_that_the_loader_takes_with_its_types_and_texts(youth):
    instrument = youth[2].instrument("enquete-jeunes")

    types = {item.name: item.type for item in instrument.fields}
    assert types == {
        "submission": "identifier", "nom_usager": "text", "age": "integer", "sexe": "category", "situation": "category",
        "situation_other": "text", "heures": "decimal", "freins": "categories", "lequel": "text", "debut": "date",
        "cp": "text", "lieu": "point", "note_10": "integer", "commune": "text", "quand": "text", "conjoint": "category",
    }  # fmt: skip
    age = instrument.by_name["age"]
    assert (age.label.fr, age.label.en, age.required, age.range) == (
        "Quel âge avez-vous ?", "How old are you?", True, (16, 120),
    )  # fmt: skip
    assert age.help is not None
    assert age.help.en == "Between 16 and 120."
    assert instrument.by_name["nom_usager"].synonyms == ("Nom-Usager",)
    assert instrument.by_name["cp"].pattern == "[0-9]{5}"
    assert instrument.by_name["note_10"].range == (0, 10)
    assert instrument.title.fr == "Enquête jeunes"


def test_choices_become_code_lists_with_their_labels_and_the_other_answer(youth):
    codes = youth[2].codelist("enquete-jeunes-situation").by_code
    assert {code: (item.label.fr, item.label.en) for code, item in codes.items()} == {
        "emploi": ("En emploi", "In work"), "stage": ("En stage", "Trainee"), "1": ("Sans activité", "Without work"),
        "other": ("Autre", "Other"),
    }  # fmt: skip


def test_relevance_of_the_question_and_of_its_group_and_constraints_become_checks(youth):
    instrument = youth[2].instrument("enquete-jeunes")
    relevant = {item.name: item.relevant.text for item in instrument.fields if item.relevant}
    assert relevant == {
        "situation": "age >= 18",
        "heures": "age >= 18 and (coalesce(situation = 'emploi', false) or coalesce(situation = 'stage', false))",
        "lequel": "coalesce(includes(freins, 'autre'), false)",
    }
    rules = {rule.code: rule for rule in instrument.rules}
    assert str(rules["C10"].expression) == "heures > 0 and heures <= 60"
    assert rules["C10"].message is not None
    assert rules["C10"].message.fr == "Au plus 60 heures."
    assert [rule.names for rule in instrument.rules] == [("heures",), ("freins",)]


def test_a_repeat_becomes_an_instrument_of_its_own_joined_to_the_form(youth):
    child = youth[2].instrument("enquete-jeunes-enfants")
    assert child.repeat is not None
    assert (child.repeat.parent, child.repeat.group) == ("enquete-jeunes", "enfants")
    assert [item.name for item in child.fields] == ["place", "submission", "prenom", "age_enfant"]


def test_disclosure_is_rather_too_careful(youth):
    classes = {item.name: item.disclosure for item in youth[2].instrument("enquete-jeunes").fields}
    assert classes["submission"] == classes["nom_usager"] == classes["lieu"] == "identifier"
    assert classes["age"] == classes["sexe"] == "sensitive"
    assert classes["lequel"] == "free-text"
    assert "safe" not in classes.values()


def test_what_could_not_be_carried_is_told_place_by_place_and_written_beside(youth, home):
    code, told, _ = youth
    assert code == 2
    expected = {
        "[survey, ligne 14] la formule de « constraint »": ". <= today()",
        "[survey, ligne 16] le calcul « double »": "",
        "[survey, ligne 18] « photo »": "image",
        "[survey, ligne 20] « select_one_from_file »": "texte libre",
        "[survey, ligne 21] « dateTime »": "texte libre",
        "[survey, ligne 23] le nombre de répétitions": "${age}",
        "[survey, ligne 27] la formule de « relevant »": "${double} > 3",
        "[survey, ligne 27] le filtre des choix": "pays=${commune}",
        "[entities] cette feuille": "",
        "[survey, ligne 7] la note « merci »": "",
        "[choices, ligne 10] « pays »": "",
    }
    lines = told.replace("\u00a0", " ").splitlines()
    for start, then in expected.items():
        assert any(line.strip().startswith(start) and then in line for line in lines), start
    yaml = (home / "schemas/instruments/enquete-jeunes.v1.yaml").read_text(encoding="utf-8")
    comments = [line for line in yaml.splitlines() if line.startswith("# - [")]
    left = lines[lines.index("Ce que ce formulaire dit et qui n’a pas pu être repris :") + 1 :]
    assert [line[4:].replace("\u00a0", " ") for line in comments] == [line.strip() for line in left if line.strip()]


def test_a_file_that_exists_is_never_written_over_without_force(youth, home):
    path = home / "schemas/instruments/enquete-jeunes.v1.yaml"
    path.write_text("mine", encoding="utf-8")
    from impact_pipeline.errors import StoreError

    with pytest.raises(StoreError, match=r"enquete-jeunes\.v1\.yaml"):
        run(home, home / "form.xlsx")
    assert path.read_text(encoding="utf-8") == "mine"
    assert run(home, home / "form.xlsx", "--force")[0] == 2
    assert run(home, home / "form.xlsx", "--name", "Jeunes 2", "--lang", "en")[0] == 2
    assert (home / "schemas/instruments/jeunes-2.v1.yaml").exists()


def test_a_form_that_is_wholly_carried_ends_with_0(home):
    form = workbook([asked("integer", "age", "Âge", "Age")], settings=SETTINGS)
    code, told, schemas = imported(home, form, "--name", "simple")
    assert code == 0, told
    assert schemas.instrument("simple").by_name["age"].type == "integer"


def test_the_spellings_that_xlsform_accepts_are_one():
    survey = [
        {"type": "select one from oui_non", "name": "q1", "caption": "Oui ?", "Required": "true()"},
        {"type": "select1 oui_non", "name": "q2", "caption": "Q2", "relevance": "${q1} = 'oui'"},
        {"type": "select all that apply from oui_non", "name": "q3", "caption": "Q3"},
        {"type": "add select one prompt using oui_non", "name": "q4", "caption": "Q4"},
        {"type": "begin lgroup", "name": "rep", "caption": "R"},
        {"type": "int", "name": "n", "caption": "N", "constraining message": "Trop grand", "constraint": ". < 5"},
        {"type": "end looped group"},
    ]
    choices = [{"list name": "oui_non", "value": v, "caption": v.title()} for v in ("oui", "non")]
    carried = carry(read_form(workbook(survey, choices), "form.xlsx"), "f")

    fields = {item["name"]: item for item in carried.instruments["f"]["fields"]}
    assert {name: item["type"] for name, item in fields.items() if name != "submission"} == {
        "q1": "category", "q2": "category", "q3": "categories", "q4": "category",
    }  # fmt: skip
    assert fields["q1"]["required"] is True
    assert fields["q2"]["relevant"] == "q1 = 'oui'"
    child = carried.instruments["f-rep"]
    assert child["rules"][0]["message"] == "Trop grand"
    assert [left.code for left in carried.left] == []


@pytest.mark.parametrize(
    ("relevant", "sql"),
    [
        ("${n} > 3", "n > 3"),
        ("${n} > '3'", "n > 3"),
        ("${n} != 3", "n <> 3"),
        ("${o} > 3", "coalesce(o > 3, false)"),
        ("${o} != 3", "coalesce(o <> 3, true)"),
        ("${o} = ''", "o is null"),
        ("${s} != ''", "s is not null"),
        ("not(${n} = 3)", "not (n = 3)"),
        ("${n} = 1 or ${n} = 2 and ${n} = 3", "n = 1 or n = 2 and n = 3"),
        ("(${n} = 1 or ${n} = 2) and ${n} = 3", "(n = 1 or n = 2) and n = 3"),
        ("${n} div 2 + 1 >= 5", "n / nullif(2, 0) + 1 >= 5"),
        ("(${n} + 1) * 2 = 8", "(n + 1) * 2 = 8"),
        ("string-length(${t}) > 2", "length(t) > 2"),
        ("if(${n} > 2, ${n}, 0) = 3", "case when n > 2 then n else 0 end = 3"),
        ("selected(${m}, 'a') and true()", "coalesce(includes(m, 'a'), false) and true"),
        ("${s} = 'a'", "coalesce(s = 'a', false)"),
        ("${d} >= date('2026-01-31')", "coalesce(d >= '2026-01-31', false)"),
        ("${t} = \"l'été\"", "coalesce(t = 'l''été', false)"),
    ],
)  # fmt: skip
def test_formulas_become_those_of_our_rules(relevant, sql):
    assert relevance(relevant)[0] == sql


@pytest.mark.parametrize(
    "relevant",
    ["today() > ${d}", "${absent} = 1", "${n} mod 2 = 0", "${m} = 'a'", "selected(${s}, 'zz')", "${s} = 'zz'",
     "../n = 1", "${n} =", "count(${n}) > 1", "${n} + 1", "${n} = 'douze'", "pulldata('x','y','z','t') = 1",
     "jr:choice-name(${s}, '${s}') = 'A'", "${n} > 1; drop table x"],
)  # fmt: skip
def test_a_formula_that_our_rules_do_not_have_is_left_with_its_text(relevant):
    sql, left = relevance(relevant)
    assert sql is None
    assert [(item.code, item.part, item.told, item.row) for item in left] == [("formula", "relevant", relevant, 7)]
    assert relevant in tell(left[0], "fr")


def relevance(text: str):
    survey = [
        asked("integer", "n", "N", "N", required="yes"),
        asked("integer", "o", "O", "O"),
        asked("text", "t", "T", "T", required="yes" if "length" in text else "no"),
        asked("select_one l", "s", "S", "S"),
        asked("select_multiple l", "m", "M", "M"),
        asked("text", "q", "Q", "Q", relevant=text),
        asked("date", "d", "D", "D"),
    ]
    form = workbook(survey, [choice("l", "a", "A", "A"), choice("l", "b", "B", "B")])
    carried = carry(read_form(form, "f.xlsx"), "f")
    field = next(item for item in carried.instruments["f"]["fields"] if item["name"] == "q")
    return field.get("relevant"), carried.left


def test_lists_whose_choices_repeat_a_code_or_a_label_are_told():
    choices = [choice("l", "a", "Oui", "Yes"), choice("l", "b", "Oui", "Yes"), choice("l", "a", "Non", "No")]
    carried = carry(read_form(workbook([asked("select_one l", "q", "Q", "Q")], choices), "f.xlsx"), "f")
    assert [(left.code, left.row) for left in carried.left] == [("label-twice", 3), ("choice-twice", 4)]
    assert list(carried.codelists["f-l"]["codes"]) == ["a", "b"]
    assert carried.codelists["f-l"]["codes"]["b"] == {"fr": "Oui (b)", "en": "Yes (b)"}


def test_names_that_sql_keeps_or_that_two_questions_share_get_another_and_their_synonym():
    names = ["Select", "row", "1re-question", "A.b", "a_b"]
    carried = carry(read_form(workbook([asked("text", name, "x " + name, "x") for name in names]), "f.xlsx"), "f")
    fields = carried.instruments["f"]["fields"][1:]
    assert [field["name"] for field in fields] == ["select_value", "row_value", "q_1re_question", "a_b", "a_b_2"]
    assert [field.get("synonyms") for field in fields] == [["Select"], ["row"], ["1re-question"], ["A.b"], ["a_b"]]


def test_what_is_no_form_is_told():
    for content in (b"not a workbook", workbook([], [choice("l", "a", "A", "A")])):
        with pytest.raises(ReadingError):
            read_form(content, "f.xlsx")


KOBO = ["start", "end", "Nom-Usager", "age", "sexe", "situation", "situation_other", "heures", "freins", "freins/aucun",
        "freins/transport", "freins/autre", "freins/sante", "lequel", "debut", "cp", "lieu", "_lieu_latitude",
        "_lieu_longitude", "_lieu_altitude", "_lieu_precision", "photo", "photo_URL", "note_10", "commune", "quand",
        "conjoint", "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by",
        "__version__", "_tags", "_index"]  # fmt: skip
COMMON = {
    "start": "2026-03-01T10:00:00.000+01:00", "end": "2026-03-01T10:05:00.000+01:00",
    "_submission_time": "2026-03-01T09:05:00", "_status": "submitted_via_web", "__version__": "v1",
}  # fmt: skip
NO_OBSTACLE = {"freins/aucun": "0", "freins/transport": "0", "freins/autre": "0", "freins/sante": "0"}
ANSWERS = [
    {
        "Nom-Usager": "Durand", "age": "34", "sexe": "f", "situation": "emploi", "heures": "35",
        "freins": "transport autre", **NO_OBSTACLE, "freins/transport": "1", "freins/autre": "1", "lequel": "la garde",
        "debut": "2026-01-05", "cp": "07200", "lieu": "44.5 4.3 0 5", "_lieu_latitude": "44.5",
        "_lieu_longitude": "4.3", "_lieu_altitude": "0", "_lieu_precision": "5", "photo": "a.jpg",
        "photo_URL": "http://x/a.jpg", "note_10": "7", "commune": "Aubenas", "quand": "2026-03-01T10:00",
        "conjoint": "h",
    },
    {"Nom-Usager": "Martin", "age": "17", "sexe": "h"},
    {
        "Nom-Usager": "Petit", "age": "51", "situation": "other", "situation_other": "en congé", "freins": "aucun",
        **NO_OBSTACLE, "freins/aucun": "1",
    },
]  # fmt: skip


def exported(answers: list[dict[str, str]]) -> bytes:
    stream = io.StringIO()
    written = csv.DictWriter(stream, KOBO, "", delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    written.writeheader()
    for n, answer in enumerate(answers, 1):
        written.writerow({**COMMON, "_id": str(n), "_uuid": f"u-{n}", "_index": str(n), **answer})
    return stream.getvalue().encode("utf-8")


def checked(content: bytes, instrument: Instrument, schemas: Schemas) -> Checked:
    table = conform(read_book(content, "export.csv"), instrument, schemas, fill={})
    with duckdb.connect() as connection:
        return check_table(table, instrument, schemas, connection)


def test_a_kobo_export_of_the_form_is_accepted_whole(youth):
    schemas = youth[2]
    outcome = checked(exported(ANSWERS), schemas.instrument("enquete-jeunes"), schemas)

    told = [(f.code, f.place.address, f.value) for f in outcome.findings if f.level is not Level.CORRECTED]
    assert [item for item in told if item[0] not in ("unknown-column",)] == []
    assert {KOBO[f.place.column or 0] for f in outcome.findings if f.code == "unknown-column"} <= {"photo", "photo_URL"}
    assert (outcome.accepted, outcome.rows_in) == (3, 3)
    records = outcome.records.table.to_pylist()  # type: ignore[attr-defined]
    assert [row["submission"] for row in records] == ["u-1", "u-2", "u-3"]
    assert [row["freins"] for row in records] == ["transport autre", None, "aucun"]


def test_an_answer_that_the_form_would_refuse_is_refused_in_its_words(youth):
    schemas = youth[2]
    wrong = [{**ANSWERS[0], "heures": "90"}, {**ANSWERS[1], "age": "12"}, {**ANSWERS[2], "situation": ""}]
    outcome = checked(exported(wrong), schemas.instrument("enquete-jeunes"), schemas)

    told = {(f.code, KOBO[f.place.column or 0], f.place.row) for f in outcome.findings if f.level is Level.BLOCKING}
    assert told == {("row-rule", "heures", 2), ("out-of-range", "age", 3), ("required", "situation", 4)}


def test_the_repeated_group_of_a_kobo_workbook_is_read_with_its_parents(youth):
    book = Workbook()
    parents, children = book.active, book.create_sheet("enfants")
    parents.title = "Enquête jeunes"
    parents.append(KOBO)
    for n, answer in enumerate(ANSWERS, 1):
        row = {**COMMON, "_id": str(n), "_uuid": f"u-{n}", "_index": str(n), **answer}
        parents.append([row.get(column, "") for column in KOBO])
    children.append(
        [
            "prenom",
            "age_enfant",
            "_index",
            "_parent_table_name",
            "_parent_index",
            "_submission__id",
            "_submission__uuid",
        ]
    )
    for n, (name, age, parent) in enumerate((("Lou", "4", 1), ("Zoé", "7", 1), ("Max", "3", 2)), 1):
        children.append([name, age, n, "Enquête jeunes", parent, parent, f"u-{parent}"])
    stream = io.BytesIO()
    book.save(stream)
    outcome = checked(stream.getvalue(), youth[2].instrument("enquete-jeunes-enfants"), youth[2])

    assert [f.code for f in outcome.findings if f.level is not Level.CORRECTED] == []
    records = outcome.records.table.to_pylist()  # type: ignore[attr-defined]
    assert [(row["place"], row["submission"], row["prenom"], row["age_enfant"]) for row in records] == [
        ("u-1/1", "u-1", "Lou", 4), ("u-1/2", "u-1", "Zoé", 7), ("u-2/1", "u-2", "Max", 3),
    ]  # fmt: skip
