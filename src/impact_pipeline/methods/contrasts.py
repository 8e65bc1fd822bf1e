"""Contrasts between the categories of a breakdown, with the covariance of categories that share sampling units.

An engine that holds the tables of `computing`, and the exact sums that it read, come in; one row for each category that
an indicator compares with its declared reference goes into the table `contrast`, not yet protected. The variance is
that of the difference of two domains (Binder 1983, doi:10.2307/1402588), as R's svycontrast of svyby(covmat = TRUE):
the scores of a sampling unit that holds both are added before they are squared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
from scipy.special import stdtr

from impact_pipeline.declarations import Indicator
from impact_pipeline.methods import intervals
from impact_pipeline.methods.design_tests import FTest, rao_scott
from impact_pipeline.methods.engine import Engine, fill, put, run
from impact_pipeline.methods.estimation import SIGNIFICANT, Domain, Key, Rules, Sums
from impact_pipeline.methods.linearisation import (
    OverdrawnError,
    Shared,
    SinglePsuError,
    change_scores,
    degrees_of_freedom,
    variance,
)
from impact_pipeline.methods.sampled_rows import Rows, Sampled, SampledRows, read_rows
from impact_pipeline.methods.second_stage import shared_within_contrasts
from impact_pipeline.methods.survey_design import RefusedFigure
from impact_pipeline.methods.weighting.samples import Samples, rests_on_refused
from impact_pipeline.sql import text

MISSING = "(missing)"  # the category of units without one, which nobody asked to compare
CONTRAST = pa.schema([
    *((name, pa.string()) for name in (*Key._fields, "reference")), ("difference", pa.float64()), ("se", pa.float64()),
    ("df", pa.int64()), ("low", pa.float64()), ("high", pa.float64()), ("p", pa.float64()),
    *((name, pa.float64()) for name in ("test_f", "test_df1", "test_df2", "test_p")),
    ("status", pa.string()), ("reason", pa.string()),
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contrast:
    """The figure of a category less that of the reference, in the unit of the indicator (a share: from -1 to 1).

    `df` counts the sampling units that hold either category less their strata; `p` is two-sided, of no difference, not
    adjusted for how many are compared (None where the standard error is zero). `test_f` on `test_df1` and `test_df2`
    degrees of freedom, with `test_p`, is that of no difference between any of the categories, the same on each of their
    rows (None unless declared, or where none can be had).
    """

    key: Key
    reference: str
    difference: float | None = None
    se: float | None = None
    df: int | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    test_f: float | None = None
    test_df1: float | None = None
    test_df2: float | None = None
    test_p: float | None = None
    status: Literal["published", "refused"] = "published"
    reason: str | None = None


def write_contrasts(
    connection: Engine, indicators: Mapping[str, Indicator], sums: Sums, rules: Rules, samples: Samples
) -> None:
    """The table `contrast`, sorted by key.

    Refused with `not-weighted` where the sample cannot be weighted as declared, `missing-reference` where nobody is in
    the reference, `no-base`, `single-psu` or `population-too-small` as the estimates are; without error where
    `no-degrees-of-freedom` are left, and without a declared test where there is none (`no-test`).
    """
    asked = [(i.indicator, i.compare.by, i.compare.reference) for i in indicators.values() if i.compare]
    fill(connection, "comparison(indicator varchar, dimension varchar, reference varchar)", sorted(asked))
    within = shared_within_contrasts(connection)
    shared: dict[Key, dict[str, Shared]] = {}
    for *key, stratum, psu, vv, vb, bv, bb in run(connection, text("73_shared_psu_of_contrast")):
        told = Shared(psu, int(vv), int(vb), int(bv), int(bb), within.get((*key, stratum), {}))
        shared.setdefault(Key(*key), {})[stratum] = told
    weighted = {
        Sampled(*key[:3]) for key in sums.domains
        if indicators[key.indicator].compare and (indicators[key.indicator].instrument, *key[1:3]) in samples
    }  # fmt: skip
    tested = {Sampled(*key[:3]) for key in sums.domains if _is_tested(indicators[key.indicator])}
    read = read_rows(connection, weighted | tested, indicators, rules.single_psu, samples, "contrast_row")
    sampled = {place: rows for place, rows in read.items() if place in weighted}
    tests = {place: _test(read[place], indicators[place.indicator]) for place in tested}
    found = [
        _rounded(_with_test(c, tests.get(Sampled(*c.key[:3]), ())), rules.significant_digits)
        for c in sorted(_contrasts(indicators, sums, shared, sampled, rules), key=lambda c: c.key)
    ]
    found = [_weighted(c, indicators, samples) for c in found]
    rows = [c.key._asdict() | {name: told for name, told in asdict(c).items() if name != "key"} for c in found]
    columns = {name: [row[name] for row in rows] for name in CONTRAST.names}
    put(connection, "contrast", pa.table(columns, schema=CONTRAST))


def _weighted(c: Contrast, indicators: Mapping[str, Indicator], samples: Samples) -> Contrast:
    """The contrast, unless it rests on a sample that could not be weighted."""
    if not rests_on_refused(samples, indicators[c.key.indicator], c.key.initiative, c.key.wave):
        return c
    return Contrast(c.key, c.reference, status="refused", reason="not-weighted")


def _contrasts(
    indicators: Mapping[str, Indicator],
    sums: Sums,
    shared: Mapping[Key, Mapping[str, Shared]],
    rows: Rows,
    rules: Rules,
) -> Iterator[Contrast]:
    for key, domain in sums.domains.items():
        indicator = indicators[key.indicator]
        compare = indicator.compare
        if compare is None or key.dimension != compare.by or key.category in (compare.reference, MISSING):
            continue
        bare = Contrast(key, compare.reference)
        reference = sums.domains.get(key._replace(category=compare.reference))
        if reference is None:
            yield replace(bare, status="refused", reason="missing-reference")
        elif domain.b == 0 or reference.b == 0:
            yield replace(bare, status="refused", reason="no-base")
        else:
            sampled = rows.get(Sampled(*key[:3]))
            yield _contrast(bare, domain, reference, shared.get(key, {}), indicator, sums, rules, sampled)


def _contrast(
    bare: Contrast, domain: Domain, reference: Domain, shared: Mapping[str, Shared], indicator: Indicator, sums: Sums,
    rules: Rules, sampled: SampledRows | None,
) -> Contrast:  # fmt: skip
    key, policy = bare.key, rules.single_psu[indicator.instrument]
    quantum = sums.quanta[key.indicator, key.initiative]
    unit = quantum.b_scale / quantum.v_scale
    difference = (domain.v * reference.b - reference.v * domain.b) / (domain.b * reference.b) * unit
    p, q = domain.v_power, domain.b_power
    both = {name: s.times(p, q) for name, s in shared.items()}
    scores, denominator = change_scores(
        (domain.v, domain.b, domain.in_quanta()), (reference.v, reference.b, reference.in_quanta()), both
    )
    sizes = sums.sizes[indicator.instrument, key.initiative, key.wave]
    try:
        found, single = variance(scores, denominator, sizes, policy)
    except SinglePsuError:
        return replace(bare, status="refused", reason="single-psu")
    except OverdrawnError:
        return replace(bare, status="refused", reason="population-too-small")
    df = degrees_of_freedom(scores)
    if df <= 0:
        return replace(bare, difference=difference, df=df, reason="no-degrees-of-freedom")
    se = found**0.5 * unit
    if sampled is not None:
        se = sampled.variance(_influence(sampled, key, bare.reference)) ** 0.5
    by_replicates = sums.replicated_contrasts.get(key)
    if isinstance(by_replicates, str):
        return replace(bare, status="refused", reason=by_replicates)
    if by_replicates is not None:
        se = by_replicates**0.5
    levels = abs(domain.v / domain.b), abs(reference.v / reference.b)
    if se <= SIGNIFICANT * max(levels) * unit:
        se = 0.0
    half = se * float(intervals.student_quantile(np.array([df], dtype=np.float64), rules.confidence)[0])
    return replace(
        bare, difference=difference, se=se, df=df, low=difference - half, high=difference + half,
        p=2 * float(stdtr(df, -abs(difference / se))) if se > 0 else None,
        reason=f"single-psu-{policy}" if single else None,
    )  # fmt: skip


def _is_tested(indicator: Indicator) -> bool:
    return indicator.compare is not None and indicator.compare.test is not None


def _test(sampled: SampledRows, indicator: Indicator) -> FTest | None:
    """Of a share that is the same in all categories (Rao & Scott 1984); records without a category take no part."""
    if indicator.compare is None:
        return None
    codes, names = sampled.categories[indicator.compare.by]
    inside = np.array([name != MISSING for name in names])[codes]
    design = replace(sampled.design, weights=np.where(inside, sampled.design.weights, 0.0))
    held = design.weights > 0
    columns = np.searchsorted(np.unique(codes[held]), np.where(held, codes, 0))
    try:
        return rao_scott(sampled.value.astype(np.int64), columns.astype(np.int64), design)
    except RefusedFigure:
        return None


def _with_test(c: Contrast, test: FTest | tuple[()] | None) -> Contrast:
    if test == () or c.status == "refused":
        return c
    if not isinstance(test, FTest):
        return replace(c, reason=c.reason or "no-test")
    return replace(c, test_f=test.f, test_df1=test.df1, test_df2=test.df2, test_p=test.p)


def _influence(sampled: SampledRows, key: Key, reference: str) -> intervals.Floats:
    """Of V/B in the category less V/B in the reference, by a unit of weight; a sample weighted to margins has its
    residuals taken from it."""
    found = np.zeros(len(sampled.value))
    for category, sign in ((key.category, 1), (reference, -1)):
        w = np.where(sampled.within(key.dimension, category), sampled.design.weights, 0.0)
        base = float(w @ sampled.base)
        ratio = float(w @ sampled.value) / base
        found += sign * np.where(w > 0, sampled.value - ratio * sampled.base, 0.0) / base
    return found


def _rounded(c: Contrast, digits: int) -> Contrast:
    def told(figure: float | None) -> float | None:
        return None if figure is None else float(f"{figure:.{digits}g}")

    return replace(
        c, difference=told(c.difference), se=told(c.se), low=told(c.low), high=told(c.high), p=told(c.p),
        test_f=told(c.test_f), test_df1=told(c.test_df1), test_df2=told(c.test_df2), test_p=told(c.test_p),
    )  # fmt: skip
