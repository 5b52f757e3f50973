"""Which records are in an exported JSON file? Reads the list of them, and a few things that all tools have. Pure."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from contentsync.errors import Place, Problem
from contentsync.importers.dates import publish_time
from contentsync.importers.draft import Draft, Taken, held, skipped
from contentsync.manifest.scalars import ScalarError

Record = Mapping[str, Any]
_LISTS: Final = ("posts", "updates", "nodes", "data", "edges", "items")
_TAG: Final = re.compile(r"</?(?:p|br|div|span|strong|b|i|em|u|a|ul|ol|li|h[1-6])\b[^<>]*>", re.IGNORECASE)
_PARAGRAPH: Final = re.compile(r"</(?:p|div|h[1-6]|li)>\s*|<br\s*/?>", re.IGNORECASE)


def drafts_of(
    text: str,
    file: str,
    is_for_tiktok: Callable[[Record], bool],
    why_left_out: Callable[[Record, Place], Problem | None],
    draft: Callable[[Record, Place], Draft],
) -> Taken:
    """The drafts of an exported JSON document. The place of a record is its number in the list.

    why_left_out: the warning about a record that becomes no draft; None if it becomes one.
    """
    records, problem = records_of(text, file)
    if problem:
        return Taken(problems=(problem,))
    drafts: list[Draft] = []
    problems: list[Problem] = []
    others = 0
    for number, record in enumerate(records, 1):
        where = Place(file, number)
        if not is_for_tiktok(record):
            others += 1
        elif why := why_left_out(record, where):
            problems.append(why)
        else:
            drafts.append(draft(record, where))
    if others:
        problems.append(skipped(f"posts for other networks, left out: {others}", Place(file)))
    return Taken(held(drafts), tuple(problems))


def records_of(text: str, file: str) -> tuple[list[Record], Problem | None]:
    """The records of a JSON document: its list, or the list below a name that such tools use."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as err:
        line = getattr(err, "lineno", 1)
        what = "the file is not JSON"
        return [], Problem("export-unreadable", what, "export it again as JSON", Place(file, line))
    found = list(_records(value))
    if not found:
        what = "the file holds no list of posts"
        return [], Problem("export-unreadable", what, "save the tool's whole answer", Place(file))
    return found, None


def _records(value: Any) -> Iterator[Record]:
    if isinstance(value, list):
        for item in value:
            node = item.get("node") if isinstance(item, dict) else None
            if isinstance(node, dict) or isinstance(item, dict):
                yield node if isinstance(node, dict) else item
    elif isinstance(value, dict):
        inner = next((value[key] for key in _LISTS if isinstance(value.get(key), list | dict)), None)
        yield from _records(inner)


def as_json_of(value: Any) -> Any:
    """A value that some tools keep as JSON in a text; a text that is no JSON stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def text_of(record: Record, *names: str) -> str:
    """The first of these fields that is a text; empty for none."""
    return next((value for name in names if isinstance(value := record.get(name), str)), "")


def urls_of(items: Any) -> tuple[str, ...]:
    """The addresses or paths in a list of files, as such tools write it."""
    found = []
    for item in items if isinstance(items, Sequence) and not isinstance(items, str) else ():
        url = item if isinstance(item, str) else text_of(item, "url", "path", "source") if _is_record(item) else ""
        found.append(url)
    return tuple(url for url in found if url)


def _is_record(value: Any) -> bool:
    return isinstance(value, dict)


def plain_text(text: str) -> str:
    """A caption that may be HTML, as text."""
    if not _TAG.search(text):
        return text
    return html.unescape(_TAG.sub("", _PARAGRAPH.sub("\n", text))).strip("\n")


def time_of(record: Record, *names: str) -> str:
    """The first of these fields that is a time with a date, as a manifest writes it; empty for none."""
    try:
        return publish_time(text_of(record, *names), None)
    except ScalarError:
        return ""
