"""A published randomised experiment (JOBS II, 899 people), with the declarations of `examples/jobs2`: the arm is the
stratum, so that each arm is a simple random sample. Skips where the file is absent."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tests.methods.made_programme import STATUSES, computed, estimates

from impact_pipeline.declarations import load_schemas
from impact_pipeline.methods import Source
from impact_pipeline.renderings.columns import column_types

ROOT = Path(__file__).parents[2]
FILE = ROOT.parent / "shared" / "data" / "jobs2" / "jobs.csv"
PRINTED = 5e-7  # the figures are known to six decimals
FIGURES = {
    ("reemployment", "1"): (600, 0.345000, 0.019423),
    ("reemployment", "0"): (299, 0.287625, 0.026222),
    ("change-depressive-symptoms", "1"): (600, -0.139833, 0.026646),
    ("change-depressive-symptoms", "0"): (299, -0.106153, 0.037840),
}


@pytest.mark.skipif(not FILE.is_file(), reason="needs ../shared/data/jobs2/jobs.csv")
def test_means_and_shares_by_arm(tmp_path: Path) -> None:
    schemas = load_schemas(ROOT / "examples" / "jobs2" / "schemas")
    instrument = schemas.instrument("jobs2-participants")
    columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in column_types(instrument).items())
    records, statuses = tmp_path / "records.parquet", tmp_path / "statuses.parquet"
    with duckdb.connect() as connection:
        told = f"select row_number() over () + 1 as row, {columns} from read_csv('{FILE}', all_varchar = true)"
        connection.execute(f"copy ({told}) to '{records}' (format parquet)").fetchall()
    STATUSES.to_parquet(statuses)
    source = Source("s1", instrument, "jobs2", "team", "1995", str(records), str(statuses))
    found = estimates(computed(schemas, [source]))
    for (indicator, arm), (n, value, se) in FIGURES.items():
        ours = found.loc[(indicator, "jobs2", "1995", "treat", arm)]
        assert ours["n"] == n
        assert ours["value"] == pytest.approx(value, abs=PRINTED)
        assert ours["se"] == pytest.approx(se, abs=PRINTED)
