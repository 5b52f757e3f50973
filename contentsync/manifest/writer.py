"""How is a post written as a manifest? Keys in one order, each value in the plainest form that reads back the same.

The danger: a caption may hold anything (`#`, quotes, colons, line ends, emoji), and a form that looks right may be
read as something else. So a value is written plainly only where its characters leave no doubt; all others are quoted.
The reader (source.py, markdown.py) is the judge: what is written here gives it the same values. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

#: A value as a manifest holds it. A number or a switch is never text.
Value = str | bool | int | list[str]

#: The order of keys: what it is, what is shown, who may see it, when.
ORDER: Final = (
    "name",
    "account",
    "accounts",
    "post_id",
    "moved_from",
    "video",
    "photos",
    "title",
    "caption",
    "mode",
    "privacy",
    "allow",
    "disclosure",
    "ai_generated",
    "auto_music",
    "cover_at",
    "cover",
    "publish_at",
    "grace",
    "expires_at",
    "hold",
    "generation",
)
_TIMES: Final = frozenset({"publish_at", "expires_at", "grace", "cover_at"})
_QUOTED: Final = frozenset({"post_id"})
_WIDTH: Final = 100
_PLAIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/+()-]*[A-Za-z0-9._/+()-])?")
_PLAIN_TIME: Final = re.compile(r"[0-9][0-9A-Za-z:. +-]*[0-9A-Za-z]|next-slot")
_PLAIN_URL: Final = re.compile(r"https?://[A-Za-z0-9._~/%?=&+-]+")
# What some reader of YAML takes for a number, a switch, a date or nothing.
_ODD: Final = re.compile(
    r"(?i)null|true|false|yes|no|on|off|y|n|[-+.]?[0-9][0-9_.,e+:-]*|0x[0-9a-f]+|0o[0-7]+|[0-9]{4}-[0-9]{2}.*|.*\s\s.*"
)
_NOT_IN_BLOCK: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_CONFLICT: Final = re.compile(r"^(?:<{7}|>{7}|\|{7}|={7})", re.MULTILINE)
_FENCE: Final = re.compile(r"^---[ \t]*$", re.MULTILINE)
_UNSEEN_IN_YAML: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def in_order(keys: Iterable[str]) -> list[str]:
    """The keys in a manifest's order; unknown keys come last, in the order given."""
    known = {key: place for place, key in enumerate(ORDER)}
    return sorted(keys, key=lambda key: known.get(key, len(ORDER)))


def yaml_of(values: Mapping[str, Value]) -> str:
    """A YAML manifest with these values, an empty text left out."""
    kept = [key for key, value in values.items() if value != ""]
    return "".join(f"{line}\n" for key in in_order(kept) for line in entry(key, values[key]))


def markdown_of(values: Mapping[str, Value]) -> str:
    """A Markdown manifest: the caption is its body where it can be, else a key of the front matter."""
    caption = values.get("caption")
    as_body = isinstance(caption, str) and _fits_body(caption)
    front = yaml_of({key: value for key, value in values.items() if key != "caption" or not as_body})
    return f"---\n{front}---\n" + (f"{caption}\n" if as_body and caption else "")


def entry(key: str, value: Value) -> Iterator[str]:
    """The lines of one key with its value."""
    if isinstance(value, bool):
        yield f"{key}: {'true' if value else 'false'}"
    elif isinstance(value, int):
        yield f"{key}: {value}"
    elif isinstance(value, list):
        yield from _listed(key, [scalar(item, key) for item in value])
    elif key == "caption" and fits_block(value):
        yield f"{key}: |"
        yield from (f"  {line}" if line else "" for line in value.split("\n"))
    else:
        yield f"{key}: {scalar(value, key)}"


def scalar(text: str, key: str = "") -> str:
    """A text on one line, in quotes unless it is plain without doubt."""
    if key in _TIMES and _PLAIN_TIME.fullmatch(text):
        return text
    is_plain = _PLAIN.fullmatch(text) and not _ODD.fullmatch(text)
    return text if key not in _QUOTED and (is_plain or _PLAIN_URL.fullmatch(text)) else quoted(text)


def quoted(text: str) -> str:
    """The text in double quotes. YAML knows all escapes of JSON."""
    told = json.dumps(text, ensure_ascii=False)
    return _UNSEEN_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", told)


def fits_block(text: str) -> bool:
    """Whether a block (`|`) gives exactly this text."""
    lines = text.split("\n")
    ends_well = bool(lines[0].strip() and lines[-1].strip()) and lines[0][0] not in " \t"
    return ends_well and not _NOT_IN_BLOCK.search(text) and not any(line[:1] == "\t" for line in lines)


def _fits_body(text: str) -> bool:
    """Whether the body of a Markdown file gives exactly this text."""
    lines = text.split("\n")
    ends_well = not text or bool(lines[0].strip(" \t") and lines[-1].strip(" \t"))
    return ends_well and not any(pattern.search(text) for pattern in (_NOT_IN_BLOCK, _CONFLICT, _FENCE))


def _listed(key: str, items: list[str]) -> Iterator[str]:
    short = f"{key}: [{', '.join(items)}]"
    if len(short) <= _WIDTH and not any("," in item and item[0] != '"' for item in items):
        yield short
        return
    yield f"{key}:"
    yield from (f"  - {item}" for item in items)
