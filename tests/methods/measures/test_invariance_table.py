"""The table `invariance`, from records to what may be published: the arms of R's example stand here for two waves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from tests.methods.made_programme import computed, store
from tests.methods.measures import test_reliability_table as scales
from tests.methods.measures.figures import ANSWERS, ITEMS, figure

from impact_pipeline.disclosure import protect_reliability
from impact_pipeline.methods.measures.invariance_table import FITS
from impact_pipeline.release import BY_NAME
from impact_pipeline.words import LANGUAGES, catalogue

OPTIMISED = 1e-7  # as lavaan stops


def change(value: str, **more: Any) -> dict[str, Any]:
    return {"indicator": f"of-{value.split('_', maxsplit=1)[0]}", "estimator": "change", "value": value,
            "waves": {"from": "before", "to": "after"}} | more  # fmt: skip


def two_waves() -> pd.DataFrame:
    """The control arm before, the treated arm after; the second item is turned round, as the scale expects."""
    frame = ANSWERS.assign(wave=ANSWERS["arm"].map({"control": "before", "treated": "after"})).drop(columns="arm")
    return frame.assign(q2=6 - frame["q2"], unit=[f"u{n}" for n in range(len(frame))]).astype(
        dict.fromkeys(ITEMS, float)
    )


def made(folder: Path, frame: pd.DataFrame, indicators: list[Any], **more: Any) -> duckdb.DuckDBPyConnection:
    schemas = scales.programme(folder, frame, indicators=indicators, **more)
    connection = computed(schemas, store(folder, schemas, [({}, frame)]))
    protect_reliability(connection, schemas)
    return connection


def rows(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return connection.table("invariance").df().to_dict("records")


def test_fits_are_those_of_lavaan_and_biased_items_those_that_were_given_a_bias(tmp_path: Path) -> None:
    (row,) = rows(made(tmp_path, two_waves(), [change("six_score")]))
    assert (row["wave_from"], row["wave_to"], row["n_from"], row["n_to"]) == ("before", "after", 200, 200)
    steps = ("configural", "metric", "scalar")
    told = [figure(step, name) for name in ("cfi", "rmsea") for step in steps]
    assert [row[name] for name in FITS] == pytest.approx(told, rel=OPTIMISED)
    assert (row["holds"], row["biased_items"]) == ("configural", "q3; q6")
    assert (row["status"], row["reason"]) == ("published", None)


def test_the_same_answers_at_both_waves_are_invariant(tmp_path: Path) -> None:
    frame = two_waves()
    same = pd.concat([frame, frame.assign(wave=frame["wave"].map({"before": "after", "after": "before"}))])
    (row,) = rows(made(tmp_path, same.reset_index(drop=True), [change("six_score")]))
    assert (row["holds"], row["biased_items"], row["cfi_scalar"]) == (
        "scalar",
        "",
        pytest.approx(row["cfi_configural"], abs=0.01),
    )


def test_only_scores_whose_change_is_told_are_compared_each_once(tmp_path: Path) -> None:
    frame = two_waves()
    mean = {"indicator": "level", "value": "six_score"}
    assert rows(made(tmp_path / "mean", frame, [mean])) == []
    twice = [change("six_score"), change("six_score", indicator="share", among="six_score > 3")]
    assert len(rows(made(tmp_path / "twice", frame, twice))) == 1
    assert rows(made(tmp_path / "one", frame[frame["wave"] == "before"], [change("six_score")])) == []


def test_short_scales_say_what_they_cannot_tell(tmp_path: Path) -> None:
    people = 60
    frame = pd.DataFrame({
        "single": [float(1 + n % 5) for n in range(people)], "left": [float(1 + n % 5) for n in range(people)],
        "right": [float(1 + (n + n // 7) % 5) for n in range(people)], "unit": [f"u{n}" for n in range(people)],
        "wave": ["before", "after"] * (people // 2),
    })  # fmt: skip
    indicators = [change("one_score"), change("two_score")]
    connection = made(tmp_path, frame, indicators, scales=[scales.ONE, scales.TWO])
    found = {row["scale"]: row for row in rows(connection)}
    assert {name: (row["status"], row["reason"]) for name, row in found.items()} == {
        "one": ("refused", "single-item"), "two": ("published", "too-few-items"),
    }  # fmt: skip
    assert found["two"]["biased_items"] == ""
    assert found["two"]["holds"] is None or pd.isna(found["two"]["holds"])


def test_a_wave_of_few_people_is_suppressed_whole(tmp_path: Path) -> None:
    frame = two_waves()
    few = pd.concat([frame[frame["wave"] == "before"], frame[frame["wave"] == "after"].head(10)], ignore_index=True)
    (row,) = rows(made(tmp_path, few, [change("six_score")]))
    assert (row["status"], row["reason"]) == ("suppressed", "fewer-than-threshold")
    assert all(pd.isna(row[name]) for name in ("n_from", "n_to", "holds", "biased_items", *FITS))


def test_threads_and_order_of_rows_change_nothing(tmp_path: Path) -> None:
    frame = two_waves()
    once = made(tmp_path / "once", frame, [change("six_score")])
    again = made(tmp_path / "again", frame.sample(frac=1, random_state=9), [change("six_score")])
    pd.testing.assert_frame_equal(once.table("invariance").df(), again.table("invariance").df(), check_exact=True)


def test_the_release_declares_the_columns_that_are_computed_and_each_reason_has_words(tmp_path: Path) -> None:
    connection = made(tmp_path, two_waves(), [change("six_score")])
    declared = BY_NAME["invariance"]
    assert list(connection.table("invariance").df().columns) == declared.schema.names
    (reason,) = [column for column in declared.columns if column.name == "reason"]
    for language in LANGUAGES:
        told = {key for key in catalogue(language) if key.startswith("invariance.reason.")}
        assert told == {f"invariance.reason.{code}" for code in reason.codes}
