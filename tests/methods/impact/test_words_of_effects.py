"""Every reason to refuse an effect and every caution has its sentence, in French and in English."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from impact_pipeline.methods import impact
from impact_pipeline.words import LANGUAGES, Language, catalogue, say

FOLDER = Path(impact.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py"))
CAUTIONS = {
    "cohort-left-out", "density-jump", "density-untested", "few-clusters-in-an-arm", "heavy-weight",
    "imbalance-left", "incomplete-units-dropped", "low-effective-n", "mass-points", "no-comparison",
    "no-comparison-series", "no-pretrend-test", "no-variance-between-clusters", "one-control-cluster",
    "one-treated-cluster", "poor-fit-before", "pretrend-untested", "selected-on-low-score", "short-series",
    "small-cohort", "treated-unmatched", "two-way-effects-mislead", "unbounded-interval", "weak-instrument",
}  # fmt: skip


def refusals() -> set[str]:
    """The first argument of every RefusedEffect raised in the modules."""
    return {
        node.args[0].value
        for module in MODULES
        for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RefusedEffect"
    }


def test_codes_are_found_in_the_modules() -> None:
    text = "\n".join((FOLDER / f"{module}.py").read_text(encoding="utf-8") for module in MODULES)
    assert len(refusals()) > 20
    assert [code for code in CAUTIONS if f'"{code}"' not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_its_sentence(language: Language) -> None:
    keys = {f"effect.refused.{code}" for code in refusals()} | {f"effect.caution.{code}" for code in CAUTIONS}
    assert keys - set(catalogue(language)) == set()
    for key in keys:
        assert say(key, language).endswith(".")
        if language == "fr":
            assert not re.search(r"[^\u00a0\u202f][;:?!»](\s|$)|'", say(key, language)), key
