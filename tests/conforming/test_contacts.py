"""Telephone numbers and e-mail addresses: however they are written, one number or address comes out, or a message."""

from __future__ import annotations

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st
from tests.conforming.cells import read, values

WAYS = ("0{n}", "0{a} {b} {c} {d} {e}", "0{a}.{b}.{c}.{d}.{e}", "0{a}-{b}-{c}-{d}-{e}", "+33{n}",
        "+33 {a} {b} {c} {d} {e}", "0033 {n}", "+33 (0){a} {b} {c} {d} {e}", "33{n}", "{n}")  # fmt: skip


@given(number=st.from_regex(r"[1-9][0-9]{8}", fullmatch=True), way=st.sampled_from(WAYS))
def test_a_french_number_in_any_writing_is_what_the_plan_of_numbering_says(number, way):
    parts = dict(zip("abcde", (number[0], number[1:3], number[3:5], number[5:7], number[7:]), strict=True))
    regions = (phonenumbers.parse(f"0{number}", region) for region in ("FR", "GP", "MQ", "GF", "RE", "YT", "PM"))
    codes = [found.country_code for found in regions if phonenumbers.is_valid_number(found)]
    is_mainland_only = "33" in way
    expected = f"+{codes[0]}{number}" if codes and not (is_mainland_only and codes[0] != 33) else "invalid-phone"

    assert values("phone", way.format(n=number, **parts)) == [expected]


def test_overseas_and_foreign_numbers():
    assert values("phone", "0690 12 34 56", "0262 20 00 00") == ["+590690123456", "+262262200000"]
    assert values("phone", "0590 00 12 34") == ["+590590001234"]  # of Saint-Martin, which Guadeloupe's plan leaves out
    assert values("phone", "+32 2 555 12 12", "0032 2 555 12 12") == ["+3225551212"] * 2


def test_a_lost_zero_is_told_and_several_numbers_are_asked_about():
    assert [c.code for c in read("phone", "612345678", of="n")] == ["zero-restored"]
    for text in ("06 12 34 56 78 / 04 75 12 34 56", "0612345678 ou 0475123456", "0612345678;0475123456"):
        assert [(c.value, c.code) for c in read("phone", text)] == [("+33612345678", "several-phones")]
    assert values("phone", "6,12E+08", "06 12 34 56", "absent", "06 12 34 56 78 90") == [
        "lost-digits", "invalid-phone", "invalid-phone", "invalid-phone",
    ]  # fmt: skip


def test_addresses():
    assert values("email", "a.b@example.org", " mailto:A.b@Example.ORG", "a.b @ example.org;") == [
        "a.b@example.org", "A.b@example.org", "a.b@example.org",
    ]  # fmt: skip
    assert [(c.value, c.code) for c in read("email", "a@example.org ; b@example.org")] == [
        ("a@example.org", "several-emails")
    ]
    assert values("email", "a@example", "a example.org", "a@exam ple.org", "é@example.org") == ["invalid-email"] * 4
