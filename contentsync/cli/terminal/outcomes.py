"""How does an apply end on a terminal? A line a post, what went wrong with its fix, and when the next one is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contentsync.attempt.told import Outcome, Result
from contentsync.cli.terminal import text
from contentsync.links import post_url
from contentsync.plan.action import Plan
from contentsync.post import DesiredPost, Kind
from contentsync.times import from_now
from contentsync.visible import visible

SUCCESSES: Final = frozenset({Result.PUBLISHED, Result.DELIVERED, Result.ADOPTED, Result.MOVED})
_MARKS: Final = {
    Result.PUBLISHED: ("✓", "green"),
    Result.DELIVERED: ("✓", "green"),
    Result.ADOPTED: ("=", "cyan"),
    Result.MOVED: ("→", "cyan"),
    Result.PROCESSING: ("…", "blue"),
    Result.ELSEWHERE: ("…", "blue"),
    Result.UPLOADING: ("…", "yellow"),
    Result.UNKNOWN: ("!", "magenta"),
    Result.HELD: ("⏸", "blue"),
    Result.WAITING: ("⏸", "blue"),
    Result.NOT_STARTED: ("⏸", "blue"),
}
_SAID: Final = {
    Result.DELIVERED: "delivered: the creator posts it in TikTok's app",
    Result.PROCESSING: "TikTok is not done; follow it: contentsync status --wait 10m",
    Result.ELSEWHERE: "another machine is sending it",
    Result.UPLOADING: "the upload is not complete; the next apply resumes it",
    Result.UNKNOWN: "may be live or not; nothing more is sent for this account until it is settled",
}
_NOT_SURE: Final = "not final, and not sent again"  # what TikTok has of it is said below


class Outcomes:
    """The outcomes of a run. zones: the IANA name of each account's zone."""

    def __init__(self, plan: Plan, posts: Mapping[str, DesiredPost], zones: Mapping[str, str], now: datetime) -> None:
        self._posts, self._zones, self._now = posts, zones, now
        self._handles = {view.name: view.creator.username for view in plan.accounts if view.creator}

    def show(self, outcome: Outcome) -> None:
        """One post: how it stands, where it is to be seen, what went wrong, and when it is tried again."""
        mark, colour = _MARKS.get(outcome.result, ("✗", "red"))
        text.say(f"  {text.style(mark, fg=colour, bold=True)} {outcome.post} \t{_said(outcome)}")
        if url := self._url(outcome):
            text.say(f"      {url}")
        if outcome.result is Result.DELIVERED:
            text.say(f"      what to paste and choose:\tcontentsync handover {outcome.post}")
        if outcome.problem is not None and outcome.result not in {Result.PUBLISHED, Result.DELIVERED}:
            for line in text.problem_lines(outcome.problem, 6):
                text.say(line)
        if outcome.again_at is not None:
            text.say(f"      next try:\t{self.when(outcome.again_at, outcome.post)}")

    def when(self, moment: datetime, post: str) -> str:
        """A time in the zone of the post's account, with how far ahead it is."""
        return from_now(moment, self._zones.get(post.partition("/")[0], "UTC"), self._now)

    def _url(self, outcome: Outcome) -> str:
        post = self._posts.get(outcome.post)
        handle = self._handles.get(outcome.post.partition("/")[0], "")
        url = post_url(handle, outcome.post_id, photos=post is not None and post.kind is Kind.PHOTOS)
        return visible(url or "")


def _said(outcome: Outcome) -> str:
    said = _SAID.get(outcome.result, str(outcome.result).replace("-", " "))
    if outcome.result is Result.PROCESSING and outcome.problem is not None:
        said = _NOT_SURE
    return said + (f" as {outcome.post_id}" if outcome.post_id else "")
