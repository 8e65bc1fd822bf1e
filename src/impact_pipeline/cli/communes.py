"""`impact communes`: the code of a commune, what became of an old one, which ones a postcode serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from impact_pipeline.cli.context import language_of, schemas_of
from impact_pipeline.words import Language, say


def communes(
    context: typer.Context,
    asked: Annotated[
        str, typer.Argument(help="A name, a code, a postcode: `Privas`, `Saint-Martin (32)`, `07000`.")
    ] = "",
    lang: Annotated[str | None, typer.Option(help="fr or en; the programme's first language unless given.")] = None,
) -> None:
    """Look up communes; without a name, say where the list comes from and what to beware of.

    Exits 1 where nothing answers.
    """
    language = language_of(lang, schemas_of(context))
    if not asked:
        from impact_pipeline.geography import origin

        typer.echo(origin())
        return
    lines = list(told(asked, language))
    typer.echo("\n".join(lines or [say("communes.none", language, asked=asked)]))
    raise typer.Exit(0 if lines else 1)


def told(asked: str, language: Language) -> Iterator[str]:
    """A line a place that a text may mean; the most alike where it means none."""
    from impact_pipeline import geography
    from impact_pipeline.conforming.communes import candidates, nearest

    places = candidates(asked)
    if not places:
        places = nearest(asked)
        if places:
            yield say("communes.near", language)
    for place in places:
        current = geography.commune(place.current)
        whole = "" if current is None or current.code == place.code else say("communes.now", language, whole=current)
        area = geography.area_name("departement", place.departement)
        yield f"{place.code}  {place.name or '—'} — {area} ({place.departement}){whole}"
