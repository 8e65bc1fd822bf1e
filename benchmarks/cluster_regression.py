"""A regression with clustered errors over a large table: Gram matrices from SQL against statsmodels, in the same run.

`python -m benchmarks.cluster_regression [--rows 10000000] [--clusters 2000] [--threads 2] [--repeat 3]` writes a
Parquet file (an outcome, four regressors, a cluster), then estimates the same regression with the same covariance (CR1)
from it in processes of their own, by turns: ours reads it in DuckDB, reduces it to a Gram matrix a cluster and finishes
in numpy; statsmodels has it read by pyarrow into arrays and fits OLS with cov_type="cluster". Each tells its seconds
(imports aside, reading included) and its peak memory; both coefficients and errors must agree to 1e-9. Last lines time
ours on one thread and, with `--spark local[2]` or another master, on Spark, and say whether their bits are the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import peak

REGRESSORS = ("treated", "age", "income", "distance")
AGREED = 1e-9


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--clusters", type=int, default=2_000)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--spark", metavar="MASTER", help="ours on Spark too, from the start of its session")
    arguments.add_argument("--measure", choices=["ours", "statsmodels", "spark"], help=argparse.SUPPRESS)
    arguments.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.measure:
        work = {
            "ours": lambda: ours(options.file, options.threads), "statsmodels": lambda: theirs(options.file),
            "spark": lambda: on_spark(options.file, options.spark),
        }  # fmt: skip
        print(json.dumps(measured(work[options.measure])))
        return
    with tempfile.TemporaryDirectory(prefix="impact-benchmark-") as folder:
        path = Path(folder) / "rows.parquet"
        write(path, options.rows, options.clusters, options.threads)
        print(f"{options.rows:,} rows, {options.clusters:,} clusters, {path.stat().st_size / 1e6:,.0f} MB of Parquet")
        runs: dict[str, list[dict[str, Any]]] = {"ours": [], "statsmodels": []}
        for _ in range(options.repeat):
            for name, found in runs.items():
                found.append(run_apart(name, path, options.threads))
        others = {"ours on one thread": run_apart("ours", path, 1)}
        if options.spark:
            others[f"ours on Spark, {options.spark}"] = run_apart("spark", path, options.threads, options.spark)
    tell(runs, others)


def tell(runs: dict[str, list[dict[str, Any]]], others: dict[str, dict[str, Any]]) -> None:
    first = {name: found[0] for name, found in runs.items()}
    for figure in ("coefficients", "errors"):
        np.testing.assert_allclose(first["ours"][figure], first["statsmodels"][figure], rtol=AGREED)
    medians = {
        name: {what: statistics.median(run[what] for run in found) for what in ("clock", "processor", "memory")}
        for name, found in runs.items()
    }
    for name, told in medians.items():
        print(f"{name}: {told['clock']:.2f} s, {told['processor']:.2f} s of the processor, {told['memory']:,.0f} MiB")
    for name, run in others.items():
        same = run["bits"] == first["ours"]["bits"]
        print(f"{name}: {run['clock']:.2f} s, {run['memory']:,.0f} MiB; the same bits: {same}")
    ratios = {what: medians["statsmodels"][what] / medians["ours"][what] for what in ("clock", "memory")}
    print(f"ratio: {ratios['clock']:.1f} times faster, {ratios['memory']:.1f} times less memory; agreed to {AGREED:g}")


def run_apart(name: str, path: Path, threads: int, master: str = "") -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.cluster_regression", "--measure", name, "--file", str(path)]
    command += ["--spark", master] if master else []
    done = subprocess.run([*command, "--threads", str(threads)], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(work: Any) -> dict[str, Any]:
    """What `work` found, its seconds and the peak memory of this process."""
    found = work()
    return found | {"memory": peak(os.getpid())}


def ours(path: Path, threads: int) -> dict[str, Any]:
    import duckdb

    import impact_pipeline.methods.impact.gram  # noqa: F401 - imports are not what is compared

    began = time.perf_counter(), time.process_time()
    return _estimated(duckdb.connect(config={"threads": threads}), f"read_parquet('{path}')", began)


def on_spark(path: Path, master: str) -> dict[str, Any]:
    import impact_pipeline.methods.impact.gram  # noqa: F401 - imports are not what is compared
    from impact_pipeline.spark_engine import spark

    began = time.perf_counter(), time.process_time()
    with spark(master, path.parent / "scratch") as engine:
        engine.session.read.parquet(str(path)).createOrReplaceTempView("survey_rows")
        return _estimated(engine, "survey_rows", began)


def _estimated(engine: Any, relation: str, began: tuple[float, float]) -> dict[str, Any]:
    from impact_pipeline.methods.impact import robust
    from impact_pipeline.methods.impact.gram import table_grams

    table = table_grams(engine, relation, outcome="outcome", regressors=REGRESSORS, cluster="village")
    fitted = robust.fit(table.grams)
    errors = np.sqrt(np.diag(robust.covariance(fitted, "CR1")))
    seconds = time.perf_counter() - began[0], time.process_time() - began[1]
    slopes = fitted.coefficients[1:]
    return {
        "coefficients": slopes.tolist(), "errors": errors[1:].tolist(), "clock": seconds[0], "processor": seconds[1],
        "bits": hashlib.sha256(table.grams.xx.tobytes() + table.grams.xy.tobytes()).hexdigest(),
    }  # fmt: skip


def theirs(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq
    import statsmodels.api as sm

    began = time.perf_counter(), time.process_time()
    table = pq.read_table(path)
    y, groups = table["outcome"].to_numpy(), table["village"].to_numpy()
    x = sm.add_constant(np.column_stack([table[name].to_numpy() for name in REGRESSORS]))
    del table
    fitted = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": groups})
    errors = fitted.bse
    seconds = time.perf_counter() - began[0], time.process_time() - began[1]
    return {
        "coefficients": fitted.params[1:].tolist(), "errors": errors[1:].tolist(), "clock": seconds[0],
        "processor": seconds[1], "bits": "",
    }  # fmt: skip


def write(path: Path, rows: int, clusters: int, threads: int) -> None:
    """Made inside the engine from the row's number alone, so that the same rows come whatever the threads."""
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    connection.execute(
        f"""
        copy (
            with drawn as (
                select hash(i) % {clusters} as village, (hash(i + 1e10::bigint) % 1000000) / 1e6 as a,
                       (hash(i + 2e10::bigint) % 1000000) / 1e6 as b, (hash(i + 3e10::bigint) % 1000000) / 1e6 as c,
                       (hash(i + 4e10::bigint) % 1000000) / 1e6 as e
                from range({rows}) as numbers(i)
            )
            select village, (village % 2)::double as treated, 16 + floor(80 * a) as age, 800 + 4000 * b * b as income,
                   round(60 * c, 2) as distance,
                   10 + 0.8 * (village % 2) + 0.03 * (16 + floor(80 * a)) + 0.002 * b * b * 4000 - 0.05 * c * 60
                   + sin(village * 12.9898) + 4 * (e - 0.5) as outcome
            from drawn
        ) to '{path}' (format parquet)
        """
    )


if __name__ == "__main__":
    main()
