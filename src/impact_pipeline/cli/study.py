"""`impact study`: declare the plan of a study, list studies, show one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from impact_pipeline.cli.context import home_of, in_words, language_of, schemas_of, utc_now
from impact_pipeline.cli.submissions import aligned
from impact_pipeline.words import Language, say

if TYPE_CHECKING:
    from impact_pipeline.declarations import Study
    from impact_pipeline.registration import Registered

study_app = typer.Typer(
    name="study", no_args_is_help=True, help="Impact studies: declare a plan before the data, list them, show one."
)
Lang = Annotated[str | None, typer.Option(help="fr or en; the programme's first language unless given.")]
HASH_SHOWN = 12


@study_app.command()
def declare(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The study, as its file in schemas/studies/ is named.")],
    lang: Lang = None,
) -> None:
    """Write the hash of a study's plan and the time of now into `schemas/studies.lock`, to be kept with the plan.

    A plan declared before the first follow-up data are received tells readers that the data did not shape it.
    """
    from impact_pipeline.registration import LOCK, register

    schemas = schemas_of(context)
    language = language_of(lang, schemas)
    with in_words(language):
        study = schemas.study(name)
        entry, is_new = register(study, home_of(context).schemas / LOCK, now=utc_now())
        key = "study.declared" if is_new else "study.already"
        typer.echo(say(key, language, study=name, plan=entry.plan[:HASH_SHOWN], at=_moment(entry.at)))


@study_app.command(name="list")
def list_(context: typer.Context, lang: Lang = None) -> None:
    """List the studies with their design, outcomes and the day on which their plan was declared."""
    from impact_pipeline.registration import LOCK, registered

    schemas = schemas_of(context)
    language = language_of(lang, schemas)
    if not schemas.studies:
        typer.echo(say("study.none", language))
        return
    known = registered(home_of(context).schemas / LOCK)
    rows = [[say(f"study.column.{name}", language) for name in ("study", "initiative", "design", "outcomes", "plan")]]
    rows += [
        [
            name, study.initiative, say(f"study.design.{study.design}", language), str(len(study.outcomes)),
            _plan(study, known.get(name, ()), language),
        ]
        for name, study in sorted(schemas.studies.items())
    ]  # fmt: skip
    for line in aligned(rows):
        typer.echo(line)


@study_app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The study, as its file in schemas/studies/ is named.")],
    lang: Lang = None,
) -> None:
    """Show a study: its question, how it is answered, when its plan was declared, and what nobody has signed yet."""
    from impact_pipeline.registration import LOCK, registered

    schemas = schemas_of(context)
    language = language_of(lang, schemas)
    with in_words(language):
        study = schemas.study(name)
        known = registered(home_of(context).schemas / LOCK)
        for line in _shown(study, known.get(name, ()), language):
            typer.echo(line)


def _shown(study: Study, known: tuple[Registered, ...], language: Language) -> Iterator[str]:
    from impact_pipeline.declarations.study import ESTIMATORS, JUDGEMENTS

    yield f"{study.title[language]} ({study.study})"
    yield study.question[language]
    yield ""
    estimators = study.estimators or ESTIMATORS[study.design][:1]
    told = {
        "initiative": study.initiative,
        "instrument": study.instrument,
        "design": say(f"study.design.{study.design}", language),
        "assignment": say(f"study.mechanism.{study.assignment.mechanism}", language),
        "comparison": study.comparison[language] if study.comparison else "-",
        "estimators": ", ".join(estimators),
        "covariates": ", ".join(item.text for item in study.covariates) or "-",
        "moderators": ", ".join(item.label[language] for item in study.moderators) or "-",
        "plan": _plan(study, known, language),
    }
    yield from aligned([[say(f"study.column.{key}", language), value] for key, value in told.items()])
    for outcome in study.outcomes:
        role = say(f"study.role.{outcome.role}", language)
        yield f"  {outcome.label[language]} ({role}): {outcome.value.text}"
    for judgement in JUDGEMENTS:
        signed = getattr(study.judgements, judgement)
        what = say(f"study.judgement.{judgement}", language)
        if signed is None:
            yield say("study.unsigned", language, what=what)
        else:
            verdict = say(f"study.judged.{signed.judged}", language)
            yield say("study.signed", language, what=what, verdict=verdict, by=signed.by, on=signed.on)


def _plan(study: Study, known: tuple[Registered, ...], language: Language) -> str:
    """When the plan of today was declared, or why it is not."""
    from impact_pipeline.registration import declared_at

    at = declared_at(study, {study.study: known})
    if at is not None:
        return _moment(at)
    return say("study.changed", language, at=_moment(known[-1].at)) if known else say("study.undeclared", language)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
