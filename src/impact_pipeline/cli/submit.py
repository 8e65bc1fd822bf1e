"""`impact submit` and `impact withdraw`: files in, a number and what became of every row out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impact_pipeline.cli.context import home_of, in_words, language_of, options_of, schemas_of, utc_now
from impact_pipeline.words import Language, say

if TYPE_CHECKING:
    from impact_pipeline.declarations import Schemas
    from impact_pipeline.landing import SubmissionKey
    from impact_pipeline.pipeline import Receipt


def submit(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files to hand in: .xlsx, .xls, .ods or .csv.", exists=True)],
    instrument: Annotated[
        str, typer.Option("--instrument", "-i", help="The questionnaire or form that they answer.")
    ] = "",
    initiative: Annotated[str, typer.Option(help="The initiative that they are about.")] = "",
    organisation: Annotated[str, typer.Option(help="Who sends them.")] = "",
    period: Annotated[str, typer.Option(help="Their period: `2026`, `2026-S1`, `2026-Q1`, `2026-01`.")] = "",
    lang: Annotated[str | None, typer.Option(help="fr or en; the programme's first language unless given.")] = None,
) -> None:
    """Hand in files: kept as they are, checked at once, counted from the next release on.

    The same file twice is one submission. Another file of the same organisation, instrument and period replaces it,
    unless not one of its rows can be used: then it is kept apart, and the earlier one still counts.
    What our own template bears need not be said, nor the only initiative for which the organisation sends the form.
    Exits 1 where a file has no usable row.
    """
    from impact_pipeline import pipeline
    from impact_pipeline.landing import SubmissionKey

    schemas = schemas_of(context)
    language = language_of(lang, schemas)
    asked = SubmissionKey(initiative, instrument, organisation, period)
    with in_words(language):
        keys = {file: _key(file, asked, schemas, language) for file in files}
    unusable = False
    for file, key in keys.items():
        with in_words(language):
            receipt = pipeline.submit(home_of(context), file, key, now=utc_now(), schemas=schemas)
        for line in told(receipt, file, key, schemas, language):
            typer.echo(line)
        unusable = unusable or not receipt.checked.accepted
    if unusable:
        raise typer.Exit(1)


def _key(file: Path, asked: SubmissionKey, schemas: Schemas, language: Language) -> SubmissionKey:
    """The key of a file, completed by what its stamp says. Exits 1, saying what is lacking, where that is not all."""
    from dataclasses import asdict

    from impact_pipeline import pipeline

    if all(asdict(asked).values()):
        return pipeline.read_key(schemas, asked)
    key = pipeline.completed(asked, pipeline.recognise(file, schemas).stamp, schemas)
    if not key.initiative:
        pipeline.read_key(schemas, key)  # a slip in the name of the organisation is told before what is lacking
    lacking = ", ".join(f"--{name}" for name, told in asdict(key).items() if not told)
    if lacking:
        typer.echo(say("submit.lacking", language, file=file.name, lacking=lacking), err=True)
        raise typer.Exit(1)
    return pipeline.read_key(schemas, key)


def withdraw(
    context: typer.Context,
    submission: Annotated[str, typer.Argument(help="Its number, as `impact submissions` lists it.")],
    reason: Annotated[str, typer.Option(help="Why; kept with its history.")],
) -> None:
    """Take a submission back: it counts no more from the next release on; its bytes and its story stay."""
    from impact_pipeline.landing import RawStore

    RawStore(home_of(context).raw).withdraw(submission, reason=reason, now=utc_now())
    typer.echo(f"{submission} no longer counts. The next `impact run` publishes figures without it.")


def told(receipt: Receipt, file: Path, key: SubmissionKey, schemas: Schemas, language: Language) -> Iterator[str]:
    """What the sender is told: the number first, then the rows, then the causes that block."""
    from impact_pipeline.findings import Level
    from impact_pipeline.validation.messages import group, title

    landing, checked = receipt.landing, receipt.checked
    date = _date(landing.previous_at, language) if landing.previous_at else ""
    yield say(f"submit.{landing.outcome}", language, file=file.name, submission=landing.submission, date=date)
    rows = "none" if not checked.rows_in else "all" if not checked.set_aside else ""
    counts = {"rows": checked.rows_in, "accepted": checked.accepted, "set_aside": checked.set_aside}
    if checked.accepted or not checked.rows_in:
        yield "  " + say(f"submit.rows.{rows}" if rows else "submit.rows", language, **counts)
    if not checked.accepted:
        yield "  " + say(f"submit.unusable.{'kept' if landing.outcome == 'set-aside' else 'none'}", language)
    instrument = schemas.instrument(checked.instrument.rpartition(".v")[0])
    blocking = [cause for cause in group(checked.findings, checked.counts) if cause.level is Level.BLOCKING]
    for cause in blocking:
        label = f" · {instrument.by_name[cause.field].label[language]}" if cause.field else ""
        yield f"  - {title(cause.code, language)}{label} ({cause.count})"
    to_check = sum(count for (_, level, _), count in checked.counts.items() if level is Level.TO_CHECK)
    if to_check:
        yield "  " + say("submit.to-check.one" if to_check == 1 else "submit.to-check", language, count=to_check)
    if blocking or to_check:
        options = options_of(initiative=key.initiative, period=key.period, organisation=key.organisation)
        yield "  " + say("submit.hint", language, file=file, instrument=key.instrument, options=options)


def _date(moment: datetime, language: Language) -> str:
    from babel.dates import format_date

    return str(format_date(moment, format="long", locale=language))
