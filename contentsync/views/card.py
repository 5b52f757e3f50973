"""What does a person read about one post of a plan? The same words on a page, in a comment and on a terminal. Pure.

A card is made from the action alone, as a saved plan has it; the manifest adds what is not sent, where it is known.
All text in it is as its author wrote it: whoever shows a card escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime
from typing import Final

from contentsync.amounts import size
from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.media_urls import shown
from contentsync.plan.action import AccountView, Action, Kind
from contentsync.plan.declaration import disclosed, label
from contentsync.post import DesiredPost, Interaction, Media, Mode, Privacy
from contentsync.post import Kind as PostKind
from contentsync.times import in_words
from contentsync.views.word_diff import Differ, Side

SYMBOLS: Final = {
    Kind.CREATE: "+", Kind.RESUME: ">", Kind.ADOPT: "=", Kind.MOVE: "→", Kind.WAIT: "⏸", Kind.BLOCKED: "✗",
    Kind.FROZEN: "~", Kind.UNKNOWN: "!", Kind.DRIFT: "?", Kind.FORGET: ".",
}  # fmt: skip
MEANINGS: Final = {
    Kind.CREATE: "will be sent",
    Kind.RESUME: "is resumed",
    Kind.ADOPT: "is bound to a published video",
    Kind.MOVE: "has a new name",
    Kind.WAIT: "waits",
    Kind.BLOCKED: "needs a person",
    Kind.FROZEN: "edited after it was sent",
    Kind.UNKNOWN: "may be live; a person must settle it",
    Kind.DRIFT: "was public, is not visible now",
    Kind.FORGET: "has no manifest any more",
}
PRIVACY: Final = {
    Privacy.EVERYONE: "PUBLIC: everyone",
    Privacy.FRIENDS: "friends",
    Privacy.FOLLOWERS: "followers",
    Privacy.ONLY_ME: "only me",
}
_NEVER_SENT: Final = frozenset({Kind.FROZEN, Kind.DRIFT, Kind.FORGET, Kind.ADOPT, Kind.UNCHANGED})
_TAG: Final = re.compile(r"([#@]\w[\w.]*)")
_TAGS: Final = 40  # of one caption that are marked; the text is whole all the same
_SHORT: Final = 150  # characters of a caption in the phone; the whole of a longer one is beside it
_LINES: Final = 8
_PHOTOS: Final = frozenset({"jpeg", "png", "webp"})


@frozen
class Fact:
    """One line about a post."""

    name: str
    value: str
    #: A word that a page may give a colour to; the words alone say everything.
    tone: str = ""


@frozen
class Card:
    """One post of a plan."""

    #: Its place on the page, from 1.
    number: int
    action: Action
    #: As the manifest declares it; None where only the plan is known.
    post: DesiredPost | None
    view: AccountView | None
    #: The IANA name of the zone of its account.
    zone: str
    made_at: datetime
    #: What holds of its approval, in words; empty where that is not known.
    approval: str
    #: The words that differ from what was sent, by the manifest's key.
    changes: tuple[tuple[str, list[tuple[Side, str]]], ...] = ()
    #: Pictures of its media, in their order, as data: addresses; empty for one that there is not.
    pictures: Sequence[str] = field(default_factory=tuple)
    #: Why there is no picture.
    no_picture: str = ""

    @property
    def symbol(self) -> str:
        return SYMBOLS.get(self.action.kind, "")

    @property
    def meaning(self) -> str:
        then = self.action.then
        return MEANINGS.get(self.action.kind, "") + (f", then {MEANINGS.get(then, then)}" if then else "")

    @property
    def is_photos(self) -> bool:
        if self.post is not None:
            return self.post.kind is PostKind.PHOTOS
        first = self.action.media[0].facts if self.action.media else None
        return "title" in self.action.sends or (first is not None and first.container in _PHOTOS)

    @property
    def is_draft(self) -> bool:
        return self.action.mode is Mode.DRAFT

    @property
    def has_content(self) -> bool:
        """Whether there is something that viewers would see."""
        return bool(self.action.media) and self.action.mode is not None

    @property
    def handle(self) -> str:
        creator = self.view.creator if self.view else None
        return f"@{creator.username}" if creator and creator.username else ""

    @property
    def nickname(self) -> str:
        creator = self.view.creator if self.view else None
        return (creator.nickname if creator else "") or self.action.account

    @property
    def caption(self) -> list[tuple[bool, str]]:
        """The caption in parts; true for tags and mentions."""
        return in_parts(self._text("caption"))

    @property
    def short_caption(self) -> str:
        """The beginning of a long caption, as TikTok shows it before a tap; empty for a short one."""
        text = self._text("caption")
        is_long = len(text) > _SHORT or text.count("\n") > _LINES
        return "\n".join(text[:_SHORT].split("\n")[:_LINES]) + "…" if is_long else ""

    @property
    def title(self) -> str:
        return self._text("title")

    @property
    def label(self) -> str:
        """TikTok's label on it; empty for none."""
        return label(disclosed(self.action) or (self.post.disclosure if self.post else ()))

    @property
    def is_ai(self) -> bool:
        return bool(self.action.sends.get("ai_generated") or (self.post and self.post.ai_generated))

    @property
    def cover(self) -> int | None:
        """Milliseconds, or the index of a photo; None for TikTok's choice."""
        told = self.post.cover if self.post else self.action.sends.get("cover")
        return told if isinstance(told, int) else None

    @property
    def cover_words(self) -> str:
        if self.cover is None and "cover" in self.action.not_sent:
            return "declared, but not sent: the creator sets it"
        if self.cover is None:
            return "the creator chooses" if self.is_draft else "TikTok chooses"
        if self.is_photos:
            return f"photo {self.cover + 1} of {len(self.action.media)}"
        not_sent = " (not sent: the creator sets it)" if "cover" in self.action.not_sent else ""
        return f"the frame at {self.cover / 1000:g} s{not_sent}"

    @property
    def picture_words(self) -> str:
        """What the picture in the phone is."""
        if self.cover is not None:
            return f"Cover: {self.cover_words}"
        return "Photo 1" if self.is_photos else f"The first frame; {self.cover_words} the cover"

    @property
    def facts(self) -> list[Fact]:
        """What is known, in the order in which a reviewer asks; the caption apart."""
        return list(self._facts())

    @property
    def summary(self) -> str:
        """The post in one line, after its key."""
        return " · ".join(fact.value for fact in self._facts() if fact.name in {"Time", "Who can see it"})

    @property
    def problems(self) -> list[Problem]:
        """What blocks it, the most serious first, without what the facts already say."""
        quiet = {"label"} | (
            {p.code for p in self.action.problems if p.level is Level.NOTE} if self._waits else set()
        )
        told = [problem for problem in self.action.problems if problem.code not in quiet]
        return sorted(told, key=lambda problem: list(Level).index(problem.level))

    @property
    def _waits(self) -> bool:
        return self.action.kind is Kind.WAIT

    def _facts(self) -> Iterator[Fact]:
        action = self.action
        yield Fact("Account", self._who())
        if self.has_content:
            yield Fact("Does", "draft to the creator's inbox" if self.is_draft else "direct post")
            yield self._audience()
        yield Fact("Time", self._time())
        if self.has_content:
            yield Fact("Not sent", self._not_sent())
            yield Fact("Cover", self.cover_words)
            if not self.is_draft:
                yield Fact("Viewers may", self._allowed())
            yield from self._labels()
            for item in action.media:
                yield Fact("Photo" if self.is_photos else "Video", media_words(item))
        if self.approval:
            yield Fact("Approval", self.approval)
        if not any(problem.what == action.reason for problem in self.problems):
            yield Fact("Why", action.reason)
        if action.where:
            yield Fact("Manifest", action.where)

    def _who(self) -> str:
        creator = self.view.creator if self.view else None
        handle = f" ({self.handle})" if self.handle else ""
        asked = "" if creator else " (TikTok was not asked who that is)"
        sandbox = "; SANDBOX: no public posts" if self.view and self.view.sandbox else ""
        return f"{self.nickname}{handle}{asked}{sandbox}"

    def _audience(self) -> Fact:
        if self.is_draft:
            declared = self.post.privacy if self.post else None
            asked = f"; declared: {PRIVACY[declared]}" if declared else ""
            return Fact("Who can see it", f"nobody, until the creator posts it in TikTok's app{asked}")
        told = str(self.action.sends.get("privacy") or "")
        words = {str(privacy): text for privacy, text in PRIVACY.items()}
        public = "public" if told == Privacy.EVERYONE else ""
        return Fact("Who can see it", words.get(told, told or "not declared"), public)

    def _time(self) -> str:
        due = self.action.due_at
        if due is not None:
            return ("next try " if self.action.left else "") + self._when(due)
        if self.action.kind in _NEVER_SENT:
            return "nothing is sent"
        if self.action.kinds & {Kind.WAIT, Kind.BLOCKED, Kind.UNKNOWN}:
            asked = self.post.publish_at if self.post else None
            return f"not settled; asked for {self._when(asked)}" if asked else "not settled"
        return "now, when the plan is applied"

    def _when(self, moment: datetime) -> str:
        """In the zone of the account and in UTC."""
        local = in_words(moment, self.zone, self.made_at)
        return local if local.endswith(" UTC") else f"{local} ({in_words(moment, 'UTC', self.made_at)})"

    def _not_sent(self) -> str:
        if not self.action.not_sent:
            return "nothing"
        return ", ".join(map(self._unsent, self.action.not_sent))

    def _unsent(self, key: str) -> str:
        """A key that is not sent, with what the manifest says where that is short."""
        value = getattr(self.post, key, None) if self.post else None
        if key in {"caption", "title", "cover"} or value is None:
            return key
        if isinstance(value, frozenset):
            return f"{key} ({', '.join(sorted(value))})"
        return key if isinstance(value, bool) else f"{key} ({value})"

    def _allowed(self) -> str:
        sent = self.action.sends.get("allow")
        given = sent if isinstance(sent, list | tuple) else ()
        offered = [Interaction.COMMENT] if self.is_photos else list(Interaction)
        told = [str(one) for one in offered if one in given]
        denied = [str(one) for one in offered if one not in given]
        yes = ", ".join(told) or "nothing"
        return f"{yes}; not {', '.join(denied)}" if denied else yes

    def _labels(self) -> Iterator[Fact]:
        if self.label:
            noun = "photo" if self.is_photos else "video"
            by = "will be labeled" if not self.is_draft else "is to be labeled by the creator"
            yield Fact("Label", f"your {noun} {by} as '{self.label}'")
        if self.is_ai:
            yield Fact("AI", "labeled as AI-generated" if not self.is_draft else "to be labeled AI-generated")
        if self.action.sends.get("auto_music"):
            yield Fact("Music", "TikTok adds music")

    def _text(self, key: str) -> str:
        told = getattr(self.post, key) if self.post else self.action.sends.get(key)
        return told if isinstance(told, str) else ""


def in_parts(caption: str) -> list[tuple[bool, str]]:
    """A caption in parts; true for a tag or a mention."""
    parts = [part for part in _TAG.split(caption, _TAGS) if part]
    return [(bool(_TAG.fullmatch(part)), part) for part in parts]


def media_words(item: Media) -> str:
    """One file with its facts, in words."""
    if item.url:
        return f"{shown(item.url)} (TikTok fetches it)"
    return f"{item.path}  {', '.join(_file_facts(item))}  sha256 {item.sha256[:12]}…"


def _file_facts(item: Media) -> Iterator[str]:
    yield size(item.size)
    facts = item.facts
    if facts is None:
        yield "not checked"
        return
    if facts.duration is not None:
        yield f"{facts.duration:.1f} s"
    if facts.width and facts.height:
        yield f"{facts.width}x{facts.height}"
    yield from dict.fromkeys(fact for fact in (facts.container, facts.codec) if fact)
    if facts.frame_rate:
        yield f"{facts.frame_rate:g} fps"


def changed(action: Action, differ: Differ) -> tuple[tuple[str, list[tuple[Side, str]]], ...]:
    """What was edited after it was sent, word by word."""
    return tuple((one.key, differ.words(_value(one.before), _value(one.after))) for one in action.changes)


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_value(item)[:14] for item in value) or "none"
    return str(value) if value not in (None, "") else "none"
