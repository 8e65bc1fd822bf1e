"""The residents' survey as three cafés send it: before the opening, then one year after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from demo import files, residents, tables
from demo.sending import Sending, Slips, Table
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.renderings.template import template
from impact_pipeline.renderings.template.table import FIRST

INITIATIVE, NAME = "mille-cafes", "cafe-residents"
DEPARTEMENTS: Mapping[str, str] = {"lavoir": "07", "tilleuls": "23", "halle": "70"}
ORGANISATIONS: Mapping[str, str] = {
    "lavoir": "cafe-demo-du-lavoir",
    "tilleuls": "cafe-demo-des-tilleuls",
    "halle": "cafe-demo-de-la-halle",
}


def before(schemas: Schemas) -> Iterator[Sending]:
    """The baseline: one file with slips, its correction, a workbook with a title and a total, a file sent twice."""
    instrument = schemas.instrument(NAME)
    table = _table(instrument, schemas, "lavoir", "baseline")
    commune, age, sex = (instrument.by_name[name].label.fr for name in ("commune", "age", "sex"))
    no_zero = {code: code.removeprefix("0") for code in residents.COMMUNES}
    slips = Slips(table)
    slips.whole_column("zero-restored", commune, {code: short for code, short in no_zero.items() if code != short})
    slips.cell("required", 13, commune, None, blocks=True)
    slips.counts["zero-restored"] -= 1
    slips.cell("out-of-range", 27, age, 212)
    slips.cell("impossible-date", 41, instrument.by_name["interview_date"].label.fr, "31/02/2025")
    slips.cell("not-in-list", 58, sex, "Fenme")
    slips.same_person_twice(70, age, 34)
    slips.counts["zero-restored"] += 1
    yield _sending(
        "habitants lavoir avant.csv", "lavoir", "2025", files.text(table), table, slips,
        "CSV d'Excel en français ; les communes ont perdu leur zéro du début, et il y a des erreurs.",
    )  # fmt: skip
    yield _tilleuls_before(instrument, schemas)
    table = _table(instrument, schemas, "halle", "baseline")
    content = files.ods(table, sheet="Réponses")
    yield _sending("habitants_halle_2025.ods", "halle", "2025", content, table, Slips(table), "Classeur LibreOffice.")
    again = "Le même fichier envoyé deux fois, sous un autre nom."
    yield _sending("habitants_halle_2025 (copie).ods", "halle", "2025", content, table, Slips(table), again)
    table = _table(instrument, schemas, "lavoir", "baseline")
    slips = Slips(table)
    slips.same_row_twice(90)
    yield _sending(
        "habitants lavoir avant - corrige.csv", "lavoir", "2025", files.text(table), table, slips,
        "Le premier fichier, corrigé : il le remplace. Une ligne y est encore deux fois.",
    )  # fmt: skip


def after(schemas: Schemas) -> Iterator[Sending]:
    """The follow-up: our template filled, a CSV with its own headers and order, a tab-separated file."""
    instrument = schemas.instrument(NAME)
    table = _table(instrument, schemas, "lavoir", "follow-up")
    blank = template(instrument, schemas, organisation=ORGANISATIONS["lavoir"], period="2026")
    content = files.filled(blank, table[1:], first_row=FIRST + 1)
    about = "Notre modèle, rempli ; la ligne d'exemple y est restée."
    yield _sending("Enquete habitants modele rempli.xlsx", "lavoir", "2026", content, table, Slips(table), about)
    yield _tilleuls_after(instrument, schemas)
    table = _table(instrument, schemas, "halle", "follow-up", headers={"comment": "Remarques"})
    slips = Slips(table)
    slips.cell("not-a-number", 33, instrument.by_name["new_people"].label.fr, "beaucoup")
    slips.cell("not-a-boolean", 35, instrument.by_name["knows_cafe"].label.fr, "oui ?")
    content = files.text(table, separator="\t", encoding="utf-8")
    yield _sending("habitants_halle_2026.tsv", "halle", "2026", content, table, slips, "Texte à tabulations, en UTF-8.")


def _tilleuls_before(instrument: Instrument, schemas: Schemas) -> Sending:
    headers = {"respondent": "N° répondant", "commune": "Code INSEE", "cafe_open": "Café ouvert", "weight": "Poids"}
    table = _table(instrument, schemas, "tilleuls", "baseline", headers=headers)
    slips = Slips(table)
    slips.cell("out-of-range", 8, instrument.by_name["who5_3"].label.fr, 6)
    slips.cell("row-rule", 12, "Café ouvert", "Oui")
    width = len(table[0])
    weights = [row[table[0].index("Poids")] for row in table[1:]]
    total: list[files.Cell] = ["TOTAL", *[None] * (width - 1)]
    total[table[0].index("Poids")] = round(sum(float(str(weight)) for weight in weights), 2)
    title = "Enquête auprès des habitants - Café des Tilleuls - avant ouverture"
    framed: Table = [[title], ["Saisie : janvier à mars 2025"], [], *table, total, []]
    framed.append(["NB : entretiens au domicile, questionnaires papier ressaisis par deux bénévoles."])
    return _sending(
        "Enquete Tilleuls avant ouverture.xlsx", "tilleuls", "2025",
        files.xlsx(framed, sheet="Saisie", also="Brouillon"), table, slips,
        "Classeur Excel : titre au-dessus de l'en-tête, ligne TOTAL, note sous le tableau, feuille de brouillon.",
    )  # fmt: skip


def _tilleuls_after(instrument: Instrument, schemas: Schemas) -> Sending:
    left_out = ("comment", "new_people")
    columns = [name for name in instrument.by_name if name not in left_out]
    columns = [*columns[1:6], columns[0], *columns[6:]]
    headers = {"interview_date": "DATE DE L ENTRETIEN", "sex": "SEXE", "age": "AGE", "density_class": "densité"}
    table = _table(instrument, schemas, "tilleuls", "follow-up", headers=headers, columns=columns)
    for number, row in enumerate(table):
        row.append("Enquêteur" if number == 0 else f"Bénévole {number % 3 + 1}")
    slips = Slips(table)
    slips.cell("not-in-list", 20, instrument.by_name["activity"].label.fr, "Retraitee")
    slips.counts["unknown-column"] = 1
    return _sending(
        "tilleuls-un-an-apres.csv", "tilleuls", "2026", files.text(table, encoding="utf-8-sig"), table, slips,
        "CSV en UTF-8 avec BOM : autre ordre, titres sans accents, une colonne en plus, deux en moins.",
    )  # fmt: skip


def _table(
    instrument: Instrument,
    schemas: Schemas,
    cafe: str,
    wave: str,
    *,
    headers: Mapping[str, str] | None = None,
    columns: list[str] | None = None,
) -> Table:
    departement = DEPARTEMENTS[cafe]
    records = [record for record in residents.answers(wave) if str(record["commune"]).startswith(departement)]
    return tables.rows(instrument, schemas, records, headers=headers, columns=columns)


def _sending(file: str, cafe: str, period: str, content: bytes, table: Table, slips: Slips, about: str) -> Sending:
    return Sending(
        file, INITIATIVE, NAME, ORGANISATIONS[cafe], period, content, about,
        rows=len(table) - 1, set_aside=slips.set_aside, slips=slips.counts,
    )  # fmt: skip
