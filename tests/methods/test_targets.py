"""A declared target is compared with the communes studied, and told what to expect, or that nothing can be said."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, field, store

from impact_pipeline import geography
from impact_pipeline.declarations import Schemas
from impact_pipeline.errors import DeclarationError
from impact_pipeline.methods.targets import projections

SMALL = [row for row in geography.current().to_pylist() if row["population"] < 3_500]
INSTRUMENT: dict[str, Any] = {
    "instrument": "visits", "version": 1, "kind": "survey", "title": "Visits", "key": ["unit"],
    "fields": [field("unit", "text", required=True), field("commune", "commune"), field("open", "boolean")],
}  # fmt: skip
TARGET: dict[str, Any] = {
    "target": "small", "label": {"fr": "Petites communes", "en": "Small communes"}, "initiative": "panel",
    "synthesis": "well-being", "communes": {"population": [1, 3499]},
    "studied": {"instrument": "visits", "field": "commune", "among": "open"},
    "covariates": ["log-population", "log-epci-population"], "reached": 0.2,
    "cost_per_place": {"value": 80_000, "se": 4_000, "source": "accounts"},
    "worth": {"points": 2, "years": {"value": 1.5, "se": 0.25, "source": "follow-up"}, "low": 10_000, "central": 13_000,
              "high": 16_000, "price_year": 2019, "source": "HM Treasury 2021"},
}  # fmt: skip
POOLED = {
    "question": "well-being", "source": "own", "role": "answer", "status": "published", "effect": 0.3, "df": 9.0,
    "prediction_low": 0.05, "prediction_high": 0.55,
}  # fmt: skip
CHECK = POOLED | {"role": "check", "effect": 0.9, "prediction_low": None, "prediction_high": None}


REFERENCE: dict[str, Any] = {
    "reference": "review", "question": "Q", "citation": "Made up", "licence": "CC0-1.0", "synthetic": True,
    "extraction": {"extracted_by": "A", "on": "2026-01-01"},
    "effects": [{"study": "a-2020", "label": "A", "year": 2020, "country": "FR", "population": "P", "outcome": "w",
                 "design": "randomised", "n_treated": 50, "n_control": 50, "measure": "smd", "effect": 0.2, "se": 0.1,
                 "risk_of_bias": "low", "page": "1"}],
}  # fmt: skip
SYNTHESIS: dict[str, Any] = {
    "synthesis": "well-being", "question": "Q", "outcome": "W", "measure": "smd",
    "references": [{"reference": "review"}],
}  # fmt: skip


def declared(folder: Path, **changed: Any) -> Schemas:
    return declare(
        folder / "schemas", INSTRUMENT, [], targets=[TARGET | changed], syntheses=[SYNTHESIS], references=[REFERENCE]
    )


def studied(codes: list[str]) -> list[dict[str, str]]:
    return [{"target": "small", "code": code} for code in codes]


def drawn(number: int, seed: int = 3) -> list[str]:
    """Communes of the target drawn at random."""
    return [SMALL[n]["code"] for n in np.random.default_rng(seed).choice(len(SMALL), number, replace=False)]


def test_communes_studied_are_those_that_records_name(tmp_path: Path) -> None:
    schemas = declared(tmp_path)
    rows = pd.DataFrame({"unit": list("abcd"), "commune": ["01001", "01002", "01001", "01004"],
                         "open": pd.array([True, True, True, False], "boolean")})  # fmt: skip
    connection = computed(schemas, store(tmp_path, schemas, [({}, rows)]))
    found = connection.execute("select target, code from studied_place order by code").fetchall()
    assert found == [("small", "01001"), ("small", "01002")]


def test_a_target_like_what_was_studied_is_projected(tmp_path: Path) -> None:
    targets, found = projections(declared(tmp_path), studied(drawn(60)), [CHECK, POOLED])
    (target,), (row,) = targets, found
    inhabitants = sum(row["population"] for row in SMALL)
    assert (target["places"], target["inhabitants"], target["sites"]) == (len(SMALL), inhabitants, 60)
    assert (row["status"], row["likeness"]) == ("published", "alike")
    people = 0.2 * inhabitants
    assert (row["total"], row["total_low"]) == (pytest.approx(0.3 * people), pytest.approx(0.05 * people))
    assert row["cost"] == 80_000 * len(SMALL)
    assert row["wellbys"] == pytest.approx(0.3 * 2 * 1.5 * people)
    assert row["cost_per_wellby"] == pytest.approx(row["cost"] / row["wellbys"])
    assert row["cost_per_wellby_low"] < row["cost_per_wellby"] < row["cost_per_wellby_high"]
    assert row["net_benefit"] == pytest.approx(13_000 * row["wellbys"] - row["cost"])


def test_a_target_unlike_what_was_studied_is_refused_with_the_reason(tmp_path: Path) -> None:
    large = [row["code"] for row in geography.current().to_pylist() if 3_000 < row["population"] < 3_400]
    for codes in (large[:40], drawn(2)):
        _, (row,) = projections(declared(tmp_path / str(len(codes))), studied(codes), [POOLED])
        assert (row["status"], row["effect"], row["wellbys"]) == ("refused", None, None)
        assert row["reason"] == ("outside-the-studied" if len(codes) > 2 else "too-few-sites")


@pytest.mark.parametrize("syntheses", [[], [POOLED | {"status": "refused"}], [POOLED | {"source": "literature"}]])
def test_nothing_is_said_without_a_pooled_effect_of_our_own(tmp_path: Path, syntheses: list[dict[str, Any]]) -> None:
    _, (row,) = projections(declared(tmp_path), studied(drawn(30)), syntheses)
    assert (row["status"], row["reason"]) == ("refused", "no-synthesis")
    assert row["generalisability"] is not None


def test_an_effect_not_told_from_zero_has_no_cost_per_wellby(tmp_path: Path) -> None:
    pooled = POOLED | {"prediction_low": -0.2, "prediction_high": 0.8}
    _, (row,) = projections(declared(tmp_path), studied(drawn(60)), [pooled])
    assert (row["status"], row["cost_per_wellby"], row["cost_per_wellby_low"]) == ("published", None, None)


def test_a_former_commune_counts_as_the_one_that_it_is_part_of(tmp_path: Path) -> None:
    kept = studied(drawn(30))
    codes = (f"49{number:03}" for number in range(1, 400))  # of Maine-et-Loire, where many communes have merged
    former = next(c for code in codes if (c := geography.commune(code)) is not None and c.current != code)
    whole = [row for row in kept if row["code"] != former.current]
    (one,), _ = projections(declared(tmp_path), [*whole, *studied([former.code, former.current])], [POOLED])
    assert one["sites"] == len(whole) + 1


def test_a_list_of_communes_is_kept_with_its_hash(tmp_path: Path) -> None:
    listed = "code\n" + "\n".join(drawn(500, seed=9)) + "\n"
    folder = tmp_path / "schemas" / "targets"
    folder.mkdir(parents=True)
    (folder / "no-grocery.csv").write_text(listed, encoding="utf-8")
    told = {"file": "no-grocery.csv", "sha256": hashlib.sha256(listed.encode()).hexdigest(), "source": "test"}
    communes = {"population": [1, 3499], "listed": told}
    (target,), _ = projections(declared(tmp_path, communes=communes), studied(drawn(30)), [POOLED])
    assert target["places"] == 500
    with pytest.raises(DeclarationError) as wrong:
        declared(tmp_path, communes=communes | {"listed": told | {"sha256": "0" * 64}})
    assert wrong.value.problems[0].key == "communes.listed.sha256"
    with pytest.raises(DeclarationError) as wrong:
        declared(tmp_path, communes=communes | {"listed": told | {"file": "other.csv"}})
    assert wrong.value.problems[0].key == "communes.listed.file"


def test_what_cannot_serve_is_told_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as wrong:
        declared(tmp_path, studied={"instrument": "visits", "field": "unit"})
    assert [(p.key, p.nearest) for p in wrong.value.problems] == [("studied.field", None)]
    with pytest.raises(DeclarationError) as wrong:
        declared(tmp_path, synthesis="wellbeing")
    assert [(p.key, p.nearest) for p in wrong.value.problems] == [("synthesis", "well-being")]
    with pytest.raises(DeclarationError) as wrong:
        declared(tmp_path, communes={})
    assert wrong.value.problems[0].key == "communes"
