"""Columns of texts inside the engine become typed fields: `typed`, and `cells` for what holds no value.

Each distinct text is typed once, by `conforming.columns` as in a small file; plain numbers, of which there may be as
many as rows, and free texts are typed by SQL that means the same. Rows keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from impact_pipeline.conforming.columns import read_column
from impact_pipeline.conforming.conform import conversion_finding, filled_finding
from impact_pipeline.conforming.identifiers import ROUNDED
from impact_pipeline.conforming.table import Column
from impact_pipeline.conforming.typed import Cell
from impact_pipeline.declarations import FieldDeclaration
from impact_pipeline.findings import Finding
from impact_pipeline.reading.cells import SHOWN_ERROR, kind_of_text
from impact_pipeline.renderings.columns import column_types
from impact_pipeline.renderings.engine_sql import literal, quoted
from impact_pipeline.validation import outcome
from impact_pipeline.validation.engine.conversions import note_filled, note_read, prepare_log
from impact_pipeline.validation.engine.sure import SURE, is_sure, neutral
from impact_pipeline.validation.engine.table import EngineTable

FREE = ("text", "identifier")
MANY_SURE, FEW_UNSURE = 1000, 50  # distinct texts: beyond, or below, casting costs less than looking up


def type_fields(table: EngineTable, width: int, year: int | None, filled: Mapping[str, str]) -> list[Finding]:
    """Make `typed` (`_record`, `_blank`, one column a field) and `cells`; returns the conversions to tell.

    Rows of `aside_rows` are left out. `filled` holds the values that the submission gives for blank cells.
    """
    table.run("create or replace table cells (record bigint, position integer, status varchar, code varchar)")
    prepare_log(table)
    types = column_types(table.instrument)
    shown, findings = [], []
    for position, field in enumerate(table.instrument.fields):
        column = next((c for c in table.columns if c.field == field.name), None)
        if column is None:
            value = f"cast(null as {types[field.name]})"
        elif field.type in FREE and not table.words(field.name):
            value = _free(table, position, field, column)
        else:
            told, value = _typed(table, position, field, column, year, types[field.name])
            findings += told
        if field.name in filled:
            blanks = _blanks(table, column)
            if blanks:
                findings.append(filled_finding(field.name, filled[field.name], blanks))
                note_filled(table, position, filled[field.name], blanks)
            text = "''" if column is None else f"c{column.column}"
            value = f"case when {text} = '' then {literal(filled[field.name])} else {value} end"
        shown.append(f"{value} as {quoted(field.name)}")
    blank = " and ".join(f"c{place} = ''" for place in range(width))
    table.run(
        f"create or replace table typed as select rowid as _record, {blank} as _blank, {', '.join(shown)} from texts "
        "where rowid not in (select record from aside_rows)"
    )
    return findings


def _blanks(table: EngineTable, column: Column | None) -> int:
    empty = "" if column is None else f"and c{column.column} = ''"
    counted = f"select count(*) from texts where rowid not in (select record from aside_rows) {empty}"
    return int(table.run(counted)[0][0])


def _free(table: EngineTable, position: int, field: FieldDeclaration, column: Column) -> str:
    """The SQL of a text or an identifier; the few that are no text go to `cells`."""
    text = f"c{column.column}"
    wrong = {"error-cell": SHOWN_ERROR.pattern}
    if field.type == "identifier":
        wrong["lost-digits"] = ROUNDED.pattern
    for code, pattern in wrong.items():
        table.run(
            f"insert into cells select rowid, {position}, 'invalid', {literal(code)} from texts "
            f"where regexp_full_match({text}, {literal(pattern)}) and rowid not in (select record from aside_rows)"
        )
    bad = " or ".join(f"regexp_full_match({text}, {literal(pattern)})" for pattern in wrong.values())
    return f"case when {text} = '' or {bad} then null else nfc_normalize({text}) end"


def _typed(
    table: EngineTable, position: int, field: FieldDeclaration, column: Column, year: int | None, sql_type: str
) -> tuple[list[Finding], str]:
    """What there is to tell of a column whose cells are typed, and the SQL of its values."""
    text = f"c{column.column}"
    table.run(
        f"""
        create or replace temp table meaning as
        select {text} as text, count(*) as cells, min(rowid) as first, false as is_sure,
            cast(null as {sql_type}) as value, '' as status, '' as code, '' as as_read
        from texts
        where rowid not in (select record from aside_rows)
        group by {text}
        """
    )
    if field.type in SURE:
        _mark_sure(table, field, sql_type)
    _mean(table, field, year, sql_type)
    note_read(table, position)
    table.run(
        f"""
        insert into cells
        select texts.rowid, {position}, status, case when status = 'invalid' then code else '' end
        from texts
        join meaning on meaning.text = {text}
        where status not in ('', 'blank') and texts.rowid not in (select record from aside_rows)
        """
    )
    return list(_conversions(table, column)), _value(table, position, text, sql_type)


def _value(table: EngineTable, position: int, text: str, sql_type: str) -> str:
    """The SQL of a column's values: numbers are cast where nearly all are sure, else each text is looked up by its
    place among the distinct ones, which keeps the rows in order where a join would not."""
    sure, unsure = table.run(
        "select count(*) filter (where is_sure), count(*) filter (where not is_sure) from meaning"
    )[0]
    cast = f"try_cast(replace({text}, ',', '.') as {sql_type})"
    if unsure == 0:
        return cast
    few = sure > MANY_SURE and unsure <= FEW_UNSURE
    # rows set apart keep their texts too: the type must know them
    known = "select text from meaning where not is_sure" if few else f"select distinct {text} as text from texts"
    table.run(f"drop type if exists text_{position}")
    table.run(f"create type text_{position} as enum (select text from ({known}) as found order by text)")
    table.run(
        f"""
        set variable values_{position} = (
            select list(value order by text)
            from ({known}) as found
            left join meaning using (text)
        )
        """
    )
    values = literal(f"values_{position}")
    looked_up = f"list_extract(getvariable({values}), enum_code(try_cast({text} as text_{position})) + 1)"
    if not few:
        return looked_up
    texts = ", ".join(literal(told) for (told,) in table.run("select text from meaning where not is_sure"))
    return f"case when {text} in ({texts}) then {looked_up} else {cast} end"


def _mark_sure(table: EngineTable, field: FieldDeclaration, sql_type: str) -> None:
    """Numbers that can be read in one way only, by SQL."""
    table.run(
        f"""
        update meaning
        set is_sure = true, value = cast(replace(text, ',', '.') as {sql_type}),
            code = case when contains(text, ',') then 'number-converted' else '' end,
            as_read = case when contains(text, ',') then {neutral("text")} else '' end
        where {is_sure("text", field, table.instrument, table.words(field.name))}
        """
    )


def _mean(table: EngineTable, field: FieldDeclaration, year: int | None, sql_type: str) -> None:
    """What conforming makes of the other texts; one sure number a decimal mark tells it how the column writes them."""
    asked = [text for (text,) in table.run("select text from meaning where not is_sure and text <> ''")]
    proofs = [
        text
        for mark in (".", ",")
        for (text,) in table.run(
            f"select text from meaning where is_sure and contains(text, {literal(mark)}) order by text limit 1"
        )
    ]
    raws = {text: (text, kind_of_text(text)) for text in [*asked, *proofs]}
    read = read_column(list(raws.values()), field, table.instrument, table.schemas, year, table.mapping)
    cells = {text: read[raws[text]] for text in asked}
    found = pa.table({
        "text": pa.array(list(cells), pa.string()),
        "value": pa.array([cell.value for cell in cells.values()], outcome.ARROW_TYPES[sql_type]),
        "status": pa.array([cell.status for cell in cells.values()], pa.string()),
        "code": pa.array([cell.code for cell in cells.values()], pa.string()),
        "as_read": pa.array([cell.as_read for cell in cells.values()], pa.string()),
    })  # fmt: skip
    table.connection.register("found_meaning", found)
    table.run(
        """
        update meaning
        set value = f.value, status = f.status, code = f.code, as_read = f.as_read
        from found_meaning as f
        where f.text = meaning.text
        """
    )
    table.connection.unregister("found_meaning")
    table.run("update meaning set status = 'blank' where text = ''")


def _conversions(table: EngineTable, column: Column) -> Iterator[Finding]:
    """One finding a way of converting, as in a small file: its first cell, and how many it stands for."""
    told = table.run(
        """
        select code, sum(cells), min(first), arg_min(text, first), arg_min(as_read, first)
        from meaning
        where code <> '' and status <> 'invalid'
        group by code
        order by min(first)
        """
    )
    for code, count, record, text, as_read in told:
        place = table.place(record, column.field)
        yield conversion_finding(Cell(code=code, as_read=as_read), place, text, column, int(count))
