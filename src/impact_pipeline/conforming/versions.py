"""Which template a file was made from, and how a file of another version, or of another form, is read.

A book, the instrument asked for and what the submission says come in. A `Reading` goes out: the instrument under the
headers of the version that the file follows, what its stamp already says, which questions that version did not ask or
asked alone, and what there is to tell. Where no stamp tells the version, the headers of former versions are recognised
beside those of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from impact_pipeline.conforming.grid import Grid
from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas, Text
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Book, Stamp
from impact_pipeline.renderings.record_sql import former_names

NOT_KNOWN = frozenset({"unknown-column", "unknown-indicator"})  # what is told of a column, or a row, that nobody asks
VERSION = "version"  # plain header of the column by which tools say the version of each answer: `__version__`
LISTED = 8  # versions that a message names


@dataclass(frozen=True)
class Reading:
    """How a file is read. `gone` holds the plain spellings of questions that only its version asked."""

    instrument: Instrument
    fill: Mapping[str, str]
    not_asked: frozenset[str] = frozenset()
    gone: Mapping[str, Text] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def told(self, grid: Grid) -> frozenset[str]:
        """Tell in the grid's findings what comes of the version; returns the fields that the file could not answer."""
        absent = self.not_asked - {column.field for column in grid.columns} - set(grid.cells)
        findings = [
            self._gone(finding)
            for finding in grid.findings
            if not (finding.code == "missing-column" and finding.field in absent)
        ]
        is_blocked = any(finding.level is Level.BLOCKING for finding in findings)
        findings += [
            replace(finding, level=Level.BLOCKING) if finding.code == "other-template" and is_blocked else finding
            for finding in self.findings
        ]
        if all(finding.code != "form-versions" for finding in findings):  # a survey tool's are told already
            findings += _mixed(grid)
        grid.findings = findings
        return absent

    def _gone(self, finding: Finding) -> Finding:
        header = str(finding.details.get("header", ""))
        question = self.gone.get(plain(header)) if finding.code in NOT_KNOWN else None
        if question is None:
            return finding
        details = {"header": header, "question": question}
        return Finding("field-gone", Level.CORRECTED, finding.place, finding.value, details=details)


def reading_of(book: Book, instrument: Instrument, schemas: Schemas, fill: Mapping[str, str]) -> Reading:
    """How a book is read for an instrument; `fill` is what the submission says (`period`, `organisation`)."""
    stamp = book.stamp
    if stamp is None:
        return Reading(with_former_headers(instrument, schemas), fill)
    if stamp.instrument != instrument.instrument:
        told = _other_form(stamp, instrument, schemas)
        return Reading(with_former_headers(instrument, schemas), fill, findings=(told,))
    known = {"organisation": stamp.organisation, "period": stamp.period}
    findings = tuple(_other_submission(known, fill))
    filled = known | {name: value for name, value in fill.items() if value}
    if stamp.version == instrument.version:
        return Reading(with_former_headers(instrument, schemas), filled, findings=findings)
    details = {"version": str(stamp.version), "current": str(instrument.version)}
    if stamp.version > instrument.version:
        told = Finding("newer-template", Level.TO_CHECK, details=details)
        return Reading(instrument, filled, findings=(*findings, told))
    findings = (*findings, Finding("older-template", Level.CORRECTED, details=details))
    former = next((item for item in _versions(instrument, schemas) if item.version == stamp.version), None)
    if former is None:
        return Reading(with_former_headers(instrument, schemas), filled, findings=findings)
    return _of_version(former, instrument, schemas, filled, findings)


def with_former_headers(instrument: Instrument, schemas: Schemas) -> Instrument:
    """The instrument with headers of its former versions as synonyms; those that mean both are today's."""
    taken = {spelling for item in instrument.fields for spelling in _spellings(item)}
    more: dict[str, list[str]] = {}
    for former in sorted(_versions(instrument, schemas), key=lambda item: -item.version):
        if former.version >= instrument.version:
            continue
        for name, held in former_names(_until(instrument, schemas), former.version).items():
            for spelling in _headers(former.by_name[held]):
                if plain(spelling) not in taken:
                    taken.add(plain(spelling))
                    more.setdefault(name, []).append(spelling)
    if not more:
        return instrument
    return _with_fields(
        instrument,
        (
            item.model_copy(update={"synonyms": (*item.synonyms, *more.get(item.name, ()))})
            for item in instrument.fields
        ),
    )


def version_finding(counts: Mapping[str, int], sheet: str | None) -> Finding | None:
    """Several versions of a form in one file, and how many answers follow each; None for a single one."""
    if len(counts) < 2:
        return None
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{version} ({count})" for version, count in ordered[:LISTED])
    more = "…" if len(ordered) > LISTED else ""
    return Finding("form-versions", Level.CORRECTED, Place(sheet), told + more, details={"count": str(len(ordered))})


def _mixed(grid: Grid) -> Iterator[Finding]:
    headers = {header for header in {header for _, header, _ in grid.extra} if plain(header) == VERSION}
    counts: dict[str, Counter[str]] = {}
    for _, header, text in grid.extra:
        if header in headers:
            counts.setdefault(header, Counter())[text] += 1
    for counted in counts.values():
        finding = version_finding(counted, grid.sheet)
        if finding is not None:
            yield finding


def _of_version(
    former: Instrument, instrument: Instrument, schemas: Schemas, fill: Mapping[str, str], findings: Sequence[Finding]
) -> Reading:
    """The instrument under the headers of a former version, which count before today's."""
    held = former_names(_until(instrument, schemas), former.version)
    theirs = {spelling for item in former.fields for spelling in _spellings(item)}
    fields = []
    for item in instrument.fields:
        mine = tuple(spelling for spelling in _headers(item) if plain(spelling) not in theirs)
        asked = former.by_name.get(held.get(item.name, ""))
        if asked is not None:
            update = {"label": asked.label, "synonyms": (asked.name, *asked.synonyms, *mine)}
        else:
            label = item.label if plain(item.label.fr) in map(plain, mine) else Text(fr=item.name, en=item.name)
            update = {"label": label, "synonyms": mine}
        fields.append(item.model_copy(update=update))
    alone = [item for item in former.fields if item.name not in held.values()]
    return Reading(
        _with_fields(instrument, fields),
        fill,
        not_asked=frozenset(item.name for item in instrument.fields if item.name not in held) - set(instrument.key),
        gone={spelling: item.label for item in alone for spelling in _spellings(item)},
        findings=tuple(findings),
    )


def _other_form(stamp: Stamp, instrument: Instrument, schemas: Schemas) -> Finding:
    versions = schemas.versions.get(stamp.instrument, ())
    form = versions[-1].title if versions else stamp.instrument
    return Finding("other-template", Level.TO_CHECK, details={"form": form, "asked": instrument.title})


def _other_submission(stamped: Mapping[str, str], given: Mapping[str, str]) -> Iterator[Finding]:
    """A template prepared for somebody else or for another time; one of a year serves each of its parts."""
    for name, value in stamped.items():
        said = given.get(name, "")
        if value and said and not (said == value or (name == "period" and said.startswith(f"{value}-"))):
            yield Finding("other-submission", Level.TO_CHECK, details={"stamped": value, "given": said})


def _versions(instrument: Instrument, schemas: Schemas) -> tuple[Instrument, ...]:
    return tuple(schemas.versions.get(instrument.instrument, ()))


def _until(instrument: Instrument, schemas: Schemas) -> list[Instrument]:
    """The versions up to this one, itself in place of the declared one."""
    return [*(item for item in _versions(instrument, schemas) if item.version < instrument.version), instrument]


def _headers(item: FieldDeclaration) -> tuple[str, ...]:
    return item.name, item.label.fr, item.label.en, *item.synonyms


def _spellings(item: FieldDeclaration) -> set[str]:
    return set(map(plain, _headers(item)))


def _with_fields(instrument: Instrument, fields: Iterable[FieldDeclaration]) -> Instrument:
    """The instrument with other fields; what was worked out of the former ones is forgotten."""
    copy = instrument.model_copy(update={"fields": tuple(fields)})
    for name in set(copy.__dict__) - set(type(copy).model_fields):
        del copy.__dict__[name]
    return copy
