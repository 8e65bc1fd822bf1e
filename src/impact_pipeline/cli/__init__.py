"""`impact`: one module a command; this one only puts them together and turns errors into words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from impact_pipeline.cli.check import check
from impact_pipeline.cli.communes import communes
from impact_pipeline.cli.duplicates import duplicates
from impact_pipeline.cli.instrument import instrument_app
from impact_pipeline.cli.query import query
from impact_pipeline.cli.run import releases, run
from impact_pipeline.cli.schemas import schemas_app
from impact_pipeline.cli.study import study_app
from impact_pipeline.cli.submissions import submissions
from impact_pipeline.cli.submit import submit, withdraw
from impact_pipeline.cli.template import template
from impact_pipeline.errors import ImpactError
from impact_pipeline.version import __version__

FIELD, DATA_TEAM, RESEARCH = "For field actors", "For the data team", "For researchers"

app = typer.Typer(
    name="impact",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A first look: `impact template cafe-residents`, then `impact check FILE --instrument cafe-residents`.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"impact-pipeline {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path,
        typer.Option("--home", envvar="IMPACT_HOME", help="Folder of the programme, holding `schemas/` and `data/`."),
    ] = Path(),
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """From field actors' files to published, reproducible impact figures.

    A programme is a folder: `schemas/` declares what is measured, `data/` holds what was received and what was
    published. Commands work on the current folder unless `--home` names another.
    """
    context.obj = home


app.command(rich_help_panel=FIELD)(template)
app.command(rich_help_panel=FIELD)(check)
app.command(rich_help_panel=FIELD)(submit)
app.command(rich_help_panel=FIELD)(communes)
app.command(rich_help_panel=DATA_TEAM)(submissions)
app.command(rich_help_panel=DATA_TEAM)(withdraw)
app.command(rich_help_panel=DATA_TEAM)(duplicates)
app.command(rich_help_panel=DATA_TEAM)(run)
app.add_typer(schemas_app, name="schemas", rich_help_panel=DATA_TEAM)
app.add_typer(instrument_app, name="instrument", rich_help_panel=DATA_TEAM)
app.add_typer(study_app, name="study", rich_help_panel=RESEARCH)
app.command(rich_help_panel=RESEARCH)(releases)
app.command(rich_help_panel=RESEARCH)(query)


def main() -> None:
    """Entry of the `impact` command: an error raised on purpose is told in its own words, without a traceback."""
    try:
        app()
    except ImpactError as error:
        sys.stderr.write(f"impact: {error}\n")
        raise SystemExit(1) from error
