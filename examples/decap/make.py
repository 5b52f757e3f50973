"""Make config.yml for Decap CMS from the JSON Schema of manifests: `python examples/decap/make.py [--account NAME]…`.

Every key of a manifest is a field, with the schema's description as its hint and the schema's choices. Nothing has a
default that the schema does not have: privacy above all is chosen for each post.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parents[1] / "schemas" / "post.schema.json"
HEAD = """\
# Made from schemas/post.schema.json: python examples/decap/make.py renews it. See examples/README.md.
"""
LABELS = {
    "name": "Name",
    "account": "Account",
    "video": "Video",
    "cover_at": "Cover at",
    "mode": "What it does",
    "privacy": "Who may see it",
    "allow": "What viewers may do",
    "disclosure": "What it advertises",
    "ai_generated": "AI-generated",
    "publish_at": "Publish at",
    "grace": "Grace",
    "expires_at": "Expires at",
    "hold": "Hold",
    "generation": "Generation",
    "photos": "Photos",
    "title": "Title",
    "auto_music": "Add music",
    "cover": "Cover",
}
#: Keys that a person does not write in an editor: made by import, for renames, or in another form.
LEFT_OUT = {"accounts", "post_id", "moved_from", "caption"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--account", action="append", default=[], help="an account of the project; repeatable")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where config.yml is not current")
    given = parser.parse_args()
    made = config(given.account)
    path = HERE / "config.yml"
    if given.check:
        return int(path.read_text("utf-8") != made)
    path.write_text(made, "utf-8")
    return 0


def config(accounts: list[str]) -> str:
    """The text of config.yml."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    shapes = {name: shape for name, shape in schema["$defs"].items() if name in ("VideoPost", "PhotosPost")}
    told = {
        "backend": {"name": "github", "repo": "OWNER/REPOSITORY", "branch": "main"},
        "publish_mode": "editorial_workflow",
        "media_folder": "posts/media",
        "collections": [
            _collection("videos", "Video", shapes["VideoPost"], schema, accounts),
            _collection("photos", "Photo post", shapes["PhotosPost"], schema, accounts),
        ],
    }
    return HEAD + yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110)


def _collection(
    name: str, label: str, shape: dict[str, Any], schema: dict[str, Any], accounts: list[str]
) -> dict[str, Any]:
    """Entries of one kind: Markdown manifests, each in a folder of its own beside its media."""
    required = set(shape["required"]) | {"account"}
    fields = [
        _field(key, inner, schema, accounts, is_required=key in required)
        for key, inner in shape["properties"].items()
        if key not in LEFT_OUT
    ]
    caption = {
        "name": "body",
        "label": "Caption",
        "widget": "text",
        "required": False,
        "hint": shape["properties"]["caption"]["description"],
    }
    return {
        "name": name,
        "label": label,
        "folder": f"posts/{name}",
        "path": "{{slug}}/{{slug}}",
        "slug": "{{fields.name}}",
        "identifier_field": "name",
        "media_folder": "",  # beside the entry: a manifest names only files beside or below it
        "public_folder": "",
        "create": True,
        "extension": "md",
        "format": "yaml-frontmatter",
        "fields": [*fields, caption],
    }


def _field(
    key: str, inner: dict[str, Any], schema: dict[str, Any], accounts: list[str], *, is_required: bool
) -> dict[str, Any]:
    inner = _plain(inner, schema)
    field = {"name": key, "label": LABELS[key], "required": is_required, "hint": inner.get("description", "")}
    if key == "account" and accounts:
        return field | {"widget": "select", "options": accounts}
    if key == "video":
        return field | {"widget": "file", "choose_url": True}
    if key == "photos":
        item = {"name": "photo", "label": "Photo", "widget": "image", "choose_url": True}
        return field | {"widget": "list", "field": item, "min": 1, "max": 35}
    return field | _widget(inner)


def _widget(inner: dict[str, Any]) -> dict[str, Any]:
    """How a value is asked for, by its schema."""
    kind = inner.get("type")
    if "enum" in inner:
        return {"widget": "select", "options": inner["enum"]}
    if kind == "array":
        return {"widget": "select", "multiple": True, "options": inner["items"]["enum"]}
    if kind == "boolean":
        return {"widget": "boolean"}
    if kind == "integer":
        return {"widget": "number", "value_type": "int", "min": inner.get("minimum", 0)}
    pattern = inner.get("pattern") or _joined(inner.get("anyOf", ()))
    return {"widget": "string", **({"pattern": [pattern, inner.get("description", "")[:80]]} if pattern else {})}


def _joined(options: Any) -> str:
    """One pattern for a text that is a constant or fits a pattern."""
    told = [f"^{one['const']}$" if "const" in one else one.get("pattern", "") for one in options]
    return "|".join(filter(None, told))


def _plain(inner: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to in its place."""
    if "$ref" not in inner:
        return inner
    return {**schema["$defs"][inner["$ref"].rpartition("/")[2]], **{k: v for k, v in inner.items() if k != "$ref"}}


if __name__ == "__main__":
    sys.exit(main())
