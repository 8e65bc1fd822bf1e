"""Curated tables of a release that was never built: declarations of the demo programme, figures drawn with a seed.

Every kind of row that a report must know how to show is in it: shares, changes, totals, a year of months with one
missing, suppressed and refused figures, a category alone in its dimension, submissions superseded or never checked.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from impact_pipeline.declarations import Indicator, Instrument, Schemas, load_schemas

ROOT = Path(__file__).parents[2]
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
WAVES = {
    "cafe-residents": ["baseline", "follow-up"],
    "cafe-monthly": [month for month in MONTHS if month != "2025-08"],
    "dat-followup": ["entry", "month-6", "month-12"],
    "ptce-quarterly": ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"],
}
ONLY_WAVE = {"employment-rate-6-months": "month-6", "employment-rate-12-months": "month-12", "cafe-regulars": "follow-up"}
LEVELS = {"EUR": 84_000.0, "FTE": 46.0, "visits": 5_400.0, "percent": 0.42, "points": 52.0}
COLUMNS = {
    "initiative": "initiative name_fr name_en description_fr description_en theme theme_fr theme_en organisations territories start",
    "instrument": "instrument version kind unit_type title_fr title_en key layout weight stratum psu sha256",
    "field": "instrument version position field type label_fr label_en help_fr help_en unit codes minimum maximum required disclosure scale item",
    "code": "codelist position code label_fr label_en",
    "scale": "scale score title_fr title_en label_fr label_en construct_fr construct_en recall_fr recall_en items method multiply missing_allowed minimum maximum polarity relevant_change bands terms_fr terms_en holder reference",
    "indicator": "indicator instrument estimator value base among wave_from wave_to is_share unit decimals polarity theme oecd sdg label_fr label_en description_fr description_en reference sha256",
    "category": "instrument dimension category position dimension_fr dimension_en label_fr label_en",
    "submission": "submission initiative instrument version organisation period received_at sha256 table_sha256 rows_in accepted set_aside blocking to_check corrected status",
    "quality": "submission code level field cells title_fr title_en",
    "estimate": "indicator initiative wave dimension category n units value se df low high deff n_effective status reason",
    "lineage": "indicator initiative submission records",
}  # fmt: skip
MANIFEST: Mapping[str, Any] = {}


def frame(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows as the curated table of that name, in the columns that a release gives it."""
    return pd.DataFrame(rows, columns=COLUMNS[name].split())


def demo_tables(home: Path = ROOT) -> dict[str, pd.DataFrame]:
    """All curated tables of the programme declared in `home`."""
    schemas = load_schemas(home / "schemas")
    return declared_tables(schemas) | {
        "submission": frame("submission", list(_submissions(schemas))),
        "quality": frame("quality", list(_quality(schemas))),
        "estimate": frame("estimate", list(_estimates(schemas))),
        "lineage": frame("lineage", list(_lineage(schemas))),
    }


def declared_tables(schemas: Schemas) -> dict[str, pd.DataFrame]:
    """The tables that come from declarations alone."""
    themes = {theme.name: theme.label for theme in schemas.programme.themes}
    return {
        "initiative": frame("initiative", [
            {"initiative": name, "name_fr": i.name.fr, "name_en": i.name.en, "description_fr": i.description.fr,
             "description_en": i.description.en, "theme": i.theme, "theme_fr": themes[i.theme].fr,
             "theme_en": themes[i.theme].en, "organisations": "; ".join(i.organisations),
             "territories": "; ".join(i.territories), "start": None if i.start is None else i.start.isoformat()}
            for name, i in sorted(schemas.initiatives.items())
        ]),
        "instrument": frame("instrument", [
            {"instrument": i.instrument, "version": i.version, "kind": i.kind, "unit_type": i.unit_type,
             "title_fr": i.title.fr, "title_en": i.title.en, "key": "; ".join(i.key), "layout": i.layout,
             "weight": i.design.weight, "stratum": i.design.stratum, "psu": i.design.psu, "sha256": i.meaning}
            for i in schemas.instruments
        ]),
        "field": frame("field", [
            {"instrument": i.instrument, "version": i.version, "position": position, "field": f.name, "type": f.type,
             "label_fr": f.label.fr, "label_en": f.label.en, "required": f.required, "disclosure": f.disclosure,
             "unit": f.unit, "codes": f.codes, "scale": f.scale, "item": f.item}
            for i in schemas.instruments for position, f in enumerate(i.fields)
        ]),
        "code": frame("code", [
            {"codelist": name, "position": position, "code": c.code, "label_fr": c.label.fr, "label_en": c.label.en}
            for name, codes in sorted(schemas.codelists.items()) for position, c in enumerate(codes.codes)
        ]),
        "scale": frame("scale", list(_scales(schemas))),
        "indicator": frame("indicator", [
            {"indicator": name, "instrument": i.instrument, "estimator": i.estimator, "value": str(i.value),
             "base": None if i.base is None else str(i.base), "among": None if i.among is None else str(i.among),
             "wave_from": i.waves and i.waves.from_, "wave_to": i.waves and i.waves.to, "is_share": i.is_share,
             "unit": i.unit, "decimals": i.decimals, "polarity": i.polarity, "theme": i.theme,
             "oecd": i.frameworks.oecd, "sdg": i.frameworks.sdg, "label_fr": i.label.fr, "label_en": i.label.en,
             "description_fr": i.description and i.description.fr, "description_en": i.description and i.description.en,
             "reference": i.reference and i.reference.citation, "sha256": "0" * 64}
            for name, i in sorted(schemas.indicators.items())
        ]),
        "category": frame("category", list(_categories(schemas))),
    }  # fmt: skip


def _scales(schemas: Schemas) -> Iterator[dict[str, Any]]:
    for name, scale in sorted(schemas.scales.items()):
        for score in scale.scores:
            yield {
                "scale": name, "score": score.name, "title_fr": scale.title.fr, "title_en": scale.title.en,
                "label_fr": score.label.fr, "label_en": score.label.en, "construct_fr": scale.construct_.fr,
                "construct_en": scale.construct_.en, "recall_fr": scale.recall.fr, "recall_en": scale.recall.en,
                "items": "; ".join(score.items), "method": score.method, "multiply": score.multiply,
                "missing_allowed": score.missing_allowed, "minimum": score.range[0], "maximum": score.range[1],
                "polarity": score.polarity, "relevant_change": score.relevant_change,
                "bands": "; ".join(f"{b.code}: {b.range[0]:g} to {b.range[1]:g}" for b in score.bands),
                "terms_fr": scale.licence.terms.fr, "terms_en": scale.licence.terms.en, "holder": scale.licence.holder,
                "reference": scale.references[0].citation,
            }  # fmt: skip


def _dimensions(instrument: Instrument, schemas: Schemas) -> Iterator[tuple[str, Any, list[tuple[str, str, str]]]]:
    """(dimension, its label, [(category, label_fr, label_en)]) for all that the instrument's indicators break down by."""
    named = {d.name: (d.label, d.codes) for d in instrument.dimensions}
    named |= {f.name: (f.label, f.codes) for f in instrument.fields}
    for name in dict.fromkeys(n for i in schemas.indicators.values() if i.instrument == instrument.instrument for n in i.by):
        label, codes = named[name]
        if codes is not None:
            yield name, label, [(c.code, c.label.fr, c.label.en) for c in schemas.codelists[codes].codes]
        elif name == "departement":
            yield name, label, [("07", "07", "07"), ("23", "23", "23"), ("26", "26", "26")]
        else:
            yield name, label, [("true", "Oui", "Yes"), ("false", "Non", "No")]


def _categories(schemas: Schemas) -> Iterator[dict[str, Any]]:
    for instrument in schemas.instruments:
        base = {"instrument": instrument.instrument}
        yield base | {"dimension": "all", "category": "all", "position": 0, "dimension_fr": "Ensemble",
                      "dimension_en": "All", "label_fr": "Ensemble", "label_en": "All"}  # fmt: skip
        wave_codes = instrument.by_name[instrument.wave_field].codes if instrument.wave_field else None
        labels = {c.code: c.label for c in schemas.codelists[wave_codes].codes} if wave_codes else {}
        for position, wave in enumerate(WAVES.get(instrument.instrument, ["2026"])):
            fr, en = (labels[wave].fr, labels[wave].en) if wave in labels else (wave, wave)
            yield base | {"dimension": "wave", "category": wave, "position": position, "dimension_fr": "Vague",
                          "dimension_en": "Wave", "label_fr": fr, "label_en": en}  # fmt: skip
        for name, label, categories in _dimensions(instrument, schemas):
            for position, (code, fr, en) in enumerate(categories):
                yield base | {"dimension": name, "category": code, "position": position, "dimension_fr": label.fr,
                              "dimension_en": label.en, "label_fr": fr, "label_en": en}  # fmt: skip


def _initiative_of(instrument: str, schemas: Schemas) -> str:
    return next(name for name, i in sorted(schemas.initiatives.items()) if instrument in i.instruments)


def _estimates(schemas: Schemas) -> Iterator[dict[str, Any]]:
    draw = random.Random(20260101)
    for name, indicator in sorted(schemas.indicators.items()):
        instrument = schemas.instrument(indicator.instrument)
        waves = WAVES.get(indicator.instrument, ["2026"])
        if indicator.waves is not None:
            waves = [indicator.waves.to]
        waves = [ONLY_WAVE[name]] if name in ONLY_WAVE else waves
        breakdowns = {n: [c for c, _, _ in cs] for n, _, cs in _dimensions(instrument, schemas) if n in indicator.by}
        if "density_class" in breakdowns:
            breakdowns["density_class"] = ["5", "6", "7"]
        base = {"indicator": name, "initiative": _initiative_of(indicator.instrument, schemas)}
        for step, wave in enumerate(waves):
            for dimension, categories in {"all": ["all"], **breakdowns}.items():
                for place, category in enumerate(categories):
                    key = base | {"wave": wave, "dimension": dimension, "category": category}
                    n = int((260 if instrument.kind == "survey" else 9) / len(categories) * draw.uniform(0.6, 1.3)) + 1
                    if (dimension, category) in {("density_class", "7"), ("education", "primary"), ("departement", "23")}:
                        yield key | {"status": "suppressed", "reason": "threshold"}
                    elif name == "cafe-visits" and dimension != "all" and step == 3:
                        yield key | {"status": "suppressed", "reason": "threshold"}
                    elif name == "cafe-life-satisfaction" and category == "student":
                        yield key | {"status": "refused", "reason": "single-psu", "n": n, "units": n}
                    else:
                        yield key | _figure(indicator, draw, n, step + place * 0.7)


def _figure(indicator: Indicator, draw: random.Random, n: int, drift: float) -> dict[str, Any]:
    level = LEVELS.get(indicator.unit, 34.0)
    if indicator.estimator == "change":
        value, se = draw.uniform(-1, 9), draw.uniform(1.5, 4.5)
    elif indicator.is_share:
        value = min(0.97, level + draw.uniform(-0.18, 0.18) + drift * 0.03)
        se = (value * (1 - value) / n) ** 0.5
    else:
        value = level * (1 + 0.03 * drift + draw.uniform(-0.09, 0.09))
        se = level * draw.uniform(0.25, 0.5) / n**0.5
    low, high = value - 2 * se, value + 2 * se
    if indicator.is_share:
        low, high = max(0.004, low), min(0.996, high)
    deff = draw.uniform(0.9, 2.1)
    return {"n": n, "units": n, "value": value, "se": se, "df": n - 1, "low": low, "high": high, "deff": deff,
            "n_effective": n / deff, "status": "published", "reason": None}  # fmt: skip


def _submissions(schemas: Schemas) -> Iterator[dict[str, Any]]:
    draw = random.Random(7)
    number = 0
    for name, initiative in sorted(schemas.initiatives.items()):
        for instrument in initiative.instruments:
            monthly = instrument == "cafe-monthly"
            for place, organisation in enumerate(initiative.organisations):
                for period in ("2025-01", "2025-02") if monthly else ("2025",):
                    number += 1
                    rows = draw.randint(8, 40) if monthly else draw.randint(60, 240)
                    aside = draw.choice([0, 0, 1, 3, 7])
                    status = "superseded" if (place, instrument) == (1, "cafe-residents") else "current"
                    yield {
                        "submission": f"s{number:04d}", "initiative": name, "instrument": instrument, "version": 1,
                        "organisation": organisation, "period": period,
                        "received_at": f"2026-01-{5 + number % 20:02d}T09:{number:02d}:00+01:00", "sha256": "a" * 64,
                        "table_sha256": "b" * 64, "rows_in": rows, "accepted": rows - aside, "set_aside": aside,
                        "blocking": aside, "to_check": draw.randint(0, 9), "corrected": draw.randint(0, 60),
                        "status": status,
                    }  # fmt: skip
    yield {"submission": "s9999", "initiative": "ptce-sud-archer", "instrument": "ptce-quarterly", "version": 1,
           "organisation": "pole-demo-archer", "period": "2023", "received_at": "2026-01-30T10:00:00+01:00",
           "sha256": "c" * 64, "status": "withdrawn"}  # fmt: skip


FINDINGS = [
    ("number-read", "corrected", "weight", "Nombre lu à la française", "Number read the French way", 60),
    ("out-of-range", "to-check", "age", "Valeur hors des bornes", "Value out of range", 5),
    ("required", "blocking", "commune", "Case obligatoire vide", "Required cell left empty", 4),
    ("not-in-list", "blocking", "situation", "Réponse absente de la liste", "Answer not in the list", 3),
    ("duplicate-row", "to-check", None, "Ligne en double", "Duplicate row", 2),
]


def _quality(schemas: Schemas) -> Iterator[dict[str, Any]]:
    draw = random.Random(3)
    for submission in _submissions(schemas):
        for code, level, field, fr, en, most in FINDINGS:
            cells = draw.randint(0, most)
            if cells and "rows_in" in submission and not (level == "blocking" and not submission["set_aside"]):
                yield {"submission": submission["submission"], "code": code, "level": level, "field": field,
                       "cells": cells, "title_fr": fr, "title_en": en}  # fmt: skip


def _lineage(schemas: Schemas) -> Iterator[dict[str, Any]]:
    for submission in _submissions(schemas):
        if submission["status"] == "current":
            for name, indicator in sorted(schemas.indicators.items()):
                if indicator.instrument == submission["instrument"]:
                    yield {"indicator": name, "initiative": submission["initiative"],
                           "submission": submission["submission"], "records": submission["accepted"]}  # fmt: skip
