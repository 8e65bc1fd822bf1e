"""Three-level models agree with metafor's rma.mv, their robust tests with clubSandwich; `tests/reference/synthesis.R`.

rma.mv searches variance components by BFGS on their logarithms, which stops some millionths away, and never quite at
zero: components are compared to that precision, and the likelihood that we reach must not be below R's.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.methods.synthesis.from_r import drawn, effects, figure

from impact_pipeline.methods.synthesis.dependent import ThreeLevel, three_level
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

COMPONENTS = 2e-5  # R's search
EXACT = 1e-9
FOLLOWS = 1e-6  # what follows from components, whose likelihood is flat around them
LIKELIHOOD = 1e-7
CASES = [(case, rho) for case in ("nested", "nested-flat", "nested-mods") for rho in (0.0, 0.6)]


def fitted(case: str, rho: float) -> ThreeLevel:
    frame = effects(case)
    moderators = frame[["x1"]].to_numpy() if case == "nested-mods" else None
    return three_level(*drawn(case), list(frame["study"]), moderators=moderators, correlation=rho)


@pytest.mark.parametrize(("case", "rho"), CASES)
def test_components_and_likelihood(case: str, rho: float) -> None:
    found = fitted(case, rho)
    assert_allclose([found.between, found.within], figure(case, f"rho{rho:g}_sigma2"), rtol=COMPONENTS, atol=1e-8)
    told = figure(case, f"rho{rho:g}_loglik")[0]
    assert found.log_likelihood >= told - 1e-12
    assert_allclose(found.log_likelihood, told, rtol=0, atol=LIKELIHOOD)


@pytest.mark.parametrize(("case", "rho"), CASES)
def test_coefficients_and_what_the_model_alone_would_say(case: str, rho: float) -> None:
    found = fitted(case, rho)
    assert_allclose(found.coefficients, figure(case, f"rho{rho:g}_b"), rtol=FOLLOWS)
    assert_allclose(np.sqrt(np.diag(found.model_covariance)), figure(case, f"rho{rho:g}_se"), rtol=FOLLOWS)
    assert_allclose([found.q, found.q_p], figure(case, f"rho{rho:g}_q"), rtol=FOLLOWS)


@pytest.mark.parametrize(("case", "rho"), CASES)
def test_robust_tests_with_satterthwaites_degrees_of_freedom(case: str, rho: float) -> None:
    found = fitted(case, rho)
    for part in ("se", "df", "p", "low", "high"):
        assert_allclose(getattr(found, part), figure(case, f"rho{rho:g}_cr2_{part}"), rtol=FOLLOWS)


@pytest.mark.parametrize("case", ["nested", "nested-mods"])
def test_with_components_given_figures_are_those_of_r_to_the_ninth_digit(case: str) -> None:
    frame = effects(case)
    moderators = frame[["x1"]].to_numpy() if case == "nested-mods" else None
    found = three_level(
        *drawn(case), list(frame["study"]), moderators=moderators, correlation=0.6, components=(0.05, 0.03)
    )
    for part, name in (("coefficients", "b"), ("se", "se"), ("df", "df"), ("p", "p")):
        assert_allclose(getattr(found, part), figure(case, f"given_{name}"), rtol=EXACT)
    assert_allclose(np.sqrt(np.diag(found.model_covariance)), figure(case, "given_model_se"), rtol=EXACT)
    assert_allclose(found.log_likelihood, figure(case, "given_loglik")[0], rtol=EXACT)


def test_nothing_depends_on_the_order_of_the_rows() -> None:
    frame = effects("nested")
    y, v = drawn("nested")
    order = np.random.default_rng(7).permutation(len(y))
    straight = three_level(y, v, list(frame["study"]))
    shuffled = three_level(y[order], v[order], list(frame["study"].to_numpy()[order]))
    assert shuffled.coefficients[0] == straight.coefficients[0]
    assert shuffled.p[0] == straight.p[0]
    assert (shuffled.weights == straight.weights[order]).all()
    assert_allclose(straight.weights.sum(), 1, rtol=1e-12)


def test_ten_copies_of_an_effect_weigh_as_one_study() -> None:
    """The mistake that the model is for: an effect told ten times does not become ten studies."""
    frame = effects("nested")
    y, v = drawn("nested")
    study = list(frame["study"])
    copies = three_level(np.append(y, [y[0]] * 10), np.append(v, [v[0]] * 10), [*study, *[study[0]] * 10])
    alone = three_level(y, v, study)
    assert copies.studies == alone.studies == 12
    assert copies.df[0] < 13
    assert copies.se[0] > 0.8 * alone.se[0]


@pytest.mark.parametrize(
    ("code", "study", "correlation"),
    [("no-dependence", ["a", "b", "c", "d"], 0.0), ("too-few-studies", ["a", "a", "b", "b"], 0.0),
     ("no-correlation", ["a", "b", "c", "c"], 1.0)],
)  # fmt: skip
def test_what_is_refused(code: str, study: list[str], correlation: float) -> None:
    with pytest.raises(RefusedSynthesis) as refused:
        three_level(np.array([0.1, 0.2, 0.3, 0.2]), np.full(4, 0.01), study, correlation=correlation)
    assert refused.value.code == code
