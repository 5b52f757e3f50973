"""A plan as a comment: readable, bounded, and other people's text stays text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from contentsync.errors import Level, Problem
from contentsync.limits import utf16_units
from contentsync.plan.action import Kind
from contentsync.views.plan_markdown import MOST, block, code, comment
from tests.builders import a_post
from tests.views.previews import (
    HOSTILE,
    a_plan_of,
    a_preview,
    an_action,
    answers,
    full_of,
    hostile,
    of_every_kind,
    ten_posts,
)

READER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
#: All the HTML that a comment of ours holds.
OURS = re.compile(r"</?(details|summary|code)>")
PLAIN = {"inline", "text", "code_inline", "fence", "html_block", "softbreak"}
MARKED = ("paragraph", "bullet_list", "list_item", "heading", "strong")


def read(text: str) -> list[Token]:
    """All tokens of a comment, those within lines too."""
    found = []
    for token in READER.parse(text):
        found.append(token)
        found += token.children or []
    return found


def assert_harmless(text: str) -> None:
    """Nothing but our own markup is in a comment, and nothing outside of code that a forge would act on."""
    for token in read(text):
        assert token.type in PLAIN or token.type.rpartition("_")[0] in MARKED, (token.type, token.content)
        if token.type == "html_block":
            bare = re.sub(r"<code>[^<>]*</code>", "", token.content)
            assert "<" not in OURS.sub("", bare), token.content
            assert "@" not in bare and "#" not in bare, token.content
        if token.type == "text":
            assert not re.search(r"[@#!<>]|https?:|www\.|GH-\d", token.content), token.content
    markup = "".join(token.content for token in read(text) if token.type == "html_block")
    assert markup.count("<details>") == markup.count("</details>") == markup.count("<summary>") > 0
    assert not re.search(r"(?m)^\s*/", text), "a forge's command"


def test_the_comment_says_of_each_post_what_the_page_says() -> None:
    text = comment(of_every_kind())
    for line in (
        "### Plan: 5 to create, 1 to resume, 1 to move, 1 waiting, 1 blocked, 1 frozen, 1 unknown, 1 drifted, ",
        "- `acme`: `Acme Studio (@acme)`, public account; 12 of 15 posts left in 24 h, 4 of them used by this plan",
        "- Account: `Acme Studio (@acme)`",
        "- Who can see it: `PUBLIC: everyone`",
        "- Time: `Fri 6 Mar 07:00 EST (Fri 6 Mar 12:00 UTC)`",
        "- Not sent: `caption, privacy (followers), cover`",
        "- Cover: `the frame at 2.5 s`",
        "- `caption` was `Launch day in Kreuzberg`, is `Launch week in Neukölln`",
        "Caption (not sent):",
        "Plan `sha256:" + "2" * 64,
    ):
        assert line in text, line
    assert_harmless(text)


def test_ten_of_ten_posts_are_read_off_the_comment() -> None:
    given = ten_posts()
    text = comment(a_preview(a_plan_of(*(action for _, action in given)), [post for post, _ in given]))
    fact = re.compile(r"^- (Account|Who can see it|Time|Not sent|Cover): `(.+)`$", re.M)
    read = [dict(fact.findall(_about(text, post.key))) for post, _ in given]
    assert read == [answers(post, action) for post, action in given]


def _about(text: str, key: str) -> str:
    return text.partition(f"<summary><code>{key}</code>")[2].partition("</details>")[0]


def test_problems_come_before_the_posts() -> None:
    text = comment(of_every_kind())
    assert text.index("**Problems first**") < text.index("<details>")


def test_notes_alone_are_not_called_problems() -> None:
    note = Problem("open-id-not-pinned", "acme is not pinned", level=Level.NOTE)
    post, action = ten_posts()[0]
    text = comment(replace(a_preview(a_plan_of(action), [post]), problems=(note,)))
    assert "**Notes**" in text and "**Problems first**" not in text


def test_accounts_that_are_not_pinned_share_one_line() -> None:
    names = [f"acme{number}" for number in range(25)]
    notes = [
        Problem("open-id-not-pinned", f"{name} is not pinned to a TikTok account yet", level=Level.NOTE)
        for name in names
    ]
    other = Problem("list-not-read", "the list was not read", level=Level.NOTE)
    post, action = ten_posts()[0]
    text = comment(replace(a_preview(a_plan_of(action), [post]), problems=(notes[0], other, *notes[1:])))
    (line,) = (line for line in text.splitlines() if "open-id-not-pinned" in line)
    assert line.startswith("- **note** 25 accounts are not pinned to a TikTok account yet: `acme0`, `acme1`, ")
    assert "`acme19` and 5 more (`open-id-not-pinned`)" in line
    assert "the list was not read" in text
    assert_harmless(text)


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)), min_size=1, max_size=4).map(" ".join))
def test_text_of_any_kind_stays_text(text: str) -> None:
    assert_harmless(comment(full_of([text, f"{text}\n{text}", text[::-1], f"`{text}`", f"```\n/close {text}"])))


@pytest.mark.slow
def test_500_hostile_captions_inject_nothing() -> None:
    captions = hostile(500)
    for begin in range(0, 500, 20):
        assert_harmless(comment(full_of(captions[begin : begin + 20])))


@given(st.text(max_size=60))
def test_a_code_span_is_read_back_as_it_was_written(text: str) -> None:
    tokens = READER.parseInline(f"a {code(text)} b")[0].children or []
    assert [token.type for token in tokens] == ["text", "code_inline", "text"]


@given(st.lists(st.sampled_from(["```", "````", "~~~", "/close", "a", "", "    b"])).map("\n".join))
def test_a_block_ends_where_we_end_it(text: str) -> None:
    assert [token.type for token in READER.parse(block(text) + "\nafter")][:2] == ["fence", "paragraph_open"]


@pytest.mark.slow
def test_a_great_plan_is_cut_and_keeps_problems_counts_and_the_digest() -> None:
    posts = [a_post(name=f"post-{number}", caption="😀" * 1000) for number in range(3000)]
    blocked = Problem("media-not-found", "clip.mp4 does not exist")
    actions = [an_action(post, problems=(blocked,), kind=Kind.BLOCKED, reason="gone") for post in posts[:400]]
    actions += map(an_action, posts[400:])
    text = comment(a_preview(a_plan_of(*actions), posts))
    assert utf16_units(text) <= MOST
    assert "2600 to create, 400 blocked" in text and "sha256:" + "2" * 64 in text
    assert "more problems: run `contentsync plan`" in text
    shown = text.count("<details>")
    assert f"**{3000 - shown} posts more**" in text and shown > 5
    assert_harmless(text)


def test_a_thousand_accounts_leave_room() -> None:
    preview = of_every_kind()
    view = preview.plan.accounts[0]
    many = a_preview(a_plan_of(*preview.plan.actions, accounts=(view,) * 1600), list(preview.posts.values()))
    text = comment(many)
    assert utf16_units(text) <= MOST and "more accounts" in text and text.count("<details>") == 13
