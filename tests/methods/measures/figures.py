"""What R said of the answers of tests/reference/measures.R, and those answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parents[2] / "reference"
FIGURES = pd.read_csv(REFERENCE / "measures_figures.csv", keep_default_na=False)
ANSWERS = pd.read_csv(REFERENCE / "measures_answers.csv")
ITEMS = [f"q{n}" for n in range(1, 7)]


def figure(case: str, name: str, item: str = "") -> float:
    """One figure of R."""
    told = FIGURES[(FIGURES["case"] == case) & (FIGURES["figure"] == name) & (FIGURES["item"] == item)]
    return float(told["value"].item())


def figures(case: str, name: str) -> np.ndarray:
    """The same figure of each item, in the order of the items."""
    return np.array([figure(case, name, item) for item in ITEMS])


def answers(arm: str | None = None) -> np.ndarray:
    """Answers to the six items (n, 6), of everybody or of one arm."""
    rows = ANSWERS if arm is None else ANSWERS[ANSWERS["arm"] == arm]
    return rows[ITEMS].to_numpy(dtype=np.float64)
