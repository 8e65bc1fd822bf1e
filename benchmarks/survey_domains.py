"""Means with their standard errors in 100 domains of a stratified, clustered survey: this project beside svy and R.

`python -m benchmarks.survey_domains [--rows 1000000] [--peers svy,r] [--engines duckdb-2,duckdb-1]` writes one Parquet
file (50 strata of 40 primary sampling units, a weight, a breakdown in 100 categories, an answer), then has each engine
read it (R: a CSV) and estimate the mean of every domain with its linearised standard error, in a process of its own:
seconds from the file to the figures without imports, and peak memory. Prints a table with ratios and the largest
relative difference from our figures; asserts nothing, for a machine's seconds are not a promise.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.memory import peak

STRATA, PSUS, DOMAINS = 50, 40, 100
R_SCRIPT = """
suppressPackageStartupMessages(library(survey)); arguments <- commandArgs(TRUE)
started <- proc.time()[["elapsed"]]
d <- read.csv(arguments[1]); d$domain <- factor(d$domain)
design <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
m <- svyby(~y, ~domain, design, svymean)
seconds <- proc.time()[["elapsed"]] - started
status <- readLines("/proc/self/status"); peak <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", status, value = TRUE)))
figures <- setNames(Map(c, m$y, m$se), as.character(m$domain))
cat(sprintf('{"seconds": %f, "peak": %f, "figures": {%s}}', seconds, peak / 1024,
  paste(sprintf('"%s": [%.17g, %.17g]', m$domain, m$y, m$se), collapse = ", ")))
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--peers", default="svy,r")
    arguments.add_argument("--engines", default="duckdb-2,duckdb-1", help="duckdb-THREADS or spark-MASTER")
    arguments.add_argument("--inside", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.inside:
        print(json.dumps(_inside(options.inside[0], Path(options.inside[1]))))
        return
    with tempfile.TemporaryDirectory(prefix="impact-benchmark-") as folder:
        home = Path(folder)
        write_survey(home, options.rows, csv="r" in options.peers.split(","))
        size = (home / "survey.parquet").stat().st_size / 1e6
        print(f"{options.rows:,} rows, {size:.0f} MB, {STRATA} strata x {PSUS} sampling units, {DOMAINS} domains")
        first: dict[str, list[float]] = {}
        base = 0.0
        for name in [*options.engines.split(","), *filter(None, options.peers.split(","))]:
            told = _measured(name, home)
            if not first:
                first, base = told["figures"], told["seconds"]
            far = max(
                abs(a - b) / abs(b)
                for domain, figures in told["figures"].items() for a, b in zip(figures, first[domain], strict=True)
            )  # fmt: skip
            print(f"{name:<12} {told['seconds']:9.2f} s  {told['seconds'] / base:7.1f} x  {told['peak']:8,.0f} MiB  "
                  f"differs by {far:.0e}")  # fmt: skip


def write_survey(home: Path, rows: int, *, csv: bool) -> None:
    """The survey as the warehouse keeps records, and as R reads it."""
    connection = duckdb.connect()
    connection.execute("select setseed(0.42)").fetchall()
    connection.execute(
        f"""copy (
            select i + 2 as "row", 'u' || i as unit, 's' || (i % {STRATA}) as stratum,
                   's' || (i % {STRATA}) || '-' || (i // {STRATA} % {PSUS}) as psu,
                   'd' || cast(floor(random() * {DOMAINS}) as bigint) as domain,
                   round(0.5 + 3 * random(), 3) as weight,
                   round(40 + (i // {STRATA} % {PSUS}) / 4 + 20 * random(), 1) as y
            from range({rows}) t(i)
        ) to '{home / "survey.parquet"}' (format parquet)"""
    ).fetchall()
    connection.execute(
        f"""copy (select cast(null as bigint) as "row", '' as field, '' as status where false)
        to '{home / "statuses.parquet"}' (format parquet)"""
    ).fetchall()
    if csv:
        connection.execute(
            f"copy (select stratum, psu, domain, weight, y from '{home / 'survey.parquet'}') to '{home / 'survey.csv'}'"
        ).fetchall()


def _measured(name: str, home: Path) -> dict[str, object]:
    if name == "r":
        command = ["Rscript", "-e", R_SCRIPT, str(home / "survey.csv")]
    else:
        command = [sys.executable, "-m", "benchmarks.survey_domains", "--inside", name, str(home)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _inside(name: str, home: Path) -> dict[str, object]:
    work = _svy() if name == "svy" else _ours(name, home)
    began = time.perf_counter()
    figures = work(home)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak": peak(os.getpid()), "figures": figures}


def _ours(name: str, home: Path) -> Callable[[Path], dict[str, list[float]]]:
    """The pipeline's own measures, from a source as the warehouse keeps it."""
    import pandas  # noqa: F401 - as DuckDB does when an Arrow table is handed in
    import scipy.stats  # noqa: F401 - as the measures do when they need it: imports are not what is compared

    from impact_pipeline.declarations import load_schemas
    from impact_pipeline.methods import Source, compute

    engine, _, how = name.partition("-")
    schemas = load_schemas(_declared(home))
    source = Source("s", schemas.instrument("survey"), "panel", "team", "2026",
                    str(home / "survey.parquet"), str(home / "statuses.parquet"))  # fmt: skip
    query = "select category, value, se from estimate where dimension = 'domain'"

    def work(home: Path) -> dict[str, list[float]]:
        if engine == "spark":
            from impact_pipeline.spark_engine import spark

            scratch = home / "scratch"
            scratch.mkdir()
            with spark(how, scratch) as session:
                compute(session, schemas, [source])
                return {category: [value, se] for category, value, se in session.execute(query).fetchall()}
        connection = duckdb.connect(str(home / f"{name}.duckdb"), config={"threads": int(how)})
        compute(connection, schemas, [source])
        return {category: [value, se] for category, value, se in connection.execute(query).fetchall()}

    return work


def _declared(home: Path) -> Path:
    """A programme of one instrument and one indicator."""
    text = {"required": True, "disclosure": "safe"}
    fields = [{"name": n, "type": "text", "label": n, **text} for n in ("unit", "stratum", "psu", "domain")]
    fields += [{"name": n, "type": "decimal", "label": n, **text} for n in ("weight", "y")]
    things = {
        "programme": {"programme": "p", "name": "P", "description": "P", "publisher": "P",
                      "themes": [{"name": "measure", "label": "M"}]},
        "initiatives/panel": {"initiative": "panel", "name": "P", "description": "P", "theme": "measure",
                              "organisations": ["team"], "instruments": ["survey"]},
        "instruments/survey.v1": {"instrument": "survey", "version": 1, "kind": "survey", "title": "S",
                                  "key": ["unit"], "fields": fields,
                                  "design": {"weight": "weight", "stratum": "stratum", "psu": "psu"}},
        "indicators/mean-y": {"indicator": "mean-y", "instrument": "survey", "estimator": "mean", "value": "y",
                              "by": ["domain"], "unit": "points", "polarity": "neutral", "theme": "measure",
                              "frameworks": {"oecd": "jobs", "sdg": "8.5"}, "label": "Mean"},
    }  # fmt: skip
    for name, thing in things.items():
        path = home / "schemas" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(thing), encoding="utf-8")
    return home / "schemas"


def _svy() -> Callable[[Path], dict[str, list[float]]]:
    import polars
    import svy

    def work(home: Path) -> dict[str, list[float]]:
        data = polars.read_parquet(home / "survey.parquet", columns=["stratum", "psu", "domain", "weight", "y"])
        sample = svy.Sample(data, svy.Design(stratum="stratum", psu="psu", wgt="weight"))
        rows = sample.estimation.mean("y", by="domain").to_polars().to_dicts()
        return {str(row["domain"]): [row["est"], row["se"]] for row in rows}

    return work


if __name__ == "__main__":
    main()
