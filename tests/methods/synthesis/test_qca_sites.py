"""Fuzzy-set QCA of made sites gives what base R gives by other routes (`tests/reference/qca_sites.R`, R 4.2.2)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from impact_pipeline.methods.synthesis.qca.analysis import Analysis, analyse
from impact_pipeline.methods.synthesis.qca.calibration import Anchors, calibrate
from impact_pipeline.methods.synthesis.qca.measures import Necessity, Sufficiency

REFERENCE = Path(__file__).parents[2] / "reference"
RELATIVE_TOLERANCE = 1e-9
SAMPLE = pd.read_csv(REFERENCE / "qca_sites.csv").set_index("site")
FIGURES = pd.read_csv(REFERENCE / "qca_sites_figures.csv").set_index(["kind", "name", "figure"])["value"]
ANCHORS = {
    "people": (5, 20, 60), "money": (1000, 4000, 20000), "time": (1, 4, 9),
    "distance": (40, 15, 3),  # the nearer, the more in
    "success": (10, 50, 85),
}  # fmt: skip
EXPECTED = {"people": True, "money": True, "time": False, "distance": True}
SOLUTIONS = ("complex", "parsimonious", "intermediate")

Told = dict[tuple[str, str], float | None]


@pytest.fixture(scope="module")
def sets() -> pd.DataFrame:
    """Membership of each site in each set."""
    return pd.DataFrame({
        name: calibrate(SAMPLE[name].to_numpy(float), Anchors(*anchors, "made up")) for name, anchors in ANCHORS.items()
    }, index=SAMPLE.index)  # fmt: skip


@pytest.fixture(scope="module")
def found(sets: pd.DataFrame) -> Analysis:
    conditions = {name: sets[name].to_numpy() for name in EXPECTED}
    return analyse(conditions, sets["success"].to_numpy(), list(sets.index), expectations=EXPECTED)


def same(ours: Told, kind: str) -> None:
    """All that R tells of a kind, and nothing else."""
    expected = FIGURES.loc[kind].to_dict()
    assert ours.keys() == expected.keys()
    assert ours == pytest.approx(expected, rel=RELATIVE_TOLERANCE, abs=1e-12)


def fit(name: str, told: Sufficiency) -> Told:
    return {(name, "consistency"): told.consistency, (name, "pri"): told.pri, (name, "coverage"): told.coverage}


def need(name: str, told: Necessity) -> Told:
    return {(name, "consistency"): told.consistency, (name, "relevance"): told.relevance,
            (name, "coverage"): told.coverage}  # fmt: skip


def test_memberships_by_the_direct_method(sets: pd.DataFrame) -> None:
    same({(name, site): value for name in sets for site, value in sets[name].items()}, "membership")


def test_necessary_conditions_and_their_relevance(found: Analysis) -> None:
    told: Told = {}
    for name, necessity in found.necessary.items():
        told |= need(name, necessity)
    same(told, "necessary")


def test_the_truth_table(found: Analysis) -> None:
    told: Told = {}
    for row in found.table:
        pairs = zip(found.conditions, row.combination, strict=True)
        name = "*".join(condition if present else f"~{condition}" for condition, present in pairs)
        fitted = {(name, "consistency"): row.consistency, (name, "pri"): row.pri}
        told |= fitted | {(name, "cases"): len(row.cases)}
    same(told, "row")


@pytest.mark.parametrize("kind", SOLUTIONS)
def test_solutions_with_raw_and_unique_coverage(found: Analysis, kind: str) -> None:
    (solution,) = getattr(found, kind)
    told = fit("whole", solution.fit)
    for term in solution.terms:
        told |= fit(term.text, term.fit) | {(term.text, "unique"): term.unique}
    same(told, kind)


def test_the_three_solutions_differ() -> None:
    terms = [set(FIGURES.loc[kind].index.get_level_values(0)) for kind in SOLUTIONS]
    assert len({frozenset(told) for told in terms}) == len(SOLUTIONS)
