"""The configuration for Decap CMS is made from the schema of manifests; what the editor writes is a manifest."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from contentsync.manifest.markdown import read_markdown
from contentsync.manifest.schema import KEYS, MANIFEST

FOLDER = Path(__file__).parents[1] / "examples" / "decap"
SAMPLES = {
    "name": "hello",
    "account": "acme",
    "video": "clip.mp4",
    "photos": ["1.jpg", "2.jpg"],
    "publish_at": "2030-01-01T09:00:00",
    "expires_at": "2030-01-02T09:00:00+01:00",
    "grace": "2h",
    "cover_at": "1.5s",
    "title": "Hello",
}


def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("decap_make", FOLDER / "make.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["decap_make"] = module
    spec.loader.exec_module(module)
    return module


def collections() -> list[dict[str, Any]]:
    told: dict[str, Any] = yaml.safe_load((FOLDER / "config.yml").read_text("utf-8"))
    return list(told["collections"])


def test_the_configuration_is_current() -> None:
    assert (FOLDER / "config.yml").read_text("utf-8") == make().config([]), "run: python examples/decap/make.py"


def test_each_key_of_a_manifest_is_a_field_or_left_out_on_purpose() -> None:
    fields = {field["name"] for one in collections() for field in one["fields"]} - {"body"}
    assert fields | make().LEFT_OUT == set(KEYS)


def test_privacy_is_chosen_and_never_preset() -> None:
    fields = [field for one in collections() for field in one["fields"] if field["name"] == "privacy"]
    assert len(fields) == 2
    assert [field["options"] for field in fields] == [["everyone", "friends", "followers", "only_me"]] * 2
    assert not [field for one in collections() for field in one["fields"] if "default" in field]


def test_accounts_may_be_a_choice() -> None:
    told = yaml.safe_load(make().config(["acme", "beta"]))
    field = next(field for field in told["collections"][0]["fields"] if field["name"] == "account")
    assert (field["widget"], field["options"]) == ("select", ["acme", "beta"])


@pytest.mark.parametrize("collection", collections(), ids=lambda one: one["name"])
def test_what_the_editor_writes_is_a_manifest(collection: dict[str, Any]) -> None:
    values = {field["name"]: sample(field) for field in collection["fields"] if field["name"] != "body"}
    text = f"---\n{yaml.safe_dump(values, sort_keys=False)}---\nHello\n\n#fyp\n"
    documents, problems = read_markdown(text.encode(), "hello.md")
    assert not problems and not documents[0].problems
    post = MANIFEST.validate_python(documents[0].value)
    assert post.caption == "Hello\n\n#fyp"


def sample(field: dict[str, Any]) -> Any:
    """A value that the field's widget takes."""
    if field["name"] in SAMPLES:
        value = SAMPLES[field["name"]]
        assert "pattern" not in field or re.search(field["pattern"][0], str(value)), field
        return value
    widget = field["widget"]
    if widget == "select":
        return field["options"] if field.get("multiple") else field["options"][0]
    return {"boolean": True, "number": 1}[widget]
