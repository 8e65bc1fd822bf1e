"""The monthly forms of twelve cafés over six months: every café tells, so that totals are known exactly."""

from __future__ import annotations

from demo.draws import Draws

Record = dict[str, object]

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
SEASON = {"2026-01": 0.85, "2026-02": 0.9, "2026-03": 0.95, "2026-04": 1.0, "2026-05": 1.08, "2026-06": 1.15}
COMMUNES = {
    "CAFE-01": "07019", "CAFE-02": "07064", "CAFE-03": "07132", "CAFE-04": "07286",
    "CAFE-05": "23008", "CAFE-06": "23030", "CAFE-07": "23096", "CAFE-08": "23210",
    "CAFE-09": "70029", "CAFE-10": "70205", "CAFE-11": "70311", "CAFE-12": "70472",
}  # fmt: skip
OPERATORS = {"07": "cafe-demo-du-lavoir", "23": "cafe-demo-des-tilleuls", "70": "cafe-demo-de-la-halle"}
WITHOUT_BREAD = ("CAFE-05", "CAFE-11")  # two cafés: fewer than three businesses, so that nothing is published of them
WITHOUT_POST = ("CAFE-02", "CAFE-06", "CAFE-08", "CAFE-12")


def forms(month: str) -> list[Record]:
    """One record a café for a month."""
    return [_form(cafe, month) for cafe in COMMUNES]


def _form(cafe: str, month: str) -> Record:
    usual, now = Draws(f"cafe/{cafe}"), Draws(f"cafe/{cafe}/{month}")
    commune = COMMUNES[cafe]
    visits_a_day, spent = usual.between(14, 58), usual.near(6.4, 0.25)
    jobs, volunteers, services = usual.one((0.8, 1.0, 1.5, 2.0, 2.5)), usual.between(2, 12), usual.between(3, 7)
    days = now.between(19, 26)
    visits = round(days * now.near(visits_a_day * SEASON[month], 0.08))
    return {
        "cafe": cafe,
        "month": month,
        "operator": OPERATORS[commune[:2]],
        "commune": commune,
        "opening_days": days,
        "visits": visits,
        "turnover": round(visits * now.near(spent, 0.06), 2),
        "jobs_fte": jobs,
        "volunteers": volunteers,
        "volunteer_hours": float(volunteers * now.between(3, 7)),
        "services_count": services,
        "postal_point": cafe not in WITHOUT_POST,
        "bread": cafe not in WITHOUT_BREAD,
        "events": now.between(0, 6),
        "comment": "Fermé une semaine pour travaux" if days < 20 else None,
    }


def totals(months: tuple[str, ...]) -> list[Record]:
    """The exact figures of months in which every form is complete."""
    found: list[Record] = []
    for month in months:
        told = forms(month)
        for indicator, field in (("cafe-visits", "visits"), ("cafe-jobs", "jobs_fte")):
            found.append({"indicator": indicator, "wave": month, "value": _sum(told, field)})
        for indicator, field in (("cafe-visits-per-day", "visits"), ("cafe-turnover-per-day", "turnover")):
            ratio = _sum(told, field) / _sum(told, "opening_days")
            found.append({"indicator": indicator, "wave": month, "value": ratio})
    return found


def _sum(records: list[Record], field: str) -> float:
    return sum(float(str(record[field])) for record in records)
