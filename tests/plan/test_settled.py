"""Is history never judged again? Only what a settled post's own manifest says is compared with what was sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contentsync.errors import Place, Problem
from contentsync.faulty import Faulty
from contentsync.lifecycle import Phase
from contentsync.plan.action import AccountFacts, Action, Kind, World
from contentsync.plan.planner import make_plan
from contentsync.plan.settled import split
from contentsync.post import ABSENT, DesiredPost, Interaction, Media, Mode, Privacy
from contentsync.post import Kind as PostKind
from contentsync.post_state import PostState
from contentsync.settings import App
from tests.builders import NOW, OPEN_ID, a_creator, a_media, a_post, a_row, an_account, an_attempt

HERE = Place("posts/a.yaml", 1, 1)


def written(*keys: str, **values: Any) -> DesiredPost:
    """A post whose manifest has these keys."""
    return replace(a_post(**values), places=tuple((key, HERE) for key in ("name", "account", *keys)))


def sent(post: DesiredPost, phase: Phase = Phase.PUBLISHED, **over: Any) -> PostState:
    told = json.dumps(post.sent_values())
    attempt = an_attempt(post, phase=phase, open_id=OPEN_ID, mode=post.mode, sent=told)
    return a_row(post, attempts=(attempt,), **over)


def planned(post: DesiredPost, row: PostState) -> list[Action]:
    facts = AccountFacts(an_account(), OPEN_ID, a_creator(), (row,))
    return list(make_plan([post], World(NOW, {"acme": facts}, App(audited=True))).actions)


WAS = written("video", "caption", "privacy", mode=Mode.DIRECT, allow=frozenset({Interaction.COMMENT}))


@pytest.mark.parametrize(
    "today",
    [
        {"allow": frozenset({Interaction.COMMENT, Interaction.DUET})},
        {"disclosure": frozenset({"your_brand"})},
        {"ai_generated": True},
        {"mode": Mode.DRAFT},
        {"allow": frozenset(), "ai_generated": True, "mode": Mode.DRAFT},
    ],
)
@pytest.mark.parametrize("phase", [Phase.PUBLISHED, Phase.ABANDONED])
def test_another_default_changes_nothing_that_is_out(today: dict[str, Any], phase: Phase) -> None:
    assert planned(replace(WAS, **today), sent(WAS, phase)) == []


def test_a_delivered_draft_stays_when_its_account_posts_directly() -> None:
    draft = written("video", "caption", mode=Mode.DRAFT, privacy=None)
    today = replace(draft, mode=Mode.DIRECT)
    assert planned(today, sent(draft, Phase.DELIVERED)) == []


@pytest.mark.parametrize(
    ("key", "today"),
    [
        ("caption", {"caption": "another"}),
        ("privacy", {"privacy": Privacy.ONLY_ME}),
        ("allow", {"allow": frozenset()}),
        ("mode", {"mode": Mode.DRAFT}),
        ("cover_at", {"cover": 1_500}),
    ],
)
def test_what_the_manifest_itself_says_is_still_an_edit(key: str, today: dict[str, Any]) -> None:
    edited = replace(WAS, **today, places=(*WAS.places, (key, HERE)))
    assert [action.kind for action in planned(edited, sent(WAS))] == [Kind.FROZEN]


def test_other_bytes_are_an_edit_and_only_they_are_listed() -> None:
    edited = replace(WAS, media=(a_media("other.mp4"),), ai_generated=True)
    action = planned(edited, sent(WAS))[0]
    assert (action.kind, [change.key for change in action.changes]) == (Kind.FROZEN, ["media"])


def test_an_accepted_edit_stays_accepted() -> None:
    edited = replace(WAS, caption="another")
    assert planned(edited, sent(WAS, acked_digest=edited.digest)) == []


# -- media that are not here

GONE = Media(path="posts/clip.mp4", pointer=ABSENT)


def test_a_deleted_clip_of_a_published_post_is_as_declared() -> None:
    assert planned(replace(WAS, media=(GONE,)), sent(WAS)) == []


def photos(*names: str, **values: Any) -> DesiredPost:
    media = tuple(GONE if name == "-" else a_media(f"{name}.jpg") for name in names)
    return written("photos", "caption", kind=PostKind.PHOTOS, media=media, mode=Mode.DRAFT, **values)


@pytest.mark.parametrize(
    ("today", "is_edit"),
    [
        (photos("-", "2", "3", lists_photos=True), False),
        (photos("-", "-", "-", lists_photos=True), False),
        (photos("1", "3"), False),
        (photos(), False),
        (photos("1", "3", lists_photos=True), True),
        (photos("3", "1"), True),
        (photos("1", "2", "3", "4"), True),
        (photos("-", "3", "2", lists_photos=True), True),
        (photos("-", "2", "other", lists_photos=True), True),
    ],
)
def test_photos_that_are_not_here_are_the_ones_that_were_sent(today: DesiredPost, is_edit: bool) -> None:
    plan = planned(today, sent(photos("1", "2", "3"), Phase.DELIVERED))
    assert [action.kind for action in plan] == ([Kind.FROZEN] if is_edit else [])


# -- what is faulty today


def fault(post: DesiredPost | None) -> Faulty:
    return Faulty("acme/launch" if post is None else post.key, HERE, (Problem("wrong-type", "x"),), post)


@pytest.mark.parametrize("phase", [Phase.PUBLISHED, Phase.DELIVERED, Phase.ABANDONED])
def test_a_settled_post_is_never_faulty(phase: Phase) -> None:
    settled, others = split([fault(WAS)], {WAS.key: sent(WAS, phase)})
    assert (list(settled), others) == ([WAS.key], ())


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.UPLOADING, Phase.UNKNOWN, Phase.ORPHANED, Phase.PROCESSING])
def test_any_other_post_is(phase: Phase) -> None:
    assert not split([fault(WAS)], {WAS.key: sent(WAS, phase)})[0]


def test_a_higher_generation_a_tombstone_and_what_can_not_be_read_are_judged() -> None:
    row = sent(WAS)
    assert not split([fault(replace(WAS, generation=2))], {WAS.key: row})[0]
    assert not split([fault(WAS)], {WAS.key: replace(row, removed_at=NOW)})[0]
    assert not split([fault(None)], {WAS.key: row})[0]
    assert not split([fault(WAS)], {})[0]


def test_a_bound_post_is_settled() -> None:
    row = a_row(WAS, attempts=(), bound_post_id="7400")
    assert list(split([fault(WAS)], {WAS.key: row})[0]) == [WAS.key]
