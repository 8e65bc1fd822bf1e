"""Whether people of equal level answer an item differently according to their group (arm, wave, mode): a screen of
differential item functioning by ordinal logistic regression.

Counts of (answer, level, group) come in, one small table an item; likelihood ratio tests and effect sizes go out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from impact_pipeline.methods.measures.moments import Floats
from impact_pipeline.methods.measures.ordinal import null_log_likelihood, ordinal_logit
from impact_pipeline.methods.measures.refused import RefusedMeasure

Size = Literal["negligible", "moderate", "large"]
MODERATE, LARGE = 0.035, 0.070  # change of Nagelkerke's R2 (Jodoin & Gierl 2001, doi:10.1207/S15324818AME1404_2)
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """How often each pattern occurs, arrays of shape (m,): `answer` (the item's points), `level` (the person's score),
    `group` (0, 1...) and the `count` of people."""

    answer: Floats
    level: Floats
    group: NDArray[np.int64]
    count: Floats


@dataclass(frozen=True, slots=True)
class ItemBias:
    """What tells one item's answers apart between groups, people of equal level compared.

    `uniform` is the likelihood ratio of a shift by group (df = groups - 1), `non_uniform` of a slope by group beyond it
    (same df), `both` their sum, with `p` and `p_adjusted` (Benjamini-Hochberg over the items screened). `r2_change` is
    the change of Nagelkerke's R2 by both, `r2_uniform` by the shift. `size` judges `r2_change`; an item is `flagged`
    where it is not negligible and `p_adjusted` is below .05.
    """

    n: int
    df: int
    uniform: float
    non_uniform: float
    both: float
    p: float
    p_adjusted: float
    r2_change: float
    r2_uniform: float
    size: Size

    @property
    def flagged(self) -> bool:
        return self.size != "negligible" and self.p_adjusted < SIGNIFICANT


def screen_items(items: Mapping[str, ItemCounts]) -> dict[str, ItemBias]:
    """Screen each item of a scale (Swaminathan & Rogers 1990, doi:10.1111/j.1745-3984.1990.tb00754.x; Zumbo 1999).

    Raises RefusedMeasure: `one-group`, `one-answer`, `no-variance` (of levels), `not-converged`, `separation`.
    """
    found = {name: _screen(counts) for name, counts in items.items()}
    adjusted = adjust([item.p for item in found.values()])
    return {name: replace(item, p_adjusted=p) for (name, item), p in zip(found.items(), adjusted, strict=True)}


def adjust(p: Sequence[float]) -> list[float]:
    """Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x."""
    order = np.argsort(p)[::-1]
    m = len(p)
    stepped = np.minimum.accumulate([min(1.0, p[i] * m / (m - rank)) for rank, i in enumerate(order)])
    adjusted = np.empty(m)
    adjusted[order] = stepped
    return [float(value) for value in adjusted]


def _screen(counts: ItemCounts) -> ItemBias:
    groups = np.unique(counts.group)
    if len(groups) < 2:
        raise RefusedMeasure("one-group", "all answers are of one group: there is nothing to compare")
    n = float(counts.count.sum())
    middle = float(counts.count @ counts.level) / n
    spread = float(np.sqrt(counts.count @ (counts.level - middle) ** 2 / n))
    if spread == 0:
        raise RefusedMeasure("no-variance", "all people have the same level")
    level = (counts.level - middle) / spread
    shift = (counts.group[:, None] == groups[None, 1:]).astype(np.float64)
    plain = ordinal_logit(counts.answer, level[:, None], counts.count)
    shifted = ordinal_logit(counts.answer, np.column_stack([level, shift]), counts.count)
    sloped = ordinal_logit(counts.answer, np.column_stack([level, shift, shift * level[:, None]]), counts.count)
    nothing = null_log_likelihood(counts.answer, counts.count)
    uniform, non_uniform = (
        max(0.0, 2 * (b - a)) for a, b in ((plain.value, shifted.value), (shifted.value, sloped.value))
    )
    both, df = uniform + non_uniform, len(groups) - 1
    r2 = [_nagelkerke(nothing, fit.value, n) for fit in (plain, shifted, sloped)]
    change = r2[2] - r2[0]
    size: Size = "large" if change >= LARGE else "moderate" if change >= MODERATE else "negligible"
    p = float(chdtrc(2 * df, both))
    return ItemBias(int(n), df, uniform, non_uniform, both, p, p, change, r2[1] - r2[0], size)


def _nagelkerke(nothing: float, value: float, n: float) -> float:
    """(1 - exp(2 (L0 - L)/n)) / (1 - exp(2 L0/n)) (Nagelkerke 1991, doi:10.1093/biomet/78.3.691)."""
    return float(np.expm1(2 * (nothing - value) / n) / np.expm1(2 * nothing / n))
