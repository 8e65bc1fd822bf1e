"""Figures and data that R wrote under tests/reference, as the tests of impact estimators read them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parents[2] / "reference"


@cache
def figures(name: str) -> dict[str, dict[str, float]]:
    """figure -> value of each case of `<name>_figures.csv`."""
    table = pd.read_csv(REFERENCE / f"{name}_figures.csv")
    return {
        str(case): dict(zip(rows["figure"], rows["value"].astype(float), strict=True))
        for case, rows in table.groupby("case", sort=False)
    }


@cache
def units(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv")


def matrix(values: dict[str, float], name: str) -> np.ndarray:
    """The matrix whose entries R wrote as name_row_column, from 1."""
    k = 1
    while f"{name}_{k + 1}_1" in values:
        k += 1
    return np.array([[values[f"{name}_{i}_{j}"] for j in range(1, k + 1)] for i in range(1, k + 1)])
