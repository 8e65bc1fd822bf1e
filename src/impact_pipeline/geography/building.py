"""From the yearly lists of communes, as `@etalab/decoupage-administratif` publishes them, to the three tables we ship.

The parsed JSON of each year comes in, pyarrow tables go out: `communes` (every code that means a place), `changes`
(what became of codes over the years), `areas` (départements, régions and EPCI). Opens no file;
`scripts/build_geography.py` fetches the packages and writes the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

COMMUNES = pa.schema(
    [
        ("code", pa.string()),
        ("name", pa.string()),  # null for a code that went before the first list
        ("kind", pa.dictionary(pa.int8(), pa.string())),
        ("current", pa.string()),  # the commune that it is, or is now part of
        ("departement", pa.dictionary(pa.int16(), pa.string())),
        ("region", pa.dictionary(pa.int16(), pa.string())),
        ("epci", pa.dictionary(pa.int16(), pa.string())),
        ("population", pa.int32()),
        ("density", pa.dictionary(pa.int8(), pa.string())),
        ("postcodes", pa.list_(pa.string())),
    ]
)
CHANGES = pa.schema([("code", pa.string()), ("since", pa.int16()), ("into", pa.string())])
AREAS = pa.schema([("level", pa.string()), ("code", pa.string()), ("name", pa.string())])
KINDS: Mapping[str, str] = {  # the package's words -> ours, in the order in which one code means several
    "commune-actuelle": "commune",
    "arrondissement-municipal": "arrondissement",
    "commune-deleguee": "déléguée",
    "commune-associee": "associée",
}
FORMER = "former"  # a code that is no place of the newest list
ORDER = (*KINDS.values(), FORMER)

Places = list[dict[str, Any]]  # communes.json


def communes(
    lists: Mapping[int, Places], epci: Iterable[Mapping[str, Any]], density: Mapping[str, str] | None = None
) -> pa.Table:
    """Every code of the newest list and every former one, sorted by code; one row a kind where a code means several.

    `lists` are the years' communes.json. `density` is the class by code of INSEE's grid, where it was given.
    """
    newest = lists[max(lists)]
    member_of = {member["code"]: group["code"] for group in epci for member in group["membres"]}
    current = {place["code"]: place for place in newest if KINDS[place["type"]] == "commune"}
    rows = [_row(place, current, member_of, density or {}) for place in newest]
    known = {row["code"] for row in rows}
    names = {place["code"]: place["nom"] for year in sorted(lists) for place in lists[year]}
    for code, into in standing_in(newest).items():
        if code not in known:
            former = {"code": code, "nom": names.get(code), "commune": into}
            rows.append(_row(former, current, member_of, density or {}))
    rows.sort(key=lambda row: (row["code"], ORDER.index(row["kind"]), row["name"] or ""))
    return pa.Table.from_pylist(rows, schema=COMMUNES)


def _row(
    place: Mapping[str, Any],
    current: Mapping[str, Mapping[str, Any]],
    member_of: Mapping[str, str],
    density: Mapping[str, str],
) -> dict[str, Any]:
    kind = KINDS[place["type"]] if "type" in place else FORMER
    whole = current[place["code"] if kind == "commune" else place.get("commune") or place["chefLieu"]]
    is_place = kind in ("commune", "arrondissement")
    return {
        "code": place["code"],
        "name": place["nom"],
        "kind": kind,
        "current": whole["code"],
        "departement": whole["departement"],
        "region": whole["region"],
        "epci": member_of.get(whole["code"]),
        "population": place.get("population") if is_place else None,
        "density": density.get(whole["code"]),
        "postcodes": sorted(place.get("codesPostaux", [])) if is_place else [],
    }


def standing_in(places: Places) -> dict[str, str]:
    """Code -> the commune that it is part of in one year's list: itself for a commune, another for a former code."""
    found: dict[str, str] = {}
    communes = [place for place in places if KINDS[place["type"]] == "commune"]
    for place in communes:
        found |= dict.fromkeys(place.get("anciensCodes", []), place["code"])
    return found | {place["code"]: place["code"] for place in communes}


def changes(lists: Mapping[int, Places]) -> pa.Table:
    """For each code that did not always mean itself: since which year it is part of `into`, sorted.

    `since` is null where the first list has it so already. Codes that the newest list does not know are left out: what
    older lists say of them is contradictory (`985xx`, by which Mayotte went once).
    """
    newest = max(lists)
    standings = {year: standing_in(lists[year]) for year in sorted(lists)}
    rows = [row for code in sorted(standings[newest]) for row in _runs(code, standings)]
    return pa.Table.from_pylist(rows, schema=CHANGES)


def _runs(code: str, standings: Mapping[int, Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    told = [(year, standing[code]) for year, standing in standings.items() if code in standing]
    if all(into == code for _, into in told):
        return
    before = None
    for place, (year, into) in enumerate(told):
        if into != before:
            yield {"code": code, "since": year if place else None, "into": into}
        before = into


def areas(departements: Places, regions: Places, epci: Places) -> pa.Table:
    """Names of what communes are part of, sorted by level and code."""
    levels = {"departement": departements, "region": regions, "epci": epci}
    rows = [{"level": level, "code": a["code"], "name": a["nom"]} for level, listed in levels.items() for a in listed]
    rows.sort(key=lambda row: (row["level"], row["code"]))
    return pa.Table.from_pylist(rows, schema=AREAS)
