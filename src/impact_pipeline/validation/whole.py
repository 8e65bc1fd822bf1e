"""What there is to tell of a file as a whole, once its rows are checked, whichever path checked them.

An outcome and what the submission says come in; the outcome goes out, with a finding where the file holds no answer,
and one for each other period than its own. No row changes its fate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from impact_pipeline.conforming.calendar import share_months
from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.validation import outcome
from impact_pipeline.validation.checked import Checked


def with_whole(checked: Checked, instrument: Instrument, period: str) -> Checked:
    """The outcome with what concerns the whole file; `period` is the submission's, empty where nobody said it."""
    found = [*_no_rows(checked, instrument), *_other_periods(checked, instrument, period)]
    if not found:
        return checked
    counts = {**checked.counts}
    for cause, cells in outcome.counts(found).items():
        counts[cause] = counts.get(cause, 0) + cells
    return replace(checked, findings=outcome.in_order([*found, *checked.findings]), counts=counts)


def _no_rows(checked: Checked, instrument: Instrument) -> Iterator[Finding]:
    """A form that nobody filled in, unless something else keeps its rows from being read; a group may come no time."""
    is_told = any(finding.level is Level.BLOCKING for finding in checked.findings)
    if not checked.rows_in and instrument.repeat is None and not is_told:
        yield Finding("no-rows", Level.BLOCKING, Place(checked.read_as.get("sheet")))


def _other_periods(checked: Checked, instrument: Instrument, period: str) -> Iterator[Finding]:
    """Accepted rows whose period shares no month with the submission's, by period."""
    wave = instrument.wave_field
    if wave is None or not period or instrument.by_name[wave].type != "period":
        return
    column = next((column for column in checked.columns if column.field == wave), None)
    # elsewhere, rows do not bear the numbers of one sheet
    is_one_sheet = checked.layout != "matrix" and "sheets" not in checked.read_as
    for told, (row, count) in sorted(checked.records.counted(wave).items()):
        if not share_months(told, period):
            place = Place(
                checked.read_as.get("sheet"), row if is_one_sheet else None, column.column if column else None
            )
            details = {"sent_for": period} | ({"header": column.header} if column and column.header else {})
            yield Finding("other-period", Level.TO_CHECK, place, told, wave, count, details)
