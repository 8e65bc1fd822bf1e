"""The quarterly table of a cooperation cluster: nine structures, eight quarters, every value known."""

from __future__ import annotations

from demo.draws import Draws

Record = dict[str, object]

STRUCTURES = (
    "atelier-cuir", "atelier-mecanique", "atelier-textile", "services-domicile", "transport-solidaire",
    "restauration", "recyclerie", "espaces-verts", "maraichage",
)  # fmt: skip
REUSE = {"recyclerie": 9.0, "espaces-verts": 3.0, "maraichage": 1.2}  # tonnes in a quarter; the others reuse nothing
TURNOVER_A_JOB = 8_200.0  # euros in a quarter


def quarters(year: int) -> tuple[str, ...]:
    return tuple(f"{year}-Q{quarter}" for quarter in range(1, 5))


def table(year: int) -> list[Record]:
    """One record a structure and a quarter."""
    return [_cell(structure, quarter) for structure in STRUCTURES for quarter in quarters(year)]


def _cell(structure: str, quarter: str) -> Record:
    usual, now = Draws(f"pole/{structure}"), Draws(f"pole/{structure}/{quarter}")
    size, growth = usual.between(8, 34), 1.04 ** (int(quarter[:4]) - 2024)
    jobs = round(2 * now.near(size * growth, 0.06)) / 2
    people = round(now.near(size * 1.3, 0.1))
    suppliers = now.between(22, 48)
    return {
        "structure": structure,
        "quarter": quarter,
        "jobs_fte": jobs,
        "pathway_people": people,
        "pathway_women": now.successes(people, 0.45),
        "positive_exits": now.successes(people, 0.11),
        "training_hours": float(round(people * now.near(15, 0.3))),
        "turnover": float(round(jobs * now.near(TURNOVER_A_JOB, 0.12), -2)),
        "shared_purchasing": float(round(now.near(9_000, 0.4), -2)),
        "suppliers": suppliers,
        "local_suppliers": now.successes(suppliers, 0.42),
        "reused_tonnes": round(now.near(REUSE.get(structure, 0.0), 0.25), 1),
    }


def totals(year: int) -> list[Record]:
    """The exact figures of quarters in which every structure tells."""
    found: list[Record] = []
    for quarter in quarters(year):
        told = [record for record in table(year) if record["quarter"] == quarter]
        sums = {name: sum(float(str(record[name])) for record in told) for name in list(told[0])[2:]}
        figures = {
            "ptce-jobs": sums["jobs_fte"],
            "ptce-turnover": sums["turnover"],
            "ptce-reuse": sums["reused_tonnes"],
            "ptce-shared-purchasing": sums["shared_purchasing"] / len(told),
            "ptce-training-hours": sums["training_hours"] / sums["pathway_people"],
            "ptce-women-in-pathways": 100 * sums["pathway_women"] / sums["pathway_people"],
            "ptce-local-suppliers": 100 * sums["local_suppliers"] / sums["suppliers"],
        }
        found += [{"indicator": name, "wave": quarter, "value": value} for name, value in figures.items()]
    return found
