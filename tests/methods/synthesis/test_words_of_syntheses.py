"""Every reason to refuse a synthesis, to set an effect aside, and every caution has its sentence in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from impact_pipeline.methods import synthesis
from impact_pipeline.words import LANGUAGES, Language, catalogue, say

FOLDER = Path(synthesis.__file__).parent
TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.rglob("*.py"))]
SET_ASIDE = {
    "effect-not-published", "other-measure", "no-comparison-group", "no-standard-error", "no-effect-computed",
}  # fmt: skip
CAUTIONS = {
    "zero-cell", "narrower-than-normal", "few-degrees-of-freedom", "converted", "synthetic", "extraction-not-checked",
    "high-risk-of-bias", "before-after", "heterogeneous", "small-study-effects", "not-yet-transferable",
    "mixed-designs", "anchors-from-the-sample", "on-the-crossover", "skewed-set", "more-combinations-than-cases",
    "several-models",
}  # fmt: skip


def texts() -> set[str]:
    return {node.value for tree in TREES for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip


def refusals() -> set[str]:
    """The first argument of every RefusedSynthesis raised."""
    return {
        node.args[0].value
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RefusedSynthesis"
    }


def test_codes_are_found_in_the_modules() -> None:
    assert len(refusals()) > 15
    assert (CAUTIONS | SET_ASIDE) - texts() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_its_sentence(language: Language) -> None:
    keys = {f"synthesis.refused.{code}" for code in refusals() | SET_ASIDE}
    keys |= {f"synthesis.caution.{code}" for code in CAUTIONS}
    known = {key for key in catalogue(language) if key.startswith(("synthesis.refused.", "synthesis.caution."))}
    assert known == keys
    for key in keys:
        assert say(key, language).endswith(".")
        if language == "fr":
            assert not re.search(r"[^\u00a0\u202f][;:?!»](\s|$)|'", say(key, language)), key
