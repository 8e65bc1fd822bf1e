"""How long differences in differences take, beside a kept library in the same run.

`python -m benchmarks.differences_speed [--repeat 5]` makes panels with a true effect and answers them again and again:
two periods in 100 villages (the change regressed with errors by village, beside statsmodels' `OLS` with
`cov_type="cluster"`), and treatments that begin at different dates (Callaway and Sant'Anna's estimator, beside
diff-diff's). Medians of the processor's seconds, imports and the making of data aside; effects must agree, so that the
same thing was timed. Each works on one thread (`OPENBLAS_NUM_THREADS=1`): threads that wait would be counted. Asserts
no speed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings
from collections.abc import Callable

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is read

import numpy as np
import pandas as pd
import statsmodels.api as sm
from diff_diff import CallawaySantAnna

from impact_pipeline.methods.impact.differences import difference_in_differences
from impact_pipeline.methods.impact.staggered import callaway_santanna

EFFECT, VILLAGES, PERIODS = 0.5, 100, 8
SIZES = (2_000, 20_000, 200_000)
STARTS = (PERIODS, 3, 4, 6)  # first period of the villages in turn; the first is never seen


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--repeat", type=int, default=5)
    options = arguments.parse_args()
    print("| | units | ours | peer | ratio |\n|---|---|---|---|---|")
    for n in SIZES:
        _told("two periods, errors by village", n, *_two_periods(n), options.repeat)
    for n in SIZES[:2]:
        _told(f"staggered over {PERIODS} periods", n, *_staggered(n), options.repeat)


def _told(what: str, n: int, ours: Callable[[], float], theirs: Callable[[], float], repeat: int) -> None:
    assert abs(ours() - theirs()) < 1e-9
    mine, peer = (_median(work, repeat) for work in (ours, theirs))
    print(f"| {what} | {n:,} | {mine * 1e3:,.1f} ms | {peer * 1e3:,.1f} ms | {peer / mine:.1f} |")


def _median(work: Callable[[], float], repeat: int) -> float:
    seconds = []
    for _ in range(repeat):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


def _two_periods(n: int) -> tuple[Callable[[], float], Callable[[], float]]:
    draw = np.random.default_rng([1, n])
    village = draw.integers(0, VILLAGES, n)
    treated = village % 2 == 0
    before = draw.normal(size=n) + draw.normal(size=VILLAGES)[village]
    after = before + 0.3 + EFFECT * treated + 0.3 * draw.normal(size=VILLAGES)[village] + draw.normal(size=n)

    def ours() -> float:
        return float(difference_in_differences(after, treated, baseline=before, clusters=village).effect)

    def theirs() -> float:
        x = np.column_stack([np.ones(n), treated.astype(np.float64)])
        fitted = sm.OLS(after - before, x).fit(cov_type="cluster", cov_kwds={"groups": village})
        assert fitted.bse[1] > 0
        return float(fitted.params[1])

    return ours, theirs


def _staggered(n: int) -> tuple[Callable[[], float], Callable[[], float]]:
    draw = np.random.default_rng([2, n])
    first = np.resize(STARTS, n)
    unit, period = np.repeat(np.arange(n), PERIODS), np.tile(np.arange(PERIODS), n)
    treated = period >= first[unit]
    y = draw.normal(size=n)[unit] + 0.2 * period + EFFECT * treated + draw.normal(size=n * PERIODS)
    starts = np.where(first[unit] == PERIODS, 0, first[unit])
    rows = pd.DataFrame({"y": y, "unit": unit, "period": period, "first": starts})

    def ours() -> float:
        cells = callaway_santanna(y, treated, units=unit, periods=period).cells
        return next(c.effect for c in cells if (c.cohort, c.period) == (STARTS[1], PERIODS - 1))

    def theirs() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = CallawaySantAnna().fit(rows, "y", "unit", "period", "first", aggregate="all")
        return float(fitted.group_time_effects[STARTS[1], PERIODS - 1]["effect"])

    return ours, theirs


if __name__ == "__main__":
    main()
