"""Do the JSON Schemas in `schemas/` say what the code takes?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contentsync.manifest.scalars import Plain
from contentsync.manifest.source import read_yaml
from contentsync.operations.schemas import DIALECT, schemas_as_json
from contentsync.plan import planfile
from tests.manifest.projects import PROJECT
from tests.manifest.test_hostile_manifests import SHAPE
from tests.manifest.test_manifest_rules import GOOD, WHOLE
from tests.manifest.test_project_file import WHOLE as WHOLE_PROJECT
from tests.plan.test_planfile import a_plan

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


@pytest.mark.slow
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


def test_what_plan_writes_fits_the_published_schema_and_names_no_key_beside_it() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(schemas_as_json()["plan.schema.json"])
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = part.get("additionalProperties", False)  # nothing is written that it lacks
    jsonschema.Draft202012Validator(schema).validate(planfile.as_json(a_plan(), "1.0"))
