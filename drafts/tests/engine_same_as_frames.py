"""Draft: shows that the engine half (drafts/engine) finds what `check_table` finds, on random typed tables.

`.venv/bin/python drafts/tests/engine_same_as_frames.py` from the root prints "same". To become a test of
`tests/validation` once `engine/` stands in `src/impact_pipeline/validation`.
"""

import sys, random, importlib.util

sys.path.insert(0, "tests/validation")
import impact_pipeline.validation as v


def load(name):
    spec = importlib.util.spec_from_file_location("impact_pipeline.validation." + name, f"drafts/engine/{name}.py")
    m = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = m
    spec.loader.exec_module(m)
    return m


et = load("engine_table")
ef = load("engine_faults")
import test_check as t, duckdb, pandas as pd, pyarrow as pa
from impact_pipeline.validation.check import _arrow
from impact_pipeline.renderings.columns import column_types
import tempfile
from pathlib import Path


def engine(table, ins, con):
    width = len(t.FIELDS) + 1
    ex = dict(zip(table.extra["record"], table.extra["text"]))
    tx = pa.table(
        {f"c{i}": pa.array(list(table.text[f]), pa.string()) for i, f in enumerate(t.FIELDS)}
        | {f"c{width - 1}": pa.array([ex.get(r, "") for r in range(len(table.data))], pa.string())}
    )
    con.register("tx", tx)
    con.execute("create table texts as select * from tx").fetchall()
    ty = _arrow(table.data, ins)
    blank = (
        [(table.status.loc[r] == "blank").all() and r not in ex for r in table.data.index]
        if ins.strictness.empty_rows == "refuse"
        else [False] * len(table.data)
    )
    ty = ty.append_column("_record", pa.array(range(len(table.data)), pa.int64())).append_column(
        "_blank", pa.array([bool(b) for b in blank], pa.bool_())
    )
    con.register("ty", ty)
    con.execute("create table typed as select * from ty").fetchall()
    con.execute("create table cells (record bigint, position integer, status varchar, code varchar)").fetchall()
    for r in table.data.index:
        for p, f in enumerate(t.FIELDS):
            s = table.status.at[r, f]
            if s not in ("", "blank"):
                con.execute(
                    "insert into cells values (?,?,?,?)", [int(r), p, s, table.reasons.get((r, f), "")]
                ).fetchall()
    E = et.EngineTable(con, ins, t.SCHEMAS, 2, table.columns, ((width - 1, "Couleur"),), table.findings, {}, {})
    return et.checked_rows(E, *ef.find_faults(E))


def rows(r, d):
    return t.written(r, Path(d))


rng = random.Random(1)


def pick(*a):
    return rng.choice(a)


for k in range(60):
    n = rng.randint(0, 40)
    R = []
    for _ in range(n):
        if rng.random() < 0.1:
            R.append({})
            continue
        R.append(
            t.GOOD
            | dict(
                visitor=pick("AB1%02d" % rng.randint(0, 40), "AB001", "bad", None),
                commune=pick("07019", "07019", None, ("7O19", "invalid-commune")),
                age=pick(None, 5, 20, 111, ("x", "not-a-number"), ("y ", "not-a-number"), "refused"),
                visits=pick(0, 1, 2, None, "unknown"),
                spent=pick(None, 0.0, 7.5, -1.0),
                member=pick(None, True, False),
                sex=pick("f", "zz", None),
            )
        )
    extra = {i: "q%d" % i for i in range(n) if rng.random() < 0.2}
    ins = pick(t.INSTRUMENT, t.STRICT)
    table = t.typed(*R, extra=extra)
    with duckdb.connect() as a, duckdb.connect() as b, tempfile.TemporaryDirectory() as d:
        x = v.check_table(table, ins, t.SCHEMAS, a)
        y = engine(table, ins, b)
        assert (x.rows_in, x.accepted, x.set_aside_rows) == (y.rows_in, y.accepted, y.set_aside_rows)
        assert x.counts == y.counts, (x.counts, y.counts)
        assert list(x.findings) == list(y.findings), [(p, q) for p, q in zip(x.findings, y.findings) if p != q][:2]
        for name in ("records", "statuses", "extra", "set_aside"):
            p, q = rows(getattr(x, name), d), rows(getattr(y, name), d)
            assert p == q, (name, p[:3], q[:3])
print("same")
