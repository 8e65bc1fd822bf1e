"""`impact run`: the whole line without Prefect, and `impact releases`: what it published."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from impact_pipeline.cli.context import home_of, utc_now
from impact_pipeline.cli.submissions import aligned


class Engine(StrEnum):
    """What computes the figures: they are the same."""

    DUCKDB = "duckdb"
    SPARK = "spark"


def run(
    context: typer.Context,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the engine; all unless given.")] = None,
    engine: Annotated[
        Engine, typer.Option(help="Where the measures run: in this process, or on Apache Spark (extra `spark`).")
    ] = Engine.DUCKDB,
    master: Annotated[
        str, typer.Option(help="Spark's master, such as spark://host:7077, with --engine spark.")
    ] = "local[*]",
    force: Annotated[bool, typer.Option("--force", help="Publish a new version even where nothing changed.")] = False,
) -> None:
    """Take in what waits in `data/inbox`, check, compute and publish a release with its report.

    Safe to stop at any moment and to start again; where nothing has changed, the latest release stands.
    """
    from impact_pipeline import pipeline
    from impact_pipeline.release import ReleaseStore

    home = home_of(context)
    spark_master = master if engine is Engine.SPARK else None
    before = ReleaseStore(home.curated).latest()
    release = pipeline.run(
        home, now=utc_now(), threads=threads, spark_master=spark_master, force=force, tell=typer.echo
    )
    if release.version == before:
        typer.echo(f"Nothing has changed: release {release.version} stands.")
    else:
        counts = release.manifest["counts"]
        typer.echo(
            f"Release {release.version}: {counts.get('published', 0)} figures published, "
            f"{counts.get('suppressed', 0)} suppressed, {counts.get('refused', 0)} refused; "
            f"{counts['rows_in']} rows in = {counts['accepted']} accepted + {counts['set_aside']} set aside."
        )
    typer.echo(f"Folder: {release.path}")
    typer.echo(f"Report: {release.report('fr')}")


def releases(context: typer.Context) -> None:
    """List the releases published so far; the latest is marked."""
    from impact_pipeline.release import ReleaseStore

    store = ReleaseStore(home_of(context).curated)
    latest = store.latest()
    rows = [["version", "published on", "submissions", "figures", "suppressed", ""]]
    for version in store.versions():
        manifest = store.open(version).manifest
        counts = manifest["counts"]
        rows.append([
            version, manifest["created_at"][:16].replace("T", " "), str(counts["submissions"]),
            str(counts.get("published", 0)), str(counts.get("suppressed", 0)), "latest" if version == latest else "",
        ])  # fmt: skip
    if len(rows) == 1:
        typer.echo("Nothing has been published yet. To publish: impact run")
        return
    for line in aligned(rows):
        typer.echo(line)
    typer.echo(f"Folder of the latest: {store.open().path}")
