"""A choice on a posting screen approves only what the manifest declares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contentsync.plan import declaration
from contentsync.plan.posting import Choice, against
from contentsync.post import DesiredPost, Disclosure, Interaction, Privacy
from tests.builders import a_creator, a_post, an_ad

RIGHT = Choice(privacy="everyone", allow=frozenset({"comment"}), caption="Launch day")


def told(post: DesiredPost | None = None, creator: dict[str, Any] | None = None, **choice: Any) -> list[str]:
    found = against(replace(RIGHT, **choice), post or a_post(), a_creator(**(creator or {})))
    assert all(one.hint for one in found)
    return [one.what for one in found]


def test_a_choice_that_says_what_is_declared_is_taken() -> None:
    assert told() == []


def test_nothing_is_chosen_beforehand_so_who_can_see_it_must_be_chosen() -> None:
    assert told(privacy="") == ["you did not choose who can see the post"]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"privacy": "friends"}, "privacy: you chose friends, and the manifest says everyone"),
        ({"privacy": "followers"}, 'TikTok does not offer "followers" to this account'),
        ({"allow": frozenset()}, "allow: you chose none, and the manifest says comment"),
        ({"allow": frozenset({"comment", "duet"})}, "allow: you chose comment, duet, and the manifest says comment"),
        ({"discloses": True}, declaration.NEITHER),
        (
            {"discloses": True, "disclosure": frozenset({"your_brand"})},
            "disclosure: you chose your_brand, and the manifest says none",
        ),
        ({"ai_generated": True}, "ai_generated: you chose on, and the manifest says off"),
        ({"caption": "Another"}, "your caption is not the one in the manifest"),
    ],
)
def test_a_choice_that_differs_is_refused_with_what_to_change(choice: dict[str, Any], said: str) -> None:
    assert told(**choice) == [said]


def test_the_hint_names_the_key_and_its_file() -> None:
    (found,) = against(replace(RIGHT, privacy="friends"), a_post(), a_creator())
    assert "`privacy: friends` in posts/launch.yaml" in found.hint


def test_branded_content_can_t_be_private_in_tiktok_s_words() -> None:
    post = an_ad(privacy=Privacy.ONLY_ME)
    said = told(post, privacy="only_me", discloses=True, disclosure=frozenset({"branded_content"}))
    assert said == [declaration.NOT_PRIVATE]


def test_a_kind_of_disclosure_counts_only_with_the_disclosure_itself() -> None:
    post = a_post(disclosure=frozenset({Disclosure.YOUR_BRAND}))
    assert told(post, disclosure=frozenset({"your_brand"})) != []
    assert told(post, discloses=True, disclosure=frozenset({"your_brand"})) == []


def test_what_the_creator_turned_off_can_t_be_chosen() -> None:
    off = {"disabled": frozenset({Interaction.COMMENT})}
    assert told(creator=off) == ["this account does not allow comment"]


def test_line_ends_and_escapes_of_a_form_change_nothing() -> None:
    post = a_post(caption="One\nTwo\u202e")
    assert told(post, caption="One\r\nTwo\\u202e") == []
    assert told(post, caption="One\r\nTwo\u202e") == []
