"""`impact instrument import FORM.xlsx`: the form of a survey tool as an instrument, and what it could not carry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impact_pipeline.cli.context import home_of, language_of, schemas_of
from impact_pipeline.errors import DeclarationError, StoreError
from impact_pipeline.words import Language, say

instrument_app = typer.Typer(
    name="instrument", no_args_is_help=True, help="Make an instrument from what a survey tool already declares."
)


@instrument_app.command(name="import")
def import_(
    context: typer.Context,
    form: Annotated[Path, typer.Argument(help="The XLSForm (.xlsx, .xls) of the questionnaire.", exists=True)],
    name: Annotated[str, typer.Option(help="Name of the instrument; that of the form unless given.")] = "",
    output: Annotated[
        Path | None, typer.Option(help="Folder to write to; `schemas/` of the programme unless given.", file_okay=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that exist.")] = False,
    lang: Annotated[str | None, typer.Option(help="fr or en; the programme's first language unless given.")] = None,
) -> None:
    """Write the instrument and the code lists of an XLSForm, and list what it could not carry, place by place.

    Exits 0 when all was carried, 2 when something is left for a person to decide.
    """
    from impact_pipeline.xlsform import carry, read_form, tell, write
    from impact_pipeline.xlsform.carried import slug

    language = _language(context, lang)
    read = read_form(form.read_bytes(), form.name)
    carried = carry(read, slug(name or read.form_id or form.stem))
    folder = output or home_of(context).schemas
    files = write(carried, language).files
    existing = [path for path in files if (folder / path).exists()]
    if existing and not force:
        raise StoreError(say("xlsform.exists", language, files=", ".join(existing)))
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        typer.echo(say("xlsform.written", language, path=folder / path))
    for is_aside, heading in ((True, "xlsform.aside"), (False, "xlsform.left")):
        told = [tell(left, language) for left in carried.left if left.is_aside is is_aside]
        if told:
            typer.echo("")
            typer.echo(say(heading, language))
            for line in told:
                typer.echo(f"  {line}")
    raise typer.Exit(2 if any(not left.is_aside for left in carried.left) else 0)


def _language(context: typer.Context, lang: str | None) -> Language:
    """The programme's first language; French where the declarations cannot be read yet."""
    try:
        return language_of(lang, schemas_of(context))
    except DeclarationError:
        return "en" if lang == "en" else "fr"
