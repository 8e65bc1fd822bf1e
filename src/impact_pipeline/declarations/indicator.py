"""An indicator: a mean, share, ratio, total or change of something, among someone, broken down by something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from impact_pipeline.declarations.common import Code, Declaration, Reference, Said, Slug, Text, Wrong, refuse, repeated
from impact_pipeline.declarations.expressions import SqlExpression
from impact_pipeline.declarations.programme import ShareInterval

Estimator = Literal[
    "mean", "ratio", "total", "change", "quantile", "standardised", "poverty-rate", "poverty-gap", "quintile-ratio",
    "gini", "small-area", "reliable-change",
]  # fmt: skip
POVERTY = ("poverty-rate", "poverty-gap")
# those for which sums over cells are not enough
BY_RECORD = ("standardised", *POVERTY, "quintile-ratio", "gini", "reliable-change")
CHANGES = ("change", "reliable-change")
Way = Literal["rise", "fall", "unchanged"]
AreaCovariate = Literal["log-population", "log-communes"]
OecdDimension = Literal[
    "income-and-wealth", "jobs", "housing", "health", "knowledge-and-skills", "environment",
    "subjective-well-being", "safety", "work-life-balance", "social-connections", "civic-engagement",
]  # fmt: skip

# Targets of each goal: how many are numbered, and the last lettered one (United Nations, resolution 70/1).
SDG_TARGETS: Mapping[int, tuple[int, str]] = {
    1: (5, "b"), 2: (5, "c"), 3: (9, "d"), 4: (7, "c"), 5: (6, "c"), 6: (6, "b"), 7: (3, "b"), 8: (10, "b"),
    9: (5, "c"), 10: (7, "c"), 11: (7, "c"), 12: (8, "c"), 13: (3, "b"), 14: (7, "c"), 15: (9, "c"), 16: (10, "b"),
    17: (19, ""),
}  # fmt: skip

EXAMPLES = {
    "base": "base: opening_days",
    "waves": "waves: {from: baseline, to: follow-up}",
    "probability": "probability: 0.5",
    "standard": "standard: {by: age-group, shares: {16-59: 0.7, 60-110: 0.3}}",
    "poverty_line": "poverty_line: {of_median: 0.6}",
    "reliable": "reliable: {way: rise}",
    "areas": "areas: {by: departement, covariates: [log-population]}",
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "base": ("ratio",), "waves": CHANGES, "probability": ("quantile",), "standard": ("standardised",),
    "poverty_line": POVERTY, "areas": ("small-area",), "reliable": ("reliable-change",),
}  # fmt: skip


class Frameworks(Declaration):
    """Where the indicator stands in the frameworks that readers know."""

    oecd: OecdDimension = Field(description="dimension of the OECD well-being framework")
    sdg: str = Field(
        pattern=r"^\d{1,2}\.(\d{1,2}|[a-d])$",
        description='target of the Sustainable Development Goals, in quotes: "8.6" or "11.a"',
    )

    @field_validator("sdg")
    @classmethod
    def _exists(cls, value: str) -> str:
        goal, _, target = value.partition(".")
        if int(goal) not in SDG_TARGETS:
            raise ValueError("a goal from 1 to 17")
        numbered, lettered = SDG_TARGETS[int(goal)]
        if not (1 <= int(target) <= numbered if target.isdigit() else target <= lettered):
            letters = f" or {goal}.a to {goal}.{lettered}" if lettered else ""
            raise ValueError(f"a target of goal {goal}: {goal}.1 to {goal}.{numbered}{letters}")
        return value


class Waves(Declaration):
    """The two waves between which a change is measured."""

    from_: Code = Field(alias="from")
    to: Code


class Compare(Declaration):
    """Which categories of a breakdown are compared, each with the reference."""

    by: str = Field(description="one of the indicator's breakdowns")
    reference: Code = Field(description="the category that the others are compared with")
    test: Literal["rao-scott"] | None = Field(None, description="of a share: whether it is the same in all categories")


class Standard(Declaration):
    """The population in whose make-up a mean is told, so that territories of other ages compare."""

    by: str = Field(description="field or dimension of the instrument whose groups are weighed: age groups as a rule")
    shares: dict[Code, float] = Field(min_length=2, description="people, or their share, in each group")
    source: Reference | None = None

    @field_validator("shares")
    @classmethod
    def _counts(cls, value: dict[str, float]) -> dict[str, float]:
        if any(share <= 0 for share in value.values()):
            raise ValueError("people, or a share of them, above zero in each group")
        return value


class PovertyLine(Declaration):
    """Below what an income is poor: a share of the median income of everyone in the sample, or an amount."""

    of_median: float | None = Field(None, gt=0, lt=1, description="0.6 is the European threshold")
    amount: float | None = Field(None, gt=0, description="a line known from elsewhere, such as the national one")

    @model_validator(mode="after")
    def _one(self) -> PovertyLine:
        if (self.of_median is None) == (self.amount is None):
            refuse([Wrong((), "`of_median` and `amount`", "one of the two")])
        return self


class SmallAreas(Declaration):
    """Areas too small for their own sample, told by Fay and Herriot's model from what alike areas say."""

    by: str = Field(description="the only breakdown under `by`: a dimension of a commune's departement, region or epci")
    covariates: tuple[AreaCovariate, ...] = Field(min_length=1, description="of areas, from the reference geography")
    variances: Literal["smoothed", "own"] = Field(
        "smoothed", description="sampling variances by the number of records, or as each area's few records tell them"
    )


class ReliableChange(Declaration):
    """Which people count: those whose score moved by more than its error of measurement, or those whose did not."""

    way: Way = Field(description="a higher score, a lower one, or neither beyond error")
    retest: float | None = Field(
        None, gt=0, lt=1, description="correlation of test and retest; Cronbach's alpha of the first wave unless given"
    )


class Imputation(Declaration):
    """Missing values of a mean, drawn several times from what is known of each record, and pooled by Rubin's rules.

    It holds that records alike in the predictors are missing alike: name what tells who did not answer, the
    breakdowns included.
    """

    predictors: tuple[SqlExpression, ...] = Field(min_length=1, description="numbers, or yes or no, of each record")
    draws: int = Field(20, ge=5, le=500, description="at least a hundred times the fraction of missing information")
    seed: int = Field(ge=0, description="the same seed draws the same values")


class Bridge(Declaration):
    """Why two waves may be compared although something else than time changed between them."""

    across: Literal["mode", "version"] = Field(description="what changed: how people answered, or what they were asked")
    evidence: Text = Field(description="what shows that answers compare: a split sample, a published study")
    reference: Reference | None = None


class Indicator(Declaration):
    """What is computed from an instrument's records and its scales' scores.

    mean: weighted mean of `value` (a share where `value` is a yes or no); ratio: sum of `value` over sum of `base`;
    total: weighted sum; quantile: least value that a share `probability` of the weight does not pass (0.5: median);
    change: difference of the weighted means of two waves, `to` minus `from`; standardised: weighted mean as a
    `standard` population would have it; poverty-rate, poverty-gap: share of incomes below the `poverty_line`, and how
    far below it the middle one of the poor is; quintile-ratio: S80/S20; gini: Gini's coefficient; small-area: weighted
    mean of each of the `areas`, by a model that borrows from alike ones (the weighted mean itself for all together);
    reliable-change: share of people whose score moved beyond its error between two waves, one way or `unchanged`, among
    those who have it at both.
    Rows where `among` is not true, or where `value` (or `base`) is missing, are left out of n.
    """

    indicator: Slug
    instrument: Slug
    initiatives: tuple[Slug, ...] | None = Field(None, description="all that use the instrument unless given")
    estimator: Estimator
    value: SqlExpression
    base: SqlExpression | None = None
    among: SqlExpression | None = None
    waves: Waves | None = None
    probability: float | None = Field(None, gt=0, lt=1, description="of a quantile: 0.5 for the median")
    standard: Standard | None = None
    poverty_line: PovertyLine | None = None
    areas: SmallAreas | None = None
    reliable: ReliableChange | None = None
    imputation: Imputation | None = Field(None, description="of a mean's missing values; else they are left out")
    bridges: tuple[Bridge, ...] = Field((), description="without one, a change across modes or wordings is refused")
    interval: ShareInterval | None = Field(None, description="of a share; the programme's unless given")
    by: tuple[str, ...] = Field((), description="fields or dimensions of the instrument")
    compare: Compare | None = Field(None, description="of a mean, a share or a ratio: differences between categories")
    unit: str
    decimals: int = Field(1, ge=0, le=6, description="digits after the comma where a person reads the figure")
    polarity: Literal["higher-is-better", "lower-is-better", "neutral"]
    theme: Slug
    frameworks: Frameworks
    label: Text
    description: Text | None = None
    reference: Reference | None = None

    @property
    def is_share(self) -> bool:
        """True where figures lie between 0 and 1 and are read as percentages."""
        if self.estimator in (*POVERTY, "reliable-change"):
            return True
        return self.estimator in ("mean", "standardised") and self.value.is_predicate

    @model_validator(mode="after")
    def _coherent(self) -> Indicator:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        for key, estimators in NEEDED.items():
            given = getattr(self, key) is not None
            if given and self.estimator not in estimators:
                found = Said(f"`{key}` under `estimator: {self.estimator}`")
                yield Wrong((key,), found, f"it under a {' or a '.join(estimators)} alone")
            if not given and self.estimator in estimators:
                expected = f"a {self.estimator} with its `{key}`, such as `{EXAMPLES[key]}`"
                yield Wrong(("estimator",), self.estimator, expected)
        if self.areas is not None and self.by != (self.areas.by,):
            yield Wrong(("areas", "by"), self.areas.by, "the breakdown that stands alone under `by`")
        if self.areas is not None:
            covariates = [(("areas", "covariates", n), name) for n, name in enumerate(self.areas.covariates)]
            yield from repeated(covariates, "each covariate once")
        if self.estimator in ("quantile", "small-area", *BY_RECORD[1:]) and self.value.is_predicate:
            yield Wrong(("value",), self.value.text, f"a number: a yes or no has a share, not a {self.estimator}")
        if self.standard is not None and self.standard.by in self.by:
            yield Wrong(("standard", "by"), self.standard.by, "a breakdown that does not stand under `by`")
        if self.waves is not None and self.waves.from_ == self.waves.to:
            yield Wrong(("waves", "to"), self.waves.to, "another wave than `from`")
        if self.interval is not None and not (self.is_share and self.estimator == "mean"):
            yield Wrong(("interval",), self.interval, "it under a share alone: a mean of a yes or no")
        if self.compare is not None and self.estimator not in ("mean", "ratio"):
            yield Wrong(
                ("compare",), Said(f"`compare` under `estimator: {self.estimator}`"), "it under a mean or a ratio"
            )
        if self.compare is not None and self.compare.by not in self.by:
            yield Wrong(("compare", "by"), self.compare.by, "a breakdown that stands under `by`")
        if self.compare is not None and self.compare.test is not None and not self.is_share:
            yield Wrong(("compare", "test"), self.compare.test, "it under a share alone: a mean of a yes or no")
        if self.imputation is not None and (self.estimator != "mean" or self.value.is_predicate):
            yield Wrong(("imputation",), Said("`imputation` here"), "it under a mean of a number alone")
        if self.imputation is not None and self.compare is not None:
            yield Wrong(("imputation",), Said("`imputation` with `compare`"), "one of the two")
        if self.bridges and self.estimator not in CHANGES:
            yield Wrong(
                ("bridges",), Said(f"`bridges` under `estimator: {self.estimator}`"), "them under a change alone"
            )
        across = [(("bridges", n, "across"), bridge.across) for n, bridge in enumerate(self.bridges)]
        yield from repeated(across, "one bridge over each gap")
        yield from repeated([(("by", n), name) for n, name in enumerate(self.by)], "each breakdown once")
