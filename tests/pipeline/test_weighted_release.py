"""A weighting that cannot be had: what becomes of the release. One that can be is in tests/demo/test_run.py."""

from __future__ import annotations

from pathlib import Path

from tests.programme import NOW, fill_inbox, new_home

from impact_pipeline import pipeline


def test_bounds_that_cannot_hold_refuse_the_figures_of_the_survey_and_of_nothing_else(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    path = home.schemas / "instruments" / "cafe-residents.v1.yaml"
    declared = path.read_text(encoding="utf-8")
    path.write_text(declared.replace("method: raking,", "method: raking, bounds: [0.99, 1.01],"), encoding="utf-8")
    fill_inbox(home)
    lines: list[str] = []
    release = pipeline.run(home, now=NOW, tell=lines.append)
    indicators = release.table("indicator").set_index("indicator")["instrument"]
    estimates = release.table("estimate")
    of_survey = estimates["indicator"].map(indicators) == "cafe-residents"
    assert set(estimates.loc[of_survey & (estimates["status"] != "suppressed"), "reason"]) == {"not-weighted"}
    assert (estimates.loc[~of_survey, "status"] == "published").sum() > 100
    assert any("Not weighted, no figure is told of cafe-residents, mille-cafes, " in line for line in lines)
    assert all("widen `bounds`, merge categories" in line for line in lines if line.startswith("Not weighted"))
    weighting = release.table("weighting")
    assert set(zip(weighting["status"], weighting["reason"], strict=True)) == {("refused", "infeasible")}
    assert weighting["n"].min() > 500
    for language, words in (("fr", "aucun poids dans les bornes"), ("en", "no weights within the bounds")):
        assert words in release.report(language).read_text(encoding="utf-8")
