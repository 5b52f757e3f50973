"""Does an approval name all that is sent? Whatever of it changes, the digest changes, and the approval lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.approval import against, approval_of, digest_for_approval
from contentsync.lifecycle import Phase
from contentsync.post import DesiredPost, Disclosure, Interaction, Mode, Privacy
from tests.builders import NOW, OPEN_ID, a_draft, a_media, a_photo, a_post, a_slideshow, an_attempt, sha256

POST = a_post(publish_at=NOW, grace=timedelta(hours=2))
GIVEN = approval_of(POST, OPEN_ID, "anna", "terminal", NOW)


def said(post: DesiredPost, open_id: str = OPEN_ID, **over: Any) -> str:
    problem = against(replace(GIVEN, **over), post, open_id)
    return problem.what if problem else ""


def test_what_was_approved_may_be_sent_wherever_its_file_lies() -> None:
    moved = replace(POST, media=(replace(POST.media[0], path="elsewhere/other.mp4"),), moved_from="old", hold=True)
    assert said(POST) == said(moved) == ""


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"caption": POST.caption + "!"}, "the caption"),
        ({"media": (a_media(sha256=sha256("one byte more")),)}, "the media"),
        ({"publish_at": NOW + timedelta(milliseconds=1)}, "publish_at"),
        ({"publish_at": None, "next_slot": True}, "publish_at"),
        ({"grace": timedelta(hours=3)}, "grace"),
        ({"expires_at": NOW + timedelta(days=1)}, "expires_at"),
        ({"privacy": Privacy.ONLY_ME}, "privacy"),
        ({"allow": frozenset({Interaction.COMMENT, Interaction.DUET})}, "allow"),
        ({"disclosure": frozenset({Disclosure.YOUR_BRAND})}, "disclosure"),
        ({"ai_generated": True}, "ai_generated"),
        ({"cover": 1500}, "cover"),
        ({"mode": Mode.DRAFT, "privacy": None}, "mode"),
        ({"generation": 2}, "its generation"),
    ],
)
def test_any_change_of_what_is_sent_voids_the_approval_and_is_named(change: dict[str, Any], word: str) -> None:
    assert word in said(replace(POST, **change)).removeprefix("its approval lapsed: ")


def test_another_tiktok_account_voids_it() -> None:
    assert said(POST, "someone else") == "its approval lapsed: the TikTok account changed"
    assert against(GIVEN, POST, None) and against(None, POST, OPEN_ID)


def test_a_revoked_one_is_told_as_revoked() -> None:
    assert "revoked" in said(POST, revoked_at=NOW)


@pytest.mark.parametrize(
    ("phase", "retry", "holds"),
    [
        (Phase.INTENT, False, True),
        (Phase.UPLOADING, False, True),
        (Phase.ORPHANED, False, True),
        (Phase.FAILED, True, True),
        (Phase.FAILED, False, False),
        (Phase.UNKNOWN, False, False),
        (Phase.ABANDONED, False, False),
        (Phase.PUBLISHED, False, False),
    ],
)
def test_it_is_used_once_but_covers_what_came_to_nothing(phase: Phase, retry: bool, holds: bool) -> None:
    attempt = an_attempt(POST, phase=phase, retry=retry)
    used = replace(GIVEN, used_by=attempt.id)
    assert (against(used, POST, OPEN_ID, (attempt,)) is None) is holds
    assert against(used, POST, OPEN_ID) is not None


POSTS = st.builds(
    lambda base, **over: replace(base, **over),
    st.sampled_from([a_post(), a_draft(), a_slideshow(), replace(a_slideshow(), mode=Mode.DRAFT, privacy=None)]),
    caption=st.sampled_from(["", "a", "a ", "A", "a\n", "é", "e\u0301"]),
    title=st.sampled_from(["", "t"]),
    cover=st.sampled_from([None, 0, 1]),
    privacy=st.sampled_from([None, *Privacy]),
    allow=st.frozensets(st.sampled_from(list(Interaction))),
    disclosure=st.frozensets(st.sampled_from(list(Disclosure))),
    ai_generated=st.booleans(),
    auto_music=st.booleans(),
    media=st.sampled_from(
        [
            (a_media(),),
            (a_media(sha256=sha256("x")),),
            (a_media(url="https://media.acme.example/a.mp4"),),
            (a_photo("posts/1.jpg"), a_photo("posts/2.jpg", sha256=sha256("2"))),
            (a_photo("posts/2.jpg", sha256=sha256("2")), a_photo("posts/1.jpg")),
        ]
    ),
    publish_at=st.sampled_from([None, NOW, NOW + timedelta(seconds=1)]),
    next_slot=st.booleans(),
    grace=st.sampled_from([timedelta(hours=1), timedelta(hours=2)]),
    expires_at=st.sampled_from([None, NOW + timedelta(days=1)]),
)


@given(POSTS, POSTS, st.sampled_from(["one", "other"]), st.sampled_from(["one", "other"]))
def test_two_posts_have_one_digest_exactly_when_the_same_is_sent(
    one: DesiredPost, other: DesiredPost, first: str, second: str
) -> None:
    def all_of(post: DesiredPost, open_id: str) -> object:
        times = (post.publish_at, post.next_slot, post.grace, post.expires_at)
        return post.sent_values(), times, open_id

    same = all_of(one, first) == all_of(other, second)
    assert (digest_for_approval(one, first) == digest_for_approval(other, second)) is same
    approval = approval_of(one, first, "anna", "terminal", NOW)
    assert (against(approval, replace(other, generation=one.generation), second) is None) is same
