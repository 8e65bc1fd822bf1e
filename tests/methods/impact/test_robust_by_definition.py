"""Clustered covariances and degrees of freedom against their definitions, written with whole n x n matrices, over
random designs: clusters of one row, weights far from one, columns of unlike units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from impact_pipeline.methods.impact import robust
from impact_pipeline.methods.impact.gram import cluster_grams

RELATIVE = 1e-6  # the definition takes roots of nearly singular n x n matrices


def powered(symmetric: np.ndarray, power: float) -> np.ndarray:
    """Moore-Penrose power of a symmetric matrix."""
    values, vectors = np.linalg.eigh(symmetric)
    values = np.where(values > 1e-10, np.abs(values) ** power, 0.0)
    return (vectors * values) @ vectors.T


def defined(x: np.ndarray, y: np.ndarray, w: np.ndarray, clusters: np.ndarray, contrast: np.ndarray):
    """CR2 and CR0 variances of a contrast and Satterthwaite's df, errors taken as equal and independent."""
    n = len(y)
    m = np.linalg.inv(x.T @ (w[:, None] * x))
    left = np.eye(n) - x @ m @ (x * w[:, None]).T
    residuals, both = left @ y, left @ left.T
    columns, plain, adjusted = [], 0.0, 0.0
    for g in np.unique(clusters):
        rows = np.flatnonzero(clusters == g)
        adjust = powered(both[np.ix_(rows, rows)], -0.5)
        along = (x[rows] * w[rows, None]) @ m @ contrast
        plain += (along @ residuals[rows]) ** 2
        adjusted += (along @ adjust @ residuals[rows]) ** 2
        columns.append(left[rows].T @ adjust @ along)
    products = np.array(columns) @ np.array(columns).T
    return plain, adjusted, np.trace(products) ** 2 / np.sum(products**2)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), g=st.integers(4, 12), largest=st.integers(1, 9), weighted=st.booleans(),
    by_cluster=st.booleans(), unit=st.sampled_from([1.0, 1e-6, 1e6]),
)  # fmt: skip
def test_as_defined(seed: int, g: int, largest: int, weighted: bool, by_cluster: bool, unit: float) -> None:
    draw = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(g), draw.integers(1, largest + 1, g))
    n = len(clusters)
    arm = (clusters % 2 if by_cluster else draw.integers(0, 2, n)).astype(float)
    x = np.column_stack([np.ones(n), arm, unit * draw.normal(0, 1, n)])
    y = draw.normal(0, 1, g)[clusters] + draw.normal(0, 1, n) * (1 + arm)
    w = draw.lognormal(0, 0.8, n) if weighted else np.ones(n)
    contrast = np.array([0.0, 1.0, 0.0])
    grams = cluster_grams(x, y, clusters, w if weighted else None)
    assume(n >= 8 and 1 < arm.sum() < n - 1)
    fitted = robust.fit(grams)
    plain, adjusted, df = defined(x, y, w, clusters, contrast)
    assert contrast @ robust.covariance(fitted, "CR0") @ contrast == pytest.approx(plain, rel=RELATIVE)
    assert contrast @ robust.covariance(fitted, "CR2") @ contrast == pytest.approx(adjusted, rel=RELATIVE)
    assert robust.satterthwaite(fitted, contrast) == pytest.approx(df, rel=RELATIVE)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), g=st.integers(5, 12))
def test_cr3_leaves_each_cluster_out(seed: int, g: int) -> None:
    """The jackknife's covariance: sum of (b without g - b)(b without g - b)'."""
    draw = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(g), draw.integers(4, 9, g))
    n = len(clusters)
    x = np.column_stack([np.ones(n), draw.normal(0, 1, n), draw.normal(0, 1, n)])
    y, w = draw.normal(0, 1, n), draw.lognormal(0, 0.5, n)
    fitted = robust.fit(cluster_grams(x, y, clusters, w))
    spread = np.zeros((3, 3))
    for out in range(g):
        kept = clusters != out
        without = np.linalg.lstsq(x[kept] * np.sqrt(w[kept])[:, None], y[kept] * np.sqrt(w[kept]))[0]
        spread += np.outer(without - fitted.coefficients, without - fitted.coefficients)
    np.testing.assert_allclose(robust.covariance(fitted, "CR3"), spread, rtol=1e-8, atol=1e-12)
