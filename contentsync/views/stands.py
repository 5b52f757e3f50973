"""What is the status of a post in the calendar, in words? Pure."""

from __future__ import annotations

from contentsync.operations.calendar import Entry


def stands(one: Entry) -> str:
    """The status of a post, in words."""
    if one.is_past:
        return one.stands
    if one.stands in {"create", "resume"}:
        return "goes out with the next apply"
    if one.stands == "blocked":
        return "blocked"
    if not one.goes_out:
        return "does not go out yet"
    return "goes out then" if one.is_fixed else "goes out about then"
