"""Two waves of another mode or another wording do not make a change, unless a bridge is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store

from impact_pipeline.declarations import Schemas
from impact_pipeline.disclosure import protect
from impact_pipeline.errors import DeclarationError
from impact_pipeline.methods.measures.comparability import Collected, compare_waves, wordings_of
from impact_pipeline.words import LANGUAGES, say

CHANGE = {"indicator": "it", "estimator": "change", "value": "mood", "waves": {"from": "a", "to": "b"}, "by": ["sex"]}
MODES = {"codelist": "how", "title": "How", "codes": {name: name for name in ("interview", "phone", "web", "paper")}}
BRIDGE = {"across": "mode", "evidence": "A split sample of 2025 shows no gap."}
KEY = [field("unit", "text", required=True), field("wave", "text", required=True), field("sex", "text")]


def form(version: int = 1, mood: Mapping[str, Any] = {}, **more: Any) -> dict[str, Any]:
    fields = [*KEY, field("mood", range=[0, 10]) | mood, field("how", "category", codes="how")]
    return {"instrument": "form", "version": version, "kind": "survey", "title": "Form", "key": ["unit", "wave"],
            "fields": fields} | more  # fmt: skip


def wave(name: str, how: Sequence[str] = ("web",), people: int = 40) -> pd.DataFrame:
    """People of a wave, whose ways of answering come in turn."""
    return pd.DataFrame({
        "unit": [f"{name}{n}" for n in range(people)], "wave": name, "sex": ["f", "h"] * (people // 2),
        "mood": [float(n % 7) for n in range(people)], "how": [how[n % len(how)] for n in range(people)],
    })  # fmt: skip


def made(
    folder: Path, forms: Sequence[Mapping[str, Any]], waves: Sequence[pd.DataFrame], bridges: Sequence[Any] = ()
) -> pd.DataFrame:
    """Estimates of the change, each wave sent in the form of its place (the last one for those beyond)."""
    *versions, newest = forms
    indicator = CHANGE | ({"bridges": list(bridges)} if bridges else {})
    schemas = declare(folder / "schemas", newest, [indicator], versions=versions, codelists=[MODES])
    told = [({"version": forms[min(n, len(forms) - 1)]["version"]}, frame) for n, frame in enumerate(waves)]
    connection = computed(schemas, store(folder, schemas, told))
    protect(connection, schemas)
    return estimates(connection)


def verdict(found: pd.DataFrame) -> tuple[str, str | None]:
    (status,), (reason,) = set(found["status"]), {None if pd.isna(r) else r for r in found["reason"]}
    return status, reason


EUR = {"unit": "EUR"}
BY_FIELD = {"mode": {"field": "how"}}


@pytest.mark.parametrize(
    ("forms", "before", "after", "expected"),
    [
        ([form()], ["web"], ["web"], ("published", None)),  # no mode is declared of either
        ([form(mode="web")], ["web"], ["web"], ("published", None)),
        ([form(mode="interview"), form(2, mode="web")], ["web"], ["web"], ("refused", "mode-change")),
        ([form(mode="web"), form(2, mode="web")], ["web"], ["web"], ("published", None)),
        ([form(), form(2, mode="web")], ["web"], ["web"], ("refused", "mode-change")),  # not known of the first
        ([form(**BY_FIELD)], ["web", "phone"], ["phone", "web"], ("published", None)),
        ([form(**BY_FIELD)], ["interview"], ["web"], ("refused", "mode-change")),
        ([form(**BY_FIELD)], ["web"] * 19 + ["phone"], ["web"], ("published", None)),  # a twentieth
        ([form(**BY_FIELD)], ["web"] * 9 + ["phone"], ["web"], ("refused", "mode-change")),  # a tenth
        ([form(mode="web"), form(2, **BY_FIELD)], ["phone"], ["web"], ("published", None)),
        ([form(), form(2, reworded=["mood"])], ["web"], ["web"], ("refused", "version-change")),
        ([form(), form(2, reworded=["sex"])], ["web"], ["web"], ("published", None)),  # no part of the indicator
        ([form(), form(2, {"range": [0, 20]})], ["web"], ["web"], ("refused", "version-change")),
        ([form(mood=EUR), form(2, EUR | {"range": [0, 20]})], ["web"], ["web"], ("published", None)),
        ([form(mood=EUR), form(2, {"unit": "kEUR"})], ["web"], ["web"], ("refused", "version-change")),
        ([form(), form(2), form(3)], ["web"], ["web"], ("published", None)),
    ],
)  # fmt: skip
def test_what_compares(
    tmp_path: Path,
    forms: list[Mapping[str, Any]],
    before: list[str],
    after: list[str],
    expected: tuple[str, str | None],
) -> None:
    found = made(tmp_path, forms, [wave("a", before), wave("b", after)])
    assert len(found) == 3, "all, women, men"
    assert verdict(found) == expected
    assert found["value"].isna().all() == (expected[0] == "refused")


def test_a_bridge_lets_the_gap_that_it_is_over_be_crossed_and_says_so(tmp_path: Path) -> None:
    forms, waves = [form(mode="interview"), form(2, mode="web")], [wave("a"), wave("b")]
    assert verdict(made(tmp_path / "mode", forms, waves, [BRIDGE])) == ("published", "bridged")
    other = BRIDGE | {"across": "version"}
    assert verdict(made(tmp_path / "version", forms, waves, [other])) == ("refused", "mode-change")
    both = [form(mode="interview"), form(2, mode="web", reworded=["mood"])]
    assert verdict(made(tmp_path / "half", both, waves, [BRIDGE])) == ("refused", "version-change")
    assert verdict(made(tmp_path / "both", both, waves, [BRIDGE, other])) == ("published", "bridged")


def test_a_missing_wave_is_told_before_its_mode(tmp_path: Path) -> None:
    assert verdict(made(tmp_path, [form(**BY_FIELD)], [wave("a")])) == ("refused", "missing-wave")


def test_a_refused_change_on_few_people_is_suppressed(tmp_path: Path) -> None:
    forms = [form(mode="interview"), form(2, mode="web")]
    found = made(tmp_path, forms, [wave("a", people=8), wave("b")])
    assert verdict(found) == ("suppressed", "fewer-than-threshold")
    assert found[["n", "units"]].isna().all(axis=None)


SCALE = {
    "title": "Mood", "construct": "Mood", "recall": "Now", "references": [{"citation": "Made up"}],
    "licence": {"terms": "Free", "holder": "Nobody", "wording_may_ship": True},
}  # fmt: skip


def scaled(name: str) -> dict[str, Any]:
    score = {"name": f"{name}_score", "label": "Mood", "items": ["mood"], "range": [0, 10],
             "polarity": "higher-is-better"}  # fmt: skip
    return SCALE | {"scale": name, "items": [{"item": "mood", "range": [0, 10]}], "scores": [score]}


def with_scale(folder: Path) -> Schemas:
    """The second version asks the item of another scale, whose score the indicator reads."""
    indicator = CHANGE | {"value": "newer_score"}
    return declare(
        folder, form(2, {"scale": "newer"}), [indicator], versions=[form(mood={"scale": "older"})],
        scales=[scaled("older"), scaled("newer")], codelists=[MODES],
    )  # fmt: skip


def test_a_score_rests_on_its_items_and_another_scale_is_another_wording(tmp_path: Path) -> None:
    schemas = with_scale(tmp_path / "schemas")
    fields = schemas.fields_behind(schemas.indicators["it"])
    assert fields == {"mood"}
    assert wordings_of(schemas.versions["form"], fields) == {1: 0, 2: 1}
    told = [({"version": 1}, wave("a")), ({"version": 2}, wave("b"))]
    assert verdict(estimates(computed(schemas, store(tmp_path, schemas, told)))) == ("refused", "version-change")


def test_a_renamed_field_keeps_its_wording_and_a_new_one_has_none_before(tmp_path: Path) -> None:
    first = form() | {"fields": [*KEY, field("humour", range=[0, 10])]}
    second = form(2, corresponds={"humour": "mood"})
    third = form(3, reworded=["how"])
    schemas = declare(tmp_path, third, [CHANGE], versions=[first, second], codelists=[MODES])
    assert wordings_of(schemas.versions["form"], frozenset({"mood"})) == {1: 0, 2: 0, 3: 0}
    assert wordings_of(schemas.versions["form"], frozenset({"mood", "how"})) == {1: 0, 2: 0, 3: 1}


def test_waves_that_mix_wordings_alike_compare(tmp_path: Path) -> None:
    """Half of each wave came in each of two wordings: what time brought is the same for both halves."""
    schemas = with_scale(tmp_path / "schemas")
    versions, fields = schemas.versions["form"], frozenset({"mood"})
    half, most = {Collected(1, "web"): 50, Collected(2, "web"): 50}, {Collected(1, "web"): 5, Collected(2, "web"): 95}
    assert compare_waves(versions, fields, frozenset(), half, half) is None
    assert compare_waves(versions, fields, frozenset(), half, most) == "version-change"
    assert compare_waves(versions, fields, frozenset({"version"}), half, most) == "bridged"


WRONG = [
    ({"mode": {"field": "sex"}}, "a field of type category"),
    ({"mode": {"field": "hwo"}}, "a field"),
    ({"mode": "letter"}, "one of interview, phone, web, paper, mixed"),
    ({"mode": {}}, "one of interview, phone, web, paper, mixed, or `field`"),
    ({"reworded": ["mood"]}, "nothing came before this one"),
    ({"reworded": ["moood"]}, "a field of this version"),
]


@pytest.mark.parametrize(("more", "expected"), WRONG)
def test_wrong_modes_and_wordings_are_told(tmp_path: Path, more: dict[str, Any], expected: str) -> None:
    with pytest.raises(DeclarationError) as told:
        declare(tmp_path, form(**more), [CHANGE], codelists=[MODES])
    assert expected in str(told.value)


def test_codes_of_the_mode_field_are_modes(tmp_path: Path) -> None:
    letters = MODES | {"codes": {"web": "Web", "letter": "Letter"}}
    with pytest.raises(DeclarationError, match="read 'letter', expected a field whose codes are modes"):
        declare(tmp_path, form(**BY_FIELD), [CHANGE], codelists=[letters])


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ({"indicator": "it", "value": "mood", "bridges": [BRIDGE]}, "under a change alone"),
        (CHANGE | {"bridges": [BRIDGE, BRIDGE]}, "one bridge over each gap"),
    ],
)
def test_wrong_bridges_are_told(tmp_path: Path, indicator: dict[str, Any], expected: str) -> None:
    with pytest.raises(DeclarationError, match=expected):
        declare(tmp_path, form(), [indicator], codelists=[MODES])


def test_each_verdict_has_words() -> None:
    for language in LANGUAGES:
        told = {say(f"report.reason.{code}", language) for code in ("mode-change", "version-change", "bridged")}
        assert len(told) == 3
