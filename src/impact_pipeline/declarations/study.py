"""A study: an impact question, how its units came to be treated or not, and how the answer will be computed.

`plan` is the hash of all that makes the answer: what is written in `schemas/studies.lock` when the study is declared.
Words (title, question, labels), costs, facts of delivery and the signed judgements are not part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from impact_pipeline.declarations.common import (
    Code,
    Declaration,
    FieldName,
    Location,
    Said,
    Slug,
    Text,
    Wrong,
    refuse,
    repeated,
    unknown,
)
from impact_pipeline.declarations.costs import StudyCosts
from impact_pipeline.declarations.expressions import SqlExpression
from impact_pipeline.declarations.matching import Matching

DesignName = Literal[
    "randomised", "cluster-randomised", "difference-in-differences", "staggered", "matching", "weighting",
    "cross-section", "regression-discontinuity", "instrumental-variable", "interrupted-series", "before-after",
    "synthetic-control",
]  # fmt: skip
Mechanism = Literal["random", "threshold", "instrument", "self", "administrative"]
EstimatorName = Literal[
    "difference_in_means", "ancova", "lin", "cluster_means", "mixed_model", "difference_in_differences",
    "repeated_cross_sections", "event_study", "callaway_santanna", "sun_abraham", "imputation", "nearest_neighbour",
    "coarsened_exact", "entropy_balancing", "inverse_probability", "doubly_robust", "regression_discontinuity",
    "two_stage_least_squares", "interrupted_series", "before_after", "synthetic_control",
]  # fmt: skip
Multiplicity = Literal["holm", "benjamini-hochberg", "sharpened", "romano-wolf"]
ESTIMATORS: Mapping[DesignName, tuple[EstimatorName, ...]] = {  # those that answer each design, the expert's first
    "randomised": ("ancova", "lin", "difference_in_means"),
    "cluster-randomised": ("ancova", "cluster_means", "mixed_model", "lin", "difference_in_means"),
    "difference-in-differences": ("difference_in_differences", "repeated_cross_sections", "event_study"),
    "staggered": ("callaway_santanna", "sun_abraham", "imputation"),
    "matching": ("nearest_neighbour", "coarsened_exact"),
    "weighting": ("entropy_balancing", "inverse_probability", "doubly_robust"),
    "cross-section": ("ancova", "difference_in_means"),
    "regression-discontinuity": ("regression_discontinuity",),
    "instrumental-variable": ("two_stage_least_squares",),
    "interrupted-series": ("interrupted_series",),
    "before-after": ("before_after",),
    "synthetic-control": ("synthetic_control",),
}
MECHANISMS: Mapping[DesignName, tuple[Mechanism, ...]] = {  # where a design rests on how units were assigned
    "randomised": ("random",),
    "cluster-randomised": ("random",),
    "regression-discontinuity": ("threshold",),
    "instrumental-variable": ("instrument", "random"),
}
ALONE: tuple[DesignName, ...] = ("before-after", "interrupted-series")  # designs that can do without a comparison group
NEED_BASELINE: tuple[DesignName, ...] = ("difference-in-differences", "staggered", "before-after", "synthetic-control")
BY_LEAST_SQUARES: tuple[EstimatorName, ...] = ("ancova", "difference_in_means", "difference_in_differences")
OF_NEW_UNITS: tuple[DesignName, ...] = ("difference-in-differences", "synthetic-control")
NEED_COVARIATES: tuple[DesignName, ...] = ("matching", "weighting")
LATER = (
    "matching",
    "multiplicity",
)  # parts that came after plans were declared: without them a plan keeps the hash that it had
JUDGEMENTS = ("comparator_plausibility", "spillover", "fidelity", "indirectness", "harm")


def _listed(value: object) -> object:
    return (str(value),) if isinstance(value, str | int) and not isinstance(value, bool) else value


Codes = Annotated[
    tuple[Code, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": ["string", "number"]}, {"type": "array", "items": {"type": "string"}}]}),
]


class StudyWaves(Declaration):
    """When outcomes were measured: codes of the instrument's wave. A study whose rows hold everything has none."""

    pre: Codes = Field((), description="waves before the baseline, in order: they tell whether groups moved alike")
    baseline: Code | None = Field(None, description="the last wave before the treatment")
    follow_up: Codes = Field(min_length=1, description="waves after the treatment began, in order")

    @property
    def in_order(self) -> tuple[str, ...]:
        return (*self.pre, *([] if self.baseline is None else [self.baseline]), *self.follow_up)

    @model_validator(mode="after")
    def _coherent(self) -> StudyWaves:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if self.pre and self.baseline is None:
            yield Wrong(("pre",), list(self.pre), "`baseline` too: the last wave before the treatment")
        named: list[tuple[Location, str]] = [(("pre", n), code) for n, code in enumerate(self.pre)]
        named += [(("baseline",), self.baseline)] if self.baseline is not None else []
        named += [(("follow_up", n), code) for n, code in enumerate(self.follow_up)]
        yield from repeated(named, "a wave that is not named already")


class Selection(Declaration):
    """That units were chosen for a low (or bad) answer before: they would move back without any treatment.

    With the mean of everyone they were chosen from, and the correlation of two measurements of the same people when
    nothing is done, the change that was to be expected is told beside the one that was seen.
    """

    population_mean: float | None = None
    correlation: float | None = Field(None, ge=0, le=1)


class Outcome(Declaration):
    """What the treatment may have changed. `value` is read at the follow-up waves, `baseline` at the baseline wave."""

    name: Slug
    label: Text
    value: SqlExpression
    baseline: SqlExpression | None = Field(
        None, description="the outcome before; `value` at the baseline wave unless given"
    )
    has_baseline: bool = Field(True, description="false where the outcome cannot be measured before")
    wave: Code | None = Field(None, description="one of the follow-up waves; all of them unless given")
    role: Literal["primary", "secondary"] = "secondary"
    family: Slug = Field("all", description="outcomes tested together: their p values are adjusted together")
    polarity: Literal["higher-is-better", "lower-is-better", "neutral"]
    unit: str | None = Field(None, description="code of the unit of measure")
    minimal_important_difference: float | None = Field(
        None, gt=0, description="smallest effect that matters, in the outcome's unit"
    )
    selection: Selection | None = Field(None, description="units were chosen for their answer before")

    @model_validator(mode="after")
    def _coherent(self) -> Outcome:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if not self.has_baseline and self.baseline is not None:
            yield Wrong(("baseline",), self.baseline.text, "no `baseline`, or `has_baseline: true`")
        if not self.has_baseline and self.selection is not None:
            yield Wrong(("selection",), Said("`selection`"), "an outcome that has a baseline")


class Assignment(Declaration):
    """How units came to be treated or not: what the evidence level rests on first."""

    mechanism: Mechanism
    level: Literal["unit", "cluster"] = "unit"
    blocks: SqlExpression | None = Field(None, description="the groups within which units were drawn")
    running: SqlExpression | None = Field(None, description="the score whose threshold decides")
    cutoff: float | None = Field(None, description="the threshold of `running`")
    treated_side: Literal["above", "below"] = "above"
    instrument: SqlExpression | None = Field(None, description="what moved the treatment and nothing else")
    first_treated: SqlExpression | None = Field(
        None, description="the wave in which a unit was first treated; missing for those never treated"
    )

    @model_validator(mode="after")
    def _coherent(self) -> Assignment:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if self.mechanism == "threshold" and (self.running is None or self.cutoff is None):
            yield Wrong(("mechanism",), "threshold", "`running` and `cutoff` too")
        if self.mechanism != "threshold" and (self.running is not None or self.cutoff is not None):
            key = "running" if self.running is not None else "cutoff"
            yield Wrong((key,), Said(f"`{key}` under `mechanism: {self.mechanism}`"), "it under `threshold` alone")
        if self.mechanism == "instrument" and self.instrument is None:
            yield Wrong(("mechanism",), "instrument", "`instrument` too: what moved the treatment")


class Moderator(Declaration):
    """Something by which the effect may differ, named before it is looked at."""

    name: Slug
    label: Text
    expression: SqlExpression
    expected: Literal["larger", "smaller", "unknown"] = Field(
        "unknown", description="the effect where the expression is true, or higher"
    )


class Delivery(Declaration):
    """What is known of how the action is delivered and evaluated; each raises the Nesta level when true."""

    independent_evaluator: bool = False
    manual: bool = Field(False, description="the action is written down so that others can deliver it")
    cost_per_unit_known: bool = False
    replications: int = Field(0, ge=0, description="other sites or studies where it was evaluated")


class Judgement(Declaration):
    """What only a person can judge, signed."""

    judged: Literal["fine", "concern", "serious"]
    by: str = Field(min_length=1)
    on: date
    why: Text


class Judgements(Declaration):
    """The five judgements that no figure replaces; one that is not there shows in the evidence level."""

    comparator_plausibility: Judgement | None = None
    spillover: Judgement | None = None
    fidelity: Judgement | None = None
    indirectness: Judgement | None = None
    harm: Judgement | None = None


class Study(Declaration):
    """An impact question and the plan of its answer.

    `treatment`, the covariates, moderators, blocks and cluster of a unit are read at the baseline wave, or at the
    follow-up for a unit that was not seen before; where the instrument has one row a unit, from that row.
    """

    study: Slug
    title: Text
    question: Text
    initiative: Slug
    instrument: Slug
    design: DesignName
    among: SqlExpression | None = Field(None, description="the units studied; all unless given")
    treatment: SqlExpression | None = Field(None, description="true for the treated; all are treated without")
    assignment: Assignment
    cluster: FieldName | None = Field(None, description="field that holds what units were assigned or sampled by")
    weighted: bool = Field(False, description="whether units count by the weight of the instrument's design")
    waves: StudyWaves | None = None
    follows: Literal["same-units", "new-units"] = "same-units"
    comparison: Text | None = Field(None, description="who the treated are compared with, and what they received")
    outcomes: tuple[Outcome, ...] = Field(min_length=1)
    covariates: tuple[SqlExpression, ...] = ()
    moderators: tuple[Moderator, ...] = ()
    matching: Matching | None = Field(None, description="how comparison units are chosen, in a design of matching")
    estimators: tuple[EstimatorName, ...] = Field((), description="the first gives the answer; by design unless given")
    multiplicity: Multiplicity | None = Field(
        None,
        description="how p values of outcomes tested together are adjusted; unless given, Holm's among primary "
        "outcomes, Benjamini and Hochberg's within a family of others",
    )
    costs: StudyCosts | None = None
    delivery: Delivery = Delivery()
    judgements: Judgements = Judgements()

    @property
    def baseline_wave(self) -> str | None:
        return self.waves.baseline if self.waves is not None else None

    @property
    def has_comparison(self) -> bool:
        """Whether some units are not treated: a series may have a comparison series, where `treatment` tells them."""
        return self.design not in ALONE or (self.design == "interrupted-series" and self.treatment is not None)

    def waves_of(self, outcome: Outcome) -> tuple[str, ...]:
        """The follow-up waves at which an outcome is told; one empty name where the instrument has no waves."""
        if self.waves is None:
            return ("",)
        return (outcome.wave,) if outcome.wave is not None else self.waves.follow_up

    def baseline_of(self, outcome: Outcome) -> SqlExpression | None:
        """The expression of an outcome before: its own, or `value` where there is a baseline wave."""
        if not outcome.has_baseline:
            return None
        if outcome.baseline is None and self.baseline_wave is not None:
            return outcome.value
        return outcome.baseline

    def scores_followed(self, outcome: Outcome, scores: Collection[str]) -> tuple[str, ...]:
        """The scores that an outcome is read from, before as after."""
        before = self.baseline_of(outcome)
        return tuple(name for name in outcome.value.names if name in scores and before and name in before.names)

    @property
    def plan(self) -> str:
        """SHA-256 of what makes the answer: not of words, costs, facts of delivery or judgements."""
        words = {"title", "question", "comparison", "costs", "delivery", "judgements", "outcomes", "moderators"}
        absent = {name for name in LATER if getattr(self, name) is None}
        kept = self.model_dump(mode="json", exclude=words | absent)
        kept["outcomes"] = [item.model_dump(mode="json", exclude={"label"}) for item in self.outcomes]
        kept["moderators"] = [item.model_dump(mode="json", exclude={"label"}) for item in self.moderators]
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()

    @model_validator(mode="after")
    def _coherent(self) -> Study:
        refuse(
            [
                *self._wrongs_of_lists(), *self._wrongs_of_design(), *self._wrongs_of_baseline(),
                *self._wrongs_of_matching(), *self._wrongs_of_places(),
                *self._wrongs_of_multiplicity(),
            ]
        )  # fmt: skip
        return self

    def _wrongs_of_lists(self) -> Iterator[Wrong]:
        yield from repeated([(("outcomes", n, "name"), o.name) for n, o in enumerate(self.outcomes)], "each once")
        yield from repeated([(("moderators", n, "name"), m.name) for n, m in enumerate(self.moderators)], "each once")
        yield from repeated([(("covariates", n), c.text) for n, c in enumerate(self.covariates)], "each once")
        yield from repeated([(("estimators", n), name) for n, name in enumerate(self.estimators)], "each once")
        for place, outcome in enumerate(self.outcomes):
            if outcome.wave is not None:
                known = self.waves.follow_up if self.waves is not None else ()
                yield from unknown(("outcomes", place, "wave"), outcome.wave, known, "a wave of `follow_up`")
        worth = self.costs.worth if self.costs is not None else ()
        named = [(("costs", "worth", n, "outcome"), item.outcome) for n, item in enumerate(worth)]
        yield from repeated(named, "each once")
        turned = [outcome.name for outcome in self.outcomes if outcome.polarity != "neutral"]
        for at, name in named:
            yield from unknown(at, name, turned, "an outcome of the study that is better higher or lower")

    def _wrongs_of_design(self) -> Iterator[Wrong]:
        mechanisms = MECHANISMS.get(self.design)
        if mechanisms is not None and self.assignment.mechanism not in mechanisms:
            expected = f"{' or '.join(mechanisms)}, for a design of {self.design}"
            yield Wrong(("assignment", "mechanism"), self.assignment.mechanism, expected)
        for place, name in enumerate(self.estimators):
            expected = f"an estimator of the design {self.design}"
            yield from unknown(("estimators", place), name, ESTIMATORS[self.design], expected)
        if self.design == "cluster-randomised" and self.assignment.level != "cluster":
            yield Wrong(("assignment", "level"), self.assignment.level, "cluster, for clusters are drawn")
        if self.assignment.level == "cluster" and self.cluster is None:
            yield Wrong(("assignment", "level"), "cluster", "`cluster` too: the field that holds it")
        if self.has_comparison and self.comparison is None:
            yield Wrong(("design",), self.design, "`comparison` too: who the treated are compared with")
        if self.design not in ALONE and self.treatment is None:
            yield Wrong(("design",), self.design, "`treatment` too: an expression that is true for the treated")
        if self.design == "before-after" and self.treatment is not None:
            yield Wrong(("treatment",), self.treatment.text, "no `treatment`: everyone is treated; or another design")
        if self.design == "instrumental-variable" and self.assignment.instrument is None:
            yield Wrong(("design",), self.design, "`instrument` in `assignment`")
        if self.design == "staggered" and self.assignment.first_treated is None:
            yield Wrong(("design",), self.design, "`first_treated` in `assignment`")
        if self.design in NEED_COVARIATES and not self.covariates:
            yield Wrong(("design",), self.design, "`covariates` on which groups are made alike")
        if self.design == "interrupted-series" and self.waves is None:
            yield Wrong(("design",), self.design, "`waves`, those before and those after")

    def _wrongs_of_baseline(self) -> Iterator[Wrong]:
        if self.design in NEED_BASELINE:
            for place, outcome in enumerate(self.outcomes):
                if self.baseline_of(outcome) is None:
                    expected = f"a baseline, for a design of {self.design}: `waves.baseline`, or `baseline`"
                    yield Wrong(("outcomes", place, "name"), outcome.name, expected)
        if self.follows == "new-units" and (self.design not in OF_NEW_UNITS or self.baseline_wave is None):
            yield Wrong(("follows",), "new-units", f"it for {' or '.join(OF_NEW_UNITS)} with a baseline wave alone")

    def _wrongs_of_matching(self) -> Iterator[Wrong]:
        if self.matching is not None and self.design != "matching":
            yield Wrong(("matching",), Said("`matching`"), "it for a design of matching alone")
        elif self.matching is not None:
            before = [told for told in map(self.baseline_of, self.outcomes) if told is not None]
            columns = dict.fromkeys(told.text for told in (*self.covariates, *before))
            yield from (told._replace(at=("matching", *told.at)) for told in self.matching.wrongs(columns))
        pairs = self.design == "matching" and self.estimators != ("coarsened_exact",)
        if self.weighted and pairs:
            yield Wrong(("weighted",), True, "`estimators: [coarsened_exact]`: pairs do not carry sampling weights")

    def _wrongs_of_places(self) -> Iterator[Wrong]:
        """A synthetic control is of a place, made alike by its means at every wave before, and by nothing else."""
        if self.design != "synthetic-control":
            return
        if self.cluster is None:
            yield Wrong(("design",), self.design, "`cluster` too: the field that holds the place of a unit")
        if self.waves is None or not self.waves.pre:
            yield Wrong(("design",), self.design, "`pre` waves: places are made alike over two waves or more before")
        if self.covariates:
            yield Wrong(("covariates",), Said("`covariates`"), "none: places are made alike by the outcome before")

    def _wrongs_of_multiplicity(self) -> Iterator[Wrong]:
        """Romano and Wolf's draws are of one regression of the same units, whose arms are known once."""
        if self.multiplicity != "romano-wolf":
            return
        first = (self.estimators or ESTIMATORS[self.design])[0]
        if first not in BY_LEAST_SQUARES or self.follows == "new-units":
            expected = f"it where {', '.join(BY_LEAST_SQUARES)} answers, of the same units"
            yield Wrong(("multiplicity",), self.multiplicity, expected)
        elif self.design == "cluster-randomised" and not self.estimators:
            expected = "`estimators: [ancova]` too: a trial of few clusters is answered by their means otherwise"
            yield Wrong(("multiplicity",), self.multiplicity, expected)
        if self.waves is not None and self.waves.baseline is None and len(self.waves.follow_up) > 1:
            yield Wrong(("multiplicity",), self.multiplicity, "a baseline wave, where the arm of a unit is read")
