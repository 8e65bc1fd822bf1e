"""Power, minimum detectable effect and size of a design, before it is run or beside a result that found nothing.

A `Design` comes in, probabilities and effects go out. The effect over its standard error follows Student's noncentral
law; equations are solved to 1e-12. Units and clusters, covariates, unequal clusters and repeated measures enter through
the standard error (Bloom 1995, doi:10.1177/0193841X9501900504; Eldridge, Ashby & Kerry 2006, doi:10.1093/ije/dyl129;
McKenzie 2012, doi:10.1016/j.jdeveco.2012.01.002).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf, sqrt
from typing import Literal

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, stdtrit
from scipy.stats import nct

Analysis = Literal["difference", "ancova", "did"]

SOLVED = 1e-13


@dataclass(frozen=True, slots=True)
class Design:
    """Arms of `treated` and `control` units; or, with `cluster_size`, of as many clusters of that many units on
    average.

    icc: share of the outcome's variance that lies between clusters; size_cv: coefficient of variation of the clusters'
    sizes; r2: share of the variance (between units, within clusters) that covariates explain, r2_cluster between
    clusters; parameters: regressors beyond the constant and the treatment (at the level that is assigned). With
    `analysis` "did" or "ancova" on `pre` and `post` measures of the same units, correlated as `correlation`.
    """

    treated: float
    control: float
    cluster_size: float | None = None
    icc: float = 0.0
    size_cv: float = 0.0
    r2: float = 0.0
    r2_cluster: float = 0.0
    parameters: int = 0
    analysis: Analysis = "difference"
    correlation: float = 0.0
    pre: int = 1
    post: int = 1

    def __post_init__(self) -> None:
        for name in ("icc", "r2", "r2_cluster"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is a share of a variance, below 1: {getattr(self, name)}")
        if not -1 < self.correlation < 1:
            raise ValueError(f"a correlation is between -1 and 1: {self.correlation}")
        if self.cluster_size is None and (self.icc or self.size_cv or self.r2_cluster):
            raise ValueError("icc, size_cv and r2_cluster need a cluster_size")
        if min(self.treated, self.control) <= 0 or self.pre < 1 or self.post < 1:
            raise ValueError("arms and rounds of measure are not empty")

    @property
    def df(self) -> float:
        """Units, or clusters where they are assigned, less the two means and the parameters."""
        return self.treated + self.control - 2 - self.parameters

    def standard_error(self, sd: float = 1.0) -> float:
        """Of the effect, for an outcome of standard deviation `sd`.

        V = sd^2 (1/J1 + 1/J0) [icc (1 + cv^2)(1 - r2_cluster) + (1 - icc)(1 - r2)/m] x rounds, with m = 1 and icc = 0
        where units are assigned; `rounds` is 1 for one measure after.
        """
        m = 1.0 if self.cluster_size is None else self.cluster_size
        between = self.icc * (1 + self.size_cv**2) * (1 - self.r2_cluster)
        within = (1 - self.icc) * (1 - self.r2) / m
        return sd * sqrt((1 / self.treated + 1 / self.control) * (between + within) * self.rounds)

    @property
    def rounds(self) -> float:
        """Variance of the analysis over that of one measure after, of equal correlations (McKenzie 2012).

        difference: (1 + (post-1) r)/post; did: that + (1 + (pre-1) r)/pre - 2r; ancova: that of difference less
        pre r^2/(1 + (pre-1) r). For one round each: 1, 2(1-r), 1-r^2.
        """
        r = self.correlation
        after = (1 + (self.post - 1) * r) / self.post
        before = (1 + (self.pre - 1) * r) / self.pre
        return {"difference": after, "did": after + before - 2 * r, "ancova": after - r * r / before}[self.analysis]


def power(design: Design, effect: float, *, sd: float = 1.0, alpha: float = 0.05, sides: Literal[1, 2] = 2) -> float:
    """Probability that an effect of this size is found: |t| beyond Student's quantile (both sides counted).

    Raises ValueError where the design leaves no degrees of freedom.
    """
    df = design.df
    if not df > 0:
        raise ValueError(f"{df:g} degrees of freedom")
    shift = effect / design.standard_error(sd)
    return _reached(abs(shift) if sides == 2 else shift, df, alpha, sides)


def _reached(shift: float, df: float, alpha: float, sides: int) -> float:
    if df == inf:
        quantile = float(ndtri(1 - alpha / sides))
        return float(ndtr(shift - quantile)) + (float(ndtr(-shift - quantile)) if sides == 2 else 0.0)
    critical = float(stdtrit(df, 1 - alpha / sides))
    above = float(nct.sf(critical, df, shift))
    return above + float(nct.sf(critical, df, -shift)) if sides == 2 else above


def minimum_detectable_effect(
    design: Design, *, sd: float = 1.0, alpha: float = 0.05, power: float = 0.8, sides: Literal[1, 2] = 2
) -> float:
    """The effect that would be found with probability `power`, in the outcome's unit."""
    df = design.df
    if not df > 0:
        raise ValueError(f"{df:g} degrees of freedom")
    if not alpha < power < 1:
        raise ValueError(f"a power between alpha and 1 was expected, not {power}")
    return _multiplier(df, alpha, power, sides) * design.standard_error(sd)


def detectable_effect(
    se: float, df: float | None, *, alpha: float = 0.05, power: float = 0.8, sides: Literal[1, 2] = 2
) -> float:
    """The effect that a study with this standard error would have found with probability `power`: what a result of
    nothing found is to be read beside. `df` None is the normal law."""
    return _multiplier(inf if df is None else df, alpha, power, sides) * se


def _multiplier(df: float, alpha: float, power: float, sides: int) -> float:
    """The noncentrality at which the power is reached."""
    far = 10.0
    while _reached(far, df, alpha, sides) < power:
        far *= 2
    return float(brentq(lambda shift: _reached(shift, df, alpha, sides) - power, 0.0, far, xtol=SOLVED, rtol=1e-14))


def size_needed(
    design: Design, effect: float, *, sd: float = 1.0, alpha: float = 0.05, power: float = 0.8,
    sides: Literal[1, 2] = 2,
) -> Design:  # fmt: skip
    """The design with the arms, in the same proportion, that find `effect` with probability `power`; not rounded.

    Clusters are added, not units to them. Raises ValueError for no effect.
    """
    if effect == 0:
        raise ValueError("no design finds an effect of zero")
    share = design.treated / (design.treated + design.control)

    def of(total: float) -> Design:
        return replace(design, treated=share * total, control=(1 - share) * total)

    def lacking(total: float) -> float:
        shift = abs(effect) / of(total).standard_error(sd)
        return _reached(shift, of(total).df, alpha, sides) - power

    least = 3.0 + design.parameters  # one degree of freedom
    most = 2 * least
    while lacking(most) < 0:
        most *= 2
        if most == inf:
            raise ValueError("no size is enough")
    return of(float(brentq(lacking, least, most, xtol=SOLVED, rtol=1e-14))) if lacking(least) < 0 else of(least)


def whole(design: Design) -> Design:
    """Arms rounded up to whole units or clusters."""
    return replace(design, treated=ceil(design.treated), control=ceil(design.control))
