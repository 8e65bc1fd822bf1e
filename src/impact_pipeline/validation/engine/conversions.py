"""The log of conversions of a large file: which texts mean something else than they say, and the rows they stand in.

While fields are typed, the texts that were converted are noted once each (`converted`), with how many cells they stand
for (`logged`); the log itself, one row a cell, is a query over `texts`, run when it is written: it may be as long as
the file is large.
"""

from __future__ import annotations

from impact_pipeline.conforming.conversions import FILLED, LABELLED, LABELS
from impact_pipeline.renderings.engine_sql import literal
from impact_pipeline.validation.engine.sure import is_sure, neutral
from impact_pipeline.validation.engine.table import EngineTable, united
from impact_pipeline.validation.rows import EngineRows

READ, SURE_COMMA, BLANK = "read", "sure", "blank"  # read by conforming, a decimal comma read by SQL, filled
EMPTY = """
    select cast(null as varchar) as sheet, 0::bigint as row, 0::integer as "column", '' as field, '' as code,
        '' as text, '' as as_read, 0 as place
    where false
"""


def prepare_log(table: EngineTable) -> None:
    """Make the tables that are completed field by field."""
    table.run("create or replace table converted (position integer, text varchar, code varchar, as_read varchar)")
    table.run("create or replace table logged (position integer, way varchar, cells bigint, as_read varchar)")


def note_read(table: EngineTable, position: int) -> None:
    """Note the conversions of `meaning`, the distinct texts of a field."""
    labels = ", ".join(map(literal, LABELS))
    table.run(
        f"""
        insert into converted
        select {position}, text, case when status = '' or code <> '' then code else {literal(LABELLED)} end,
            case when status = '' then as_read else status end
        from meaning
        where not is_sure and ((status = '' and code <> '') or status in ({labels}))
        """
    )
    table.run(
        f"""
        insert into logged
        select {position}, case when is_sure then {literal(SURE_COMMA)} else {literal(READ)} end, sum(cells), ''
        from meaning
        where (status = '' and code <> '') or status in ({labels})
        group by is_sure
        """
    )


def note_filled(table: EngineTable, position: int, value: str, cells: int) -> None:
    """Note that the blank cells of a field take the submission's own value."""
    table.run(f"insert into logged values ({position}, {literal(BLANK)}, {cells}, {literal(value)})")


def conversions(table: EngineTable) -> EngineRows:
    """The log, by field then record."""
    logged = table.run("select position, way, cells, as_read from logged order by position, way")
    queries = [_cells(table, position, way, as_read) for position, way, _, as_read in logged]
    log = f"""
        select sheet, row, "column", field, code, text, as_read
        from ({united(queries, empty=EMPTY)}) as found
        order by place, row
    """
    return EngineRows(table.connection, log, sum(cells for _, _, cells, _ in logged))


def drop_unlogged(table: EngineTable) -> None:
    """Drop what the log does not need of `texts`, the largest of the tables."""
    logged = table.run("select distinct position from logged")
    needed = {table.column(table.instrument.fields[position].name) for (position,) in logged} - {None}
    if not logged:
        table.run("drop table texts")
    elif needed:  # a log of filled cells alone needs the rows, whatever their columns
        for name in [name for (name,) in table.run("select column_name from (describe texts)")]:
            if int(name[1:]) not in needed:
                table.run(f"alter table texts drop column {name}")


def _cells(table: EngineTable, position: int, way: str, as_read: str) -> str:
    """The rows of the log of one field, converted in one way."""
    field = table.instrument.fields[position]
    column = table.column(field.name)
    text = "''" if column is None else f"texts.c{column}"
    number = "cast(null as integer)" if column is None else f"{column}::integer"
    source, which = "texts", "true"
    if way == READ:
        code, reading = "converted.code", "converted.as_read"
        source = f"texts join converted on converted.position = {position} and converted.text = {text}"
    elif way == SURE_COMMA:
        code, reading = literal("number-converted"), neutral(text)
        which = f"contains({text}, ',') and {is_sure(text, field, table.instrument, table.words(field.name))}"
    else:
        code, reading, which = literal(FILLED), literal(as_read), f"{text} = ''"
    return f"""
        select cast(null as varchar) as sheet, texts.rowid + {table.first_row} as row, {number} as "column",
            {literal(field.name)} as field, {code} as code, {text} as text, {reading} as as_read, {position} as place
        from {source}
        where {which} and texts.rowid not in (select record from aside_rows)
    """
