"""Writing what a file's sender gets back: `--annotate`, `--corrected` and `--report` of `impact check`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impact_pipeline.cli.context import utc_now
from impact_pipeline.words import Language, say

if TYPE_CHECKING:
    from impact_pipeline.declarations import Instrument, Schemas
    from impact_pipeline.reading import Asked
    from impact_pipeline.validation import Checked


PAGES = (".html", ".htm")  # suffixes by which a page opens


@dataclass(frozen=True, slots=True)
class Wanted:
    """The files that a person asked for."""

    annotate: Path | None
    corrected: Path | None
    report: Path | None

    @property
    def anything(self) -> bool:
        return any((self.annotate, self.corrected, self.report))


def give_back(
    file: Path, checked: Checked, instrument: Instrument, schemas: Schemas, language: Language, wanted: Wanted,
    asked: Asked,
) -> Iterator[str]:  # fmt: skip
    """Write the files; a line for each tells where it is."""
    from impact_pipeline import giving_back
    from impact_pipeline.pipeline import received

    of = received(file, checked, instrument, schemas, language, asked)
    if wanted.annotate is not None:
        given = giving_back.annotated(of)
        path = _written(given.content, wanted.annotate, given.suffix, file)
        yield from _renamed(wanted.annotate, path, language)
        yield say("giving_back.written.annotated", language, path=path)
    beside = wanted.annotate and wanted.annotate.with_name(
        f"{wanted.annotate.stem}{say('giving_back.corrected.suffix', language)}.xlsx"
    )
    target = wanted.corrected or beside
    if target is not None:
        copy = giving_back.corrected(of)
        if copy is not None:
            path = _written(copy.content, target, copy.suffix, file)
            key = "giving_back.written.corrected" + (".one" if copy.cells == 1 else "")
            yield say(key, language, path=path, cells=copy.cells)
        elif wanted.corrected is not None:
            yield say("giving_back.written.nothing", language)
    if wanted.report is not None:
        suffix = wanted.report.suffix if wanted.report.suffix.lower() in PAGES else PAGES[0]
        path = _written(giving_back.page(of, on=utc_now().date()).encode(), wanted.report, suffix, file)
        yield from _renamed(wanted.report, path, language)
        yield say("giving_back.written.report", language, path=path)


def _renamed(asked: Path, path: Path, language: Language) -> Iterator[str]:
    """Told where the name that was asked for would not open."""
    if asked.suffix and asked.suffix.lower() != path.suffix.lower():
        yield say("giving_back.written.renamed", language, asked=asked.name, path=path.name)


def _written(content: bytes, path: Path, suffix: str, source: Path) -> Path:
    """The file under its right suffix: one with macros opens as `.xlsm` only. Their own file is never written over."""
    path = path if path.suffix.lower() == suffix else path.with_suffix(suffix)
    if path.exists() and path.samefile(source):
        path = path.with_name(f"{path.stem}-2{suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
