"""A survey of a million answers, from file to release, against the floor: DuckDB reading that CSV and writing Parquet.

`python -m benchmarks.survey_to_release [--rows 1000000] [--repeat 3] [--threads 2]` makes a programme in a temporary
folder (one instrument of 30 columns with WHO-5, weights, strata and primary sampling units; six indicators), a CSV as
French Excel writes it, then measures both in fresh processes: seconds, their ratio, peak memory, and where the time
goes. Prints a table; asserts nothing, for a machine's seconds are not a promise.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

SCHEMAS = Path(__file__).with_name("survey_schemas")
FLOOR = """
import duckdb, sys
connection = duckdb.connect(config={"threads": int(sys.argv[3])})
connection.execute(f"copy (from read_csv('{sys.argv[1]}')) to '{sys.argv[2]}' (format parquet)").fetchall()
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--stages", metavar="HOME", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.stages:
        run_stages(Path(options.stages), options.threads)
        return
    with tempfile.TemporaryDirectory(prefix="impact-benchmark-") as folder:
        home = Path(folder)
        csv = home / "survey.csv"
        write_survey(csv, options.rows)
        print(f"{options.rows:,} rows x 30 columns, {csv.stat().st_size / 1e6:.0f} MB, {options.threads} threads, "
              f"Python {platform.python_version()}, DuckDB {duckdb.__version__}")  # fmt: skip
        floors, lines = [], []
        for _ in range(options.repeat):
            floors.append(
                measure([sys.executable, "-c", FLOOR, str(csv), str(home / "floor.parquet"), str(options.threads)])
            )
            line_home = make_home(home)
            script = [
                "-m",
                "benchmarks.survey_to_release",
                "--stages",
                str(line_home),
                "--threads",
                str(options.threads),
            ]
            lines.append(measure([sys.executable, *script]))
        report(floors, lines)


def make_home(folder: Path) -> Path:
    """A fresh programme beside the CSV: nothing landed, nothing cached."""
    home = Path(tempfile.mkdtemp(dir=folder, prefix="home-"))
    (home / "schemas").symlink_to(SCHEMAS, target_is_directory=True)
    (home / "survey.csv").hardlink_to(folder / "survey.csv")
    return home


def write_survey(path: Path, rows: int) -> None:
    """A synthetic survey in the French way: `;`, decimal commas, dd/mm/yyyy, blanks, refusals, a few wrong cells."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("select setseed(0.42)").fetchall()
    who5 = ", ".join(
        f"case when random() < 0.02 then '' when random() < 0.01 then '-8' "
        f"else cast(floor(random()*6) as int)::varchar end as who5_{i}"
        for i in range(1, 6)
    )
    ratings = ", ".join(f"cast(floor(random()*11) as int)::varchar as rating_{i}" for i in range(1, 9))
    amounts = ", ".join(f"replace(round(random()*900, 2)::varchar, '.', ',') as amount_{i}" for i in range(1, 5))
    connection.execute(
        f"""copy (
            select 'R' || lpad(i::varchar, 8, '0') as respondent,
                   case when i % 2 = 0 then 'baseline' else 'follow-up' end as wave,
                   'S' || (i % 40) as stratum,
                   'C' || (i % 40) || '-' || (i // 40 % 50) as commune_unit,
                   replace(round(0.5 + random() * 2, 3)::varchar, '.', ',') as weight,
                   case when random() < 0.001 then '212' else cast(16 + floor(random()*80) as int)::varchar end as age,
                   case when random() < 0.51 then 'Femme' else 'Homme' end as sex,
                   strftime(date '2026-01-01' + cast(floor(random()*200) as int), '%d/%m/%Y') as visited,
                   case when random() < 0.3 then 'oui' else 'non' end as member,
                   cast(floor(random()*30) as int)::varchar as visits,
                   lpad((3001 + i % 90)::varchar, 5, '0') as place,
                   ['employed', 'training', 'student', 'other'][cast(floor(random()*4) as int) + 1] as situation,
                   'Texte libre ' || (i % 1000) as comment,
                   {who5}, {ratings}, {amounts}
            from range({rows}) r(i) order by i
        ) to '{path}' (format csv, delimiter ';', header true)"""
    ).fetchall()


def run_stages(home: Path, threads: int) -> None:
    """The line itself, in this process: prints the seconds of each stage and the peak memory as JSON."""
    started = time.perf_counter()
    from impact_pipeline import pipeline
    from impact_pipeline.home import Home
    from impact_pipeline.landing import SubmissionKey

    marks = {"import": time.perf_counter() - started}

    def stage(name: str, work):  # type: ignore[no-untyped-def]
        begun = time.perf_counter()
        result = work()
        marks[name] = time.perf_counter() - begun
        return result

    place, now = Home(home), datetime(2026, 1, 31, tzinfo=UTC)
    key = SubmissionKey("village-survey", "village-survey", "field-team", "2026")
    stage("submit (land, check)", lambda: pipeline.submit(place, home / "survey.csv", key, now=now))
    candidate = stage("build (store, score, estimate)", lambda: pipeline.build(place, threads=threads))
    stage("publish (protect, release, report)", lambda: pipeline.publish(place, candidate, now=now))
    print(json.dumps({"stages": marks}))


def measure(command: list[str]) -> dict[str, object]:
    """Wall seconds, peak resident memory (MB) and printed stages of a command in a fresh process."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = wait4(process.pid)
    seconds = time.perf_counter() - begun
    if status != 0:
        raise SystemExit(f"{' '.join(command[:4])}… ended with status {status}")
    told = json.loads(output.splitlines()[-1])["stages"] if output.strip() else {}
    return {"seconds": seconds, "peak_mb": usage.ru_maxrss / 1024, "stages": told}


def wait4(pid: int) -> tuple[int, int, resource.struct_rusage]:
    import os

    return os.wait4(pid, 0)


def report(floors: list[dict[str, object]], lines: list[dict[str, object]]) -> None:
    def median(runs: list[dict[str, object]], key: str) -> float:
        return statistics.median(float(str(run[key])) for run in runs)

    floor, line = median(floors, "seconds"), median(lines, "seconds")
    print(f"floor: DuckDB CSV -> Parquet  {floor:7.2f} s   {median(floors, 'peak_mb'):6.0f} MB")
    print(
        f"line:  file -> release        {line:7.2f} s   {median(lines, 'peak_mb'):6.0f} MB   ratio {line / floor:.1f}"
    )
    stages = [run["stages"] for run in lines]
    for name in stages[0]:  # type: ignore[attr-defined]
        print(f"   {name:38s} {statistics.median(stage[name] for stage in stages):7.2f} s")  # type: ignore[index]


if __name__ == "__main__":
    main()
