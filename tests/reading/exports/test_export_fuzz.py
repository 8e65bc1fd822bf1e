"""Exports that were cut, glued or mangled: an answer each time, never a crash, and no row lost in those that read."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import pytest
from tests.conforming.test_data_values import SAID as VALUES
from tests.conforming.test_data_values import as_json
from tests.conforming.test_repeats import MEMBER, central, odata, workbook
from tests.conforming.test_repeats import kobo as kobo_sheets
from tests.conforming.test_repeats import zipped as zipped_repeats
from tests.reading.exports.answers import HOUSEHOLD, SAID, SCHEMAS, csv_of
from tests.reading.exports.test_google_forms import google
from tests.reading.exports.test_kobo import kobo as kobo_rows
from tests.reading.exports.test_limesurvey import lime
from tests.reading.exports.test_statistical import TOLD, written

from impact_pipeline.conforming import conform
from impact_pipeline.errors import ReadingError
from impact_pipeline.reading import read_book
from impact_pipeline.validation import check_table

ROUNDS = 25
FEWER = 3  # where each file is read in a process of its own


def mangled(content: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut out, doubled, or replaced by what parsers dislike."""
    told = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(told))
        to = min(len(told), at + chance.randint(1, 40))
        match chance.randrange(5):
            case 0:
                told[at] = chance.randrange(256)
            case 1:
                del told[at:to]
            case 2:
                told[at:at] = told[at:to]
            case 3:
                told[at:at] = chance.choice([b"[", b"}", b'"', b"null", b"\x00", b"\xff\xfe", b";", b"1e999"])
            case _:
                told = told[: max(at, 1)]
        told = told or bytearray(b"x")
    return bytes(told)


def files(folder: Path) -> dict[str, bytes]:
    return {
        "kobo.csv": csv_of(kobo_rows(SAID, groups=True, tags=True)),
        "kobo.xlsx": workbook(kobo_sheets()),
        "odk.zip": zipped_repeats(central()),
        "odk.json": odata(),
        "lime.csv": csv_of(lime(SAID, headings="codetext", labels=True)),
        "google.csv": csv_of(google(SAID, "fr"), ","),
        "dhis2.json": as_json(VALUES),
        "spss.sav": written(TOLD, "sav", folder),
        "spss.zsav": written(TOLD, "zsav", folder),
        "stata.dta": written(TOLD, "dta", folder),
    }


@pytest.mark.parametrize("name", ["kobo.csv", "kobo.xlsx", "odk.zip", "odk.json", "lime.csv", "google.csv",
                                  "dhis2.json", "spss.sav", "spss.zsav", "stata.dta"])  # fmt: skip
def test_a_mangled_export_gets_an_answer(name: str, tmp_path: Path) -> None:
    content, chance = files(tmp_path)[name], random.Random(name)
    read = 0
    with duckdb.connect() as connection:
        for _ in range(FEWER if name.endswith(("av", "dta")) else ROUNDS):
            try:
                book = read_book(mangled(content, chance), name)
            except ReadingError:
                continue
            read += 1
            for instrument in (HOUSEHOLD, MEMBER, SCHEMAS.instrument("place-monthly")):
                table = conform(book, instrument, SCHEMAS, fill={"period": "2026-03"})
                checked = check_table(table, instrument, SCHEMAS, connection)
                assert checked.rows_in == checked.accepted + checked.set_aside_rows
    assert read or name.endswith(("av", "dta", "zip", "xlsx"))
