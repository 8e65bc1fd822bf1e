"""From a score and the instrument that asks its items to the SQL that reduces complete answers, one scan a select.

Declarations come in; the text of selects over `record_<instrument>` goes out. Only records with points for every item
count, those whose answers are all one of the score's `response_sets` aside, each as one: nothing is weighted. Points
are decimals of four places, so that sums are exact. Nothing is executed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

from impact_pipeline.declarations import Instrument, Scale, ScaleItem, Score
from impact_pipeline.renderings.engine_sql import literal, quoted
from impact_pipeline.renderings.record_sql import record_table


def pairs(score: Score) -> list[tuple[int, int]]:
    """The pairs of items, by their places in the score, in the order of the products of `item_moments`."""
    return list(combinations_with_replacement(range(len(score.items)), 2))


def item_moments(instrument: Instrument, scale: Scale, score: Score) -> str:
    """initiative, wave, n, then the sum of each item, then the sum of the product of each of `pairs`."""
    k = len(score.items)
    sums = [f"sum(p{i})" for i in range(k)] + [f"sum(p{i} * p{j})" for i, j in pairs(score)]
    return f"""select initiative, wave, count(*) as n,
    {", ".join(sums)}
from ({complete_answers(instrument, scale, score)}) a
group by initiative, wave"""


def item_by_level(instrument: Instrument, scale: Scale, score: Score, place: int, waves: Sequence[str]) -> str:
    """initiative, wave, points of one item, level (the sum of all items' points) and how many people, in some waves."""
    told = ", ".join(map(literal, waves))
    level = " + ".join(f"p{i}" for i in range(len(score.items)))
    return f"""select initiative, wave, p{place} as answer, {level} as level, count(*) as n
from ({complete_answers(instrument, scale, score)}) a
where wave in ({told})
group by initiative, wave, p{place}, {level}"""


def complete_answers(instrument: Instrument, scale: Scale, score: Score) -> str:
    """record, initiative, wave, then the points of each item (`p0`...), of complete answers alone."""
    held = {item.scale_item: f"r.{quoted(item.name)}" for item in instrument.fields if item.scale == scale.scale}
    answers = [held[name] for name in score.items]
    points = [_points(scale.by_item[name], held[name]) for name in score.items]
    columns = "".join(f",\n    cast({told} as decimal(9, 4)) as p{place}" for place, told in enumerate(points))
    kept = " and ".join(f"({told}) is not null" for told in points)
    sets = "".join(
        f"\n    and not ({' and '.join(f'{answer} = {alike:g}' for answer in answers)})"
        for alike in score.response_sets
    )
    return f"""select r._record as record, r._initiative as initiative, r._wave as wave{columns}
    from {record_table(instrument.instrument)} r
    where {kept}{sets}"""


def _points(item: ScaleItem, answer: str) -> str:
    if item.recode is not None:
        return f"case {answer}{''.join(f' when {told} then {points:g}' for told, points in item.recode.items())} end"
    return f"{sum(item.range):g} - {answer}" if item.reverse else answer
