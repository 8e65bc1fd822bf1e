"""A multidimensional count of deprivations (Alkire & Foster 2011, doi:10.1016/j.jpubeco.2010.11.006), as indicators.

Who is deprived in what is declared; the indicators that follow from it go out, and are estimated, broken down and
protected like those that a file declares. Weights are fractions and are turned into whole numbers here, so that a
person whose count is exactly at the cut-off is never lost to a rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema, model_validator

from impact_pipeline.declarations.common import Declaration, Reference, Slug, Text, Wrong, refuse, repeated
from impact_pipeline.declarations.expressions import Expression, SqlExpression
from impact_pipeline.declarations.indicator import Frameworks, Indicator

FractionText = Annotated[
    str,
    Field(pattern=r"^\d+(/[1-9]\d*|\.\d+)?$", coerce_numbers_to_str=True, description="a share such as 1/3 or 0.4"),
    WithJsonSchema({"type": ["string", "number"], "description": "a share such as 1/3 or 0.4"}),
]


class DeprivationItem(Declaration):
    """One thing that a person may be deprived of; who has not answered it does not count anywhere."""

    name: Slug
    label: Text
    deprived: SqlExpression = Field(description="true for who is deprived")
    weight: FractionText = Field("1", description="beside the other items of its domain")


class DeprivationDomain(Declaration):
    """Items of one kind; domains share the weight equally unless they say otherwise."""

    name: Slug
    label: Text
    weight: FractionText = "1"
    items: tuple[DeprivationItem, ...] = Field(min_length=1)


class Deprivation(Declaration):
    """Who is deprived of how much, from the records of an instrument.

    c = sum of the weights (which add up to 1) of what a person is deprived of; poor where c >= cutoff. Indicators that
    follow: `NAME-headcount` (H, the share of the poor), `NAME-adjusted-headcount` (M0, the mean of c over all, that of
    the others counted as 0), `NAME-intensity` (A = M0/H), for each item `NAME-ITEM` (share of all who are poor and
    deprived of it) and `NAME-ITEM-contribution` (its part of M0), and `NAME-headcount-K` for each other cut-off K.
    """

    deprivation: Slug
    instrument: Slug
    initiatives: tuple[Slug, ...] | None = None
    domains: tuple[DeprivationDomain, ...] = Field(min_length=2)
    cutoff: FractionText = Field("1/3", description="share of all weight from which a person is poor")
    other_cutoffs: tuple[FractionText, ...] = Field((), description="to show whether the cut-off makes the answer")
    among: SqlExpression | None = None
    by: tuple[str, ...] = ()
    unit: str = Field(description="of the intensity and the adjusted headcount, numbers between 0 and 1")
    theme: Slug
    frameworks: Frameworks
    label: Text
    description: Text | None = None
    reference: Reference | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Deprivation:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        named: list[tuple[tuple[int | str, ...], str]] = []
        for d, domain in enumerate(self.domains):
            named.append((("domains", d, "name"), domain.name))
            named += [(("domains", d, "items", i, "name"), item.name) for i, item in enumerate(domain.items)]
            if Fraction(domain.weight) == 0:
                yield Wrong(("domains", d, "weight"), domain.weight, "a weight above 0")
            for i, item in enumerate(domain.items):
                if Fraction(item.weight) == 0:
                    yield Wrong(("domains", d, "items", i, "weight"), item.weight, "a weight above 0")
                if not item.deprived.is_predicate:
                    expected = "a comparison that is true for who is deprived, such as `meals < 2`"
                    yield Wrong(("domains", d, "items", i, "deprived"), item.deprived.text, expected)
        yield from repeated(named, "a name that no other domain or item has")
        cutoffs = [(("cutoff",), self.cutoff), *((("other_cutoffs", n), k) for n, k in enumerate(self.other_cutoffs))]
        for at, cutoff in cutoffs:
            if not 0 < Fraction(cutoff) <= 1:
                yield Wrong(at, cutoff, "a share above 0 and up to 1, such as 1/3")

    @cached_property
    def weights(self) -> dict[str, Fraction]:
        """Weight of each item, by name; they add up to 1."""
        domains = sum(Fraction(domain.weight) for domain in self.domains)
        return {
            item.name: Fraction(domain.weight) / domains * Fraction(item.weight) / sum(
                Fraction(other.weight) for other in domain.items
            )
            for domain in self.domains
            for item in domain.items
        }  # fmt: skip

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators that follow; their expressions are read once, for every figure of a release asks for them."""
        whole = math.lcm(*(weight.denominator for weight in self.weights.values()))
        items = [item for domain in self.domains for item in domain.items]
        parts = [int(self.weights[item.name] * whole) for item in items]
        count = " + ".join(
            f"case when ({item.deprived.text}) then {part} when not ({item.deprived.text}) then 0 end"
            for item, part in zip(items, parts, strict=True)
        )

        def poor(cutoff: str) -> str:
            return f"({count}) >= {math.ceil(Fraction(cutoff) * whole)}"

        censored = f"case when {poor(self.cutoff)} then ({count}) / {whole}.0 when not ({poor(self.cutoff)}) then 0 end"
        name = self.deprivation
        found = [
            self._indicator(f"{name}-headcount", _said(self.label, HEADCOUNT), value=poor(self.cutoff), decimals=1),
            self._indicator(f"{name}-adjusted-headcount", _said(self.label, ADJUSTED), value=censored),
            self._indicator(
                f"{name}-intensity", _said(self.label, INTENSITY), estimator="ratio", value=censored,
                base=f"case when {poor(self.cutoff)} then 1 when not ({poor(self.cutoff)}) then 0 end",
            ),
        ]  # fmt: skip
        for cutoff in self.other_cutoffs:
            told = Text(fr=HEADCOUNT_AT.fr.format(cutoff), en=HEADCOUNT_AT.en.format(cutoff))
            suffix = cutoff.replace("/", "-").replace(".", "-")
            found.append(
                self._indicator(f"{name}-headcount-{suffix}", _said(self.label, told), value=poor(cutoff), decimals=1)
            )
        for item, part in zip(items, parts, strict=True):
            both = f"({poor(self.cutoff)}) and ({item.deprived.text})"
            answered = f"({count}) is not null"  # an item alone could be false where the count is unknown
            among = f"({self.among.text}) and {answered}" if self.among else answered
            label = _said(item.label, AND_POOR)
            found.append(self._indicator(f"{name}-{item.name}", label, value=both, among=among, decimals=1))
            share = f"case when {both} then {part} / {whole}.0 when not ({both}) then 0 end"
            found.append(
                self._indicator(
                    f"{name}-{item.name}-contribution", _said(item.label, CONTRIBUTION), estimator="ratio",
                    value=share, base=censored,
                )
            )  # fmt: skip
        return tuple(found)

    def _indicator(self, name: str, label: Text, *, value: str, **more: Any) -> Indicator:
        told: dict[str, Any] = {
            "indicator": name, "instrument": self.instrument, "initiatives": self.initiatives, "estimator": "mean",
            "value": value, "among": self.among.text if self.among else None, "by": self.by,
            "unit": self.unit, "decimals": 3, "polarity": "lower-is-better", "theme": self.theme,
            "frameworks": self.frameworks.model_dump(), "label": label.model_dump(),
            "description": self.description.model_dump() if self.description else None,
            "reference": self.reference.model_dump() if self.reference else None,
        }  # fmt: skip
        return Indicator.model_validate(told | more)


HEADCOUNT = Text(fr="part des personnes concernées (H)", en="share of people concerned (H)")
HEADCOUNT_AT = Text(fr="part des personnes concernées, seuil {}", en="share of people concerned, cut-off {}")
ADJUSTED = Text(fr="part ajustée de l'intensité (M0)", en="share adjusted for intensity (M0)")
INTENSITY = Text(fr="intensité chez les personnes concernées (A)", en="intensity among people concerned (A)")
AND_POOR = Text(fr="personnes concernées et privées de cela", en="people concerned and deprived of this")
CONTRIBUTION = Text(fr="part dans M0", en="part of M0")


def _said(label: Text, what: Text) -> Text:
    return Text(fr=f"{label.fr}\u00a0: {what.fr}", en=f"{label.en}: {what.en}")


def checked_expressions(deprivation: Deprivation) -> Iterator[tuple[tuple[int | str, ...], Expression]]:
    """Every expression with its place, to check the names in it."""
    if deprivation.among is not None:
        yield ("among",), deprivation.among
    for d, domain in enumerate(deprivation.domains):
        for i, item in enumerate(domain.items):
            yield ("domains", d, "items", i, "deprived"), item.deprived
