"""`impact schemas`: are the declarations right, and the JSON Schemas with which an editor checks them as one types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impact_pipeline.cli.context import home_of, schemas_of
from impact_pipeline.errors import DeclarationError

if TYPE_CHECKING:
    from impact_pipeline.declarations import Schemas

schemas_app = typer.Typer(
    name="schemas", no_args_is_help=True, help="Check what is declared in `schemas/`, or export its JSON Schemas."
)


@schemas_app.command()
def check(context: typer.Context) -> None:
    """Read every declaration, tell all that is wrong at once, or sum up what is declared.

    Ends with 0 when all is right and 1 when something is wrong.
    """
    folder = home_of(context).schemas
    try:
        schemas = schemas_of(context)
    except DeclarationError as error:
        for problem in error.problems:
            typer.echo(f"{folder.name}/{problem}")
        count = len(error.problems)
        typer.echo(f"{count} {'problem' if count == 1 else 'problems'} to mend in {folder}.")
        raise typer.Exit(1) from None
    for line in _summary(schemas):
        typer.echo(line)


@schemas_app.command()
def export(
    context: typer.Context,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Folder to write to; `schemas/json-schema` of the programme if not given."),
    ] = None,
) -> None:
    """Write the JSON Schema of each kind of declaration, for editors to complete and check the YAML."""
    from impact_pipeline.renderings.json_schema import json_schemas

    folder = to or home_of(context).schemas / "json-schema"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, schema in json_schemas().items():
        path = folder / f"{kind}.json"
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        typer.echo(f"wrote {path}")


def _summary(schemas: Schemas) -> Iterator[str]:
    yield f"{schemas.programme.name.en} ({schemas.programme.programme}): every declaration is right."
    yield _row("initiatives", schemas.initiatives)
    yield _row("instruments", (f"{one} ({len(one.fields)} fields)" for one in schemas.instruments))
    yield _row("scales", schemas.scales)
    yield _row("code lists", schemas.codelists)
    yield _row("indicators", schemas.indicators)
    yield _row("margins", schemas.margins)
    yield _row("deprivations", schemas.deprivations)
    yield _row("indices", schemas.indices)
    yield _row("studies", schemas.studies)
    yield _row("references", schemas.references)
    yield _row("syntheses", schemas.syntheses)
    yield _row("conditions", schemas.conditions)
    yield _row("targets", schemas.targets)
    yield _row("mappings", schemas.mappings)
    for name, initiative in sorted(schemas.initiatives.items()):
        count = sum(name in schemas.initiatives_of(indicator) for indicator in schemas.indicators.values())
        yield f"{name}: {', '.join(initiative.instruments)}; {count} indicators"


def _row(kind: str, names: Iterable[str]) -> str:
    names = sorted(names)
    return f"  {kind:12} {len(names):3}  {', '.join(names)}".rstrip()
