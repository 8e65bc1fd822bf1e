"""From the tables of a release to its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from impact_pipeline.report.curated import Curated
from impact_pipeline.report.page import page
from impact_pipeline.words import Language


def render(tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], language: Language) -> str:
    """The page of a release in one language: the same tables and manifest give the same text.

    `tables` are the curated tables by name; `manifest` has at least `version`, `created_at`, `programme` and `counts`.
    Links are relative to the `report` folder of a release.
    """
    environment = Environment(
        loader=PackageLoader("impact_pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    curated = Curated(tables, language)
    return environment.get_template("page.html").render(say=curated.say, **page(curated, manifest))
