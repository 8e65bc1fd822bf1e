"""What the page says of impact: each study with its effects and its evidence, each synthesis, each target.

Curated rows come in; words, figures as they are written, and SVG go out. Nothing is computed: where a figure is not
there, the reason is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from impact_pipeline.report.charts import Frame
from impact_pipeline.report.costs import costs
from impact_pipeline.report.curated import Curated, Row
from impact_pipeline.report.evidence import evidence
from impact_pipeline.report.forest import Line, draw_forest, reach

PERCENT = "percent"  # a unit whose figures are shares: told as points, a hundredth each
MOST_DECIMALS = 4
BASELINE = "baseline"  # the outcome itself before, among the variables of a balance table


def impact(curated: Curated) -> dict[str, Any]:
    """`studies`, `syntheses` and `targets`, each a list; empty where the programme declares none."""
    studies = [_study(curated, row) for row in curated.rows("study")]
    questions = dict.fromkeys(row["question"] for row in curated.rows("synthesis"))
    return {
        "studies": studies,
        "syntheses": [_synthesis(curated, name) for name in questions],
        "targets": [_target(curated, row) for row in curated.rows("target")],
    }


def _study(curated: Curated, study: Row) -> dict[str, Any]:
    effects = curated.rows("effect", study=study["study"])
    answers = sorted((row for row in effects if row["is_main"]), key=lambda row: row["role"] != "primary")
    cautions = dict.fromkeys(code for row in answers for code in str(row["cautions"] or "").split())
    return {
        "name": f"study--{study['study']}",
        "title": curated.text(study, "title"),
        "question": curated.text(study, "question"),
        "initiative": curated.text(curated.initiatives[study["initiative"]], "name"),
        "design": curated.say_code("study.design", study["design"]),
        "comparison": curated.text(study, "comparison"),
        "declared": curated.say_code("report.study.declared", next((row["declared"] for row in answers), None)),
        "answers": [_answer(curated, row) for row in answers],
        "others": [_answer(curated, row) for row in effects if not row["is_main"]],
        "chart": _chart(curated, study, answers),
        "cautions": [
            *(curated.say_code("effect.caution", code) for code in cautions),
            *(told for row in answers for told in _undone_by(curated, row)),
        ],
        **evidence(curated, study),
        **costs(curated, study),
        "moderators": [_moderator(curated, row, study) for row in curated.rows("moderator", study=study["study"])],
        "balance": [_balance(curated, row, study) for row in curated.rows("balance", study=study["study"])],
        "attrition": [_attrition(curated, row, study) for row in curated.rows("attrition", study=study["study"])],
    }


def _answer(curated: Curated, row: Row) -> dict[str, Any]:
    told = row["status"] == "published"
    number = curated.typography.number
    return {
        "outcome": curated.text(row, "label"),
        "wave": _wave(curated, row),
        "estimator": curated.say_code("report.study.estimator", row["estimator"]),
        "published": told,
        "effect": figure(curated, row["effect"], row["se"], row["unit"]) if told else "",
        "interval": _interval(curated, row) if told else "",
        "unit": _unit(curated, row["unit"]),
        "verdict": _verdict(curated, row) if told else _reason(curated, row["reason"]),
        "p": curated.p_value(row["p"]),
        "p_adjusted": curated.p_value(row["p_adjusted"]),
        "g": "–" if row["g"] is None else _two(curated, row["g"], row["g_low"], row["g_high"]),
        "n": _counts(curated, row["n_treated"], row["n_control"]),
        "clusters": _counts(curated, row["clusters_treated"], row["clusters_control"]),
        "is_primary": row["role"] == "primary",
        "level": "" if row["evidence_level"] is None else number(row["evidence_level"]),
        "ceiling": "" if row["evidence_ceiling"] is None else number(row["evidence_ceiling"]),
        "nesta": "" if row["nesta_level"] is None else number(row["nesta_level"]),
        "certainty": curated.say_code("report.study.certainty", row["certainty"]) if row["certainty"] else "",
        "labels": [curated.say_code("report.study.label", code) for code in str(row["labels"] or "").split()],
    }


def _verdict(curated: Curated, row: Row) -> str:
    """Whether the effect is told from zero, which way it goes, and what the study could have seen where it is not."""
    if row["low"] is None or row["high"] is None:
        return curated.say("report.study.no_interval")
    if row["low"] <= 0 <= row["high"]:
        if row["mde"] is None:
            return curated.say("report.study.null")
        least = figure(curated, row["mde"], row["se"], row["unit"], signed=False)
        return curated.say("report.study.null.mde", mde=f"{least} {_unit(curated, row['unit'])}".strip())
    is_rise = row["effect"] > 0
    if row["polarity"] == "neutral":
        return curated.say("report.study.higher" if is_rise else "report.study.lower")
    better = is_rise == (row["polarity"] == "higher-is-better")
    return curated.say("report.study.better" if better else "report.study.worse")


def _undone_by(curated: Curated, row: Row) -> Iterator[str]:
    """How strong what was not measured would have to be to undo an effect that is told from zero."""
    if row["low"] is None or row["high"] is None or row["low"] <= 0 <= row["high"]:
        return
    outcome = " – ".join(filter(None, (curated.text(row, "label"), _wave(curated, row))))
    number = curated.typography.number
    if row["e_value"] is not None:
        needed, limit = (number(row[name], 1) for name in ("e_value", "e_value_limit"))
        yield curated.say("report.study.e_value", outcome=outcome, needed=needed, limit=limit)
    if row["robustness_value"] is not None:
        share = curated.typography.percent(row["robustness_value"], 1)
        yield curated.say("report.study.robustness_value", outcome=outcome, share=share)


def figure(curated: Curated, value: float | None, error: float | None, unit: str | None, *, signed: bool = True) -> str:
    """A figure with the decimals that its error leaves meaningful: two digits of the error."""
    if value is None:
        return "–"
    factor = 100 if unit == PERCENT else 1
    spread = abs(error or value) * factor
    decimals = 2 if spread == 0 else min(max(1 - math.floor(math.log10(spread)), 0), MOST_DECIMALS)
    return curated.typography.number(value * factor, decimals, signed=signed)


def _interval(curated: Curated, row: Row) -> str:
    if row["low"] is None or row["high"] is None:
        return ""
    low, high = (figure(curated, row[end], row["se"], row["unit"]) for end in ("low", "high"))
    return curated.say("report.interval", low=low, high=high)


def _two(curated: Curated, value: float, low: float | None, high: float | None) -> str:
    """A standardised figure with its interval, two decimals each."""
    number = curated.typography.number
    told = number(value, 2, signed=True)
    if low is None or high is None:
        return told
    return f"{told} {curated.say('report.interval', low=number(low, 2), high=number(high, 2))}"


def _unit(curated: Curated, unit: str | None) -> str:
    return curated.say("report.study.percentage_points") if unit == PERCENT else curated.unit(unit)


def _counts(curated: Curated, treated: int | None, control: int | None) -> str:
    return " / ".join("–" if n is None else curated.typography.number(n) for n in (treated, control))


def _wave(curated: Curated, row: Row) -> str:
    study = next(iter(curated.rows("study", study=row["study"])), None)
    return curated.wave(study["instrument"], row["wave"]) if study is not None and row["wave"] else ""


def _reason(curated: Curated, reason: str | None) -> str:
    """Why there is no figure: a reason of effects, or one that every figure may have."""
    told = curated.say_code("effect.refused", reason)
    return told if told != (reason or "") else curated.say_code("report.reason", reason)


def _outcome(curated: Curated, study: Row, name: str) -> Row:
    """A row of `effect` that tells of the outcome: its label and its unit."""
    return curated.rows("effect", study=study["study"], outcome=name)[0]


def _moderator(curated: Curated, row: Row, study: Row) -> dict[str, Any]:
    outcome = _outcome(curated, study, row["outcome"])
    told, unit = row["status"] == "published", outcome["unit"]
    effect = f"{figure(curated, row['effect'], row['se'], unit)} {_unit(curated, unit)}".strip()
    return {
        "outcome": curated.text(outcome, "label"), "moderator": curated.text(row, "label"),
        "level": curated.say("report.study.interaction") if row["kind"] == "interaction"
        else curated.choice(study["instrument"], str(row["level"])),
        "effect": effect if told else "–",
        "interval": _interval(curated, {**row, "unit": unit}) if told else _reason(curated, row["reason"]),
        "p_adjusted": curated.p_value(row["p_adjusted"]), "n": _counts(curated, row["n_treated"], row["n_control"]),
    }  # fmt: skip


def _balance(curated: Curated, row: Row, study: Row) -> dict[str, Any]:
    number = curated.typography.number
    return {
        "outcome": curated.text(_outcome(curated, study, row["outcome"]), "label"),
        "variable": curated.say("report.study.baseline") if row["variable"] == BASELINE
        else curated.question(study["instrument"], row["variable"]),
        "adjusted": curated.say("report.study.adjusted" if row["adjusted"] else "report.study.unadjusted"),
        **{name: "–" if row[name] is None else number(row[name], 2) for name in
           ("mean_treated", "mean_control", "smd", "variance_ratio")},
    }  # fmt: skip


def _attrition(curated: Curated, row: Row, study: Row) -> dict[str, Any]:
    number, outcome = curated.typography.number, _outcome(curated, study, row["outcome"])
    return {
        "outcome": curated.text(outcome, "label"),
        "arm": curated.say_code("report.study.arm", row["arm"]),
        "assigned": "–" if row["assigned"] is None else number(row["assigned"]),
        "analysed": "–" if row["analysed"] is None else number(row["analysed"]),
        "rate": "–" if row["rate"] is None else curated.typography.percent(row["rate"], 1),
        "bounds": _lee(curated, row, outcome["unit"]),
    }


def _lee(curated: Curated, row: Row, unit: str | None) -> str:
    """What the effect could be if those who left had done as well, or as badly, as can be."""
    if row["lee_low"] is None or row["lee_high"] is None:
        return ""
    low, high = (figure(curated, row[end], None, unit) for end in ("lee_low", "lee_high"))
    return f"{curated.say('report.interval', low=low, high=high)} {_unit(curated, unit)}".strip()


def _chart(curated: Curated, study: Row, answers: Sequence[Row]) -> str:
    """Standardised effects of all answers; empty where none has one."""
    lines = [
        Line(
            " – ".join(filter(None, (curated.text(row, "label"), _wave(curated, row)))), row["g"], row["g_low"],
            row["g_high"], _two(curated, row["g"], row["g_low"], row["g_high"]),
        )
        for row in answers
        if row["status"] == "published" and row["g"] is not None
    ]  # fmt: skip
    if not lines:
        return ""
    title = curated.say("report.study.chart", study=curated.text(study, "title"))
    return draw_forest(lines, _frame(curated, f"study--{study['study']}", title, "report.study.g", lines))


def _frame(curated: Curated, identifier: str, title: str, unit: str, lines: Sequence[Line]) -> Frame:
    return Frame(
        identifier=f"{identifier}--forest", title=title, description=curated.say("report.forest.description"),
        unit=curated.say(unit), domain=reach(lines), zero_line=True, language=curated.language,
    )  # fmt: skip


def _synthesis(curated: Curated, question: str) -> dict[str, Any]:
    pools = curated.rows("synthesis", question=question, role="answer")
    shown = [row for row in curated.rows("synthesis_effect", question=question) if row["status"] != "set-aside"]
    first = pools[0]
    cautions = dict.fromkeys(code for row in pools for code in str(row["cautions"] or "").split())
    lines = [
        Line(str(row["label"]), row["effect"], row["low"], row["high"],
             _two(curated, row["effect"], row["low"], row["high"]), "effect", row["weight"])
        for row in shown
    ]  # fmt: skip
    for row in pools:
        if row["status"] == "published":
            lines += _pooled(curated, row)
    title = curated.text(first, "question")
    unit = f"report.synthesis.measure.{first['measure']}"
    return {
        "name": f"synthesis--{question}",
        "title": title,
        "outcome": curated.text(first, "outcome"),
        "pools": [_pool(curated, row) for row in pools],
        "chart": draw_forest(lines, _frame(curated, f"synthesis--{question}", title, unit, lines)) if shown else "",
        "aside": [
            {"label": row["label"], "reason": curated.say_code("synthesis.refused", row["reason"])}
            for row in curated.rows("synthesis_effect", question=question, status="set-aside")
        ],
        "cautions": [curated.say_code("synthesis.caution", code) for code in cautions],
        "moderators": [
            {"label": curated.text(row, "label"), "coefficient": figure(curated, row["coefficient"], row["se"], None),
             "p_adjusted": curated.p_value(row["p_adjusted"]),
             "verdict": curated.say_code("report.synthesis.verdict", row["verdict"]) if row["verdict"]
             else curated.say_code("synthesis.refused", row["reason"])}
            for row in curated.rows("synthesis_moderator", question=question)
        ],
    }  # fmt: skip


def _pooled(curated: Curated, row: Row) -> Iterator[Line]:
    name = curated.say(f"report.synthesis.pool.{row['source']}")
    told = _two(curated, row["effect"], row["low"], row["high"])
    yield Line(name, row["effect"], row["low"], row["high"], told, "pooled")
    if row["prediction_low"] is not None and row["prediction_high"] is not None:
        low, high = (curated.typography.number(row[end], 2) for end in ("prediction_low", "prediction_high"))
        label = curated.say("report.synthesis.prediction", pool=name)
        told = curated.say("report.interval", low=low, high=high)
        yield Line(label, None, row["prediction_low"], row["prediction_high"], told, "prediction")


def _pool(curated: Curated, row: Row) -> dict[str, Any]:
    number = curated.typography.number
    told = row["status"] == "published"
    return {
        "pool": curated.say(f"report.synthesis.pool.{row['source']}"),
        "published": told,
        "studies": number(row["studies"]),
        "k": number(row["k"]),
        "effect": _two(curated, row["effect"], row["low"], row["high"]) if told else "–",
        "prediction": "–" if not told or row["prediction_low"] is None else curated.say(
            "report.interval", low=number(row["prediction_low"], 2), high=number(row["prediction_high"], 2)
        ),
        "i2": "–" if not told or row["i2"] is None else curated.typography.percent(row["i2"] / 100),
        "reason": "" if told else curated.say_code("synthesis.refused", row["reason"]),
    }  # fmt: skip


def _target(curated: Curated, row: Row) -> dict[str, Any]:
    found = next(iter(curated.rows("projection", target=row["target"])), None)
    number = curated.typography.number
    told: dict[str, Any] = {
        "name": f"target--{row['target']}",
        "title": curated.text(row, "label"),
        "initiative": curated.text(curated.initiatives[row["initiative"]], "name"),
        "places": number(row["places"]), "inhabitants": number(row["inhabitants"]), "people": number(row["people"]),
        "sites": number(row["sites"]), "published": found is not None and found["status"] == "published",
        "reason": "", "facts": [],
    }  # fmt: skip
    if found is None:
        return told
    if found["generalisability"] is not None:
        told["facts"].append((curated.say("report.target.alike"), number(found["generalisability"], 2)))
        told["facts"].append((curated.say("report.target.outside"), curated.typography.percent(found["outside"])))
    if found["status"] != "published":
        return told | {"reason": curated.say_code("report.target.refused", found["reason"])}
    effect = _two(curated, found["effect"], found["prediction_low"], found["prediction_high"])
    told["facts"].append((curated.say("report.target.effect"), effect))
    for name, decimals in (("cost", 0), ("wellbys", 0), ("cost_per_wellby", 0), ("net_benefit", 0)):
        if found[name] is not None:
            ends = (found[f"{name}_low"], found[f"{name}_high"])
            written = number(found[name], decimals)
            if None not in ends:
                low, high = (number(end, decimals) for end in ends)
                written += f" {curated.say('report.interval', low=low, high=high)}"
            money = f" {found['currency']}" if name != "wellbys" else ""
            told["facts"].append((curated.say(f"report.target.{name}"), written + money))
    return told
