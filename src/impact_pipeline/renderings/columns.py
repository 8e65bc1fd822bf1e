"""The columns of an instrument's records: their SQL types, their pandas types, and the table that holds them.

An instrument comes in; names with types, or the text of a `create table`, go out. Nothing is executed here.
"""

from __future__ import annotations

from collections.abc import Mapping

from impact_pipeline.declarations import Instrument

SQL_TYPES: Mapping[str, str] = {
    "identifier": "VARCHAR",
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "category": "VARCHAR",
    "categories": "VARCHAR",
    "period": "VARCHAR",
    "commune": "VARCHAR",
    "postcode": "VARCHAR",
    "point": "VARCHAR",
    "siren": "VARCHAR",
    "siret": "VARCHAR",
    "rna": "VARCHAR",
    "phone": "VARCHAR",
    "email": "VARCHAR",
}
FRAME_TYPES: Mapping[str, str] = {  # nullable pandas types: a missing answer is NA, never a magic number
    "VARCHAR": "str",
    "BIGINT": "Int64",
    "DOUBLE": "Float64",
    "BOOLEAN": "boolean",
    "DATE": "datetime64[us]",
}


def column_types(instrument: Instrument) -> dict[str, str]:
    """The SQL type (ANSI, as DuckDB and Spark name them) of each field, in the instrument's order."""
    return {field.name: SQL_TYPES[field.type] for field in instrument.fields}


def frame_types(instrument: Instrument) -> dict[str, str]:
    """The pandas type of each field, in the instrument's order."""
    return {name: FRAME_TYPES[sql_type] for name, sql_type in column_types(instrument).items()}


def table_name(instrument: Instrument) -> str:
    """The table of an instrument's accepted records: `record_cafe_residents_v1`."""
    return f"record_{instrument.instrument.replace('-', '_')}_v{instrument.version}"


def ddl(instrument: Instrument) -> str:
    """The `create table` of an instrument's accepted records: the row in the sheet, then the fields in their order.

    Only the key is `not null`: a required question that was refused has no value, and says so in its status.
    """
    lines = ['"row" BIGINT not null']
    for name, sql_type in column_types(instrument).items():
        lines.append(f'"{name}" {sql_type}{" not null" if name in instrument.key else ""}')
    columns = ",\n    ".join(lines)
    return f"create table {table_name(instrument)} (\n    {columns}\n)"
