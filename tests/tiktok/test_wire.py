"""What is sent to TikTok for a post, and what is understood of answers in all the shapes they come in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contentsync.post import Disclosure, Interaction, MediaFacts, Mode, Privacy
from contentsync.tiktok import bodies, oauth, wire
from contentsync.tiktok.reading import decode, told, word
from contentsync.tiktok.refusals import AT_ONCE, failure
from contentsync.tiktok.sign_in_refusals import sign_in_refusal
from tests.builders import a_media, a_post, a_slideshow

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    re.findall(
        r"\w+",
        "error code message log_id logid data publish_id upload_url status fail_reason publicaly_available_post_id "
        "publicly_available_post_id uploaded_bytes privacy_level_options comment_disabled user open_id videos id "
        "cursor create_time has_more duration access_token refresh_token expires_in scope",
    )
)
BODIES = st.recursive(JUNK, lambda inner: st.dictionaries(NAMES, inner, max_size=6), max_leaves=12)


def test_a_direct_post_is_sent_with_both_brand_toggles_and_only_what_was_given() -> None:
    assert bodies.PostInfo.of(a_post(caption="", cover=None)).body() == {
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "disable_comment": False,
        "disable_duet": True,
        "disable_stitch": True,
        "brand_content_toggle": False,
        "brand_organic_toggle": False,
        "is_aigc": False,
    }


def test_all_that_was_given_is_sent() -> None:
    post = a_post(
        caption="Hi 👋 #fyp",
        cover=0,
        allow=frozenset(Interaction),
        disclosure=frozenset({Disclosure.BRANDED_CONTENT}),
        ai_generated=True,
    )
    body = bodies.PostInfo.of(post).body()
    assert (body["title"], body["video_cover_timestamp_ms"], body["is_aigc"]) == ("Hi 👋 #fyp", 0, True)
    assert (body["brand_content_toggle"], body["brand_organic_toggle"]) == (True, False)
    assert [body[f"disable_{name}"] for name in Interaction] == [False, False, False]


@pytest.mark.parametrize(
    ("privacy", "level"),
    [
        (Privacy.EVERYONE, "PUBLIC_TO_EVERYONE"),
        (Privacy.FRIENDS, "MUTUAL_FOLLOW_FRIENDS"),
        (Privacy.FOLLOWERS, "FOLLOWER_OF_CREATOR"),
        (Privacy.ONLY_ME, "SELF_ONLY"),
    ],
)
def test_each_privacy_has_tiktoks_own_word(privacy: Privacy, level: str) -> None:
    assert bodies.PostInfo.of(a_post(privacy=privacy)).body()["privacy_level"] == level


def test_a_privacy_that_nobody_chose_is_not_made_up() -> None:
    assert "privacy_level" not in bodies.PostInfo.of(a_post(privacy=None)).body()


def test_a_file_is_declared_with_its_chunks() -> None:
    assert bodies.FileSource.of(a_media(size=64_000_001)).body() == {
        "source": "FILE_UPLOAD",
        "video_size": 64_000_001,
        "chunk_size": 10_000_000,
        "total_chunk_count": 6,
    }


def test_a_url_is_declared_as_it_is() -> None:
    body = bodies.UrlSource("https://media.acme.example/a.mp4").body()
    assert body == {"source": "PULL_FROM_URL", "video_url": "https://media.acme.example/a.mp4"}


def test_direct_photos_carry_their_ai_label_beside_the_settings() -> None:
    body = bodies.PhotoPost.of(a_slideshow(ai_generated=True, auto_music=True, cover=1)).body()
    assert body["is_aigc"] is True
    assert body["post_info"] == {
        "title": "Launch",
        "description": "Launch day",
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "disable_comment": False,
        "auto_add_music": True,
        "brand_content_toggle": False,
        "brand_organic_toggle": False,
    }
    assert body["source_info"] == {
        "source": "PULL_FROM_URL",
        "photo_images": ["https://media.acme.example/1.jpg", "https://media.acme.example/2.jpg"],
        "photo_cover_index": 1,
    }


def test_a_photo_draft_carries_its_texts_only() -> None:
    body = bodies.PhotoPost.of(
        a_slideshow(mode=Mode.DRAFT, caption=""), urls=["https://cdn.acme.example/x.jpg"]
    ).body()
    assert (body["media_type"], body["post_mode"]) == ("PHOTO", "MEDIA_UPLOAD")
    assert body["post_info"] == {"title": "Launch"}
    assert "is_aigc" not in body


@pytest.mark.parametrize(
    ("path", "container", "expected"),
    [
        ("a.mov", None, "video/quicktime"),
        ("a.webm", "mp4", "video/mp4"),
        ("a.mp4", "webm", "video/webm"),
        ("a.MOV", None, "video/quicktime"),
        ("noname", None, "video/mp4"),
        ("a.mp4", "mkv", "video/mp4"),
    ],
)
def test_the_content_of_a_video_decides_its_type_before_its_name(path: str, container: str, expected: str) -> None:
    assert bodies.content_type(a_media(path, facts=MediaFacts(container))) == expected


def test_a_video_that_was_not_probed_goes_by_its_name() -> None:
    assert bodies.content_type(a_media("a.webm", facts=None)) == "video/webm"


@pytest.mark.parametrize("name", ["publicaly", "publicly", "publically"])
@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ([7400000000000000001], ("7400000000000000001",)),
        (["7400000000000000001"], ("7400000000000000001",)),
        (7400000000000000001, ("7400000000000000001",)),
        ("7400000000000000001", ("7400000000000000001",)),
        (
            [7400000000000000001, "7400000000000000001", 7400000000000000003],
            ("7400000000000000001", "7400000000000000003"),
        ),
        ([None, "", 0, "0", True, {}, [], 1.5, -3, "x", "٧"], ()),
        ([], ()),
        (None, ()),
        ("", ()),
        ({"id": 1}, ()),
    ],
)
def test_post_ids_are_understood_in_every_spelling(name: str, value: object, ids: tuple[str, ...]) -> None:
    assert wire.Status.of({"status": "PUBLISH_COMPLETE", f"{name}_available_post_id": value}).post_ids == ids


def test_nineteen_digits_stay_exact_from_the_wire_to_the_text() -> None:
    body = decode(b'{"publicaly_available_post_id": [7412345678901234567]}')
    assert isinstance(body, dict)
    assert wire.Status.of(body).post_ids == ("7412345678901234567",)


@pytest.mark.parametrize(
    ("word", "published", "delivered", "failed", "in_progress"),
    [
        ("PUBLISH_COMPLETE", True, False, False, False),
        ("SEND_TO_USER_INBOX", False, True, False, False),
        ("FAILED", False, False, True, False),
        ("PROCESSING_UPLOAD", False, False, False, True),
        ("PROCESSING_DOWNLOAD", False, False, False, True),
        ("SOMETHING_NEW", False, False, False, True),
        (None, False, False, False, True),
        (7, False, False, False, True),
    ],
)
def test_an_unknown_status_is_in_progress(
    word: object, published: bool, delivered: bool, failed: bool, in_progress: bool
) -> None:
    status = wire.Status.of({"status": word})
    assert (status.published, status.delivered, status.failed, status.in_progress) == (
        published,
        delivered,
        failed,
        in_progress,
    )


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (0, 0),
        (5, 5),
        ("5", 5),
        (5.0, 5),
        (None, None),
        (-1, None),
        (True, None),
        ("x", None),
        (5.5, None),
        ([5], None),
    ],
)
def test_bytes_are_counted_only_where_tiktok_says_a_number(value: object, count: int | None) -> None:
    assert wire.Status.of({"uploaded_bytes": value}).uploaded_bytes == count
    assert wire.Status.of({"downloaded_bytes": value}).downloaded_bytes == count


def test_an_init_answer_needs_a_publish_id() -> None:
    assert wire.InitAnswer.of({"upload_url": "https://open-upload.tiktokapis.com/"}) is None
    assert wire.InitAnswer.of({"publish_id": None}) is None
    assert wire.InitAnswer.of({"publish_id": " "}) is None
    assert wire.InitAnswer.of({"publish_id": "v_pub_url~v2.1", "upload_url": None}) == wire.InitAnswer(
        "v_pub_url~v2.1"
    )


def test_an_upload_url_is_not_in_the_repr_of_an_answer() -> None:
    assert "secret" not in repr(wire.InitAnswer("v_pub_file~v2-1.1", "https://x.tiktokapis.com/?upload_token=secret"))


def test_creator_info_is_read_in_our_words() -> None:
    info = wire.CreatorInfo.of(
        {
            "creator_nickname": "Acme",
            "creator_username": "acme",
            "privacy_level_options": ["PUBLIC_TO_EVERYONE", "SELF_ONLY", "SOMETHING_NEW", None],
            "comment_disabled": False,
            "duet_disabled": True,
            "max_video_post_duration_sec": 300,
        }
    )
    assert info.privacy == (Privacy.EVERYONE, Privacy.ONLY_ME)
    assert info.disabled == {Interaction.DUET}
    assert (info.nickname, info.username, info.max_seconds) == ("Acme", "acme", 300)


def test_privacy_options_that_were_not_told_are_not_taken_for_none_offered() -> None:
    assert wire.CreatorInfo.of({}).privacy is None
    assert wire.CreatorInfo.of({"privacy_level_options": []}).privacy == ()


@pytest.mark.parametrize("reason", ["internal", "INTERNAL", "Internal"])
def test_a_reason_is_known_in_capitals_too(reason: str) -> None:
    status = wire.Status.of({"status": "failed", "fail_reason": reason})
    assert (status.failed, status.fail_reason, failure(reason).again) == (True, "internal", AT_ONCE)


def test_an_error_of_the_sign_in_is_known_in_capitals_too() -> None:
    assert oauth.error_code({"error": "INVALID_GRANT"}) == "invalid_grant"
    assert sign_in_refusal("ACCESS_DENIED", "") == sign_in_refusal("access_denied", "")


@pytest.mark.parametrize("told", ["SELF_ONLY", "self_only", " Self-Only ", ["self only"], ["SELF_ONLY", "self_only"]])
def test_a_privacy_level_is_known_in_any_plain_spelling_and_alone(told: object) -> None:
    assert wire.CreatorInfo.of({"privacy_level_options": told}).privacy == (Privacy.ONLY_ME,)


@pytest.mark.parametrize("told", [None, "", " ", 7, {"SELF_ONLY": True}])
def test_what_is_no_list_of_levels_tells_none(told: object) -> None:
    assert wire.CreatorInfo.of({"privacy_level_options": told}).privacy is None


def test_a_listed_video_is_read_with_its_figures() -> None:
    entry = {"id": "74", "create_time": 1772366400, "video_description": "Launch", "duration": 10, "view_count": 7}
    video = wire.Video.of(entry)
    assert video is not None
    assert (video.post.post_id, video.post.caption, video.post.duration, video.views) == ("74", "Launch", 10, 7)
    assert video.post.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("created", [1772366400, 1772366400000, "1772366400"])
def test_a_creation_time_in_milliseconds_is_noticed(created: object) -> None:
    video = wire.Video.of({"id": "1", "create_time": created})
    assert video is not None
    assert video.post.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_video_without_id_is_none() -> None:
    assert wire.VideoPage.of({"videos": [{"create_time": 1}, None, 7]}).videos == ()


def test_a_missing_cursor_is_made_from_the_last_videos_seconds() -> None:
    assert wire.VideoPage.of({"videos": [{"id": "1", "create_time": 1772366400}]}).cursor == 1772366400000


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "x", "log_id": "2026AB"}},
        {"error": {"code": "x", "logid": "2026AB"}},
        {"error": "invalid_grant", "log_id": "2026AB"},
    ],
)
def test_the_log_id_is_found_in_each_shape_of_error(body: Any) -> None:
    assert wire.log_id_in(body) == "2026AB"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "ok",
        7,
        {},
        {"error": "ok"},
        {"error": []},
        {"error": {}},
        {"error": {"code": None}},
        {"error": {"code": 0}},
    ]
    + [{"error": {"code": code}} for code in ("", "ok\n", "o k", "ok\x00", "о" + "k")],
)
def test_what_is_no_envelope_is_not_taken_for_one(body: object) -> None:
    assert wire.Envelope.of(body) is None


@settings(max_examples=60)
@given(BODIES)
def test_nothing_that_tiktok_may_answer_breaks_the_reading(body: Any) -> None:
    wire.Envelope.of(body)
    oauth.TokenAnswer.of(body)
    oauth.error_code(body)
    data = body if isinstance(body, dict) else {"videos": body, "user": body, "status": body, "publish_id": body}
    for parse in (wire.Status, wire.InitAnswer, wire.CreatorInfo, wire.UserInfo, wire.VideoPage):
        parse.of(data)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoding(body: bytes) -> None:
    decode(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b"1" * 5_000, b'{"a":'])
def test_what_is_no_json_is_none(body: bytes) -> None:
    assert decode(body) is None


def test_text_from_outside_can_neither_move_the_cursor_nor_hold_a_token() -> None:
    assert told("a\x1b[31mred\r\nline act.Secret!1 end") == "a [31mred line act.… end"
    assert told("x" * 500) == "x" * 200
    assert word("20260301AB\x1b") == ""
    assert word("2026-act.Secret1") == "2026-act.…" and word("log_rft.Secret1") == "log_rft.…"


def test_a_log_id_that_is_a_token_is_not_told() -> None:
    body = {"error": {"code": "internal_error", "message": "", "log_id": "act.SecretOfAcme"}, "data": {}}
    assert wire.log_id_in(body) == "act.…" and "Secret" not in repr(wire.Envelope.of(body))
