"""Which facts about the account or TikTok forbid a create? Problems that only a person can fix, and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contentsync.errors import Level, Problem
from contentsync.lfs import lfs_command
from contentsync.media_urls import shown
from contentsync.plan.action import AccountFacts, World
from contentsync.plan.declaration import labelled
from contentsync.plan.policy import against, content_problems
from contentsync.plan.pull_checks import fetch_blocks, fetch_notes, is_unsure
from contentsync.post import DesiredPost, Interaction, Kind, Media, Mode, Privacy
from contentsync.remote_post import Creator

APP_CAP: Final = "reached_active_user_cap"
CAPS: Final = frozenset({"spam_risk_too_many_posts", APP_CAP})
SCOPES: Final = {Mode.DIRECT: "video.publish", Mode.DRAFT: "video.upload"}  # what TikTok wants for an init


def blocks_of(post: DesiredPost, facts: AccountFacts, world: World) -> tuple[Problem, ...]:
    """Why this post can't be sent now; empty if it can."""
    found = [*behind(world), *fetch_blocks(post, world)]
    creator = facts.creator
    if creator is not None and (lacking := scope_missing(post, facts)):
        found += lacking
    elif post.mode is Mode.DIRECT and creator is not None:
        found += _banned(creator)
        found += _not_told(post, creator)
        found += _unaudited(post, creator, world)
        found += _not_offered(post, creator, audited=_is_audited(post, world))
        found += _too_long(post, creator)
    found += against(post, world)
    return tuple(found)


def behind(world: World) -> list[Problem]:
    """A shared state that can't be read may hold another machine's claim: nothing is begun without it."""
    return [replace(world.behind, level=Level.ERROR)] if world.behind else []


def scope_missing(post: DesiredPost, facts: AccountFacts) -> list[Problem]:
    """The problem of a scope that the token lacks. Posts of the other mode are still sent."""
    needed = SCOPES[post.mode]
    if facts.grants(needed) is not False:
        return []
    kind = "direct post" if post.mode is Mode.DIRECT else "draft"
    what = f"the token of {post.account} lacks the scope {needed}, which TikTok requires for a {kind}"
    other = Mode.DRAFT if post.mode is Mode.DIRECT else Mode.DIRECT
    instead = f"; or set mode: {other}" if facts.grants(SCOPES[other]) is not False else ""
    return [Problem("scope-missing", what, f"grant it: {facts.renewal}{instead}", post.place_of("mode"))]


def _banned(creator: Creator) -> list[Problem]:
    """Source: Query Creator Info, the codes inside 200; those of caps are told by `cap_of`."""
    if not creator.stop or creator.stop in CAPS:
        return []
    hint = "no direct post can be sent for this account; its owner can find the reason in the TikTok app"
    return [Problem(creator.stop.replace("_", "-"), creator.stop_what or creator.stop, hint)]


def _not_told(post: DesiredPost, creator: Creator) -> list[Problem]:
    """The problem of an answer without privacy levels: TikTok may refuse the post."""
    if creator.privacy is not None or creator.stop:
        return []
    what = f"TikTok did not say what account {post.account} may post: its answer names no privacy levels"
    hint = "run the same command again; if TikTok still does not say, set mode: draft"
    return [Problem("creator-info-incomplete", what, hint)]


def cap_of(post: DesiredPost, facts: AccountFacts) -> str:
    """The cap that TikTok reports as reached, in words; empty for none. TikTok does not say for how long."""
    creator = facts.creator
    if post.mode is not Mode.DIRECT or creator is None or creator.stop not in CAPS:
        return ""
    return f"{creator.stop_what or 'TikTok accepts no more posts now'} ({creator.stop})"


def _unaudited(post: DesiredPost, creator: Creator, world: World) -> list[Problem]:
    """Source: Content Sharing Guidelines: an unaudited app may post to private accounts only."""
    if _is_audited(post, world) or not creator.is_public:
        return []
    app = "the sign-in uses the app's sandbox" if world.app.audited else "the app is not audited"
    what = f"{app} and {post.account} is a public account: TikTok refuses direct posts"
    hint = "set mode: draft, or make the account private in TikTok's app (audited: true once the audit is passed)"
    return [Problem("unaudited-public-account", what, hint, post.place_of("mode"))]


def _is_audited(post: DesiredPost, world: World) -> bool:
    """Source: Add a Sandbox: no audit reaches a sandbox."""
    return world.app.audited and not world.accounts[post.account].sandbox


def _not_offered(post: DesiredPost, creator: Creator, *, audited: bool) -> list[Problem]:
    """Source: Query Creator Info; Content Sharing Guidelines 2b and 2c."""
    found = []
    offered = creator.privacy
    if offered is not None and post.privacy is not None and post.privacy not in offered:
        what = f'TikTok does not offer privacy "{post.privacy}" to account {post.account}'
        hint = _to_choose(offered, audited=audited)
        found.append(Problem("privacy-not-offered", what, hint, post.place_of("privacy")))
    of_photos = {Interaction.COMMENT}  # photos know no duet and stitch
    denied = sorted(post.allow & creator.disabled & (of_photos if post.kind is Kind.PHOTOS else set(Interaction)))
    if denied:
        what = f"the creator has turned off {', '.join(denied)} for account {post.account}"
        hint = f"remove {', '.join(denied)} from allow, or turn it on in TikTok's app"
        found.append(Problem("interaction-disabled", what, hint, post.place_of("allow")))
    return found


def _to_choose(offered: tuple[Privacy, ...], *, audited: bool) -> str:
    """Which levels the hint names: from an unaudited app TikTok always accepts only one."""
    if not offered:
        return "TikTok offers no privacy level now: check TikTok's app, or set mode: draft"
    sure = offered if audited or Privacy.ONLY_ME not in offered else (Privacy.ONLY_ME,)
    why = "" if sure == offered else "; it is the only one that TikTok always accepts from an app that is not audited"
    return "choose " + " or ".join(f'"{level}"' for level in sure) + why


def _too_long(post: DesiredPost, creator: Creator) -> list[Problem]:
    allowed = creator.max_seconds
    if post.kind is not Kind.VIDEO or not allowed or not post.media or post.media[0].facts is None:
        return []
    seconds = post.media[0].facts.duration
    if seconds is None or seconds <= allowed:
        return []
    what = f"the video is {seconds:.1f} s long; TikTok accepts up to {allowed} s from {post.account}"
    return [Problem("video-too-long", what, "cut the video", post.place_of("video"))]


def notes_of(post: DesiredPost, world: World, alike: Sequence[str]) -> tuple[Problem, ...]:
    """What a person should know before this is sent. alike: public videos for which a guard was lifted."""
    return (
        *_unchecked(post, world),
        *fetch_notes(post, world),
        *_only_me(post, world),
        *_labels(post),
        *_lookalikes(alike),
        *(problem for problem in content_problems(post, world.policy) if problem.level is not Level.ERROR),
    )


def _note(code: str, what: str, hint: str = "", *, level: Level = Level.NOTE) -> Problem:
    return Problem(code, what, hint, level=level)


def _unchecked(post: DesiredPost, world: World) -> list[Problem]:
    """The note on unchecked media; `fetch_notes` reports addresses without an answer."""
    pointers = [item.path for item in post.media if item.pointer]
    what = f"a Git LFS pointer, its content not checked: {', '.join(pointers)}"
    fetch = f"apply needs the file itself; first run: {lfs_command(world.git_prefix, pointers)}"
    noted = [_note("media-lfs-pointer", what, fetch)]
    media = [item for item in post.media if item.facts is None and not item.pointer]
    unread = [item.path or shown(item.url) for item in media if not _told(item, world)]
    told = noted if pointers else []
    if unread:
        told.append(
            _note("media-not-checked", f"not checked: {', '.join(unread)}", "TikTok checks it when the post is sent")
        )
    return told


def _told(item: Media, world: World) -> bool:
    return bool(item.url) and is_unsure(world, item.url)


def _only_me(post: DesiredPost, world: World) -> list[Problem]:
    """Source: Content Sharing Guidelines: unaudited clients are restricted to SELF_ONLY."""
    if post.mode is Mode.DRAFT or _is_audited(post, world) or post.privacy in {None, Privacy.ONLY_ME}:
        return []
    app = "the sign-in uses the app's sandbox" if world.app.audited else "the app is not audited"
    what = f'{app}: TikTok may refuse privacy "{post.privacy}"; only "only_me" is always accepted'
    hint = "set privacy: only_me and keep the account private; or set mode: draft"
    return [_note("unaudited-only-me", what, hint, level=Level.WARNING)]


def _labels(post: DesiredPost) -> list[Problem]:
    """Source: Content Sharing Guidelines 3a, in TikTok's own words."""
    if post.mode is Mode.DRAFT or not post.disclosure:
        return []
    return [_note("label", labelled(post.kind, post.disclosure))]


def _lookalikes(alike: Sequence[str]) -> list[Problem]:
    """The warning in place of a lifted guard."""
    if not alike:
        return []
    what = f"a public video already has this caption and length: {', '.join(alike[:3])}"
    return [
        _note("lookalike", what, "the guard lookalike is lifted, so the post is sent anyway", level=Level.WARNING)
    ]
