"""What both paths (pandas and engine) tell in the same way: levels, findings of cells, rules and duplicates, counts.

Places, texts and codes come in; findings go out. Nothing here looks at a table, so that the two paths cannot come to
tell the same fault differently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from impact_pipeline.conforming.table import Column
from impact_pipeline.declarations import Instrument
from impact_pipeline.errors import ReadingError
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.renderings.columns import column_types
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.past import Remark
from impact_pipeline.validation.questions import links_table
from impact_pipeline.validation.rows import ArrowRows
from impact_pipeline.validation.sides import ABSENT, Broken, code_of, details_of
from impact_pipeline.validation.values import VALUES

ALSO = 200  # cells of one question that a finding names
LONGEST_HEADER, LONGEST_TEXT = 28, 48  # characters of a header, and of a value, beside the address of a cell
SHOWN = "\n"  # between their addresses
LISTED_ROWS = 8  # other rows of a group of duplicates that a message names
ASKED_ONCE = frozenset({"ambiguous-number", "ambiguous-date"})  # one question a column, whatever its cells
CELL_LEVEL = frozenset({"error-cell", "formula-not-calculated"})  # conforming tells them; they concern one row only
ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
}
STATUSES = pa.schema([("row", pa.int64()), ("field", pa.string()), ("status", pa.string())])
EXTRA = pa.schema([("row", pa.int64()), ("header", pa.string()), ("text", pa.string())])
SET_ASIDE = pa.schema([("row", pa.int64()), ("field", pa.string()), ("header", pa.string()), ("text", pa.string())])

CONVERSIONS = pa.schema([
    ("sheet", pa.string()), ("row", pa.int64()), ("column", pa.int32()), ("field", pa.string()), ("code", pa.string()),
    ("text", pa.string()), ("as_read", pa.string()),
])  # fmt: skip


def unreadable(error: ReadingError, instrument: Instrument) -> Checked:
    """The outcome of a file that could not be read as a table: no row, and one blocking finding that says why."""
    finding = Finding(error.code, Level.BLOCKING, details=error.details)
    return nothing(instrument, [finding])


def nothing(instrument: Instrument, findings: Sequence[Finding], read_as: Mapping[str, str] | None = None) -> Checked:
    """The outcome of a file without a row."""
    return Checked(
        instrument=str(instrument),
        rows_in=0,
        accepted=0,
        set_aside_rows=0,
        findings=in_order(findings),
        counts=counts(findings),
        records=ArrowRows(records_schema(instrument).empty_table()),
        statuses=ArrowRows(STATUSES.empty_table()),
        extra=ArrowRows(EXTRA.empty_table()),
        set_aside=ArrowRows(SET_ASIDE.empty_table()),
        conversions=ArrowRows(CONVERSIONS.empty_table()),
        duplicates=ArrowRows(links_table(())),
        values=ArrowRows(VALUES.empty_table()),
        read_as=read_as or {},
        layout=instrument.layout,
    )


def records_schema(instrument: Instrument) -> pa.Schema:
    """`row`, then the fields in their order."""
    fields = [(name, ARROW_TYPES[sql_type]) for name, sql_type in column_types(instrument).items()]
    return pa.schema([("row", pa.int64()), *fields])


def is_compulsory(instrument: Instrument, field: str) -> bool:
    """Whether a record cannot be used without this field."""
    return instrument.by_name[field].required or field in instrument.key


def cell_level(instrument: Instrument, field: str, *, asked: bool = True) -> Level:
    """A bad cell sets its row aside where the record cannot do without it; elsewhere the cell becomes missing.

    A field that is not asked, or of which nobody can tell whether it is, never sets a row aside.
    """
    return Level.BLOCKING if asked and is_compulsory(instrument, field) else Level.TO_CHECK


def concerns_all_rows(findings: Iterable[Finding]) -> bool:
    """Whether conforming found that the table as a whole cannot be used (a column is missing, the header is...)."""
    return any(finding.level is Level.BLOCKING and finding.code not in CELL_LEVEL for finding in findings)


def lacking_columns(findings: Iterable[Finding]) -> frozenset[str] | None:
    """The fields that no column answers, where this alone keeps all rows from being used; None otherwise: cells are
    checked only where it is known what they are."""
    blocking = [f for f in findings if f.level is Level.BLOCKING and f.code not in CELL_LEVEL]
    if any(finding.code not in ("missing-column", "unknown-column") for finding in blocking):
        return None
    return frozenset(finding.field for finding in blocking if finding.field is not None)


def cell_finding(
    instrument: Instrument, code: str, place: Place, text: str, field: str, header: str | None, *, asked: bool = True
) -> Finding:
    """A cell that cannot be used as it stands."""
    return Finding(code, cell_level(instrument, field, asked=asked), place, text, field, details=_header(header))


def unasked_finding(instrument: Instrument, place: Place, text: str, field: str, header: str | None) -> Finding:
    """An answer to a question that was not to be asked, given the other answers; it is kept."""
    condition = instrument.by_name[field].relevant
    details = _header(header) | {"fields": " ".join(condition.names if condition is not None else ())}
    return Finding("answered-not-asked", Level.TO_CHECK, place, text, field, details=details)


def asked_once(findings: Sequence[Finding], count: int | None = None) -> list[Finding]:
    """The findings, those of a column that ask the same question made one: the first, with its rows, how many
    cells, and the addresses of the next ones (`also`, cut by SHOWN).

    `count` is that of all cells where `findings` are only the first ones of one cause.
    """
    kept: list[Finding] = []
    asked: dict[tuple[str, Level, str | None], list[Finding]] = {}
    for finding in findings:
        is_question = finding.code in ASKED_ONCE and "as" not in finding.details
        same = asked.setdefault((finding.code, finding.level, finding.field), []) if is_question else kept
        same.append(finding)
    for same in asked.values():
        rows = listed([finding.place.row or 0 for finding in same[: LISTED_ROWS + 1]])
        also = SHOWN.join(finding.place.address for finding in same[1:ALSO] if finding.place.column is not None)
        kept.append(replace(same[0], cells=count or len(same), details={**same[0].details, "rows": rows, "also": also}))
    return kept


def blank_row_finding(place: Place) -> Finding:
    """A blank row where the instrument refuses them."""
    return Finding("blank-row", Level.BLOCKING, place)


def rule_finding(
    instrument: Instrument, rule: int, places: Mapping[str, Place], texts: Mapping[str, str],
    headers: Mapping[str, str], broken: Broken | None, about: Mapping[str, str] | None = None,
) -> Finding:  # fmt: skip
    """A rule (by its position in the instrument) that a row breaks; `places` and `texts` are those of its cells, by
    field, `broken` what its sides come to where it has two, `about` (`about`, `wave`) of whom and when the record is
    where no row says it."""
    declared = instrument.rules[rule]
    fields = rule_fields(instrument, rule)
    place = places[fields[0]]
    shown = " · ".join(f"{headers.get(name, name)} = {texts[name].strip() or ABSENT}" for name in fields)
    details = _header(headers.get(fields[0])) | {"rule": declared.code, "importance": declared.importance}
    details |= {"message": declared.message} if declared.message else {}
    details |= {"instruction": declared.instruction} if declared.instruction else {}
    details |= {"shown": ", ".join(_cell_and_value(places[n], headers.get(n, n), texts[n]) for n in fields)}
    others = [places[name].address for name in rule_cells(instrument, rule) if places[name].column is not None]
    details |= {"also": SHOWN.join(at for at in others if at != place.address), **(about or {})}
    details |= details_of(declared, instrument, broken, texts) if broken is not None else {}
    return Finding(code_of(declared), Level(declared.level), place, shown, fields[0], details=details)


def _cell_and_value(place: Place, header: str, text: str) -> str:
    """`K4 (Heures travaillées) = 0`: the header is shortened rather than the value."""
    name, value = _short(header, LONGEST_HEADER), _short(text, LONGEST_TEXT) or ABSENT
    return f"{place.cell} ({name}) = {value}" if place.column is not None else f"{name} = {value}"


def _short(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def rule_fields(instrument: Instrument, rule: int) -> tuple[str, ...]:
    """The fields at which a broken rule points, the first of them being its place."""
    declared = instrument.rules[rule]
    return declared.fields or declared.names or (instrument.unit_field,)


def rule_cells(instrument: Instrument, rule: int) -> tuple[str, ...]:
    """The fields whose cells the sentence of a broken rule shows."""
    return tuple(dict.fromkeys((*rule_fields(instrument, rule), *instrument.rules[rule].names)))


def question_finding(remark: Remark, place: Place, text: str, headers: Mapping[str, str]) -> Finding:
    """Something to ask about a record; the record stays accepted."""
    details = _header(headers.get(remark.field or "")) | dict(remark.details)
    return Finding(remark.code, remark.level, place, text, remark.field, remark.cells, details)


def duplicate_row_finding(place: Place, others: Sequence[Place]) -> Finding:
    """A row that says again what an earlier one said: the earlier one is kept, so nothing is lost."""
    return Finding("duplicate-row", Level.TO_CHECK, place, details=_twins(others))


def duplicate_key_finding(
    instrument: Instrument, place: Place, text: str, header: str | None, others: Sequence[Place],
    differing: Sequence[str],
) -> Finding:  # fmt: skip
    """Two rows or more about the same unit that do not say the same: nobody but the sender can choose."""
    details = _header(header) | _twins(others) | {"fields": " ".join(differing)}
    return Finding("duplicate-key", Level.BLOCKING, place, text, instrument.unit_field, details=details)


def _twins(others: Sequence[Place]) -> dict[str, object]:
    """Where the others of a group stand: on rows, or in a cross table under headings, told by their cells."""
    if any(place.column is not None for place in others):
        return {"twins": told([place.address for place in others])}
    return {"rows": listed([place.row or 0 for place in others])}


def listed(rows: Sequence[int]) -> str:
    """The first row numbers, in words: `12, 48`."""
    return told([str(row) for row in sorted(rows)])


def told(places: Sequence[str]) -> str:
    """The first of some places, in words: `12, 48`, `T1!B3, T1!F3`."""
    named = ", ".join(places[:LISTED_ROWS])
    return f"{named}…" if len(places) > LISTED_ROWS else named


def headers_of(columns: Iterable[Column]) -> dict[str, str]:
    """Field -> header as written, for the fields that the file has."""
    return {column.field: column.header for column in columns if column.column is not None}


def counts(findings: Iterable[Finding]) -> dict[tuple[str, Level, str | None], int]:
    """True number of cells or rows by (code, level, field), where every finding is at hand."""
    total: Counter[tuple[str, Level, str | None]] = Counter()
    for finding in findings:
        total[finding.code, finding.level, finding.field] += finding.cells
    return dict(total)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """In the order of the file: what concerns the whole first, then row by row, left to right."""

    def place(finding: Finding) -> tuple[int, int, str]:
        at = finding.place
        return at.row or 0, -1 if at.column is None else at.column, finding.code

    return tuple(sorted(findings, key=place))


def _header(header: str | None) -> dict[str, object]:
    return {"header": header} if header else {}
