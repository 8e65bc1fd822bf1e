"""What the synthesis of a study's effect says of it: how many studies, how unlike, and what a new place may expect.

Declared syntheses and the answers of all studies come in; `Pooled` by place goes out. Effects of arms too small to be
told are left out, as the release does, so that what is graded is what is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from impact_pipeline.declarations import Schemas
from impact_pipeline.methods.studies.rows import STATUS_PUBLISHED, EffectRow
from impact_pipeline.methods.synthesis.answering import pooled
from impact_pipeline.methods.synthesis.study_effects import StudyEffect, own_effects

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Of the widest pool that holds an effect: its `studies`, I2 in percent, the prediction interval (above zero is
    better), and p of Egger's test. None where there is none."""

    studies: int | None = None
    i2: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    small_study_p: float | None = None


def pooled_effects(schemas: Schemas, answers: Sequence[EffectRow]) -> dict[Place, Pooled]:
    """By study, outcome and wave; of several syntheses that of most studies, the first by name among equals."""
    rows = [asdict(row) for row in answers if row.status == STATUS_PUBLISHED and not _hidden(row, schemas)]
    found: dict[Place, Pooled] = {}
    for _, question in sorted(schemas.syntheses.items()):
        answer = pooled(question, schemas, rows) if question.studies else None
        if answer is None:
            continue
        told = Pooled(
            answer["studies"], answer["i2"], answer["prediction_low"], answer["prediction_high"], answer["egger_p"]
        )
        for row in rows:
            place = row["study"], row["outcome"], row["wave"]
            if any(isinstance(item, StudyEffect) for item in own_effects(question, schemas, [row])):
                found[place] = max(found.get(place, Pooled()), told, key=lambda item: item.studies or 0)
    return found


def _hidden(row: EffectRow, schemas: Schemas) -> bool:
    unit_type = schemas.instrument(schemas.studies[row.study].instrument).unit_type
    return schemas.programme.disclosure.has_small_arm(unit_type, row.n_treated, row.n_control)
