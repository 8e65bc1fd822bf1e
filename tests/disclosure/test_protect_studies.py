"""The gate of studies: no figure of an arm below the programme's threshold, nor of what would give it back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import field
from tests.methods.studies.made_study import Made, made, outcome

from impact_pipeline.disclosure.studies import FIGURES, protect_studies
from impact_pipeline.methods.studies import TABLES

FIELDS = [
    field("y"), field("arm", "boolean"), field("kind", "text", disclosure="quasi-identifier"),
    field("ill", "boolean", disclosure="sensitive"), field("open", "boolean"),
]  # fmt: skip
STUDY = {
    "design": "randomised", "treatment": "arm = true", "assignment": {"mechanism": "random"},
    "waves": {"baseline": "w0", "follow_up": "w1"}, "outcomes": [outcome()],
    "moderators": [{"name": "kind", "label": "Kind", "expression": "kind"}],
}  # fmt: skip


def panel(treated: int, control: int, rare: int = 20) -> pd.DataFrame:
    """Units at two waves; `rare` of each arm are of kind a."""
    draws = np.random.default_rng(7)
    n = treated + control
    arm = np.arange(n) < treated
    place = np.where(arm, np.arange(n), np.arange(n) - treated)
    units = pd.DataFrame({"unit": [f"u{i:03}" for i in range(n)], "arm": arm, "kind": np.where(place < rare, "a", "b"),
                          "ill": arm, "open": arm})  # fmt: skip
    waves = pd.concat([units.assign(wave=wave, y=draws.normal(size=n).round(3)) for wave in ("w0", "w1")])
    return waves.reset_index(drop=True)


def gated(told: Made) -> dict[str, pd.DataFrame]:
    tables = {name: told.connection.sql(f"from {name}").to_arrow_table() for name in TABLES}
    return {name: table.to_pandas() for name, table in protect_studies(tables, told.schemas).items()}


@pytest.mark.parametrize(("treated", "control"), [(10, 60), (60, 10)])
def test_an_arm_below_the_threshold_hides_every_figure(tmp_path: Path, treated: int, control: int) -> None:
    tables = gated(made(tmp_path, panel(treated, control), STUDY, FIELDS))
    for name, rows in tables.items():
        if name != "evidence":
            assert set(rows["status"]) == {"suppressed"}, name
            assert set(rows["reason"]) == {"small-arm"}, name
        assert rows[list(FIGURES[name])].isna().all(axis=None), name
    assert tables["effect"]["evidence_level"].notna().any()  # how far it may be believed tells of nobody


def test_arms_at_the_threshold_are_told_as_they_are(tmp_path: Path) -> None:
    told = made(tmp_path, panel(11, 11, rare=0), STUDY, FIELDS)
    tables = {name: told.connection.sql(f"from {name}").to_arrow_table() for name in TABLES}
    assert tables["effect"].column("n_treated").to_pylist() == [11, 11, 11]
    assert protect_studies(tables, told.schemas) == tables


def test_a_small_group_of_a_moderator_hides_the_others_from_which_it_could_be_had(tmp_path: Path) -> None:
    tables = gated(made(tmp_path, panel(40, 40, rare=10), STUDY, FIELDS))
    assert set(tables["effect"]["status"]) == {"published"}
    assert len(tables["moderator"]) == 3
    assert set(tables["moderator"]["status"]) == {"suppressed"}
    assert tables["moderator"][list(FIGURES["moderator"])].isna().all(axis=None)


def test_what_everyone_of_an_arm_shares_is_told_only_where_it_is_safe(tmp_path: Path) -> None:
    study = STUDY | {"covariates": ["ill", "open"], "estimators": ["difference_in_means"]}
    rows = gated(made(tmp_path, panel(40, 40), study, FIELDS))["balance"].set_index("variable")
    assert (rows.loc["ill", "status"], rows.loc["ill", "reason"]) == ("suppressed", "all-alike")
    assert rows.loc[["ill"], list(FIGURES["balance"])].isna().all(axis=None)
    assert rows.loc["open", "status"] == "published"
    assert rows.loc["baseline", "status"] == "published"
