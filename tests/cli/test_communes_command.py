"""Looking a commune up by name, by code, by post; and where the list comes from."""

from __future__ import annotations

import pytest
from tests.programme import ROOT
from typer.testing import CliRunner

from impact_pipeline.cli import app


def communes(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["--home", str(ROOT), "communes", *arguments])
    return done.exit_code, done.output.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("privas", "07186  Privas — Ardèche (07)"),
        ("07000", "07004  Ajoux — Ardèche (07)"),
        ("Saint-Martin (32)", "32389  Saint-Martin — Gers (32)"),
        ("23126", "23126  Masbaraud-Mérignat — Creuse (23), aujourd’hui Saint-Dizier-Masbaraud (23189)"),
        ("75112", "75112  Paris 12e Arrondissement — Paris (75), aujourd’hui Paris (75056)"),
    ],
)
def test_a_line_a_place(asked, line):
    code, told = communes(asked)
    assert (code, told.splitlines()[0]) == (0, line)


def test_a_slip_is_helped_and_nonsense_exits_1():
    code, told = communes("Privass")
    assert code == 0
    assert told.splitlines() == ["Aucune commune ne porte ce nom. Les plus proches :", "07186  Privas — Ardèche (07)"]
    assert communes("zzzzz") == (1, "Aucune commune ne répond à « zzzzz ».\n")


def test_without_a_name_it_says_where_the_list_comes_from():
    code, told = communes()
    assert code == 0
    for words in ("@etalab/decoupage-administratif", "Licence Ouverte", "density grid is not in the package"):
        assert words in told
