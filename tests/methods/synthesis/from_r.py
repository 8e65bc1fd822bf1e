"""What `tests/reference/synthesis.R` (metafor 3.8.1, clubSandwich 0.5.8) drew and computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parents[2] / "reference"
EFFECTS = pd.read_csv(REFERENCE / "synthesis_effects.csv")
FIGURES = pd.read_csv(REFERENCE / "synthesis_figures.csv").groupby(["case", "figure"])["value"].apply(np.array)


def effects(case: str) -> pd.DataFrame:
    return EFFECTS[EFFECTS["case"] == case].reset_index(drop=True)


def drawn(case: str) -> tuple[np.ndarray, np.ndarray]:
    """Effects and variances of a case, in the order of the file."""
    frame = effects(case)
    return frame["y"].to_numpy(), frame["v"].to_numpy()


def figure(case: str, name: str) -> np.ndarray:
    return FIGURES[case, name]
