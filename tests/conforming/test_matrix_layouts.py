"""A property: whatever the layout, the order, the spelling, the totals and the sheets, the same figures come back."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.books import addresses, codes, sheet
from tests.conforming.drawings import LABELS, QUARTERLY, SERVICES, answer

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import load_schemas
from impact_pipeline.findings import column_letter
from impact_pipeline.reading.sheet import Book

SCHEMAS = load_schemas(Path(__file__).parents[1] / "schemas" / "services")
LISTED, FREE = SCHEMAS.instrument("services"), SCHEMAS.instrument("free-services")
SPELT = {
    "artemis": ["ARTEMIS", "Artemis", "artémis"],
    "ecole": ["École", "Ecole", "ÉCOLE DES PARENTS"],
    "halte": ["La Halte-Saint-Jean", "Halte", "la halte saint jean"],
}
QUARTERS = ["T{q}", "T{q} 2025", "{q}e trimestre", "{q}e trim.", "trimestre {q}", "2025-T{q}", "{q}T 2025"]
TOGETHER = ["{s} {w}", "{w} {s}", "{s} - {w}", "{w} / {s}", "{s} ({w})", "{w}\n{s}", "{s} : {w}"]


@st.composite
def layouts(draw):
    """Sheets of text cells, and (indicator, service, quarter) -> address of its figure."""
    some = st.lists(st.sampled_from(list(SERVICES)), min_size=1, max_size=3, unique=True)
    services = draw(some)
    quarters = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True))
    names = draw(st.permutations(QUARTERLY))
    spelt = {service: draw(st.sampled_from(SPELT[service])) for service in services}
    way = draw(st.sampled_from(QUARTERS))
    when = {q: ("1er" + way[4:] if way.startswith("{q}e") and q == 1 else way).format(q=q) for q in quarters}
    titles = draw(st.integers(0, 3)) * [["Suivi de l'activité"]]
    has_totals = draw(st.booleans())
    layout = draw(st.sampled_from(["together", "over", "under", "sheets", "blocks", "rows"]))
    columns = [(s, q) for s in services for q in quarters]
    if layout == "together":
        columns = draw(st.permutations(columns))
    places: dict[tuple[str, str, int], str] = {}
    sheets: dict[str | None, list[list[str]]] = {}

    def block(name: str | None, tops: list[list[str]], about: list[tuple[str, int]], own: str = "") -> None:
        rows = sheets.setdefault(name, [])
        rows += tops
        for indicator in names:
            cells = [LABELS[indicator], *([own] if own else [])]
            for service, quarter in about:
                place = f"{column_letter(len(cells))}{len(rows) + 1}"
                places[indicator, service, quarter] = f"{name}!{place}" if name else place
                cells.append(f"{answer(indicator, service, quarter)}")
            if has_totals and indicator == "people":
                cells.append(str(sum(int(answer(indicator, s, q)) for s, q in about)))
            rows.append(cells)

    total = ["Total"] if has_totals else []
    if layout == "together":
        how = draw(st.sampled_from(TOGETHER))
        heads = [how.format(s=spelt[s], w=when[q]) for s, q in columns]
        block(None, [*titles, ["Indicateur", *heads, *total]], columns)
    elif layout == "over":
        tops = [["", *(spelt[s] for s, _ in columns)], ["Indicateur", *(when[q] for _, q in columns), *total]]
        block(None, [*titles, *tops], columns)
    elif layout == "under":
        columns = [(s, q) for q in quarters for s in services]
        tops = [["", *(when[q] for _, q in columns)], ["Indicateur", *(spelt[s] for s, _ in columns), *total]]
        block(None, [*titles, *tops], columns)
    elif layout == "sheets":
        for s in services:
            tops = [*titles, ["Indicateur", *(when[q] for q in quarters), *total]]
            block(spelt[s].replace("\n", " "), tops, [(s, q) for q in quarters])
    elif layout == "blocks":
        repeats = draw(st.booleans())
        for n, s in enumerate(services):
            header = [["Indicateur", *(when[q] for q in quarters), *total]] if repeats or n == 0 else []
            tops = [*(titles if n == 0 else []), *draw(st.permutations([*header, [spelt[s]]]))]
            block(None, tops, [(s, q) for q in quarters])
    else:
        for n, s in enumerate(services):
            header = [*titles, ["Indicateur", "Périmètre", *(when[q] for q in quarters), *total]]
            block(None, header if n == 0 else [], [(s, q) for q in quarters], own=spelt[s])
    return sheets, places


def read(sheets, instrument=LISTED) -> TypedTable:
    book = Book("xlsx", tuple(sheet(*rows, name=name) for name, rows in sheets.items()))
    return conform(book, instrument, SCHEMAS, fill={"period": "2025"})


@settings(max_examples=80)
@given(layout=layouts())
def test_the_same_figures_come_back_from_any_layout(layout):
    sheets, places = layout
    table = read(sheets)

    found = {
        (name, table.data.at[record, "service"], int(table.data.at[record, "quarter"][-1])): table.place(record, name)
        for record in table.data.index
        for name in QUARTERLY
        if table.status.at[record, name] == ""
    }
    assert {key: place.address for key, place in found.items()} == places
    for name, service, quarter in places:
        mine = (table.data["service"] == service) & (table.data["quarter"] == f"2025-Q{quarter}")
        assert table.data.loc[mine, name].tolist() == [answer(name, service, quarter)]
    assert codes(table)["total-mismatch"] == codes(table)["heading-not-read"] == codes(table)["unknown-indicator"] == 0


@settings(max_examples=40)
@given(layout=layouts(), data=st.data())
def test_a_wrong_total_is_told_at_its_cell_in_any_layout(layout, data):
    sheets, _ = layout
    name = data.draw(st.sampled_from(sorted(sheets, key=str)))
    rows = [n for n, row in enumerate(sheets[name]) if row[0] == LABELS["people"]]
    widest = max(len(row) for row in sheets[name])
    totals = [n for n in rows if len(sheets[name][n]) == widest and any(row[-1:] == ["Total"] for row in sheets[name])]
    if not totals:
        return
    row = data.draw(st.sampled_from(totals))
    sheets[name][row][-1] = str(int(sheets[name][row][-1]) + 7)
    table = read(sheets)

    address = f"{column_letter(widest - 1)}{row + 1}"
    assert addresses(table, "total-mismatch") == [f"{name}!{address}" if name else address]
