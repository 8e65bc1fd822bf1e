"""The rows that a study leaves: effects, the rules of their evidence, balance, attrition and moderators.

Each class is a curated table of the release; `release/declared/` says what its columns mean, and a test holds them
equal. Figures are in the outcome's unit unless their name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

STATUS_REFUSED, STATUS_PUBLISHED = "refused", "published"
ARROW: Mapping[str, pa.DataType] = {
    "str": pa.string(), "str | None": pa.string(), "int": pa.int64(), "int | None": pa.int64(),
    "float | None": pa.float64(), "bool": pa.bool_(), "bool | None": pa.bool_(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What one estimator tells of one outcome at one wave; `is_main` marks the declared answer, which is graded."""

    study: str
    outcome: str
    wave: str
    estimator: str
    is_main: bool
    initiative: str
    design: str
    role: str
    family: str
    polarity: str
    label_fr: str
    label_en: str
    unit: str | None
    estimand: str | None = None
    n_treated: int | None = None
    n_control: int | None = None
    clusters_treated: int | None = None
    clusters_control: int | None = None
    effect: float | None = None
    se: float | None = None
    se_rule: str | None = None
    df: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    g: float | None = None
    g_se: float | None = None
    g_low: float | None = None
    g_high: float | None = None
    mde: float | None = None
    randomisation_p: float | None = None
    randomisation_draws: int | None = None
    e_value: float | None = None
    e_value_limit: float | None = None
    robustness_value: float | None = None
    oster_delta: float | None = None
    rosenbaum_gamma: float | None = None
    evidence_ceiling: int | None = None
    evidence_level: int | None = None
    nesta_level: int | None = None
    certainty: str | None = None
    labels: str | None = None
    declared: str | None = None
    cautions: str | None = None
    status: str = STATUS_PUBLISHED
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One rule as it was looked at for the answer of an outcome; `fired` is missing where it cannot be told."""

    study: str
    outcome: str
    wave: str
    position: int
    rule: str
    fired: bool | None
    figure: float | None
    threshold: float | None
    change: str
    sentence_fr: str
    sentence_en: str


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """How alike the arms analysed for an outcome were before treatment, in one variable, before or after adjustment."""

    study: str
    outcome: str
    wave: str
    variable: str
    adjusted: bool
    n_treated: int | None
    n_control: int | None
    mean_treated: float | None
    mean_control: float | None
    sd_treated: float | None
    sd_control: float | None
    smd: float | None
    normalised_difference: float | None
    variance_ratio: float | None
    ks: float | None
    status: str = STATUS_PUBLISHED
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AttritionRow:
    """What became of the units of an arm (or of `all`), each counted once under the first reason that holds."""

    study: str
    outcome: str
    wave: str
    arm: str
    seen: int | None
    assigned: int | None
    analysed: int | None
    joined_late: int | None
    no_follow_up: int | None
    no_outcome: int | None
    no_baseline: int | None
    no_covariate: int | None
    no_design: int | None
    rate: float | None
    differential: float | None = None
    allowed: float | None = None
    lee_low: float | None = None
    lee_high: float | None = None
    lee_interval_low: float | None = None
    lee_interval_high: float | None = None
    status: str = STATUS_PUBLISHED
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModeratorRow:
    """How the effect differs by something declared: at a `level`, or the `interaction` (the difference by level, or by
    one more of a number)."""

    study: str
    outcome: str
    wave: str
    moderator: str
    kind: str
    level: str
    label_fr: str
    label_en: str
    n_treated: int | None
    n_control: int | None
    effect: float | None
    se: float | None
    df: float | None
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    expected: str
    as_expected: bool | None
    status: str = STATUS_PUBLISHED
    reason: str | None = None


TABLES: Mapping[str, type[Any]] = {
    "effect": EffectRow,
    "evidence": EvidenceRow,
    "balance": BalanceRow,
    "attrition": AttritionRow,
    "moderator": ModeratorRow,
}


def schema_of(row: type[Any]) -> pa.Schema:
    """The Arrow schema of a kind of row."""
    return pa.schema([(field.name, ARROW[str(field.type)]) for field in fields(row)])


def table_of(name: str, rows: Sequence[Any], digits: int) -> pa.Table:
    """Rows as a table, figures rounded to significant digits; a figure that is not finite is missing."""
    schema = schema_of(TABLES[name])
    columns = {
        field.name: [_rounded(getattr(row, field.name), digits) for row in rows] for field in fields(TABLES[name])
    }
    return pa.table(columns, schema=schema)


def _rounded(value: Any, digits: int) -> Any:
    if not isinstance(value, float):
        return value
    return float(f"{value:.{digits}g}") + 0.0 if abs(value) < float("inf") else None
