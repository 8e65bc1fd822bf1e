"""The units of a study as arrays, and what became of each: nobody is left out without a reason that is counted.

An engine holding `record_<instrument>` and `scored` comes in with a study; `Units` go out, sorted by unit, and their
`Flow` from those seen at the start to those analysed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.declarations import Outcome, Schemas, Study
from impact_pipeline.methods.engine import Engine, run
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.renderings.study_sql import unit_columns, unit_waves, units

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Number = TypeVar("Number", bound=np.generic)
ARMS = ("treated", "control", "unknown")
REASONS = ("joined_late", "no_follow_up", "no_outcome", "no_baseline", "no_covariate", "no_design")


@dataclass(frozen=True, slots=True)
class ArmFlow:
    """Units of an arm: `seen` in all, those not analysed by the first reason that holds, those `analysed`."""

    arm: str
    seen: int
    analysed: int
    left_out: Mapping[str, int]

    @property
    def assigned(self) -> int:
        """Units there from the start."""
        return self.seen - self.left_out["joined_late"]

    @property
    def lost(self) -> int:
        """Units without the outcome, of those there from the start."""
        return self.left_out["no_follow_up"] + self.left_out["no_outcome"]


@dataclass(frozen=True)
class Units:
    """n units of a study for one outcome and wave, complete or not.

    outcome, baseline (n,), NaN where missing (baseline None where the outcome has none); treated (n,) 1, 0 or NaN;
    covariates (n, p); clusters, blocks, within (n,) codes from 0 in the order of their labels, -1 where missing;
    weights, running, instrument (n,); moderators by name, numbers or texts (None where missing); seen (n, 2) before and
    after; labels (n, 3) the names of the unit, its cluster and its block, None where there are none.
    """

    outcome: Floats
    baseline: Floats | None
    treated: Floats
    covariates: Floats
    clusters: Integers | None
    blocks: Integers | None
    weights: Floats | None
    running: Floats | None
    instrument: Floats | None
    within: Integers | None
    moderators: Mapping[str, NDArray[Any]]
    seen: Booleans
    labels: NDArray[Any]

    @property
    def n(self) -> int:
        return len(self.outcome)

    @property
    def is_treated(self) -> Booleans:
        return np.asarray(self.treated == 1, dtype=np.bool_)

    def rows(self, kept: Booleans) -> Units:
        """The units where `kept` (n,) is true."""
        return replace(
            self, outcome=self.outcome[kept], baseline=_of(self.baseline, kept), treated=self.treated[kept],
            covariates=self.covariates[kept], clusters=_of(self.clusters, kept), blocks=_of(self.blocks, kept),
            weights=_of(self.weights, kept), running=_of(self.running, kept), instrument=_of(self.instrument, kept),
            within=_of(self.within, kept),
            moderators={name: values[kept] for name, values in self.moderators.items()},
            seen=self.seen[kept], labels=self.labels[kept],
        )  # fmt: skip


@dataclass(frozen=True)
class UnitWaves:
    """Rows of units by wave: outcome (n,), wave and unit codes (n,) in order of the study's waves and of the labels,
    treated (n,), first_treated (n,) wave codes, -1 for never; the rest as `Units`. Complete rows alone; `left_out`
    counts the others."""

    outcome: Floats
    waves: Integers
    units: Integers
    treated: Booleans
    first_treated: Integers | None
    covariates: Floats
    clusters: Integers | None
    blocks: Integers | None
    weights: Floats | None
    left_out: int


def read_units(engine: Engine, study: Study, outcome: Outcome, wave: str, schemas: Schemas) -> Units:
    """Every unit of a study for an outcome at a wave.

    Raises RefusedEffect `unit-twice` where a unit has several rows: their instrument has waves that the study does not
    name.
    """
    rows = sorted(run(engine, units(study, outcome, wave, schemas)), key=lambda row: str(row[0]))
    if len({row[0] for row in rows}) < len(rows):
        raise RefusedEffect("unit-twice", f"{len(rows) - len({row[0] for row in rows})} units have several rows")
    declared = unit_columns(study, schemas)
    columns = _columns(rows, 5 + len(declared))
    named = {column.name: _typed(columns[5 + place], column.type) for place, column in enumerate(declared)}
    return Units(
        outcome=_numbers(columns[3]),
        baseline=None if study.baseline_of(outcome) is None else _numbers(columns[4]),
        treated=named.get("treated", np.ones(len(rows))),
        covariates=_covariates(named, study, outcome, len(rows)),
        clusters=_codes(named.get("cluster")),
        blocks=_codes(named.get("block")),
        weights=named.get("weight"),
        running=named.get("running"),
        instrument=named.get("instrument"),
        within=_codes(named.get("within")),
        moderators={item.name: named[f"m{place}"] for place, item in enumerate(study.moderators)},
        seen=np.column_stack([_numbers(columns[1]), _numbers(columns[2])]) == 1,
        labels=np.column_stack(
            [
                np.array([str(unit) for unit in columns[0]], dtype=object),
                *(named.get(name, np.full(len(rows), None)) for name in ("cluster", "block")),
            ]
        ),
    )


def analysed(study: Study, told: Units) -> tuple[Units, tuple[ArmFlow, ...]]:
    """The complete units, and the flow of each arm: every unit is analysed or has one reason not to be."""
    missing = _reasons(study, told)
    first = np.full(told.n, len(REASONS))
    for place in range(len(REASONS) - 1, -1, -1):
        first[missing[REASONS[place]]] = place
    arms = {"treated": told.treated == 1, "control": told.treated == 0, "unknown": np.isnan(told.treated)}
    whole = first == len(REASONS)
    flow = tuple(
        ArmFlow(
            arm, int(arms[arm].sum()), int((arms[arm] & whole).sum()) if arm != "unknown" else 0,
            {reason: int((arms[arm] & (first == place)).sum()) for place, reason in enumerate(REASONS)},
        )
        for arm in ARMS
    )  # fmt: skip
    return told.rows(whole & ~arms["unknown"]), flow


def read_unit_waves(engine: Engine, study: Study, outcome: Outcome, schemas: Schemas) -> UnitWaves:
    """Complete rows of the study's units at all its waves, by unit then wave."""
    assert study.waves is not None
    place_of = {code: place for place, code in enumerate(study.waves.in_order)}
    rows = run(engine, unit_waves(study, outcome, schemas))
    rows.sort(key=lambda row: (str(row[0]), place_of[row[1]]))
    declared = unit_columns(study, schemas)
    columns = _columns(rows, 3 + len(declared))
    named = {column.name: _typed(columns[3 + place], column.type) for place, column in enumerate(declared)}
    values, treated = _numbers(columns[2]), named.get("treated", np.ones(len(rows)))
    covariates = _covariates(named, study, outcome, len(rows))
    clusters, blocks, weights = _codes(named.get("cluster")), _codes(named.get("block")), named.get("weight")
    whole = np.isfinite(values) & np.isfinite(treated) & np.isfinite(covariates).all(axis=1)
    for codes in (clusters, blocks):
        whole &= True if codes is None else codes >= 0
    whole &= True if weights is None else np.isfinite(weights) & (weights > 0)
    first = named.get("first_treated")
    started = None if first is None else np.array([place_of.get(str(told), -1) for told in first], dtype=np.int64)
    return UnitWaves(
        outcome=values[whole],
        waves=np.array([place_of[told] for told in columns[1]], dtype=np.int64)[whole],
        units=_labels([str(told) for told in columns[0]])[whole],
        treated=treated[whole] == 1,
        first_treated=None if started is None else started[whole],
        covariates=covariates[whole],
        clusters=_of(clusters, whole),
        blocks=_of(blocks, whole),
        weights=_of(weights, whole),
        left_out=int((~whole).sum()),
    )


def _reasons(study: Study, told: Units) -> dict[str, Booleans]:
    """Where each reason not to be analysed holds; a unit may have several."""
    no_design = np.zeros(told.n, dtype=np.bool_)
    for codes in (told.clusters, told.blocks, told.within):
        no_design |= False if codes is None else codes < 0
    for values in (told.running, told.instrument):
        no_design |= False if values is None else ~np.isfinite(values)
    if told.weights is not None:
        no_design |= ~(np.isfinite(told.weights) & (told.weights > 0))
    before = np.zeros(told.n) if told.baseline is None else told.baseline
    return {
        "joined_late": ~told.seen[:, 0],
        "no_follow_up": ~told.seen[:, 1],
        "no_outcome": ~np.isfinite(told.outcome),
        "no_baseline": ~np.isfinite(before),
        "no_covariate": ~np.asarray(np.isfinite(told.covariates).all(axis=1)),
        "no_design": no_design,
    }


def covariates_of(study: Study, outcome: Outcome) -> tuple[str, ...]:
    """The covariates that adjust an outcome: all but the outcome's own baseline, which enters once."""
    baseline = study.baseline_of(outcome)
    return tuple(item.text for item in study.covariates if baseline is None or item.text != baseline.text)


def _covariates(named: Mapping[str, NDArray[Any]], study: Study, outcome: Outcome, n: int) -> Floats:
    kept = covariates_of(study, outcome)
    columns = [named[f"x{place}"] for place, item in enumerate(study.covariates) if item.text in kept]
    return np.column_stack(columns) if columns else np.zeros((n, 0))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _typed(values: Sequence[Any], kind: str) -> NDArray[Any]:
    return _numbers(values) if kind == "number" else np.array(values, dtype=object)


def _numbers(values: Sequence[Any]) -> Floats:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _codes(labels: NDArray[Any] | None) -> Integers | None:
    return None if labels is None else _labels(list(labels))


def _labels(labels: Sequence[str | None]) -> Integers:
    """Codes from 0 in the order of the labels, -1 for a missing one."""
    place_of = {label: place for place, label in enumerate(sorted({told for told in labels if told is not None}))}
    return np.array([-1 if told is None else place_of[told] for told in labels], dtype=np.int64)


def _of(array: NDArray[Number] | None, rows: Booleans) -> NDArray[Number] | None:
    return None if array is None else array[rows]
