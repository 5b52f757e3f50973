"""What is the status of a post in the calendar, in words? Terminal, page and .ics file say the same. Pure."""

from __future__ import annotations

from contentsync.operations.calendar import Entry


def stands(one: Entry) -> str:
    """The status of a post. One that does not go out as things are never says that it goes out."""
    if one.is_past:
        return one.stands
    if one.stands == "blocked":
        return "blocked"
    if not one.goes_out:
        return "does not go out as things are"
    if one.stands in {"create", "resume"}:
        return "goes out with the next apply"
    return "goes out then" if one.is_fixed else "goes out about then"


def why_not(one: Entry) -> str:
    """Why a post does not go out; empty where it does, or did."""
    if one.is_past or one.goes_out:
        return ""
    told = [problem.what for problem in one.in_the_way if problem.what not in one.reason]
    return "; ".join([one.reason, *told])
