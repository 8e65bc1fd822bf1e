"""How a weighting is refused."""

from __future__ import annotations

from impact_pipeline.errors import RefusedEstimate


class RefusedWeighting(RefusedEstimate):
    """Weights that would mislead; `code` is stable, the text says what was found and what may be done.

    Where a sample alone is to blame its figures are refused and the others are told; `infinite` (bad weights) and
    `totals-disagree` (bad margins) stop the build, for somebody must mend them.
    Codes: `empty-category`, `outside-population`, `unknown-category`, `totals-disagree`, `not-converged`, `infeasible`,
    `outside-bounds`, `cap-too-low`, `nobody-responded`, `infinite`.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


STOPS = ("infinite", "totals-disagree")
