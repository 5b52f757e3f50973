"""Inits: what is well formed, what is allowed, and the caps; creator info, status and cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contentsync.emulator.config import (
    FOLLOWERS,
    FRIENDS,
    ONLY_ME,
    PUBLIC,
    Account,
    App,
    Limits,
    Lives,
    Pace,
    Quirks,
)
from tests.emulator.support import MEGA, START, Caller, a_caller, a_direct_post, code, refused, some_photos

BAD_POST = (400, "invalid_params", "The request post info is empty or incorrect")
BAD_SOURCE = (400, "invalid_params", "The request source info is empty or incorrect")
BAD_COUNT = (400, "invalid_params", "The total chunk count is invalid")
BAD_CHUNK = (400, "invalid_params", "The chunk size is invalid")
OK = (200, "ok", "")

KEY = "publicaly_available_post_id"
INIT = "/v2/post/publish/video/init/"


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (1, 1, 1),
        (4_999_999, 4_999_999, 1),
        (5_000_000, 5_000_000, 1),
        (50_000_123, 10_000_000, 5),
        (64_000_000, 64_000_000, 1),
        (67_108_864, 67_108_864, 1),
        (64_000_001, 10_000_000, 6),
        (10_000_000, 5_000_000, 2),
        (602_285_541, 10_000_000, 60),
        (4_294_967_296, 10_000_000, 429),
        (4_294_967_296, 64_000_000, 67),
    ],
)
def test_a_plan_within_the_chunk_rules_is_accepted(size: int, chunk: int, count: int) -> None:
    with a_caller() as caller:
        assert refused(caller.init(size, chunk, count)) == OK


@pytest.mark.parametrize(
    ("size", "chunk", "count", "answer"),
    [
        (12_345_678, 5_242_880, 3, BAD_COUNT),  # rounded up
        (50_000_123, 10_000_000, 6, BAD_COUNT),
        (10_000_000, 10_000_000, 0, BAD_SOURCE),
        (4_294_967_296, 4_194_304, 1_024, BAD_COUNT),
        (66_259_900, 64_000_000, 1, BAD_CHUNK),  # a single chunk that is not the file
        (70_000_000, 70_000_000, 1, BAD_CHUNK),
        (1_000_000, 5_000_000, 1, BAD_CHUNK),
        (10_000_000, 4_999_999, 2, BAD_CHUNK),
        (140_000_000, 70_000_000, 2, BAD_CHUNK),
        (4_294_967_297, 10_000_000, 429, BAD_SOURCE),
        (0, 0, 1, BAD_SOURCE),
    ],
)
def test_a_plan_that_breaks_a_chunk_rule_is_refused(size: int, chunk: int, count: int, answer: object) -> None:
    with a_caller() as caller:
        assert refused(caller.init(size, chunk, count)) == answer


@pytest.mark.parametrize(
    ("megabyte", "size", "answer"),
    [
        ("decimal", 64_000_001, BAD_CHUNK),
        ("binary", 64_000_001, OK),
        ("decimal", 4_000_000_001, BAD_SOURCE),
    ],
)
def test_the_megabyte_can_be_read_strictly(megabyte: Any, size: int, answer: object) -> None:
    with a_caller(quirks=Quirks(megabyte=megabyte)) as caller:
        assert refused(caller.init(size)) == answer


@pytest.mark.parametrize(
    "info",
    [
        {"privacy_level": "PUBLIC"},
        {"privacy_level": None},
        {"title": 5},
        {"disable_duet": "yes"},
        {"is_aigc": None},
        {"title": "x" * 2_201},
        {"title": "x" * 2_199 + "😀"},
    ],
)
def test_bad_post_info_is_refused(info: dict[str, Any]) -> None:
    with a_caller() as caller:
        assert refused(caller.init(**info)) == BAD_POST


@pytest.mark.parametrize("title", ["x" * 2_200, "😀" * 1_100, ""])
def test_a_caption_is_counted_in_utf16_units(title: str) -> None:
    with a_caller() as caller:
        assert refused(caller.init(title=title)) == OK


def test_a_cover_that_makes_no_sense_is_no_error() -> None:
    with a_caller() as caller:
        assert code(caller.init(video_cover_timestamp_ms="first")) == (200, "ok")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"source_info": {}}, BAD_POST),
        ({"post_info": {"privacy_level": PUBLIC}}, BAD_SOURCE),
        (a_direct_post() | {"source_info": {"source": "FILE"}}, BAD_SOURCE),
        (a_direct_post() | {"source_info": {"source": "PULL_FROM_URL"}}, BAD_SOURCE),
        (a_direct_post() | {"source_info": {"source": "FILE_UPLOAD", "video_size": "1"}}, BAD_SOURCE),
    ],
)
def test_a_body_with_a_part_missing_is_refused(body: dict[str, Any], answer: object) -> None:
    with a_caller() as caller:
        assert refused(caller.post(INIT, body)) == answer


def test_keys_that_nobody_knows_are_ignored() -> None:
    with a_caller() as caller:
        assert code(caller.post(INIT, a_direct_post(idempotency_key="1") | {"client_ref": "2"})) == (200, "ok")


def test_invalid_params_can_be_spelt_in_the_singular() -> None:
    with a_caller(quirks=Quirks(invalid_code="invalid_param")) as caller:
        assert code(caller.init(title=5)) == (400, "invalid_param")


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(content: bytes) -> None:
    with a_caller() as caller:
        token = caller.emulator.accounts["acme"].access_token
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        assert code(caller.http.post(INIT, content=content, headers=headers)) == (400, "invalid_params")


def test_another_content_type_than_json_is_refused() -> None:
    with a_caller() as caller:
        token = caller.emulator.accounts["acme"].access_token
        answer = caller.http.post(INIT, data={"a": "b"}, headers={"authorization": f"Bearer {token}"})
    assert code(answer) == (400, "invalid_params")


def test_business_errors_can_come_with_status_200() -> None:
    with a_caller(quirks=Quirks(business_status=200)) as caller:
        assert code(caller.init(title=5)) == (200, "invalid_params")
        assert code(caller.status("nobody")) == (200, "invalid_publish_id")
        assert code(caller.post(INIT, token="act.nobody")) == (401, "access_token_invalid")


@pytest.mark.parametrize(
    ("reading", "posting", "display", "token"),
    [
        ("by_error", None, None, {}),
        ("by_family", None, {}, None),
        ("absent", None, None, None),
        ("empty", {}, {}, {}),
    ],
)
def test_a_refusal_has_empty_data_or_none(reading: Any, posting: object, display: object, token: object) -> None:
    with a_caller(quirks=Quirks(failure_data=reading)) as caller:
        assert caller.init(title=5).json().get("data") == posting
        assert caller.list(fields="").json().get("data") == display
        assert caller.post(INIT, token="act.nobody").json().get("data") == token


# -- what an answer looks like


@pytest.mark.parametrize(
    ("start", "prefix"),
    [
        (lambda c: c.init(), "v_pub_file~v2-1."),
        (lambda c: c.pull(), "v_pub_url~v2-1."),
        (lambda c: c.draft(), "v_inbox_file~v2."),
        (lambda c: c.photos(), "p_pub_url~v2."),
        (lambda c: c.photos(mode="MEDIA_UPLOAD"), "p_inbox_url~v2."),
    ],
)
def test_a_publish_id_tells_what_it_is_of(start: Callable[[Caller], httpx.Response], prefix: str) -> None:
    with a_caller() as caller:
        data = start(caller).json()["data"]
    assert data["publish_id"].startswith(prefix) and len(data["publish_id"]) <= 64
    assert ("upload_url" in data) == ("file" in prefix)


def test_a_log_id_begins_with_the_time() -> None:
    with a_caller() as caller:
        assert caller.creator().json()["error"]["log_id"].startswith("20260301120000")


# -- who may


@pytest.mark.parametrize(
    ("scope", "call"),
    [
        ("video.publish", lambda c: c.init()),
        ("video.publish", lambda c: c.creator()),
        ("video.upload", lambda c: c.draft()),
        ("video.publish", lambda c: c.photos()),
        ("video.upload", lambda c: c.photos(mode="MEDIA_UPLOAD")),
        ("video.list", lambda c: c.list()),
    ],
)
def test_each_endpoint_wants_its_scope(scope: str, call: Callable[[Caller], httpx.Response]) -> None:
    others = tuple(name for name in Account("acme").scopes if name != scope)
    with a_caller(Account("acme", scopes=others)) as caller:
        assert code(call(caller)) == (401, "scope_not_authorized")


@pytest.mark.parametrize("token", ["act.nobody", "Bearer"])
def test_a_token_of_nobody_is_refused(token: str) -> None:
    with a_caller() as caller:
        assert code(caller.post(INIT, a_direct_post(), token=token)) == (401, "access_token_invalid")


@pytest.mark.parametrize(
    ("account", "offered"),
    [
        (Account("acme"), [PUBLIC, FRIENDS, ONLY_ME]),
        (Account("acme", private=True), [FOLLOWERS, FRIENDS, ONLY_ME]),
        (Account("acme", options=(ONLY_ME,)), [ONLY_ME]),
    ],
)
def test_the_offered_levels_follow_the_account(account: Account, offered: list[str]) -> None:
    with a_caller(account) as caller:
        assert caller.creator().json()["data"]["privacy_level_options"] == offered


def test_a_level_that_is_not_offered_is_a_mismatch() -> None:
    with a_caller() as caller:
        assert code(caller.init(privacy_level=FOLLOWERS)) == (403, "privacy_level_option_mismatch")


def test_creator_info_tells_a_private_account_that_duet_and_stitch_are_off() -> None:
    with a_caller(Account("acme", private=True, comment_disabled=True, max_video_seconds=300)) as caller:
        data = caller.creator().json()["data"]
    assert (data["comment_disabled"], data["duet_disabled"], data["stitch_disabled"]) == (True, True, True)
    assert (data["creator_username"], data["max_video_post_duration_sec"]) == ("acme", 300)


@pytest.mark.parametrize(
    ("private", "level", "answer"),
    [
        (False, ONLY_ME, (403, "unaudited_client_can_only_post_to_private_accounts")),
        (False, PUBLIC, (403, "unaudited_client_can_only_post_to_private_accounts")),
        (True, FRIENDS, (403, "unaudited_client_can_only_post_to_private_accounts")),
        (True, ONLY_ME, (200, "ok")),
    ],
)
def test_without_an_audit_only_private_accounts_post_to_themselves(private: bool, level: str, answer: object) -> None:
    with a_caller(Account("acme", private=private), app=App(audited=False)) as caller:
        assert code(caller.creator()) == (200, "ok")  # which does not tell
        assert code(caller.init(privacy_level=level)) == answer
        assert code(caller.draft()) == (200, "ok")


def test_making_the_account_private_mends_it_at_once() -> None:
    with a_caller(app=App(audited=False)) as caller:
        caller.emulator.change_account("acme", private=True)
        assert code(caller.init(privacy_level=ONLY_ME)) == (200, "ok")


def test_a_banned_creator_is_told_so_with_200_by_creator_info_and_403_by_init() -> None:
    with a_caller(Account("acme", banned=True)) as caller:
        assert code(caller.creator()) == (200, "spam_risk_user_banned_from_posting")
        assert code(caller.init()) == (403, "spam_risk_user_banned_from_posting")


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://media.acme.example/a.mp4", (200, "ok")),
        ("https://eu.media.acme.example/a.mp4", (200, "ok")),
        ("https://cdn.example/acme/a.mp4", (200, "ok")),
        ("https://cdn.example/other/a.mp4", (403, "url_ownership_unverified")),
        ("https://acme.example/a.mp4", (403, "url_ownership_unverified")),
        ("http://media.acme.example/a.mp4", (403, "url_ownership_unverified")),
        ("https://127.0.0.1/a.mp4", (403, "url_ownership_unverified")),
        ("https://[", (403, "url_ownership_unverified")),
    ],
)
def test_a_pull_needs_a_verified_https_url(url: str, answer: object) -> None:
    app = App(verified=("media.acme.example", "https://cdn.example/acme/"))
    with a_caller(app=app) as caller:
        assert code(caller.pull(url)) == answer
        assert code(caller.photos(url)) == answer


def test_private_branded_content_is_accepted_and_noted_or_refused() -> None:
    branded = {"privacy_level": ONLY_ME, "brand_content_toggle": True}
    with a_caller() as caller:
        assert code(caller.init(**branded)) == (200, "ok")
        assert caller.emulator.ledger()["tasks"][0]["violations"] == ["branded content is private"]  # type: ignore[index]
    with a_caller(quirks=Quirks(branded_private="refuse")) as caller:
        assert refused(caller.init(**branded)) == BAD_POST


# -- photos


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"media_type": "VIDEO"}, (400, "invalid_params", "Invalid media_type or post_mode")),
        ({"post_mode": "DIRECT POST"}, (400, "invalid_params", "Invalid media_type or post_mode")),
        ({"post_info": {"privacy_level": PUBLIC, "title": "x" * 91}}, BAD_POST),
        ({"post_info": {"privacy_level": PUBLIC, "description": "x" * 4_001}}, BAD_POST),
        ({"post_info": {"title": "no level"}}, BAD_POST),
        ({"source_info": {"source": "FILE_UPLOAD"}}, BAD_SOURCE),
        ({"source_info": some_photos(*["https://a.example/1.jpg"] * 36)["source_info"]}, BAD_SOURCE),
        ({"source_info": some_photos()["source_info"] | {"photo_cover_index": 1}}, BAD_SOURCE),
        ({"source_info": some_photos()["source_info"] | {"photo_images": []}}, BAD_SOURCE),
    ],
)
def test_a_malformed_photo_post_is_refused(change: dict[str, Any], answer: object) -> None:
    with a_caller() as caller:
        assert refused(caller.photos(**change)) == answer


def test_a_photo_draft_keeps_only_its_texts_in_order() -> None:
    with a_caller() as caller:
        caller.photos(mode="MEDIA_UPLOAD", post_info={"title": "Slides", "privacy_level": "NONSENSE"})
        task = caller.emulator.ledger()["tasks"][0]  # type: ignore[index]
    assert (task["media"], task["mode"], task["title"]) == ("photo", "draft", "Slides")


def test_photos_take_the_ai_label_beside_their_post_info() -> None:
    with a_caller() as caller:
        caller.photos(is_aigc=True)
        assert caller.emulator.ledger()["tasks"][0]["post_info"]["is_aigc"] is True  # type: ignore[index]


# -- limits and caps


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "call"),
    [
        (6, lambda c: c.init()),
        (6, lambda c: c.pull()),
        (20, lambda c: c.creator()),
        (30, lambda c: c.status("nobody")),
    ],
)
def test_a_minute_has_room_for_so_many_calls(limit: int, call: Callable[[Caller], httpx.Response]) -> None:
    with a_caller() as caller:
        assert all(code(call(caller))[0] != 429 for _ in range(limit))
        assert code(call(caller)) == (429, "rate_limit_exceeded")
        caller.emulator.advance(60)
        assert code(call(caller))[0] != 429


def test_the_minute_slides() -> None:
    with a_caller() as caller:
        for _ in range(6):
            caller.init()
            caller.emulator.advance(9)
        assert code(caller.init())[0] == 429
        caller.emulator.advance(6)
        assert code(caller.init())[0] == 200
        assert code(caller.init())[0] == 429


def test_endpoints_and_accounts_have_minutes_of_their_own() -> None:
    with a_caller(Account("acme"), Account("beta")) as caller:
        for _ in range(6):
            caller.init()
        assert code(caller.photos())[0] == 200
        assert code(caller.other("beta").init())[0] == 200


def test_limits_can_be_off() -> None:
    with a_caller(limits=Limits.off()) as caller:
        assert all(code(caller.init())[0] == 200 for _ in range(20))


def test_a_day_has_room_for_so_many_posts() -> None:
    with a_caller(Account("acme", posts_per_day=2)) as caller:
        caller.publish()
        caller.init()  # never finished: does not count
        caller.publish()
        assert code(caller.init()) == (403, "spam_risk_too_many_posts")
        assert code(caller.creator()) == (200, "spam_risk_too_many_posts")
        assert code(caller.draft()) == (200, "ok")
        caller.emulator.advance(86_400)
        assert caller.emulator.posts()[0].status == "PUBLISH_COMPLETE"
        assert code(caller.post(INIT, a_direct_post(), token=renewed(caller))) == (200, "ok")


def renewed(caller: Caller) -> str:
    """An access token for the day after."""
    token = caller.emulator.accounts[caller.account].refresh_token
    return str(caller.oauth(grant_type="refresh_token", refresh_token=token).json()["access_token"])


def test_posts_that_arrive_after_the_cap_fail() -> None:
    with a_caller(Account("acme", posts_per_day=1)) as caller:
        first, second = (caller.init(5).json()["data"] for _ in range(2))
        for started in (first, second):
            caller.put(started["upload_url"], b"video")
            caller.emulator.advance(1)
        states = [[caller.status(s["publish_id"]) for _ in range(2)][1].json()["data"] for s in (second, first)]
    assert states[0]["fail_reason"] == "spam_risk_too_many_posts"
    assert states[1]["status"] == "PUBLISH_COMPLETE"


def test_five_drafts_may_wait_in_a_day() -> None:
    with a_caller(lives=Lives(access_token=1e6)) as caller:
        assert all(code(caller.draft()) == (200, "ok") for _ in range(5))
        assert code(caller.draft()) == (403, "spam_risk_too_many_pending_share")
        assert code(caller.photos(mode="MEDIA_UPLOAD")) == (403, "spam_risk_too_many_pending_share")
        caller.emulator.advance(86_400)
        assert code(caller.draft()) == (200, "ok")


def test_an_unaudited_app_has_five_posting_users_a_day() -> None:
    accounts = [Account(f"user{number}", private=True) for number in range(6)]
    with a_caller(*accounts, app=App(audited=False)) as caller:
        answers = [code(caller.other(a.name).init(privacy_level=ONLY_ME)) for a in accounts]
        assert answers == [(200, "ok")] * 5 + [(403, "reached_active_user_cap")]
        assert code(caller.other("user5").creator()) == (200, "reached_active_user_cap")
        assert code(caller.other("user0").creator()) == (200, "ok")


# -- status and cancel


def statuses(caller: Caller, publish_id: str, times: int) -> list[dict[str, Any]]:
    return [caller.status(publish_id).json()["data"] for _ in range(times)]


def test_a_public_post_is_processed_then_published_then_known_by_its_id() -> None:
    with a_caller() as caller:
        started = caller.init(5).json()["data"]
        waiting = statuses(caller, started["publish_id"], 3)
        caller.put(started["upload_url"], b"video")
        found = statuses(caller, started["publish_id"], 3)
    assert waiting == [{"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0}] * 3
    assert [state["status"] for state in found] == ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE", "PUBLISH_COMPLETE"]
    assert found[1] == {"status": "PUBLISH_COMPLETE"}
    (post_id,) = found[2]["publicaly_available_post_id"]
    assert isinstance(post_id, int) and len(str(post_id)) == 19 and float(post_id) != post_id


@pytest.mark.parametrize("level", [ONLY_ME, FRIENDS])
def test_a_post_that_is_not_public_never_tells_an_id(level: str) -> None:
    with a_caller(pace=Pace(0, moderation_polls=0)) as caller:
        publish_id = caller.publish(privacy_level=level)
        assert statuses(caller, publish_id, 1) == [{"status": "PUBLISH_COMPLETE"}]
        assert caller.listed() == []


def test_a_private_post_that_turns_public_gets_its_id() -> None:
    with a_caller() as caller:
        publish_id = caller.publish(privacy_level=ONLY_ME)
        (video,) = caller.emulator.videos("acme")
        caller.emulator.change_video(str(video.id), privacy=PUBLIC)
        assert statuses(caller, publish_id, 1)[0]["publicaly_available_post_id"] == [video.id]


def test_moderation_can_take_for_ever() -> None:
    with a_caller(pace=Pace(0, moderation_polls=None)) as caller:
        publish_id = caller.publish()
        caller.emulator.advance(10_000)
        assert statuses(caller, publish_id, 1) == [{"status": "PUBLISH_COMPLETE"}]


def test_what_nobody_asks_about_gets_on_with_time() -> None:
    with a_caller() as caller:
        caller.put(caller.init(5).json()["data"]["upload_url"], b"video")
        assert caller.listed() == []
        caller.emulator.advance(30)
        caller.listed()
        caller.emulator.advance(30)
        assert len(caller.listed()) == 1


@pytest.mark.parametrize("looks", [(61,), (31, 30), (10, 20, 31)])
def test_a_pull_whose_answer_was_lost_gets_on_with_time_whenever_it_is_looked_at(looks: tuple[int, ...]) -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("video_init:drop_after")
        with pytest.raises(httpx.RemoteProtocolError):
            caller.pull()
        assert caller.emulator.ledger()["tasks"][0]["status"] == "PROCESSING_DOWNLOAD"  # type: ignore[index]
        for seconds in looks:
            caller.emulator.advance(seconds)
            caller.listed()
        listed = caller.post("/v2/video/list/?fields=create_time", {}).json()["data"]["videos"]
        assert listed == [{"create_time": START + 30}]


def test_a_draft_ends_in_the_inbox_until_its_owner_posts_it() -> None:
    with a_caller(pace=Pace(0, moderation_polls=0)) as caller:
        started = caller.draft(5).json()["data"]
        caller.put(started["upload_url"], b"video")
        assert statuses(caller, started["publish_id"], 1)[0]["status"] == "SEND_TO_USER_INBOX"
        post_id = caller.emulator.publish_draft(started["publish_id"], "My own words")
        (state,) = statuses(caller, started["publish_id"], 1)
        assert (state["status"], state["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [int(post_id)])
        assert caller.listed() == [{"id": post_id, "title": "My own words"}]


def test_a_draft_can_vanish_from_the_inbox() -> None:
    with a_caller(pace=Pace(0), lives=Lives(draft=86_400)) as caller:
        started = caller.draft(5).json()["data"]
        caller.put(started["upload_url"], b"video")
        caller.emulator.advance(86_401)
        with pytest.raises(ValueError, match="gone"):
            caller.emulator.publish_draft(started["publish_id"])


def test_a_pull_downloads_first() -> None:
    with a_caller(pace=Pace(pull_bytes=77)) as caller:
        found = statuses(caller, caller.pull().json()["data"]["publish_id"], 2)
    assert found[0] == {"status": "PROCESSING_DOWNLOAD", "downloaded_bytes": 0}
    assert found[1] == {"status": "PUBLISH_COMPLETE"}


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        ("bare", {"status": "PUBLISH_COMPLETE"}),
        ("empty_list", {"status": "PUBLISH_COMPLETE", KEY: []}),
        ("full", {"status": "PUBLISH_COMPLETE", KEY: [], "uploaded_bytes": 5}),
    ],
)
def test_a_final_state_tells_little_or_all(reading: Any, state: dict[str, object]) -> None:
    with a_caller(pace=Pace(moderation_polls=None), quirks=Quirks(final_fields=reading)) as caller:
        assert statuses(caller, caller.publish(), 1) == [state]


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        ("bare", {"status": "SEND_TO_USER_INBOX"}),
        ("full", {"status": "SEND_TO_USER_INBOX", "uploaded_bytes": 5}),
    ],
)
def test_a_draft_in_the_inbox_tells_no_byte_counts(reading: Any, state: dict[str, object]) -> None:
    with a_caller(pace=Pace(0), quirks=Quirks(final_fields=reading)) as caller:
        started = caller.draft(5).json()["data"]
        caller.put(started["upload_url"], b"video")
        assert statuses(caller, started["publish_id"], 1) == [state]


def test_an_id_that_nobody_gave_out_is_invalid() -> None:
    with a_caller() as caller:
        assert code(caller.status("v_pub_file~v2-1.1")) == (400, "invalid_publish_id")
        assert code(caller.status("")) == (400, "invalid_params")


def test_an_unknown_id_can_be_told_as_seen_live() -> None:
    with a_caller(quirks=Quirks(unknown_code="invalid_params")) as caller:
        assert refused(caller.status("nobody")) == (400, "invalid_params", "invalid_publish_id")


def test_an_id_can_be_unknown_for_the_first_calls() -> None:
    with a_caller(quirks=Quirks(unknown_polls=2)) as caller:
        publish_id = caller.pull().json()["data"]["publish_id"]
        answers = [refused(caller.status(publish_id)) for _ in range(3)]
    assert answers == [(400, "invalid_params", "invalid_publish_id")] * 2 + [OK]


def test_an_id_can_be_forgotten_after_a_while() -> None:
    with a_caller(lives=Lives(publish_id=3_600)) as caller:
        publish_id = caller.pull().json()["data"]["publish_id"]
        caller.emulator.advance(3_601)
        assert code(caller.status(publish_id)) == (400, "invalid_publish_id")


def test_a_posting_of_another_account_is_none_of_yours() -> None:
    with a_caller(Account("acme"), Account("beta")) as caller:
        publish_id = caller.init().json()["data"]["publish_id"]
        answer = caller.other("beta").status(publish_id)
    assert code(answer) == (400, "token_not_authorized_for_specified_publish_id")


@pytest.mark.parametrize(("shape", "kind"), [("list", list), ("strings", list), ("scalar", int), ("string", str)])
def test_the_post_id_can_come_in_the_shapes_seen_live(shape: Any, kind: type) -> None:
    quirks = Quirks(post_id_shape=shape, post_id_key="publicly_available_post_id")
    with a_caller(quirks=quirks) as caller:
        state = caller.status(caller.publish()).json()["data"]
    assert isinstance(state["publicly_available_post_id"], kind)


def test_a_download_can_be_cancelled_and_then_no_more() -> None:
    with a_caller() as caller:
        publish_id = caller.pull().json()["data"]["publish_id"]
        answer = caller.cancel(publish_id)
        assert code(answer) == (200, "ok") and "data" not in answer.json()
        assert caller.status(publish_id).json()["data"]["fail_reason"] == "publish_cancelled"
        assert code(caller.cancel(publish_id)) == (400, "publish_not_cancellable")


def test_an_upload_can_be_cancelled_only_where_that_is_switched_on() -> None:
    with a_caller() as caller:
        assert code(caller.cancel(caller.init().json()["data"]["publish_id"]))[1] == "publish_not_cancellable"
    with a_caller(quirks=Quirks(cancel_uploads=True)) as caller:
        assert code(caller.cancel(caller.init().json()["data"]["publish_id"])) == (200, "ok")


def test_a_video_over_the_creators_limit_fails_in_processing() -> None:
    with a_caller(Account("acme", max_video_seconds=60), default_duration=61) as caller:
        publish_id = caller.publish()
        assert caller.status(publish_id).json()["data"]["fail_reason"] == "duration_check_failed"


def test_a_post_in_process_fails_when_its_owner_takes_access_away() -> None:
    with a_caller() as caller:
        caller.put(caller.init(5).json()["data"]["upload_url"], b"video")
        caller.emulator.revoke("acme")
        caller.emulator.advance(60)
        (task,) = caller.emulator.ledger()["tasks"]  # type: ignore[misc, attr-defined]
    assert task["fail_reason"] == "auth_removed"


def test_two_inits_of_the_same_media_make_two_posts() -> None:
    with a_caller() as caller:
        caller.publish(b"same")
        caller.publish(b"same")
        first, second = caller.emulator.posts("acme")
    assert first.sha256 == second.sha256 and first.post_id != second.post_id


def test_an_init_without_its_bytes_posts_nothing() -> None:
    with a_caller() as caller:
        caller.init(MEGA)
        caller.emulator.advance(10_000)
        assert caller.emulator.posts() == []
