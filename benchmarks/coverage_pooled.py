"""How often the 95 % intervals of pooled effects hold the truth, by simulation of studies with a known mean effect.

`python -m benchmarks.coverage_pooled [--draws 2000] [--seed 1]` simulates trials of unequal sizes whose true
standardised effects differ between trials (or not), estimates Hedges' g and its variance in each as a reader of their
reports would, and prints how often each interval held the truth: the house's (REML, Hartung-Knapp), the prediction
interval (which is to hold the effect of one more trial), several effects of one trial by the three-level model with
CR2, and the usual interval of DerSimonian and Laird as a warning. Exits 1 where the house's interval, from five
studies on, or the three-level one from ten, is outside 93 to 97 %, or where a search among moderators that do nothing
finds one more often than the declared rate. `coverage` and `coverage_of_nested` are what the tests run on fewer
draws.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from impact_pipeline.methods.synthesis.dependent import three_level
from impact_pipeline.methods.synthesis.effect_sizes import Group, hedges_g
from impact_pipeline.methods.synthesis.moderators import STUDIES_PER_MODERATOR, holm, meta_regression
from impact_pipeline.methods.synthesis.pooling import pool

MEAN = 0.3
STUDIES = (3, 5, 10, 20, 40)
BETWEEN = (0.0, 0.02, 0.08)  # variance of true effects: none, as between like programmes, large
NESTED = (10, 25)
LOW, HIGH = 0.93, 0.97
MODERATORS = (1, 3, 5)
DECLARED_RATE = 0.05
ASKED_FROM = 5  # below it the modified rule is wider on purpose


def trial(draw: np.random.Generator, effect: float) -> tuple[float, float]:
    """Hedges' g of one trial of 20 to 150 people an arm, and its variance, from the sample's means and deviations."""
    n1, n2 = (int(n) for n in draw.integers(20, 151, 2))
    means = draw.normal(effect, 1 / np.sqrt(n1)), draw.normal(0, 1 / np.sqrt(n2))
    deviations = (float(np.sqrt(draw.chisquare(n - 1) / (n - 1))) for n in (n1, n2))
    groups = (Group(float(m), sd, n) for m, sd, n in zip(means, deviations, (n1, n2), strict=True))
    found = hedges_g(*groups)
    return found.value, found.variance


def coverage(studies: int, between: float, draws: int, seed: int) -> dict[str, float]:
    """Share of `draws` syntheses whose interval holds the mean effect (or, for `prediction`, one more true effect)."""
    held = dict.fromkeys(("reml, hartung-knapp", "prediction", "dl, normal"), 0)
    for child in np.random.SeedSequence([seed, studies, round(1000 * between)]).spawn(draws):
        draw = np.random.default_rng(child)
        true = draw.normal(MEAN, np.sqrt(between), studies + 1)
        y, v = np.array([trial(draw, effect) for effect in true[:studies]]).T
        ours, usual = pool(y, v), pool(y, v, method="dl", inference="normal")
        held["reml, hartung-knapp"] += ours.low <= MEAN <= ours.high
        held["prediction"] += ours.prediction_low <= true[studies] <= ours.prediction_high  # type: ignore[operator]
        held["dl, normal"] += usual.low <= MEAN <= usual.high
    return {name: count / draws for name, count in held.items()}


def coverage_of_nested(studies: int, draws: int, seed: int) -> dict[str, float]:
    """The same for one to four effects a study, told of other people each time but alike within a study; and for a
    reader who counts each effect as a study."""
    held = dict.fromkeys(("three-level, CR2", "as so many studies"), 0)
    for child in np.random.SeedSequence([seed, studies, 7]).spawn(draws):
        draw = np.random.default_rng(child)
        names = np.repeat(np.arange(studies), draw.integers(1, 5, studies))
        true = MEAN + draw.normal(0, 0.25, studies)[names] + draw.normal(0, 0.1, len(names))
        y, v = np.array([trial(draw, effect) for effect in true]).T
        if len(set(names)) == len(names):
            continue
        ours, naive = three_level(y, v, [f"{name:03d}" for name in names]), pool(y, v)
        held["three-level, CR2"] += bool(ours.low[0] <= MEAN <= ours.high[0])
        held["as so many studies"] += naive.low <= MEAN <= naive.high
    return {name: count / draws for name, count in held.items()}


def false_findings(moderators: int, between: float, draws: int, seed: int) -> dict[str, float]:
    """Share of `draws` searches in which a moderator that does nothing is found, among `moderators` of them and as many
    studies as the house asks (ten each): adjusted within the family, and, as a warning, not adjusted."""
    held = dict.fromkeys(("adjusted (Holm)", "not adjusted"), 0)
    studies = moderators * STUDIES_PER_MODERATOR
    for child in np.random.SeedSequence([seed, moderators, round(1000 * between)]).spawn(draws):
        draw = np.random.default_rng(child)
        y, v = np.array([trial(draw, effect) for effect in draw.normal(MEAN, np.sqrt(between), studies)]).T
        x = draw.normal(size=(studies, moderators))
        p = meta_regression(y, v, x, [f"m{n}" for n in range(moderators)]).p[1:]
        held["adjusted (Holm)"] += bool((holm(p) < DECLARED_RATE).any())
        held["not adjusted"] += bool((p < DECLARED_RATE).any())
    return {name: count / draws for name, count in held.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    outside = 0
    for studies in STUDIES:
        for between in BETWEEN:
            found = coverage(studies, between, told.draws, told.seed)
            wrong = studies >= ASKED_FROM and not LOW <= found["reml, hartung-knapp"] <= HIGH
            outside += wrong
            line = "  ".join(f"{name} {share:.3f}" for name, share in found.items())
            print(f"{studies:3d} studies, tau2 {between:.2f}:  {line}{'  OUTSIDE' if wrong else ''}", flush=True)
    for studies in NESTED:
        found = coverage_of_nested(studies, told.draws, told.seed)
        wrong = not LOW <= found["three-level, CR2"] <= HIGH
        outside += wrong
        line = "  ".join(f"{name} {share:.3f}" for name, share in found.items())
        print(f"{studies:3d} studies of several effects:  {line}{'  OUTSIDE' if wrong else ''}", flush=True)
    for moderators in MODERATORS:
        for between in BETWEEN:
            found = false_findings(moderators, between, told.draws, told.seed)
            error = 2 * (DECLARED_RATE * (1 - DECLARED_RATE) / told.draws) ** 0.5
            wrong = found["adjusted (Holm)"] > DECLARED_RATE + error
            outside += wrong
            line = "  ".join(f"{name} {share:.3f}" for name, share in found.items())
            print(
                f"{moderators:3d} idle moderators, tau2 {between:.2f}:  {line}{'  OUTSIDE' if wrong else ''}",
                flush=True,
            )
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
