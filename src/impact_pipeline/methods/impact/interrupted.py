"""Interrupted time series: one series that an action breaks, or its difference from a series that it does not.

Arrays with one row a period come in, an `EffectEstimate` goes out. Without a comparison series whatever else changed at
that date is in the effect, and a caution says so.
"""

from __future__ import annotations

import numpy as np

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import told
from impact_pipeline.methods.impact.robust import inverse
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers

FEWEST = 3  # periods before and after: a line and something left over
SHORT = 8  # periods before or after, below which the trend is poorly known (Penfold & Zhang 2013)


def interrupted_series(
    outcome: Floats,
    treated: Booleans,
    *,
    periods: Integers,
    comparison: Floats | None = None,
    covariates: Floats | None = None,
    confidence: float = 0.95,
    lag: int | None = None,
) -> EffectEstimate:
    """Mean gap, over the periods under action (`treated`), between the series and what its earlier line foretells.

    Regression on time, an indicator of action and time since its start (Wagner et al. 2002,
    doi:10.1046/j.1365-2710.2002.00430.x), covariates (n, p) such as indicators of season beside; of outcome -
    `comparison` (n,) where one is given. Errors are Newey & West's (1987, doi:10.2307/1913610) with n/(n-k), through
    statsmodels, `lag` autocovariances, floor(4 (n/100)^(2/9)) unless given; Student's law on n - k degrees of freedom.
    Details: `level_change` and `slope_change` with their `_se`, `lag`, `durbin_watson`. n_treated and n_control count
    periods. `sd` is that of the series before.

    Raises RefusedEffect: `short-series` (fewer than three periods before or after), `uneven-series`, `treatment-ends`,
    `missing-values`, `collinear`. Cautions: `no-comparison-series`, `short-series`.
    """
    import statsmodels.api as sm  # a second and 60 MiB, for the few studies that need it

    time, y, d, others = _sorted(outcome, treated, periods, comparison, covariates)
    n = len(time)
    start = int(np.argmax(d))
    if min(start, n - start) < FEWEST or not d.any():
        raise RefusedEffect("short-series", f"{start} periods before, {n - start} after: {FEWEST} of each needed")
    step = (time - time[start]).astype(np.float64) / float(time[1] - time[0])
    x = np.column_stack([np.ones(n), step, d.astype(np.float64), np.where(d, step, 0.0), others])
    k = x.shape[1]
    inverse(x.T @ x)
    if n <= k:
        raise RefusedEffect("no-degrees-of-freedom", f"{n} periods for {k} regressors")
    lags = int(4 * (n / 100) ** (2 / 9)) if lag is None else lag
    middle = float(y.mean())
    fitted = sm.OLS(y - middle, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    covariance = np.asarray(fitted.cov_params(), dtype=np.float64)
    coefficients = np.asarray(fitted.params, dtype=np.float64)
    contrast = np.zeros(k)
    contrast[2], contrast[3] = 1.0, float(step[d].mean())
    found = told(
        float(contrast @ coefficients), float(contrast @ covariance @ contrast), float(n - k), confidence, "newey-west"
    )
    residuals = np.asarray(fitted.resid, dtype=np.float64)
    details = {
        "level_change": float(coefficients[2]), "level_change_se": float(np.sqrt(covariance[2, 2])),
        "slope_change": float(coefficients[3]), "slope_change_se": float(np.sqrt(covariance[3, 3])),
        "lag": float(lags), "durbin_watson": float((np.diff(residuals) ** 2).sum() / (residuals**2).sum()),
    }  # fmt: skip
    cautions = ["no-comparison-series"] if comparison is None else []
    cautions += ["short-series"] if min(start, n - start) < SHORT else []
    return EffectEstimate(
        estimator="interrupted_series", estimand="att", effect=found.effect, se=found.se, df=found.df, low=found.low,
        high=found.high, p=found.p, se_rule=found.rule, n_treated=n - start, n_control=start,
        sd=float(y[~d].std(ddof=1)), details=details, cautions=tuple(cautions),
    )  # fmt: skip


def _sorted(
    outcome: Floats, treated: Booleans, periods: Integers, comparison: Floats | None, covariates: Floats | None
) -> tuple[Integers, Floats, Booleans, Floats]:
    time = np.asarray(periods, dtype=np.int64)
    order = np.argsort(time, kind="stable")
    y = np.asarray(outcome, dtype=np.float64)
    if comparison is not None:
        y = y - np.asarray(comparison, dtype=np.float64)
    others = np.zeros((len(y), 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    others = others[:, None] if others.ndim == 1 else others
    if not len(time) == len(y) == len(treated) == len(others):
        raise ValueError(f"{len(y)} outcomes, {len(time)} periods, {len(treated)} treated, {len(others)} covariates")
    if not (np.isfinite(y).all() and np.isfinite(others).all()):
        raise RefusedEffect("missing-values", "a period has no outcome, comparison or covariate")
    time, y, d = time[order], y[order], np.asarray(treated, dtype=np.bool_)[order]
    steps = np.diff(time)
    if len(time) < 2 * FEWEST:
        raise RefusedEffect("short-series", f"{len(time)} periods: {FEWEST} before and {FEWEST} after are needed")
    if not (steps == steps[0]).all() or steps[0] == 0:
        raise RefusedEffect("uneven-series", "periods do not follow each other at equal steps")
    if (d[:-1] & ~d[1:]).any():
        raise RefusedEffect("treatment-ends", "the action stops within the series: its effect may last")
    return time, y, d, others[order]
