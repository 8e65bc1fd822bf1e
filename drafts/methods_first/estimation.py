"""Design-based estimates: the engine reduces rows to sums, numpy finishes what is one row a figure.

Mean, share and ratio are one estimator, R = sum(w v) / sum(w b); a total is sum(w v); a change is R of one wave minus R
of another. Variances are Taylor-linearised by stratum and ultimate cluster (Woodruff 1971; Binder 1983; Lumley 2010),
domains by mask: every sampled unit of a stratum counts, those without the domain as zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import duckdb
import numpy as np
import pandas as pd

from impact_pipeline.declarations import Schemas
from impact_pipeline.methods.intervals import interval

FIGURE = ["indicator", "initiative", "figure_wave", "dimension", "category"]
COLUMNS = [
    "indicator", "initiative", "wave", "dimension", "category", "n", "units", "value", "se", "df", "low", "high",
    "deff", "n_effective", "status", "reason", "dominance",
]  # fmt: skip
SCORE_UNIT = 1e-12  # scores are summed as whole multiples of this share of the largest


def finish(connection: duckdb.DuckDBPyConnection, schemas: Schemas) -> pd.DataFrame:
    """Every estimate, one row a figure and domain, sorted by it; columns COLUMNS.

    `n` is the number of records behind the figure, of the smaller wave for a change. Where the variance cannot be had,
    `se`, `df`, `low` and `high` are missing and `reason` says why; under the policy `fail`, a stratum with a single
    unit refuses the figure.
    """
    _prepare(connection, schemas)
    strata = _fetch(connection, _sql("32_variance.sql"))
    sizes = _fetch(connection, _sql("33_stratum_size.sql"))
    domains = _fetch(connection, _sql("34_domain.sql"))
    if domains.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
    policies = {name: _policy(schemas, name) for name in domains["indicator"].unique()}
    variances = _variances(strata, sizes, policies)
    figures = _figures(domains, {name: schemas.indicators[name].estimator for name in policies})
    merged = figures.merge(variances, on=FIGURE, how="left", validate="one_to_one")
    return _rows(merged, schemas)


def _prepare(connection: duckdb.DuckDBPyConnection, schemas: Schemas) -> None:
    """Quanta, cells, moments, and which waves make which figure."""
    for name in ("20_quantum.sql", "21_square_quantum.sql"):
        _create(connection, {"20_quantum.sql": "quantum", "21_square_quantum.sql": "square_quantum"}[name], name)
    rows = []
    waves = connection.sql("select distinct indicator, initiative, wave from observation order by all").fetchall()
    for indicator, initiative, wave in waves:
        declared = schemas.indicators[indicator]
        linear = declared.estimator == "total"
        if declared.waves is None:
            rows.append((indicator, initiative, wave, wave, 1, linear))
        elif wave in (declared.waves.from_, declared.waves.to):
            rows.append(
                (indicator, initiative, declared.waves.to, wave, 1 if wave == declared.waves.to else -1, linear)
            )
    frame = pd.DataFrame(rows, columns=["indicator", "initiative", "figure_wave", "wave", "sign", "linear"])
    both = frame.groupby(["indicator", "initiative", "figure_wave"])["wave"].transform("count")
    is_change = frame["indicator"].map(lambda name: schemas.indicators[name].waves is not None)
    connection.register("figures", frame[~is_change | (both == 2)])  # a change needs both its waves
    connection.execute(
        "create table figure as select indicator::varchar as indicator, initiative::varchar as initiative,"
        " figure_wave::varchar as figure_wave, wave::varchar as wave, sign::integer as sign, linear::boolean as linear"
        " from figures"
    ).fetchall()
    connection.unregister("figures")
    _create(connection, "cell", "30_cell.sql")
    _create(connection, "moment", "31_moment.sql")


def _policy(schemas: Schemas, indicator: str) -> str:
    instrument = schemas.instrument(schemas.indicators[indicator].instrument)
    return instrument.design.single_psu or schemas.programme.statistics.single_psu


def _variances(strata: pd.DataFrame, sizes: pd.DataFrame, policies: Mapping[str, str]) -> pd.DataFrame:
    """V = sum over strata of (1 - f) n / (n - 1) (sum z^2 - (sum z)^2 / n), and df = units less strata of the domain.

    A stratum with a single sampled unit: `adjust` centres its score at the mean of all units' scores (as R's
    `lonely.psu = "adjust"` since survey 4.2), `certainty` leaves it out, `fail` refuses.
    """
    sized = strata.merge(sizes, on=["indicator", "initiative", "figure_wave", "stratum_no"], validate="many_to_one")
    unit = sized["largest"].to_numpy() * SCORE_UNIT
    total, square = sized["z_sum"].to_numpy(float), sized["z_square"].to_numpy(float)
    sampled = sized["sampled"].to_numpy(float)
    population = sized["fpc"].to_numpy(float)
    keep = np.where(np.isnan(population), 1.0, 1 - sampled / np.where(population > 0, population, np.nan))
    lonely = sampled == 1
    policy = sized["indicator"].map(policies).to_numpy()
    grouped = sized.assign(z_all=total, units_all=sampled).groupby(FIGURE, sort=True)
    grand = (grouped["z_all"].transform("sum") / sized["all_units"]).to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        several = keep * sampled / (sampled - 1) * np.maximum(square - total**2 / sampled, 0)
    single = np.where(policy == "adjust", keep * (total - grand) ** 2, 0.0)
    variance = np.where(lonely, single, several) * unit**2
    told = sized.assign(variance=variance, lonely=lonely)
    # strata without the domain have scores of zero and so no variance, but a lonely one of them is no concern either
    found = told.groupby(FIGURE, sort=True).agg(
        variance=("variance", "sum"), psus=("psus", "sum"), strata=("stratum_no", "count"), lonely=("lonely", "any"),
    )  # fmt: skip
    return found.reset_index()


def _figures(domains: pd.DataFrame, estimators: Mapping[str, str]) -> pd.DataFrame:
    """Value, n and variance under simple random sampling of each figure; changes are put together from two waves."""
    value, base, weight = (domains[name].to_numpy(float) for name in ("value_sum", "base_sum", "weight_sum"))
    vv, vb, bb = (domains[name].to_numpy(float) for name in ("value_square", "value_base", "base_square"))
    n = domains["n"].to_numpy(float)
    linear = (domains["indicator"].map(estimators) == "total").to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = value / base
        spread = np.where(linear, vv - value**2 / weight, vv - 2 * ratio * vb + ratio**2 * bb) / weight * n / (n - 1)
        simple = np.where(linear, spread * weight**2 / n, spread / n / (base / weight) ** 2)
    told = domains.assign(value=np.where(linear, value, ratio), simple=simple)
    signed = told.assign(value=told["value"] * told["sign"])
    grouped = signed.groupby(FIGURE, sort=True)
    figures = grouped.agg(
        value=("value", lambda s: s.sum(skipna=False)), simple=("simple", lambda s: s.sum(skipna=False)),
        n=("n", "min"), waves=("wave", "count"), dominance=("dominance", "max"),
    ).reset_index()  # fmt: skip
    needed = figures["indicator"].map(lambda name: 2 if estimators[name] == "change" else 1)
    return figures[figures["waves"] == needed]  # a domain met in one wave only has no change


def _rows(figures: pd.DataFrame, schemas: Schemas) -> pd.DataFrame:
    """Standard errors, intervals, design effects, statuses; rounded to the declared precision."""
    settings = schemas.programme.statistics
    df = figures["psus"].to_numpy(float) - figures["strata"].to_numpy(float)
    value, simple, n = (figures[name].to_numpy(float) for name in ("value", "simple", "n"))
    policies = figures["indicator"].map(lambda name: _policy(schemas, name)).to_numpy()
    lonely = figures["lonely"].to_numpy(bool)
    refused = (lonely & (policies == "fail")) | np.isnan(value)
    estimable = ~refused & (df > 0)
    se = np.where(estimable, np.sqrt(figures["variance"].to_numpy(float)), np.nan)
    share = figures["indicator"].map(lambda name: schemas.indicators[name].is_share).to_numpy(bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where(simple > 0, se**2 / simple, np.nan)
        effective = np.where(deff > 0, n / deff, np.nan)
    low, high = interval(value, se, df, np.where(np.isnan(effective), n, effective), share, settings.confidence)
    value = np.where(refused, np.nan, value)
    digits = settings.significant_digits
    table = pd.DataFrame({
        "indicator": figures["indicator"], "initiative": figures["initiative"], "wave": figures["figure_wave"],
        "dimension": figures["dimension"], "category": figures["category"],
        "n": n.astype("int64"), "units": n.astype("int64"),
        **{name: rounded(column, digits) for name, column in
           {"value": value, "se": se}.items()},
        "df": pd.array(np.where(estimable, df, np.nan)).astype("Int64"),
        **{name: rounded(column, digits) for name, column in
           {"low": low, "high": high, "deff": deff, "n_effective": effective}.items()},
        "status": np.where(refused, "refused", "published"),
        "reason": _reasons(lonely, policies, np.isnan(figures["value"].to_numpy(float)), df),
        "dominance": figures["dominance"].to_numpy(float),
    })  # fmt: skip
    return table[COLUMNS].sort_values(COLUMNS[:5], ignore_index=True)


def _reasons(lonely: np.ndarray, policies: np.ndarray, undefined: np.ndarray, df: np.ndarray) -> np.ndarray:
    single = np.array([f"single-psu-{policy}" for policy in policies], dtype=object)
    reasons = np.where(lonely, single, None)
    reasons = np.where(df <= 0, "no-degrees-of-freedom", reasons)
    return np.where(undefined, "zero-denominator", reasons)


def rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Values to so many significant digits; missing and zero stay as they are."""
    told = [float(f"{value:.{digits - 1}e}") if np.isfinite(value) else np.nan for value in np.asarray(values, float)]
    return np.array(told, dtype=float)


def _create(connection: duckdb.DuckDBPyConnection, table: str, file: str) -> None:
    connection.execute(f"create table {table} as {_sql(file)}").fetchall()


def _fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    frame: pd.DataFrame = connection.sql(sql).df()
    return frame


def _sql(name: str) -> str:
    return (files("impact_pipeline") / "sql" / name).read_text(encoding="utf-8")
