"""What an effect costs and is worth: cost per unit of effect, WELLBYs, net benefit, each with its uncertainty.

An effect and a cost per person with their standard errors come in, in the outcome's unit and in money of one year;
small frozen figures go out. No price is built in: values and their ranges are declared. Student's law with the effect's
degrees of freedom is used throughout (None is the normal law), costs being as good as known beside effects.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

LARGE_DF = 1e9  # what stands for the normal law


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure with its standard error; `df` None is the normal law."""

    value: float
    se: float
    df: float | None = None

    def interval(self, confidence: float) -> tuple[float, float]:
        """value -+ t se."""
        half = _quantile(self.df, confidence) * self.se
        return self.value - half, self.value + half


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with Fieller's interval; without bounds where the denominator may be zero, and `reason` says so."""

    value: float
    low: float | None
    high: float | None
    reason: str | None = None


def cost_per_effect(cost: Quantity, effect: Quantity, *, confidence: float = 0.95, correlation: float = 0.0) -> Ratio:
    """Money per unit of effect: C/E with the interval of Fieller (1954, doi:10.1111/j.2517-6161.1954.tb00159.x).

    The bounds are the roots r of (C - rE)^2 = t^2 (Vc - 2 r Vce + r^2 Ve). Where the effect's own interval holds zero
    the set is not an interval, and none is given (`effect-not-told-from-zero`); a ratio to a harm means nothing either
    (`no-benefit`). Raises ValueError for a standard error below zero.
    """
    if cost.se < 0 or effect.se < 0:
        raise ValueError("standard errors of at least zero")
    ratio = math.nan if effect.value == 0 else cost.value / effect.value
    t = _quantile(effect.df, confidence)
    if t * effect.se >= abs(effect.value):
        return Ratio(ratio, None, None, "effect-not-told-from-zero")
    if effect.value < 0:
        return Ratio(ratio, None, None, "no-benefit")
    covariance = correlation * cost.se * effect.se
    a = effect.value**2 - (t * effect.se) ** 2
    b = cost.value * effect.value - t * t * covariance
    c = cost.value**2 - (t * cost.se) ** 2
    spread = math.sqrt(max(b * b - a * c, 0.0))
    return Ratio(ratio, (b - spread) / a, (b + spread) / a)


def wellbys(effect: Quantity, years: Quantity, *, scale: float = 1.0, discount: float = 0.0) -> Quantity:
    """Well-being-years a person gains: points of life satisfaction (0 to 10) x the years that they last.

    HM Treasury (2021), Wellbeing guidance for appraisal: one WELLBY is one point for one person for one year. `scale`
    turns the outcome's unit into points; each year is worth 1/(1 + `discount`) of the one before, taken continuously:
    (1 - exp(-d y))/d with d = log(1 + discount). The variance of a product of independent figures (Goodman 1960,
    doi:10.1080/01621459.1960.10483369): E^2 Vy + y^2 Ve + Ve Vy.
    """
    rate = math.log1p(discount)
    lasting = years.value if rate == 0 else (1 - math.exp(-rate * years.value)) / rate
    lasting_se = years.se * math.exp(-rate * years.value)  # delta method
    e, e_se = effect.value * scale, effect.se * scale
    variance = (e * lasting_se) ** 2 + (lasting * e_se) ** 2 + (e_se * lasting_se) ** 2
    return Quantity(e * lasting, math.sqrt(variance), effect.df)


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """Worth less cost a person, at one value of a unit of effect, and how sure it is that it is above zero."""

    value_of_unit: float
    net: Quantity
    low: float
    high: float
    probability: float


def net_benefit(
    effect: Quantity, cost: Quantity, value_of_unit: float, *, confidence: float = 0.95, correlation: float = 0.0
) -> NetBenefit:
    """Value x E - C (Stinnett & Mullahy 1998, doi:10.1177/0272989X98018002S09), V = v^2 Ve + Vc - 2 v Vce.

    `probability` is that of a net benefit above zero: one point of the acceptability curve (van Hout et al. 1994,
    doi:10.1002/hec.4730030505).
    """
    variance = (value_of_unit * effect.se) ** 2 + cost.se**2 - 2 * value_of_unit * correlation * effect.se * cost.se
    net = Quantity(value_of_unit * effect.value - cost.value, math.sqrt(max(variance, 0.0)), effect.df)
    low, high = net.interval(confidence)
    if net.se == 0:
        probability = 1.0 if net.value > 0 else 0.0
    else:
        probability = float(stdtr(net.df or LARGE_DF, net.value / net.se))
    return NetBenefit(value_of_unit, net, low, high, probability)


def _quantile(df: float | None, confidence: float) -> float:
    return float(stdtrit(df or LARGE_DF, 1 - (1 - confidence) / 2))
