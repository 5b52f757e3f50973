"""The page of a plan: what it says of each post, in which order, and how much it weighs."""

from __future__ import annotations

import html
import re
import time
from html.parser import HTMLParser

import pytest

from contentsync.operations.pictures import Pictures
from contentsync.plan.action import Kind
from contentsync.views.plan_page import page
from tests.builders import a_post
from tests.views.previews import a_plan_of, a_preview, an_action, full_of, hostile, of_every_kind


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def card_of(text: str, key: str) -> str:
    """The words of one card, without markup."""
    found = next(part for part in text.split("<article ")[1:] if f"<bdi>{key}</bdi>" in part)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found.partition("</article>")[0])).split())


def test_a_direct_post_is_described_as_its_viewers_will_see_it():
    told = card_of(page(of_every_kind()), "acme/launch")
    assert "Launch day #fyp , thanks @acme_de" in told
    assert "Account Acme Studio (@acme)" in told
    assert "Who can see it PUBLIC: everyone" in told
    assert "Time now, when the plan is applied" in told
    assert "Not sent nothing" in told
    assert "Cover the frame at 2.5 s" in told
    assert "Approval approved by Ann (terminal)" in told


def test_a_draft_says_that_nobody_sees_it_and_what_is_not_sent():
    told = card_of(page(of_every_kind()), "acme/inbox")
    assert "Nobody sees it until it is posted in TikTok's app" in told
    assert "Who can see it nobody, until the creator posts it in TikTok's app; declared: followers" in told
    assert "Not sent caption, privacy (followers), cover" in told
    assert "The caption is not sent" in told


def test_a_time_is_told_in_the_zone_of_the_account_and_in_utc():
    assert "Time Fri 6 Mar 07:00 EST (Fri 6 Mar 12:00 UTC)" in card_of(page(of_every_kind()), "acme/teaser")


def test_an_edit_is_shown_word_by_word():
    text = page(of_every_kind())
    assert "Launch <del>day</del><ins>week</ins> in <del>Kreuzberg</del><ins>Neukölln</ins>" in text


def test_labels_are_shown_as_tiktok_words_them():
    text = page(of_every_kind())
    assert "your video will be labeled as 'Paid partnership'" in card_of(text, "acme/ad")
    assert "your video will be labeled as 'Promotional content'" in card_of(text, "acme/own")
    assert "labeled as AI-generated" in card_of(text, "acme/own")


def test_what_needs_a_person_comes_first():
    text = page(of_every_kind())
    titles = re.findall(r"<h2[^>]*>([^<]+)</h2>", text)
    assert titles[:4] == ["About the whole plan", "Accounts", "Needs a person", "Goes out when the plan is applied"]


def test_bars_tell_what_is_left_once_the_plan_is_applied():
    text = page(of_every_kind())
    assert "12 of 15 posts left in 24 h, 4 of them used by this plan" in text
    assert '<meter min="0" max="15" value="8"' in text


def test_the_digest_that_apply_checks_is_on_the_page():
    assert "sha256:" + "2" * 64 in page(of_every_kind())


def test_many_alike_are_folded_under_one_summary():
    posts = [a_post(name=f"post-{number}") for number in range(30)]
    text = page(a_preview(a_plan_of(*(an_action(post, Kind.WAIT, "hold: true") for post in posts)), posts))
    assert "<summary>30 posts: hold: true</summary>" in text
    assert text.count("<article") == 30


def test_an_empty_plan_says_so():
    assert "Nothing to do: every post is as declared." in page(a_preview(a_plan_of()))


def test_a_missing_picture_says_why():
    post = a_post()
    shown = page(a_preview(a_plan_of(an_action(post)), [post], pictures={post.key: Pictures([""], "no preview: x")}))
    assert "<p>no preview: x</p>" in shown and "<svg" in shown


def test_hostile_text_adds_no_element_and_no_attribute():
    calm = Elements(page(full_of([f"calm {number}\n" * 9 for number in range(500)])))
    wild = Elements(page(full_of(hostile(500))))
    assert set(wild.tags) <= set(calm.tags)
    assert {name for name, _ in wild.attributes} <= {name for name, _ in calm.attributes}
    assert "<script>alert(1)</script>" in "".join(wild.texts)


@pytest.mark.slow
def test_a_page_of_3000_posts_is_made_in_two_seconds():
    posts = [a_post(name=f"post-{number}", caption=f"About {number} #fyp" * 10) for number in range(3000)]
    preview = a_preview(a_plan_of(*map(an_action, posts)), posts, pictures={})
    page(of_every_kind())  # templates are compiled once
    begun = time.process_time()
    text = page(preview)
    assert time.process_time() - begun < 2.0
    assert len(text) < 15_000_000


def test_a_page_of_100_posts_with_all_the_pictures_there_may_be_stays_below_5_mb():
    from contentsync.operations.pictures import ROOM

    posts = [a_post(name=f"post-{number}", caption="x <y> &" * 300) for number in range(100)]
    drawn = {post.key: Pictures(["data:image/jpeg;base64," + "A" * (ROOM // 100)]) for post in posts}
    assert len(page(a_preview(a_plan_of(*map(an_action, posts)), posts, pictures=drawn)).encode()) < 5_000_000
