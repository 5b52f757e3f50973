"""What Postiz, Buffer and twitter-together know of posts, and what of it a manifest can't hold."""

from __future__ import annotations

import json
from typing import Any

from contentsync.importers.buffer import read_buffer
from contentsync.importers.draft import Taken
from contentsync.importers.postiz import read_postiz
from contentsync.importers.twitter_together import read_tweet

TIKTOK = {"providerIdentifier": "tiktok", "name": "Acme"}


def a_postiz_post(**changes: Any) -> dict[str, Any]:
    usual = {
        "content": "<p>Launch &amp; more</p><p>#fyp</p>",
        "publishDate": "2026-12-01T09:00:00.000Z",
        "state": "QUEUE",
        "integration": TIKTOK,
        "image": [{"path": "https://uploads.example/x.mp4"}],
    }
    return usual | changes


def postiz(*posts: dict[str, Any]) -> Taken:
    return read_postiz(json.dumps({"posts": posts}), "posts.json")


def codes(found: Taken) -> list[str]:
    return [p.code for p in (*found.problems, *(p for draft in found.drafts for p in draft.problems))]


def test_a_planned_post_of_postiz_is_a_draft() -> None:
    settings = {
        "privacy_level": "MUTUAL_FOLLOW_FRIENDS",
        "comment": True,
        "duet": False,
        "brand_organic_toggle": True,
        "content_posting_method": "UPLOAD",
    }
    draft = postiz(a_postiz_post(settings=settings)).drafts[0]
    assert draft.media == ("https://uploads.example/x.mp4",)
    assert draft.values == {
        "caption": "Launch & more\n#fyp",
        "privacy": "friends",
        "allow": ["comment"],
        "disclosure": ["your_brand"],
        "mode": "draft",
        "publish_at": "2026-12-01T09:00:00+00:00",
        "account": "Acme",
    }


def test_what_the_database_of_postiz_holds_is_read_and_its_times_are_utc() -> None:
    """Its settings and files are JSON in a text, and its times have no zone."""
    row = a_postiz_post(
        publishDate="2026-12-01T09:00:00",
        settings='{"privacy_level": "SELF_ONLY", "comment": false, "title": ""}',
        image='[{"id": "1", "path": "https://uploads.example/x.mp4"}]',
    )
    draft = postiz(row).drafts[0]
    assert draft.media == ("https://uploads.example/x.mp4",)
    assert draft.values["privacy"] == "only_me" and draft.values["allow"] == []
    assert draft.values["publish_at"] == "2026-12-01T09:00:00+00:00"


def test_the_answer_as_the_documents_of_postiz_show_it_is_read() -> None:
    post = {
        "id": "1",
        "publishDate": "2026-12-01T09:00:00Z",
        "status": "scheduled",
        "content": "Hello",
        "integration": {"identifier": "tiktok", "name": "Acme"},
        "media": [{"id": "2", "url": "https://cdn.example/a.mp4", "type": "video"}],
        "settings": {"privacy_level": "PUBLIC_TO_EVERYONE"},
    }
    draft = postiz(post).drafts[0]
    assert (draft.media, draft.values["privacy"]) == (("https://cdn.example/a.mp4",), "everyone")


def test_an_answer_without_files_says_what_to_do_and_a_repeated_post_is_told() -> None:
    post = a_postiz_post(intervalInDays=7, settings="no JSON")
    del post["image"]
    (draft,) = postiz(post).drafts
    assert [problem.code for problem in draft.problems] == ["media-missing", "not-carried-over"]
    assert "docs/how-to-postiz.md" in draft.problems[0].hint


def test_a_draft_of_postiz_is_held() -> None:
    assert postiz(a_postiz_post(state="DRAFT")).drafts[0].values["hold"] is True
    assert postiz(a_postiz_post(publishDate="soon")).drafts[0].values["hold"] is True


def test_what_postiz_published_or_sent_elsewhere_is_left_out() -> None:
    found = postiz(a_postiz_post(state="PUBLISHED"), a_postiz_post(integration={"providerIdentifier": "x"}))
    assert (found.drafts, codes(found)) == ((), ["not-imported", "not-imported"])


def test_what_postiz_knows_and_a_manifest_does_not_is_told() -> None:
    value = [{"content": "One", "image": [{"path": "a.mp4"}]}, {"content": "A comment"}]
    found = postiz(a_postiz_post(value=value, settings={"music": {"id": "7"}}), a_postiz_post(image=[]))
    assert codes(found) == ["not-carried-over", "not-carried-over", "media-missing"]
    assert found.drafts[0].values["caption"] == "One"


def test_a_text_that_is_no_html_keeps_its_signs() -> None:
    assert postiz(a_postiz_post(content="1 < 2 &amp; <3")).drafts[0].values["caption"] == "1 < 2 &amp; <3"


def test_a_sheet_for_buffers_bulk_upload_is_read_and_its_tags_are_no_hashtags() -> None:
    text = "Text,Image URL,Tags,Posting Time\nHello,https://a.example/1.jpg,campaign,2026-12-01 09:00\nBye,2.jpg,,\n"
    found = read_buffer(text, "buffer.csv", None)
    assert [draft.values for draft in found.drafts] == [
        {"caption": "Hello", "publish_at": "2026-12-01T09:00:00"},
        {"caption": "Bye", "hold": True},
    ]
    assert codes(found) == ["not-carried-over"]


def test_the_answer_of_buffers_api_is_read() -> None:
    node = {
        "text": "Hello",
        "dueAt": "2026-12-01T09:00:00.000Z",
        "status": "scheduled",
        "channel": {"service": "tiktok", "name": "acme"},
        "assets": [{"source": "https://buffer.example/a.mp4"}],
    }
    edges = [
        {"node": node},
        {"node": node | {"status": "sent"}},
        {"node": node | {"channelService": "x", "channel": 0}},
    ]
    found = read_buffer(json.dumps({"data": {"posts": {"edges": edges}}}), "buffer.json", None)
    assert [(one.values, one.media) for one in found.drafts] == [
        (
            {"caption": "Hello", "publish_at": "2026-12-01T09:00:00+00:00", "account": "acme"},
            ("https://buffer.example/a.mp4",),
        )
    ]
    assert codes(found) == ["not-imported", "not-imported"]


def test_what_is_no_list_of_posts_is_refused() -> None:
    for text in ("{", '{"error": "no"}', "[]", "3", "[" * 100_000):
        assert codes(read_postiz(text, "posts.json")) == ["export-unreadable"]


def test_a_tweet_with_a_film_is_a_draft_that_is_held() -> None:
    text = "---\nmedia:\n  - file: cat.mp4\n    alt: A cat\n---\n\nCats #caturday\n"
    found = read_tweet(text, "tweets/cat.tweet")
    assert [(one.values, one.media) for one in found.drafts] == [
        ({"caption": "Cats #caturday", "hold": True}, ("cat.mp4",))
    ]
    assert codes(found) == ["not-carried-over"]


def test_a_scheduled_tweet_keeps_its_time_and_a_thread_its_first_part() -> None:
    text = "---\nschedule: 2026-12-01T09:00:00Z\nmedia: [a.mp4]\n---\nOne\n\n---\n\nTwo\n"
    found = read_tweet(text, "a.tweet")
    assert found.drafts[0].values == {"caption": "One", "publish_at": "2026-12-01T09:00:00+00:00"}
    assert codes(found) == ["not-carried-over"]


def test_what_tiktok_could_not_show_is_left_out() -> None:
    for text in ("Only words", "---\nretweet: https://x.example/1\n---\n", "Which?\n\n( ) A\n( ) B\n"):
        found = read_tweet(text, "a.tweet")
        assert (found.drafts, codes(found)) == ((), ["not-imported"])


def test_front_matter_that_is_no_yaml_is_told_at_its_line() -> None:
    found = read_tweet("---\nmedia: [a]\nmedia: [b]\n---\nHi\n", "a.tweet")
    assert [problem.where.line for problem in found.problems if problem.where] == [3]
