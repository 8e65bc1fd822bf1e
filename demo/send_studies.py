"""The surveys of the two impact studies, as their teams send them: before, then after."""

from __future__ import annotations

from collections.abc import Iterator

from demo import comparison, files, start, tables
from demo.sending import Sending
from impact_pipeline.declarations import Schemas


def files_of(schemas: Schemas) -> Iterator[Sending]:
    """Two files of the comparison between municipalities; one of each site of the draw."""
    instrument = schemas.instrument("cafe-comparison")
    for file, period, waves, about in (
        ("comparaison communes avant.csv", "2025", ("year-before", "baseline"),
         "Étude d'impact : communes avec et sans café, les deux vagues d'avant."),
        ("comparaison communes apres.csv", "2026", ("follow-up",),
         "Étude d'impact : les mêmes habitants, un an après l'ouverture."),
    ):  # fmt: skip
        records = [record for wave in waves for record in comparison.answers(wave)]
        table = tables.rows(instrument, schemas, records)
        yield Sending(
            file, "mille-cafes", instrument.instrument, "reseau-demo-des-cafes", period, files.text(table), about,
            rows=len(records),
        )  # fmt: skip
    instrument = schemas.instrument("dat-start")
    for site, organisation in start.SITES.items():
        records = start.records(site)
        table = tables.rows(instrument, schemas, records)
        yield Sending(
            f"DAT depart tire au sort {site}.csv", "dotation-action-territoriale", instrument.instrument, organisation,
            "2025", files.text(table), "Étude d'impact : départ tiré au sort, à l'entrée et à 6 mois.",
            rows=len(records),
        )  # fmt: skip
