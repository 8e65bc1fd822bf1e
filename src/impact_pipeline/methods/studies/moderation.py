"""How an effect differs by a declared moderator: the interaction in the study's regression, and the effect by level.

A question with its complete units comes in; rows of `moderator` go out, their p values adjusted among the interactions
of the outcome at that wave. Designs answered by a regression of units alone: trials and differences in differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.declarations.study import DesignName, EstimatorName, Moderator
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import Told, regress
from impact_pipeline.methods.impact.multiplicity import adjust
from impact_pipeline.methods.impact.sample import dummies, sample
from impact_pipeline.methods.studies.dispatch import estimate
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.rows import STATUS_REFUSED, ModeratorRow

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
BY_REGRESSION: tuple[DesignName, ...] = (
    "randomised", "cluster-randomised", "difference-in-differences", "cross-section"
)  # fmt: skip
Kind = Literal["level", "interaction"]


def moderators(question: Question, main: EstimatorName) -> list[ModeratorRow]:
    """Rows of every declared moderator, interactions last; none for a design that no regression of units answers."""
    if question.study.design not in BY_REGRESSION or question.study.follows == "new-units":
        return []
    rows = [row for item in question.study.moderators for row in _moderator(question, item, main)]
    places = [n for n, row in enumerate(rows) if row.kind == "interaction"]
    p = np.array([np.nan if rows[n].p is None else rows[n].p for n in places], dtype=np.float64)
    for n, value in zip(places, adjust(p, "benjamini-hochberg"), strict=True):
        rows[n] = replace(rows[n], p_adjusted=None if np.isnan(value) else float(value))
    return rows


def _moderator(question: Question, item: Moderator, main: EstimatorName) -> Iterator[ModeratorRow]:
    values = question.sample.moderators[item.name]
    if values.dtype == object:
        known = np.array([value is not None for value in values], dtype=np.bool_)
        levels = sorted({str(value) for value in values[known]})
        groups = {level: known & (values == level) for level in levels}
    else:
        known = np.isfinite(values)
        yes_or_no = bool(np.isin(values[known], (0.0, 1.0)).all())
        groups = {"false": known & (values == 0), "true": known & (values == 1)} if yes_or_no else {}
    for level, members in groups.items():
        yield _at_level(question, item, level, members, main)
    asked = list(groups)[1:] if groups else ["+1"]
    columns = [groups[level].astype(np.float64) for level in asked] if groups else [_filled(values, known)]
    yield from _interactions(question, item, asked, np.column_stack(columns) if columns else None, known)


def _at_level(question: Question, item: Moderator, level: str, members: Booleans, main: EstimatorName) -> ModeratorRow:
    """The study's estimator on the units of a level; a covariate that they all share adjusts for nothing there."""
    rows = question.sample.rows(members)
    varies = np.ptp(rows.covariates, axis=0) > 0 if rows.n else np.zeros(rows.covariates.shape[1], dtype=np.bool_)
    within = replace(question, sample=replace(rows, covariates=rows.covariates[:, varies]))
    treated = question.sample.is_treated & members
    n = int(treated.sum()), int(members.sum() - treated.sum())
    try:
        return _row(question, item, "level", level, n, estimate(main, within))
    except RefusedEffect as refused:
        return _row(question, item, "level", level, n, None, reason=refused.code)


def _interactions(
    question: Question, item: Moderator, asked: list[str], columns: Floats | None, known: Booleans
) -> Iterator[ModeratorRow]:
    """Of each level against the first, or of one more of a number: d x m, beside d, m and what the study adjusts for.

    In differences in differences the outcome is the change, so that d x m is the difference of the effects. Degrees of
    freedom are Satterthwaite's for units too: with n - k a search found what is not there in 5.2 to 5.5 % of trials.
    """
    s = question.sample.rows(known)
    n = int(s.is_treated.sum()), int(s.n - s.is_treated.sum())
    if columns is None:
        return
    try:
        told = _regressed(question, columns[known], known)
    except RefusedEffect as refused:
        for level in asked:
            yield _row(question, item, "interaction", level, n, None, reason=refused.code)
        return
    for level, found in zip(asked, told, strict=True):
        yield _row(question, item, "interaction", level, n, found)


def _regressed(question: Question, m: Floats, known: Booleans) -> list[Told]:
    told = question.sample.rows(known)
    differences = question.study.design == "difference-in-differences"
    outcome = replace(question, sample=told).change_or_outcome
    adjusting = told.covariates if differences else replace(question, sample=told).with_baseline()
    s = sample(
        outcome, told.is_treated, covariates=adjusting, clusters=told.clusters, blocks=told.blocks, weights=told.weights
    )
    d = s.treated.astype(np.float64)
    centred = m - m.mean(axis=0)
    others = s.covariates if s.blocks is None else np.column_stack([s.covariates, dummies(s.blocks)])
    others = _independent(np.column_stack([centred]), others - others.mean(axis=0))
    x = np.column_stack([np.ones(s.n), d, centred, d[:, None] * centred, others])
    regression = regress(x, s, s.outcome - s.outcome.mean())
    first = 2 + m.shape[1]
    wanted = np.eye(x.shape[1])[first : first + m.shape[1]]
    return [regression.contrast(one, question.confidence, satterthwaite=True) for one in wanted]


def _independent(m: Floats, others: Floats) -> Floats:
    """The adjusting columns that are not the moderator itself, which stands in the regression already."""
    kept = [
        column for column in others.T if not any(np.array_equal(column, told) for told in m.T)
    ]  # fmt: skip
    return np.column_stack(kept) if kept else np.zeros((len(others), 0))


def _row(
    question: Question, item: Moderator, kind: Kind, level: str, n: tuple[int, int],
    found: EffectEstimate | Told | None, reason: str | None = None,
) -> ModeratorRow:  # fmt: skip
    names = ("effect", "se", "df", "low", "high", "p")
    figures: dict[str, Any] = {name: None if found is None else getattr(found, name) for name in names}
    return ModeratorRow(
        study=question.study.study, outcome=question.outcome.name, wave=question.wave, moderator=item.name, kind=kind,
        level=level, label_fr=item.label.fr, label_en=item.label.en, n_treated=n[0], n_control=n[1], **figures,
        p_adjusted=None, expected=item.expected,
        as_expected=_as_expected(question, item, figures["effect"]) if kind == "interaction" else None,
        status=STATUS_REFUSED if found is None else "published", reason=reason,
    )  # fmt: skip


def _as_expected(question: Question, item: Moderator, effect: float | None) -> bool | None:
    """Whether the interaction has the sign that was declared; a larger effect is one further in the good direction."""
    if effect is None or item.expected == "unknown" or question.outcome.polarity == "neutral":
        return None
    better = effect if question.outcome.polarity == "higher-is-better" else -effect
    return better > 0 if item.expected == "larger" else better < 0


def _filled(values: Floats, known: Booleans) -> Floats:
    """A number where it is known; what stands elsewhere is never read."""
    return np.where(known, values, 0.0)
