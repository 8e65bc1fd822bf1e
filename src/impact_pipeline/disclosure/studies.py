"""The gate of studies: what may be told of effects, balance, attrition and moderators, arm by arm.

The tables of `methods.studies` come in, the same go out with figures taken out where they rest on too few. An arm below
the programme's threshold suppresses its row; a moderator with such a group loses all its groups, from which the hidden
one could be had; a characteristic that everyone of an arm shares is told only where its fields are declared safe.
Counts of units that left a study are told as trials tell them, unless an arm is below the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from impact_pipeline.declarations import Expression, Instrument, Schemas

Row = dict[str, Any]
Place = tuple[str, str, str]
SUPPRESSED, SMALL_ARM, ALL_ALIKE = "suppressed", "small-arm", "all-alike"
FIGURES: Mapping[str, tuple[str, ...]] = {
    "effect": (
        "n_treated", "n_control", "clusters_treated", "clusters_control", "effect", "se", "df", "low", "high", "p",
        "p_adjusted", "g", "g_se", "g_low", "g_high", "mde", "randomisation_p", "randomisation_draws",
        "e_value", "e_value_limit", "robustness_value", "oster_delta", "rosenbaum_gamma",
    ),
    "balance": (
        "n_treated", "n_control", "mean_treated", "mean_control", "sd_treated", "sd_control", "smd",
        "normalised_difference", "variance_ratio", "ks",
    ),
    "attrition": (
        "seen", "assigned", "analysed", "joined_late", "no_follow_up", "no_outcome", "no_baseline", "no_covariate",
        "no_design", "rate", "differential", "lee_low", "lee_high", "lee_interval_low", "lee_interval_high",
    ),
    "moderator": ("n_treated", "n_control", "effect", "se", "df", "low", "high", "p", "p_adjusted", "as_expected"),
    "evidence": ("figure",),
}  # fmt: skip


def protect_studies(tables: Mapping[str, pa.Table], schemas: Schemas) -> dict[str, pa.Table]:
    """The five tables, each row of few units without its figures."""
    rows = {name: table.to_pylist() for name, table in tables.items()}
    _hide(rows, "effect", lambda row: _few(row, schemas, "n_treated", "n_control"), SMALL_ARM)
    _hide(rows, "balance", lambda row: _few(row, schemas, "n_treated", "n_control"), SMALL_ARM)
    _hide(rows, "balance", lambda row: _alike(row, schemas), ALL_ALIKE)
    few = {_group(row) for row in rows["moderator"] if _few(row, schemas, "n_treated", "n_control")}
    _hide(rows, "moderator", lambda row: _group(row) in few, SMALL_ARM)
    lost = {
        _place(row)
        for row in rows["attrition"]
        if row["arm"] in ("treated", "control") and _few(row, schemas, "assigned")
    }
    _hide(rows, "attrition", lambda row: _place(row) in lost, SMALL_ARM)
    hidden = {_place(row) for row in rows["effect"] if row["is_main"] and row["status"] == SUPPRESSED}
    for row in rows["evidence"]:
        if _place(row) in hidden:
            row.update(dict.fromkeys(FIGURES["evidence"]))
    return {name: pa.Table.from_pylist(rows[name], table.schema) for name, table in tables.items()}


def _hide(rows: Mapping[str, list[Row]], table: str, asked: Callable[[Row], bool], reason: str) -> None:
    for row in rows[table]:
        if row["status"] != SUPPRESSED and asked(row):
            row.update(dict.fromkeys(FIGURES[table]), status=SUPPRESSED, reason=reason)


def _few(row: Row, schemas: Schemas, *counts: str) -> bool:
    unit_type = schemas.instrument(schemas.study(row["study"]).instrument).unit_type
    return schemas.programme.disclosure.has_small_arm(unit_type, *(row[name] for name in counts))


def _place(row: Row) -> Place:
    return row["study"], row["outcome"], row["wave"]


def _group(row: Row) -> tuple[Place, str]:
    return _place(row), row["moderator"]


def _alike(row: Row, schemas: Schemas) -> bool:
    """Whether a characteristic is shared by everyone of an arm, and its fields are not all safe to tell."""
    if 0.0 not in (row["sd_treated"], row["sd_control"]):
        return False
    study = schemas.study(row["study"])
    outcome = next(item for item in study.outcomes if item.name == row["outcome"])
    expression = study.baseline_of(outcome) if row["variable"] == "baseline" else Expression(row["variable"])
    names = () if expression is None else expression.names
    return not all(_is_safe(name, schemas.instrument(study.instrument)) for name in names)


def _is_safe(name: str, instrument: Instrument) -> bool:
    """A score rests on items that are answers of people: never safe to tell of everyone."""
    safe: Iterable[str] = (item.name for item in instrument.fields if item.disclosure == "safe")
    return name in safe
