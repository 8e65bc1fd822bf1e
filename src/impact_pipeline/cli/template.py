"""`impact template`: the workbook to fill for an instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from impact_pipeline.cli.context import options_of, schemas_of
from impact_pipeline.words import Language, say


def template(
    context: typer.Context,
    instrument: Annotated[str, typer.Argument(help="Name of the instrument, such as `cafe-residents`.")],
    organisation: Annotated[str, typer.Option(help="Who will fill it; written in the workbook.")] = "",
    period: Annotated[str, typer.Option(help="Period that it is about: `2026`, `2026-Q1`, `2026-01`.")] = "",
    lang: Annotated[Language, typer.Option(help="Language of headers, answers and help.")] = "fr",
    output: Annotated[Path | None, typer.Option(help="Where to write it; `INSTRUMENT.xlsx` unless given.")] = None,
    kind: Annotated[
        Literal["xlsx", "ods", "csv"] | None,
        typer.Option("--format", help="That of the output's name, else xlsx; a csv has neither lists nor a notice."),
    ] = None,
) -> None:
    """Make the workbook that a field actor fills: headers, drop-downs, help and a notice."""
    from impact_pipeline.renderings.template import KINDS
    from impact_pipeline.renderings.template import template as workbook

    schemas = schemas_of(context)
    declared = schemas.instrument(instrument)
    suffix = output.suffix.removeprefix(".").lower() if output else ""
    chosen = kind or next((known for known in KINDS if known == suffix), None)
    if chosen is None and suffix:
        raise typer.BadParameter(f".{suffix}: expected .xlsx, .ods or .csv", param_hint="--output")
    chosen = chosen or "xlsx"
    path = output or Path(f"{declared}.{chosen}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(workbook(declared, schemas, organisation=organisation, period=period, language=lang, kind=chosen))
    typer.echo(str(path))
    # beside the path, which a script may read
    options = options_of(organisation=organisation, period=period)
    typer.echo(say("template.next", lang, file=path, instrument=instrument, options=options), err=True)
