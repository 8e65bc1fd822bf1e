"""What every command shares: the programme's folder, its declarations, the clock. Read once, here, at the entry."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from impact_pipeline.home import Home
from impact_pipeline.words import Language, catalogue, say

if TYPE_CHECKING:
    from impact_pipeline.declarations import Schemas


def home_of(context: typer.Context) -> Home:
    """The programme's folder that `--home` or IMPACT_HOME names, or the current one."""
    return Home(context.find_root().obj)


def schemas_of(context: typer.Context) -> Schemas:
    """All declarations of the programme. Raises DeclarationError with every problem."""
    from impact_pipeline.declarations import load_schemas

    return load_schemas(home_of(context).schemas)


def language_of(asked: str | None, schemas: Schemas) -> Language:
    """The language asked for, else the programme's first. Raises BadParameter for one that it does not speak."""
    language = asked or schemas.programme.languages[0]
    if language not in schemas.programme.languages:
        known = ", ".join(schemas.programme.languages)
        raise typer.BadParameter(f"{language}: the programme speaks {known}", param_hint="--lang")
    return language


@contextmanager
def in_words(language: Language) -> Iterator[None]:
    """What is unknown (a name, a period) told in the language, and the command ended with 1."""
    from impact_pipeline.errors import UnknownName, UnknownPeriod

    try:
        yield
    except UnknownPeriod as error:
        told = say("unknown.period", language, period=error.period)
    except UnknownName as error:
        key = f"unknown.{error.kind.partition(' ')[0]}"
        told = say(key if key in catalogue(language) else "unknown.name", language, name=error.name)
        if error.nearest:
            told += " " + say("unknown.nearest", language, nearest=error.nearest)
        if error.known:
            told += " " + say("unknown.known", language, known=", ".join(error.known))
    else:
        return
    typer.echo(told, err=True)
    raise typer.Exit(1)


def utc_now() -> datetime:
    """The time of this command, in UTC."""
    return datetime.now(UTC)


def options_of(**values: str) -> str:
    """Options as they are typed in a command, those that have a value: ` --period 2026-Q1`."""
    return "".join(f" --{name} {shlex.quote(value)}" for name, value in values.items() if value)
