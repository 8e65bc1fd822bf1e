"""What varies within primary sampling units, where a design tells how many units each has.

An engine that holds the tables of `computing` comes in; for each estimate and stratum, what `linearisation` needs to
add the second stage of sampling goes out: nothing where no design tells.
"""

from __future__ import annotations

from collections.abc import Mapping

from impact_pipeline.methods.engine import Engine, run
from impact_pipeline.methods.linearisation import Alike, SharedWithin, Within
from impact_pipeline.sql import text

Place = tuple[str, ...]  # the key of an estimate, then its stratum


def within_levels(connection: Engine) -> Mapping[Place, Mapping[Alike, Within]]:
    """By key (indicator, initiative, wave, dimension, category) and stratum."""
    found: dict[Place, dict[Alike, Within]] = {}
    if not _told(connection):
        return found
    for *place, drawn, population, vv, vb, bb, psu_vv, psu_vb, psu_bb in run(connection, text("54_within_moment")):
        numbers = map(int, (vv, vb, bb, psu_vv, psu_vb, psu_bb))
        found.setdefault(tuple(place), {})[Alike(drawn, population)] = Within(*numbers)
    return found


def shared_within_changes(connection: Engine) -> Mapping[Place, Mapping[Alike, SharedWithin]]:
    """By indicator, initiative, dimension, category and stratum."""
    found: dict[Place, dict[Alike, SharedWithin]] = {}
    if not _told(connection):
        return found
    for *place, drawn, population, vv, vb, bv, bb, psu_vv, psu_vb, psu_bv, psu_bb in run(
        connection, text("75_shared_within")
    ):
        numbers = map(int, (vv, vb, bv, bb, psu_vv, psu_vb, psu_bv, psu_bb))
        found.setdefault(tuple(place), {})[Alike(drawn, population)] = SharedWithin(*numbers)
    return found


def shared_within_contrasts(connection: Engine) -> Mapping[Place, Mapping[Alike, SharedWithin]]:
    """By key and stratum; a record holds one category only, so that units share nothing."""
    found: dict[Place, dict[Alike, SharedWithin]] = {}
    if not _told(connection):
        return found
    for *place, drawn, population, vv, vb, bv, bb in run(connection, text("76_shared_within_of_contrast")):
        products = SharedWithin(0, 0, 0, 0, int(vv), int(vb), int(bv), int(bb))
        found.setdefault(tuple(place), {})[Alike(drawn, population)] = products
    return found


def _told(connection: Engine) -> bool:
    return len(run(connection, "select 1 as told from psu_drawn limit 1")) > 0
