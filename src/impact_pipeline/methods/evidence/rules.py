"""The rules of the evidence level, as data: what each looks at in the facts, and what it changes where it fires.

Facts come in, what each rule found goes out (`Looked`); `grading` adds the changes up. Thresholds stand once, above.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from impact_pipeline.methods.evidence.facts import Facts

Certainty = Literal["very-low", "low", "moderate", "high"]
CERTAINTIES: tuple[Certainty, ...] = ("very-low", "low", "moderate", "high")
Domain = Literal["risk-of-bias", "inconsistency", "indirectness", "imprecision", "publication-bias"]

ROBUST_RULES = ("CR2", "CR3", "cluster-means", "cluster-means-HC2", "permutation")
ROBUST_PREFIXES = ("REML-",)
FEW_CLUSTERS, WITHIN_ARM = 10, 2
SMD_OUTCOME, SMD_COVARIATE, SMD_FAR = 0.05, 0.10, 0.25
PRE_WAVES, PRETREND, BREAKDOWN = 2, 0.05, 1.0
OVERLAP, HEAVY = 0.5, 0.05
RELIABLE, CEILING, LARGE, HETEROGENEOUS = 0.70, 0.15, 0.8, 75.0
SITES = 2


@dataclass(frozen=True, slots=True)
class Change:
    """What a rule does where it fires: on the Maryland level, on certainty, or a word."""

    ceiling: int | None = None
    cap: int | None = None
    step: int = 0
    domain: Domain | None = None
    down: int = 0
    up: int = 0
    certainty_cap: Certainty | None = None
    label: str | None = None

    def words(self) -> str:
        """The change in a compact code: `level<=2`, `level-1`, `certainty-1:imprecision`, `exploratory`."""
        told = [] if self.ceiling is None else [f"ceiling={self.ceiling}"]
        told += [] if self.cap is None else [f"level<={self.cap}"]
        told += [f"level-{self.step}"] if self.step else []
        told += [f"certainty-{self.down}:{self.domain}"] if self.down else []
        told += [f"certainty+{self.up}"] if self.up else []
        told += [] if self.certainty_cap is None else [f"certainty<={self.certainty_cap}"]
        return " ".join([*told, *([] if self.label is None else [self.label])])


@dataclass(frozen=True, slots=True)
class Looked:
    """A rule on one set of facts: whether it fires (None where it cannot be told), its figure and its threshold."""

    fired: bool | None
    figure: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its stable code, how it looks at facts, and what it changes where it fires."""

    code: str
    look: Callable[[Facts], Looked]
    change: Change


def _mechanism(*names: str) -> Callable[[Facts], Looked]:
    return lambda f: Looked(f.comparison and f.mechanism in names)


def _observed(baseline: bool, comparison: bool, controls: bool | None) -> Callable[[Facts], Looked]:
    def look(f: Facts) -> Looked:
        if f.comparison and f.mechanism in ("random", "threshold", "instrument"):
            return Looked(False)
        pairs = (f.baseline, f.comparison) == (baseline, comparison)
        return Looked(pairs and (controls is None or f.controls == controls))

    return look


def _below(name: str, threshold: float) -> Callable[[Facts], Looked]:
    return lambda f: _compared(getattr(f, name), threshold, below=True)


def _above(name: str, threshold: float) -> Callable[[Facts], Looked]:
    return lambda f: _compared(getattr(f, name), threshold, below=False)


def _compared(figure: float | None, threshold: float, *, below: bool) -> Looked:
    if figure is None:
        return Looked(None, None, threshold)
    return Looked(figure < threshold if below else figure > threshold, float(figure), threshold)


def _confounded(f: Facts) -> Looked:
    """One cluster in an arm, a single treated one against several controls apart: that has a rule of its own."""
    if f.clusters_treated is None or f.clusters_control is None:
        return Looked(None, None, WITHIN_ARM)
    fewest = min(f.clusters_treated, f.clusters_control)
    alone = f.clusters_treated == 1 and f.clusters_control >= WITHIN_ARM
    return Looked(fewest < WITHIN_ARM and not alone, fewest, WITHIN_ARM)


def _one_treated(f: Facts) -> Looked:
    if f.clusters_treated is None or f.clusters_control is None:
        return Looked(None, None, WITHIN_ARM)
    alone = f.clusters_treated == 1 and f.clusters_control >= WITHIN_ARM
    return Looked(alone and not f.permutation_shown, f.clusters_treated, WITHIN_ARM)


def _small_clusters(f: Facts) -> Looked:
    if f.clusters_treated is None or f.clusters_control is None:
        return Looked(None, None, FEW_CLUSTERS)
    clusters = f.clusters_treated + f.clusters_control
    robust = f.se_rule in ROBUST_RULES or f.se_rule.startswith(ROBUST_PREFIXES)
    shown = robust or f.bootstrap_shown or f.permutation_shown
    return Looked(clusters < FEW_CLUSTERS and not shown, clusters, FEW_CLUSTERS)


def _attrition(f: Facts) -> Looked:
    """`attrition_allowed` None: so many left that no difference between arms is accepted."""
    within = f.attrition_within
    return Looked(None if within is None else not within, f.attrition_differential, f.attrition_allowed)


def _lee(f: Facts) -> Looked:
    same = f.has_one_sign("lee")
    return Looked(None if same is None else not same, f.lee_low, 0.0)


def _imbalance(name: str, threshold: float) -> Callable[[Facts], Looked]:
    """Between the threshold and the one that caps, without adjustment."""

    def look(f: Facts) -> Looked:
        figure = getattr(f, name)
        if figure is None:
            return Looked(None, None, threshold)
        return Looked(threshold < figure <= SMD_FAR and not f.adjusted, figure, threshold)

    return look


def _far_apart(f: Facts) -> Looked:
    known = [figure for figure in (f.smd_outcome, f.smd_covariates) if figure is not None]
    return _compared(max(known), SMD_FAR, below=False) if known else Looked(None, None, SMD_FAR)


def _flag(name: str, bad: bool) -> Callable[[Facts], Looked]:
    def look(f: Facts) -> Looked:
        told = getattr(f, name)
        return Looked(None if told is None else told == bad)

    return look


def _of_scale(look: Callable[[Facts], Looked]) -> Callable[[Facts], Looked]:
    return lambda f: look(f) if f.scale else Looked(None)


def _selected(f: Facts) -> Looked:
    return Looked(f.selected_low and not f.comparison, f.regression_to_the_mean)


def _imprecise(f: Facts) -> Looked:
    """The interval holds no effect and an effect that matters (or that could have been found)."""
    if f.low is None or f.high is None or f.important is None:
        return Looked(None)
    holds = f.low <= 0 <= f.high and (f.high >= f.important or f.low <= -f.important)
    return Looked(holds, max(f.high, -f.low), f.important)


def _small(f: Facts) -> Looked:
    """Fewer units than would find an effect that matters; where the interval says so already, it counts once."""
    if f.n is None or f.optimal_n is None:
        return Looked(None)
    return Looked(f.n < f.optimal_n and not _imprecise(f).fired, f.n, f.optimal_n)


def _many_looks(f: Facts) -> Looked:
    return Looked(f.tested > 1 and not f.multiplicity_adjusted, f.tested, 1)


def _prediction(f: Facts) -> Looked:
    same = f.has_one_sign("prediction")
    return Looked(None if same is None else not same, f.prediction_low, 0.0)


def _small_studies(f: Facts) -> Looked:
    if f.studies is None or f.studies < 10 or f.small_study_p is None:
        return Looked(None, None, 0.10)
    return Looked(f.small_study_p < 0.10, f.small_study_p, 0.10)


def _undone(f: Facts) -> Looked:
    if f.robustness_value is None or f.strongest_covariate is None:
        return Looked(None)
    return Looked(f.robustness_value < f.strongest_covariate, f.robustness_value, f.strongest_covariate)


def _large(f: Facts) -> Looked:
    if f.g is None or f.mechanism == "random" or not f.comparison:
        return Looked(None, None, LARGE)
    return _compared(abs(f.g), LARGE, below=False)


def _unsigned(f: Facts) -> Looked:
    signed = f.judgements or {}
    missing = sum(signed.get(name) is None for name in JUDGED)
    return Looked(missing > 0, missing, 0)


def _judged(name: str, verdict: str) -> Callable[[Facts], Looked]:
    def look(f: Facts) -> Looked:
        told = (f.judgements or {}).get(name)
        return Looked(None if told is None else told == verdict)

    return look


JUDGED: Mapping[str, Domain] = {
    "comparator_plausibility": "risk-of-bias",
    "spillover": "risk-of-bias",
    "fidelity": "indirectness",
    "indirectness": "indirectness",
    "harm": "risk-of-bias",
}
BIAS: Domain = "risk-of-bias"
RULES: tuple[Rule, ...] = (
    Rule("ceiling-random", _mechanism("random"), Change(ceiling=5)),
    Rule("ceiling-quasi-random", _mechanism("threshold", "instrument"), Change(ceiling=4)),
    Rule("ceiling-before-and-comparison", _observed(True, True, None), Change(ceiling=3)),
    Rule("ceiling-comparison-adjusted", _observed(False, True, True), Change(ceiling=2)),
    Rule("ceiling-comparison-unadjusted", _observed(False, True, False), Change(ceiling=1)),
    Rule("ceiling-before-adjusted", _observed(True, False, True), Change(ceiling=2)),
    Rule("ceiling-before-unadjusted", _observed(True, False, False), Change(ceiling=1)),
    Rule("ceiling-neither", _observed(False, False, None), Change(ceiling=1)),
    Rule("confounded-clusters", _confounded, Change(cap=1, domain=BIAS, down=2)),
    Rule("one-treated-cluster", _one_treated, Change(cap=2, domain=BIAS, down=1)),
    Rule("few-clusters", _small_clusters, Change(step=1, domain="imprecision", down=1)),
    Rule("attrition", _attrition, Change(step=1, domain=BIAS, down=1)),
    Rule("attrition-bounds", _lee, Change(step=1, domain=BIAS, down=1)),
    Rule("groups-far-apart", _far_apart, Change(cap=2, domain=BIAS, down=1)),
    Rule("outcome-imbalance", _imbalance("smd_outcome", SMD_OUTCOME), Change(step=1, domain=BIAS, down=1)),
    Rule("covariate-imbalance", _imbalance("smd_covariates", SMD_COVARIATE), Change(step=1, domain=BIAS, down=1)),
    Rule("few-pre-waves", _below("pre_waves", PRE_WAVES), Change(cap=3, label="trend-hardly-tested")),
    Rule("pre-trend", _below("pretrend_p", PRETREND), Change(step=1, domain=BIAS, down=1)),
    Rule("trend-break", _below("breakdown", BREAKDOWN), Change(step=1, domain=BIAS, down=1)),
    Rule("naive-staggered", _flag("naive_staggered", True), Change(step=1, domain=BIAS, down=1)),
    Rule("thin-overlap", _below("effective_share", OVERLAP), Change(step=1, domain=BIAS, down=1)),
    Rule("heavy-weight", _above("heaviest", HEAVY), Change(step=1, domain=BIAS, down=1)),
    Rule("selected-low", _selected, Change(cap=1, domain=BIAS, down=2)),
    Rule("not-validated", _of_scale(_flag("french_validation", False)), Change(domain="indirectness", down=1)),
    Rule("unreliable", _of_scale(_below("reliability", RELIABLE)), Change(domain=BIAS, down=1)),
    Rule("at-ceiling", _of_scale(_above("at_ceiling", CEILING)), Change(domain=BIAS, down=1)),
    Rule("other-version", _flag("same_version", False), Change(domain=BIAS, down=1)),
    Rule("not-invariant", _of_scale(_flag("invariant", False)), Change(domain=BIAS, down=1)),
    Rule(
        "not-declared", lambda f: Looked(f.declared != "before"), Change(certainty_cap="moderate", label="exploratory")
    ),
    Rule("many-looks", _many_looks, Change(certainty_cap="moderate", label="exploratory")),
    Rule("imprecise", _imprecise, Change(domain="imprecision", down=1)),
    Rule("too-small", _small, Change(domain="imprecision", down=1)),
    Rule("prediction-crosses-zero", _prediction, Change(label="not-yet-transferable")),
    Rule("inconsistent", _above("i2", HETEROGENEOUS), Change(domain="inconsistency", down=1)),
    Rule("small-studies", _small_studies, Change(domain="publication-bias", down=1)),
    Rule("hidden-confounder", _undone, Change(step=1, domain=BIAS, down=1)),
    Rule("large-effect", _large, Change(up=1)),
    Rule("not-delivered", _judged("fidelity", "serious"), Change(step=1)),
    *(Rule(f"concern-{name}", _judged(name, "concern"), Change(domain=told, down=1)) for name, told in JUDGED.items()),
    *(Rule(f"serious-{name}", _judged(name, "serious"), Change(domain=told, down=2)) for name, told in JUDGED.items()),
    Rule("not-reviewed", _unsigned, Change(label="computed-not-reviewed")),
)
