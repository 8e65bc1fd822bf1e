"""SIREN, SIRET and RNA: the check digit holds, a lost zero comes back, a number of another register is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from tests.conforming.cells import read, values


@given(digits=st.text("0123456789", min_size=8, max_size=8), between=st.sampled_from(["", " ", "\u00a0", "."]))
def test_a_siren_holds_by_its_check_digit_and_no_other(digits, between):
    whole = digits + luhn.calc_check_digit(digits)
    written = between.join((whole[:3], whole[3:6], whole[6:]))
    wrong = digits + str((int(whole[-1]) + 1) % 10)

    assert values("siren", written) == [whole]
    assert values("siren", wrong) == ["invalid-siren"]
    if whole[0] == "0" and whole[1] != "0":
        assert [(c.value, c.code) for c in read("siren", whole[1:], of="n")] == [(whole, "zero-restored")]


def test_the_siren_of_a_siret_is_taken_and_a_siren_is_no_siret():
    assert [(c.value, c.code) for c in read("siren", "210 100 343 00016")] == [("210100343", "siren-of-siret")]
    assert values("siret", "210100343") == ["siren-not-siret"]
    assert values("siret", "SIRET : 210 100 343 00016", "N° 21010034300016") == ["21010034300016"] * 2


def test_establishments_of_la_poste_have_a_rule_of_their_own():
    assert values("siret", "35600000049837", "35600000000048") == ["35600000049837", "35600000000048"]
    assert values("siret", "35600000049838") == ["invalid-siret"]


def test_digits_that_a_spreadsheet_rounded_away_are_lost():
    assert values("siret", "4,991E+13", "2.1010034E13") == ["lost-digits"] * 2
    assert values("siren", "2,1E+08") == ["lost-digits"]


def test_numbers_of_associations():
    assert values("rna", "W072001234", "w07 200 1234", "RNA : W072001234") == ["W072001234"] * 3
    assert values("rna", "W9R1004598", "W2A1000123") == ["W9R1004598", "W2A1000123"]
    assert values("rna", "072001234", "W07200123", "bonjour") == ["rna-without-w", "invalid-rna", "invalid-rna"]
