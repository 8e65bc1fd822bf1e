"""Effects that are not independent: outcomes, sites or waves of one study, which must not count as so many studies.

Effects, variances, a design matrix and the study of each effect come in; a `ThreeLevel` goes out. Its variance
components tell how effects differ between and within studies (Konstantopoulos 2011, doi:10.1002/jrsm.35); its tests
do not trust them: they rest on the spread of whole studies (robust variance, CR2, with Satterthwaite's degrees of
freedom; Tipton 2015, doi:10.1037/met0000011; Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
class _Batch:
    """The m studies that give n effects each: effects (m, n), sampling covariances (m, n, n), rows of x (m, n, p),
    places in what was given (m, n). Studies of one size are computed at once."""

    y: Floats
    sampling: Floats
    x: Floats
    rows: np.ndarray

    def covariances(self, components: Floats) -> Floats:
        """Of each study's effects (m, n, n), at given components."""
        told: Floats = self.sampling + components[0] + components[1] * np.eye(self.y.shape[1])
        return told


@dataclass(frozen=True, slots=True)
class _Fit:
    """Generalised least squares at given components; inverses (m, n, n) of the covariances, by batch."""

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
    components: tuple[float, float] | None = None,
    confidence: float = 0.95,
) -> ThreeLevel:
    """Restricted maximum likelihood of y (k,) = x b + between studies + within them + sampling, and robust tests of
    b.

    `moderators` (k, m) stand beside the mean. `correlation` is that of the sampling errors of two effects of one
    study (0: other people each time; otherwise the declared guess of Pustejovsky & Tipton 2022,
    doi:10.1007/s11121-021-01246-3, which robust tests survive when wrong). `components`, where given, are those
    between and within studies, taken as they are.

    Raises RefusedSynthesis `too-few-studies` below three, `no-dependence` where each study gives one effect,
    `no-correlation` outside [0, 1[, `collinear-moderators`, `not-converged`.
    """
    ones = design(y, v, fewest=FEWEST)
    x = ones if moderators is None else np.column_stack([ones, moderators])
    if not 0 <= correlation < 1:
        raise RefusedSynthesis("no-correlation", f"A correlation of {correlation} within studies.")
    studies = len(set(study))
    if studies < FEWEST:
        raise RefusedSynthesis("too-few-studies", f"{studies} studies: fewer than {FEWEST} are not pooled.")
    if studies == len(y):
        raise RefusedSynthesis("no-dependence", "Each study gives one effect: nothing differs within studies.")
    if np.linalg.matrix_rank(x / np.abs(x).max(axis=0, initial=1e-300)) < x.shape[1]:
        raise RefusedSynthesis("collinear-moderators", "Moderators that say the same thing, or that do not vary.")
    batches = _batches(y, v, x, study, correlation)
    found = _components(batches, float(v.mean() + np.var(y))) if components is None else np.array(components)
    fit = _fit(batches, found)
    covariance, df = _robust(batches, fit, found)
    return _told(batches, fit, found, covariance, df, confidence, correlation)


def _told(
    batches: Sequence[_Batch], fit: _Fit, components: Floats, covariance: Floats, df: Floats, confidence: float,
    correlation: float,
) -> ThreeLevel:  # fmt: skip
    between, within = map(float, components)
    b, k = fit.coefficients, sum(batch.y.size for batch in batches)
    ses = np.sqrt(np.diag(covariance))
    half = np.array([quantile(float(d), confidence) for d in df]) * ses
    p = np.array([two_sided(float(e), float(s), float(d)) for e, s, d in zip(b, ses, df, strict=True)])
    spread = quantile(float(df[0]), confidence) * math.sqrt(covariance[0, 0] + between + within)
    alone = _fit(batches, np.zeros(2))
    q = _square(batches, alone)
    free = k - len(b)
    typical = free / _trace_p(batches, alone)
    whole = between + within + typical
    weights = np.zeros(k)
    for batch, w in zip(batches, fit.inverses, strict=True):
        weights[batch.rows] = np.einsum("p,mnp,mno->mo", fit.covariance[0], batch.x, w)
    return ThreeLevel(
        k=k, studies=sum(len(batch.y) for batch in batches), correlation=correlation, coefficients=b, between=between,
        within=within, log_likelihood=fit.likelihood, model_covariance=fit.covariance, covariance=covariance, df=df,
        low=b - half, high=b + half, p=p, prediction_low=float(b[0]) - spread, prediction_high=float(b[0]) + spread,
        q=q, q_p=float(chdtrc(free, q)), i2_between=100 * between / whole, i2_within=100 * within / whole,
        weights=weights, cautions=(FEW,) if float(df.min()) < FEW_DEGREES else (),
    )  # fmt: skip


def _batches(y: Floats, v: Floats, x: Floats, study: Sequence[str], correlation: float) -> list[_Batch]:
    """Effects by size of the study, then by its name, then by value: the order of the rows does not matter."""
    names = np.asarray(study)
    if len(names) != len(y):
        raise ValueError(f"{len(y)} effects and {len(names)} studies")
    by_size: dict[int, list[np.ndarray]] = {}
    for name in sorted(set(study)):
        rows = np.flatnonzero(names == name)
        by_size.setdefault(len(rows), []).append(rows[np.lexsort((v[rows], y[rows]))])
    found = []
    for size, of_size in sorted(by_size.items()):
        places = np.array(of_size)
        deviations = np.sqrt(v[places])
        sampling = correlation * deviations[:, :, None] * deviations[:, None, :]
        sampling[:, range(size), range(size)] = v[places]
        found.append(_Batch(y[places], sampling, x[places], places))
    return found


def _fit(batches: Sequence[_Batch], components: Floats) -> _Fit:
    """Coefficients, their covariance and the restricted log-likelihood (constants of metafor's REML included)."""
    p, k = batches[0].x.shape[2], sum(batch.y.size for batch in batches)
    gram, plain, moment, log_det, inverses = np.zeros((p, p)), np.zeros((p, p)), np.zeros(p), 0.0, []
    for batch in batches:
        sigma = batch.covariances(components)
        w, xt = np.asarray(np.linalg.inv(sigma), dtype=np.float64), batch.x.transpose(0, 2, 1)
        inverses.append(w)
        log_det += float(np.linalg.slogdet(sigma)[1].sum())
        gram += (xt @ w @ batch.x).sum(axis=0)
        plain += (xt @ batch.x).sum(axis=0)
        moment += (xt @ w @ batch.y[..., None]).sum(axis=0)[:, 0]
    covariance = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    fit = _Fit(tuple(inverses), covariance @ moment, covariance, 0.0)
    constant = -0.5 * (k - p) * math.log(2 * math.pi) + 0.5 * float(np.linalg.slogdet(plain)[1])
    likelihood = constant - 0.5 * (log_det + float(np.linalg.slogdet(gram)[1]) + _square(batches, fit))
    return replace(fit, likelihood=likelihood)


def _residuals(batches: Sequence[_Batch], fit: _Fit) -> list[Floats]:
    return [batch.y - batch.x @ fit.coefficients for batch in batches]


def _square(batches: Sequence[_Batch], fit: _Fit) -> float:
    """r'W r over all studies: the generalised Q."""
    parts = zip(_residuals(batches, fit), fit.inverses, strict=True)
    return float(sum(np.einsum("mi,mij,mj->", r, w, r) for r, w in parts))


def _trace_p(batches: Sequence[_Batch], fit: _Fit) -> float:
    """Trace of P = W - W x M x'W."""
    whole = sum(float(np.einsum("mii->", w)) for w in fit.inverses)
    squares = [w @ batch.x for batch, w in zip(batches, fit.inverses, strict=True)]
    return whole - sum(float(np.einsum("pq,mnp,mnq->", fit.covariance, u, u)) for u in squares)


def _components(batches: Sequence[_Batch], spread: float) -> Floats:
    """The components of highest restricted likelihood, from several starts."""
    ends = [_climbed(batches, spread * np.array(start)) for start in STARTS]
    return max(ends, key=lambda end: _fit(batches, end).likelihood)


def _climbed(batches: Sequence[_Batch], start: Floats) -> Floats:
    """Newton's steps within [0, inf[ x [0, inf[: a component at zero stays there while its score is not above zero; by
    the expected information where the likelihood does not bend down; halved where the likelihood would fall. Ends where
    a step could gain no more than rounding loses."""
    at, fit = start, _fit(batches, start)
    for _ in range(MOST_STEPS):
        score, observed, expected = _slopes(batches, fit)
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
        nearer = _fit(batches, candidate)
        while nearer.likelihood < fit.likelihood and gain > LEAST_GAIN:
            candidate, gain = (candidate + at) / 2, gain / 2
            nearer = _fit(batches, candidate)
        if nearer.likelihood < fit.likelihood:
            return at
        at, fit = candidate, nearer
    raise RefusedSynthesis("not-converged", f"Variance components still move after {MOST_STEPS} steps.")


def _slopes(batches: Sequence[_Batch], fit: _Fit) -> tuple[Floats, Floats, Floats]:
    """Score (2,), observed and expected information (2, 2) of the restricted likelihood (Harville 1977).

    With P = W - W x M x'W and Z of each component: (y'P Z P y - tr PZ)/2; y'P Z P Z' P y - tr(PZ PZ')/2; tr(PZ PZ')/2;
    by studies.
    """
    p, m = batches[0].x.shape[2], fit.covariance
    inner, crossed, pulled = np.zeros((2, p, p)), np.zeros((2, 2, p, p)), np.zeros((2, p))
    score, expected, squares = np.zeros(2), np.zeros((2, 2)), np.zeros((2, 2))
    for batch, w, r in zip(batches, fit.inverses, _residuals(batches, fit), strict=True):
        n = r.shape[1]
        u, told = w @ batch.x, (w @ r[..., None])[..., 0]
        ut = u.transpose(0, 2, 1)
        shapes = (np.ones((n, n)), np.eye(n))
        turned, spun, moved = [w @ z for z in shapes], [z @ u for z in shapes], [told @ z for z in shapes]
        for a in range(2):
            score[a] += (moved[a] * told).sum() - np.einsum("mii->", turned[a])
            inner[a] += (ut @ spun[a]).sum(axis=0)
            pulled[a] += (ut @ moved[a][..., None]).sum(axis=0)[:, 0]
            for c in range(2):
                expected[a, c] += np.einsum("mij,mji->", turned[a], turned[c])
                crossed[a, c] += (spun[a].transpose(0, 2, 1) @ w @ spun[c]).sum(axis=0)
                squares[a, c] += np.einsum("mi,mij,mj->", moved[a], w, moved[c])
    for a in range(2):
        score[a] += np.trace(m @ inner[a])
        for c in range(2):
            expected[a, c] += np.trace(m @ inner[a] @ m @ inner[c]) - 2 * np.trace(m @ crossed[a, c])
            squares[a, c] -= pulled[a] @ m @ pulled[c]
    return score / 2, squares - expected / 2, expected / 2


def _robust(batches: Sequence[_Batch], fit: _Fit, components: Floats) -> tuple[Floats, Floats]:
    """CR2 covariance (p, p) of the coefficients, and Satterthwaite's degrees of freedom (p,) of each.

    The working covariance of a study's residuals is G = Sigma - x M x'; A is the symmetric root for which A G A =
    Sigma, so that the variance is unbiased were the model true.
    """
    p = batches[0].x.shape[2]
    meat, own, shared = np.zeros((p, p)), [], []
    for batch, w, r in zip(batches, fit.inverses, _residuals(batches, fit), strict=True):
        sigma, xt = batch.covariances(components), batch.x.transpose(0, 2, 1)
        adjusted = w @ _balancing(sigma, sigma - batch.x @ fit.covariance @ xt)
        scores = (xt @ adjusted @ r[..., None])[..., 0]
        meat += scores.T @ scores
        rows = fit.covariance @ xt @ adjusted  # (m, p, n): what each residual adds to each coefficient
        own.append(np.einsum("mpi,mij,mpj->mp", rows, sigma, rows))
        shared.append(rows @ batch.x)  # (m, p, p)
    spread, links = np.concatenate(own), np.concatenate(shared)
    df = np.empty(p)
    for place in range(p):
        omega = np.diag(spread[:, place]) - links[:, place] @ fit.covariance @ links[:, place].T
        df[place] = np.trace(omega) ** 2 / (omega**2).sum()
    return fit.covariance @ meat @ fit.covariance, df


def _balancing(sigma: Floats, residual: Floats) -> Floats:
    """The symmetric A (m, n, n) with A residual A = sigma: D'(D residual D')^(-1/2) D with sigma = D'D, on the space
    that the residuals leave."""
    lower = np.linalg.cholesky(sigma)
    upper = lower.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(upper @ residual @ lower)
    least = 1e-12 * np.maximum(values.max(axis=1, keepdims=True), 1e-300)
    scales = np.where(values > least, 1 / np.sqrt(np.maximum(values, least)), 0.0)
    root = (vectors * scales[:, None, :]) @ vectors.transpose(0, 2, 1)
    balancing: Floats = lower @ root @ upper
    return balancing
