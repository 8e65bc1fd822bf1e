"""Minimisation is what brute force finds from the definitions, on truth tables of two to four conditions."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.methods.synthesis.qca.minimisation import (
    Implicant,
    Row,
    covers,
    easy_counterfactuals,
    expand,
    minimal_covers,
    prime_implicants,
)
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis


def brute_primes(on: set[Row], may: set[Row]) -> set[Implicant]:
    """From the definition: implicants without a row outside, none contained in another such, with a row of `on`."""
    size = len(next(iter(on)))
    whole = set(product((0, 1), repeat=size))
    implicants = {
        candidate
        for candidate in product((0, 1, None), repeat=size)
        if {row for row in whole if all(c is None or c == r for c, r in zip(candidate, row, strict=True))} <= on | may
    }
    rows = {i: {r for r in whole if all(c is None or c == v for c, v in zip(i, r, strict=True))} for i in implicants}
    maximal = {i for i in implicants if not any(rows[i] < rows[other] for other in implicants)}
    return {i for i in maximal if rows[i] & on}


def brute_covers(on: set[Row], may: set[Row]) -> set[frozenset[Implicant]]:
    primes = sorted(brute_primes(on, may), key=str)
    for size in range(1, len(on) + 1):
        found = {
            frozenset(chosen)
            for chosen in combinations(primes, size)
            if all(any(covers(prime, row) for prime in chosen) for row in on)
        }
        if found:
            return found
    return set()


@st.composite
def tables(draw: st.DrawFn) -> tuple[set[Row], set[Row]]:
    size = draw(st.integers(2, 4))
    rows = list(product((0, 1), repeat=size))
    marks = draw(st.lists(st.sampled_from("10?"), min_size=len(rows), max_size=len(rows)))
    on = {row for row, mark in zip(rows, marks, strict=True) if mark == "1"}
    return on or {rows[0]}, {row for row, mark in zip(rows, marks, strict=True) if mark == "?"} - (on or {rows[0]})


@given(tables())
def test_prime_implicants_are_those_of_the_definition(table: tuple[set[Row], set[Row]]) -> None:
    on, may = table
    assert set(prime_implicants(on, may)) == brute_primes(on, may)


@given(tables())
def test_minimal_covers_are_all_the_shortest_ones(table: tuple[set[Row], set[Row]]) -> None:
    on, may = table
    found = minimal_covers(on, may)
    assert len(found) == len(set(found))
    assert {frozenset(cover) for cover in found} == brute_covers(on, may)


def test_every_table_of_two_conditions_and_every_full_one_of_three() -> None:
    """All 65 truth tables of two conditions with a row that counts, and the 255 of three without remainders."""
    for size, signs in ((2, "10?"), (3, "10")):
        rows = list(product((0, 1), repeat=size))
        for marks in product(signs, repeat=len(rows)):
            on = {row for row, mark in zip(rows, marks, strict=True) if mark == "1"}
            may = {row for row, mark in zip(rows, marks, strict=True) if mark == "?"}
            if on:
                assert {frozenset(cover) for cover in minimal_covers(on, may)} == brute_covers(on, may)


@given(tables(), st.lists(st.sampled_from([0, 1, None]), min_size=4, max_size=4))
def test_the_intermediate_solution_lies_between_the_two_others(
    table: tuple[set[Row], set[Row]], expectations: list[int | None]
) -> None:
    on, may = table
    expected = expectations[: len(next(iter(on)))]
    for narrow in minimal_covers(on):
        for broad in minimal_covers(on, may):
            easy = easy_counterfactuals(narrow, broad, expected, may)
            assumed = {row for implicant in broad for row in expand(implicant)}
            assert easy <= may & assumed
            for between in minimal_covers(on, easy):
                said = {row for implicant in between for row in expand(implicant)}
                assert on <= said <= on | easy


def test_without_expectation_nothing_is_assumed_and_with_the_contrary_neither() -> None:
    """Seen: A with B. Not seen: A without B. Parsimonious: A."""
    on, may = {(1, 1)}, {(1, 0)}
    (narrow,), (broad,) = minimal_covers(on), minimal_covers(on, may)
    assert broad == ((1, None),)
    assert easy_counterfactuals(narrow, broad, [None, None], may) == set()
    assert easy_counterfactuals(narrow, broad, [None, 1], may) == set()
    assert easy_counterfactuals(narrow, broad, [None, 0], may) == {(1, 0)}


def test_ties_are_all_told() -> None:
    """The textbook cycle: six rows, each in two implicants; two ways of three terms."""
    on = {(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 1, 0), (1, 0, 0)}
    assert len(minimal_covers(on)) == 2


def test_more_conditions_than_can_be_searched_are_refused() -> None:
    with pytest.raises(RefusedSynthesis) as refused:
        minimal_covers([(1,) * 11])
    assert refused.value.code == "too-many-conditions"
