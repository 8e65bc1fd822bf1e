"""Names that declarations borrow from each other: each must exist and serve, and the message names the nearest one.

All declarations come in, with the names of those whose own file is wrong (they count as declared, so that one wrong
file does not bring a message in every file that names it); what is wrong goes out, with its file and place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from impact_pipeline.declarations.collection import MODES
from impact_pipeline.declarations.common import Location, Said, Wrong, unknown
from impact_pipeline.declarations.composite_index import CompositeIndex
from impact_pipeline.declarations.condition import ConditionAnalysis, FuzzySet
from impact_pipeline.declarations.deprivation import Deprivation, checked_expressions
from impact_pipeline.declarations.expressions import Expression
from impact_pipeline.declarations.indicator import Indicator
from impact_pipeline.declarations.instrument import Dimension, FieldDeclaration, Instrument
from impact_pipeline.declarations.kinds import IN_WORDS, Kind, kind_of, kind_of_type
from impact_pipeline.declarations.mapping import DECIDES, IGNORED, ColumnMapping
from impact_pipeline.declarations.names import ANY, TRUTH, Names, check_expression
from impact_pipeline.declarations.programme import Initiative
from impact_pipeline.declarations.rules import PAIRS, Rule

if TYPE_CHECKING:
    from impact_pipeline.declarations.loader import Schemas

AREAS = ("departement", "region", "epci")  # levels that the reference geography knows something of
NOT_A_BREAKDOWN = ("decimal", "date")  # every value would be a group of its own
BOTH = 2  # sides of a rule
TAKEN_DIMENSIONS = ("all", "wave")  # the breakdowns that every indicator has


def check_references(
    schemas: Schemas, file_of: Mapping[tuple[str, str], str], broken: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, Wrong]]:
    """Everything named but not declared, or named where it cannot serve, as (file, what is wrong)."""
    names = Names(schemas, broken)
    yield from ((file_of["scales", scale], wrong) for scale, wrong in _scores_once(schemas))
    for name, initiative in schemas.initiatives.items():
        yield from ((file_of["initiatives", name], wrong) for wrong in _initiative(names, initiative))
    for instrument in schemas.instruments:
        yield from ((file_of["instruments", str(instrument)], wrong) for wrong in _instrument(names, instrument))
    for name, indicator in schemas.indicators.items():
        if ("indicators", name) in file_of:  # the others follow from deprivations
            yield from ((file_of["indicators", name], wrong) for wrong in _indicator(names, indicator))
    for name, deprivation in schemas.deprivations.items():
        yield from ((file_of["deprivations", name], wrong) for wrong in _deprivation(names, deprivation))
    for name, index in schemas.indices.items():
        yield from ((file_of["indices", name], wrong) for wrong in _index(names, index))
    for name, analysis in schemas.conditions.items():
        yield from ((file_of["conditions", name], wrong) for wrong in _condition(names, analysis))
    for key, mapping in schemas.mappings.items():
        yield from ((file_of["mappings", key], wrong) for wrong in _mapping(names, mapping))


def check_mapping(schemas: Schemas, mapping: ColumnMapping) -> Iterator[Wrong]:
    """What a mapping that stands apart names but nothing declares."""
    return _mapping(
        Names(schemas, dict.fromkeys(("initiatives", "instruments", "indicators", "codelists", "scales"), ())), mapping
    )


def _scores_once(schemas: Schemas) -> Iterator[tuple[str, Wrong]]:
    """A score is known by its name alone in expressions and tables, whatever its scale."""
    owner: dict[str, str] = {}
    for name, scale in schemas.scales.items():
        for place, score in enumerate(scale.scores):
            first = owner.setdefault(score.name, name)
            if first != name:
                yield name, Wrong(("scores", place, "name"), score.name, f"another name: {first} has a score so called")


def _initiative(names: Names, initiative: Initiative) -> Iterator[Wrong]:
    yield from unknown(("theme",), initiative.theme, names.themes, "a theme of programme.yaml")
    for place, name in enumerate(initiative.instruments):
        yield from unknown(("instruments", place), name, names.instruments, "an instrument")


def _instrument(names: Names, instrument: Instrument) -> Iterator[Wrong]:
    yield from _fields(names, instrument)
    kinds = {item.name: kind_of_type(item.type) for item in instrument.fields}
    for place, rule in enumerate(instrument.rules):
        for wrong in _rule(names, instrument, rule, kinds):
            yield Wrong(("rules", place, *wrong.at), *wrong[1:])
    for place, item in enumerate(instrument.fields):
        if item.relevant is not None:
            yield from check_expression(names, instrument, ("fields", place, "relevant"), item.relevant, kinds, TRUTH)
    for place, dimension in enumerate(instrument.dimensions):
        for wrong in _dimension(names, instrument, dimension, kinds):
            yield Wrong(("dimensions", place, *wrong.at), *wrong[1:])
    yield from _repeat(names, instrument)
    mode = instrument.by_name.get((instrument.mode and instrument.mode.field) or "")
    if mode is not None and mode.type == "category":
        for code in names.codes(mode.codes) or ():
            yield from unknown(("mode", "field"), code, MODES, "a field whose codes are modes")
    previous = [i for i in names.schemas.versions[instrument.instrument] if i.version < instrument.version]
    for old in instrument.corresponds:
        known = previous[-1].by_name if previous else ()
        yield from unknown(("corresponds", old), old, known, "a field of the version before")
    if instrument.reworded and not previous:
        yield Wrong(
            ("reworded",), list(instrument.reworded), "it in a later version alone: nothing came before this one"
        )


def _repeat(names: Names, instrument: Instrument) -> Iterator[Wrong]:
    """A repeated group has a parent, whose key its rows carry, and no group repeats within itself."""
    if instrument.repeat is None:
        return
    where: Location = ("repeat", "parent")
    yield from unknown(where, instrument.repeat.parent, names.instruments, "an instrument")
    above, met = instrument, {instrument.instrument}
    while above.repeat is not None and above.repeat.parent in names.schemas.versions:
        above = names.schemas.instrument(above.repeat.parent)
        if above.instrument in met:
            yield Wrong(where, instrument.repeat.parent, "an instrument that is not repeated within this one")
            return
        met.add(above.instrument)
    if instrument.repeat.parent in names.schemas.versions:
        parent = names.schemas.instrument(instrument.repeat.parent)
        lacking = [name for name in parent.key if name not in instrument.by_name and name in parent.by_name]
        if lacking:
            expected = f"an instrument whose key is among these fields: `{lacking[0]}` is not"
            yield Wrong(where, instrument.repeat.parent, expected)


def _mapping(names: Names, mapping: ColumnMapping) -> Iterator[Wrong]:
    organisations = {name for initiative in names.schemas.initiatives.values() for name in initiative.organisations}
    if names.initiatives_known:
        known = sorted(organisations)
        yield from unknown(("organisation",), mapping.organisation, known, "an organisation of an initiative")
    yield from unknown(("instrument",), mapping.instrument, names.instruments, "an instrument")
    if mapping.instrument not in names.schemas.versions:
        return
    instrument = names.schemas.instrument(mapping.instrument)
    for header, name in mapping.columns.items():
        expected = f"a field of {instrument}, or {IGNORED}"
        yield from unknown(("columns", header), name, [*instrument.by_name, IGNORED], expected)
    for name, told in mapping.values.items():
        yield from unknown(("values", name), name, instrument.by_name, f"a field of {instrument}")
        item = instrument.by_name.get(name)
        codes = names.codes(item.codes) if item is not None else None
        for text, meant in told.items() if codes is not None else ():
            for code in meant.split() if item is not None and item.type == "categories" else [meant]:
                yield from unknown(("values", name, text), code, codes or (), "a code of the field's list")
    for name, decision in mapping.decisions.items():
        yield from unknown(("decisions", name), name, instrument.by_name, f"a field of {instrument}")
        item = instrument.by_name.get(name)
        if item is not None and item.type not in DECIDES[decision]:
            fit = " or ".join(way for way, types in DECIDES.items() if item.type in types)
            expected = fit or "no decision: its type has one reading only"
            yield Wrong(("decisions", name), Said(f"{decision} for a field of type {item.type}"), expected)


def _fields(names: Names, instrument: Instrument) -> Iterator[Wrong]:
    scores = names.schemas.scores(instrument)
    asked: set[tuple[str, str]] = set()
    for place, item in enumerate(instrument.fields):
        at: Location = ("fields", place)
        yield from names.unit((*at, "unit"), item.unit)
        if item.codes is not None:
            yield from unknown((*at, "codes"), item.codes, names.codelists, "a code list")
        if item.type == "categories":
            yield from _codes_in_one_word((*at, "codes"), names.codes(item.codes))
        if item.scale is not None:
            yield from unknown((*at, "scale"), item.scale, names.scales, "a scale")
            yield from _scale_item(names, at, item)
            if (item.scale, item.scale_item) in asked:
                yield Wrong((*at, "scale"), item.scale_item, "an item of the scale that no other field holds")
            asked.add((item.scale, item.scale_item))
        if item.name in scores:
            scale = scores[item.name][0].scale
            yield Wrong((*at, "name"), item.name, f"another name: the scale {scale} has a score so called")


def _rule(names: Names, instrument: Instrument, rule: Rule, kinds: Mapping[str, Kind]) -> Iterator[Wrong]:
    if rule.expression is not None:
        yield from check_expression(names, instrument, ("expression",), rule.expression, kinds, TRUTH)
    for at, name in rule.named_at:
        if at[0] != "fields" and kinds.get(name, "number") != "number":
            yield Wrong(at, name, f"a field of numbers; it is of type {instrument.by_name[name].type}")
    if rule.left is None or rule.right is None:
        return
    found: list[Kind] = []
    for key, side in (("left", rule.left), ("right", rule.right)):
        wrongs = list(check_expression(names, instrument, (key,), side, kinds, ANY))
        yield from wrongs
        if not wrongs:
            found.append(kind_of(side, kinds))
    if len(found) == BOTH and rule.operator not in PAIRS and found[0] != found[1]:
        read = Said(f"{rule.right.text!r}, which is {IN_WORDS[found[1]]}")
        yield Wrong(("right",), read, f"{IN_WORDS[found[0]]}, as the left side is")
    counts_missing = rule.missing != "skip-if-any" and rule.operator not in PAIRS
    if counts_missing and any(kind != "number" for kind in found):
        yield Wrong(("missing",), rule.missing, "sides of numbers, where a missing value can count as 0")


def _dimension(
    names: Names, instrument: Instrument, dimension: Dimension, kinds: Mapping[str, Kind]
) -> Iterator[Wrong]:
    taken = [*TAKEN_DIMENSIONS, *instrument.by_name]
    if dimension.name in taken:
        yield Wrong(("name",), dimension.name, f"another name than {', '.join(taken)}")
    if dimension.expression is None:
        yield from _communes(instrument, dimension.of or "")
        return
    groups: tuple[Kind, ...] = ("text",) if dimension.codes else ("text", "number", "truth")
    yield from check_expression(names, instrument, ("expression",), dimension.expression, kinds, groups)
    if dimension.codes is not None:
        yield from unknown(("codes",), dimension.codes, names.codelists, "a code list")
        codes = names.codes(dimension.codes)
        for result in dimension.expression.results if codes is not None else ():
            yield from unknown(("expression",), result, codes or (), f"a code of {dimension.codes}")


def _communes(instrument: Instrument, of: str) -> Iterator[Wrong]:
    """The field whose places a dimension groups."""
    places = [item.name for item in instrument.fields if item.type == "commune"]
    yield from unknown(("of",), of, places, f"a field of type commune of {instrument}")


def _scale_item(names: Names, at: Location, item: FieldDeclaration) -> Iterator[Wrong]:
    scale = names.schemas.scales.get(item.scale or "")
    if scale is None:
        return
    yield from unknown(
        (*at, "item" if item.item else "name"), item.scale_item, scale.by_item, f"an item of {scale.scale}"
    )
    known = scale.by_item.get(item.scale_item)
    if known is not None and item.range != known.range:
        expected = f"the range of the scale's item, [{known.range[0]:g}, {known.range[1]:g}]"
        yield Wrong((*at, "range"), list(item.range) if item.range else None, expected)


def _codes_in_one_word(at: Location, codes: Collection[str] | None) -> Iterator[Wrong]:
    """Several answers are stored joined by spaces."""
    spaced = [code for code in codes or () if " " in code]
    if spaced:
        yield Wrong(at, spaced[0], "codes without a space, for a field of several answers")


def _indicator(names: Names, indicator: Indicator) -> Iterator[Wrong]:
    yield from unknown(("theme",), indicator.theme, names.themes, "a theme of programme.yaml")
    yield from unknown(("instrument",), indicator.instrument, names.instruments, "an instrument")
    yield from names.unit(("unit",), indicator.unit)
    for place, name in enumerate(indicator.initiatives or ()):
        yield from unknown(("initiatives", place), name, names.initiatives, "an initiative")
        initiative = names.schemas.initiatives.get(name)
        if initiative is not None and indicator.instrument not in initiative.instruments:
            yield Wrong(("initiatives", place), name, f"an initiative that uses {indicator.instrument}")
    if indicator.instrument in names.schemas.versions:
        yield from _computed(names, indicator, names.schemas.instrument(indicator.instrument))


def _deprivation(names: Names, deprivation: Deprivation) -> Iterator[Wrong]:
    """As an indicator is checked, and each of its expressions at its own place."""
    like = deprivation.indicators[0].model_copy(update={"value": Expression("true"), "among": None})
    yield from _indicator(names, like)
    if deprivation.instrument in names.schemas.versions:
        instrument = names.schemas.instrument(deprivation.instrument)
        for at, expression in checked_expressions(deprivation):
            yield from check_expression(names, instrument, at, expression, names.schemas.kinds(instrument), TRUTH)


def _condition(names: Names, analysis: ConditionAnalysis) -> Iterator[Wrong]:
    yield from unknown(("initiative",), analysis.initiative, names.initiatives, "an initiative")
    sets: list[tuple[Location, FuzzySet]] = [(("outcome", "indicator"), analysis.outcome)]
    sets += [(("conditions", n, "indicator"), item) for n, item in enumerate(analysis.conditions)]
    for at, told in sets:
        yield from unknown(at, told.indicator, names.indicators, "an indicator")
        indicator = names.schemas.indicators.get(told.indicator)
        if indicator is not None and analysis.by not in indicator.by:
            yield Wrong(at, told.indicator, f"an indicator that is broken down by {analysis.by}")


def _index(names: Names, index: CompositeIndex) -> Iterator[Wrong]:
    yield from unknown(("initiative",), index.initiative, names.initiatives, "an initiative")
    for d, domain in enumerate(index.domains):
        for i, name in enumerate(domain.indicators):
            at = ("domains", d, "indicators", i)
            yield from unknown(at, name, names.indicators, "an indicator")
            indicator = names.schemas.indicators.get(name)
            if indicator is not None and index.by not in indicator.by:
                yield Wrong(at, name, f"an indicator that is broken down by {index.by}")
            if indicator is not None and indicator.polarity == "neutral":
                yield Wrong(at, name, "an indicator whose polarity says which way is better")


def _computed(names: Names, indicator: Indicator, instrument: Instrument) -> Iterator[Wrong]:
    kinds = names.schemas.kinds(instrument)
    allowed: dict[str, tuple[Kind, ...]] = {"value": ("number", "truth"), "base": ("number",), "among": TRUTH}
    for key, expected in allowed.items():
        expression = getattr(indicator, key)
        if expression is not None:
            yield from check_expression(names, instrument, (key,), expression, kinds, expected)
    breakdowns = [item.name for item in instrument.fields if _may_break_down(instrument, item)]
    breakdowns += [dimension.name for dimension in instrument.dimensions]
    expected_breakdown = f"a dimension of {instrument}, or a field that has groups and may be published"
    for place, name in enumerate(indicator.by):
        yield from unknown(("by", place), name, breakdowns, expected_breakdown)
    if indicator.areas is not None:
        levels = {item.name: item.level for item in instrument.dimensions}
        if levels.get(indicator.areas.by) not in AREAS:
            wanted = "a dimension `of` a commune, whose `level` is departement, region or epci"
            yield Wrong(("areas", "by"), indicator.areas.by, wanted)
    if indicator.imputation is not None:
        for place, expression in enumerate(indicator.imputation.predictors):
            at = ("imputation", "predictors", place)
            yield from check_expression(names, instrument, at, expression, kinds, ("number", "truth"))
        unasked = [n for n in indicator.value.names if n in instrument.by_name and instrument.by_name[n].relevant]
        if unasked and indicator.among is None:
            yield Wrong(("imputation",), unasked[0], "`among` too: the field is not asked of everybody")
        if instrument.design.errors is not None:
            yield Wrong(("imputation",), Said("`imputation`"), f"a design without `errors`: {instrument} has them")
    if indicator.reliable is not None:
        yield from _reliable(names, indicator, instrument)
    if indicator.standard is not None:
        yield from unknown(("standard", "by"), indicator.standard.by, breakdowns, expected_breakdown)
    if indicator.waves is not None and instrument.wave_field is not None:
        wave = instrument.by_name[instrument.wave_field]
        codes = names.codes(wave.codes)
        for end, value in (("from", indicator.waves.from_), ("to", indicator.waves.to)):
            yield from unknown(("waves", end), value, codes, f"a code of {wave.codes}") if codes is not None else ()


def _reliable(names: Names, indicator: Indicator, instrument: Instrument) -> Iterator[Wrong]:
    """A reliable change is that of one score alone, whose error of measurement can be had."""
    scores = names.schemas.scores(instrument)
    if indicator.value.text not in scores:
        yield Wrong(("value",), indicator.value.text, f"the name of a score of {instrument} alone")
    elif len(scores[indicator.value.text][1].items) == 1 and indicator.reliable and indicator.reliable.retest is None:
        expected = "`retest` too: a score of one item has no alpha"
        yield Wrong(("reliable",), Said(f"`reliable` without `retest` for {indicator.value.text}"), expected)


def _may_break_down(instrument: Instrument, item: FieldDeclaration) -> bool:
    published = item.disclosure not in ("identifier", "free-text")
    return published and item.type not in NOT_A_BREAKDOWN and item.name not in instrument.key[1:]
