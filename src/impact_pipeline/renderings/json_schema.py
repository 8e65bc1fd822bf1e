"""JSON Schemas of the declarations: editors complete and check the YAML with them.

Nothing comes in but the models; one schema a kind of declaration goes out. What needs several files at once (a name
that another file must declare) is beyond a JSON Schema: the loader checks it.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from impact_pipeline.declarations import MODELS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each kind of declaration (`programme`, `instrument`...), by kind."""
    return {
        kind: {"$schema": DIALECT} | model.model_json_schema(schema_generator=_WithoutTitles)
        for kind, model in MODELS.items()
    }


class _WithoutTitles(GenerateJsonSchema):
    """Leaves out the title that pydantic makes of each key: the key says it already."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False
