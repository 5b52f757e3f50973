"""What became of an unknown attempt? A person says so; who, when and why stay in the history.

Nothing is sent to TikTok.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from contentsync.errors import Problem
from contentsync.lifecycle import Event, Phase
from contentsync.operations.rows import NotSettled, row_of, written
from contentsync.post import Attempt, PostState
from contentsync.project import Project
from contentsync.store.port import AttemptOpen, Superseded

STUCK: Final = timedelta(hours=1)  # TikTok's own bound for an upload or a download; Media Transfer Guide

POST_ID: Final = re.compile(r"[1-9][0-9]{0,31}")


class Verdict(StrEnum):
    """What a person says became of an unknown attempt."""

    PUBLISHED = "published"
    NOT_PUBLISHED = "not-published"
    KEEP = "keep"


_EVENTS: Final = {
    Verdict.PUBLISHED: Event.FOUND,
    Verdict.NOT_PUBLISHED: Event.RULED_OUT,
    Verdict.KEEP: Event.KEPT,
}


def resolve(project: Project, name: str, verdict: Verdict, post_id: str, why: str) -> PostState:
    """Settle an unknown attempt by a person's word. Raises UsageError where there is nothing to settle."""
    if post_id and not POST_ID.fullmatch(post_id):
        hint = "it is the number at the end of the video's address"
        raise NotSettled(Problem("post-id-malformed", f'"{post_id}" is no id of a TikTok post', hint))
    row = row_of(project, name)
    if post_id:
        _refuse_taken(project, row, post_id)
    attempt = _unsettled(project, row)
    now = project.clock.now()
    settled = attempt.after(_EVENTS[verdict], now, upload_url="", retry=verdict is Verdict.NOT_PUBLISHED)
    if post_id:
        settled = replace(settled, post_id=post_id)
    try:
        project.store.save(settled, f"resolved-{verdict}", binds=bool(post_id), why=why)
    except AttemptOpen:
        raise _taken(post_id, "another post") from None
    except Superseded:
        raise NotSettled(_moved_on(row)) from None
    return written(project, row.uid)


def _refuse_taken(project: Project, row: PostState, post_id: str) -> None:
    """A video is one post's, of one generation; what a manifest names is taken too."""
    if post_id in {row.bound_post_id, *(attempt.post_id for attempt in row.attempts)}:
        raise _taken(post_id, f"an earlier attempt of {row.key}")
    claimed = next((p.key for p in project.load().posts if p.post_id == post_id and p.key != row.key), None)
    if claimed:
        raise _taken(post_id, f"{claimed}, whose manifest names it")


def _taken(post_id: str, holder: str) -> NotSettled:
    what = f"video {post_id} belongs to {holder} already"
    return NotSettled(Problem("video-bound-twice", what, "see: contentsync state list"))


def _unsettled(project: Project, row: PostState) -> Attempt:
    """The attempt to settle: an unknown one, or one that TikTok processes for longer than it says it may."""
    last, now = row.last, project.clock.now()
    if last is not None and last.phase is Phase.UNKNOWN:
        return last
    if last is not None and last.phase is Phase.PROCESSING and now - last.created_at > STUCK:
        what = f"TikTok has been processing it since {last.created_at:%Y-%m-%d %H:%M} UTC"
        lost = last.after(Event.LOST_SIGHT, now, problem_code="stuck", problem_what=what)
        try:
            return project.store.save(lost, "stuck")
        except Superseded:
            raise NotSettled(_moved_on(row)) from None
    stands = f"it is {last.phase}" if last else "it was never attempted"
    hint = f"contentsync explain {row.key} shows where it stands"
    raise NotSettled(Problem("nothing-to-resolve", f"{row.key} has no unknown outcome: {stands}", hint))


def _moved_on(row: PostState) -> Problem:
    return Problem(
        "changed-meanwhile", f"{row.key} was changed meanwhile", f"look again: contentsync explain {row.key}"
    )
