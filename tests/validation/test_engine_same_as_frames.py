"""Both paths, through frames and through the engine, give the same outcome for the same CSV: records, statuses, unknown
cells, rows set aside, conversions, findings and true counts."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.conforming.french_tables import INSTRUMENT, tables
from tests.conforming.french_tables import SCHEMAS as FRENCH
from tests.programme import FILES, ROOT, SENT

from impact_pipeline.conforming import conform
from impact_pipeline.declarations import ColumnMapping, Instrument, Schemas, load_schemas
from impact_pipeline.landing import SubmissionKey
from impact_pipeline.pipeline.checking import ENGINE_FROM, check_file
from impact_pipeline.reading import read_book, sniff
from impact_pipeline.validation import Checked, check_table
from impact_pipeline.validation.engine import check_csv

SHARED = ROOT.parent / "shared" / "data"
SCHEMAS = load_schemas(ROOT / "schemas")
UPLOADS = load_schemas(ROOT / "tests" / "schemas" / "uploads")
JOBS2 = load_schemas(ROOT / "examples" / "jobs2" / "schemas")
EXPORT = "Suivi DAT - all versions - 2025-10-31.csv"  # of a survey tool
TEXTS = [sent for sent in SENT if sent["file"].endswith((".csv", ".tsv")) and sent["file"] != EXPORT]


def told(checked: Checked, folder: Path) -> dict[str, Any]:
    """All that an outcome says, in plain values; every table says how long it is."""
    tables = {}
    for name in ("records", "statuses", "extra", "set_aside", "conversions", "duplicates"):
        path = folder / f"{checked.path}-{name}.parquet"
        getattr(checked, name).write_parquet(path)
        tables[name] = pq.read_table(path).to_pylist()
        assert len(getattr(checked, name)) == len(tables[name]), name
    return {
        **tables,
        "rows": (checked.rows_in, checked.accepted, checked.set_aside_rows),
        "findings": checked.findings,
        "counts": dict(checked.counts),
    }


def assert_same(
    path: Path,
    instrument: Instrument,
    schemas: Schemas,
    fill: dict[str, str],
    folder: Path,
    mapping: ColumnMapping | None = None,
) -> Checked:
    content = path.read_bytes()
    with duckdb.connect() as one, duckdb.connect() as other:
        table = conform(read_book(content, path.name), instrument, schemas, fill=fill, mapping=mapping)
        frames = check_table(table, instrument, schemas, one)
        engine = check_csv(path, sniff(content), instrument, schemas, other, fill=fill, mapping=mapping)
        assert engine is not None
        ours, theirs = told(frames, folder), told(engine, folder)
    for name, value in ours.items():
        assert theirs[name] == value, name
    assert engine.path == "engine"
    return engine


@pytest.mark.parametrize("sent", TEXTS, ids=lambda sent: sent["file"])
def test_demo_files(sent, tmp_path):
    fill = {"period": sent["period"], "organisation": sent["organisation"]}
    assert_same(FILES / sent["file"], SCHEMAS.instrument(sent["instrument"]), SCHEMAS, fill, tmp_path)


@pytest.mark.parametrize(
    ("name", "instrument", "schemas"),
    [
        ("uploads/purchases_bad.csv", "purchases", UPLOADS),
        ("uploads/purchases_bad_empty_rows.csv", "purchases", UPLOADS),
        ("uploads/purchases_bad_extra_columns.csv", "purchases", UPLOADS),
        ("uploads/purchases_bad_wrong_header_typo.csv", "purchases", UPLOADS),
        ("uploads/purchases_good_separator_semicolon.csv", "purchases", UPLOADS),
        ("uploads/table-with-accents.csv", "hotels", UPLOADS),
        ("jobs2/jobs.csv", "jobs2-participants", JOBS2),
    ],
)
def test_real_files(name, instrument, schemas, tmp_path):
    if not (SHARED / name).is_file():
        pytest.skip(f"needs ../shared/data/{name}")
    assert_same(SHARED / name, schemas.instrument(instrument), schemas, {}, tmp_path)


def test_an_export_of_a_survey_tool_is_left_to_the_path_that_knows_its_conventions():
    path = FILES / EXPORT
    with duckdb.connect() as connection:
        dialect = sniff(path.read_bytes())
        assert check_csv(path, dialect, SCHEMAS.instrument("dat-followup"), SCHEMAS, connection, fill={}) is None


def test_a_file_without_header_is_left_to_the_path_that_tells_why(tmp_path):
    path = tmp_path / "no-header.csv"
    path.write_text("CAFE-01;2026-01\nCAFE-02;2026-01\n", encoding="utf-8")
    with duckdb.connect() as connection:
        dialect = sniff(path.read_bytes())
        assert check_csv(path, dialect, SCHEMAS.instrument("cafe-monthly"), SCHEMAS, connection, fill={}) is None


def test_a_large_text_without_header_is_told_from_its_head_alone(tmp_path):
    path = tmp_path / "no-header.csv"
    path.write_bytes("CAFE-01;2026-01;été\n".encode() * (ENGINE_FROM // 20 + 1))
    key = SubmissionKey("mille-cafes", "cafe-monthly", "", "2026-01")
    with duckdb.connect() as connection:
        checked, _ = check_file(path, SCHEMAS.instrument("cafe-monthly"), SCHEMAS, connection, key)
    assert [(found.code, found.place.row) for found in checked.findings] == [("header-not-found", 1)]
    assert (checked.rows_in, checked.accepted) == (0, 0)
    assert checked.read_as["separator"] == ";"


HEADERS = {  # column -> cells that people write, right and wrong
    "Code du café *": ["CAFE-01", "CAFE-02", "CAFE-03", " CAFE-01 ", "4,991E+13", "", "TOTAL", "#REF!"],
    "Mois": ["2026-01", "janvier 2026", "01/2026", "févr. 2026", "l'hiver", ""],
    "COMMUNE": ["07019", "7019", "2A004", "7O19", "", "97105", "07200", "7000", "Privas (07)", "23126", "Saint-Martin"],
    "Jours d'ouverture": ["24", "0", "24,0", "1.234", "-9", "vingt", "400", "", "\u00a012", "NSP", "20-25", "env. 20"],
    "Passages": ["860", "1 200", "1\u202f200", "12,5", "", "-9", "1,234"],
    "CA HT": [
        "9450,50",
        "9 450,50 €",
        "9450.5",
        "(5)",
        "12 %",
        "beaucoup",
        "",
        "1.234",
        "120000",
        "sans objet",
        "3 k€",
    ],
    "Point poste": ["oui", "Non", "O", "x", "oui ?", "", "peut-être"],
    "Commentaire": ["", "e\u0301te\u0301", "Fermé\nune semaine", 'dit "oui"', "a;b"],
    "Autre": ["", "bleu"],
    "__version__": ["v1", "v2", ""],
}


MAPPING = ColumnMapping(
    organisation="reseau-demo-des-cafes",
    instrument="cafe-monthly",
    columns={"Autre": "bread", "Commentaire": "ignored", "Ancien": "events"},
    values={
        "cafe": {"CAFE-03": "CAFE-04"}, "visits": {"860": "861", "-9": "12"}, "postal_point": {"oui ?": "true"},
        "bread": {"bleu": "oui"}, "turnover": {"beaucoup": "12,50"},
    },
    decisions={"turnover": "point", "opening_days": "comma"},
)  # fmt: skip


@st.composite
def sheets(draw: st.DrawFn) -> list[list[str]]:
    """Rows of a monthly form as it may come: titles above, columns missing or in another order, totals, blank rows."""
    names = draw(st.permutations(list(HEADERS)))
    names = names[: draw(st.integers(4, len(names)))]
    dressed = [draw(st.sampled_from([name, f"1. {name}", f"{name} (à remplir)", name[:-1]])) for name in names]
    rows = [[""] * len(names)] * draw(st.integers(0, 1)) + [draw(st.sampled_from([names, dressed]))]
    for _ in range(draw(st.integers(0, 12))):
        rows.append([draw(st.sampled_from(HEADERS[name])) for name in names])
    empty = [""] * len(names)
    other = draw(st.permutations(names))
    apart = [
        empty, ["NB : à relire avant envoi", *empty[1:]], [name.upper() for name in names], list(other),
        ["Fait à Privas,", "le 3 juin", *empty[2:]], ["", "Sous-total Ardèche", *empty[2:]],
    ]  # fmt: skip
    for _ in range(draw(st.integers(0, 3))):
        rows.insert(draw(st.integers(1, len(rows))), draw(st.sampled_from(apart)))
    return rows


@settings(max_examples=40)
@given(rows=sheets(), strict=st.booleans(), filled=st.booleans(), mapping=st.sampled_from([None, MAPPING]))
def test_any_form(tmp_path_factory, rows, strict, filled, mapping):
    instrument = SCHEMAS.instrument("cafe-monthly")
    if strict:
        strictness = instrument.strictness.model_copy(update={"empty_rows": "refuse", "unknown_columns": "refuse"})
        instrument = instrument.model_copy(update={"strictness": strictness})
    folder = tmp_path_factory.mktemp("form")
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows(rows)
    path = folder / "form.csv"
    path.write_text(stream.getvalue(), encoding="utf-8", newline="")
    fill = {"period": "2026-01", "organisation": "cafe-demo-du-lavoir"} if filled else {}
    content = path.read_bytes()
    if not content.strip() or sniff(content).separator != ";":
        return
    table = conform(read_book(content, path.name), instrument, SCHEMAS, fill=fill, mapping=mapping)
    if any(finding.code == "header-not-found" for finding in table.findings):
        return
    assert_same(path, instrument, SCHEMAS, fill, folder, mapping)


MONTHLY = "Code du café;Mois;Commune;Jours d'ouverture;Passages;CA HT\nCAFE-01;2026-01;07019;24;860;9450,50\n"
BROKEN = "CAFE-02;2026-01;07019;24;860;9450,50 €\n".encode("cp1252")


@pytest.mark.parametrize(
    "content",
    [
        MONTHLY.encode("mac-roman"),
        MONTHLY.encode("utf-16"),
        MONTHLY.encode("utf-16-be"),
        MONTHLY.replace("\n", "\r").encode("cp1252"),
        MONTHLY.replace("CAFE-01", "CAFÃ‰-01").replace("07019", "PÃ©rigueux").encode(),
        f"sep=;\r{MONTHLY}".replace("\n", "\r").encode("utf-8-sig"),
        (MONTHLY + "CAFE-03;2026-01;07019;24;1\u202f200;9 450,50 €\n").encode() + BROKEN,
    ],
    ids=["mac-roman", "utf-16", "utf-16-be", "lone returns", "saved twice", "sep line", "broken utf-8"],
)
def test_any_way_of_writing_text(content, tmp_path):
    path = tmp_path / "form.csv"
    path.write_bytes(content)
    engine = assert_same(path, SCHEMAS.instrument("cafe-monthly"), SCHEMAS, {}, tmp_path)
    assert engine.rows_in == content.count(b"CAF" if b"\0" not in content else "CAF".encode("utf-16-be")[1:])


@settings(max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(table=tables(), separator=st.sampled_from(";\t"))
def test_any_table_in_french_conventions(tmp_path_factory, table, separator):
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator).writerows([[str(cell) for cell in row] for row in table.rows])
    path = tmp_path_factory.mktemp("french") / "table.csv"
    path.write_text(stream.getvalue(), encoding="utf-8", newline="")
    if sniff(path.read_bytes()).separator == separator:
        assert_same(path, INSTRUMENT, FRENCH, {}, path.parent)


def test_what_is_asked_once_a_column_is_asked_once_on_both_paths(tmp_path):
    rows = ["Code du café;Mois;Commune;Jours d'ouverture;Passages;CA HT"]
    rows += [f"CAFE-{n:03};2026-01;07019;20;100;{n}.234" for n in range(1, 200)]
    path = tmp_path / "asked.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    checked = assert_same(path, SCHEMAS.instrument("cafe-monthly"), SCHEMAS, {}, tmp_path)

    (asked,) = [finding for finding in checked.findings if finding.code == "ambiguous-number"]
    assert (asked.cells, asked.place.address, asked.value) == (199, "F2", "1.234")
    assert asked.details["rows"] == "2, 3, 4, 5, 6, 7, 8, 9…"
    assert checked.counts[asked.code, asked.level, asked.field] == 199
