"""How often the 95 % intervals of survey estimates hold the truth, by samples drawn again from a known population.

`python -m benchmarks.coverage_surveys [--samples 2000] [--seed 1]` draws places, then people within them, from two
strata of a population of 4,800 people whose true figures are known; computes estimates through a declared programme,
and prints how often their intervals held the truth: with both corrections for finite populations, with none, and
weighted to margins by raking and post-stratification. Exits 1 where one of `ASKED` is outside 93 to
97 %. `coverage` is what the tests run on fewer samples.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.methods.made_programme import computed, declare, estimates, field, store

LOW, HIGH = 0.93, 0.97
PLACES, PEOPLE, INTERVIEWED = 60, 40, 10  # a stratum's places, a place's people, and how many are asked in one
STRATA = {"plain": (40.0, 12), "hill": (60.0, 8)}  # level, places drawn
AGES = {"young": -6.0, "middle": 0.0, "old": 8.0}
TWO_STAGES = {"weight": "weight", "stratum": "stratum", "psu": "place", "fpc": "places", "fpc_within": "people"}
CASES: dict[str, tuple[dict[str, str], dict[str, Any] | None]] = {
    "two stages": (TWO_STAGES, None),
    "no correction": ({name: TWO_STAGES[name] for name in ("weight", "stratum", "psu")}, None),
    "raked": (TWO_STAGES, {"method": "raking", "margins": ["age", "sex"]}),
    "post-stratified": (TWO_STAGES, {"method": "post-stratification", "margins": ["age-sex"]}),
}
ASKED = tuple(name for name in CASES if name != "no correction")  # which is wider on purpose
COMPARED = {"by": ["sex"], "compare": {"by": "sex", "reference": "m"}}
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "mean", "value": "amount"} | COMPARED,
    {"indicator": "share", "value": "amount > 60"},
    {"indicator": "ratio", "estimator": "ratio", "value": "amount", "base": "rooms"},
    {"indicator": "total", "estimator": "total", "value": "amount"},
    {"indicator": "median", "estimator": "quantile", "probability": 0.5, "value": "amount"},
    {"indicator": "gini", "estimator": "gini", "value": "amount"},
    {"indicator": "change", "estimator": "change", "value": "amount", "waves": {"from": "before", "to": "after"}},
]


def population(draw: np.random.Generator) -> pd.DataFrame:
    """Two strata of places of different levels at two waves; people of a place are alike, older ones have more."""
    frames = []
    for stratum, (level, _) in STRATA.items():
        place = np.repeat(np.arange(PLACES), PEOPLE)
        age, sex = draw.choice(list(AGES), len(place), p=[0.3, 0.45, 0.25]), draw.choice(["f", "m"], len(place))
        lasting = level + draw.normal(0, 5, PLACES)[place] + draw.normal(0, 8, len(place))
        lasting += pd.Series(age).map(AGES).to_numpy() + 3 * (sex == "f")
        told = {"stratum": stratum, "place": [f"{stratum}{p}" for p in place], "age": age, "sex": sex,
                "rooms": draw.integers(1, 6, len(place)).astype(float)}  # fmt: skip
        for wave, drift in (("before", 0.0), ("after", 4.0)):
            shock = draw.normal(drift, 3, PLACES)[place] + draw.normal(0, 6, len(place))
            frames.append(pd.DataFrame(told | {"wave": wave, "person": np.arange(len(place)),
                                               "amount": np.maximum(lasting + shock, 1.0)}))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def sample(everybody: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Some places of each stratum, ten people in each at both waves; the weight undoes the unequal chances."""
    kept = []
    for stratum, (_, places) in STRATA.items():
        frame = everybody[everybody["stratum"] == stratum]
        for place in draw.choice(frame["place"].unique(), places, replace=False):
            here = frame[frame["place"] == place]
            people = draw.choice(here["person"].unique(), INTERVIEWED, replace=False)
            asked = here[here["person"].isin(people)]
            kept.append(asked.assign(weight=PLACES / places * PEOPLE / INTERVIEWED))
    return pd.concat(kept, ignore_index=True)


def gini(amounts: pd.Series) -> float:
    """Half the mean difference of two people over the mean."""
    ranked = np.sort(amounts.to_numpy())
    return float(2 * np.arange(1, len(ranked) + 1) @ ranked / (len(ranked) * ranked.sum()) - 1 - 1 / len(ranked))


def true_figures(everybody: pd.DataFrame) -> dict[str, float]:
    """Of the whole population after; `contrast` is women less men."""
    after = everybody[everybody["wave"] == "after"]
    amounts = after["amount"]
    means, levels = after.groupby("sex")["amount"].mean(), everybody.groupby("wave")["amount"].mean()
    return {
        "mean": amounts.mean(), "share": (amounts > 60).mean(), "ratio": amounts.sum() / after["rooms"].sum(),
        "total": amounts.sum(), "median": np.sort(amounts)[(len(amounts) - 1) // 2], "gini": gini(amounts),
        "change": levels["after"] - levels["before"], "contrast": means["f"] - means["m"],
    }  # fmt: skip


def coverage(case: str, samples: int, seed: int, folder: Path) -> dict[str, float]:
    """Share of `samples` samples whose interval holds the true figure, by indicator; `deff` is the mean's."""
    draw = np.random.default_rng([seed, list(CASES).index(case)])
    everybody = population(draw)
    names = [f"s{n:04d}" for n in range(samples)]
    schemas = declare(
        folder / "schemas", _instrument(*CASES[case]), INDICATORS, initiatives=names, margins=list(_margins(everybody))
    )
    frames = [
        ({"submission": name, "initiative": name},
         drawn.assign(unit=drawn["stratum"] + drawn["person"].astype(str), places=float(PLACES), people=float(PEOPLE)))
        for name in names for drawn in [sample(everybody, draw)]
    ]  # fmt: skip
    connection = computed(schemas, store(folder, schemas, frames))
    found = estimates(connection).xs(("after", "all"), level=("wave", "dimension"))
    truth = true_figures(everybody)
    held = {}
    for name in (indicator["indicator"] for indicator in INDICATORS):
        ours = found.loc[name]
        if len(ours) != samples or ours["low"].isna().any():
            raise SystemExit(f"{name}: a sample without interval")
        held[name] = float(((ours["low"] <= truth[name]) & (truth[name] <= ours["high"])).mean())
    contrast = connection.sql("select low, high from contrast where wave = 'after'").df()
    held["contrast"] = float(((contrast["low"] <= truth["contrast"]) & (truth["contrast"] <= contrast["high"])).mean())
    return held | {"deff": float(found.loc["mean", "deff"].mean())}


def _instrument(design: dict[str, str], weighting: dict[str, Any] | None) -> dict[str, Any]:
    texts = [field(name, "text", required=True) for name in ("unit", "wave", "stratum", "place", "age", "sex")]
    numbers = [field(name, required=True) for name in ("weight", "places", "people", "rooms", "amount")]
    told = {} if weighting is None else {"weighting": weighting}
    return {"instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit", "wave"],
            "design": design, "fields": [*texts, *numbers]} | told  # fmt: skip


def _margins(everybody: pd.DataFrame) -> Iterator[dict[str, Any]]:
    after = everybody[everybody["wave"] == "after"]
    known = {"source": {"citation": "The whole population"}, "date": "2026-01-01"}
    for name in ("age", "sex"):
        totals = {str(k): float(n) for k, n in after[name].value_counts().sort_index().items()}
        yield {"margin": name, "dimension": name, "totals": totals} | known
    crossed = {age: {sex: float(n) for sex, n in of.value_counts().sort_index().items()}
               for age, of in after.groupby("age")["sex"]}  # fmt: skip
    yield {"margin": "age-sex", "dimension": ["age", "sex"], "totals": crossed} | known


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--samples", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    found = {}
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            found[case] = coverage(case, options.samples, options.seed, Path(folder))
    figures = [name for name in found["raked"] if name != "deff"]
    print("| figure | " + " | ".join(CASES) + " |")
    print("|---" * (len(CASES) + 1) + "|")
    for name in figures:
        print(f"| {name} | " + " | ".join(f"{found[case][name]:.1%}" for case in CASES) + " |")
    asked = [found[case][name] for case in ASKED for name in figures]
    sys.exit(0 if all(LOW <= share <= HIGH for share in asked) else 1)


if __name__ == "__main__":
    main()
