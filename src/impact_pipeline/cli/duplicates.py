"""`impact duplicates`: the rows that may be one, in a table where a person decides which to keep."""

from __future__ import annotations

from typing import Annotated

import typer

from impact_pipeline.cli.context import home_of, utc_now


def duplicates(
    context: typer.Context,
    initiative: Annotated[str, typer.Argument(help="The initiative, as declared.")],
    instrument: Annotated[str, typer.Argument(help="The questionnaire or form.")],
) -> None:
    """Write the rows that may be one into `data/raw/decisions/`, to be decided in a spreadsheet: keep, drop, new id.

    Running it again keeps the decisions that were made and adds the new groups. `impact run` then replays them.
    """
    from impact_pipeline import pipeline

    home = home_of(context)
    report = pipeline.find_duplicates(home, initiative, instrument, now=utc_now())
    typer.echo(f"{home.raw / report.table}")
    waiting = f"{report.waiting} waiting for a decision"
    typer.echo(f"Groups of rows that may be one: {report.groups} ({report.new} new, {waiting}).")
    if report.waiting:
        typer.echo("For each row write keep, drop, or new id (then `new_id`); then run `impact run`.")
