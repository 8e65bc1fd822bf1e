"""Figures that tests/methods/impact compares with: bounds on an effect where trends may not be parallel.

`python honest_did.py` writes honest_did_figures.csv beside itself. Python 3.11, honestdid 0.1.1 (a port of R's
HonestDiD, not among this project's libraries), numpy 2.1.3, scipy 1.15.3. Each figure stands with the call that gave
it: the conditional test ("ARP"), whose interval is narrowed on finer and finer grids; and the critical values of the
least favorable first stage, drawn 20,000 times instead of 1,000.
"""

import csv
from pathlib import Path

import numpy as np
from honestdid import core

CASES = {"two_before_three_after": (2, 3), "three_before_two_after": (3, 2), "two_before_one_after": (2, 1)}
MAGNITUDES = (0.0, 0.5, 1.0, 2.0)
CALL = "computeConditionalCS_DeltaRM(effects, covariance, {}, {}, l_vec=1/m, Mbar={}, hybrid_flag='ARP')"


def made(before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Effects that grow after, and a covariance that a common reference period makes."""
    draw = np.random.default_rng(100 * before + after)
    k = before + after
    root = draw.normal(0, 0.18, (k, k + 2))
    covariance = np.round(root @ root.T + 0.06, 6)
    effects = np.concatenate([draw.normal(0, 0.25, before), 1.6 + 0.5 * np.arange(after) + draw.normal(0, 0.2, after)])
    return np.round(effects, 4), covariance


def accepted(asked: dict, low: float, high: float, points: int) -> tuple[np.ndarray, np.ndarray]:
    found = core.computeConditionalCS_DeltaRM(**asked, grid_lb=low, grid_ub=high, gridPoints=points)
    return found["grid"].to_numpy(), found["accept"].to_numpy() == 1


def bound(asked: dict, low: float, high: float, side: int) -> float:
    """The outermost accepted point on a side, to 1e-8."""
    points = 201
    while high - low > 1e-8:
        grid, kept = accepted(asked, low, high, points)
        places = np.flatnonzero(kept)
        if side < 0:
            low, high = grid[places[0] - 1], grid[places[0]]
        else:
            low, high = grid[places[-1]], grid[places[-1] + 1]
        points = 12
    return (low + high) / 2


def main() -> None:
    rows = []
    for case, (before, after) in CASES.items():
        effects, covariance = made(before, after)
        given = {f"effect_{i + 1}": value for i, value in enumerate(effects)}
        k = before + after
        given |= {f"covariance_{i + 1}_{j + 1}": covariance[i, j] for i in range(k) for j in range(k)}
        rows += [(case, figure, value, "given") for figure, value in given.items()]
        weights = np.full(after, 1 / after)
        for m in MAGNITUDES:
            asked = {
                "betahat": effects, "sigma": covariance, "numPrePeriods": before, "numPostPeriods": after,
                "l_vec": weights, "Mbar": m, "hybrid_flag": "ARP",
            }  # fmt: skip
            for side, name in ((-1, "low"), (1, "high")):
                rows.append((case, f"{name}_{m:g}", bound(asked, -30.0, 30.0, side), CALL.format(before, after, m)))
    before, after = CASES["two_before_three_after"]
    _, covariance = made(before, after)
    outside = np.linalg.inv(core._construct_Gamma(np.full(after, 1 / after)))
    for greatest in range(before):
        for up in (True, False):
            a = core._create_A_RM(before, after, Mbar=1, s=greatest + 1 - before, max_positive=up)
            kept = np.flatnonzero((a[:, before:] != 0).any(axis=1))
            value = core._compute_least_favorable_cv(
                (a[:, before:] @ outside)[:, 1:], a @ covariance @ a.T, 0.005, sims=20_000, rowsForARP=kept, seed=3
            )
            call = f"_compute_least_favorable_cv(s={greatest + 1 - before}, max_positive={up}, Mbar=1, sims=20000)"
            rows.append(("two_before_three_after", f"first_{greatest}_{'up' if up else 'down'}", value, call))
    with (Path(__file__).parent / "honest_did_figures.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("case", "figure", "value", "call"))
        writer.writerows((case, figure, f"{value:.17g}", call) for case, figure, value, call in rows)


if __name__ == "__main__":
    main()
