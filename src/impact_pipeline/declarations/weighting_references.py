"""What a weighting names: its margins must exist, be told by breakdowns of the instrument, and apply once each.

All declarations come in, with the names of those whose own file is wrong; what is wrong goes out, with its file and
place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from impact_pipeline.declarations.common import Location, Said, Wrong, unknown
from impact_pipeline.declarations.instrument import Instrument
from impact_pipeline.declarations.names import Names
from impact_pipeline.declarations.weighting import CROSSED, Margin, Weighting

if TYPE_CHECKING:
    from impact_pipeline.declarations.loader import Schemas

FileOf = Mapping[tuple[str, str], str]


def check_weighting(
    schemas: Schemas, file_of: FileOf, broken: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, Wrong]]:
    """Everything that weightings and margins name and nothing declares, as (file, what is wrong)."""
    names = Names(schemas, broken)
    margins = [*schemas.margins, *broken["margins"]]
    for name, margin in schemas.margins.items():
        yield from ((file_of["margins", name], wrong) for wrong in _margin(names, margin))
    for instrument in schemas.instruments:
        weighting = instrument.weighting
        if weighting is None:
            continue
        file = file_of["instruments", str(instrument)]
        for wrong in _weighting(names, instrument, weighting, margins):
            yield file, Wrong(("weighting", *wrong.at), *wrong[1:])
        for margin in (schemas.margins[name] for name in weighting.margins if name in schemas.margins):
            yield from ((file_of["margins", margin.margin], wrong) for wrong in _categories(names, instrument, margin))


def _margin(names: Names, margin: Margin) -> Iterator[Wrong]:
    for place, name in enumerate(margin.initiatives or ()):
        yield from unknown(("initiatives", place), name, names.initiatives, "an initiative")


def _weighting(names: Names, instrument: Instrument, weighting: Weighting, margins: Collection[str]) -> Iterator[Wrong]:
    for place, name in enumerate(weighting.margins):
        yield from unknown(("margins", place), name, margins, "a margin")
        margin = names.schemas.margins.get(name)
        for dimension in margin.dimension if margin is not None else ():
            expected = f"a margin by breakdowns of {instrument}; {dimension} is none"
            if dimension not in _breakdowns(instrument):
                yield Wrong(("margins", place), name, expected)
    if all(name in names.schemas.margins for name in weighting.margins):
        yield from _once(names, instrument, weighting)
    if weighting.response is not None:
        yield from _response(names, instrument, weighting)


def _once(names: Names, instrument: Instrument, weighting: Weighting) -> Iterator[Wrong]:
    """For each initiative and wave, each breakdown has one margin; post-stratification has one in all."""
    margins = [names.schemas.margins[name] for name in weighting.margins]
    wave = instrument.by_name.get(instrument.wave_field or "")
    waves: list[str | None] = [*(names.codes(wave.codes) or ())] if wave is not None else []
    users = sorted(n for n, i in names.schemas.initiatives.items() if instrument.instrument in i.instruments)
    for initiative in users if margins else ():
        for told in waves or [None]:
            here = [margin.name for margin in margins if margin.applies(initiative, told)]
            where = initiative if told is None else f"{initiative}, wave {told}"
            if waves and not here:
                continue  # a wave may stay as it was drawn
            if not here:
                yield Wrong(("margins",), list(weighting.margins), f"a margin that tells the population of {where}")
            twice = sorted({name for name in here if here.count(name) > 1})
            if twice and (told is not None or all(margin.waves is None for margin in margins)):
                yield Wrong(("margins",), list(weighting.margins), f"one margin by {twice[0]} for {where}")
            if weighting.method == "post-stratification" and len(set(here)) > 1:
                yield Wrong(("margins",), list(weighting.margins), f"a single margin, crossed if need be, for {where}")


def _response(names: Names, instrument: Instrument, weighting: Weighting) -> Iterator[Wrong]:
    told = weighting.response
    if told is None:
        return
    yield from unknown(("response", "field"), told.field, instrument.by_name, "a field")
    item = instrument.by_name.get(told.field)
    codes = names.codes(item.codes) if item is not None else None
    for code in told.by_code if codes is not None else ():
        yield from unknown(("response", "field"), code, codes or (), f"a code of {item.codes if item else ''}")
    for code in codes or ():
        if code not in told.by_code:
            yield Wrong(("response", "field"), code, "each code of the field to be told complete, refusal...")
    for place, name in enumerate(told.classes):
        yield from unknown(
            ("response", "classes", place), name, _breakdowns(instrument), f"a breakdown of {instrument}"
        )


def _categories(names: Names, instrument: Instrument, margin: Margin) -> Iterator[Wrong]:
    """The categories of a margin are codes of its breakdowns, where these have a list."""
    for place, dimension in enumerate(margin.dimension):
        codes = names.codes(_codelist(instrument, dimension))
        for category in dict.fromkeys(name.split(CROSSED)[place] for name in margin.by_category) if codes else ():
            at: Location = ("totals", category) if place == 0 else ("totals",)
            if category not in (codes or ()):
                yield from unknown(at, category, codes or (), f"a code of {_codelist(instrument, dimension)}")
    boolean = [d for d in margin.dimension if d in instrument.by_name and instrument.by_name[d].type == "boolean"]
    for dimension in boolean:
        place = margin.dimension.index(dimension)
        for category in dict.fromkeys(name.split(CROSSED)[place] for name in margin.by_category):
            if category not in ("true", "false"):
                yield Wrong(("totals",), Said(category), f'"true" and "false" (in quotes), for {dimension}')


def _codelist(instrument: Instrument, name: str) -> str | None:
    declared = next((item.codes for item in instrument.dimensions if item.name == name), None)
    return declared or (instrument.by_name[name].codes if name in instrument.by_name else None)


def _breakdowns(instrument: Instrument) -> list[str]:
    return [*(item.name for item in instrument.dimensions), *instrument.by_name]
