"""The shortest statements that are true of given combinations, by Quine and McCluskey, exactly and with all ties.

Combinations are tuples of 0 and 1, one element a condition; an implicant may hold None, where either value will do.
Rows that must be covered and rows that may be come in, sets of implicants go out. Exact search: for ten conditions at
most. Nothing here knows of cases or memberships.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

Row = tuple[int, ...]
Implicant = tuple[int | None, ...]
Cover = tuple[Implicant, ...]
MOST_CONDITIONS = 10
MOST_MODELS = 500


def covers(implicant: Implicant, row: Sequence[int | None]) -> bool:
    """Whether a row, or a narrower implicant, has all that the implicant asks."""
    return all(asked is None or asked == has for asked, has in zip(implicant, row, strict=True))


def prime_implicants(on: Collection[Row], may: Collection[Row] = ()) -> list[Implicant]:
    """Implicants of `on` and `may` that no shorter one contains, and that cover a row of `on`; sorted (Quine 1952)."""
    level: set[Implicant] = {*on, *may}
    primes: set[Implicant] = set()
    while level:
        merged: set[Implicant] = set()
        absorbed: set[Implicant] = set()
        for implicant in level:
            for place, value in enumerate(implicant):
                if value is None:
                    continue
                twin = (*implicant[:place], 1 - value, *implicant[place + 1 :])
                if twin in level:
                    merged.add((*implicant[:place], None, *implicant[place + 1 :]))
                    absorbed.add(implicant)
        primes |= level - absorbed
        level = merged
    return sorted((prime for prime in primes if any(covers(prime, row) for row in on)), key=_order)


def minimal_covers(on: Collection[Row], may: Collection[Row] = ()) -> list[Cover]:
    """All choices of the fewest prime implicants that together cover every row of `on`; sorted.

    Raises RefusedSynthesis `too-many-conditions` above ten, `too-many-models` where more than 500 tie.
    """
    if not on:
        return []
    if len(next(iter(on))) > MOST_CONDITIONS:
        raise RefusedSynthesis("too-many-conditions", f"More than {MOST_CONDITIONS} conditions.")
    primes = prime_implicants(on, may)
    rows = sorted(on)
    chart = {row: [prime for prime in primes if covers(prime, row)] for row in rows}
    reach = {prime: frozenset(row for row in rows if covers(prime, row)) for prime in primes}
    for size in range(1, len(rows) + 1):
        found = set()
        for chosen in _chosen(frozenset(rows), size, chart, reach):
            found.add(tuple(sorted(chosen, key=_order)))
            if len(found) > MOST_MODELS:
                raise RefusedSynthesis("too-many-models", f"More than {MOST_MODELS} solutions tie.")
        if found:
            return sorted(found, key=lambda cover: [_order(implicant) for implicant in cover])
    raise AssertionError("every row is covered by the prime implicants it belongs to")


def expand(implicant: Implicant) -> Iterator[Row]:
    """Every row that an implicant covers."""
    ways: Iterable[Row] = [()]
    for value in implicant:
        ways = [(*way, bit) for way in ways for bit in ((0, 1) if value is None else (value,))]
    yield from ways


def easy_counterfactuals(
    narrow: Cover, broad: Cover, expectations: Sequence[int | None], remainders: Collection[Row]
) -> set[Row]:
    """Remainders that theory expects to have the outcome (Ragin & Sonnett 2005; Ragin 2008, ch. 9).

    For each term of the complex solution within one of the parsimonious: drop what the parsimonious term does not ask
    and what is contrary to the expectation (1: the condition should help, 0: its absence should, None: no expectation);
    the remainders that the term so reached covers are easy.
    """
    easy: set[Row] = set()
    for term in narrow:
        for wider in broad:
            if not covers(wider, term):
                continue
            reached = tuple(
                value if asked is not None or expected is None or value == expected else None
                for value, asked, expected in zip(term, wider, expectations, strict=True)
            )
            easy |= {row for row in remainders if covers(reached, row)}
    return easy


def _chosen(
    left: frozenset[Row], size: int, chart: dict[Row, list[Implicant]], reach: dict[Implicant, frozenset[Row]]
) -> Iterator[tuple[Implicant, ...]]:
    """Choices of `size` implicants that cover what is left, branching on the row with the fewest candidates."""
    if not left:
        if size == 0:
            yield ()
        return
    if size == 0 or len(left) > size * max(len(reach[prime] & left) for row in left for prime in chart[row]):
        return
    row = min(left, key=lambda row: (len(chart[row]), row))
    for prime in chart[row]:
        for rest in _chosen(left - reach[prime], size - 1, chart, reach):
            yield (prime, *rest)


def _order(implicant: Implicant) -> tuple[int, ...]:
    """Present first, then absent, then indifferent, condition by condition: a stable order to read."""
    return tuple(2 if value is None else 1 - value for value in implicant)
