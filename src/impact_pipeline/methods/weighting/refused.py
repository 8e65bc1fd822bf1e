"""How a weighting is refused."""

from __future__ import annotations

from impact_pipeline.errors import RefusedEstimate


class RefusedWeighting(RefusedEstimate):
    """Weights that would mislead; `code` is stable, the text says what was found and what may be done.

    Codes: `empty-category`, `outside-population`, `unknown-category`, `totals-disagree`, `not-converged`, `infeasible`,
    `outside-bounds`, `cap-too-low`, `nobody-responded`, `infinite`.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
