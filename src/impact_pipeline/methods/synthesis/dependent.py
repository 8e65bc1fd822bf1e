"""Effects that are not independent: outcomes, sites or waves of one study, which must not count as so many studies.

Effects, variances, a design matrix and the study of each effect come in; a `ThreeLevel` goes out. Its variance
components tell how effects differ between and within studies (Konstantopoulos 2011, doi:10.1002/jrsm.35); its tests
do not trust them: they rest on the spread of whole studies (robust variance, CR2, with Satterthwaite's degrees of
freedom; Tipton 2015, doi:10.1037/met0000011; Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from impact_pipeline.methods.synthesis.heterogeneity import Floats
from impact_pipeline.methods.synthesis.pooling import FEWEST, design, quantile, two_sided
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

FEW_DEGREES = 4.0  # under which CR2's p-values are known to be unreliable (Tipton 2015)
FEW = "few-degrees-of-freedom"
LEAST_GAIN = 1e-15  # of the log-likelihood: components are then as exact as double precision tells
MOST_STEPS = 200
STARTS = ((0.5, 0.5), (1.0, 0.01), (0.01, 1.0))  # shares of the effects' variance, between and within studies


@dataclass(frozen=True, slots=True)
class ThreeLevel:
    """k effects of `studies` studies; coefficients (p,), the mean first.

    `between`, `within`: variances of true effects between studies, and between effects of one study. `correlation` is
    the declared one of sampling errors within a study. `covariance` (p, p), `se`, `df`, `low`, `high`, `p` are the
    robust ones; `model_covariance` is what the model alone would say. The prediction interval is for one effect of a
    new study, at the first coefficient. `i2_between`, `i2_within` are shares, in percent, of the variance of a typical
    effect.
    """

    k: int
    studies: int
    correlation: float
    coefficients: Floats
    between: float
    within: float
    log_likelihood: float
    model_covariance: Floats
    covariance: Floats
    df: Floats
    low: Floats
    high: Floats
    p: Floats
    prediction_low: float
    prediction_high: float
    q: float
    q_p: float
    i2_between: float
    i2_within: float
    weights: Floats  # (k,) of the effects in the mean, in the order given; they sum to one
    cautions: tuple[str, ...]

    @property
    def se(self) -> Floats:
        """Robust standard errors (p,)."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True, slots=True)
class _Block:
    """One study: its effects (n,), sampling covariance (n, n), rows of x (n, p), places in what was given."""

    y: Floats
    sampling: Floats
    x: Floats
    rows: np.ndarray


@dataclass(frozen=True, slots=True)
class _Fit:
    """Generalised least squares at given components."""

    inverses: tuple[Floats, ...]
    coefficients: Floats
    covariance: Floats
    likelihood: float


def three_level(
    y: Floats,
    v: Floats,
    study: Sequence[str],
    *,
    moderators: Floats | None = None,
    correlation: float = 0.0,
    confidence: float = 0.95,
) -> ThreeLevel:
    """Restricted maximum likelihood of y (k,) = x b + between studies + within them + sampling, and robust tests of b.

    `moderators` (k, m) stand beside the mean. `correlation` is that of the sampling errors of two effects of one study
    (0: other people each time; otherwise the declared guess of Pustejovsky & Tipton 2022,
    doi:10.1007/s11121-021-01246-3, which robust tests survive when wrong).

    Raises RefusedSynthesis `too-few-studies` below three, `no-dependence` where each study gives one effect,
    `no-correlation` outside [0, 1[, `collinear-moderators`, `not-converged`.
    """
    ones = design(y, v, fewest=FEWEST)
    x = ones if moderators is None else np.column_stack([ones, moderators])
    if not 0 <= correlation < 1:
        raise RefusedSynthesis("no-correlation", f"A correlation of {correlation} within studies.")
    blocks = _blocks(y, v, x, study, correlation)
    if len(blocks) < FEWEST:
        raise RefusedSynthesis("too-few-studies", f"{len(blocks)} studies: fewer than {FEWEST} are not pooled.")
    if len(blocks) == len(y):
        raise RefusedSynthesis("no-dependence", "Each study gives one effect: nothing differs within studies.")
    if np.linalg.matrix_rank(x / np.abs(x).max(axis=0, initial=1e-300)) < x.shape[1]:
        raise RefusedSynthesis("collinear-moderators", "Moderators that say the same thing, or that do not vary.")
    components = _components(blocks, float(v.mean() + np.var(y)))
    fit = _fit(blocks, components)
    between, within = float(components[0]), float(components[1])
    covariance, df = _robust(blocks, fit, components)
    return _told(blocks, fit, (between, within), covariance, df, confidence, correlation)


def _told(
    blocks: Sequence[_Block], fit: _Fit, components: tuple[float, float], covariance: Floats, df: Floats,
    confidence: float, correlation: float,
) -> ThreeLevel:  # fmt: skip
    between, within = components
    b, k = fit.coefficients, sum(len(block.y) for block in blocks)
    ses = np.sqrt(np.diag(covariance))
    half = np.array([quantile(float(d), confidence) for d in df]) * ses
    p = np.array([two_sided(float(e), float(s), float(d)) for e, s, d in zip(b, ses, df, strict=True)])
    spread = quantile(float(df[0]), confidence) * math.sqrt(covariance[0, 0] + between + within)
    alone = _fit(blocks, np.zeros(2))
    q = sum(float(r @ w @ r) for r, w in zip(_residuals(blocks, alone), alone.inverses, strict=True))
    free = k - len(b)
    typical = free / _trace_p(blocks, alone)
    whole = between + within + typical
    weights = np.zeros(k)
    for block, inverse in zip(blocks, fit.inverses, strict=True):
        weights[block.rows] = fit.covariance[0] @ block.x.T @ inverse
    return ThreeLevel(
        k=k, studies=len(blocks), correlation=correlation, coefficients=b, between=between, within=within,
        log_likelihood=fit.likelihood, model_covariance=fit.covariance, covariance=covariance, df=df, low=b - half,
        high=b + half, p=p, prediction_low=float(b[0]) - spread, prediction_high=float(b[0]) + spread, q=q,
        q_p=float(chdtrc(free, q)), i2_between=100 * between / whole, i2_within=100 * within / whole,
        weights=weights, cautions=(FEW,) if float(df.min()) < FEW_DEGREES else (),
    )  # fmt: skip


def _blocks(y: Floats, v: Floats, x: Floats, study: Sequence[str], correlation: float) -> list[_Block]:
    """Effects by study, studies by name: the order of the rows does not matter."""
    names = np.asarray(study)
    if len(names) != len(y):
        raise ValueError(f"{len(y)} effects and {len(names)} studies")
    found = []
    for name in sorted(set(study)):
        rows = np.flatnonzero(names == name)
        rows = rows[np.lexsort((v[rows], y[rows]))]
        deviations = np.sqrt(v[rows])
        sampling = correlation * np.outer(deviations, deviations)
        np.fill_diagonal(sampling, v[rows])
        found.append(_Block(y[rows], sampling, x[rows], rows))
    return found


def _fit(blocks: Sequence[_Block], components: Floats) -> _Fit:
    """Coefficients, their covariance and the restricted log-likelihood (constants of metafor's REML included)."""
    p, k = blocks[0].x.shape[1], sum(len(block.y) for block in blocks)
    gram, moment, log_det, inverses = np.zeros((p, p)), np.zeros(p), 0.0, []
    for block in blocks:
        sigma = block.sampling + components[0] + components[1] * np.eye(len(block.y))
        inverse = np.linalg.inv(sigma)
        inverses.append(inverse)
        log_det += float(np.linalg.slogdet(sigma)[1])
        gram += block.x.T @ inverse @ block.x
        moment += block.x.T @ inverse @ block.y
    covariance = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    b: Floats = covariance @ moment
    fit = _Fit(tuple(inverses), b, covariance, 0.0)
    square = sum(float(r @ w @ r) for r, w in zip(_residuals(blocks, fit), inverses, strict=True))
    design_gram: Floats = sum((block.x.T @ block.x for block in blocks), np.zeros((p, p)))
    constant = -0.5 * (k - p) * math.log(2 * math.pi) + 0.5 * float(np.linalg.slogdet(design_gram)[1])
    likelihood = constant - 0.5 * (log_det + float(np.linalg.slogdet(gram)[1]) + square)
    return _Fit(tuple(inverses), b, covariance, likelihood)


def _residuals(blocks: Sequence[_Block], fit: _Fit) -> list[Floats]:
    return [block.y - block.x @ fit.coefficients for block in blocks]


def _trace_p(blocks: Sequence[_Block], fit: _Fit) -> float:
    squares = [w @ block.x for block, w in zip(blocks, fit.inverses, strict=True)]
    lost = sum(float(np.trace(fit.covariance @ (u.T @ u))) for u in squares)
    return sum(float(np.trace(w)) for w in fit.inverses) - lost


def _components(blocks: Sequence[_Block], spread: float) -> Floats:
    """The components of highest restricted likelihood, from several starts."""
    ends = [_climbed(blocks, spread * np.array(start)) for start in STARTS]
    return max(ends, key=lambda end: _fit(blocks, end).likelihood)


def _climbed(blocks: Sequence[_Block], start: Floats) -> Floats:
    """Newton's steps within [0, inf[ x [0, inf[: a component at zero stays there while its score is not above zero; by
    the expected information where the likelihood does not bend down; halved where the likelihood would fall. Ends where
    a step could gain no more than rounding loses."""
    at, fit = start, _fit(blocks, start)
    for _ in range(MOST_STEPS):
        score, observed, expected = _slopes(blocks, fit)
        free = (at > 0) | (score > 0)
        if not free.any():
            return at
        part = np.ix_(free, free)
        bends = np.linalg.eigvalsh(observed[part])[0] > 1e-8 * np.trace(expected[part])
        step = np.zeros(2)
        step[free] = np.linalg.lstsq((observed if bends else expected)[part], score[free], rcond=None)[0]
        candidate = np.maximum(0.0, at + step)
        gain = float(score @ (candidate - at))
        if abs(gain) < LEAST_GAIN:
            return candidate if bends else at
        nearer = _fit(blocks, candidate)
        while nearer.likelihood < fit.likelihood and gain > LEAST_GAIN:
            candidate, gain = (candidate + at) / 2, gain / 2
            nearer = _fit(blocks, candidate)
        if nearer.likelihood < fit.likelihood:
            return at
        at, fit = candidate, nearer
    raise RefusedSynthesis("not-converged", f"Variance components still move after {MOST_STEPS} steps.")


def _slopes(blocks: Sequence[_Block], fit: _Fit) -> tuple[Floats, Floats, Floats]:
    """Score (2,), observed and expected information (2, 2) of the restricted likelihood (Harville 1977).

    With P = W - W x M x'W and Z of each component: (y'P Z P y - tr PZ)/2; y'P Z P Z' P y - tr(PZ PZ')/2; tr(PZ PZ')/2;
    by blocks.
    """
    p, m = blocks[0].x.shape[1], fit.covariance
    inner, crossed, pulled = np.zeros((2, p, p)), np.zeros((2, 2, p, p)), np.zeros((2, p))
    score, expected, squares = np.zeros(2), np.zeros((2, 2)), np.zeros((2, 2))
    for block, w, r in zip(blocks, fit.inverses, _residuals(blocks, fit), strict=True):
        n = len(r)
        shapes = (np.ones((n, n)), np.eye(n))
        u, weighted = w @ block.x, w @ r
        for a, z in enumerate(shapes):
            score[a] += weighted @ z @ weighted - np.trace(w @ z)
            inner[a] += u.T @ z @ u
            pulled[a] += u.T @ (z @ weighted)
            for c, other in enumerate(shapes):
                expected[a, c] += np.trace(w @ z @ w @ other)
                crossed[a, c] += u.T @ z @ w @ other @ u
                squares[a, c] += weighted @ z @ w @ other @ weighted
    for a in range(2):
        score[a] += np.trace(m @ inner[a])
        for c in range(2):
            expected[a, c] += np.trace(m @ inner[a] @ m @ inner[c]) - 2 * np.trace(m @ crossed[a, c])
            squares[a, c] -= pulled[a] @ m @ pulled[c]
    return score / 2, squares - expected / 2, expected / 2


def _robust(blocks: Sequence[_Block], fit: _Fit, components: Floats) -> tuple[Floats, Floats]:
    """CR2 covariance (p, p) of the coefficients, and Satterthwaite's degrees of freedom (p,) of each.

    The working covariance of a study's residuals is G = Sigma - x M x'; A is the symmetric root for which A G A =
    Sigma, so that the variance is unbiased were the model true.
    """
    p = blocks[0].x.shape[1]
    meat, rows = np.zeros((p, p)), []
    for block, w, r in zip(blocks, fit.inverses, _residuals(blocks, fit), strict=True):
        sigma = block.sampling + components[0] + components[1] * np.eye(len(r))
        adjusted = w @ _balancing(sigma, sigma - block.x @ fit.covariance @ block.x.T)
        score = block.x.T @ adjusted @ r
        meat += np.outer(score, score)
        rows.append(fit.covariance @ block.x.T @ adjusted)  # (p, n): what each residual adds to each coefficient
    df = np.empty(p)
    for place in range(p):
        own = [float(g[place] @ (np.linalg.inv(w) @ g[place])) for g, w in zip(rows, fit.inverses, strict=True)]
        shared = np.array([g[place] @ block.x for g, block in zip(rows, blocks, strict=True)])
        omega = np.diag(own) - shared @ fit.covariance @ shared.T
        df[place] = np.trace(omega) ** 2 / (omega**2).sum()
    return fit.covariance @ meat @ fit.covariance, df


def _balancing(sigma: Floats, residual: Floats) -> Floats:
    """The symmetric A with A residual A = sigma: D'(D residual D')^(-1/2) D with sigma = D'D, on the space that the
    residuals leave."""
    upper = np.linalg.cholesky(sigma).T
    values, vectors = np.linalg.eigh(upper @ residual @ upper.T)
    kept = values > 1e-12 * max(float(values.max()), 1e-300)
    root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    balancing: Floats = upper.T @ root @ upper
    return balancing
