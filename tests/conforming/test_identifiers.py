"""Texts, postcodes and SIRET numbers: a lost zero comes back, lost digits are told."""

from __future__ import annotations

from tests.conforming.cells import values


def test_a_lost_zero_is_restored_and_lost_digits_are_told():
    assert values("postcode", "7200", "20200") == ["07200", "20200"]
    assert values("siret", "210 100 343 00016", "21010034300017") == ["21010034300016", "invalid-siret"]
    assert values("siret", "2,10100343E+13") == ["lost-digits"]
    assert values("identifier", "4,991E+13", "1E10") == ["lost-digits", "1E10"]
    assert values("identifier", "1234567890123450000", "1234567", of="n") == ["lost-digits", "1234567"]
    assert values("identifier", "1234567890123456789") == ["1234567890123456789"]


def test_faulty_cells_of_any_type_are_told_as_such():
    assert values("text", "#REF!", of="e") == ["error-cell"]
    assert values("decimal", "", of="f") == ["formula-not-calculated"]


def test_the_same_letter_typed_in_two_ways_is_one():
    assert values("text", "e\u0301te\u0301") == ["été"]
