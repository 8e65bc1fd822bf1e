"""Fuzzy-set QCA gives the published results: calibration of Ragin (2008), survival of democracy between the wars.

Memberships of eighteen countries are those of Ragin (2009, in Rihoux & Ragin, Configurational Comparative Methods,
ch. 5, after Lipset 1959); solutions and fits are what R's package QCA tells of them (its published tests:
minimize(truthTable(LF, outcome = "SURV", incl.cut = 0.7)), complex, include = "?", and dir.exp = "1,1,1,1,1"), to
three digits. R's QCA is not in Debian, so figures are told again to the last digits in base R
(`tests/reference/qca.R`), and minimisation is checked by brute force in test_qca_minimisation.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from impact_pipeline.methods.synthesis.qca.analysis import (
    MANY_CONDITIONS,
    ON_THE_CROSSOVER,
    SKEWED_SET,
    Analysis,
    CutOffs,
    analyse,
)
from impact_pipeline.methods.synthesis.qca.calibration import FROM_THE_SAMPLE, Anchors, calibrate
from impact_pipeline.methods.synthesis.qca.measures import necessity
from impact_pipeline.methods.synthesis.qca.robustness import RawSet, analyse_raw, robustness
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

REFERENCE = Path(__file__).parents[2] / "reference"
FIGURES = pd.read_csv(REFERENCE / "qca_figures.csv")
CALIBRATED = pd.read_csv(REFERENCE / "qca_calibration.csv")
CONDITIONS = ("DEV", "URB", "LIT", "IND", "STB")
COUNTRIES = {
    "AU": (0.81, 0.12, 0.99, 0.73, 0.43, 0.05), "BE": (0.99, 0.89, 0.98, 1.00, 0.98, 0.95),
    "CZ": (0.58, 0.98, 0.98, 0.90, 0.91, 0.89), "EE": (0.16, 0.07, 0.98, 0.01, 0.91, 0.12),
    "FI": (0.58, 0.03, 0.99, 0.08, 0.58, 0.77), "FR": (0.98, 0.03, 0.99, 0.81, 0.95, 0.95),
    "DE": (0.89, 0.79, 0.99, 0.96, 0.31, 0.05), "GR": (0.04, 0.09, 0.13, 0.36, 0.43, 0.06),
    "HU": (0.07, 0.16, 0.88, 0.07, 0.13, 0.42), "IE": (0.72, 0.05, 0.98, 0.01, 0.95, 0.92),
    "IT": (0.34, 0.10, 0.41, 0.47, 0.58, 0.05), "NL": (0.98, 1.00, 0.99, 0.94, 0.99, 0.95),
    "PL": (0.02, 0.17, 0.59, 0.00, 0.00, 0.12), "PT": (0.01, 0.02, 0.01, 0.11, 0.01, 0.05),
    "RO": (0.01, 0.03, 0.17, 0.00, 0.84, 0.21), "ES": (0.03, 0.30, 0.09, 0.21, 0.20, 0.06),
    "SE": (0.95, 0.13, 0.99, 0.67, 0.91, 0.95), "UK": (0.98, 0.99, 0.99, 1.00, 0.98, 0.95),
}  # fmt: skip
FIRST = CutOffs(consistency=0.7, pri=0.0, cases=1)  # those of the published analysis
EXPECTED = dict.fromkeys(CONDITIONS, True)


def lipset(cut_offs: CutOffs = FIRST) -> Analysis:
    table = np.array(list(COUNTRIES.values()))
    sets = dict(zip(CONDITIONS, table[:, :5].T, strict=True))
    return analyse(sets, table[:, 5], list(COUNTRIES), cut_offs=cut_offs, expectations=EXPECTED)


def rounded(*numbers: float | None) -> list[float]:
    return [round(number, 3) for number in numbers if number is not None]


def test_the_complex_solution_of_the_survival_of_democracy() -> None:
    (solution,) = lipset().complex
    told = {t.text: rounded(t.fit.consistency, t.fit.pri, t.fit.coverage, t.unique) for t in solution.terms}
    assert told == {
        "DEV*~URB*LIT*STB": [0.809, 0.761, 0.433, 0.196],
        "DEV*LIT*IND*STB": [0.843, 0.821, 0.622, 0.385],
    }
    assert rounded(solution.fit.consistency, solution.fit.pri, solution.fit.coverage) == [0.871, 0.851, 0.818]
    by_text = {term.text: set(term.cases) for term in solution.terms}
    assert by_text["DEV*~URB*LIT*STB"] == {"FI", "IE", "FR", "SE"}
    assert by_text["DEV*LIT*IND*STB"] == {"FR", "SE", "BE", "CZ", "NL", "UK"}


@pytest.mark.parametrize(("kind", "text"), [("parsimonious", "DEV*STB"), ("intermediate", "DEV*LIT*STB")])
def test_the_shorter_solutions(kind: str, text: str) -> None:
    (solution,) = getattr(lipset(), kind)
    assert solution.text == text
    assert rounded(solution.fit.consistency, solution.fit.pri, solution.fit.coverage) == [0.869, 0.848, 0.824]


@pytest.mark.parametrize("row", list(FIGURES.itertuples()), ids=lambda row: f"{row.kind} {row.term} {row.figure}")
def test_every_figure_is_that_of_r_to_the_last_digits(row: Any) -> None:
    found = lipset()
    if row.kind == "necessary":
        ours = getattr(found.necessary[row.term], row.figure)
    else:
        (solution,) = getattr(found, row.kind)
        terms = {term.text: term for term in solution.terms}
        if row.figure == "unique":
            ours = terms[row.term].unique
        else:
            ours = getattr(terms.get(row.term, solution).fit, row.figure)
    assert ours == pytest.approx(row.value, rel=1e-12)


@pytest.mark.parametrize("name", ["rich", "poor"])
def test_memberships_are_those_of_r(name: str) -> None:
    told = CALIBRATED[CALIBRATED["set"] == name]
    first = told.iloc[0]
    anchors = Anchors(first["exclusion"], first["crossover"], first["inclusion"], "Ragin 2008, ch. 5")
    assert_allclose(calibrate(told["value"].to_numpy(dtype=float), anchors), told["membership"], rtol=1e-12)


def test_a_stricter_cut_off_makes_another_solution() -> None:
    """From the documentation of R's QCA, at incl.cut = 0.8: intersection(pLF, "DEV*STB")."""
    (solution,) = lipset(CutOffs(consistency=0.8, pri=0.0)).parsimonious
    assert solution.text == "DEV*~IND + URB*STB"


def test_necessary_conditions() -> None:
    """From the documentation of R's QCA: pof("LIT, STB, DEV <- SURV") has inclN, RoN, covN."""
    found = lipset().necessary
    told = {name: rounded(found[name].consistency, found[name].relevance, found[name].coverage)
            for name in ("DEV", "LIT", "STB")}  # fmt: skip
    assert told == {"DEV": [0.831, 0.811, 0.775], "LIT": [0.991, 0.509, 0.643], "STB": [0.920, 0.680, 0.707]}
    assert set(found) == {*CONDITIONS, *(f"~{name}" for name in CONDITIONS)}


def test_the_truth_table_has_every_combination_and_every_case_once() -> None:
    found = lipset()
    assert len(found.table) == 32
    assert sorted(case for row in found.table for case in row.cases) == sorted(COUNTRIES)
    assert sum(row.outcome is None for row in found.table) == 32 - 9
    whole = next(row for row in found.table if row.combination == (1, 1, 1, 1, 1))
    assert set(whole.cases) == {"BE", "CZ", "NL", "UK"}
    assert MANY_CONDITIONS in found.cautions  # 32 combinations, 18 cases


def test_pri_and_the_number_of_cases_restrict_what_counts() -> None:
    strict = lipset(CutOffs(consistency=0.8, pri=0.0, cases=3))
    assert [row.combination for row in strict.table if row.outcome] == [(1, 1, 1, 1, 1)]
    with pytest.raises(RefusedSynthesis) as refused:
        lipset(CutOffs(consistency=0.99, pri=0.5))
    assert refused.value.code == "no-sufficient-combination"


DEVELOPED = {  # Ragin 2008, table 5.2: national income per head and membership in the set of developed countries
    40110: 1.00, 34400: 1.00, 25200: 0.98, 24920: 0.98, 20060: 0.95, 17090: 0.92, 15320: 0.89, 13680: 0.85,
    11720: 0.79, 11290: 0.78, 10940: 0.77, 9800: 0.72, 7470: 0.62, 4670: 0.40, 4100: 0.25, 4070: 0.25, 3740: 0.18,
    3690: 0.17, 3590: 0.16, 2980: 0.08, 1000: 0.01, 650: 0.01, 450: 0.00, 110: 0.00,
}  # fmt: skip


def test_ragins_direct_method() -> None:
    found = calibrate(np.array(list(DEVELOPED), dtype=float), Anchors(2500, 5000, 20000, "Ragin 2008, ch. 5"))
    assert_allclose(found, list(DEVELOPED.values()), atol=0.0051)


def test_a_set_of_small_values_turns_the_anchors_round() -> None:
    values = np.array([2.0, 5.0, 9.0])
    up = calibrate(values, Anchors(1, 5, 10, "a norm"))
    down = calibrate(values, Anchors(10, 5, 1, "a norm"))
    assert_allclose(up + down, 1)


def test_relevance_tells_a_trivial_necessity() -> None:
    """A condition that everybody has is necessary for anything, and says nothing."""
    found = necessity(np.full(20, 0.98), np.linspace(0, 0.6, 20))
    assert found.consistency == 1
    assert found.relevance is not None
    assert found.relevance < 0.05


def made(n: int = 24, seed: int = 20260401) -> tuple[dict[str, RawSet], RawSet, list[str]]:
    """Cases whose outcome follows A with B, or C, exactly enough to be found again."""
    rng = np.random.default_rng(seed)
    raw = {name: rng.uniform(0, 10, n) for name in "ABC"}
    strength = np.maximum(np.minimum(raw["A"], raw["B"]), raw["C"]) + rng.normal(0, 0.2, n)
    anchors = Anchors(1, 5.01, 9, "a norm published beforehand")
    return (
        {name: RawSet(values, anchors) for name, values in raw.items()},
        RawSet(strength, anchors),
        [f"site-{place:02d}" for place in range(n)],
    )


def test_a_made_rule_is_found_again_and_bears_other_choices() -> None:
    conditions, outcome, cases = made(60)
    found = analyse_raw(conditions, outcome, cases)
    assert [solution.text for solution in found.parsimonious] == ["A*B + C"]
    told = robustness(conditions, outcome, cases)
    assert told.solution == "A*B + C"
    assert len(told.variants) == 3 * 6 + 6 + 2 + 2 + 1
    assert told.same > 0.8
    assert set(told.terms) == {"A*B", "C"}
    assert told.core > 0.7


def test_chance_bears_other_choices_less_than_a_rule() -> None:
    """Where the outcome is drawn without the conditions a solution may still come out, but other choices leave little
    of it, as they leave most of a rule."""
    cores: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(8):
        conditions, outcome, cases = made(40, seed)
        drawn = replace(outcome, values=np.random.default_rng(100 + seed).uniform(0, 10, 40))
        for ruled, y in ((True, outcome), (False, drawn)):
            try:
                cores[ruled].append(robustness(conditions, y, cases, cut_offs=CutOffs(consistency=0.75)).core)
            except RefusedSynthesis as refused:
                assert (ruled, refused.code) == (False, "no-sufficient-combination")  # noqa: PT017
    assert min(cores[True]) > 0.9
    assert len(cores[False]) == 6  # two draws give no solution at all
    assert np.median(cores[False]) < 0.1


def test_nothing_depends_on_the_order_of_the_cases() -> None:
    conditions, outcome, cases = made()
    order = np.random.default_rng(1).permutation(len(cases))
    turned = {name: replace(raw, values=raw.values[order]) for name, raw in conditions.items()}
    shuffled = analyse_raw(turned, replace(outcome, values=outcome.values[order]), [cases[i] for i in order])
    straight = analyse_raw(conditions, outcome, cases)
    assert [s.text for s in shuffled.complex] == [s.text for s in straight.complex]


def test_anchors_that_are_quantiles_of_the_sample_are_told() -> None:
    conditions, outcome, cases = made()
    low, middle, high = np.quantile(conditions["A"].values, [0.25, 0.5, 0.75])
    suspect = replace(conditions["A"], anchors=Anchors(low, middle, high, "the sample's quartiles"))
    assert FROM_THE_SAMPLE in analyse_raw({**conditions, "A": suspect}, outcome, cases).cautions
    assert FROM_THE_SAMPLE not in analyse_raw(conditions, outcome, cases).cautions


def test_skewed_sets_and_cases_on_the_crossover_are_told() -> None:
    conditions, outcome, cases = made()
    skewed = replace(conditions["B"], values=np.where(np.arange(24) < 22, 8.0, 2.0))
    values = conditions["A"].values.copy()
    values[0] = 5.01
    found = analyse_raw(
        {"A": replace(conditions["A"], values=values), "B": skewed, "C": conditions["C"]}, outcome, cases
    )
    assert {SKEWED_SET, ON_THE_CROSSOVER} <= set(found.cautions)
    assert cases[0] not in [case for row in found.table for case in row.cases]


@pytest.mark.parametrize(
    ("code", "made_wrong"),
    [
        ("too-few-cases", lambda: analyse_raw(*made(11))),
        ("anchors-not-declared", lambda: calibrate(np.ones(3), None)),
        ("anchors-not-declared", lambda: Anchors(1, 2, 3, "  ")),
        ("impossible-anchors", lambda: Anchors(1, 3, 2, "a norm")),
        ("missing-value", lambda: calibrate(np.array([1.0, np.nan]), Anchors(1, 2, 3, "a norm"))),
        ("no-contrast", lambda: analyse({"A": np.r_[np.full(8, 0.9), np.full(8, 0.1)]}, np.full(16, 0.95),
                                        [str(i) for i in range(16)])),
    ],
)  # fmt: skip
def test_what_is_refused(code: str, made_wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RefusedSynthesis) as refused:
        made_wrong()
    assert refused.value.code == code
