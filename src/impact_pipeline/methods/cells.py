"""Records reduced to cells: from the records of a connection to the sums that every estimate comes from.

A cell is the records of a submission alike in wave, stratum, named PSU and every breakdown: sums over cells are all
that estimation needs, and there are far fewer cells than records times breakdowns. Records are read twice, for how far
observations reach and to sum them, for several indicators together: to tell cells apart takes longer than to sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from impact_pipeline.declarations import Indicator, Instrument, Schemas
from impact_pipeline.errors import RefusedEstimate
from impact_pipeline.methods.engine import Engine, fill, run
from impact_pipeline.methods.quantum import Quantum, quantum
from impact_pipeline.methods.tables import view
from impact_pipeline.renderings import cell_sql, record_sql
from impact_pipeline.renderings.cell_sql import Cells, Summed
from impact_pipeline.renderings.engine_sql import literal

ABREAST = 8  # indicators summed in one reading of the records
APART = 2**40  # cells are numbered by instrument, each from its own start
QUANTUM = (
    "quantum(indicator varchar, initiative varchar, centre double, w_scale double, ww_scale double, v_scale double, "
    "b_scale double, wvv_scale double, wvb_scale double, wbb_scale double)"
)
CELL = (
    "cell (cell bigint, instrument varchar, submission varchar, initiative varchar, wave varchar, stratum varchar, "
    "psu varchar, fpc double, records bigint)"
)
CELL_CATEGORY = "cell_category (cell bigint, dimension varchar, category varchar)"
CELL_POST = "cell_post (cell bigint, post bigint)"
WITHOUT_DESIGN = "record_without_design (submission varchar, records bigint)"
SAMPLED = {"record": "bigint", "cell": "bigint", "weight": "double"}
CELL_TOTAL = {
    "indicator": "varchar", "cell": "bigint", "n": "bigint", **dict.fromkeys(cell_sql.SUMS, "decimal(38, 0)"),
}  # fmt: skip
SCALES = {"centre": "centre"} | {name: f"{name}_scale" for name in ("w", "ww", "v", "b", "wvv", "wvb", "wbb")}
Quanta = Mapping[tuple[str, str], Quantum]  # by indicator and initiative


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the observations of an indicator reach in an initiative; the quantum is None where there are none."""

    quantum: Quantum | None
    lowest: float
    highest: float
    is_complete: bool


def sum_cells(connection: Engine, schemas: Schemas, instruments: Sequence[Instrument]) -> Quanta:
    """Create `cell`, `cell_category`, `cell_post`, `record_without_design`, `quantum`, and the views `cell_total`,
    `sampled` and `membership`. Returns the quanta.

    Where samples are weighted to margins (by the table `weighed`), records of a cell are alike in these too:
    `cell_post` (cell, post) tells in which cell of the margins. The numbers of cells mean nothing. Raises
    RefusedEstimate where a value, a base or a weight is infinite.
    """
    run(connection, f"create table {WITHOUT_DESIGN}")
    for table in (CELL, CELL_CATEGORY, CELL_POST):
        run(connection, f"create temp table {table}")
    totals: list[str] = []
    sampled: list[str] = []
    quanta: dict[tuple[str, str], Quantum] = {}
    for place, instrument in enumerate(instruments):
        cells = Cells(instrument, record_sql.dimensions(instrument, schemas))
        first, *others = _abreast([item for item in schemas.indicators_of(instrument) if schemas.initiatives_of(item)])
        table = f"cell_of_{place}"
        number = f"{place * APART} + row_number() over (order by 0) as cell"
        totals += _sum(connection, schemas, cells, first, table, f"select {number}, t.* from", "", quanta)
        of_cell = f" join {table} c on {cells.alike('c', 't')}"
        for n, indicators in enumerate(others):
            name = f"{table}_{n}"
            totals += _sum(connection, schemas, cells, indicators, name, "select c.cell, t.* from", of_cell, quanta)
        sampled.append(cell_sql.sampled(cells, table))
        _tell_cells(connection, cells, table)
        run(connection, f"insert into record_without_design {record_sql.without_design(instrument)}")
    fill(connection, QUANTUM, [(*key, *astuple(found)) for key, found in quanta.items()])
    view(connection, "cell_total", totals, CELL_TOTAL)
    view(connection, "sampled", sampled, SAMPLED)
    run(
        connection,
        """create view membership as
        select c.instrument, c.initiative, s.record, c.wave, k.dimension, k.category
        from sampled s join cell c on c.cell = s.cell join cell_category k on k.cell = s.cell""",
    )
    return quanta


def _abreast(indicators: Sequence[Indicator]) -> list[Sequence[Indicator]]:
    """Indicators by so many; one empty sequence where there are none, for cells are asked for all the same."""
    return [indicators[first : first + ABREAST] for first in range(0, max(len(indicators), 1), ABREAST)]


def _sum(
    connection: Engine, schemas: Schemas, cells: Cells, indicators: Sequence[Indicator], table: str, select: str,
    joined: str, quanta: dict[tuple[str, str], Quantum],
) -> list[str]:  # fmt: skip
    """Create the table of the cells with the sums of some indicators, and add their quanta; returns the selects of
    `cell_total`."""
    summed = []
    for place, (indicator, reaches) in enumerate(_reaches(connection, schemas, cells, indicators)):
        summed.append(_summed(cells.instrument, place, indicator, reaches))
        quanta |= {(indicator.indicator, name): reach.quantum for name, reach in reaches.items() if reach.quantum}
    run(connection, f"create temp table {table} as\n{select} (\n{cell_sql.sums(cells, summed, schemas)}\n) t{joined}")
    return [cell_sql.totals(item, table) for item in summed]


def _reaches(
    connection: Engine, schemas: Schemas, cells: Cells, indicators: Sequence[Indicator]
) -> list[tuple[Indicator, dict[str, Reach]]]:
    """How far each indicator reaches, by initiative."""
    found: list[dict[str, Reach]] = [{} for _ in indicators]
    for initiative, records, weight, *told in run(connection, cell_sql.reach(cells, indicators, schemas)):
        for place, indicator in enumerate(indicators):
            n, lowest, highest, base = told[4 * place : 4 * place + 4]
            if n == 0:
                found[place][initiative] = Reach(None, 0.0, 0.0, False)
                continue
            if base is None:
                base = 0.0 if indicator.estimator == "total" else 1.0
            if not all(map(math.isfinite, (lowest, highest, base, weight))):
                name = f"{indicator.indicator}, {initiative}"
                raise RefusedEstimate(f"{name}: a value, a base or a weight is not a finite number")
            chosen = quantum(indicator.estimator, lowest, highest, base, weight)
            found[place][initiative] = Reach(chosen, lowest - chosen.centre, highest - chosen.centre, n == records)
    return list(zip(indicators, found, strict=True))


def _summed(instrument: Instrument, place: int, indicator: Indicator, reaches: Mapping[str, Reach]) -> Summed:
    told = list(reaches.values())
    sign = 1 if all(reach.lowest >= 0 for reach in told) else -1 if all(reach.highest <= 0 for reach in told) else 0
    scales = {
        name: {initiative: getattr(reach.quantum, field) for initiative, reach in reaches.items() if reach.quantum}
        for name, field in SCALES.items()
    }
    is_complete = all(reach.is_complete for reach in told)
    needs_squares = instrument.design.psu is None or instrument.design.fpc_within is not None
    return Summed(place, indicator, scales, is_complete, sign, needs_squares)


def _tell_cells(connection: Engine, cells: Cells, table: str) -> None:
    """What the records of each cell have in common, and its categories."""
    run(connection, f"insert into cell {cell_sql.cells(cells, table)}")
    if cells.instrument.weighting is not None:
        run(connection, f"insert into cell_post select cell, post from {table} where post is not null")
    run(connection, f"insert into cell_category select cell, 'all', 'all' from {table}")
    for n, dimension in enumerate(cells.names):
        run(connection, f"insert into cell_category select cell, {literal(dimension)}, place_{n} from {table}")
