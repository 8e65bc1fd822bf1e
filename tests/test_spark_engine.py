"""The measures on Apache Spark, a standalone master and two workers on loopback: every estimate is DuckDB's."""

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
import pandas as pd
import pyarrow as pa
import pytest
from tests.methods import test_against_r_survey as panel
from tests.methods import test_quantiles as quantiles
from tests.methods.made_programme import computed, declare, estimates, store
from tests.methods.measures import test_reliability_table as scales
from tests.methods.weighting import test_calibrated_estimates as weighted

from impact_pipeline.methods import compute
from impact_pipeline.methods.impact.gram import table_grams
from impact_pipeline.methods.measures.invariance_table import FITS

if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17, which is not on this machine", allow_module_level=True)
from impact_pipeline.spark_engine import SparkEngine, spark

RELATIVE_TOLERANCE = 1e-9
KEY = ["indicator", "initiative", "wave", "dimension", "category"]
FIGURES = ["value", "se", "low", "high", "deff", "deff_wor", "deff_kish", "n_effective"]
DIVIDED = {"indicator": "divided", "value": "employed / 7.0"}  # a decimal number, which Spark would divide as one
GINI = {"indicator": "gini-x", "estimator": "gini", "value": "x", "by": ["group"]}  # from records one by one
SHARED = "stratified_clustered_fpc"  # a design with all that a design may have


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
        "SPARK_WORKER_DIR": str(work), "SPARK_NO_DAEMONIZE": "1",
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
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    yield address
    del os.environ["SPARK_LOCAL_IP"]
    for process in reversed(started):
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def engine(master: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    with spark(master, tmp_path_factory.mktemp("scratch"), partitions=2) as found:
        yield found


def test_every_estimate_is_that_of_duckdb(engine: SparkEngine, tmp_path: Path) -> None:
    folder = tmp_path / "une enquête + l'été"  # a path that needs quotes, in SQL as in an address
    folder.mkdir()
    schemas = declare(
        folder / "schemas",
        panel.instrument(panel.DESIGNS[SHARED]),
        [*panel.INDICATORS, *quantiles.INDICATORS[:2], GINI, DIVIDED],
    )
    sources = store(folder, schemas, [({}, panel.sample())])
    compute(engine, schemas, sources)
    theirs = engine.arrow("estimate").to_pandas().set_index(KEY)
    ours = estimates(computed(schemas, sources))
    assert len(ours) > 20
    pd.testing.assert_index_equal(theirs.sort_index().index, ours.sort_index().index)
    theirs = theirs.loc[ours.index]
    for name in ("n", "units", "df", "status", "reason"):
        assert list(theirs[name].fillna("")) == list(ours[name].fillna(""))
    np.testing.assert_allclose(theirs[FIGURES].astype(float), ours[FIGURES].astype(float), rtol=RELATIVE_TOLERANCE)


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


def test_reliability_is_that_of_duckdb(engine: SparkEngine, tmp_path: Path) -> None:
    frame = scales.six_answers()
    frame.loc[[3, 8], "q5"] = None
    frame = pd.concat([frame, scales.six_answers("after").head(200)], ignore_index=True)
    change = {
        "indicator": "it",
        "estimator": "change",
        "value": "six_score",
        "waves": {"from": "before", "to": "after"},
    }
    schemas = scales.programme(tmp_path, frame, indicators=[change])
    sources = store(tmp_path, schemas, [({}, frame)])
    compute(engine, schemas, sources)
    connection = computed(schemas, sources)
    theirs, ours = engine.arrow("reliability").to_pandas(), scales.table(connection)
    assert theirs[["wave", "n"]].to_dict("list") == ours[["wave", "n"]].to_dict("list")
    assert ours["n"].to_list() == [200, 398]
    np.testing.assert_allclose(theirs[scales.FIGURES], ours[scales.FIGURES], rtol=RELATIVE_TOLERANCE)
    theirs, ours = engine.arrow("invariance").to_pandas(), connection.table("invariance").df()
    figures = ["n_from", "n_to", *FITS]
    np.testing.assert_allclose(theirs[figures], ours[figures], rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE)
    assert theirs[["holds", "biased_items"]].to_dict() == ours[["holds", "biased_items"]].to_dict()


def test_weighted_samples_are_those_of_duckdb(engine: SparkEngine, tmp_path: Path) -> None:
    schemas = weighted.programme(tmp_path, {"method": "raking", "trimming": {}}, "people")
    sources = store(tmp_path, schemas, [({}, weighted.sample())])
    compute(engine, schemas, sources)
    connection = computed(schemas, sources)
    theirs, ours = engine.arrow("estimate").to_pandas().set_index(KEY), estimates(connection)
    figures = ["value", "se", "low", "high"]
    np.testing.assert_allclose(
        theirs.loc[ours.index, figures].astype(float), ours[figures].astype(float), rtol=RELATIVE_TOLERANCE
    )
    assert engine.arrow("weighting").to_pylist() == connection.sql("from weighting").to_arrow_table().to_pylist()


def test_both_workers_served(engine: SparkEngine) -> None:
    engine.execute("select count(*) from range(1000)")
    context = engine.session.sparkContext
    executors = context._jsc.sc().getExecutorMemoryStatus().size() - 1  # the driver is told among them
    assert (str(context.master).partition(":")[0], executors) == ("spark", 2)
