"""The live board's pages: now, history, one post, the posting screen, and a word after an action. Pure.

Each page works without its script; the script only keeps it fresh, or follows a choice at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Final

from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.lifecycle import OPEN, Phase
from contentsync.operations.board import AccountNow, Snapshot, shown_by, shown_pauses
from contentsync.operations.calendar import Calendar
from contentsync.operations.explain import Case
from contentsync.operations.handover import Waiting
from contentsync.operations.posting import Posting
from contentsync.operations.preview import Preview
from contentsync.pause import ALL
from contentsync.plan import declaration
from contentsync.plan.posting import OFFERED
from contentsync.post import DesiredPost, Disclosure, Interaction, Kind, Media, Mode, Privacy
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import RemotePost
from contentsync.times import from_now, in_words, rfc3339, span
from contentsync.views import calendar_page, handover_page, plan_page
from contentsync.views.html.page import SERVED, render, without
from contentsync.views.stands import why_not

LIVE: Final = ("board.js",)
_SOON: Final = 10
_WHO: Final = {
    Privacy.EVERYONE: "Everyone",
    Privacy.FRIENDS: "Friends",
    Privacy.FOLLOWERS: "Followers",
    Privacy.ONLY_ME: "Only you",
}
_ALLOW: Final = {Interaction.COMMENT: "Comment", Interaction.DUET: "Duet", Interaction.STITCH: "Stitch"}


@frozen
class Frame:
    """What every page of the board needs: its base path, the form token, and whether it may act."""

    base: str
    form_token: str
    allow_actions: bool
    #: Who is recorded for what is done here.
    who: str
    #: Values that no page may show, by the names that are shown instead.
    hidden: Mapping[str, str] = field(default_factory=dict)

    def render(self, template: str, *, scripts: Sequence[str] = LIVE, **values: Any) -> str:
        frame = {"base": self.base, "form_token": self.form_token, "acts": self.allow_actions, "who": self.who}
        page = render(template, scripts=scripts, calls=SERVED, here=template, **frame, **values)
        return without(page, self.hidden)


def now_page(frame: Frame, found: Snapshot) -> str:
    """The first page: what needs a person, uploads, accounts, what is next, what happened last."""
    shown, zone = found.calendar, found.calendar.timezone
    ahead = [one for one in shown.entries if not one.is_past and one.at is not None and one.at >= shown.now]
    return frame.render(
        "board.html",
        now=in_words(shown.now, zone),
        counts=[(name, count) for name, count in sorted(found.counts.items()) if count],
        accounts=[_account(one, found) for one in found.accounts],
        uploads=[_upload(row, shown.now) for row in found.open],
        unknown=[_unknown(row, zone) for row in found.unknown],
        drafts=found.drafts,
        to_approve=found.to_approve[:_SOON],
        more_to_approve=max(0, len(found.to_approve) - _SOON),
        blocked=[one for one in shown.entries if not one.is_past and one.stands == "blocked"],
        next=[
            (one.post, from_now(at, one.timezone, shown.now), one, why_not(one)) for one in ahead if (at := one.at)
        ][:_SOON],
        history=list(_history(found.history, zone)),
        problems=found.made.faults,
        pauses=shown_pauses(found.pauses),
        all_paused=next((pause.said(zone) for pause in found.pauses if not pause.account), ""),
    )


def calendar(frame: Frame, found: Calendar) -> str:
    return frame.render("board_calendar.html", **calendar_page.values(found))


def plan(frame: Frame, found: Preview) -> str:
    return frame.render("board_plan.html", **plan_page.values(found))


def drafts(frame: Frame, found: Iterable[Waiting], now: datetime) -> str:
    return frame.render("board_drafts.html", scripts=(*LIVE, "copy.js"), **handover_page.values(found, now))


def post_page(frame: Frame, case: Case, zone: str, can_approve: bool) -> str:
    """The evidence about one post, with what a person can do about it."""
    row, last = case.row, case.row.last if case.row else None
    return frame.render(
        "board_post.html",
        key=case.key,
        desired=[*_texts(case.desired, zone), *_declared(case.desired)] if case.desired else None,
        row=row,
        attempts=[_attempt(one, zone) for one in reversed(row.attempts)] if row else [],
        decision=case.action,
        list_read=in_words(case.list_read_at, zone) if case.list_read_at else "",
        bound=[_video(one, zone) for one in case.bound],
        alike=[_video(one, zone) for one in case.alike],
        history=list(_history(list(reversed(case.history)), zone)),
        can_resolve=last is not None and last.phase is Phase.UNKNOWN,
        shown=shown_by(case),
        can_approve=can_approve,
        media=_media(case.desired) if case.desired else [],
        kind=str(case.desired.kind) if case.desired else "",
    )


def posting_page(frame: Frame, found: Posting, zone: str, refused: Sequence[Problem] = ()) -> str:
    """The posting screen: what TikTok asks to be shown and chosen before a post, with nothing chosen beforehand."""
    post, creator = found.post, found.creator
    at = found.action.due_at if found.action else None
    return frame.render(
        "board_posting.html",
        scripts=("posting.js",),
        post=post,
        creator=creator,
        digest=found.digest,
        problems=found.problems,
        warnings=[one for one in found.action.problems if one.level is Level.WARNING] if found.action else [],
        refused=refused,
        approved=found.lacking is None,
        is_direct=post.mode is Mode.DIRECT,
        is_video=post.kind is Kind.VIDEO,
        media=_media(post),
        when=in_words(at, zone) if at else "as soon as the engine runs",
        levels=[(str(one), _WHO[one]) for one in (creator.privacy or ()) if creator] if creator else [],
        interactions=[
            (str(one), _ALLOW[one], creator is not None and one in creator.disabled) for one in OFFERED[post.kind]
        ],
        declared=_declared(post),
        words={
            "music": declaration.MUSIC,
            "branded": declaration.BRANDED,
            "neither": declaration.NEITHER,
            "not_private": declaration.NOT_PRIVATE,
            "processing": declaration.PROCESSING,
            "promotional_label": declaration.labelled(post.kind, {Disclosure.YOUR_BRAND}),
            "paid_label": declaration.labelled(post.kind, {Disclosure.BRANDED_CONTENT}),
        },
    )


def history_page(frame: Frame, lines: Sequence[Mapping[str, Any]], zone: str) -> str:
    return frame.render("board_history.html", history=list(_history(lines, zone)))


def word_page(frame: Frame, title: str, words: Sequence[str], back: str = "") -> str:
    """A page that says what was done, or why nothing was."""
    return frame.render("board_word.html", scripts=(), title=title, words=words, back=back)


# What the templates show.


@frozen
class Line:
    """A line of history."""

    at: str
    utc: str
    who: str
    what: str
    post: str
    change: str
    detail: str


def _history(lines: Sequence[Mapping[str, Any]], zone: str) -> Iterator[Line]:
    for line in lines:
        before, after = line["phase_before"], line["phase_after"]
        at: datetime = line["at"]
        detail = ", ".join(f"{key} {value}" for key, value in line["detail"].items() if value and key in _TOLD)
        yield Line(
            at=in_words(at, zone),
            utc=rfc3339(at, "seconds"),
            who=line["who"],
            what=line["what"],
            post=line["post"],
            change=f"{before or 'new'} → {after}" if after and before != after else "",
            detail=detail,
        )


#: Details of a line of history that mean something to a reader.
_TOLD: Final = frozenset({"how", "why", "reason", "guard", "post_id", "account", "was", "what", "code"})


def _account(one: AccountNow, found: Snapshot) -> dict[str, Any]:
    creator, limits = one.creator, one.account.limits
    return {
        "name": one.account.name,
        "nickname": creator.nickname if creator else "",
        "username": creator.username if creator else "",
        "seen": in_words(one.seen_at, one.account.timezone, found.calendar.now) if one.seen_at else "",
        "posts_left": one.quota.posts_left,
        "posts": limits.posts_per_day,
        "drafts_left": one.quota.drafts_left,
        "drafts": limits.pending_drafts,
        "paused": _pause(one),
        "by_person": one.pause is not None and one.pause.account != ALL,
    }


def _pause(one: AccountNow) -> str:
    if one.pause:
        return one.pause.said(one.account.timezone)
    return "paused in contentsync.yaml" if one.account.paused else ""


def _upload(row: PostState, now: datetime) -> dict[str, Any]:
    last = row.last
    assert last is not None
    return {
        "post": row.key,
        "phase": str(last.phase),
        "sent": last.sent_bytes,
        "size": last.size,
        "percent": round(100 * last.sent_bytes / last.size) if last.size else 0,
        "since": span(now - last.created_at),
        "is_upload": last.phase is Phase.UPLOADING and last.size > 0,
    }


def _unknown(row: PostState, zone: str) -> dict[str, Any]:
    last = row.last
    assert last is not None
    return {
        "post": row.key,
        "what": last.problem_what,
        "since": in_words(last.updated_at, zone),
        "attempt": _attempt(last, zone),
    }


def _attempt(one: Attempt, zone: str) -> dict[str, Any]:
    return {
        "number": one.number,
        "phase": str(one.phase),
        "mode": str(one.mode),
        "begun": in_words(one.created_at, zone),
        "init": in_words(one.init_sent_at, zone) if one.init_sent_at else "never sent",
        "last_put": in_words(one.last_put_at, zone) if one.last_put_at else "never begun",
        "is_upload": not one.pulls,
        "sent": one.sent_bytes,
        "size": one.size,
        "publish_id": one.publish_id,
        "post_id": one.post_id,
        "problem": one.problem_what,
        "code": one.problem_code,
        "log_id": one.log_id,
        "is_open": one.phase in OPEN,
    }


def _video(one: RemotePost, zone: str) -> dict[str, Any]:
    return {
        "post_id": one.post_id,
        "at": in_words(one.created_at, zone) if one.created_at.timestamp() > 0 else "at an unknown time",
        "duration": one.duration,
        "caption": one.caption,
        "url": one.url if one.url.startswith("https://") else "",
    }


def _texts(post: DesiredPost, zone: str) -> Iterator[tuple[str, str]]:
    """The caption and the time of a post, which the posting screen has in its own places."""
    yield "caption", post.caption or "none"
    if post.next_slot or post.publish_at:
        yield "publish_at", "next-slot" if post.publish_at is None else in_words(post.publish_at, zone)


def _declared(post: DesiredPost) -> list[tuple[str, str]]:
    """What the manifest says, by its own words."""
    told = [("manifest", str(post.where)), ("mode", str(post.mode))]
    if post.privacy:
        told.append(("privacy", str(post.privacy)))
    if post.mode is Mode.DIRECT:
        told.append(("allow", ", ".join(sorted(post.allow)) or "nothing"))
        told.append(("disclosure", ", ".join(sorted(post.disclosure)) or "none"))
        told.append(("ai_generated", "true" if post.ai_generated else "false"))
    if post.kind is Kind.PHOTOS:
        told.append(("auto_music", "true" if post.auto_music else "false"))
        told.append(("title", post.title))
    if not_sent := post.settings_not_sent():
        told.append(("not sent", ", ".join(not_sent)))
    return told


def _media(post: DesiredPost) -> list[dict[str, Any]]:
    return [_item(number, item) for number, item in enumerate(post.media)]


def _item(number: int, item: Media) -> dict[str, Any]:
    facts = item.facts
    told = [item.path or "from the web"]
    if item.size:
        told.append(f"{item.size:,} bytes")
    if facts and facts.duration:
        told.append(f"{facts.duration:g} s")
    if facts and facts.width and facts.height:
        told.append(f"{facts.width} x {facts.height}")
    if item.sha256:
        told.append(f"sha256 {item.sha256[:16]}…")
    return {"number": number, "is_here": bool(item.path) and not item.pointer, "words": ", ".join(told)}
