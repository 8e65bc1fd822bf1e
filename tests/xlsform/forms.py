"""XLSForms made with openpyxl, for the tests of the import."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Row = Mapping[str, object]


def workbook(survey: Sequence[Row], choices: Sequence[Row] = (), settings: Row | None = None, **more: object) -> bytes:
    """A form whose columns are the keys of its rows, in the order in which they come."""
    book = Workbook()
    book.remove(book.active)
    sheets = {"survey": survey, "choices": choices, "settings": [settings] if settings else [], **more}
    for name, rows in sheets.items():
        if not rows:
            continue
        sheet = book.create_sheet(name)
        columns = list(dict.fromkeys(column for row in rows for column in row))  # type: ignore[attr-defined]
        sheet.append(columns)
        for row in rows:  # type: ignore[attr-defined]
            sheet.append([row.get(column) for column in columns])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def both(fr: str, en: str, column: str = "label") -> dict[str, str]:
    return {f"{column}::Français (fr)": fr, f"{column}::English (en)": en}


def asked(kind: str, name: str, fr: str = "", en: str = "", **more: object) -> dict[str, object]:
    return {"type": kind, "name": name, **(both(fr, en) if fr else {}), **more}


def choice(list_name: str, name: str, fr: str, en: str, **more: object) -> dict[str, object]:
    return {"list_name": list_name, "name": name, **both(fr, en), **more}


SURVEY: list[Row] = [
    {"type": "start", "name": "start"},
    {"type": "today", "name": "today"},
    asked("text", "Nom-Usager", "Votre nom", "Your name", required="yes", hint="Nom et prénom"),
    asked(
        "integer", "age", "Quel âge avez-vous ?", "How old are you?", required="TRUE",
        constraint=". >= 16 and . <= 120",
        **both("Entre 16 et 120 ans.", "Between 16 and 120.", "constraint_message"),
    ),
    asked("select_one sexe", "sexe", "Sexe", "Sex"),
    asked("note", "merci", "Merci **beaucoup**", "Thank you"),
    asked("begin_group", "travail", "Travail", "Work", relevant="${age} >= 18"),
    asked("select_one situation or_other", "situation", "Situation", "Situation", required="yes"),
    asked(
        "decimal", "heures", "Heures par semaine", "Hours a week", constraint=". > 0 and . <= 60",
        relevant="${situation} = 'emploi' or selected(${situation}, 'stage')",
        **both("Au plus 60 heures.", "60 hours at most.", "constraint_message"),
    ),
    {"type": "end_group"},
    asked("select_multiple freins", "freins", "Freins", "Obstacles", constraint="count-selected(.) <= 2"),
    asked("text", "lequel", "Lequel ?", "Which one?", relevant="selected(${freins}, 'autre')"),
    asked("date", "debut", "Date de début", "Start date", constraint=". <= today()"),
    asked("text", "cp", "Code postal", "Postcode", constraint="regex(., '^[0-9]{5}$')"),
    {"type": "calculate", "name": "double", "calculation": "${age} * 2"},
    asked("geopoint", "lieu", "Lieu", "Place"),
    asked("image", "photo", "Photo", "Photo"),
    asked("range", "note_10", "Note", "Mark", parameters="start=0 end=10 step=1"),
    asked("select_one_from_file communes.csv", "commune", "Commune", "Town"),
    asked("dateTime", "quand", "Quand ?", "When?"),
    {},
    asked("begin_repeat", "enfants", "Enfants", "Children", repeat_count="${age}"),
    asked("text", "prenom", "Prénom", "First name", required="yes"),
    asked("integer", "age_enfant", "Âge de l'enfant", "Age of the child", constraint=". < 18"),
    {"type": "end_repeat"},
    asked(
        "select_one sexe", "conjoint", "Conjoint", "Partner", relevant="${double} > 3", choice_filter="pays=${commune}"
    ),
]  # fmt: skip
CHOICES: list[Row] = [
    choice("sexe", "f", "Femme", "Woman"),
    choice("sexe", "h", "Homme", "Man"),
    choice("situation", "emploi", "En emploi", "In work"),
    choice("situation", "stage", "En stage", "Trainee"),
    choice("situation", "1", "Sans activité", "Without work"),
    choice("freins", "aucun", "Aucun", "None of these"),
    choice("freins", "transport", "Transport", "Transport"),
    choice("freins", "autre", "Autre", "Another"),
    choice("freins", "sante", "Santé", "Health", pays="fr"),
]
SETTINGS = {"form_title": "Enquête jeunes", "form_id": "Enquete_Jeunes", "default_language": "Français (fr)"}


def youth_form() -> bytes:
    """A form that exercises what XLSForm has."""
    return workbook(SURVEY, CHOICES, SETTINGS, entities=[{"dataset": "jeunes", "label": "x"}])
