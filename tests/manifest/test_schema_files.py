"""Do the JSON Schemas in `schemas/` say what the code takes?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contentsync.manifest.plan_schema import PLAN
from contentsync.manifest.scalars import Plain
from contentsync.manifest.schema_files import DIALECT, schemas_as_json
from contentsync.manifest.source import read_yaml
from tests.manifest.projects import PROJECT
from tests.manifest.test_hostile_manifests import SHAPE
from tests.manifest.test_manifest_rules import GOOD, WHOLE
from tests.manifest.test_project_file import WHOLE as WHOLE_PROJECT

FOLDER = Path(__file__).parent.parent.parent / "schemas"
NAMES = ["plan.schema.json", "post.schema.json", "project.schema.json"]
ONLY_OURS = {  # a pattern can't say them, or not alike in each dialect of patterns
    "a day that does not exist",
    "an hour that does not exist",
    "an offset that does not exist",
    "the year 9999",
    "no duration at all",
    "a duration of ages",
    "a number of 5,000 digits",
    "a name with a newline",
}
PLAIN_PLAN: dict[str, Any] = {
    "format": "contentsync.plan/1",
    "created_at": "2026-03-01T12:00:00Z",
    "expires_at": "2026-03-02T12:00:00Z",
    "tool_version": "0.1.0",
    "state": {"lineage": "abc", "serial": 3},
    "accounts": {
        "acme": {
            "open_id": None,
            "nickname": "Acme",
            "username": "acme",
            "privacy": ["everyone", "only_me"],
            "quota": {"posts_left": 15, "drafts_left": None},
        }
    },
    "actions": [
        {
            "post": "acme/launch",
            "action": "create",
            "reason": "new",
            "where": "posts/launch.yaml:1:1",
            "mode": "direct",
            "due_at": None,
            "not_sent": [],
            "changes": [],
            "media": [{"path": "posts/v.mp4", "url": None, "sha256": "0" * 64, "bytes": 7, "facts": None}],
            "problems": [{"code": "many-hashtags", "what": "x", "hint": "", "where": None}],
        }
    ],
    "summary": {"create": 1},
    "digest": "sha256:" + "0" * 64,
}


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == schemas_as_json()[name]


def test_there_are_no_others() -> None:
    assert sorted(schemas_as_json()) == NAMES
    assert sorted(path.name for path in FOLDER.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_names_itself_and_describes_every_key(name: str) -> None:
    schema = json.loads(schemas_as_json()[name])
    assert schema["$schema"] == DIALECT
    assert schema["$id"].startswith("urn:contentsync:schema:")
    shapes = [schema, *schema["$defs"].values()]
    bare = [
        key
        for shape in shapes
        for key, value in shape.get("properties", {}).items()
        if not value.keys() & {"description", "$ref"}
    ]
    assert set(bare) <= {"container", "codec"}


def as_yaml_1_2(value: Any) -> Any:
    """The value as an editor reads it: switches and numbers by the look of a scalar without quotes."""
    if isinstance(value, dict):
        return {key: as_yaml_1_2(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_yaml_1_2(item) for item in value]
    if isinstance(value, Plain) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return (
        int(value, 0) if isinstance(value, Plain) and value.lstrip("-").replace("0o", "0").isdigit() else str(value)
    )


def faults(name: str, text: str | bytes) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    data = text.encode() if isinstance(text, str) else text
    document = read_yaml(data, "a.yaml")[0][0]
    schema = json.loads(schemas_as_json()[name])
    checker = jsonschema.Draft202012Validator(schema)
    checker.check_schema(schema)
    return [error.message for error in checker.iter_errors(as_yaml_1_2(document.value))]


@pytest.mark.parametrize("text", [*GOOD.values(), WHOLE])
def test_a_good_manifest_fits_the_schema(text: str) -> None:
    assert faults("post.schema.json", text) == []


@pytest.mark.parametrize("case", SHAPE)
def test_a_manifest_of_the_wrong_shape_does_not_fit_the_schema(case: str) -> None:
    if case not in ONLY_OURS:
        assert faults("post.schema.json", SHAPE[case][0])


@pytest.mark.parametrize("text", [PROJECT, WHOLE_PROJECT.replace("${", "$(")])
def test_a_good_project_fits_the_schema(text: str) -> None:
    assert faults("project.schema.json", text) == []


@pytest.mark.parametrize("text", ["acounts: {}\n", "defaults: {privacy: everyone}\n", "version: 2\n"])
def test_a_bad_project_does_not_fit_the_schema(text: str) -> None:
    assert faults("project.schema.json", text)


def test_a_plan_fits_its_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(schemas_as_json()["plan.schema.json"])
    jsonschema.Draft202012Validator(schema).validate(PLAIN_PLAN)
    assert PLAN.validate_python(PLAIN_PLAN).actions[0].post == "acme/launch"
