"""A declared index scores the groups of an initiative on what is published of them, and on nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.methods import test_against_r_survey as panel
from tests.methods.made_programme import declare

from impact_pipeline.declarations import Schemas
from impact_pipeline.errors import DeclarationError
from impact_pipeline.methods.indices import index_scores

INDICATORS = [
    {"indicator": "good", "value": "y", "by": ["group"], "polarity": "higher-is-better"},
    {"indicator": "bad", "value": "x", "by": ["group"], "polarity": "lower-is-better"},
    {"indicator": "third", "value": "x", "by": ["group"], "polarity": "higher-is-better"},
    {"indicator": "neutral", "value": "x", "by": ["group"]},
]  # fmt: skip
INDEX: dict[str, Any] = {
    "index": "places", "initiative": "panel", "by": "group", "label": {"fr": "Lieux", "en": "Places"},
    "domains": [{"name": "one", "label": "One", "weight": 2, "indicators": ["good", "bad"]},
                {"name": "two", "label": "Two", "indicators": ["third"]}],
}  # fmt: skip
VALUES = {"good": [10, 20, 40, 30, 15], "bad": [5, 4, 1, 2, 4.5], "third": [1, 3, 9, 7, 2]}


def declared(folder: Path, **changed: Any) -> Schemas:
    return declare(folder, panel.instrument({}), INDICATORS, indices=[INDEX | changed])


def rows(error: float = 0.0) -> list[dict[str, Any]]:
    """Five groups at two waves; the earlier wave says the contrary."""
    return [
        {"indicator": name, "initiative": "panel", "dimension": "group", "category": f"g{n}", "wave": wave,
         "status": "published", "value": value if wave == "2" else -value, "se": error, "units": 20 + n}
        for name, values in VALUES.items() for n, value in enumerate(values) for wave in ("1", "2")
    ]  # fmt: skip


def test_groups_are_ranked_on_their_latest_figures_each_turned_the_better_way(tmp_path: Path) -> None:
    found = index_scores(declared(tmp_path), rows())
    assert [row["category"] for row in found] == ["g0", "g1", "g2", "g3", "g4"]
    assert [row["rank"] for row in found] == [5, 3, 1, 2, 4]
    within = {
        "good": 1 + 99 * (20 - 10) / 30, "bad": 1 + 99 * (5 - 4) / 4, "third": 1 + 99 * (3 - 1) / 8,
    }  # fmt: skip
    expected = ((within["good"] + within["bad"]) / 2) ** (2 / 3) * within["third"] ** (1 / 3)
    assert found[1]["score"] == pytest.approx(expected, rel=1e-9)
    assert found[1]["rank_low"] <= 3 <= found[1]["rank_high"]
    assert found[1]["units"] == 21


def test_sampling_errors_widen_the_intervals(tmp_path: Path) -> None:
    still, moved = (index_scores(declared(tmp_path / str(e)), rows(e)) for e in (0.0, 2.0))
    widths = [np.mean([row["rank_high"] - row["rank_low"] for row in told]) for told in (still, moved)]
    assert widths[1] > widths[0]
    assert [row["score"] for row in still] == [row["score"] for row in moved]


def test_a_suppressed_figure_gives_no_score_to_its_group(tmp_path: Path) -> None:
    told = rows()
    for row in told:
        if (row["indicator"], row["category"]) == ("bad", "g1"):
            row |= {"status": "suppressed", "value": None, "se": None, "units": None}
    found = {row["category"]: row for row in index_scores(declared(tmp_path), told)}
    assert (found["g1"]["status"], found["g1"]["reason"], found["g1"]["score"]) == (
        "refused",
        "missing-indicator",
        None,
    )
    assert sorted(row["rank"] for row in found.values() if row["rank"]) == [1, 2, 3, 4]


def test_a_figure_without_an_error_gives_no_score_and_says_so(tmp_path: Path) -> None:
    told = [row | {"se": None} if row["category"] == "g1" else row for row in rows()]
    found = {row["category"]: row["reason"] for row in index_scores(declared(tmp_path), told)}
    assert found == {"g0": None, "g1": "no-error", "g2": None, "g3": None, "g4": None}


def test_too_few_groups_have_no_ranks(tmp_path: Path) -> None:
    few = [row for row in rows() if row["category"] in ("g0", "g1", "g2")]
    assert {row["reason"] for row in index_scores(declared(tmp_path), few)} == {"too-few-units"}


def test_what_cannot_serve_is_told_at_its_line(tmp_path: Path) -> None:
    domains = [{"name": "one", "label": "One", "indicators": ["neutral"]},
               {"name": "two", "label": "Two", "indicators": ["thirdd"]}]  # fmt: skip
    with pytest.raises(DeclarationError) as told:
        declared(tmp_path, domains=domains)
    found = {(p.file, p.key, p.nearest) for p in told.value.problems}
    assert ("indices/places.yaml", "domains[two].indicators[1]", "third") in found
    assert ("indices/places.yaml", "domains[one].indicators[1]", None) in found
