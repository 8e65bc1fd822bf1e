"""Declared questions are answered from declared effects and our own: models, checks, moderators, refusals.

What is pooled is compared with metafor and clubSandwich again, this time through the declarations.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.methods.synthesis.from_r import effects, figure

from impact_pipeline.declarations import LiteratureReference, Schemas, Study, SynthesisQuestion, load_schemas
from impact_pipeline.methods.synthesis.answering import Answers, synthesise
from impact_pipeline.methods.synthesis.conversions import smd_of_log_odds
from impact_pipeline.methods.synthesis.effect_sizes import Group, hedges_g
from impact_pipeline.methods.synthesis.two_by_two import TwoByTwo, log_odds_ratio
from impact_pipeline.release import BY_NAME

ROOT = Path(__file__).resolve().parents[3]
ROUNDED = 5e-9  # figures are published with ten significant digits
BCG = (
    (4, 123, 11, 139), (6, 306, 29, 303), (3, 231, 11, 220), (62, 13598, 248, 12867), (33, 5069, 47, 5808),
    (180, 1541, 372, 1451), (8, 2545, 10, 629), (505, 88391, 499, 88391), (29, 7499, 45, 7277), (17, 1716, 65, 1665),
    (186, 50634, 141, 27338), (5, 2498, 3, 2341), (27, 16913, 29, 17854),
)  # fmt: skip


def printed(n: int, **told: Any) -> dict[str, Any]:
    """One extracted effect, with what every one must have."""
    return {
        "study": f"s{n:02d}", "label": f"Study {n}", "year": 2020, "country": "FR", "population": "Adults",
        "outcome": "mood", "design": "randomised", "n_treated": 50, "n_control": 50, "measure": "smd",
        "risk_of_bias": "low", "page": f"p. {n}",
    } | told  # fmt: skip


def reference(told: list[dict[str, Any]], **more: Any) -> LiteratureReference:
    whole = {
        "reference": "review", "question": "Does it help", "citation": "Them (2021)", "doi": "10.1234/review",
        "licence": "CC-BY-4.0", "extraction": {"extracted_by": "A", "on": "2026-11-25", "checked_by": "B"},
    }  # fmt: skip
    return LiteratureReference.model_validate(whole | {"effects": told} | more)


def question(**told: Any) -> SynthesisQuestion:
    whole = {"synthesis": "mood", "question": "Does it help", "outcome": "Mood", "measure": "smd",
             "references": [{"reference": "review"}]}  # fmt: skip
    return SynthesisQuestion.model_validate(whole | told)


def schemas(asked: SynthesisQuestion, source: LiteratureReference | None = None, *studies: Study) -> Schemas:
    demo = load_schemas(ROOT / "schemas")
    return replace(
        demo, syntheses={asked.synthesis: asked}, references={source.reference: source} if source else {},
        studies={study.study: study for study in studies},
    )  # fmt: skip


def from_r(case: str, moderators: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """A case of the R script, as printed effects."""
    return [
        printed(n, study=row.study, effect=row.y, se=math.sqrt(row.v), n_treated=row.n // 2, n_control=row.n // 2,
                moderators={name: getattr(row, name) for name in moderators})
        for n, row in enumerate(effects(case).itertuples())
    ]  # fmt: skip


def answer(answers: Answers, source: str = "literature", role: str = "answer") -> dict[str, Any]:
    (row,) = [row for row in answers.synthesis if (row["source"], row["role"]) == (source, role)]
    return row


def check(answers: Answers, model: str) -> dict[str, Any]:
    (row,) = [row for row in answers.synthesis if (row["model"], row["role"]) == (model, "check")]
    return row


def test_risk_ratios_of_thirteen_trials_from_their_counts() -> None:
    told = [
        printed(n, measure="risk-ratio", n_treated=n1, n_control=n2, events={"treated": a, "control": c})
        for n, (a, n1, c, n2) in enumerate(BCG)
    ]
    found = synthesise(schemas(question(measure="risk-ratio"), reference(told)), [])
    row = answer(found)
    assert (row["model"], row["measure"], row["k"], row["studies"]) == ("random-effects", "log-risk-ratio", 13, 13)
    keys = ("effect", "se", "low", "high", "p", "df")
    assert_allclose([row[key] for key in keys], figure("bcg", "knha"), rtol=ROUNDED)
    prediction = [row["prediction_low"], row["prediction_high"]]
    assert_allclose(prediction, figure("bcg", "prediction_knha"), rtol=ROUNDED)
    limits = [row["tau2"], row["tau2_low"], row["tau2_high"]]
    assert_allclose(limits, [figure("bcg", "tau2_REML")[0], *figure("bcg", "tau2_limits")], rtol=ROUNDED)
    assert row["cautions"] == "heterogeneous not-yet-transferable"
    weights = [item["weight"] for item in found.synthesis_effect]
    assert_allclose(weights, figure("bcg", "weights"), rtol=ROUNDED)
    for part, name in (("without_effect", "estimate"), ("without_low", "ci.lb"), ("without_high", "ci.ub")):
        assert_allclose([item[part] for item in found.synthesis_effect], figure("bcg", f"without_{name}"), rtol=ROUNDED)


def test_checks_stand_beside_the_answer() -> None:
    found = synthesise(schemas(question(), reference(from_r("moderated"))), [])
    fixed, filled = check(found, "fixed"), check(found, "trim-and-fill")
    told = figure("moderated", "fixed")
    assert_allclose([fixed[key] for key in ("effect", "se", "low", "high", "p")], told, rtol=ROUNDED)
    missing, effect, _ = figure("moderated", "trimfill")
    assert filled["k"] == 30 + missing
    assert_allclose(filled["effect"], effect, rtol=ROUNDED)
    assert check(found, "pet-peese")["df"] == 28
    assert answer(found)["egger_p"] is not None


def test_several_effects_of_a_study_are_three_levels_with_robust_tests() -> None:
    found = synthesise(schemas(question(correlation=0.6), reference(from_r("nested"))), [])
    row = answer(found)
    assert (row["model"], row["k"], row["studies"]) == ("three-level", len(effects("nested")), 12)
    for key, name in (("effect", "b"), ("se", "cr2_se"), ("df", "cr2_df"), ("p", "cr2_p"), ("low", "cr2_low")):
        assert_allclose(row[key], figure("nested", f"rho0.6_{name}")[0], rtol=1e-6)
    assert_allclose(row["tau2"], figure("nested", "rho0.6_sigma2").sum(), rtol=1e-5)
    assert_allclose(sum(item["weight"] for item in found.synthesis_effect), 1, rtol=1e-9)
    assert row["egger_p"] is not None


def test_moderators_are_tested_together_and_adjusted() -> None:
    asked = question(moderators=[
        {"name": "x1", "label": "First", "expected": "larger"}, {"name": "x2", "label": "Second", "expected": "larger"},
    ])  # fmt: skip
    found = synthesise(schemas(asked, reference(from_r("moderated", ("x1", "x2")))), [])
    first, second = found.synthesis_moderator
    told = figure("moderated", "regression2_p")[1:]
    assert_allclose([first["p"], second["p"]], told, rtol=1e-7)
    assert_allclose([first["coefficient"], second["coefficient"]], figure("moderated", "regression2_b")[1:], rtol=1e-7)
    assert_allclose(min(first["p_adjusted"], second["p_adjusted"]), min(1, 2 * min(told)), rtol=1e-7)
    assert first["verdict"] == ("as-expected" if first["p_adjusted"] < 0.05 else "undecided")
    contrary = question(moderators=[{"name": "x1", "label": "First", "expected": "smaller"}])
    (row,) = synthesise(schemas(contrary, reference(from_r("moderated", ("x1",)))), []).synthesis_moderator
    assert (row["verdict"], row["p_adjusted"] < 0.05) in {("contrary", True), ("undecided", False)}


def test_more_moderators_than_studies_bear_or_values_that_lack_are_refused() -> None:
    both = [{"name": name, "label": name} for name in ("x1", "x2")]
    rows = synthesise(schemas(question(moderators=both), reference(from_r("mixed", ("x1", "x2")))), [])
    assert {row["reason"] for row in rows.synthesis_moderator} == {"too-many-moderators"}
    rows = synthesise(schemas(question(moderators=both[:1]), reference(from_r("mixed"))), [])
    assert [row["reason"] for row in rows.synthesis_moderator] == ["missing-moderator"]


STUDY = Study.model_validate({
    "study": "cafes", "title": "Cafés", "question": "Do they help", "initiative": "mille-cafes",
    "instrument": "cafe-residents", "design": "difference-in-differences", "treatment": "x = 1",
    "comparison": "Others", "assignment": {"mechanism": "self"},
    "waves": {"baseline": "before", "follow_up": ["after", "later"]},
    "outcomes": [
        {"name": "mood", "label": "Mood", "value": "mood", "polarity": "higher-is-better"},
        {"name": "loneliness", "label": "Loneliness", "value": "alone", "polarity": "lower-is-better"},
    ],
})  # fmt: skip


def own(**told: Any) -> dict[str, Any]:
    """A row of the curated table `effect`."""
    return {
        "study": "cafes", "outcome": "mood", "wave": "after", "estimator": "difference_in_differences", "is_main": True,
        "initiative": "mille-cafes", "n_treated": 80, "n_control": 75, "effect": 4.0, "se": 2.0, "low": 0.0,
        "high": 8.0, "g": 0.2, "g_se": 0.1, "g_low": 0.0, "g_high": 0.4, "evidence_level": 3, "status": "published",
    } | told  # fmt: skip


def test_our_effects_and_those_of_others_are_pooled_apart_and_together() -> None:
    asked = question(studies=[{"study": "cafes", "outcome": "mood"}, {"study": "cafes", "outcome": "loneliness"}])
    rows = [own(), own(wave="later", g=0.3), own(outcome="loneliness", g=-0.25, g_low=-0.5, g_high=-0.01),
            own(estimator="repeated_cross_sections", is_main=False, g=9.0)]  # fmt: skip
    found = synthesise(schemas(asked, reference(from_r("mixed")), STUDY), rows)
    ours, others, both = (answer(found, source) for source in ("own", "literature", "both"))
    assert (ours["status"], ours["reason"], ours["k"], ours["studies"]) == ("refused", "too-few-studies", 3, 1)
    assert_allclose(others["effect"], figure("mixed", "knha")[0], rtol=ROUNDED)
    assert (both["model"], both["k"], both["studies"]) == ("three-level", 17, 15)
    shown = [row for row in found.synthesis_effect if row["source"] == "own"]
    told = [(row["outcome"], row["effect"], row["low"], row["evidence_level"]) for row in shown]
    assert told == [("loneliness", 0.25, 0.01, 3), ("mood", 0.2, 0.0, 3), ("mood", 0.3, 0.0, 3)]


def test_our_rows_are_those_of_the_curated_table_of_effects() -> None:
    assert set(own()) <= {column.name for column in BY_NAME["effect"].columns}


@pytest.mark.parametrize(
    ("change", "measure", "reason"),
    [
        ({"status": "refused"}, "smd", "effect-not-published"),
        ({"g_se": None}, "smd", "no-standard-error"),
        ({"is_main": False}, "smd", "no-effect-computed"),
        ({}, "risk-ratio", "other-measure"),
    ],
)
def test_an_effect_of_ours_that_is_not_pooled_is_told(change: dict[str, Any], measure: str, reason: str) -> None:
    asked = question(measure=measure, references=[], studies=[{"study": "cafes", "outcome": "mood"}])
    found = synthesise(schemas(asked, None, STUDY), [own(**change)])
    (row,) = found.synthesis_effect
    assert (row["status"], row["reason"], row["effect"]) == ("set-aside", reason, None)
    assert (answer(found, "own")["k"], answer(found, "own")["reason"]) == (0, "too-few-studies")


def test_what_references_print_becomes_one_measure() -> None:
    told = [
        printed(1, means={"treated": {"mean": 12, "sd": 4}, "control": {"mean": 10, "sd": 5}}),
        printed(2, effect=0.2, interval=[-0.1, 0.5], risk_of_bias="high"),
        printed(3, measure="odds-ratio", events={"treated": 12, "control": 20}, reversed=True),
        printed(4, measure="odds-ratio", effect=2.0, interval=[1.2, 10 / 3]),
        printed(5, measure="risk-ratio", effect=1.4, se=0.2),
        printed(6, measure="smcr", design="before-after", n_control=None,
                change={"before": {"mean": 50, "sd": 10}, "after": 55, "correlation": 0.5}),
    ]  # fmt: skip
    source = reference(told, synthetic=True, extraction={"extracted_by": "A", "on": "2026-11-25"})
    found = synthesise(schemas(question(convert=["odds-ratio"]), source), [])
    by_page = {row["page"]: row for row in found.synthesis_effect}
    g = hedges_g(Group(12, 4, 50), Group(10, 5, 50))
    assert_allclose([by_page["p. 1"]["effect"], by_page["p. 1"]["se"]], [g.value, g.se], rtol=ROUNDED)
    assert_allclose(by_page["p. 2"]["se"], 0.3 / 1.959963984540054, rtol=ROUNDED)
    odds = log_odds_ratio(TwoByTwo(12, 50, 20, 50))
    assert_allclose(by_page["p. 3"]["effect"], -smd_of_log_odds(odds.value, odds.variance)[0], rtol=ROUNDED)
    assert by_page["p. 3"]["effect"] > 0
    assert_allclose(by_page["p. 4"]["effect"], math.log(2) * math.sqrt(3) / math.pi, rtol=ROUNDED)
    assert [by_page[f"p. {n}"]["reason"] for n in (5, 6)] == ["other-measure", "no-comparison-group"]
    assert by_page["p. 3"]["cautions"] == "converted extraction-not-checked synthetic"
    assert answer(found)["k"] == 4
    assert "high-risk-of-bias" in answer(found)["cautions"]
    safer = check(found, "without-high-risk")
    assert (safer["k"], safer["role"]) == (3, "check")


def test_changes_of_one_group_join_only_where_declared_and_are_told() -> None:
    changed = printed(9, measure="smcr", design="before-after", n_control=None,
                      change={"before": {"mean": 50, "sd": 10}, "after": 55, "correlation": 0.5})  # fmt: skip
    told = [*(printed(n, effect=0.1 * n, se=0.1) for n in (1, 2, 3)), changed]
    found = synthesise(schemas(question(with_before_after=True), reference(told)), [])
    assert answer(found)["k"] == 4
    assert {"before-after", "mixed-designs"} <= set(answer(found)["cautions"].split())


def test_nothing_depends_on_the_order_of_effects() -> None:
    told = from_r("nested-mods", ("x1",))
    asked = question(moderators=[{"name": "x1", "label": "First"}])
    order = np.random.default_rng(3).permutation(len(told))
    straight = synthesise(schemas(asked, reference(told)), [])
    shuffled = synthesise(schemas(asked, reference([told[i] for i in order])), [])
    assert shuffled == straight


def test_rows_are_those_of_the_curated_tables() -> None:
    asked = question(moderators=[{"name": "x1", "label": "First"}], studies=[{"study": "cafes", "outcome": "mood"}])
    whole = synthesise(schemas(asked, reference(from_r("moderated", ("x1",))), STUDY), [])
    apart = synthesise(schemas(asked, reference(from_r("three")), STUDY), [own()])
    for answers in (whole, apart):
        for name in ("synthesis", "synthesis_effect", "synthesis_moderator"):
            columns = {column.name: column for column in BY_NAME[name].columns}
            for row in getattr(answers, name):
                assert set(row) == set(columns), name
                for key, column in columns.items():
                    assert not column.codes or row[key] is None or row[key] in column.codes, (name, key, row[key])


def test_the_demos_question_is_answered_with_what_must_be_known() -> None:
    """The shipped reference is invented, and its figures say so."""
    demo = load_schemas(ROOT / "schemas")
    found = synthesise(
        replace(demo, syntheses={"meeting-places-well-being": demo.syntheses["meeting-places-well-being"]}), []
    )
    row = answer(found)
    assert row["status"] == "published"
    assert "synthetic" in row["cautions"].split()
    assert {item["reason"] for item in found.synthesis_effect if item["status"] == "set-aside"} >= {
        "no-comparison-group"
    }
