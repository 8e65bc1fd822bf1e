"""What the data team reads after a run: what changed against the release before."""

from __future__ import annotations

from tests.programme import FILES, NOW, new_home

from impact_pipeline import pipeline
from impact_pipeline.landing import SubmissionKey

KEY = SubmissionKey("mille-cafes", "cafe-monthly", "reseau-demo-des-cafes", "2026-04")


def test_changes_name_the_figures_that_moved_and_count_the_new_ones(tmp_path):
    home = new_home(tmp_path / "home")
    pipeline.submit(home, FILES / "avril 2026.xls", KEY, now=NOW)
    first = pipeline.run(home, now=NOW)
    assert "The first one" in pipeline.changes(home, first.version).markdown()

    may = SubmissionKey(KEY.initiative, KEY.instrument, KEY.organisation, "2026-05")
    pipeline.submit(home, FILES / "cafes mai.csv", may, now=NOW)
    release = pipeline.run(home, now=NOW)
    second = pipeline.changes(home, release.version)
    assert (second.previous, second.gone, len(second.moved)) == (first.version, 0, 0)
    assert second.new == (release.table("estimate")["wave"] == "2026-05").sum() > 0

    # the file of June in the place of April's: a month goes, another comes
    pipeline.submit(home, FILES / "cafes juin 2026.ods", KEY, now=NOW)
    release = pipeline.run(home, now=NOW)
    third = pipeline.changes(home, release.version)
    assert third.gone == len(first.table("estimate"))
    assert third.new == (release.table("estimate")["wave"] == "2026-06").sum() > 0


def test_a_figure_that_moved_is_told_with_both_values(tmp_path):
    home = new_home(tmp_path / "home")
    file = tmp_path / "mai.csv"
    sent = (FILES / "cafes mai.csv").read_bytes()
    key = SubmissionKey(KEY.initiative, KEY.instrument, KEY.organisation, "2026-05")
    for content in (sent, b"\n".join(sent.split(b"\n")[:-2]) + b"\n"):
        file.write_bytes(content)
        pipeline.submit(home, file, key, now=NOW)
        release = pipeline.run(home, now=NOW)

    told = pipeline.changes(home, release.version)
    estimates = release.table("estimate").set_index(["indicator", "dimension"])
    visits = estimates.loc[("cafe-visits", "all"), "value"]
    row = told.moved[told.moved["figure"].str.startswith("cafe-visits ")].iloc[0]
    assert row["now"].startswith(f"{visits:.10g} ")
    assert row["before"] != row["now"]
    assert row["figure"] in told.markdown()
