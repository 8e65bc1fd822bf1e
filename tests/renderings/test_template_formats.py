"""The same template as ODS and CSV: what it asks, offers and refuses, as LibreOffice itself understands it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from impact_pipeline.conforming import conform
from impact_pipeline.declarations import Instrument, load_schemas
from impact_pipeline.reading import read_book
from impact_pipeline.renderings.template import KINDS, template
from impact_pipeline.words import LANGUAGES, Language

SCHEMAS = load_schemas(Path(__file__).parents[2] / "schemas")
LATEST = [SCHEMAS.instrument(name) for name in sorted(SCHEMAS.versions)]
Convert = Callable[[bytes, str, str], bytes]


@pytest.fixture(scope="module")
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Convert a file by LibreOffice, as whoever opens it and saves it under another format."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("needs LibreOffice (soffice)")
    folder = tmp_path_factory.mktemp("soffice")

    def convert(content: bytes, kind: str, to: str) -> bytes:
        (folder / f"in.{kind}").write_bytes(content)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [program, profile, "--headless", "--convert-to", to, "--outdir", str(folder / "out"), f"in.{kind}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        return (folder / "out" / f"in.{to}").read_bytes()

    return convert


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("instrument", LATEST, ids=str)
def test_the_same_declarations_give_the_same_bytes(instrument: Instrument, kind: str) -> None:
    first, second = (template(instrument, SCHEMAS, period="2026", organisation="asso", kind=kind) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("instrument", LATEST, ids=str)
def test_every_format_shows_the_same_cells(instrument: Instrument, language: Language) -> None:
    xlsx, ods = (
        read_book(template(instrument, SCHEMAS, period="2026", language=language, kind=kind), f"f.{kind}")
        for kind in ("xlsx", "ods")
    )
    assert ods.stamp == xlsx.stamp
    assert [sheet.name for sheet in ods.sheets] == [sheet.name for sheet in xlsx.sheets]
    for mine, reference in zip(ods.sheets, xlsx.sheets, strict=True):
        assert [[t for t in row.texts if t] for row in mine.rows] == [
            [t for t in row.texts if t] for row in reference.rows
        ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("instrument", LATEST, ids=str)
def test_every_column_is_recognised_in_every_format(instrument: Instrument, kind: str) -> None:
    book = read_book(template(instrument, SCHEMAS, period="2026", organisation="asso", kind=kind), f"f.{kind}")
    table = conform(book, instrument, SCHEMAS, fill={})
    assert [finding.code for finding in table.findings if finding.level == "blocking"] == []
    if instrument.layout == "table":
        assert [column.column for column in table.columns] == list(range(len(instrument.fields)))


def test_a_csv_opens_with_a_double_click_in_france() -> None:
    content = template(SCHEMAS.instrument("cafe-monthly"), SCHEMAS, period="2026-01", organisation="asso", kind="csv")
    assert content.startswith(b"\xef\xbb\xbf")
    header, example = content.decode("utf-8-sig").splitlines()
    assert header.startswith("Code du café\u00a0*;Mois\u00a0*;")
    assert example.startswith("EXEMPLE\u00a0: CAFE-07;2026-01;asso;07019;24;860;9450,5;")


@pytest.mark.parametrize("instrument", [SCHEMAS.instrument(n) for n in ("cafe-residents", "ptce-quarterly")], ids=str)
def test_libreoffice_keeps_the_lists_the_help_and_the_checks_of_an_ods(
    instrument: Instrument, soffice: Convert
) -> None:
    given = {"period": "2026", "organisation": "asso"}
    opened = soffice(template(instrument, SCHEMAS, kind="ods", **given), "ods", "xlsx")
    mine, reference = load_workbook(BytesIO(opened)), load_workbook(BytesIO(template(instrument, SCHEMAS, **given)))
    assert [sheet.sheet_state == "visible" for sheet in mine] == [True, True, False, False]
    checks, expected = (book.worksheets[0].data_validations.dataValidation for book in (mine, reference))
    assert [str(check.sqref) for check in checks] == [str(check.sqref) for check in expected]
    for check, other in zip(checks, expected, strict=True):
        assert (check.promptTitle, check.prompt, check.error) == (other.promptTitle, other.prompt, other.error)
        assert check.errorStyle in (other.errorStyle, "stop" if other.errorStyle is None else other.errorStyle)
        if other.type in ("list", "custom"):
            assert (check.type, check.formula1.replace("$", "")) == (other.type, other.formula1.replace("$", ""))
        elif other.type in ("date", "textLength"):
            assert (check.type, check.operator or "between") == (other.type, other.operator or "between")


@pytest.mark.parametrize(("kind", "to"), [("ods", "xlsx"), ("xlsx", "ods"), ("ods", "csv")])
def test_a_template_saved_by_libreoffice_under_another_format_is_still_read(
    kind: str, to: str, soffice: Convert
) -> None:
    instrument = SCHEMAS.instrument("cafe-monthly")
    content = template(instrument, SCHEMAS, period="2026-01", organisation="asso", kind=kind)
    book = read_book(soffice(content, kind, to), f"f.{to}")
    assert (book.stamp is None) == (to == "csv")
    table = conform(book, instrument, SCHEMAS, fill={})
    assert {finding.code for finding in table.findings} == {"example-row"}
    assert len(table.data) == 0


def test_what_the_template_knows_already_need_not_be_written() -> None:
    content = template(SCHEMAS.instrument("cafe-monthly"), SCHEMAS, period="2026-01", organisation="asso")
    checks = load_workbook(BytesIO(content)).worksheets[0].data_validations.dataValidation
    prompts = {str(check.sqref)[0]: check.prompt for check in checks}
    assert "Vous pouvez laisser cette colonne vide" in prompts["C"]  # the organisation
    assert ": asso." in prompts["C"]
    assert "Vous pouvez laisser cette colonne vide" not in prompts["A"]
