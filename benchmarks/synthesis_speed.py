"""How long a synthesis takes, beside R's metafor in the same run where Rscript and metafor are there.

`python -m benchmarks.synthesis_speed [--repeat 200]` makes k effects, and pools them again and again: REML with
Hartung-Knapp, Q, the exact interval of tau2 and the prediction interval; leave-one-out with influence; the
three-level model with CR2. R does the same things to the same numbers in one process, its start and its packages'
loading aside; our imports are aside too. Each figure is the median of the repetitions, in milliseconds, and the two
effects must agree, so that the same thing was timed.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from shutil import which

import numpy as np

from impact_pipeline.methods.synthesis.dependent import three_level
from impact_pipeline.methods.synthesis.influence import influence
from impact_pipeline.methods.synthesis.pooling import pool

SIZES = (10, 100, 1000)
SLOW_FROM = 1000  # effects from which influence and three levels, k fits or blocks each, are left aside
AGREE = 1e-4  # metafor stops its steps at 1e-5 unless asked; the tests ask it for 1e-14
R_SCRIPT = """
suppressPackageStartupMessages({library(metafor); library(clubSandwich)})
told <- commandArgs(TRUE); d <- read.csv(told[1]); repeats <- as.integer(told[2]); slow <- told[3] == "slow"
timed <- function(name, f, n) {
  value <- f(); t <- replicate(n, system.time(f())[["elapsed"]])
  if (median(t) < .02) { inner <- 20; t <- replicate(n, system.time(for (i in 1:inner) f())[["elapsed"]] / inner) }
  cat(name, format(median(t) * 1000, digits = 6), format(value, digits = 15), "\n")
}
pooled <- function() { f <- rma(y, v, data = d, test = "knha"); confint(f); predict(f); c(f$beta) }
timed("pool", pooled, repeats)
if (!slow) {
  timed("influence", function() { f <- rma(y, v, data = d, test = "knha"); leave1out(f); influence(f); c(f$beta) }, 3)
  d$effect <- seq_len(nrow(d))
  timed("three levels", function() {
    f <- rma.mv(y, v, random = ~ 1 | study / effect, data = d); coef_test(f, vcov = "CR2"); c(f$beta) }, 3)
}
"""


def effects(k: int, seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """k effects of k/2 studies, with differences between and within studies."""
    draw = np.random.default_rng([seed, k])
    study = np.arange(k) // 2
    v = draw.uniform(0.005, 0.08, k)
    y = 0.3 + draw.normal(0, 0.2, k)[study] + draw.normal(0, 0.1, k) + draw.normal(0, np.sqrt(v))
    return y, v, [f"s{place:04d}" for place in study]


def timed(run: Callable[[], float], repeat: int) -> tuple[float, float]:
    """Median milliseconds of `repeat` runs, and what the run answers."""
    value, times = run(), []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times), value


def ours(k: int, repeat: int, seed: int) -> dict[str, tuple[float, float]]:
    y, v, study = effects(k, seed)
    found = {"pool": timed(lambda: pool(y, v).effect, repeat)}
    if k < SLOW_FROM:
        found["influence"] = timed(lambda: (influence(y, v), pool(y, v).effect)[1], 3)
        found["three levels"] = timed(lambda: float(three_level(y, v, study).coefficients[0]), 3)
    return found


def metafor(k: int, repeat: int, seed: int) -> dict[str, tuple[float, float]] | None:
    """The same by R; None where it is not there."""
    rscript = which("Rscript")
    if rscript is None:
        return None
    y, v, study = effects(k, seed)
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "effects.csv", Path(folder) / "timed.R"
        with data.open("w", newline="") as stream:
            csv.writer(stream).writerows([("y", "v", "study"), *zip(map(repr, map(float, y)), v, study, strict=True)])
        script.write_text(R_SCRIPT)
        command = [rscript, str(script), str(data), str(max(3, repeat // 20)), "slow" if k >= SLOW_FROM else "all"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"R could not do it: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    rows = [line.rsplit(maxsplit=2) for line in done.stdout.splitlines()]
    return {name: (float(ms), float(value)) for name, ms, value in rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    for k in SIZES:
        us, them = ours(k, told.repeat, told.seed), metafor(k, told.repeat, told.seed)
        for name, (ms, value) in us.items():
            if them is None:
                print(f"{k:5d} effects, {name:13s} {ms:9.2f} ms (metafor is not here)")
                continue
            theirs, same = them[name]
            if abs(value - same) > AGREE * abs(same):
                print(f"{k} effects, {name}: {value} here, {same} by metafor")
                return 1
            print(f"{k:5d} effects, {name:13s} {ms:9.2f} ms, metafor {theirs:9.2f} ms: {theirs / ms:.1f} times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
