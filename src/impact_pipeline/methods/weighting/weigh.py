"""One sample weighted as its instrument declares: non-response, trimming, margins, in this order, and what it did.

Groups of drawn records alike in all that matters come in, sorted, with the declaration and the margins that apply; the
final weight of each group goes out, with what the calibrated variance needs (the calibration variables, initial weights
and factors of each cell of the margins) and the rows that report the weighting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.declarations.weighting import CROSSED, Disposition, Margin, Weighting
from impact_pipeline.methods.weighting import calibration, raking, response, trimming
from impact_pipeline.methods.weighting.classes import kish_deff, weighting_classes
from impact_pipeline.methods.weighting.refused import RefusedWeighting

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Places = NDArray[np.intp]

MISSING = "(missing)"
EVERYONE = "all"
ANSWERED = ("complete", "partial")
WITHIN = 1e-9  # a factor this near a bound is within it


@dataclass(frozen=True, slots=True)
class Group:
    """Drawn records alike in how they ended, in categories (those of `names`, in their order) and declared weight."""

    ended: str
    told: tuple[str, ...]
    weight: float
    records: int


@dataclass(frozen=True, slots=True)
class Reported:
    """One row of the report: a category of a margin, or the whole sample (dimension and category `all`).

    `target`, `before` and `after` are numbers of people or businesses: known, by the weights before calibration brought
    to the known total, and by the final ones. The other figures belong to the whole sample; see the table `weighting`.
    `refused` is the code of a refusal and `why` its text, for the data team: it may name small groups.
    """

    dimension: str
    category: str
    n: int
    target: float | None = None
    before: float | None = None
    after: float | None = None
    method: str | None = None
    iterations: int | None = None
    deff_before: float | None = None
    deff_after: float | None = None
    g_min: float | None = None
    g_max: float | None = None
    cap: float | None = None
    trimmed: int | None = None
    trimming_shift: float | None = None
    response_rate: float | None = None
    r_indicator: float | None = None
    classes: int | None = None
    collapsed: int | None = None
    source: str | None = None
    date: str | None = None
    refused: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """`weights` (one a group; 0: it does not count) and `posts` (one a group; -1: none), and of each post `x` (c, p)
    calibration variables, `initial` sum of weights before calibration and `g` factor; `report`."""

    weights: Floats
    posts: Places
    x: Floats
    initial: Floats
    g: Floats
    report: tuple[Reported, ...]


@dataclass(slots=True)
class _Sample:
    """A weighting under way: groups that answered, their weights so far, and the figures of the whole sample."""

    answered: Places
    told: list[tuple[str, ...]]
    weights: Floats
    counts: Counts
    whole: Reported
    untrimmed: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.untrimmed = self.weights


@dataclass(frozen=True, slots=True)
class _Calibrated:
    """Final weights and posts of the groups that answered; x, initial weights and g of posts; a row a category."""

    weights: Floats
    posts: Places
    x: Floats
    initial: Floats
    g: Floats
    total: float
    iterations: int
    rows: tuple[Reported, ...]


def weigh(groups: Sequence[Group], names: Sequence[str], weighting: Weighting, margins: Sequence[Margin]) -> Weighed:
    """Weights of one initiative at one wave. Raises RefusedWeighting where the declared weighting cannot be had."""
    if not all(np.isfinite(group.weight) for group in groups):
        raise RefusedWeighting("infinite", "a weight is not a finite number")
    sample = _answered(groups, names, weighting)
    if weighting.trimming is not None:
        _trim(sample, weighting.trimming.multiple, names, margins)
    found = _calibrated(sample, names, weighting, margins) if margins else _uncalibrated(sample)
    final = np.array([float(f"{weight:.{weighting.significant_digits}g}") for weight in found.weights])
    weights, posts = np.zeros(len(groups)), np.full(len(groups), -1, dtype=np.intp)
    weights[sample.answered], posts[sample.answered] = final, found.posts
    whole = replace(sample.whole, after=float(np.dot(final, sample.counts)), deff_after=kish_deff(final, sample.counts))
    if margins:
        whole = replace(
            whole, method=weighting.method, target=found.total, iterations=found.iterations,
            g_min=float(found.g.min()), g_max=float(found.g.max()),
        )  # fmt: skip
    return Weighed(weights, posts, found.x, found.initial, found.g, (whole, *found.rows))


def unweighted(groups: Sequence[Group], weighting: Weighting, refused: RefusedWeighting) -> Weighed:
    """A sample whose weighting is refused: of those who answered, with their declared weights, nothing is told but that
    and their number."""
    answered = [_ended(group, weighting) in ANSWERED for group in groups]
    weights = np.array([group.weight if gave else 0.0 for group, gave in zip(groups, answered, strict=True)])
    n = sum(group.records for group, gave in zip(groups, answered, strict=True) if gave)
    whole = Reported(EVERYONE, EVERYONE, n, method=weighting.method, refused=refused.code, why=str(refused))
    return Weighed(weights, np.zeros(len(groups), dtype=np.intp), np.zeros((1, 0)), np.ones(1), np.ones(1), (whole,))


def _ended(group: Group, weighting: Weighting) -> Disposition:
    """How the records of a group ended; all answered where nothing is declared."""
    return "complete" if weighting.response is None else weighting.response.by_code.get(group.ended, "unknown")


def _answered(groups: Sequence[Group], names: Sequence[str], weighting: Weighting) -> _Sample:
    """Those who answered, who stand for those of their class who did not."""
    told = weighting.response
    counts = np.array([group.records for group in groups], dtype=np.int64)
    weights = np.array([group.weight for group in groups])
    ends = [_ended(group, weighting) for group in groups]
    answered = np.array([place for place, end in enumerate(ends) if end in ANSWERED], dtype=np.intp)
    if len(answered) == 0:
        raise RefusedWeighting("nobody-responded", "nobody responded")
    n, declared = int(counts[answered].sum()), weights[answered]
    whole = Reported(
        EVERYONE, EVERYONE, n, before=float(np.dot(declared, counts[answered])),
        deff_before=kish_deff(declared, counts[answered]),
    )  # fmt: skip
    if told is not None:
        sizes = {end: int(counts[[place for place, e in enumerate(ends) if e == end]].sum()) for end in set(ends)}
        rates = response.response_rates(response.Dispositions(**sizes), told.e)
        counted = np.array([{"unknown": rates.e, "not_eligible": 0.0}.get(end, 1.0) for end in ends])
        here = [names.index(name) for name in told.classes]
        classes = [tuple(group.told[place] for place in here) for group in groups]
        known = sorted(set(classes))
        class_of = np.array([known.index(name) for name in classes], dtype=np.intp)
        gave = np.isin(np.arange(len(groups)), answered)
        held: Floats = weights * counts
        eligible = raking.sums_by(class_of, held * counted, len(known))
        responded = raking.sums_by(class_of, held * gave, len(known))
        people = raking.sums_by(class_of, (counts * gave).astype(np.float64), len(known))
        found = weighting_classes(
            [int(size) for size in people], responded, eligible, told.smallest, told.largest_factor
        )
        weights = weights * np.array(found.factor)[class_of]
        there = eligible > 0
        whole = replace(
            whole, response_rate=rates.rr3, classes=len(set(found.group)), collapsed=found.collapsed,
            r_indicator=response.r_indicator(responded[there] / eligible[there], eligible[there]),
        )  # fmt: skip
    return _Sample(answered, [groups[p].told for p in answered], weights[answered], counts[answered], whole)


def _trim(sample: _Sample, multiple: float, names: Sequence[str], margins: Sequence[Margin]) -> None:
    cap = trimming.cap_of(sample.weights, sample.counts, multiple)
    found = trimming.trim(sample.weights, sample.counts, cap)
    before, after = sample.weights * sample.counts, found.weights * sample.counts
    shifts = [0.0]
    for margin in margins:
        inside = _categories(sample.told, names, margin)
        for category in sorted(set(inside)):
            is_in = np.array([name == category for name in inside], dtype=np.float64)
            shifts.append(abs(trimming.trimming_bias(is_in, before, after)))
    sample.whole = replace(sample.whole, cap=cap, trimmed=found.records, trimming_shift=max(shifts))
    sample.weights = found.weights


def _uncalibrated(sample: _Sample) -> _Calibrated:
    """Weights as they are, where no margin is known: no cell of margins, and errors as of design weights."""
    nowhere = np.full(len(sample.told), -1, dtype=np.intp)
    nothing = np.zeros(0)
    return _Calibrated(sample.weights, nowhere, np.zeros((0, 0)), nothing, nothing, 0.0, 0, ())


def _calibrated(sample: _Sample, names: Sequence[str], weighting: Weighting, margins: Sequence[Margin]) -> _Calibrated:
    """Weights brought to the known total, then to every margin."""
    inside = [_categories(sample.told, names, margin) for margin in margins]
    held = sample.weights * sample.counts
    categories, targets = _targets(inside, held, sample.counts, weighting, margins)
    total = float(targets[0].sum())
    scale = total / float(held.sum())
    places = [np.array([known.index(c) for c in found]) for known, found in zip(categories, inside, strict=True)]
    combined = np.column_stack(places)
    cells, posts = np.unique(combined, axis=0, return_inverse=True)
    posts = posts.reshape(-1)
    initial = raking.sums_by(posts, held * scale, len(cells))
    for margin, known, cell, target in zip(margins, categories, cells.T, targets, strict=True):
        told = [f"{margin.name} = {category}" for category in known]
        raking.assert_covered(raking.sums_by(cell, initial, len(known)), target, told)
    x = np.hstack([np.eye(len(known))[cell] for known, cell in zip(categories, cells.T, strict=True)])
    g, iterations = _factors(initial, x, list(cells.T), targets, weighting)
    final = sample.weights * scale * g[posts]
    before = sample.untrimmed * sample.counts
    before = before * (total / float(before.sum()))
    rows = tuple(
        Reported(
            margin.name, category, int(sample.counts[is_in].sum()), float(target[number]),
            float(before[is_in].sum()), float(np.dot(final[is_in], sample.counts[is_in])),
            source=margin.source.citation, date=margin.date.isoformat(),
        )
        for margin, known, place, target in zip(margins, categories, places, targets, strict=True)
        for number, category in enumerate(known)
        for is_in in [place == number]
    )  # fmt: skip
    return _Calibrated(final, posts, x, initial, g, total, iterations, rows)


def _categories(told: Sequence[tuple[str, ...]], names: Sequence[str], margin: Margin) -> list[str]:
    """The category of each group in a margin; missing where one of crossed breakdowns is."""
    here = [names.index(name) for name in margin.dimension]
    parts = [[categories[place] for place in here] for categories in told]
    return [MISSING if MISSING in found else CROSSED.join(found) for found in parts]


def _targets(
    inside: Sequence[Sequence[str]], held: Floats, counts: Counts, weighting: Weighting, margins: Sequence[Margin]
) -> tuple[list[list[str]], list[Floats]]:
    """Categories of each margin and their known totals; those whose category is missing keep their share, or refuse."""
    known = [sorted(margin.by_category) for margin in margins]
    told = [np.array([m.by_category[c] for c in found]) for m, found in zip(margins, known, strict=True)]
    totals = raking.agreeing(told, [margin.margin for margin in margins])
    for place, (margin, found) in enumerate(zip(margins, inside, strict=True)):
        strange = sorted({*found} - {*known[place], MISSING})
        if strange:
            message = (
                f"margin {margin.margin} says nothing of {margin.name} = {strange[0]}, which is in the sample: add it"
            )
            raise RefusedWeighting("outside-population", message)
        lost = np.array([category == MISSING for category in found])
        if not lost.any():
            continue
        if weighting.missing == "refuse":
            message = (
                f"{margin.name} is missing in {int(counts[lost].sum())} of {int(counts.sum())} records "
                "(`missing: keep` leaves them their share)"
            )
            raise RefusedWeighting("unknown-category", message)
        share, total = float(held[lost].sum() / held.sum()), float(totals[place].sum())
        known[place] = [*known[place], MISSING]
        totals[place] = np.append(totals[place] * (1 - share), total * share)
    return known, totals


def _factors(
    initial: Floats, x: Floats, cells: list[Places], targets: list[Floats], weighting: Weighting
) -> tuple[Floats, int]:
    """g of each post, within the declared bounds, and how many rounds it took."""
    low, high = weighting.bounds
    if weighting.method in ("post-stratification", "raking"):
        raked = raking.rake(initial, cells, targets)
        if np.all((raked.g >= low * (1 - WITHIN)) & (raked.g <= high * (1 + WITHIN))):
            return raked.g, raked.iterations
        if weighting.method == "post-stratification":
            spread = f"{raked.g.min():.3g} to {raked.g.max():.3g}"
            message = (
                f"weights would be multiplied by {spread}, outside the bounds: widen `bounds`, merge categories, "
                "or leave the wave out of `waves` of the margin"
            )
            raise RefusedWeighting("outside-bounds", message)
    distance: calibration.Distance = "logit" if weighting.method == "logit" else "linear"
    if weighting.method == "raking":
        distance = "raking"
    found = calibration.calibrate(x, initial, np.concatenate(targets), distance, weighting.bounds)
    return found.g, found.iterations
