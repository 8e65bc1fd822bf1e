"""From an instrument and its indicators to the SQL that sums their records by cell: one reading of the records.

Declarations come in; the text of selects goes out. A cell is the records of a source alike in wave, stratum, named PSU
and every breakdown; `methods.cells` tells what it is for. Nothing is executed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from impact_pipeline.declarations import Indicator, Instrument, Schemas
from impact_pipeline.renderings.engine_sql import double, literal
from impact_pipeline.renderings.record_sql import observed, profiles

SUMS = ("w", "ww", "v", "b", "vv", "vb", "bb", "wvv", "wvb", "wbb", "largest", "gross")
WHOLE = "decimal(16, 0)"
WIDE = "decimal(38, 0)"


@dataclass(frozen=True, slots=True)
class Cells:
    """What tells cells of an instrument apart."""

    instrument: Instrument
    names: tuple[str, ...]  # the breakdowns, whose categories stand in place_0, place_1...

    @property
    def columns(self) -> tuple[str, ...]:
        """The key of a cell: what records of a source do not all have in common."""
        told = self.instrument
        given = {
            "wave": told.wave_field, "stratum": told.design.stratum, "psu": told.design.psu, "fpc": told.design.fpc,
            "post": told.weighting,
        }  # fmt: skip
        places = (f"place_{place}" for place in range(len(self.names)))
        return ("source", *(name for name, field in given.items() if field is not None), *places)

    def alike(self, one: str, other: str) -> str:
        """The condition that two tables tell of the same cell."""
        return " and ".join(f"{one}.{column} is not distinct from {other}.{column}" for column in self.columns)


@dataclass(frozen=True, slots=True)
class Summed:
    """An indicator whose observations are summed, in its place among those that are read together.

    `scales` are powers of ten by initiative, of each thing summed, and the `centre` of values (see `quantum`). Where
    every record has an observation (`is_complete`), where values have one sign (`sign`, 0 if not) or every base is 1,
    sums are equal to others, and are not taken twice. Squares are for records that are a stage of the design: the first
    where no field holds the PSU, the second where units of PSUs are counted.
    """

    place: int
    indicator: Indicator
    scales: Mapping[str, Mapping[str, float]]
    is_complete: bool
    sign: int
    needs_squares: bool

    @property
    def values(self) -> list[str]:
        """The value that is summed, and its base."""
        n, centres = self.place, self.scales["centre"]
        centred = f" - {_by_initiative(centres)}" if any(centres.values()) else ""
        return [f"p.value_{n}{centred} as value_{n}", *([f"p.base_{n}"] if self._has_a_base else [])]

    @property
    def terms(self) -> list[str]:
        """What is summed of each record, rounded to whole quanta."""
        n, value, base = self.place, f"p.value_{self.place}", f"p.base_{self.place}"
        products = {"v": f"p.weight * {value}", "wvv": f"p.weight * {value} * {value}"}
        if self._has_a_base:
            products["b"] = f"p.weight * {base}"
            products |= {"wvb": f"p.weight * {value} * {base}", "wbb": f"p.weight * {base} * {base}"}
        rounded = [f"{_quanta(what, self.scales[name])} as {name}_{n}" for name, what in products.items()]
        return rounded if self.is_complete else [f"p.value_{n}", *rounded]

    @property
    def sums(self) -> dict[str, str]:
        """Name of a sum -> the aggregate. What is not here is told by `totals`."""
        v, b = f"p.v_{self.place}", f"p.b_{self.place}" if self._has_a_base else "p.w"
        found = {"v": f"sum({v})", "wvv": f"sum(p.wvv_{self.place})"}
        magnitude = {1: v, 0: f"abs({v})", -1: f"-{v}"}[self.sign]
        found["largest"] = f"max({magnitude})"
        if self.sign == 0:
            found["gross"] = f"sum({magnitude})"
        if not self.is_complete:
            found["n"] = f"count(p.value_{self.place})"
            found |= {
                name: f"sum(case when p.value_{self.place} is not null then p.{name} end)" for name in ("w", "ww")
            }
        if self._has_a_base:
            found |= {name: f"sum(p.{name}_{self.place})" for name in ("b", "wvb", "wbb")}
        if self.needs_squares:
            found["vv"] = f"sum(cast({v} as {WIDE}) * {v})"
            if self.indicator.estimator != "total":
                found["vb"] = f"sum(cast({v} as {WIDE}) * {b})"
                bases = b if self.is_complete or self._has_a_base else f"case when {v} is not null then {b} end"
                found["bb"] = f"sum(cast({bases} as {WIDE}) * {bases})"
        return found

    @property
    def totals(self) -> dict[str, str]:
        """Name of each sum -> what it is in the table `t` of the sums of cells."""
        found = {name: f"t.{name}_{self.place}" for name in self.sums}
        if self.is_complete:
            found |= {"n": "t.records", "w": "t.w", "ww": "t.ww"}
        found.setdefault("gross", f"{'-' if self.sign < 0 else ''}{found['v']}")
        nothing = f"cast({'0' if self.needs_squares else 'null'} as {WIDE})"
        if self.indicator.estimator == "total":
            based = dict.fromkeys(("b", "wvb", "wbb"), f"cast(0 as {WIDE})")
        else:
            based = {"b": found["w"], "wvb": found["v"], "wbb": found["w"]}
        return based | dict.fromkeys(("vv", "vb", "bb"), nothing) | found

    @property
    def _has_a_base(self) -> bool:
        return self.indicator.base is not None


def reach(cells: Cells, indicators: Sequence[Indicator], schemas: Schemas) -> str:
    """Of each initiative, records and their largest weight, and how many observe each indicator within what bounds:
    n_0, lowest_0, highest_0 and base_0 of the first, and so on."""
    told = "".join(
        f""",
    count(p.value_{n}) as n_{n}, min(p.value_{n}) as lowest_{n}, max(p.value_{n}) as highest_{n},
    {f"max(abs(p.base_{n}))" if indicator.base is not None else "cast(null as double)"} as base_{n}"""
        for n, indicator in enumerate(indicators)
    )
    return f"""select p.initiative, count(*) as records, max(p.weight) as weight{told}
from ({observed(cells.instrument, cells.names, indicators, schemas)}) p
group by p.initiative"""


def sums(cells: Cells, told: Sequence[Summed], schemas: Schemas) -> str:
    """All records of each cell, and what indicators observe on them, summed.

    Every term is rounded once to a whole number of quanta (1e-15 of the largest) and summed exactly, so that the result
    is the same to the last bit whatever the order of rows, the number of threads or the engine.

    - w, ww: sums of the weight and of its square;
    - v, b: weighted value (less centre x base) and weighted base; vv, vb, bb: their squares and product, where asked;
    - wvv, wvb, wbb: weighted squares and product of value and base, the spread in the population;
    - largest, gross: the largest weighted value and the sum of their magnitudes.
    """
    key = ", ".join(f"p.{column}" for column in cells.columns)
    complete = [item.indicator.indicator for item in told if item.is_complete]
    terms = [part for item in told for part in item.terms]
    summed = {f"{name}_{item.place}": part for item in told for name, part in item.sums.items()}
    if told:
        weights = {"w": "p.weight", "ww": "p.weight * p.weight"}
        scales = {
            name: {place: power for item in told for place, power in item.scales[name].items()} for name in weights
        }
        terms = [f"{_quanta(what, scales[name])} as {name}" for name, what in weights.items()] + terms
    if complete:
        summed = {"w": "sum(p.w)", "ww": "sum(p.ww)"} | summed
    observations = observed(cells.instrument, cells.names, [item.indicator for item in told], schemas, complete)
    return f"""with observed as (
    {_list(key, "p.initiative", "p.weight", *(part for item in told for part in item.values))}
    from ({observations}) p
),
quanta as (
    {_list(key, *terms)}
    from observed p
)
{_list(key, "count(*) as records", *(f"{part} as {name}" for name, part in summed.items()))}
from quanta p
group by {key}"""


def _list(*columns: str) -> str:
    return "select " + ",\n    ".join(columns)


def _quanta(term: str, scale: Mapping[str, float]) -> str:
    return f"cast(round({term} * {_by_initiative(scale)}) as {WHOLE})"


def _by_initiative(numbers: Mapping[str, float]) -> str:
    """A number that depends on the initiative, unless it is the same in all."""
    if len({*numbers.values()}) == 1:
        return double(next(iter(numbers.values())))
    whens = "".join(f" when {literal(name)} then {double(number)}" for name, number in sorted(numbers.items()))
    return f"case p.initiative{whens} end" if whens else "cast(null as double)"


def totals(told: Summed, table: str) -> str:
    """The sums of one indicator, one row a cell that it observes something in."""
    found = told.totals
    columns = ", ".join(f"{found[name]} as {name}" for name in SUMS)
    return f"""select {literal(told.indicator.indicator)} as indicator, t.cell, {found["n"]} as n, {columns}
from {table} t
where {found["n"]} > 0"""


def cells(told: Cells, table: str) -> str:
    """What records of each cell have in common, and how many they are; `table` holds the cells."""
    common = {
        "wave": "s.period", "stratum": "''", "psu": "cast(null as varchar)", "fpc": "cast(null as double)"
    } | {name: f"c.{name}" for name in told.columns}  # fmt: skip
    return f"""select c.cell, {literal(told.instrument.instrument)} as instrument, s.submission, s.initiative,
    {common["wave"]} as wave, {common["stratum"]} as stratum, {common["psu"]} as psu, {common["fpc"]} as fpc, c.records
from {table} c
join source s on s.source = c.source"""


def sampled(cells: Cells, table: str) -> str:
    """The cell and weight of each record that has a design; `table` holds the cells."""
    return f"""select p.record, c.cell, p.weight
from ({profiles(cells.instrument, cells.names)}) p
join {table} c on {cells.alike("c", "p")}"""
