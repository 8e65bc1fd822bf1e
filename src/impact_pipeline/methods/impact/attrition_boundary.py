"""How much may be lost from a trial, as the What Works Clearinghouse bounds it.

An overall share lost comes in, the largest difference between arms that still counts as low attrition goes out. The
figures are those of the WWC Standards Handbook 4.0, table II.1, for whole percents of overall attrition; read in a
transcription, and held to the model behind them: a bound of 0.05 standard deviations on the bias where outcomes go with
staying (Deke & Chiang 2017, doi:10.1177/0193841X16670047) gives each again, so that none is a slip of the pen.
"""

from __future__ import annotations

from typing import Literal

Assumption = Literal["cautious", "optimistic"]

# Percent of differential attrition allowed at 0, 1, ... 57 percent of overall attrition.
CAUTIOUS = (
    5.7, 5.8, 5.9, 5.9, 6.0, 6.1, 6.2, 6.3, 6.3, 6.3, 6.3, 6.2, 6.2, 6.1, 6.0, 5.9, 5.9, 5.8, 5.7, 5.5, 5.4, 5.3, 5.2,
    5.1, 4.9, 4.8, 4.7, 4.5, 4.4, 4.3, 4.1, 4.0, 3.8, 3.6, 3.5, 3.3, 3.2, 3.1, 2.9, 2.8, 2.6, 2.5, 2.3, 2.1, 2.0, 1.8,
    1.6, 1.5, 1.3, 1.2, 1.0, 0.9, 0.7, 0.6, 0.4, 0.3, 0.2, 0.0,
)  # fmt: skip
OPTIMISTIC = (
    10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.7, 10.8, 10.9, 10.9, 10.9, 10.9, 10.9, 10.9, 10.8, 10.8, 10.7, 10.6, 10.5,
    10.3, 10.2, 10.0, 9.9, 9.7, 9.5, 9.4, 9.2, 9.0, 8.8, 8.6, 8.4, 8.2, 8.0, 7.8, 7.6, 7.4, 7.2, 7.0, 6.7, 6.5, 6.3,
    6.0, 5.8, 5.6, 5.3, 5.1, 4.9, 4.6, 4.4, 4.2, 3.9, 3.7, 3.5, 3.2, 3.0, 2.8, 2.6, 2.3,
)  # fmt: skip


def allowed_differential(overall: float, assumption: Assumption = "cautious") -> float:
    """The largest differential attrition (0 to 1) accepted at an overall attrition (0 to 1), rounded to whole percents.

    Cautious: whoever leaves may leave because of the programme; optimistic: for reasons of their own mostly. Zero
    beyond 57 %, where nothing was read.
    """
    if not 0 <= overall <= 1:
        raise ValueError(f"overall attrition {overall}: a share between 0 and 1 was expected")
    table = CAUTIOUS if assumption == "cautious" else OPTIMISTIC
    percent = int(overall * 100 + 0.5)
    return table[percent] / 100 if percent < len(table) else 0.0
