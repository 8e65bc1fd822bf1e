"""Whether two waves may be compared: the same mode of answering and the same wording, or a declared bridge.

How many records of each wave came in which version and mode comes in, with the declarations; a reason not to compare
goes out. A gap between modes is larger than most effects: INSEE's mean life satisfaction was 7.3 by interview in 2010
and 6.8 by web and paper in 2011.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.methods.engine import Engine, run
from impact_pipeline.renderings.record_sql import former_names
from impact_pipeline.sql import text

Verdict = Literal["mode-change", "version-change", "bridged"]
TOLERATED = Fraction(1, 20)  # of people who answered otherwise: a twentieth of the gap between modes, at most


class Collected(NamedTuple):
    """In what version of the instrument, and how (None: not declared), records were had."""

    version: int
    mode: str | None


Wave = Mapping[Collected, int]  # records of a wave


def read_verdicts(engine: Engine, schemas: Schemas) -> dict[tuple[str, str], Verdict]:
    """What stands against each change (indicator, initiative) that has both waves; comparable ones are left out."""
    waves: dict[tuple[str, str], dict[str, dict[Collected, int]]] = {}
    for indicator, initiative, wave, version, mode, records in run(engine, text("25_collected")):
        told = waves.setdefault((indicator, initiative), {}).setdefault(wave, {})
        told[Collected(int(version), mode)] = int(records)
    found = {}
    for (name, initiative), by_wave in sorted(waves.items()):
        indicator = schemas.indicators[name]
        if indicator.waves is None or not {indicator.waves.from_, indicator.waves.to} <= by_wave.keys():
            continue
        versions, fields = schemas.versions[indicator.instrument], schemas.fields_behind(indicator)
        bridges: frozenset[str] = frozenset(bridge.across for bridge in indicator.bridges)
        earlier, later = by_wave[indicator.waves.from_], by_wave[indicator.waves.to]
        verdict = compare_waves(versions, fields, bridges, earlier, later)
        if verdict is not None:
            found[name, initiative] = verdict
    return found


def compare_waves(
    versions: Sequence[Instrument], fields: frozenset[str], bridges: frozenset[str], earlier: Wave, later: Wave
) -> Verdict | None:
    """Why what rests on some `fields` (of the newest version) does not compare between two waves, each with records.

    None where nothing stands against it. More than a twentieth of the people answered in another mode:
    `mode-change`; more than a twentieth were asked otherwise by one of the fields: `version-change`. `bridges` says
    across what ("mode", "version") answers compare all the same: `bridged`.
    """
    wordings = wordings_of(versions, fields)
    gaps: dict[str, Verdict] = {}
    if _moved(earlier, later, lambda told: told.mode) > TOLERATED:
        gaps["mode"] = "mode-change"
    if _moved(earlier, later, lambda told: wordings[told.version]) > TOLERATED:
        gaps["version"] = "version-change"
    without_bridge = [verdict for across, verdict in gaps.items() if across not in bridges]
    return without_bridge[0] if without_bridge else "bridged" if gaps else None


def wordings_of(versions: Sequence[Instrument], names: frozenset[str]) -> dict[int, int]:
    """Version -> wording of some fields (named as in the newest version): versions of one wording compare.

    A new wording begins where a field is declared `reworded`, or holds another item, scale, code list or unit; or, if
    it has no unit, another range: the ends of an answer scale are part of the question.
    """
    ordered = sorted(versions, key=lambda item: item.version)
    found, wording = {ordered[0].version: 0}, 0
    for before, after in pairwise(ordered):
        held, holds = (former_names(ordered, item.version) for item in (before, after))
        both = [name for name in names if name in held and name in holds]
        changed = any(
            holds[name] in after.reworded or not _alike(before.by_name[held[name]], after.by_name[holds[name]])
            for name in both
        )
        wording += changed
        found[after.version] = wording
    return found


def _alike(before: FieldDeclaration, after: FieldDeclaration) -> bool:
    return _question(before) == _question(after)


def _question(item: FieldDeclaration) -> tuple[Hashable, ...]:
    scale = (item.scale, item.scale_item) if item.scale else None
    return scale, item.codes, item.unit, None if item.unit else item.range


def _moved(earlier: Wave, later: Wave, group: Callable[[Collected], Hashable]) -> Fraction:
    """Total variation distance: the share of people that would have to change group for the waves to be alike."""
    shares: list[dict[Hashable, Fraction]] = []
    for wave in (earlier, later):
        counted: dict[Hashable, Fraction] = {}
        for told, records in wave.items():
            counted[group(told)] = counted.get(group(told), Fraction(0)) + Fraction(records, sum(wave.values()))
        shares.append(counted)
    before, after = shares
    return sum((abs(before.get(k, Fraction(0)) - after.get(k, Fraction(0))) for k in before | after), Fraction(0)) / 2
