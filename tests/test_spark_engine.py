"""The measures on Apache Spark, a standalone master and two workers on loopback: every row of every table is the one
that DuckDB gives, whatever the engine, the threads, the order of rows and files, and the hash seed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from tests.methods.shuffled_run import SCORED, TABLES
from tests.methods.test_shuffled import computed_anew, rows

from impact_pipeline.methods.impact.gram import table_grams

if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17, which is not on this machine", allow_module_level=True)
from impact_pipeline.spark_engine import SparkEngine, spark

JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # machines that live for minutes: half of their work was compiling
INTERPRETED = "--conf spark.sql.codegen.wholeStage=false --conf spark.sql.codegen.factoryMode=NO_CODEGEN pyspark-shell"
NAMED = "une enquête + l'été"  # needs quotes, in SQL as in an address
Found = dict[str, dict[str, list[str]]]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a standalone cluster: a master and two workers, one core and a gigabyte each."""
    import pyspark

    home, work, port = Path(pyspark.__file__).parent, tmp_path_factory.mktemp("spark"), free_port()
    environment = os.environ | {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable,
        "SPARK_WORKER_DIR": str(work), "SPARK_NO_DAEMONIZE": "1", "JAVA_TOOL_OPTIONS": JAVA,
    }  # fmt: skip
    started = []

    def start(role: str, *arguments: str) -> None:
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *arguments]
        log = (work / f"{len(started)}.log").open("wb")
        started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))

    address = f"spark://127.0.0.1:{port}"
    start("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
    for _ in range(2):
        start("worker.Worker", "--cores", "1", "--memory", "1g", "--host", "127.0.0.1", "--webui-port", "0", address)
    deadline = time.monotonic() + 60
    while "Registering worker" not in (told := (work / "0.log").read_text("utf-8")) or told.count("Registering") < 2:
        assert time.monotonic() < deadline, f"no two workers within a minute:\n{told}"
        time.sleep(0.2)
    with pytest.MonkeyPatch.context() as ours:  # the driver's machine
        ours.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        ours.setenv("JAVA_TOOL_OPTIONS", JAVA)
        ours.setenv("PYSPARK_SUBMIT_ARGS", INTERPRETED)  # each statement runs once: compiling it would cost more
        yield address
    for process in reversed(started):
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def engine(master: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    with spark(master, tmp_path_factory.mktemp("scratch"), partitions=2) as found:
        yield found


@pytest.fixture(scope="module")
def found(master: str, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """All tables of one programme from each engine, told in other orders and under another hash seed."""
    folder = tmp_path_factory.mktemp("engines") / NAMED
    folder.mkdir()
    computed_anew("duckdb", folder, "2-0-0", seed="0")
    computed_anew(master, folder, "1-3-5", seed="777")
    return {run: {table: rows(folder / run / f"{table}.parquet") for table in (*TABLES, SCORED)}
            for run in ("2-0-0", "1-3-5")}  # fmt: skip


@pytest.mark.parametrize("table", [*TABLES, SCORED])
def test_same_rows_whatever_the_engine_the_threads_the_order_and_the_hash_seed(found: Found, table: str) -> None:
    """To the last bit of figures as the programme declares them: ten significant digits."""
    assert found["1-3-5"][table] == found["2-0-0"][table]


@pytest.mark.parametrize("weight", [None, "weight"])
def test_gram_matrices_are_those_of_duckdb_to_the_last_bit(engine: SparkEngine, weight: str | None) -> None:
    draw = np.random.default_rng(4)
    rows = pa.table({
        "village": draw.integers(0, 30, 5000), "year": 2000.0 + draw.integers(15, 25, 5000),
        "age": draw.uniform(18, 90, 5000), "income": draw.lognormal(7, 1, 5000), "weight": draw.uniform(0.2, 5, 5000),
    })  # fmt: skip
    with duckdb.connect() as connection:
        found = []
        for one in (engine, connection):
            one.register("survey_rows", rows)
            asked = {"outcome": "income", "regressors": ["age", "year"], "cluster": "village", "weight": weight}
            found.append(table_grams(one, "survey_rows", **asked))
    theirs, ours = found
    assert theirs.labels == ours.labels
    for name in ("n", "xx", "xy", "yy") if weight is None else ("n", "xx", "xy", "yy", "plain_xx", "squared_xx"):
        assert getattr(theirs.grams, name).tobytes() == getattr(ours.grams, name).tobytes()


def test_both_workers_served(engine: SparkEngine) -> None:
    engine.execute("select count(*) from range(1000)")
    context = engine.session.sparkContext
    executors = context._jsc.sc().getExecutorMemoryStatus().size() - 1  # the driver is told among them
    assert (str(context.master).partition(":")[0], executors) == ("spark", 2)
