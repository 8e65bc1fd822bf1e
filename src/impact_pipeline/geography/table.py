"""What the shipped tables say of a code, a name or a postcode. Read once, when first asked.

Codes, names and years come in; frozen `Commune` and `Standing` go out. A name is compared without case, accents,
hyphens, leading article or the abbreviations of `Saint`; nothing here decides between homonyms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from rapidfuzz import fuzz, process

from impact_pipeline.names import plain

LEVELS = ("departement", "region", "epci", "population")  # what communes can be grouped by
BANDS = {500: "under-500", 2_000: "500-1999", 3_500: "2000-3499", 10_000: "3500-9999", 50_000: "10000-49999"}
LARGEST = "50000-or-more"  # inhabitants, beyond all bands
NEAR = 80  # of 100, RapidFuzz's ratio; short names all look alike below it
LIKELY = 20  # names compared further
AS_NEAR = 3  # points under the best within which another name is as likely meant
ARTICLE = re.compile(r"(?:l|le|la|les) (?=.)")
SHORT = (
    (re.compile(r"\bst\b"), "saint"),
    (re.compile(r"\bste\b"), "sainte"),
    (re.compile(r"\bs (?=[a-z]{2})"), "sur "),  # `s/` as `plain` leaves it
)

Kind = Literal["commune", "arrondissement", "déléguée", "associée", "former"]


@dataclass(frozen=True, slots=True)
class Commune:
    """A place that a code means, or meant. `current` is the commune that it is today, or is part of.

    `name` is empty for a code that went before the first list; `density` is the class of INSEE's grid, None where the
    grid was not given; `population` is None where nobody is counted.
    """

    code: str
    name: str
    kind: Kind
    current: str
    departement: str
    region: str
    epci: str | None
    population: int | None
    density: str | None
    postcodes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})" if self.name else self.code


@dataclass(frozen=True, slots=True)
class Standing:
    """What a code was in a year: a commune of its own (`into` is itself), or part of `into` since `since`.

    `since` is None where it was so before the first list.
    """

    code: str
    into: str
    since: int | None = None

    @property
    def is_commune(self) -> bool:
        return self.into == self.code


def commune(code: str) -> Commune | None:
    """The place of a code, a commune before anything else; None for a code that means nothing."""
    row = _codes().get(code)
    return None if row is None else _commune(row)


def kind_of(code: str) -> Kind | None:
    """What a code means before anything else; None for nothing."""
    row = _codes().get(code)
    return None if row is None else _values("kind")[row]


def is_postcode(code: str) -> bool:
    """Whether a postcode serves a commune of today."""
    return code in _postcodes()


def standing(code: str, year: int | None = None) -> Standing | None:
    """What became of a code by the first of January of `year`, today unless given; None for an unknown code.

    An arrondissement is part of its commune.
    """
    row = _codes().get(code)
    if row is None:
        return None
    runs = _changes().get(code)
    if runs is None:
        return Standing(code, _values("current")[row])
    told = [run for run in runs if run.since is None or year is None or run.since <= year]
    return told[-1] if told else runs[0]


def with_postcode(postcode: str) -> tuple[Commune, ...]:
    """The communes of today that a postcode serves, in the order of their codes."""
    return tuple(_commune(row) for row in _postcodes().get(postcode, ()))


def named(name: str, *, departement: str = "", postcode: str = "") -> tuple[Commune, ...]:
    """The places that bear a name, in a département or under a postcode where given, in the order of their codes.

    Communes of today where there are any, else those that are part of another one.
    """
    rows = _names().get(key(name), ())
    found = [_commune(row) for row in rows]
    found = [place for place in found if not departement or place.departement == departement]
    if postcode:
        served = {place.current for place in with_postcode(postcode)}
        found = [place for place in found if place.current in served]
    today = tuple(place for place in found if place.kind == "commune")
    return today or _one_a_commune(found)


def nearest_communes(name: str, *, departement: str = "", limit: int = 3) -> tuple[Commune, ...]:
    """The communes of today whose names look most like this one, the likeliest first; none where none is near."""
    rows = [row for row, kind in enumerate(_values("kind")) if kind == "commune"]
    if departement:
        rows = [row for row in rows if _values("departement")[row] == departement]
    keys = _keys()
    known = {row: keys[row] for row in rows}
    found = process.extract(key(name), known, scorer=fuzz.ratio, score_cutoff=NEAR, limit=LIKELY)
    likely = sorted((-score, row) for _, score, row in found if score >= found[0][1] - AS_NEAR)
    return tuple(_commune(row) for _, row in likely[:limit])


def area_name(level: str, code: str) -> str:
    """The name of a département, a région or an EPCI; the code itself for what bears none."""
    return _areas().get((level, code), code)


def area_codes(level: str) -> tuple[str, ...]:
    """The groups of a level, in order."""
    if level == "population":
        return (*BANDS.values(), LARGEST)
    return tuple(code for of, code in _areas() if of == level)


def groups() -> pa.Table:
    """Every code that means a place, once, with its group at each of LEVELS, as texts; null where it has none."""
    codes = _codes()
    rows = pa.array(codes.values())
    of = _table().take(rows)
    inhabitants = dict(zip(codes, of["population"].to_pylist(), strict=True))
    bands = [_band(inhabitants.get(code)) for code in of["current"].to_pylist()]
    areas = {level: of[level].cast(pa.string()) for level in LEVELS if level != "population"}
    return pa.table({"code": list(codes), **areas, "population": pa.array(bands, pa.string())})


def current() -> pa.Table:
    """The communes of today where somebody is counted, by code: code, name, departement, region, epci (null where it
    has none), density (null where the grid was not given), population, and the same of the whole EPCI:
    epci_population, epci_communes (of the commune alone where it has none)."""
    told = _table().filter(compute.equal(_table()["kind"], "commune")).sort_by("code")
    told = told.filter(compute.greater(told["population"], 0))
    columns = ("code", "name", "departement", "region", "epci", "density", "population")
    members: dict[str, list[int]] = {}
    for epci, code, people in zip(*(told[name].to_pylist() for name in ("epci", "code", "population")), strict=True):
        members.setdefault(epci or code, []).append(people)
    of = [members[epci or code] for epci, code in zip(told["epci"].to_pylist(), told["code"].to_pylist(), strict=True)]
    whole = {"epci_population": pa.array(map(sum, of), pa.int64()), "epci_communes": pa.array(map(len, of), pa.int64())}
    return pa.table({**{name: told[name] for name in columns}, **whole})


def departement_of(text: str) -> str:
    """The code of a département written as its number or its name; empty for what is none."""
    code = text.strip().upper()
    code = f"0{code}" if re.fullmatch(r"[1-9]", code) else code
    if ("departement", code) in _areas():
        return code
    names = {key(name): code for (level, code), name in _areas().items() if level == "departement"}
    return names.get(key(text), "")


def key(name: str) -> str:
    """How a commune's name is compared: `St-Étienne s/ Usson` and `SAINT ETIENNE SUR USSON` are one.

    >>> key("Le Puy-en-Velay"), key("St-Étienne s/ Usson")
    ('puy en velay', 'saint etienne sur usson')
    """
    text = plain(name)
    for pattern, whole in SHORT:
        text = pattern.sub(whole, text)
    return ARTICLE.sub("", text, count=1) if ARTICLE.match(text) else text


def origin() -> str:
    """Where the tables come from, in YAML: package and versions, date, licence, sums of the inputs, traps."""
    return (files("impact_pipeline.geography") / "origin.yaml").read_text(encoding="utf-8")


def table(name: str) -> pa.Table:
    """One of the shipped tables, `communes`, `changes` or `areas`, as `building` declares them."""
    with (files("impact_pipeline.geography") / f"{name}.parquet").open("rb") as stream:
        return parquet.read_table(stream)


def _band(inhabitants: int | None) -> str | None:
    if inhabitants is None:
        return None
    return next((band for limit, band in BANDS.items() if inhabitants < limit), LARGEST)


def _one_a_commune(places: Iterable[Commune]) -> tuple[Commune, ...]:
    """A place that is both associée and former once; two places of one commune too."""
    return tuple({place.current: place for place in reversed(list(places))}.values())[::-1]


def _commune(row: int) -> Commune:
    told = {name: _values(name)[row] for name in Commune.__slots__ if name != "postcodes"}
    postcodes = tuple(_table()["postcodes"][row].as_py())
    return Commune(**{**told, "name": told["name"] or "", "postcodes": postcodes})


@cache
def _table() -> pa.Table:
    return table("communes").combine_chunks()


@cache
def _values(name: str) -> list[Any]:
    """A column as Python values: far quicker to look up than a cell of Arrow."""
    return list(_table()[name].to_pylist())


@cache
def _codes() -> dict[str, int]:
    """Code -> the row that it means first: rows of a code stand with the commune on top."""
    return {code: row for row, code in reversed(list(enumerate(_values("code"))))}


@cache
def _changes() -> dict[str, list[Standing]]:
    found: dict[str, list[Standing]] = {}
    for row in table("changes").to_pylist():
        found.setdefault(row["code"], []).append(Standing(row["code"], row["into"], row["since"]))
    return found


@cache
def _postcodes() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    kinds, served = _values("kind"), _table()["postcodes"].combine_chunks()
    rows = compute.list_parent_indices(served).to_pylist()
    for row, postcode in zip(rows, compute.list_flatten(served).to_pylist(), strict=True):
        if kinds[row] == "commune":
            found.setdefault(postcode, []).append(row)
    return found


@cache
def _keys() -> list[str]:
    return [key(name or "") for name in _values("name")]


@cache
def _names() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, name in enumerate(_keys()):
        if name:
            found.setdefault(name, []).append(row)
    return found


@cache
def _areas() -> dict[tuple[str, str], str]:
    return {(row["level"], row["code"]): row["name"] for row in table("areas").to_pylist()}
