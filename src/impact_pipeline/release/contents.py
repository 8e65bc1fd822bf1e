"""What a release says of declared things and of received files: rows for the curated tables.

Declarations, submissions and kept checks come in; lists of plain rows go out, in the columns that `tables` declares.
Estimates and lineage do not pass here: they come from the engine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from impact_pipeline import geography
from impact_pipeline.declarations import Band, Indicator, Instrument, Reference, Schemas, Study, Text
from impact_pipeline.declarations.study import JUDGEMENTS
from impact_pipeline.landing import Submission
from impact_pipeline.renderings.codebook import codebook
from impact_pipeline.warehouse import StoredCheck
from impact_pipeline.words import LANGUAGES, Language, say

Row = dict[str, Any]
EVERYONE = Text(fr="Ensemble", en="Everyone")
NOT_STATED = Text(fr="Non renseigné", en="Not stated")
COUNTS = ("rows_in", "accepted", "set_aside", "blocking", "to_check", "corrected")
MISSING = "(missing)"  # the category that the measures give to units without one


def declared(schemas: Schemas) -> dict[str, list[Row]]:
    """Rows of every curated table that follows from declarations alone."""
    return {
        "initiative": list(_initiatives(schemas)),
        "instrument": [_instrument(schemas, instrument) for instrument in schemas.instruments],
        "field": [_as_row(entry) for entry in codebook(schemas)],
        "code": list(_codes(schemas)),
        "scale": list(_scores(schemas)),
        "study": [_study(schemas, item) for _, item in sorted(schemas.studies.items())],
        "indicator": [_indicator(schemas, item) for _, item in sorted(schemas.indicators.items())],
        "condition_set": [*_sets_of_sites(schemas), *_sets_of_studies(schemas)],
        "category": [
            row for name in sorted(schemas.versions) for row in _categories(schemas, schemas.instrument(name))
        ],
    }


def communes(schemas: Schemas, estimates: Iterable[Row]) -> list[Row]:
    """Rows of `category` for the communes that a figure is told of, named: a list of all of them would be long."""
    shown: dict[tuple[str, str], set[str]] = {}
    for row in estimates:
        instrument = schemas.instrument(schemas.indicators[row["indicator"]].instrument)
        item = instrument.by_name.get(row["dimension"])
        if item is not None and item.type == "commune" and row["category"] != MISSING:
            shown.setdefault((instrument.instrument, item.name), set()).add(row["category"])
    found = []
    for (name, field), codes in sorted(shown.items()):
        instrument = schemas.instrument(name)
        for code in sorted(codes):
            place = geography.commune(code)
            told = f"{place.name} ({code})" if place is not None else code
            label = Text(fr=told, en=told)
            found.append(_category(instrument, field, instrument.by_name[field].label, code, 0, label))
    return found


def received(submissions: Iterable[Submission], checks: Mapping[str, StoredCheck]) -> dict[str, list[Row]]:
    """Rows of `submission` and `quality`; counts are missing for files superseded before they were checked."""
    files, quality = [], []
    for item in submissions:
        check = checks.get(item.submission)
        counts = {} if check is None else check.summary
        files.append({
            "submission": item.submission, "initiative": item.key.initiative, "instrument": item.key.instrument,
            "version": item.version, "organisation": item.key.organisation, "period": item.key.period,
            "received_at": item.received_at.isoformat(timespec="seconds"), "sha256": item.sha256,
            "table_sha256": item.table_sha256, "status": item.status,
            **{name: counts.get(name) for name in COUNTS},
        })  # fmt: skip
        for (code, level, field), cells in check.counts.items() if check is not None else ():
            titles = {f"title_{lang}": say(f"finding.{code}.title", lang) for lang in ("fr", "en")}
            quality.append({
                "submission": item.submission, "code": code, "level": str(level), "field": field or "",
                "cells": cells, **titles,
            })  # fmt: skip
    return {"submission": files, "quality": quality}


def _both(name: str, text: Text | None) -> Row:
    return {f"{name}_fr": text.fr if text else None, f"{name}_en": text.en if text else None}


def _as_row(entry: Any) -> Row:
    return dataclasses.asdict(entry)


def _initiatives(schemas: Schemas) -> Iterator[Row]:
    themes = {theme.name: theme.label for theme in schemas.programme.themes}
    for name, item in sorted(schemas.initiatives.items()):
        yield {
            "initiative": name, **_both("name", item.name), **_both("description", item.description),
            "theme": item.theme, **_both("theme", themes[item.theme]), "organisations": "; ".join(item.organisations),
            "territories": "; ".join(item.territories), "start": item.start,
        }  # fmt: skip


def _instrument(schemas: Schemas, item: Instrument) -> Row:
    return {
        "instrument": item.instrument, "version": item.version, "kind": item.kind, "unit_type": item.unit_type,
        **_both("title", item.title), "key": "; ".join(item.key), "layout": item.layout,
        "mode": str(item.mode) if item.mode else None,
        "reworded": "; ".join(item.reworded) or None, "weight": item.design.weight,
        "stratum": item.design.stratum, "psu": item.design.psu or item.unit_field,
        "sha256": schemas.hashes[f"instruments/{item}.yaml"],
    }  # fmt: skip


def _codes(schemas: Schemas) -> Iterator[Row]:
    for name, codelist in sorted(schemas.codelists.items()):
        for position, item in enumerate(codelist.codes, start=1):
            yield {"codelist": name, "position": position, "code": item.code, **_both("label", item.label)}


def _scores(schemas: Schemas) -> Iterator[Row]:
    for name, scale in sorted(schemas.scales.items()):
        for score in scale.scores:
            yield {
                "scale": name, "score": score.name, **_both("title", scale.title), **_both("label", score.label),
                **_both("construct", scale.construct_), **_both("recall", scale.recall),
                "items": "; ".join(score.items),
                "method": score.method, "add": score.add, "multiply": score.multiply,
                "missing_allowed": score.missing_allowed, "missing_as": score.missing_as,
                "minimum": score.range[0], "maximum": score.range[1], "polarity": score.polarity,
                "relevant_change": score.relevant_change, "bands": _bands(score.bands),
                "other_bands": " | ".join(f"{other}: {_bands(b)}" for other, b in sorted(score.other_bands.items())),
                **_both("terms", scale.licence.terms), "holder": scale.licence.holder,
                "registration_required": scale.licence.registration_required,
                "reference": "; ".join(map(_cited, scale.references)),
                "french_validation": _cited(scale.french_validation) if scale.french_validation else None,
                **_both("mode_note", scale.mode_note), **_both("notes", scale.notes),
            }  # fmt: skip


def _bands(bands: Sequence[Band]) -> str:
    return "; ".join(f"{b.range[0]:g}–{b.range[1]:g} {b.label.fr} / {b.label.en} ({b.source})" for b in bands)


def _cited(reference: Reference) -> str:
    return reference.citation + (f" doi:{reference.doi}" if reference.doi else "")


def _indicator(schemas: Schemas, item: Indicator) -> Row:
    return {
        "indicator": item.indicator, "instrument": item.instrument, "estimator": item.estimator,
        "value": item.value.text, "base": item.base.text if item.base else None,
        "among": item.among.text if item.among else None,
        "bridges_fr": _bridges(item, "fr"), "bridges_en": _bridges(item, "en"),
        "wave_from": item.waves.from_ if item.waves else None, "wave_to": item.waves.to if item.waves else None,
        "reliable_way": item.reliable.way if item.reliable else None,
        "retest": item.reliable.retest if item.reliable else None,
        "probability": item.probability, "is_share": item.is_share, "unit": item.unit, "decimals": item.decimals,
        "polarity": item.polarity, "theme": item.theme, "oecd": item.frameworks.oecd, "sdg": item.frameworks.sdg,
        **_both("label", item.label), **_both("description", item.description),
        "reference": item.reference.citation if item.reference else None,
        "sha256": schemas.hash_of(item),
    }  # fmt: skip


def _study(schemas: Schemas, item: Study) -> Row:
    signed = {name: getattr(item.judgements, name) for name in JUDGEMENTS}
    return {
        "study": item.study, **_both("title", item.title), **_both("question", item.question),
        "initiative": item.initiative, "instrument": item.instrument, "design": item.design,
        "mechanism": item.assignment.mechanism, "cluster": item.cluster,
        "treatment": item.treatment.text if item.treatment else None, **_both("comparison", item.comparison),
        "covariates": "; ".join(told.text for told in item.covariates),
        "moderators": "; ".join(told.name for told in item.moderators),
        **item.delivery.model_dump(), "plan": item.plan, "sha256": schemas.hashes[f"studies/{item.study}.yaml"],
        "judgements": "; ".join(
            f"{name}: {told.judged} ({told.by}, {told.on})" for name, told in signed.items() if told is not None
        ),
    }  # fmt: skip


def _sets_of_sites(schemas: Schemas) -> Iterator[Row]:
    """The outcome, then the conditions, of each comparison of sites."""
    for name, item in sorted(schemas.conditions.items()):
        for position, told in enumerate((item.outcome, *item.conditions)):
            source = Text(fr=told.anchors.source, en=told.anchors.source)
            wanted = {True: "present", False: "absent", None: "unknown"}[getattr(told, "expected", None)]
            yield {
                "analysis": name, "compared": "sites", "position": position, "name": told.name,
                **_both("label", told.label), "indicator": told.indicator,
                **_anchors(told.anchors, source, wanted if position else None),
            }  # fmt: skip


def _sets_of_studies(schemas: Schemas) -> Iterator[Row]:
    """Success, then the conditions, of each synthesis that compares its studies by them."""
    for name, item in sorted(schemas.syntheses.items()):
        if item.conditions is None:
            continue
        labels = {moderator.name: moderator.label for moderator in item.moderators}
        success = item.conditions.success
        bare: Row = {"analysis": name, "compared": "studies", "indicator": None}
        yield {**bare, "position": 0, "name": "success", **_both("label", item.outcome),
               **_anchors(success, success.source, None)}  # fmt: skip
        for position, told in enumerate(item.conditions.sets, start=1):
            yield {**bare, "position": position, "name": told.moderator, **_both("label", labels[told.moderator]),
                   **_anchors(told, told.source, told.expected)}  # fmt: skip


def _anchors(told: Any, source: Text, expected: str | None) -> Row:
    return {
        "exclusion": told.exclusion, "crossover": told.crossover, "inclusion": told.inclusion,
        **_both("source", source), "expected": expected,
    }  # fmt: skip


def _bridges(item: Indicator, language: Language) -> str | None:
    return "; ".join(f"{bridge.across}: {bridge.evidence[language]}" for bridge in item.bridges) or None


def _categories(schemas: Schemas, instrument: Instrument) -> Iterator[Row]:
    """Labels of the waves and of every breakdown that an indicator of the instrument uses."""
    used = dict.fromkeys(name for item in schemas.indicators_of(instrument) for name in item.by)
    yield _category(instrument, "all", EVERYONE, "all", 1, EVERYONE)
    if instrument.wave_field is not None:
        yield from _of_field(schemas, instrument, "wave", instrument.wave_field)
    dimensions = {dimension.name: dimension for dimension in instrument.dimensions}
    for name in used:
        if name in dimensions:
            dimension = dimensions[name]
            if dimension.level is None:
                yield from _of_codes(schemas, instrument, name, dimension.label, dimension.codes)
            else:
                yield from _of_areas(instrument, name, dimension.label, dimension.level)
        else:
            yield from _of_field(schemas, instrument, name, name)


def _of_field(schemas: Schemas, instrument: Instrument, name: str, field: str) -> Iterator[Row]:
    declared_field = instrument.by_name[field]
    if declared_field.type == "boolean":
        yield _category(instrument, name, declared_field.label, "true", 1, Text(fr="Oui", en="Yes"))
        yield _category(instrument, name, declared_field.label, "false", 2, Text(fr="Non", en="No"))
        yield _category(instrument, name, declared_field.label, MISSING, 3, NOT_STATED)
        return
    yield from _of_codes(schemas, instrument, name, declared_field.label, declared_field.codes)


def _of_codes(schemas: Schemas, instrument: Instrument, name: str, label: Text, codes: str | None) -> Iterator[Row]:
    items = schemas.codelist(codes).codes if codes else ()
    for position, item in enumerate(items, start=1):
        yield _category(instrument, name, label, item.code, position, item.label)
    yield _category(instrument, name, label, MISSING, len(items) + 1, NOT_STATED)


def _of_areas(instrument: Instrument, name: str, label: Text, level: str) -> Iterator[Row]:
    """What communes are grouped by: areas under their own names, bands of inhabitants in words."""
    codes = geography.area_codes(level)
    for position, code in enumerate(codes, start=1):
        if level == "population":
            told = {language: say(f"geography.band.{code}", language) for language in LANGUAGES}
        else:
            told = dict.fromkeys(LANGUAGES, geography.area_name(level, code))
        yield _category(instrument, name, label, code, position, Text(fr=told["fr"], en=told["en"]))
    yield _category(instrument, name, label, MISSING, len(codes) + 1, NOT_STATED)


def _category(instrument: Instrument, name: str, label: Text, code: str, position: int, of_code: Text) -> Row:
    return {
        "instrument": instrument.instrument, "dimension": name, "category": code, "position": position,
        **_both("dimension", label), **_both("label", of_code),
    }  # fmt: skip
