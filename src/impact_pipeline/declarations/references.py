"""Names that declarations borrow from each other: each must exist, and the message names the nearest one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from impact_pipeline.declarations.expressions import Expression
from impact_pipeline.declarations.indicator import Indicator
from impact_pipeline.declarations.instrument import Instrument
from impact_pipeline.names import nearest

if TYPE_CHECKING:
    from impact_pipeline.declarations.loader import Schemas

Location = tuple[int | str, ...]
Found = tuple[str, Location, object, str, str | None]  # file, location, read, expected, nearest


def check_references(schemas: Schemas, file_of: Mapping[tuple[str, str], str]) -> Iterator[Found]:
    """Everything named but not declared, or named where it cannot serve."""
    themes = [theme.name for theme in schemas.programme.themes]
    for name, initiative in schemas.initiatives.items():
        file = file_of["initiatives", name]
        yield from _known(file, ("theme",), initiative.theme, themes, "a theme of programme.yaml")
        for place, instrument_name in enumerate(initiative.instruments):
            yield from _known(file, ("instruments", place), instrument_name, schemas.versions, "an instrument")
    for instrument in schemas.instruments:
        yield from _instrument(schemas, instrument, file_of["instruments", str(instrument)])
    for name, indicator in schemas.indicators.items():
        file = file_of["indicators", name]
        yield from _known(file, ("theme",), indicator.theme, themes, "a theme of programme.yaml")
        yield from _known(file, ("instrument",), indicator.instrument, schemas.versions, "an instrument")
        for place, initiative_name in enumerate(indicator.initiatives or ()):
            yield from _known(file, ("initiatives", place), initiative_name, schemas.initiatives, "an initiative")
        if indicator.instrument in schemas.versions:
            yield from _indicator(schemas, indicator, file)


def _instrument(schemas: Schemas, instrument: Instrument, file: str) -> Iterator[Found]:
    for place, item in enumerate(instrument.fields):
        at: Location = ("fields", place)
        if item.codes is not None:
            yield from _known(file, (*at, "codes"), item.codes, schemas.codelists, "a code list")
        if item.scale is not None:
            yield from _known(file, (*at, "scale"), item.scale, schemas.scales, "a scale")
        scale = schemas.scales.get(item.scale or "")
        if scale is not None:
            key = "item" if item.item else "name"
            yield from _known(file, (*at, key), item.scale_item, scale.by_item, f"an item of {scale.scale}")
            known = scale.by_item.get(item.scale_item)
            if known is not None and item.range != known.range:
                yield file, (*at, "range"), item.range, f"the range of the scale's item, {list(known.range)}", None
    names = [item.name for item in instrument.fields]
    clash = sorted(set(names) & set(schemas.scores(instrument)))
    for name in clash:
        yield file, ("fields", names.index(name), "name"), name, "a name that no score of its scales has", None
    for place, rule in enumerate(instrument.rules):
        yield from _expression(schemas, instrument, file, ("rules", place, "expression"), rule.expression, names)
        if not rule.expression.is_predicate:
            yield (
                file,
                ("rules", place, "expression"),
                rule.expression.text,
                "an expression that is true or false",
                None,
            )
    for place, dimension in enumerate(instrument.dimensions):
        at = ("dimensions", place, "expression")
        yield from _expression(schemas, instrument, file, at, dimension.expression, names)
        if dimension.codes is not None:
            yield from _known(file, ("dimensions", place, "codes"), dimension.codes, schemas.codelists, "a code list")
        if dimension.name in names:
            yield file, ("dimensions", place, "name"), dimension.name, "a name that no field has", None


def _indicator(schemas: Schemas, indicator: Indicator, file: str) -> Iterator[Found]:
    instrument = schemas.instrument(indicator.instrument)
    names = [*instrument.by_name, *schemas.scores(instrument)]
    for key in ("value", "base", "among"):
        expression = getattr(indicator, key)
        if expression is not None:
            yield from _expression(schemas, instrument, file, (key,), expression, names)
    if indicator.among is not None and not indicator.among.is_predicate:
        yield file, ("among",), indicator.among.text, "an expression that is true or false", None
    public = [item.name for item in instrument.fields if item.disclosure not in ("identifier", "free-text")]
    breakdowns = [*public, *(dimension.name for dimension in instrument.dimensions)]
    for place, name in enumerate(indicator.by):
        expected = f"a field or dimension of {instrument} that may be published"
        yield from _known(file, ("by", place), name, breakdowns, expected)
    if indicator.waves is not None and instrument.wave_field is not None:
        wave = instrument.by_name[instrument.wave_field]
        if wave.codes is not None and wave.codes in schemas.codelists:
            codes = schemas.codelists[wave.codes].by_code
            for key, value in (("from", indicator.waves.from_), ("to", indicator.waves.to)):
                yield from _known(file, ("waves", key), value, codes, f"a code of {wave.codes}")


def _expression(
    schemas: Schemas, instrument: Instrument, file: str, at: Location, expression: Expression, known: Iterable[str]
) -> Iterator[Found]:
    known = list(known)
    for name in expression.names:
        yield from _known(file, at, name, known, f"a field of {instrument}")
    for name, texts in expression.literals_by_name.items():
        item = instrument.by_name.get(name)
        if item is None or item.type != "category" or item.codes is None or item.codes not in schemas.codelists:
            continue
        codes = schemas.codelists[item.codes].by_code
        for text in texts:
            yield from _known(file, at, text, codes, f"a code of {item.codes}")


def _known(file: str, at: Location, name: str, known: Iterable[str], expected: str) -> Iterator[Found]:
    known = list(known)
    if name not in known:
        yield (
            file,
            at,
            name,
            f"{expected} ({', '.join(known[:12])}{', ...' if len(known) > 12 else ''})",
            nearest(name, known, at_least=60),
        )
