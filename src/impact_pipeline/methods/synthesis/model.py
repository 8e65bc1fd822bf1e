"""Which model pools a set of effects, and what it says, in one shape whatever the model.

`StudyEffect`s come in. Where each study gives one effect, random effects (`pooling`); where one gives several, three
levels with tests that rest on whole studies (`dependent`). A `Fitted` goes out; refusals are raised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from impact_pipeline.methods.synthesis.dependent import ThreeLevel, three_level
from impact_pipeline.methods.synthesis.effect_sizes import Measure
from impact_pipeline.methods.synthesis.heterogeneity import Floats
from impact_pipeline.methods.synthesis.pooling import FEWEST, Pooled, pool, pool_fixed
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis
from impact_pipeline.methods.synthesis.small_study import FEWEST as FEWEST_FOR_ASYMMETRY
from impact_pipeline.methods.synthesis.small_study import Conditional, egger, pet_peese, trim_and_fill
from impact_pipeline.methods.synthesis.study_effects import StudyEffect

ModelName = Literal["random-effects", "three-level", "fixed", "trim-and-fill", "pet-peese", "without-high-risk"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a model says of k effects of `studies` studies; figures that a model does not give are None.

    `tau2` is the whole variance of true effects, between and within studies; `weights` (k,) sum to one.
    """

    model: ModelName
    k: int
    studies: int
    effect: float
    se: float
    df: float | None
    low: float
    high: float
    p: float
    prediction_low: float | None = None
    prediction_high: float | None = None
    tau2: float | None = None
    tau2_low: float | None = None
    tau2_high: float | None = None
    i2: float | None = None
    q: float | None = None
    q_p: float | None = None
    weights: Floats | None = None
    cautions: tuple[str, ...] = ()


def fit(effects: Sequence[StudyEffect], correlation: float, confidence: float) -> Fitted:
    """The answer. `correlation` is that of the sampling errors within a study. Raises RefusedSynthesis."""
    y, v, studies = arrays(effects)
    if len(set(studies)) < FEWEST:
        raise RefusedSynthesis("too-few-studies", f"{len(set(studies))} studies: fewer than {FEWEST} are not pooled.")
    if len(set(studies)) == len(effects):
        return _of_pooled("random-effects", pool(y, v, confidence=confidence))
    return _of_three_level(three_level(y, v, studies, correlation=correlation, confidence=confidence))


def asymmetry(effects: Sequence[StudyEffect], correlation: float, measure: Measure) -> float | None:
    """p-value of Egger's test; None below ten studies, or where all are as precise.

    With several effects a study, the slope is tested in the three-level model with CR2 (Rodgers & Pustejovsky 2021,
    doi:10.1037/met0000300). For standardised differences the predictor is sqrt(1/n1 + 1/n2) where every study tells its
    sizes, for their standard error contains the difference itself.
    """
    y, v, studies = arrays(effects)
    if len(set(studies)) < FEWEST_FOR_ASYMMETRY:
        return None
    sizes = [(effect.n_treated, effect.n_control) for effect in effects]
    by_sizes = measure == "smd" and all(n1 and n2 for n1, n2 in sizes)
    precision = np.array([(1 / n1 + 1 / n2) ** 0.5 for n1, n2 in sizes if n1 and n2]) if by_sizes else np.sqrt(v)
    if np.ptp(precision) == 0:
        return None
    if len(set(studies)) == len(effects):
        return egger(y, v, precision=precision).p
    return float(three_level(y, v, studies, moderators=precision[:, None], correlation=correlation).p[1])


def checks(effects: Sequence[StudyEffect], correlation: float, confidence: float) -> list[Fitted]:
    """Other ways to pool the same effects, to be read beside the answer: what cannot be computed is left out."""
    y, v, studies = arrays(effects)
    distinct = len(set(studies))
    ways: list[Callable[[], Fitted]] = [
        lambda: _of_pooled("fixed", pool_fixed(y, v, confidence=confidence), distinct),
    ]
    if distinct == len(effects):
        ways += [
            lambda: _of_pooled("trim-and-fill", trim_and_fill(y, v, confidence=confidence).pooled),
            lambda: _of_pet_peese(pet_peese(y, v, confidence=confidence), distinct),
        ]
    safer = [effect for effect in effects if effect.risk_of_bias != "high"]
    if len(safer) < len(effects):
        ways.append(lambda: _without_high_risk(fit(safer, correlation, confidence)))
    found = []
    for way in ways:
        with suppress(RefusedSynthesis):
            found.append(way())
    return found


def arrays(effects: Sequence[StudyEffect]) -> tuple[Floats, Floats, list[str]]:
    """Effects (k,), variances (k,) and the study of each; a study of ours is never one of the literature."""
    y, se = np.array([effect.effect for effect in effects]), np.array([effect.se for effect in effects])
    return y, se**2, [f"{effect.source} {effect.study}" for effect in effects]


def _of_pooled(model: ModelName, told: Pooled, studies: int | None = None) -> Fitted:
    return Fitted(
        model, told.k, studies if studies is not None else told.k, told.effect, told.se, told.df, told.low, told.high,
        told.p, told.prediction_low, told.prediction_high, told.tau2, told.tau2_low, told.tau2_high, told.i2, told.q,
        told.q_p, told.weights, told.cautions,
    )  # fmt: skip


def _of_three_level(told: ThreeLevel) -> Fitted:
    mean = (told.coefficients, told.se, told.df, told.low, told.high, told.p)
    effect, se, df, low, high, p = (float(figure[0]) for figure in mean)
    return Fitted(
        "three-level", told.k, told.studies, effect, se, df, low, high, p, told.prediction_low, told.prediction_high,
        told.between + told.within, None, None, told.i2_between + told.i2_within, told.q, told.q_p, told.weights,
        told.cautions,
    )  # fmt: skip


def _of_pet_peese(told: Conditional, studies: int) -> Fitted:
    figures = (told.effect, told.se, float(told.df), told.low, told.high, told.p)
    return Fitted("pet-peese", studies, studies, *figures)


def _without_high_risk(told: Fitted) -> Fitted:
    return replace(told, model="without-high-risk", weights=None)
