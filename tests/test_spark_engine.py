"""The measures on Apache Spark, a standalone master and two workers on loopback: every estimate, effect, score of an
index and pooled answer is DuckDB's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.methods import test_against_r_survey as panel
from tests.methods import test_deprivation as deprivation
from tests.methods import test_quantiles as quantiles
from tests.methods.made_programme import computed, declare, estimates, field, store
from tests.methods.measures import test_reliability_table as scales
from tests.methods.studies.made_study import STUDY, outcome
from tests.methods.synthesis.test_answering import printed
from tests.methods.weighting import test_calibrated_estimates as weighted

from impact_pipeline.declarations import Schemas
from impact_pipeline.methods import compute
from impact_pipeline.methods.impact.gram import table_grams
from impact_pipeline.methods.indices import index_scores
from impact_pipeline.methods.measures.invariance_table import FITS
from impact_pipeline.methods.studies import TABLES, compute_studies
from impact_pipeline.methods.synthesis.answering import synthesise

if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17, which is not on this machine", allow_module_level=True)
from impact_pipeline.spark_engine import SparkEngine, spark

Both = tuple[Schemas, Mapping[str, pa.Table], Mapping[str, pa.Table]]
RELATIVE_TOLERANCE = 1e-9
KEY = ["indicator", "initiative", "wave", "dimension", "category"]
FIGURES = ["value", "se", "low", "high", "deff", "deff_wor", "deff_kish", "n_effective"]
DIVIDED = {"indicator": "divided", "value": "employed / 7.0"}  # a decimal number, which Spark would divide as one
AFTER = {"follow_up": "after"}
GINI = {"indicator": "gini-x", "estimator": "gini", "value": "x", "by": ["group"]}  # from records one by one
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # machines that live for minutes: half of their work was compiling
SHARED = "stratified_clustered_fpc"  # a design with all that a design may have
INDEX: dict[str, Any] = {
    "index": "places", "initiative": "panel", "by": "cell", "label": "Places", "samples": 50,
    "domains": [{"name": "one", "label": "One", "weight": 2, "indicators": ["mean-y", "ratio-y-x"]},
                {"name": "two", "label": "Two", "indicators": ["share-employed"]}],
}  # fmt: skip
PLACED = [told | {"by": ["group", "cell"], "polarity": "higher-is-better"} for told in panel.INDICATORS]
LACK = deprivation.LACK | {
    "cutoff": "1/2", "other_cutoffs": [], "by": [],
    "domains": [deprivation.LACK["domains"][0], {"name": "work", "label": "Work", "items": [
        {"name": "not-employed", "label": "Not employed", "deprived": "employed = 0"}]}],
}  # fmt: skip
STUDIES = [
    STUDY | {"waves": {"baseline": "before", "follow_up": "after"}, "outcomes": [outcome(unit="points")]} | told
    for told in (
        {"study": "differences", "design": "difference-in-differences", "treatment": "\"group\" = 'odd'",
         "assignment": {"mechanism": "administrative"}, "cluster": "cluster", "weighted": True, "covariates": ["x"],
         "moderators": [{"name": "work", "label": "Work", "expression": "employed = 1", "expected": "larger"}]},
        {"study": "matched", "design": "matching", "treatment": "employed = 1", "assignment": {"mechanism": "self"},
         "covariates": ["x"], "matching": {"within": "\"group\"", "cut_points": {"x": [3, 5, 7], "y": [45]}}},
        {"study": "trial", "design": "randomised", "treatment": "\"group\" = 'odd'",
         "assignment": {"mechanism": "random", "blocks": "stratum"}},
    )
]  # fmt: skip
REFERENCE: dict[str, Any] = {
    "reference": "review", "question": "Does it help", "citation": "Made up", "licence": "CC0-1.0", "synthetic": True,
    "extraction": {"extracted_by": "A", "on": "2026-11-25", "checked_by": "B"},
    "effects": [printed(n, effect=0.1 * n - 0.2, se=0.2) for n in range(4)],
}  # fmt: skip
SYNTHESIS: dict[str, Any] = {
    "synthesis": "help", "question": "Does it help", "outcome": "Y", "measure": "smd",
    "references": [{"reference": "review"}],
    "studies": [{"study": told["study"], "outcome": "y"} for told in STUDIES],
}  # fmt: skip


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
        yield address
    for process in reversed(started):
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def engine(master: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    with spark(master, tmp_path_factory.mktemp("scratch"), partitions=2) as found:
        yield found


@pytest.fixture(scope="module")
def both(engine: SparkEngine, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """A programme, and its tables on Spark and on DuckDB."""
    folder = tmp_path_factory.mktemp("both") / "une enquête + l'été"  # needs quotes, in SQL as in an address
    folder.mkdir()
    instrument = panel.instrument(panel.DESIGNS[SHARED])
    frame = panel.sample()
    frame["cell"] = (frame["unit"].str[-2:].astype(int) % 4).map("cell {}".format)
    schemas = declare(
        folder / "schemas",
        instrument | {"fields": [*instrument["fields"], field("cell", "text")]},
        [*PLACED, *quantiles.INDICATORS[:2], GINI, DIVIDED],
        deprivations=[LACK], indices=[INDEX], studies=STUDIES, references=[REFERENCE],
        syntheses=[SYNTHESIS],
    )  # fmt: skip
    sources = store(folder, schemas, [({}, frame)])
    compute(engine, schemas, sources)
    compute_studies(engine, schemas, {})
    connection = computed(schemas, sources)
    compute_studies(connection, schemas, {})
    names = ("estimate", *TABLES)
    ours = {name: connection.table(name).to_arrow_table() for name in names}
    return schemas, {name: engine.arrow(name) for name in names}, ours


def test_every_estimate_is_that_of_duckdb(both: Both) -> None:
    theirs, ours = (tables["estimate"].to_pandas().set_index(KEY) for tables in both[1:])
    indicators = set(ours.index.get_level_values("indicator"))
    assert {"lack-headcount", "lack-adjusted-headcount", "lack-low-y-contribution", "gini-x"} <= indicators
    pd.testing.assert_index_equal(theirs.sort_index().index, ours.sort_index().index)
    theirs = theirs.loc[ours.index]
    for name in ("n", "units", "df", "status", "reason"):
        assert list(theirs[name].fillna("")) == list(ours[name].fillna(""))
    np.testing.assert_allclose(theirs[FIGURES].astype(float), ours[FIGURES].astype(float), rtol=RELATIVE_TOLERANCE)


@pytest.mark.parametrize("table", TABLES)
def test_every_study_is_answered_as_on_duckdb(both: Both, table: str) -> None:
    same_rows(*(tables[table].to_pylist() for tables in both[1:]))


def test_indices_and_syntheses_of_what_was_computed_are_those_of_duckdb(both: Both) -> None:
    schemas, *engines = both
    assert {row["status"] for row in index_scores(schemas, engines[1]["estimate"].to_pylist())} == {"published"}
    same_rows(*(index_scores(schemas, tables["estimate"].to_pylist()) for tables in engines))
    theirs, ours = (synthesise(schemas, tables["effect"].to_pylist()) for tables in engines)
    same_rows(theirs.synthesis, ours.synthesis)
    same_rows(theirs.synthesis_effect, ours.synthesis_effect)
    assert {row["source"] for row in ours.synthesis if row["status"] == "published"} == {"literature", "both"}


def same_rows(theirs: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> None:
    """Texts, counts and codes alike, figures to the tolerance; some of them told."""
    assert [words(row) for row in theirs] == [words(row) for row in ours]
    figures = [[value for row in rows for value in row.values() if isinstance(value, float)] for rows in (theirs, ours)]
    assert figures[1]
    np.testing.assert_allclose(*figures, rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE * 1e-3)


def words(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "a figure" if isinstance(value, float) else value for name, value in row.items()}


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
    frame = pd.concat([frame, scales.six_answers("after")], ignore_index=True)
    change = {
        "indicator": "it",
        "estimator": "change",
        "value": "six_score",
        "waves": {"from": "before", "to": "after"},
    }
    study = STUDY | {
        "study": "alike", "instrument": "form", "design": "cross-section", "treatment": "q5 > 3", "waves": AFTER,
        "assignment": {"mechanism": "self"}, "outcomes": [outcome("it", value="six_score", has_baseline=False)],
    }  # fmt: skip
    schemas = scales.programme(tmp_path, frame, indicators=[change], studies=[study])
    sources = store(tmp_path, schemas, [({}, frame)])
    compute(engine, schemas, sources)
    compute_studies(engine, schemas, {})
    connection = computed(schemas, sources)
    compute_studies(connection, schemas, {})
    theirs, ours = engine.arrow("reliability").to_pandas(), scales.table(connection)
    assert theirs[["wave", "n"]].to_dict("list") == ours[["wave", "n"]].to_dict("list")
    assert ours["n"].to_list() == [400, 398]
    np.testing.assert_allclose(theirs[scales.FIGURES], ours[scales.FIGURES], rtol=RELATIVE_TOLERANCE)
    theirs, ours = engine.arrow("invariance").to_pandas(), connection.table("invariance").df()
    figures = ["n_from", "n_to", *FITS]
    np.testing.assert_allclose(theirs[figures], ours[figures], rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE)
    assert theirs[["holds", "biased_items"]].to_dict() == ours[["holds", "biased_items"]].to_dict()
    graded = connection.table("evidence").to_arrow_table().to_pylist()
    same_rows(engine.arrow("evidence").to_pylist(), graded)
    assert {row["rule"]: row["fired"] for row in graded}["not-invariant"] is not None  # from items by arm


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
