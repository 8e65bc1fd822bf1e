"""`impact check FILE --instrument X`: what was read, what there is to mend, and whether the file can be submitted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from impact_pipeline.cli.context import home_of, in_words, language_of, schemas_of, utc_now
from impact_pipeline.cli.giving_back import Wanted, give_back
from impact_pipeline.cli.mapping import mapping_for, mapping_path, save_mapping
from impact_pipeline.words import Language, say

if TYPE_CHECKING:
    from rich.console import Console

    from impact_pipeline.declarations import ColumnMapping, Instrument, Schemas
    from impact_pipeline.validation import Checked
    from impact_pipeline.validation.messages import Group, Message

LISTED = 200  # findings of one cause that are listed; their number is told in full
COLOURS = {"blocking": "red", "to-check": "yellow", "corrected": "green"}


def check(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="The file to check: .xlsx, .xls, .ods or .csv.", dir_okay=False, exists=True)
    ],
    instrument: Annotated[
        str,
        typer.Option(
            "--instrument", "-i", help="The questionnaire or form that it answers, where the file does not tell."
        ),
    ] = "",
    initiative: Annotated[
        str, typer.Option(help="The initiative it is for, where its organisation sends the form for several.")
    ] = "",
    organisation: Annotated[str, typer.Option(help="Who sends it; fills a column that the file lacks.")] = "",
    period: Annotated[
        str, typer.Option(help="Its period (2026, 2026-Q1, 2026-03); fills a column that the file lacks.")
    ] = "",
    lang: Annotated[str | None, typer.Option(help="fr or en; the programme's first language unless given.")] = None,
    encoding: Annotated[
        str, typer.Option(help="How the text of a CSV is written (utf-8, cp1252, mac-roman…), where we read it wrong.")
    ] = "",
    separator: Annotated[str, typer.Option(help="What stands between the cells of a CSV: ; , | or tab.")] = "",
    sheet: Annotated[str, typer.Option(help="The sheet of a workbook to read.")] = "",
    values: Annotated[
        Path | None,
        typer.Option(help="Write the values of a cross table here, one a row with its cell (CSV).", dir_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print findings for a program to read.")] = False,
    annotate: Annotated[
        Path | None,
        typer.Option(help="Write a copy of the workbook where what is wrong is marked, and a corrected one beside."),
    ] = None,
    corrected: Annotated[
        Path | None, typer.Option(help="Write a copy of the workbook with each converted cell as we read it.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page (.html) to print or to send.")] = None,
    codes: Annotated[bool, typer.Option("--codes", help="Print the code of each cause, to quote it.")] = False,
    mapping: Annotated[
        Path | None, typer.Option(help="How the organisation writes it; the one saved for it, unless given.")
    ] = None,
    save: Annotated[
        bool, typer.Option("--save-mapping", help="Remember for this organisation the columns and words you confirm.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --save-mapping: accept what is suggested.")] = False,
) -> None:
    """Check a file before it is submitted; nothing is kept.

    Exits 0 when all is well, 2 when there are only remarks, 1 when something must be mended.
    """
    from impact_pipeline import pipeline
    from impact_pipeline.landing import SubmissionKey
    from impact_pipeline.reading import Asked

    schemas = schemas_of(context)
    language = language_of(lang, schemas)
    asked = Asked(encoding, separator, sheet)
    with in_words(language):
        found = pipeline.Recognised(schemas.instrument(instrument)) if instrument else None
        found = found or pipeline.recognise(file, schemas, asked=asked)
    declared = found.instrument
    if declared is None:
        typer.echo("\n".join(which_instrument(schemas, language)), err=True)
        raise typer.Exit(1)
    with in_words(language):
        asked_key = SubmissionKey(initiative, declared.instrument, organisation, period)
        key = pipeline.completed(pipeline.read_key(schemas, asked_key), found.stamp, schemas)
    organisation = key.organisation
    wanted = Wanted(annotate, corrected, report)
    words, saved = mapping_for(mapping, organisation, declared, schemas), ""

    def outcome(trial: ColumnMapping | None) -> Checked:
        tried = schemas.with_mapping(organisation, trial)
        with pipeline.engine() as connection:
            return pipeline.check_file(file, declared, tried, connection, key, asked=asked)[0]

    if save:
        target = mapping or mapping_path(home_of(context), organisation, declared, schemas)
        words, saved = save_mapping(outcome, words, organisation, declared, schemas, language, target, accept=yes)
    schemas = schemas.with_mapping(organisation, words)
    with in_words(language), pipeline.engine() as connection:
        home = home_of(context)
        past = pipeline.past_of(home, connection, key, file, now=utc_now()) if key.initiative else pipeline.NO_PAST
        checked, _ = pipeline.check_file(file, declared, schemas, connection, key, asked=asked, past=past)
        told = (checked, declared, schemas, language)
        written = list(give_back(file, *told, wanted, asked)) if wanted.anything else []
        written += [saved] if saved else []
        if values is not None:
            checked.values.write_csv(values)
    if as_json:
        typer.echo(json.dumps(as_data(checked, declared, schemas, language), ensure_ascii=False, indent=2))
    else:
        from rich.console import Console
        from rich.text import Text

        console = Console(highlight=False, soft_wrap=True)
        if found.by:
            title = declared.title[language]
            console.print(
                Text(say(f"check.recognised.{found.by}", language, title=title, instrument=declared.instrument))
            )
        show(console, file.name, checked, declared, schemas, language, codes=codes)
        given = {"period": key.period, "organisation": organisation}
        for finding in checked.findings:
            lacks = finding.field if finding.code == "missing-column" else None
            fill = declared.by_name[lacks].fill if lacks else None
            if fill and not given[fill]:
                console.print(say(f"check.hint.{fill}", language))
        for line in written:
            console.print(Text(line))
    raise typer.Exit(checked.exit_code)


def which_instrument(schemas: Schemas, language: Language) -> list[str]:
    """What to say where nothing tells which instrument a file answers: all that there are."""
    newest = [schemas.instrument(name) for name in sorted(schemas.versions)]
    listed = [f"  {item.instrument} — {item.title[language]}" for item in newest]
    return [say("check.which-instrument", language), *listed]


def as_data(checked: Checked, instrument: Instrument, schemas: Schemas, language: Language) -> dict[str, Any]:
    """The outcome for a program: counts are true, findings those listed."""
    from impact_pipeline.validation.messages import group, tell, title

    findings = []
    for cause in group(checked.findings, checked.counts):
        for finding in cause.findings:
            message = tell(finding, instrument, schemas, language)
            place = finding.place
            findings.append(
                {
                    "code": finding.code,
                    "level": finding.level.value,
                    "address": place.address,
                    "sheet": place.sheet,
                    "row": place.row,
                    "column": place.column,
                    "field": finding.field,
                    "value": finding.value,
                    "cells": finding.cells,
                    "title": message.title,
                    "place": message.place,
                    "read": message.read,
                    "expected": message.expected,
                    "todo": message.todo,
                    "example": message.example,
                }
            )
    counts = [
        {"code": code, "level": level.value, "field": field, "cells": cells, "title": title(code, language)}
        for (code, level, field), cells in checked.counts.items()
    ]
    return {
        "instrument": checked.instrument,
        "exit_code": checked.exit_code,
        "rows_in": checked.rows_in,
        "accepted": checked.accepted,
        "set_aside": checked.set_aside_rows,
        "read_as": dict(checked.read_as),
        "counts": counts,
        "findings": findings,
    }


def show(
    console: Console, file: str, checked: Checked, instrument: Instrument, schemas: Schemas, language: Language,
    *, codes: bool = False,
) -> None:  # fmt: skip
    """Print the outcome for a person: what was read, what to mend by level and cause, and a verdict of one line; with
    `codes`, each cause bears its own."""
    from rich.text import Text

    from impact_pipeline.findings import Level
    from impact_pipeline.giving_back import summary
    from impact_pipeline.giving_back.converted import converted_lines
    from impact_pipeline.validation.messages import group

    heading = say("check.heading", language, file=file, title=instrument.title[language], instrument=instrument)
    console.print(Text(heading, style="bold"))
    console.print(Text(summary.read(checked, language)))
    causes = group(checked.findings, checked.counts)
    for level, of_level in groupby(causes, key=lambda cause: cause.level):
        console.print()
        console.print(Text(say(f"level.{level.value}", language), style=f"bold {COLOURS[level.value]}"))
        if level is Level.CORRECTED and not codes:
            for _, place, read, todo in converted_lines(of_level, instrument, schemas, language, LISTED):
                console.print(Text.assemble("  ", (place, "cyan"), " — ", read, f" {todo}" if todo else ""))
            continue
        for cause in of_level:
            for line in _told(cause, instrument, schemas, language, codes):
                console.print(line)
    console.print()
    console.print(Text(summary.verdict(checked, language), style="bold"))


def _told(cause: Group, instrument: Instrument, schemas: Schemas, language: Language, codes: bool) -> Iterator[Any]:
    """A cause: its title and true count, its cells, and once for all that share it, what to do, if anything."""
    from rich.text import Text

    from impact_pipeline.giving_back.summary import number
    from impact_pipeline.validation.messages import tell

    messages = [tell(finding, instrument, schemas, language) for finding in cause.findings[:LISTED]]
    label = f" · {instrument.by_name[cause.field].label[language]}" if cause.field else ""
    title = Text.assemble("  ", (f"{messages[0].title}{label}", "bold"), (f"  [{cause.code}]" if codes else "", "dim"))
    listed = sum(finding.cells for finding in cause.findings[:LISTED])
    if listed < cause.count:
        first = say(
            "check.first", language, listed=number(len(messages), language), count=number(cause.count, language)
        )
        title.append(f"  ({first})")
    elif cause.count > 1:
        title.append(f"  ({number(cause.count, language)})")
    yield title
    is_asked, nothing = cause.level.value != "corrected", say("check.nothing-to-do", language)
    for advice, alike in groupby(messages, key=_advice):
        for message in alike:
            yield Text.assemble("    ", (_capital(message.place), "cyan"), " — ", message.read)
        for name, text in zip(("expected", "todo", "example"), advice, strict=True):
            if text and (is_asked or (name == "todo" and text != nothing)):
                yield Text(f"      {say(f'check.{name}', language, text=text)}")


def _advice(message: Message) -> tuple[str, str, str]:
    return message.expected, message.todo, message.example


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
