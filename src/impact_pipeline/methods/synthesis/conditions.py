"""Conditions of success across studies: rows of the curated table `synthesis_condition`, by fuzzy-set QCA.

A declared question and the effects that answer it come in; rows go out, sorted by their key. A case is a study (an
initiative, for ours); its success is the best prediction of its true effect, so that a small study does not pass for a
success by chance. What cannot be analysed is one row that says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from impact_pipeline.declarations import SynthesisQuestion
from impact_pipeline.declarations.synthesis_question import Conditions, SetAnchors
from impact_pipeline.methods.synthesis.heterogeneity import Floats
from impact_pipeline.methods.synthesis.pooling import pool, shrink
from impact_pipeline.methods.synthesis.qca.analysis import Analysis, CutOffs, Solution
from impact_pipeline.methods.synthesis.qca.calibration import Anchors
from impact_pipeline.methods.synthesis.qca.robustness import Kind, RawSet, Robustness, analyse_raw, robustness
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis
from impact_pipeline.methods.synthesis.study_effects import StudyEffect

Row = dict[str, Any]
KINDS: tuple[Kind, ...] = ("complex", "parsimonious", "intermediate")
FIGURES = ("consistency", "pri", "coverage", "unique_coverage", "relevance", "found_again", "core")
WHOLE = 0  # position of the row that tells a solution as a whole


def conditions(
    question: SynthesisQuestion, effects: Sequence[StudyEffect], confidence: float, digits: int
) -> Iterator[Row]:
    """Rows of one question: necessity of each condition, then each solution and its terms; nothing where it asks for
    none. `found_again`: share of other anchors and cut-offs under which a term, or the whole solution, comes out again;
    `core`: how much of the solution all of them agree on."""
    declared = question.conditions
    if declared is None:
        return
    try:
        cases, success = study_effects(effects, question.correlation, confidence)
        sets, outcome = _raw(declared, effects, cases), RawSet(success, _anchors(declared.success))
        cuts = CutOffs(declared.consistency, declared.pri, declared.cases)
        expected = {s.moderator: s.expected == "present" for s in declared.sets if s.expected != "unknown"} or None
        found = analyse_raw(sets, outcome, cases, cut_offs=cuts, expectations=expected)
        told = {
            kind: robustness(sets, outcome, cases, cut_offs=cuts, expectations=expected, kind=kind)
            for kind in KINDS if getattr(found, kind) is not None
        }  # fmt: skip
    except RefusedSynthesis as refused:
        nothing = dict.fromkeys((*FIGURES, "expression", "cases"))
        yield nothing | {
            "question": question.synthesis, "kind": "none", "solution": 0, "position": WHOLE,
            "studies": len({(effect.source, effect.study) for effect in effects}), "cautions": "",
            "status": "refused", "reason": refused.code,
        }  # fmt: skip
        return
    for row in (*_necessary(found), *_solutions(found, told)):
        numbers = {name: _rounded(row.get(name), digits) for name in FIGURES}
        yield row | numbers | {
            "question": question.synthesis, "studies": len(cases), "cautions": " ".join(sorted(set(found.cautions))),
            "status": "published", "reason": None,
        }  # fmt: skip


def study_effects(effects: Sequence[StudyEffect], correlation: float, confidence: float) -> tuple[list[str], Floats]:
    """Cases, and the best prediction (n,) of each one's true effect.

    Effects of one study are averaged, each as much as the others, with the variance that their declared correlation
    gives; studies are then pooled and drawn to the mean the more the less they are known. Raises RefusedSynthesis.
    """
    cases, y, v = [], [], []
    ordered = sorted(effects, key=lambda effect: effect.order)
    for (source, study), group in groupby(ordered, key=lambda effect: (effect.source, effect.study)):
        of_study = list(group)
        errors = np.array([effect.se for effect in of_study])
        shared = correlation * np.outer(errors, errors) + (1 - correlation) * np.diag(errors**2)
        cases.append(f"{source} {study}")
        y.append(float(np.mean([effect.effect for effect in of_study])))
        v.append(float(shared.mean()))
    means, variances = np.array(y), np.array(v)
    return cases, shrink(means, variances, pool(means, variances, confidence=confidence)).effect


def _raw(declared: Conditions, effects: Sequence[StudyEffect], cases: Sequence[str]) -> dict[str, RawSet]:
    """Values of each condition by case: the mean over a study's effects."""
    found = {}
    for item in declared.sets:
        values: dict[str, list[float]] = {case: [] for case in cases}
        for effect in effects:
            values[f"{effect.source} {effect.study}"].append(effect.moderators.get(item.moderator, np.nan))
        found[item.moderator] = RawSet(np.array([np.mean(values[case]) for case in cases]), _anchors(item))
    return found


def _anchors(declared: SetAnchors) -> Anchors:
    return Anchors(declared.exclusion, declared.crossover, declared.inclusion, declared.source.en)


def _necessary(found: Analysis) -> Iterator[Row]:
    for nth, (name, fit) in enumerate(found.necessary.items(), start=1):
        yield {
            "kind": "necessary", "solution": 0, "position": nth, "expression": name, "consistency": fit.consistency,
            "coverage": fit.coverage, "relevance": fit.relevance, "cases": None,
        }  # fmt: skip


def _solutions(found: Analysis, told: dict[Kind, Robustness]) -> Iterator[Row]:
    for kind, bears in told.items():
        solutions: tuple[Solution, ...] = getattr(found, kind)
        for nth, solution in enumerate(solutions, start=1):
            followed = bears if nth == 1 else None  # the first of those that tie
            whole = {"found_again": followed.same, "core": followed.core} if followed is not None else {}
            yield whole | {
                "kind": kind, "solution": nth, "position": WHOLE, "expression": solution.text,
                "consistency": solution.fit.consistency, "pri": solution.fit.pri, "coverage": solution.fit.coverage,
                "cases": None,
            }  # fmt: skip
            for place, term in enumerate(solution.terms, start=1):
                yield {
                    "kind": kind, "solution": nth, "position": place, "expression": term.text,
                    "consistency": term.fit.consistency, "pri": term.fit.pri, "coverage": term.fit.coverage,
                    "unique_coverage": term.unique, "cases": len(term.cases),
                    "found_again": followed.terms[term.text] if followed is not None else None,
                }  # fmt: skip


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else float(f"{float(value):.{digits}g}")
