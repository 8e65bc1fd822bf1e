"""The table `reliability`, from records to what may be published: its figures are R's, and nobody is told by it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.methods.made_programme import computed, declare, field, store
from tests.methods.measures.figures import ITEMS, answers, figure

from impact_pipeline.declarations import Schemas
from impact_pipeline.disclosure import protect_reliability
from impact_pipeline.release import BY_NAME
from impact_pipeline.words import LANGUAGES, Language, catalogue

PUBLISHED = 1e-9  # figures are rounded to ten digits and more
FIGURES = ["alpha", "alpha_low", "alpha_high", "omega", "omega_low", "omega_high", "sem", "mdc95", "floor_share",
           "ceiling_share"]  # fmt: skip
LICENCE = {"terms": "Free", "holder": "Nobody", "wording_may_ship": True}


def scale(name: str, items: Sequence[str], **more: Any) -> dict[str, Any]:
    """A scale of items from 1 to 5 whose score is their sum; what begins with q2 is reversed."""
    k = len(items)
    score = {"name": f"{name}_score", "label": "Score", "items": list(items), "range": [k, 5 * k],
             "polarity": "higher-is-better"} | more  # fmt: skip
    declared = [
        {"item": item, "range": [1, 5]} | ({"reverse": True} if item.startswith("q2") else {}) for item in items
    ]
    return {"scale": name, "title": name, "construct": "It", "recall": "Now", "items": declared, "scores": [score],
            "licence": LICENCE, "references": [{"citation": "Made up"}]}  # fmt: skip


SIX, ONE, TWO = scale("six", ITEMS), scale("one", ["single"]), scale("two", ["left", "right"])


def programme(
    folder: Path, frame: pd.DataFrame, scales: Sequence[dict[str, Any]] = (SIX,), indicators: Sequence[Any] = (),
    studies: Sequence[Any] = (),
) -> Schemas:  # fmt: skip
    items = [field(x["item"], "decimal", range=[1, 5], scale=s["scale"]) for s in scales for x in s["items"]]
    key = [field("unit", "text", required=True), field("wave", "text", required=True)]
    instrument = {"instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit", "wave"],
                  "fields": [*key, *items]}  # fmt: skip
    return declare(folder / "schemas", instrument, indicators, scales=scales, studies=studies)


def six_answers(wave: str = "before") -> pd.DataFrame:
    """The answers that R read, the second item turned round so that the scale turns it back."""
    frame = pd.DataFrame(answers(), columns=ITEMS)
    frame["q2"] = 6 - frame["q2"]
    return frame.assign(unit=[f"u{n}" for n in range(len(frame))], wave=wave)


def table(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return connection.sql("select * from reliability order by score, instrument, initiative, wave").df()


def test_figures_are_those_of_r(tmp_path: Path) -> None:
    frame = six_answers()
    schemas = programme(tmp_path, frame)
    connection = computed(schemas, store(tmp_path, schemas, [({}, frame)]))
    (row,) = table(connection).to_dict("records")
    assert (row["scale"], row["n"], row["items"], row["status"], row["reason"]) == ("six", 400, 6, "published", None)
    told = [figure(case, name) for case in ("alpha", "omega") for name in ("value", "low", "high")]
    assert_allclose([row[name] for name in FIGURES[:6]], told, rtol=PUBLISHED)
    total = answers().sum(axis=1)
    sem = total.std(ddof=1) * np.sqrt(1 - figure("alpha", "value"))
    assert_allclose([row["sem"], row["mdc95"]], [sem, 1.959963984540054 * 2**0.5 * sem], rtol=PUBLISHED)
    shares = [(total == 6).mean(), (total == 30).mean()]
    assert_allclose([row["floor_share"], row["ceiling_share"]], shares, rtol=PUBLISHED)


def test_only_complete_answers_count_wave_by_wave(tmp_path: Path) -> None:
    before, after = six_answers(), six_answers("after").head(50)
    before.loc[[0, 7], "q4"] = None
    frame = pd.concat([before, after], ignore_index=True)
    schemas = programme(tmp_path, frame)
    found = table(computed(schemas, store(tmp_path, schemas, [({}, frame)]))).set_index("wave")
    assert found["n"].to_dict() == {"after": 50, "before": 398}


def test_short_scales_say_what_they_cannot_tell(tmp_path: Path) -> None:
    scales = [ONE, TWO]
    frame = pd.DataFrame({"single": [1, 5, 3, 3] * 5, "left": [1, 2, 3, 4] * 5, "right": [1, 3, 2, 5] * 5}, dtype=float)
    frame = frame.assign(unit=[f"u{n}" for n in range(20)], wave="w")
    schemas = programme(tmp_path, frame, scales)
    found = table(computed(schemas, store(tmp_path, schemas, [({}, frame)]))).set_index("scale")
    assert found["reason"].to_dict() == {"one": "single-item", "two": "no-omega"}
    assert found.loc["one", FIGURES[:8]].isna().all()
    assert (found.loc["one", "floor_share"], found.loc["one", "ceiling_share"]) == (0.25, 0.25)
    assert found.loc["two", "alpha"] == pytest.approx(2 * (1 - (1.25 + 2.1875) / 6.1875), rel=PUBLISHED)


def test_items_that_run_against_each_other_and_scores_that_do_not_vary(tmp_path: Path) -> None:
    frame = pd.DataFrame({"left": [1.0, 2, 3, 4] * 5, "right": [5.0, 4, 2, 2] * 5})
    still = pd.DataFrame({"left": [1.0, 2, 3, 4] * 5, "right": [4.0, 3, 2, 1] * 5})
    frame = pd.concat([frame.assign(wave="against"), still.assign(wave="still")], ignore_index=True)
    frame = frame.assign(unit=[f"u{n}" for n in range(40)])
    schemas = programme(tmp_path, frame, [TWO])
    found = table(computed(schemas, store(tmp_path, schemas, [({}, frame)]))).set_index("wave")
    assert (found["status"].to_dict(), found["reason"].to_dict()) == (
        {"against": "published", "still": "refused"}, {"against": "alpha-below-zero", "still": "no-variance"},
    )  # fmt: skip
    assert found.loc["against", ["sem", "mdc95"]].isna().all()
    assert found.loc["still", FIGURES].isna().all()


def test_threads_and_order_of_rows_change_nothing(tmp_path: Path) -> None:
    frame = six_answers()
    shuffled = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    schemas = programme(tmp_path, frame)
    (tmp_path / "other").mkdir()
    once = table(computed(schemas, store(tmp_path, schemas, [({}, frame)]), threads=1))
    again = table(computed(schemas, store(tmp_path / "other", schemas, [({}, shuffled)]), threads=4))
    pd.testing.assert_frame_equal(once, again, check_exact=True)


def test_rows_on_too_few_people_and_unanimous_ones_are_suppressed_whole(tmp_path: Path) -> None:
    many, few = six_answers(), six_answers("few").head(10)
    same = pd.DataFrame(1.0, columns=ITEMS, index=range(20)).assign(
        q2=5.0, wave="same", unit=[f"s{n}" for n in range(20)]
    )
    frame = pd.concat([many, few, same], ignore_index=True)
    schemas = programme(tmp_path, frame)
    connection = computed(schemas, store(tmp_path, schemas, [({}, frame)]))
    protect_reliability(connection, schemas)
    found = table(connection).set_index("wave")
    assert found["status"].to_dict() == {"before": "published", "few": "suppressed", "same": "refused"}
    assert found.loc["few", "reason"] == "fewer-than-threshold"
    assert found.loc["few", ["n", *FIGURES]].isna().all()
    single = scale("one", ["single"])
    (tmp_path / "one").mkdir()
    frame = pd.DataFrame({"single": [5.0] * 20, "unit": [f"u{n}" for n in range(20)], "wave": "w"})
    schemas = programme(tmp_path / "one", frame, [single])
    connection = computed(schemas, store(tmp_path / "one", schemas, [({}, frame)]))
    protect_reliability(connection, schemas)
    (row,) = table(connection).to_dict("records")
    assert (row["status"], row["reason"], pd.isna(row["n"])) == ("suppressed", "unanimous", True)


def test_the_release_declares_the_columns_that_are_computed_and_each_reason_has_words(tmp_path: Path) -> None:
    frame = six_answers()
    schemas = programme(tmp_path, frame)
    connection = computed(schemas, store(tmp_path, schemas, [({}, frame)]))
    declared = BY_NAME["reliability"]
    assert list(table(connection).columns) == declared.schema.names
    (reason,) = [column for column in declared.columns if column.name == "reason"]
    languages: tuple[Language, ...] = get_args(Language)
    assert languages == LANGUAGES
    for language in languages:
        told = {key for key in catalogue(language) if key.startswith("reliability.reason.")}
        assert told == {f"reliability.reason.{code}" for code in reason.codes}


def test_recoded_answers_and_sets_of_the_same_answer(tmp_path: Path) -> None:
    """Recoded items count their points; a set of answers that is no answer in earnest is no part of reliability."""
    items = ["q1", "q3", "q4"]
    recoded = scale("six", items, range=[0, 3], response_sets=[5])
    for item in recoded["items"]:
        item["recode"] = {1: 0, 2: 0, 3: 1, 4: 1, 5: 1}
    frame = six_answers()[["unit", "wave", *items]]
    schemas = programme(tmp_path, frame, [recoded])
    (row,) = table(computed(schemas, store(tmp_path, schemas, [({}, frame)]))).to_dict("records")
    kept = frame[items][~(frame[items] == 5).all(axis=1)].to_numpy()
    points = (kept >= 3).astype(float)
    s = np.cov(points, rowvar=False)
    assert (row["n"], len(frame) - row["n"]) == (len(kept), int((frame[items] == 5).all(axis=1).sum()))
    assert len(kept) < len(frame)
    assert row["alpha"] == pytest.approx(1.5 * (1 - np.trace(s) / s.sum()), rel=PUBLISHED)
    assert row["ceiling_share"] == pytest.approx((points.sum(axis=1) == 3).mean(), rel=PUBLISHED)
