"""From published estimates to the conditions of success that a programme declares, by fuzzy-set QCA.

Rows of the curated table `estimate`, protected, come in; rows of `condition` go out, sorted. A site without a published
figure of each indicator is left out and counted; below twelve sites nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from impact_pipeline.declarations import ConditionAnalysis, Schemas
from impact_pipeline.declarations.condition import FuzzySet
from impact_pipeline.methods.synthesis.qca.analysis import Analysis, CutOffs, Solution
from impact_pipeline.methods.synthesis.qca.calibration import Anchors
from impact_pipeline.methods.synthesis.qca.robustness import Kind, RawSet, analyse_raw, robustness
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

Row = Mapping[str, Any]
NECESSARY = 0.9  # consistency from which a condition is called necessary (Schneider & Wagemann 2012)
KINDS: tuple[Kind, ...] = ("complex", "intermediate", "parsimonious")
FIGURES = ("consistency", "pri", "coverage", "unique_coverage", "relevance", "cases", "robust")
MISSING = "(missing)"


def conditions(schemas: Schemas, estimates: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of `condition`: necessary conditions, then each solution with its combinations, or why there is none."""
    found = []
    for _, item in sorted(schemas.conditions.items()):
        found += [row | {"position": place} for place, row in enumerate(_of(item, schemas, estimates), start=1)]
    return found


def _of(item: ConditionAnalysis, schemas: Schemas, estimates: Sequence[Row]) -> Iterator[dict[str, Any]]:
    sets = {told.name: _values(told, item, schemas, estimates) for told in (item.outcome, *item.conditions)}
    everyone = sorted(set().union(*sets.values()) - {MISSING})
    sites = [site for site in everyone if all(site in values for values in sets.values())]
    bare = {
        "condition": item.condition, "question_fr": item.question.fr, "question_en": item.question.en,
        "initiative": item.initiative, "dimension": item.by, "outcome": item.outcome.indicator, "sites": len(sites),
        "sites_left_out": len(everyone) - len(sites), "kind": "none", "term": "", "is_solution": False,
        **dict.fromkeys(FIGURES), "cautions": "",
    }  # fmt: skip
    raw = {
        told.name: RawSet(np.array([sets[told.name][site] for site in sites], dtype=np.float64), _anchors(told))
        for told in (item.outcome, *item.conditions)
    }
    outcome = raw.pop(item.outcome.name)
    cut_offs = CutOffs(item.consistency, item.pri, item.cases)
    expectations = {told.name: told.expected for told in item.conditions if told.expected is not None} or None
    digits = schemas.programme.statistics.significant_digits
    try:
        found = analyse_raw(raw, outcome, sites, cut_offs=cut_offs, expectations=expectations)
        rows = list(_rows(found))
        told_by = {row["kind"] for row in rows} & set(KINDS)
        borne = {
            kind: robustness(raw, outcome, sites, cut_offs=cut_offs, expectations=expectations, kind=kind)
            for kind in KINDS
            if kind in told_by
        }
    except RefusedSynthesis as refused:
        yield bare | {"status": "refused", "reason": refused.code}
        return
    cautions = " ".join(found.cautions)
    for row in rows:
        if row["kind"] in borne:
            other = borne[row["kind"]]
            row["robust"] = other.same if row.get("is_solution") else other.terms.get(row["term"])
        told = {name: _rounded(value, digits) for name, value in row.items()}
        yield bare | told | {"cautions": cautions, "status": "published", "reason": None}


def _rows(found: Analysis) -> Iterator[dict[str, Any]]:
    for name, told in sorted(found.necessary.items()):
        if told.consistency is not None and told.consistency >= NECESSARY:
            yield {
                "kind": "necessary", "term": name, "consistency": told.consistency, "coverage": told.coverage,
                "relevance": told.relevance,
            }  # fmt: skip
    for kind in KINDS:
        solutions: tuple[Solution, ...] = getattr(found, kind) or ()
        for solution in solutions[:1]:  # where several tie, the caution says so and the first stands
            yield {
                "kind": kind, "term": solution.text, "is_solution": True, "consistency": solution.fit.consistency,
                "pri": solution.fit.pri, "coverage": solution.fit.coverage,
                "cases": len({case for term in solution.terms for case in term.cases}),
            }  # fmt: skip
            for term in solution.terms:
                yield {
                    "kind": kind, "term": term.text, "consistency": term.fit.consistency, "pri": term.fit.pri,
                    "coverage": term.fit.coverage, "unique_coverage": term.unique, "cases": len(term.cases),
                }  # fmt: skip


def _values(told: FuzzySet, item: ConditionAnalysis, schemas: Schemas, estimates: Sequence[Row]) -> dict[str, float]:
    """Published values of an indicator by site, at the wave asked for or its latest."""
    own = [
        row for row in estimates
        if (row["indicator"], row["initiative"], row["dimension"]) == (told.indicator, item.initiative, item.by)
    ]  # fmt: skip
    instrument = schemas.instrument(schemas.indicators[told.indicator].instrument)
    wave = told.wave if told.wave is not None else schemas.latest_wave(instrument, (row["wave"] for row in own))
    return {
        row["category"]: row["value"]
        for row in own
        if row["wave"] == wave and row["status"] == "published" and row["value"] is not None
    }


def _anchors(told: FuzzySet) -> Anchors:
    return Anchors(told.anchors.exclusion, told.anchors.crossover, told.anchors.inclusion, told.anchors.source)


def _rounded(value: Any, digits: int) -> Any:
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value
