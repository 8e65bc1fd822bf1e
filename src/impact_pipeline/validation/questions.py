"""All that is asked of a person about accepted records, and never refused: the past, other files, people much alike.

Typed records inside an engine and what came before come in; remarks and links go out. Both paths make their findings
and their table of links from them.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from impact_pipeline.declarations import Schemas
from impact_pipeline.validation.history import unusual_values
from impact_pipeline.validation.near import much_alike
from impact_pipeline.validation.past import Link, Past
from impact_pipeline.validation.repeated import Own, Told, seen_elsewhere, sent_twice

LINKS = pa.schema([
    ("kind", pa.string()), ("row", pa.int64()), ("key", pa.string()), ("other", pa.string()),
    ("other_row", pa.int64()), ("other_key", pa.string()), ("differing", pa.string()),
])  # fmt: skip


def questions(own: Own, schemas: Schemas, past: Past) -> list[Told]:
    """Every remark, with its link where it is about two rows."""
    found: list[Told] = [
        (remark, None) for remark in unusual_values(own.connection, own.relation, own.instrument, schemas, past)
    ]
    elsewhere = seen_elsewhere(own, past)
    known = [remark.record for remark, link in elsewhere.told if link is not None]
    twice = list(sent_twice(own, past, [*known, *elsewhere.unchanged]))
    return [*found, *elsewhere.told, *twice, *much_alike(own, past)]


def links_table(links: Iterable[Link]) -> pa.Table:
    """Links as they are kept."""
    rows = [
        {name: getattr(link, name) for name in LINKS.names}
        for link in sorted(links, key=lambda link: (link.row, link.kind, link.other, link.other_row))
    ]
    return pa.Table.from_pylist(rows, schema=LINKS)
