"""The papers of a release: `datapackage.json` (Data Package v2), the codebook of its tables with the words of their
codes, and its checksums.

The declared tables, the manifest and the written files come in; texts go out. Writes nothing.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from impact_pipeline.declarations import Programme
from impact_pipeline.release.tables import TABLES, Column, CuratedTable
from impact_pipeline.words import catalogue

SPDX_PAGES = "https://spdx.org/licenses/{licence}.html"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def datapackage(programme: Programme, manifest: Mapping[str, Any]) -> str:
    """The descriptor: every table with its columns' types, meanings, codes, keys, and the hash of its file."""
    written = manifest["tables"]
    descriptor = {
        "$schema": PROFILE,
        "name": programme.programme,
        "version": manifest["version"],
        "title": programme.name.en,
        "titre": programme.name.fr,
        "description": programme.description.en,
        "created": manifest["created_at"],
        "licenses": [{"name": programme.licence, "path": SPDX_PAGES.format(licence=programme.licence)}],
        "contributors": [{"title": programme.publisher.en, "roles": ["publisher"]}],
        "resources": [_resource(table, written[table.name]) for table in TABLES],
    }
    return json.dumps(descriptor, ensure_ascii=False, indent=1) + "\n"


def _resource(table: CuratedTable, written: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": table.name,
        "type": "table",
        "path": f"data/{table.name}.csv",
        "title": table.title.en,
        "titre": table.title.fr,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": written["csv_bytes"],
        "hash": f"sha256:{written['csv_sha256']}",
        "rows": written["rows"],
        "schema": {
            "fields": [
                {
                    "name": column.name,
                    "type": column.type,
                    "description": column.description.en,
                    "description_fr": column.description.fr,
                    **({"constraints": {"enum": list(column.codes)}} if column.codes else {}),
                }
                for column in table.columns
            ],
            "fieldsMatch": "equal",
            "missingValues": [{"value": "", "label": "missing, not applicable, or suppressed where status says so"}],
            "primaryKey": list(table.key),
        },
    }


def codebook_csv() -> bytes:
    """One row a variable of the release, with its meaning in French and English."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "table_fr", "table_en", "position", "variable", "type", "key", "codes", "fr", "en"])
    for table in TABLES:
        for position, column in enumerate(table.columns, start=1):
            key, codes = column.name in table.key, "; ".join(column.codes)
            about = [table.name, table.title.fr, table.title.en, position, column.name, column.type, str(key).lower()]
            writer.writerow([*about, codes, column.description.fr, column.description.en])
    return text.getvalue().encode()


def codewords_csv() -> bytes:
    """One row a code that a variable may hold (reasons, cautions, labels), with its words in French and English: what
    the report says of it. Variables that hold several codes part them by spaces."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "variable", "code", "fr", "en"])
    for table in TABLES:
        for column in table.columns:
            for code, (french, english) in sorted(_words(column).items()):
                writer.writerow([table.name, column.name, code, french, english])
    return text.getvalue().encode()


def _words(column: Column) -> dict[str, tuple[str, str]]:
    """Code -> its French and English words."""
    french, english = catalogue("fr"), catalogue("en")
    return {
        key.removeprefix(f"{family}."): (french[key], english[key])
        for family in reversed(column.words)
        for key in french
        if key.startswith(f"{family}.")
    }


def checksums(hashes: Mapping[str, str]) -> bytes:
    """Lines that `sha256sum --check` reads."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items())).encode()
