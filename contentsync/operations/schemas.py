"""What is in `schemas/`? The JSON Schemas of manifests, project and plan, for editors and other tools."""

from __future__ import annotations

import json
from typing import Any, Final

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ID: Final = "urn:contentsync:schema:{name}:1"


def schemas_as_json() -> dict[str, str]:
    """The text of each file in `schemas/`, by its name; always the same for the same contentsync."""
    from contentsync.manifest.fields import PlainSchema, UntitledSchema
    from contentsync.manifest.project_schema import PROJECT
    from contentsync.manifest.schema import MANIFEST
    from contentsync.plan.document import PlanDocument

    post = MANIFEST.json_schema(schema_generator=PlainSchema)
    project = PROJECT.json_schema(schema_generator=PlainSchema)
    plan = PlanDocument.model_json_schema(mode="serialization", schema_generator=UntitledSchema)
    return {
        "post.schema.json": _text("post", "A manifest of contentsync: one post", post),
        "project.schema.json": _text("project", "contentsync.yaml: the project", project),
        "plan.schema.json": _text("plan", "A plan of contentsync as JSON", plan),
    }


def _text(name: str, title: str, schema: dict[str, Any]) -> str:
    whole = {"$schema": DIALECT, "$id": _ID.format(name=name), **_plain(schema), "title": title}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """The same schema in one way of writing: some versions of pydantic wrap a lone reference in allOf, and some say
    that other keys are allowed, which a schema allows anyway."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    wrapped = value.get("allOf", ())
    if len(wrapped) == 1:
        value = {**wrapped[0], **{key: inner for key, inner in value.items() if key != "allOf"}}
    return {key: _plain(inner) for key, inner in value.items() if key != "additionalProperties" or inner is not True}
