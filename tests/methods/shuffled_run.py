"""One computation of one made programme, in a process of its own, for `test_shuffled` to compare with others.

`python -m tests.methods.shuffled_run ENGINE FOLDER [THREADS ROWS FILES]...` writes, for each triple, the Parquet of all
that `compute` and `compute_studies` leave, below FOLDER/THREADS-ROWS-FILES. ENGINE is `duckdb` or Spark's master; ROWS
seeds the order of rows within files (0: as they are); FILES that of the files, as far as their order says nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tests.methods import test_against_r_survey as drawn
from tests.methods import test_small_area_declared as areas
from tests.methods.made_programme import declare, field, store
from tests.methods.measures.test_reliability_table import scale
from tests.methods.studies.made_study import STUDY, outcome

from impact_pipeline.declarations import Schemas
from impact_pipeline.methods import Source
from impact_pipeline.methods.indices import index_scores
from impact_pipeline.methods.studies import Plan
from impact_pipeline.pipeline.building import COUNTED, KEPT
from impact_pipeline.pipeline.measuring import measure

TABLES = (*KEPT, *COUNTED)
SCORED = "index_score"  # of the estimates of each run
ROW_GROUP = 150  # rows that DuckDB gives to a thread at once
DECLARED = datetime(2026, 1, 1, tzinfo=UTC)
ITEMS = ["q1", "q2", "q3", "q4", "q5", "q6"]
ANSWERED = ["before", "after"]
WAVES = ["w0", "w1", "w2", "w3"]
SHARED = {"by": ["group", "age"], "initiatives": ["survey"]}
COMPARED = SHARED | {"compare": {"by": "group", "reference": "a"}}
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "mean", "value": "y / 3"} | COMPARED,
    {"indicator": "share", "value": "y > 30", "interval": "wilson"} | COMPARED,
    {"indicator": "ratio", "estimator": "ratio", "value": "y / 7", "base": "x"} | COMPARED,
    {"indicator": "total", "estimator": "total", "value": "y * 0.1"} | SHARED,
    {"indicator": "change", "estimator": "change", "value": "y / 3",
     "waves": {"from": "before", "to": "after"}} | SHARED,
    {"indicator": "score", "value": "six_score"} | SHARED,
    {"indicator": "score-change", "estimator": "change", "value": "six_score",
     "waves": {"from": "before", "to": "after"}} | SHARED,
    {"indicator": "score-rise", "estimator": "reliable-change", "value": "six_score", "reliable": {"way": "rise"},
     "waves": {"from": "before", "to": "after"}} | SHARED,
    {"indicator": "median", "estimator": "quantile", "probability": 0.5, "value": "y / 3"} | SHARED,
    {"indicator": "gini", "estimator": "gini", "value": "y"} | SHARED,
    {"indicator": "poor", "estimator": "poverty-rate", "value": "y", "poverty_line": {"of_median": 0.6}} | SHARED,
    {"indicator": "gap", "estimator": "poverty-gap", "value": "y", "poverty_line": {"amount": 12.5}} | SHARED,
    {"indicator": "quintiles", "estimator": "quintile-ratio", "value": "y"} | SHARED,
    {"indicator": "standard", "estimator": "standardised", "value": "y / 3", "by": ["group"], "initiatives": ["survey"],
     "standard": {"by": "age", "shares": {"young": 0.3, "grown": 0.5, "old": 0.2}}},
    *({"indicator": f"of-place-{name}", "value": value, "by": ["place"], "polarity": "higher-is-better",
       "initiatives": ["survey"]} for name, value in (("y", "y / 3"), ("x", "x"), ("score", "six_score"))),
    {"indicator": "unweighted-panel", "value": "y", "by": ["kind"], "initiatives": ["panel"]},
]  # fmt: skip
MARGINS: list[dict[str, Any]] = [
    {"margin": name, "dimension": name, "totals": totals, "source": {"citation": "A census"}, "date": "2023-01-01",
     "initiatives": ["survey"]}
    for name, totals in {"sex": {"f": 51234.0, "m": 48766.0},
                         "age": {"young": 27411.5, "grown": 50313.25, "old": 22275.25}}.items()
]  # fmt: skip
DEPRIVATIONS: list[dict[str, Any]] = [
    {"deprivation": "lack", "instrument": "panel", "unit": "points", "theme": "measure", "label": "Lack",
     "frameworks": {"oecd": "jobs", "sdg": "1.2"}, "cutoff": "1/3", "other_cutoffs": ["2/3"], "by": ["group"],
     "initiatives": ["survey"], "domains": [
        {"name": "means", "label": "Means", "items": [
            {"name": "low-y", "label": "Low y", "deprived": "y < 20"},
            {"name": "low-x", "label": "Low x", "deprived": "x < 5"}]},
        {"name": "mind", "label": "Mind", "items": [
            {"name": "low-score", "label": "Low score", "deprived": "six_score < 18"}]}]},
]  # fmt: skip
INDICES: list[dict[str, Any]] = [
    {"index": "places", "initiative": "survey", "by": "place", "label": "Places", "samples": 50, "domains": [
        {"name": "one", "label": "One", "indicators": ["of-place-y", "of-place-x"]},
        {"name": "two", "label": "Two", "weight": 2, "indicators": ["of-place-score"]}]},
]  # fmt: skip
TWO_STAGES = drawn.DESIGNS["stratified_clustered_fpc"]
REPLICATED = drawn.DESIGNS["stratified_clustered"] | {"errors": {"method": "bootstrap", "replicates": 50, "seed": 7}}
OTHERS: dict[str, dict[str, Any]] = {  # samples drawn otherwise, none of them weighted to margins
    "two-stages": drawn.instrument(TWO_STAGES), "replicated": drawn.instrument(REPLICATED), "of-areas": areas.FORM,
}  # fmt: skip
BY_GROUP = {"by": ["group"], "compare": {"by": "group", "reference": "odd"}}
INDICATORS_OF_OTHERS: dict[str, list[dict[str, Any]]] = {
    "two-stages": [
        {"indicator": "two-mean", "value": "y / 7"} | BY_GROUP,
        {"indicator": "two-share", "value": "employed = 1", "by": ["group"],
         "compare": {"by": "group", "reference": "odd", "test": "rao-scott"}},
        {"indicator": "two-change", "estimator": "change", "value": "y", "by": ["group"],
         "waves": {"from": "before", "to": "after"}},
        {"indicator": "two-median", "estimator": "quantile", "probability": 0.5, "value": "y", "by": ["group"]},
        {"indicator": "two-imputed", "value": "y", "by": ["group"],
         "imputation": {"predictors": ["x", "employed = 1"], "draws": 60, "seed": 11}},
    ],
    "replicated": [
        {"indicator": "replicated-mean", "value": "y / 7"} | BY_GROUP,
        {"indicator": "replicated-ratio", "estimator": "ratio", "value": "y", "base": "x"} | BY_GROUP,
    ],
    "of-areas": [areas.small_area("of-area-own"), areas.small_area("of-area-smoothed", variances="smoothed")],
}  # fmt: skip
FOLLOWED = {"baseline": "w0", "follow_up": "w1"}
BEFORE_TOO = {"pre": ["w0", "w1"], "baseline": "w2", "follow_up": "w3"}
OUTCOMES = [
    outcome(role="primary"), outcome("z", value="x + y / 3"), outcome("s", value="six_score", unit="points"),
]  # fmt: skip
MODERATORS = [
    {"name": "kind", "label": "Kind", "expression": "kind", "expected": "larger"},
    {"name": "covariate", "label": "Covariate", "expression": "covariate"},
]
STUDIES: list[dict[str, Any]] = [
    STUDY | {"outcomes": OUTCOMES[:1], "waves": FOLLOWED} | told for told in [
        {"study": "cluster-trial", "design": "cluster-randomised", "treatment": "drawn = true", "cluster": "psu",
         "assignment": {"mechanism": "random", "level": "cluster"}, "moderators": MODERATORS, "outcomes": OUTCOMES,
         "estimators": ["cluster_means", "mixed_model", "ancova", "lin", "difference_in_means"]},
        {"study": "blocks", "design": "randomised", "treatment": "offer = true", "covariates": ["covariate"],
         "assignment": {"mechanism": "random", "blocks": "stratum"}, "moderators": MODERATORS, "weighted": True,
         "estimators": ["ancova", "lin", "difference_in_means"]},
        {"study": "differences", "design": "difference-in-differences", "treatment": "drawn = true", "cluster": "psu",
         "assignment": {"mechanism": "administrative"}, "waves": BEFORE_TOO, "moderators": MODERATORS,
         "estimators": ["difference_in_differences", "event_study"]},
        {"study": "sections", "design": "difference-in-differences", "treatment": "drawn = true", "cluster": "psu",
         "assignment": {"mechanism": "administrative"}, "follows": "new-units"},
        {"study": "staggered", "design": "staggered", "treatment": "start is not null",
         "assignment": {"mechanism": "administrative", "first_treated": "start"},
         "waves": {"baseline": "w0", "follow_up": ["w1", "w2", "w3"]},
         "estimators": ["callaway_santanna", "sun_abraham", "imputation"]},
        {"study": "matched", "design": "matching", "treatment": "arm = true", "assignment": {"mechanism": "self"},
         "covariates": ["covariate", "score"], "moderators": MODERATORS,
         "matching": {"within": "kind", "cut_points": {"score": [-0.5, 0, 0.5]}}},
        {"study": "weighted", "design": "weighting", "treatment": "arm = true", "assignment": {"mechanism": "self"},
         "covariates": ["covariate", "score"], "moderators": MODERATORS,
         "estimators": ["entropy_balancing", "inverse_probability", "doubly_robust"]},
        {"study": "threshold", "design": "regression-discontinuity", "treatment": "passed = true",
         "outcomes": [outcome(has_baseline=False)],
         "assignment": {"mechanism": "threshold", "running": "score", "cutoff": 0.1}},
        {"study": "instrument", "design": "instrumental-variable", "treatment": "taken = true", "cluster": "psu",
         "assignment": {"mechanism": "instrument", "instrument": "offer"}},
        {"study": "series", "design": "interrupted-series", "treatment": "arm = true",
         "assignment": {"mechanism": "administrative"}, "outcomes": [outcome(wave="w7")],
         "waves": {"pre": ["w0", "w1", "w2"], "baseline": "w3", "follow_up": ["w4", "w5", "w6", "w7"]}},
        {"study": "alone", "design": "before-after", "treatment": None, "assignment": {"mechanism": "self"},
         "outcomes": [outcome(selection={"population_mean": 30.0, "correlation": 0.6})]},
    ]
]  # fmt: skip


def programme(folder: Path, digits: int = 10) -> Schemas:
    """Every estimator of the indicators and every design of studies on an instrument weighted to margins; two stages,
    replicates, imputation and small areas on others."""
    texts = [field(name, "text") for name in ("sex", "age", "group", "kind", "start", "place")]
    numbers = [field(name) for name in ("y", "x", "covariate", "score")]
    truths = [field(name, "boolean") for name in ("arm", "drawn", "offer", "passed", "taken")]
    items = [field(name, "decimal", range=[1, 5], scale="six") for name in ITEMS]
    instrument = {
        "instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
        "design": {"weight": "weight", "stratum": "stratum", "psu": "psu"},
        "weighting": {"method": "raking", "margins": ["sex", "age"], "trimming": {"multiple": 3}},
        "fields": [*(field(name, "text", required=True) for name in ("unit", "stratum", "psu")),
                   field("wave", "category", codes="wave", required=True), field("weight", required=True),
                   *texts, *numbers, *truths, *items],
    }  # fmt: skip
    codes = {"codelist": "wave", "title": "Wave", "codes": {n: n for n in [*ANSWERED, *(f"w{t}" for t in range(8))]}}
    statistics = {"confidence": 0.95, "single_psu": "adjust", "significant_digits": digits}
    others = [told | {"instrument": name} for name, told in OTHERS.items()]
    of_others = [
        item | {"instrument": name, "initiatives": ["panel"]}
        for name, told in INDICATORS_OF_OTHERS.items() for item in told
    ]  # fmt: skip
    return declare(
        folder, instrument, [*INDICATORS, *of_others], others=others, scales=[scale("six", ITEMS)],
        codelists=[codes], studies=STUDIES, margins=MARGINS, deprivations=DEPRIVATIONS, indices=INDICES,
        initiatives=["panel", "survey"],
        programme={"statistics": statistics},
    )  # fmt: skip


def people(waves: Sequence[str], n: int, seed: int) -> pd.DataFrame:
    """n people at each wave, less those lost or without an answer: long decimals, heavy tails, ties and gaps."""
    draws = np.random.default_rng(seed)
    trait, place = draws.normal(size=n), draws.permutation(n) % 24
    covariate = draws.choice([0.1, 0.2, 0.7, 1 / 3], n)  # tied, so that neighbours are equally near
    offer, score = draws.random(n) < 0.5, draws.uniform(-1, 1, n).round(2)
    person = {
        "unit": [f"u{i:05}" for i in draws.permutation(n)], "stratum": [f"s{p % 4}" for p in place],
        "psu": [f"p{p % 4}-{p // 4}" for p in place],
        "place": [f"place {p % 6}" for p in place], "weight": draws.lognormal(3, 0.4, n),
        "sex": draws.choice(["f", "m"], n), "age": draws.choice(["young", "grown", "old"], n),
        "group": draws.choice(np.array(["a", "b", "c", None], dtype=object), n), "kind": draws.choice(["k", "l"], n),
        "start": np.where(place % 3 == 0, None, np.where(place % 3 == 1, "w1", "w2")), "covariate": covariate,
        "score": score, "arm": draws.random(n) < 0.3 + 0.4 * (covariate > 0.15), "drawn": place % 8 >= 4,
        "offer": offer, "passed": score >= 0.1, "taken": offer & (trait > -0.5),
    }  # fmt: skip
    frames = []
    for t, wave in enumerate(waves):
        bent = trait + 0.1 * t + 0.4 * person["arm"] * (t > 0) + draws.normal(scale=0.4, size=n)
        answers = {
            item: np.clip(np.round(3 + bent + draws.normal(scale=0.8, size=n)), 1, 5)
            * np.where(draws.random(n) < 0.02, np.nan, 1.0)
            for item in ITEMS
        }
        answers["q2"] = 6 - answers["q2"]
        y = np.where(draws.random(n) < 0.04, np.nan, np.exp(3 + 0.5 * bent))
        seen = draws.random(n) > 0.06 * (t > 0)
        frames.append(pd.DataFrame(person | answers | {"wave": wave, "y": y, "x": draws.uniform(0.1, 31, n)})[seen])
    return pd.concat(frames, ignore_index=True)


def files() -> list[tuple[dict[str, Any], pd.DataFrame]]:
    """What was handed in: a survey in two files and a later correction of one, a panel in one file a wave or two."""
    survey = people(ANSWERED, 900, seed=1)
    panel = people([f"w{t}" for t in range(8)], 240, seed=2)
    again = survey.iloc[::9].assign(y=lambda rows: rows["y"] * 1.1)
    told = [
        ({"initiative": "survey", "submission": f"survey-{wave}", "period": "2026"}, survey[survey["wave"] == wave])
        for wave in ANSWERED
    ]
    told += [
        ({"initiative": "panel", "submission": f"panel-{n}", "period": "2026"}, panel[panel["wave"].isin(waves)])
        for n, waves in enumerate([["w0"], ["w1", "w2"], ["w3"], ["w4", "w5", "w6", "w7"]])
    ]
    holes = drawn.sample()
    holes.loc[holes.index[::9], "y"] = np.nan
    for name, frame in (("two-stages", holes), ("replicated", drawn.sample()), ("of-areas", areas.people())):
        told.append(({"instrument": name, "initiative": "panel", "submission": name, "period": "2026"}, frame))
    return [*told, ({"initiative": "survey", "submission": "survey-corrected", "period": "2026"}, again)]


def sources(folder: Path, schemas: Schemas, rows: int, order: int) -> list[Source]:
    """The files stored, in an order of rows and of files; the correction always comes last, for the latest counts."""
    told = [({"instrument": "panel"} | name, frame) for name, frame in files()]
    if rows:
        told = [(name, frame.sample(frac=1, random_state=rows)) for name, frame in told]
    *first, last = store(folder, schemas, told)
    for source in (*first, last):
        pq.write_table(pq.read_table(source.records), source.records, row_group_size=ROW_GROUP)
    places = np.random.default_rng(order).permutation(len(first)) if order else range(len(first))
    return [*(first[place] for place in places), last]


def run(folder: Path, *, master: str | None, threads: int, rows: int, order: int, digits: int = 10) -> None:
    """All tables of one computation, written as they are in the engine's connection afterwards."""
    folder.mkdir(parents=True)
    schemas = programme(folder / "schemas", digits)
    found = sources(folder, schemas, rows, order)
    received = {source.submission: DECLARED + timedelta(days=9) for source in found}
    plans: Mapping[str, Plan] = {name: Plan(DECLARED, received) for name in schemas.studies}
    with duckdb.connect(config={"threads": threads}) as connection:
        measure(connection, schemas, found, TABLES, plans=plans, spark_master=master, scratch=folder / "scratch")
        for table in TABLES:
            pq.write_table(connection.table(table).to_arrow_table(), folder / f"{table}.parquet")
        scored = index_scores(schemas, connection.table("estimate").to_arrow_table().to_pylist())
        pq.write_table(pa.Table.from_pylist(scored), folder / f"{SCORED}.parquet")


if __name__ == "__main__":
    engine, place, *asked = sys.argv[1:]
    for one in asked:
        threads, rows, order = map(int, one.split("-"))
        run(Path(place) / one, master=None if engine == "duckdb" else engine, threads=threads, rows=rows, order=order)
