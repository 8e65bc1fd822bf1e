"""`impact submissions`: what was received, what became of it, and the whole story of one submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from impact_pipeline.cli.context import home_of

if TYPE_CHECKING:
    from rich.console import Console

    from impact_pipeline.landing import RawStore

COLUMNS = ("number", "received", "instrument", "organisation", "period", "rows", "set aside", "status")
TOLD_APART = ("event", "at", "key", "order", "meaning", "check")  # shown elsewhere, or of no use to a person


def submissions(
    context: typer.Context,
    submission: Annotated[str | None, typer.Argument(help="A number: show its whole story.")] = None,
    initiative: Annotated[str | None, typer.Option(help="Only those of an initiative.")] = None,
    current: Annotated[bool, typer.Option("--current", help="Only those that count today.")] = False,
) -> None:
    """List what was received, with its status: current, superseded by a later file, withdrawn, or set-aside where it
    has no usable row and left an earlier file in place.
    """
    from rich.console import Console

    from impact_pipeline.landing import RawStore

    raw = RawStore(home_of(context).raw)
    console = Console(highlight=False, soft_wrap=True)
    if submission is not None:
        _story(console, raw, submission)
        return
    rows = []
    for item in raw.submissions():
        if (initiative and item.key.initiative != initiative) or (current and item.status != "current"):
            continue
        last: dict[str, object] = next((e for e in reversed(raw.events(item.submission)) if "rows_in" in e), {})
        rows.append([
            item.submission, f"{item.received_at:%Y-%m-%d %H:%M}", f"{item.key.instrument}.v{item.version}",
            item.key.organisation, item.key.period, str(last.get("rows_in", "?")), str(last.get("set_aside", "?")),
            item.status,
        ])  # fmt: skip
    if not rows:
        typer.echo("Nothing has been received yet. To hand in a file: impact submit FILE --help")
        return
    for line in aligned([list(COLUMNS), *rows]):
        typer.echo(line)


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows of text in columns two spaces apart; as wide as they need, since a number cut in two helps nobody."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _story(console: Console, raw: RawStore, number: str) -> None:
    item = raw.submission(number)
    key = item.key
    console.print(f"[bold]{number}[/bold]: {item.status}")
    console.print(f"{key.initiative}, {key.instrument}, {key.organisation}, {key.period}")
    for event in raw.events(number):
        told = ", ".join(f"{name} {value}" for name, value in event.items() if name not in TOLD_APART and value)
        console.print(f"  {event['at'][:19].replace('T', ' ')}  [bold]{event['event']}[/bold]  {told}", markup=True)
