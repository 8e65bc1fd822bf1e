"""The page `docs/findings.md`: every finding that can be told, in French and English, with its levels and an example.

    python -m impact_pipeline.validation.catalogue_page docs/findings.md

Titles and sentences come from the catalogues; levels from where the code makes a finding; the example is told as
anybody is told it, about a small form of its own. Nothing on the page is written by hand.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from impact_pipeline.declarations import Instrument, Schemas, load_schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.validation.messages import CELL_FAULTS, codes, tell
from impact_pipeline.words import LANGUAGES, Language, catalogue, say

PARTS = ("read", "expected", "todo")
VALUES = {  # what an example reads, where the code asks for a certain kind of value; else of its field
    "siret": "2101003430001", "siren": "21010034", "rna": "W07100", "phone": "06 12 34", "email": "awa(at)cafe.fr",
    "postcode": "7200A", "commune": "Privas ?", "date": "31/02/2026", "period": "printemps", "boolean": "oui ?",
    "category": "parfois", "integer": "12 ou 13", "decimal": "12 ou 13", "text": "…", "identifier": "4,991E+13",
}  # fmt: skip
DETAILS = {  # what some sentences name besides
    "other_period": "2026-03", "organisation": "cafe-demo-du-lavoir", "decided": "12/05/2026 (AB)", "question": "Q4",
    "current": "2", "version": "1", "given": "2026-05", "stamped": "2026-04", "asked": "cafe-monthly", "form": "survey",
    "lines": "14", "sent_for": "2026-03",
}  # fmt: skip
TYPES = {  # code -> type of the field that its example is about
    "date": ("date", "day"), "boolean": ("boolean",), "category": ("in-list", "answered"), "period": ("period",),
    "commune": ("commune",), "siret": ("siret",), "identifier": ("lost-digits", "duplicate", "zero"),
    "decimal": ("number", "range", "integer", "total", "sum", "unit"),
}  # fmt: skip


def catalogue_page(schemas: Schemas, instrument: Instrument) -> str:
    """The page in Markdown; the example of each code is about a field of `instrument`."""
    known = levels()
    told = [
        "# Findings",
        "",
        "Everything that can be told about a file, in the order of the codes. A finding has a stable code, a level and "
        "a place; its sentences stand in `src/impact_pipeline/catalogues/`.",
        "",
        "| level | in French | meaning |",
        "|---|---|---|",
        *(f"| {level.value} | {say(f'level.{level.value}', 'fr')} | {MEANINGS[level]} |" for level in Level),
        "",
        "This page is generated: `python -m impact_pipeline.validation.catalogue_page docs/findings.md`.",
        "",
        "| code | français | English | level |",
        "|---|---|---|---|",
    ]
    for code in codes():
        titles = " | ".join(_cell(say(f"finding.{code}.title", language)) for language in LANGUAGES)
        told.append(f"| [{code}](#{code}) | {titles} | {_levels(code, known)} |")
    for code in codes():
        told += ["", *_section(code, known, schemas, instrument)]
    return "\n".join(told) + "\n"


MEANINGS = {
    Level.BLOCKING: "the row, or the file, cannot be used until it is mended",
    Level.TO_CHECK: "used as it stands; somebody should look, or say why it is right",
    Level.CORRECTED: "read for the sender, or information: nothing to do",
}


def _section(code: str, known: dict[str, set[Level]], schemas: Schemas, instrument: Instrument) -> Iterator[str]:
    yield f"## {code}"
    yield ""
    yield f"Level: {_levels(code, known)}."
    for language in LANGUAGES:
        yield ""
        yield f"**{say(f'finding.{code}.title', language)}** ({language})"
        yield ""
        sentences = catalogue(language)
        for part in PARTS:
            key = f"finding.{code}.{part}"
            texts = [sentences[key], *(text for name, text in sorted(sentences.items()) if name.startswith(f"{key}."))]
            for text in texts:
                yield f"- {part}: {text}"
        example = _example(code, known, schemas, instrument, language)
        if example:
            yield ""
            yield f"> {example}"


def _example(
    code: str, known: dict[str, set[Level]], schemas: Schemas, instrument: Instrument, language: Language
) -> str:
    """The finding as it is told; nothing where its sentence needs what only a real file has."""
    wanted = next((kind for kind, words in TYPES.items() if any(word in code for word in words)), "integer")
    field = next((f for f in instrument.fields if f.type == wanted), instrument.fields[-1])
    order = [level for level in Level if level in known.get(code, set())] or [Level.TO_CHECK]
    details = {"header": field.label[language], "rows": "12, 48", "nearest": "", **DETAILS}
    finding = Finding(code, order[0], Place("T1", 12, 3), VALUES.get(field.type, "…"), field.name, 1, details)
    try:
        message = tell(finding, instrument, schemas, language)
    except (KeyError, ValueError, ArithmeticError):
        return ""
    place = message.place[:1].upper() + message.place[1:]
    return " ".join(filter(None, [f"{place} — {message.read}", message.expected, message.todo]))


def _levels(code: str, known: dict[str, set[Level]]) -> str:
    """In words; a cell's fault blocks where the row cannot do without the cell."""
    found = known.get(code, set())
    if code in CELL_FAULTS:
        return "blocking where the answer is required, else to-check"
    return " or ".join(level.value for level in Level if level in found) or "depends on the case"


@cache
def levels() -> dict[str, set[Level]]:
    """Code -> levels at which the package tells it, from the calls that make findings, cells and errors."""
    found: dict[str, set[Level]] = defaultdict(set)
    for path in sorted(Path(str(files("impact_pipeline"))).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            told = _texts(call.args[0]) if call.args else []
            if name == "Finding" and len(call.args) > 1:
                for code in told:
                    found[code] |= _levels_in(call.args[1])
            elif name == "ReadingError":
                for code in told:
                    found[code].add(Level.BLOCKING)
            elif name == "Cell":
                named = {keyword.arg: keyword.value for keyword in call.keywords}
                for code in _texts(named["code"]) if "code" in named else []:
                    found[code].add(Level.CORRECTED)
    return found


def _texts(node: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _levels_in(node: ast.AST) -> set[Level]:
    names = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return {level for level in Level if level.name in names}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the page to the path given, about the first form of indicators of the programme that stands here."""
    schemas = load_schemas(Path("schemas"))
    Path(sys.argv[1]).write_text(page_of(schemas), encoding="utf-8")


def page_of(schemas: Schemas) -> str:
    """The page, with examples from the programme's form that asks for most kinds of answers."""
    tables = [instrument for instrument in schemas.instruments if instrument.layout == "table"]
    richest = max(tables, key=lambda instrument: (len({field.type for field in instrument.fields}), str(instrument)))
    return catalogue_page(schemas, richest)


if __name__ == "__main__":
    main()
