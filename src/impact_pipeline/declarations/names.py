"""The names that are declared, and whether an expression over an instrument names what is there, of the kind wanted.

What is wrong goes out with its place in the declaration that is checked; the message names the nearest name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from impact_pipeline.declarations.common import Location, Said, Wrong, unknown
from impact_pipeline.declarations.expressions import Expression
from impact_pipeline.declarations.instrument import Instrument
from impact_pipeline.declarations.kinds import IN_WORDS, Kind, kind_of
from impact_pipeline.declarations.scale import Score

if TYPE_CHECKING:
    from impact_pipeline.declarations.loader import Schemas

UNITS = "unit"  # where a programme has a code list of this name, units of measure are its codes
ANY: tuple[Kind, ...] = ("number", "text", "date", "truth")
TRUTH: tuple[Kind, ...] = ("truth",)


class Names:
    """What is declared, things in wrong files included."""

    def __init__(self, schemas: Schemas, broken: Mapping[str, Collection[str]]):
        self.schemas = schemas
        self.themes = [theme.name for theme in schemas.programme.themes]
        self.initiatives = [*schemas.initiatives, *broken["initiatives"]]
        self.instruments = [*schemas.versions, *(name.partition(".v")[0] for name in broken["instruments"])]
        self.codelists = [*schemas.codelists, *broken["codelists"]]
        self.indicators = [*schemas.indicators, *broken["indicators"]]
        self.scales = [*schemas.scales, *broken["scales"]]
        self.scores_known = not broken["scales"]
        self.initiatives_known = not broken["initiatives"]

    def codes(self, codelist: str | None) -> list[str] | None:
        """The codes of a list; None where its own file is wrong."""
        found = self.schemas.codelists.get(codelist or "")
        return list(found.by_code) if found is not None else None

    def unit(self, at: Location, unit: str | None) -> Iterator[Wrong]:
        codes = self.codes(UNITS)
        if codes is not None and unit is not None:
            yield from unknown(at, unit, codes, f"a unit of codelists/{UNITS}.yaml")


def check_expression(
    names: Names, instrument: Instrument, at: Location, expression: Expression, kinds: Mapping[str, Kind],
    expected: Collection[Kind],
) -> Iterator[Wrong]:  # fmt: skip
    for name in expression.names:
        yield from _name(names, instrument, at, name, kinds)
    yield from _codes_named(names, instrument, at, expression)
    if any(name not in kinds for name in expression.names):
        return
    try:
        kind = kind_of(expression, kinds)
    except ValueError as error:
        yield Wrong(at, expression.text, str(error))
        return
    told = Said(f"{expression.text!r}, which is {IN_WORDS[kind]}")
    if kind not in expected:
        yield Wrong(at, told, " or ".join(IN_WORDS[kind] for kind in expected))
    elif kind == "truth" and at == ("value",) and not expression.is_predicate:
        yield Wrong(at, told, f"a comparison, such as `{expression.text} = true`, whose mean is a share")


def _codes_named(names: Names, instrument: Instrument, at: Location, expression: Expression) -> Iterator[Wrong]:
    """Codes that an expression compares a field with, or looks for in its answers."""
    for name, texts in expression.literals_by_name.items():
        item = instrument.by_name.get(name)
        codes = names.codes(item.codes) if item is not None else None
        if item is not None and codes is not None:
            for text in texts:
                for code in text.split(" ") if item.type == "categories" else [text]:
                    yield from unknown(at, code, codes, f"a code of {item.codes}")
    for name, included in expression.included_by_name.items():
        item = instrument.by_name.get(name)
        if item is not None and item.type != "categories":
            read = Said(f"`includes` of {name}, which is of type {item.type}")
            yield Wrong(at, read, "a field of type categories in it, or a comparison such as `=`")
        elif item is not None:
            codes = names.codes(item.codes)
            for code in included if codes is not None else ():
                yield from unknown(at, code, codes or (), f"a code of {item.codes}")


def _name(names: Names, instrument: Instrument, at: Location, name: str, kinds: Mapping[str, Kind]) -> Iterator[Wrong]:
    """A name that is no field and no score; a score whose items are not all asked is told as such."""
    if name in kinds:
        return
    score = next((s for scale in names.schemas.scales.values() for s in scale.scores if s.name == name), None)
    if score is not None:
        yield _incomplete(instrument, at, score)
    elif names.scores_known:
        known = "a field or a score" if set(kinds) - set(instrument.by_name) else "a field"
        yield from unknown(at, name, kinds, f"{known} of {instrument}")


def _incomplete(instrument: Instrument, at: Location, score: Score) -> Wrong:
    held = {item.scale_item for item in instrument.fields if item.scale}
    missing = [name for name in score.items if name not in held]
    if missing:
        return Wrong(at, score.name, f"a score whose items {instrument} asks; it lacks {', '.join(missing)}")
    return Wrong(at, score.name, "fields alone here: scores are computed after the file is checked")
