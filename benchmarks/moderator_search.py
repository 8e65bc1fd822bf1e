"""How often a search among declared moderators finds one where the effect is the same for all, by simulation.

`python -m benchmarks.moderator_search [--draws 4000] [--moderators 6] [--seed 1]` simulates trials of units and of
clusters with a true effect that no moderator changes, half of the moderators numbers and half yes or no, two of them
correlated, and prints how often at least one interaction is below 0.05 after the adjustment that we publish
(Benjamini-Hochberg within the outcome's moderators) and, to compare, without it. Under no interaction at all the rate
after adjustment must not exceed 5 %. `false_positives` is what the tests run on fewer draws.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from impact_pipeline.declarations import Study
from impact_pipeline.methods.studies.dispatch import Question
from impact_pipeline.methods.studies.moderation import moderators
from impact_pipeline.methods.studies.units import Units, UnitWaves

LEVEL, EFFECT, PEOPLE = 0.05, 0.4, 240
CLUSTERS = 24


def study(names: list[str], *, clustered: bool) -> Study:
    """A trial whose moderators are declared."""
    text = {"fr": "x", "en": "x"}
    return Study.model_validate({
        "study": "made", "title": text, "question": text, "initiative": "panel", "instrument": "panel",
        "design": "cluster-randomised" if clustered else "randomised", "treatment": "treated", "comparison": text,
        "assignment": {"mechanism": "random", "level": "cluster" if clustered else "unit"},
        "cluster": "place" if clustered else None,
        "outcomes": [{"name": "y", "label": text, "value": "y", "polarity": "higher-is-better", "has_baseline": False}],
        "moderators": [{"name": name, "label": text, "expression": f"m{n}"} for n, name in enumerate(names)],
    })  # fmt: skip


def units(draw: np.random.Generator, names: list[str], *, clustered: bool) -> Units:
    """Half treated, the same effect for all; two moderators also go with the outcome, which is no interaction."""
    places = draw.integers(0, CLUSTERS, PEOPLE)
    arm = draw.permutation(np.arange(CLUSTERS) < CLUSTERS // 2)
    treated = arm[places] if clustered else draw.permutation(np.arange(PEOPLE) < PEOPLE // 2)
    told = draw.normal(size=(len(names), PEOPLE))
    told[1] = 0.6 * told[0] + 0.8 * told[1]
    told[::2] = told[::2] > 0
    y = EFFECT * treated + 0.5 * told[0] + 0.3 * told[1] + draw.normal(size=PEOPLE)
    y += 0.4 * draw.normal(size=CLUSTERS)[places] if clustered else 0.0
    return Units(
        outcome=y, baseline=None, treated=treated.astype(np.float64), covariates=np.zeros((PEOPLE, 0)),
        clusters=np.unique(places, return_inverse=True)[1].astype(np.int64) if clustered else None, blocks=None,
        weights=None, running=None, instrument=None, within=None, moderators=dict(zip(names, told, strict=True)),
        seen=np.ones((PEOPLE, 2), dtype=np.bool_), labels=np.full((PEOPLE, 3), None),
    )  # fmt: skip


def false_positives(draws: int, number: int, seed: int, *, clustered: bool) -> tuple[float, float]:
    """Shares of trials with at least one interaction below the level: after the adjustment, and without it."""
    names = [f"m{n}" for n in range(number)]
    declared = study(names, clustered=clustered)
    after = before = 0
    for child in np.random.SeedSequence([seed, number, clustered]).spawn(draws):
        sample = units(np.random.default_rng(child), names, clustered=clustered)
        question = Question(declared, declared.outcomes[0], "", sample, sample, _no_waves, 0.95)
        rows = [row for row in moderators(question, "difference_in_means") if row.kind == "interaction"]
        after += any(row.p_adjusted is not None and row.p_adjusted < LEVEL for row in rows)
        before += any(row.p is not None and row.p < LEVEL for row in rows)
    return after / draws, before / draws


def _no_waves() -> UnitWaves:
    raise RuntimeError("a trial with one row a unit has no waves")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--draws", type=int, default=4_000)
    arguments.add_argument("--moderators", type=int, default=6)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    print(f"{options.moderators} moderators, {options.draws:,} trials of {PEOPLE} people, level {LEVEL:.0%}")
    rates = []
    for clustered in (False, True):
        after, before = false_positives(options.draws, options.moderators, options.seed, clustered=clustered)
        rates.append(after)
        print(f"{'clusters' if clustered else 'units':<10} adjusted {after:.1%}   unadjusted {before:.1%}")
    error = (LEVEL * (1 - LEVEL) / options.draws) ** 0.5
    sys.exit(0 if all(rate <= LEVEL + 2 * error for rate in rates) else 1)


if __name__ == "__main__":
    main()
