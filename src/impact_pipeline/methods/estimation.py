"""From exact sums by category and stratum to estimates: value, standard error, interval, design effect, or a refusal.

What comes in are plain rows read from the tables that the numbered SQL made; what goes out are `Estimate` rows, not yet
protected, sorted by their key. Statistics are in `linearisation` and `intervals`; here it is decided which applies,
what is refused and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np

from impact_pipeline.declarations import Indicator
from impact_pipeline.declarations.indicator import BY_RECORD
from impact_pipeline.declarations.programme import ShareInterval, SinglePsu
from impact_pipeline.methods import intervals
from impact_pipeline.methods.area_estimates import Covariates, with_areas
from impact_pipeline.methods.linearisation import (
    OverdrawnError,
    Scores,
    Shared,
    SinglePsuError,
    Size,
    Stratum,
    change_scores,
    degrees_of_freedom,
    ratio_scores,
    total_scores,
    variance,
)
from impact_pipeline.methods.measures.comparability import Verdict
from impact_pipeline.methods.quantum import Quantum
from impact_pipeline.methods.residual_scores import Residuals

SIGNIFICANT = 1e-12  # a standard error below this share of its estimate is what rounding leaves of zero
FEW = 10  # expected answers on the rarer side of a share below which the logit interval is too short


class Key(NamedTuple):
    """What an estimate is about; `wave` is the later one for a change."""

    indicator: str
    initiative: str
    wave: str
    dimension: str
    category: str


@dataclass(slots=True)
class Domain:
    """Exact sums over the records of one category at one wave, in quanta; see `sql/50_stratum_moment.sql`."""

    n: int = 0
    w: int = 0
    ww: int = 0
    v: int = 0
    b: int = 0
    wvv: int = 0
    wvb: int = 0
    wbb: int = 0
    largest: int = 0
    gross: int = 0
    v_power: int = 1  # PSU totals were divided by these
    b_power: int = 1
    strata: dict[str, Stratum] = field(default_factory=dict)

    @property
    def is_two_stage(self) -> bool:
        """Whether the design tells how many units each sampling unit has."""
        return any(s.within for s in self.strata.values())

    def in_quanta(self) -> dict[str, Stratum]:
        """The strata with PSU totals in the quanta of v and b again."""
        p, q = self.v_power, self.b_power
        if p == q == 1:
            return self.strata
        return {name: s.times(p, q) for name, s in self.strata.items()}


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure before disclosure control.

    `n` counts observations (of both waves for a change), `units` the people or businesses behind them. `se`, `low` and
    `high` are in the unit of `value`; `deff` is V / V(simple random sample with replacement) as R's deff = "replace",
    `deff_wor` the same without replacement from the weighted population (deff = TRUE; None where weights do not count
    a population), `deff_kish` = 1 + CV^2 of the weights (Kish 1965; None for a change), `n_effective` = n / deff (n /
    deff_kish for a share of 0 or 1, whose variance tells nothing). `fewest`, `largest` and `gross` are for disclosure
    control alone: the units of the smaller wave, the largest unit's weighted value and the sum of magnitudes (None
    where values were taken from their middle: none stands out).
    """

    key: Key
    n: int
    units: int
    value: float | None = None
    se: float | None = None
    df: int | None = None
    low: float | None = None
    high: float | None = None
    deff: float | None = None
    deff_wor: float | None = None
    deff_kish: float | None = None
    n_effective: float | None = None
    status: Literal["published", "refused"] = "published"
    reason: str | None = None
    fewest: int = 0
    fewest_beyond: int | None = None  # records beyond the nearer bound, where bounds are the answers of someone
    largest: float | None = None
    gross: float | None = None


Place = tuple[str, str, str, str]  # indicator, initiative, dimension, category


@dataclass(frozen=True)
class Sums:
    """All that is read from the tables, by key."""

    domains: Mapping[Key, Domain]
    quanta: Mapping[tuple[str, str], Quantum]  # by indicator and initiative
    sizes: Mapping[tuple[str, str, str], Mapping[str, Size]]  # by instrument, initiative and wave
    change_sizes: Mapping[tuple[str, str], Mapping[str, Size]]  # by indicator and initiative
    shared: Mapping[Place, Mapping[str, Shared]]
    shared_units: Mapping[Place, int]
    residuals: Residuals = field(default_factory=Residuals)  # of samples that are weighted to margins
    replicated: Mapping[Key, float | str] = field(default_factory=dict)  # variances by replicates, or why there is none
    replicated_contrasts: Mapping[Key, float | str] = field(default_factory=dict)
    verdicts: Mapping[tuple[str, str], Verdict] = field(default_factory=dict)  # changes that do not compare as they are


@dataclass(frozen=True, slots=True)
class Rules:
    """How estimates are made: single-PSU policy by instrument, confidence level, digits of published figures."""

    single_psu: Mapping[str, SinglePsu]
    confidence: float
    significant_digits: int
    interval: ShareInterval | None = None  # of shares; None: logit, beta where few are expected


def estimate(
    indicators: Mapping[str, Indicator], sums: Sums, rules: Rules, quantiles: Sequence[Estimate] = (),
    areas: Covariates | None = None,
) -> list[Estimate]:  # fmt: skip
    """Every estimate that the sums allow and these quantiles, sorted by key, rounded to the declared precision.

    `areas`: what is known of the areas of indicators that declare `small-area`.
    """
    points = with_areas([*_points(indicators, sums, rules), *quantiles], indicators, areas or {}, rules.confidence)
    found = sorted(points, key=lambda e: e.key)
    shares = {name: i.interval or rules.interval for name, i in indicators.items() if i.is_share}
    return [_rounded(e, rules.significant_digits) for e in _with_intervals(found, shares, sums, rules.confidence)]


def _points(indicators: Mapping[str, Indicator], sums: Sums, rules: Rules) -> Iterator[Estimate]:
    for key, domain in sums.domains.items():
        indicator = indicators[key.indicator]
        if indicator.estimator == "quantile" or indicator.estimator in BY_RECORD or indicator.imputation is not None:
            continue
        if indicator.waves is None:
            yield _level(key, domain, indicator, sums, rules)
        elif key.wave == indicator.waves.to:
            earlier = sums.domains.get(key._replace(wave=indicator.waves.from_))
            yield _change(key, domain, earlier, indicator, sums, rules)
        elif key._replace(wave=indicator.waves.to) not in sums.domains:
            yield _without(key._replace(wave=indicator.waves.to), domain)


def _without(key: Key, domain: Domain) -> Estimate:
    """A change that has one of its waves only."""
    return Estimate(key, domain.n, domain.n, status="refused", reason="missing-wave", fewest=domain.n)


def _level(key: Key, domain: Domain, indicator: Indicator, sums: Sums, rules: Rules) -> Estimate:
    """A mean, a share, a ratio or a total at one wave."""
    quantum = sums.quanta[key.indicator, key.initiative]
    sizes = sums.sizes[indicator.instrument, key.initiative, key.wave]
    largest, gross = magnitudes(domain, quantum)
    kish = domain.n / _kish(domain, quantum)
    bare = Estimate(key, domain.n, domain.n, deff_kish=kish, fewest=domain.n, largest=largest, gross=gross)
    if indicator.estimator == "total":
        unit = 1 / quantum.v_scale
        value = domain.v / quantum.v_scale
        scores, denominator = total_scores(domain.in_quanta())
    elif domain.b == 0:
        return replace(bare, status="refused", reason="no-base")
    else:
        unit = quantum.b_scale / quantum.v_scale
        value = quantum.centre + domain.v / domain.b * unit
        scores, denominator = ratio_scores(domain.v, domain.b, domain.in_quanta())
    base = 1 if indicator.estimator == "total" else domain.b
    scores, denominator = sums.residuals.level(key, (scores, denominator), base, domain.v_power)
    srs = _srs_variances([domain], indicator, quantum)
    return _designed(replace(bare, value=value), scores, denominator, unit, sizes, indicator, sums, rules, srs)


def _change(
    key: Key, later: Domain, earlier: Domain | None, indicator: Indicator, sums: Sums, rules: Rules
) -> Estimate:
    """The later mean less the earlier one; units present in both waves count once."""
    if earlier is None:
        return _without(key, later)
    quantum = sums.quanta[key.indicator, key.initiative]
    place = (key.indicator, key.initiative, key.dimension, key.category)
    unit = quantum.b_scale / quantum.v_scale
    value = (later.v * earlier.b - earlier.v * later.b) / (later.b * earlier.b) * unit
    shared = {name: s.times(later.v_power, later.b_power) for name, s in sums.shared.get(place, {}).items()}
    scores, denominator = change_scores(
        (later.v, later.b, later.in_quanta()), (earlier.v, earlier.b, earlier.in_quanta()), shared
    )
    scores, denominator = sums.residuals.change(
        key, key._replace(wave=indicator.waves.from_ if indicator.waves else ""), (scores, denominator),
        (later.b, earlier.b), later.v_power,
    )  # fmt: skip
    n = later.n + earlier.n
    units = n - sums.shared_units.get(place, 0)
    verdict = sums.verdicts.get((key.indicator, key.initiative))
    if verdict in ("mode-change", "version-change"):
        return Estimate(key, n, units, status="refused", reason=verdict, fewest=min(later.n, earlier.n))
    largest, gross = max(magnitudes(later, quantum), magnitudes(earlier, quantum), key=_prominence)
    bare = Estimate(key, n, units, value, fewest=min(later.n, earlier.n), largest=largest, gross=gross)
    srs = _srs_variances([later, earlier], indicator, quantum)
    sizes = sums.change_sizes[key.indicator, key.initiative]
    if later.is_two_stage and key in sums.residuals.moments:  # residuals by person are not summed: no correction at all
        sizes = {name: Size(size.psu) for name, size in sizes.items()}
    found = _designed(bare, scores, denominator, unit, sizes, indicator, sums, rules, srs)
    return replace(found, reason=found.reason or verdict)


def _designed(
    bare: Estimate, scores: Mapping[str, Scores], denominator: int, unit: float, sizes: Mapping[str, Size],
    indicator: Indicator, sums: Sums, rules: Rules, srs: tuple[float | None, float | None],
) -> Estimate:  # fmt: skip
    """The estimate with its standard error and design effect, or the reason why it has none."""
    policy = rules.single_psu[indicator.instrument]
    try:
        found, single = variance(scores, denominator, sizes, policy)
    except SinglePsuError:
        return replace(bare, value=None, status="refused", reason="single-psu")
    except OverdrawnError:
        return replace(bare, value=None, status="refused", reason="population-too-small")
    df = degrees_of_freedom(scores)
    if df <= 0:
        return replace(bare, df=df, reason="no-degrees-of-freedom")
    by_replicates = sums.replicated.get(bare.key)
    if isinstance(by_replicates, str):
        return replace(bare, value=None, status="refused", reason=by_replicates)
    se = found**0.5 * unit if by_replicates is None else by_replicates**0.5
    if se <= SIGNIFICANT * abs(bare.value or 0):
        se = 0.0
    deff, deff_wor = (se * se / each if each else None for each in srs)
    told = f"single-psu-{policy}" if single else None
    effective = bare.n / deff if deff else None
    return replace(bare, se=se, df=df, deff=deff, deff_wor=deff_wor, n_effective=effective, reason=told)


def _srs_variances(
    domains: Sequence[Domain], indicator: Indicator, quantum: Quantum
) -> tuple[float | None, float | None]:
    """With and without replacement, summed over independent samples; the second leaves out n / sum w of each."""
    parts = [_srs_variance(domain, indicator, quantum) for domain in domains]
    left = [1 - domain.n / (domain.w / quantum.w_scale) for domain in domains]
    told = [part for part in parts if part is not None]
    if len(told) < len(parts):
        return None, None
    counts = all(share > SIGNIFICANT for share in left)
    return sum(told), sum(part * share for part, share in zip(told, left, strict=True)) if counts else None


def _srs_variance(domain: Domain, indicator: Indicator, quantum: Quantum) -> float | None:
    """Variance that a simple random sample of n, drawn with replacement, would have given; None where it tells nothing.

    (sum w)^2 / (n - 1) x [sum w z^2 / sum w - (sum w z / sum w)^2], z being the value (total) or (value - R base)/B.
    """
    if domain.n < 2:
        return None
    w = domain.w / quantum.w_scale
    v, vv = domain.v / quantum.v_scale, domain.wvv / quantum.wvv_scale
    if indicator.estimator == "total":
        square, mean = vv, v / w
    else:
        b = domain.b / quantum.b_scale
        vb, bb = domain.wvb / quantum.wvb_scale, domain.wbb / quantum.wbb_scale
        square, mean = (vv - 2 * v / b * vb + (v / b) ** 2 * bb) / (b * b), 0.0
        vv /= b * b
    spread = square / w - mean * mean
    return w * w / (domain.n - 1) * spread if spread * w > SIGNIFICANT * vv else None


def magnitudes(domain: Domain, quantum: Quantum) -> tuple[float | None, float | None]:
    """The largest record's weighted value, and the sum of all; None where values were taken from their middle."""
    if quantum.centre != 0:
        return None, None
    return domain.largest / quantum.v_scale, domain.gross / quantum.v_scale


def _prominence(magnitudes: tuple[float | None, float | None]) -> float:
    largest, gross = magnitudes
    return largest / gross if largest and gross else 0.0


def _with_intervals(
    found: Sequence[Estimate], shares: Mapping[str, ShareInterval | None], sums: Sums, confidence: float
) -> list[Estimate]:
    """The estimates with their intervals: as declared for shares, Clopper-Pearson for those that are 0 or 1, else
    Student; an estimate that has its bounds keeps them."""
    result = list(found)
    groups: dict[str, list[int]] = {}
    for place, e in enumerate(found):
        if e.se is not None and e.low is None:
            kind = _interval_of(e, shares[e.key.indicator]) if e.key.indicator in shares else "student"
            groups.setdefault(kind, []).append(place)
    for kind, places in groups.items():
        value, se, df, n, kish = _columns([found[place] for place in places], sums)
        if kind == "student":
            low, high = intervals.student(value, se, df, confidence)
        elif kind == "logit":
            low, high = intervals.logit(value, se, df, confidence)
        elif kind == "unanimous":
            low, high = intervals.unanimous(value, n, kish, df, confidence)
        else:
            low, high = getattr(intervals, kind)(value, se, n, df, confidence)
        for nth, place in enumerate(places):
            e = found[place]
            effective = float(kish[nth]) if kind == "unanimous" else e.n_effective
            result[place] = replace(e, low=float(low[nth]), high=float(high[nth]), n_effective=effective)
    return result


def _interval_of(e: Estimate, declared: ShareInterval | None) -> str:
    """Logit unless declared; Clopper-Pearson on the effective size where fewer than FEW are expected on either side.

    A share without error (a census) has its point for an interval, which the logit gives.
    """
    share, se = e.value or 0.0, e.se or 0.0
    if share in (0, 1):
        return "unanimous"
    if se == 0:
        return "logit"
    expected = share * (1 - share) / (se * se) * min(share, 1 - share)
    return declared or ("beta" if expected < FEW else "logit")


def _columns(found: Sequence[Estimate], sums: Sums) -> tuple[intervals.Floats, ...]:
    """value, se, df, n and Kish's effective size of estimates, as arrays."""
    told = [(e, sums.domains[e.key], sums.quanta[e.key.indicator, e.key.initiative]) for e in found]
    rows = [(e.value, e.se, e.df, e.n, _kish(domain, quantum)) for e, domain, quantum in told]
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return tuple(table[:, column] for column in range(5))


def _kish(domain: Domain, quantum: Quantum) -> float:
    """(sum w)^2 / sum w^2 (Kish 1965)."""
    return (domain.w / quantum.w_scale) ** 2 / (domain.ww / quantum.ww_scale)


def _rounded(e: Estimate, digits: int) -> Estimate:
    def told(figure: float | None) -> float | None:
        return None if figure is None else float(f"{figure:.{digits}g}")

    return replace(
        e, value=told(e.value), se=told(e.se), low=told(e.low), high=told(e.high), deff=told(e.deff),
        deff_wor=told(e.deff_wor), deff_kish=told(e.deff_kish), n_effective=told(e.n_effective),
    )  # fmt: skip
