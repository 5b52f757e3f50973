"""Which posts does one document ask for? Joins shape, rules, media and defaults: one post for each account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from contentsync.errors import Place, Problem
from contentsync.manifest import media_rules, rules
from contentsync.manifest.attachments import Attachments
from contentsync.manifest.document import Document, Path
from contentsync.manifest.rules import Finding, Frame
from contentsync.manifest.shape import judge_manifest
from contentsync.manifest.wording import did_you_mean, shown
from contentsync.manifest.zones import zone_of
from contentsync.post import DesiredPost, Interaction, Kind, Media, Mode
from contentsync.settings import Account, Settings, Slot

if TYPE_CHECKING:
    from contentsync.manifest.schema import Manifest

Attached = list[tuple[Path, Media]]
_MILLISECOND = timedelta(milliseconds=1)


class Reading:
    """One document on its way to posts.

    settings: None if the project file can't be read; then unknown accounts are not reported.
    """

    def __init__(self, document: Document, settings: Settings | None, attachments: Attachments) -> None:
        self._document = document
        self._accounts_known = settings is not None
        self._settings = settings or Settings()
        self._attachments = attachments
        self._bad: frozenset[str] = frozenset()
        self._told: dict[Finding, Problem] = {}
        #: Of each problem that only some of the document's posts have, their keys, by the id of the problem.
        self.about: dict[int, set[str]] = {}

    def posts(self) -> list[DesiredPost]:
        """The posts of the document, one for each account. What is wrong with any of them is among its problems."""
        if not self._document.is_whole:
            return []
        judged = judge_manifest(self._document)
        self._bad = judged.bad
        if judged.post is None:
            return []
        media = self._media(judged.post)
        return [self._post(judged.post, account, media) for account in self._accounts(judged.post)]

    def _post(self, post: Manifest, account: Account, media: Attached) -> DesiredPost:
        frame = Frame(account, self._settings.defaults, zone_of(account.timezone) or UTC)
        key = f"{account.name}/{post.name}"
        for finding in rules.check(post, frame):
            self._add(finding, key)
        if not rules.is_bound(post):
            for finding in _media_findings(post, frame, media):
                self._add(finding, key)
        return _desired(post, frame, tuple(item for _, item in media), self._document)

    def _add(self, finding: Finding, key: str = "") -> None:
        """Report a finding once for all accounts, and nothing more about a key that was refused.

        key: the post it is about; empty for all of the document.
        """
        path, problem = finding
        if path and path[0] in self._bad:
            return
        if finding not in self._told:
            self._told[finding] = self._document.add(problem, path)
        told = self._told[finding]
        if key and told.code == problem.code:  # not where there were too many problems
            self.about.setdefault(id(told), set()).add(key)

    def _accounts(self, post: Manifest) -> Iterator[Account]:
        """The accounts that the post names; a substitute for an unknown one, so that the rest is still checked."""
        if post.account and post.accounts:
            problem = Problem("account-and-accounts", "the post has both account and accounts", "keep one of them")
            self._add((("accounts",), problem))
        named: list[tuple[str, Path]] = [(post.account, ("account",))] if post.account else []
        named += [(name, ("accounts", number)) for number, name in enumerate(post.accounts or ())]
        if not named:
            if "accounts" not in self._bad:
                self._add((("account",), Problem("account-missing", "the post names no account", "add account")))
            yield self._stand_in("")
        for name, path in named:
            yield self._settings.accounts.get(name) or self._unknown(name, path)

    def _unknown(self, name: str, path: Path) -> Account:
        if self._accounts_known:
            hint = did_you_mean(name, self._settings.accounts) or "add it to contentsync.yaml"
            what = f"{shown(name)} is not an account of this project"
            self._add((path, Problem("unknown-account", what, hint)), f"{name}/{self._document.value.get('name')}")
        return self._stand_in(name)

    def _stand_in(self, name: str) -> Account:
        return Account(name, mode=Mode.DRAFT, timezone=self._settings.timezone, slots=(Slot(0, 0, 0),))

    def _media(self, post: Manifest) -> Attached:
        video, photos = rules.value_of(post, "video"), rules.value_of(post, "photos")
        found: list[tuple[Path, Media | None]] = []
        if video is not None and "video" not in self._bad:
            found.append((("video",), self._item(video, ("video",))))
        if photos is not None and "photos" not in self._bad:
            found += self._photos(photos)
        return [(path, item) for path, item in found if item]

    def _photos(self, photos: str | tuple[str, ...]) -> list[tuple[Path, Media | None]]:
        if isinstance(photos, str):
            items = self._attachments.folder(self._document, photos, ("photos",))
            return [(("photos",), item) for item in items]
        paths: list[tuple[Path, str]] = [(("photos", number), text) for number, text in enumerate(photos)]
        return [(path, self._item(text, path)) for path, text in paths]

    def _item(self, text: str, path: Path) -> Media | None:
        return self._attachments.item(self._document, text, path)


def _media_findings(post: Manifest, frame: Frame, media: Attached) -> Iterator[Finding]:
    if rules.kind_of(post) is Kind.PHOTOS:
        for key, problem in media_rules.check_photos(len(media), rules.value_of(post, "cover")):
            yield (key,), problem
        for path, item in media:
            for problem in media_rules.check_photo(item):
                yield path, _named(problem, path, item)
        return
    for path, item in media:
        for problem in media_rules.check_video(item, rules.mode_of(post, frame)):
            yield path, problem
        for problem in media_rules.check_cover(_cover(post), item.facts):
            yield ("cover_at",), problem


def _named(problem: Problem, path: Path, item: Media) -> Problem:
    """In a folder of photos, which one it is."""
    return problem if len(path) > 1 else replace(problem, what=f"{item.path}: {problem.what}")


def _cover(post: Manifest) -> int | None:
    at: timedelta | None = rules.value_of(post, "cover_at")
    index: int | None = rules.value_of(post, "cover")
    return index if at is None else at // _MILLISECOND


def _desired(post: Manifest, frame: Frame, media: tuple[Media, ...], document: Document) -> DesiredPost:
    defaults, kind = frame.defaults, rules.kind_of(post)
    allow = post.allow if post.allow is not None else _fitting(defaults.allow, kind)
    return DesiredPost(
        account=frame.account.name,
        name=post.name,
        kind=kind,
        mode=rules.mode_of(post, frame) or Mode.DRAFT,
        media=media,
        caption=str(post.caption or ""),
        title=str(rules.value_of(post, "title") or ""),
        privacy=post.privacy,
        allow=frozenset(allow),
        disclosure=defaults.disclosure if post.disclosure is None else frozenset(post.disclosure),
        ai_generated=defaults.ai_generated if post.ai_generated is None else post.ai_generated,
        auto_music=bool(rules.value_of(post, "auto_music")),
        cover=_cover(post),
        publish_at=post.publish_at and rules.instant(post.publish_at, frame.zone),
        next_slot=rules.wants_slot(post),
        grace=post.grace or defaults.grace,
        expires_at=post.expires_at and rules.instant(post.expires_at, frame.zone),
        hold=bool(post.hold),
        generation=post.generation or 1,
        moved_from=post.moved_from,
        post_id=rules.value_of(post, "post_id"),
        where=Place(document.file, document.start[0], document.start[1]),
        places=_places(document),
        lists_photos=isinstance(rules.value_of(post, "photos"), tuple),
    )


def _places(document: Document) -> tuple[tuple[str, Place], ...]:
    file, spots = document.file, document.spots
    return tuple([(key, Place(file, spots[key,][0], spots[key,][1])) for key in document.value])


def _fitting(allow: frozenset[Interaction], kind: Kind) -> frozenset[Interaction]:
    """Of the defaults, what this kind of post can have: photos know only comments."""
    return allow & {Interaction.COMMENT} if kind is Kind.PHOTOS else allow
