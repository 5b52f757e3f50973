"""The admin routes: what came in, and how a running emulator is steered."""

from __future__ import annotations

import hashlib
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from contentsync.emulator.config import ONLY_ME, Account, Pace
from tests.emulator.support import Caller, a_caller, code


def admin(caller: Caller, method: str, path: str, **body: Any) -> httpx.Response:
    return caller.http.request(method, f"/_emulator/{path}", json=body or None)


def test_the_ledger_tells_each_task_and_the_digest_of_its_bytes() -> None:
    with a_caller() as caller:
        publish_id = caller.publish(b"video", title="Hello", disable_duet=True, privacy_level=ONLY_ME)
        caller.init(7)
        found = admin(caller, "GET", "ledger").json()
    done, open_ = found["tasks"]
    assert (done["publish_id"], done["account"], done["mode"], done["endpoint"]) == (
        publish_id,
        "acme",
        "direct",
        "video_init",
    )
    assert (done["caption"], done["privacy"]) == ("Hello", ONLY_ME)
    assert done["post_info"] == {"title": "Hello", "disable_duet": True, "privacy_level": ONLY_ME}
    assert (done["video_size"], done["received_bytes"], done["status"]) == (5, 5, "PUBLISH_COMPLETE")
    assert done["sha256"] == hashlib.sha256(b"video").hexdigest()
    assert (open_["sha256"], open_["received_bytes"], open_["post_id"]) == (None, 0, None)
    assert found["requests"] == {"video_init": 2, "upload": 1, "status": 3}


def test_the_ledger_tells_what_is_pulled() -> None:
    with a_caller() as caller:
        caller.photos("https://a.example/1.jpg", "https://a.example/2.jpg")
        (task,) = admin(caller, "GET", "ledger").json()["tasks"]
    assert task["urls"] == ["https://a.example/1.jpg", "https://a.example/2.jpg"]
    assert (task["source"], task["caption"], task["title"]) == ("PULL_FROM_URL", "Two of them", "Slides")


def test_each_answer_tells_the_time_of_the_movable_clock() -> None:
    with a_caller() as caller:
        before = parsedate_to_datetime(caller.status("nobody").headers["Date"])
        admin(caller, "POST", "clock", advance=7_200)
        after = parsedate_to_datetime(
            caller.put(caller.init(5).json()["data"]["upload_url"], b"video").headers["Date"]
        )
    assert 7_200 <= (after - before).total_seconds() <= 7_230


def test_requests_are_told_in_order_with_status_and_fault_and_without_a_token() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("status:drop_before")
        url = caller.init(5).json()["data"]["upload_url"]
        caller.put(url, b"video")
        with pytest.raises(httpx.TransportError):
            caller.status("nobody")
        answer = admin(caller, "GET", "requests")
        secrets = [caller.emulator.accounts["acme"].access_token, url.partition("upload_token=")[2]]
    told = [(line["endpoint"], line["account"], line["status"], line["fault"]) for line in answer.json()["requests"]]
    assert told == [
        ("video_init", "acme", 200, None),
        ("upload", "acme", 201, None),
        ("status", "acme", None, "status:drop_before"),
    ]
    assert not any(secret in answer.text for secret in secrets)


@pytest.mark.parametrize(
    "body", [{"spec": "init:status=500"}, {"endpoint": "init", "action": "status", "status": 500}]
)
def test_a_fault_is_added_by_fields_or_by_text_and_cleared(body: dict[str, Any]) -> None:
    with a_caller() as caller:
        assert admin(caller, "POST", "faults", **(body | {"count": None} if "action" in body else body)).json() == {
            "fault": "init:status"
        }
        assert code(caller.init())[0] == 500
        admin(caller, "DELETE", "faults")
        assert code(caller.init())[0] == 200


def test_a_fault_can_sit_on_one_posting() -> None:
    with a_caller(pace=Pace(0)) as caller:
        publish_id = caller.pull().json()["data"]["publish_id"]
        admin(caller, "POST", "faults", publish_id=publish_id, action="fail", reason="video_pull_failed")
        assert caller.status(publish_id).json()["data"]["fail_reason"] == "video_pull_failed"


def test_the_clock_is_pushed_on() -> None:
    with a_caller() as caller:
        assert admin(caller, "POST", "clock", advance=86_400).status_code == 200
        assert code(caller.creator()) == (401, "access_token_invalid")


def test_an_account_is_changed() -> None:
    with a_caller() as caller:
        admin(caller, "POST", "accounts", account="acme", private=True, options=[ONLY_ME], max_video_seconds=7)
        data = caller.creator().json()["data"]
        assert (data["privacy_level_options"], data["max_video_post_duration_sec"]) == ([ONLY_ME], 7)
        admin(caller, "POST", "accounts", account="acme", banned=True)
        assert code(caller.init())[1] == "spam_risk_user_banned_from_posting"


def test_an_accounts_scopes_and_tokens_are_taken_away() -> None:
    with a_caller() as caller:
        admin(caller, "POST", "accounts", account="acme", scopes=["video.list"])
        assert code(caller.init())[1] == "scope_not_authorized"
        admin(caller, "POST", "accounts", account="acme", expire_tokens=True)
        assert code(caller.init())[1] == "access_token_invalid"
        caller.oauth(grant_type="refresh_token", refresh_token=caller.emulator.accounts["acme"].refresh_token)
        assert code(caller.list())[1] == "ok"
        admin(caller, "POST", "accounts", account="acme", revoke=True)
        assert code(caller.list())[1] == "access_token_invalid"


def test_videos_are_added_hidden_shown_and_deleted() -> None:
    with a_caller() as caller:
        answer = admin(
            caller, "POST", "accounts", account="acme", add_videos=[{"caption": "old"}, {"caption": "new"}]
        )
        old, new = answer.json()["videos"]
        admin(caller, "POST", "accounts", account="acme", hide_videos=[old], delete_videos=[new])
        assert caller.listed() == []
        admin(caller, "POST", "accounts", account="acme", show_videos=[old])
        assert [video["id"] for video in caller.listed()] == [old]
        (told,) = admin(caller, "GET", "videos").json()["videos"]
    assert (told["id"], told["account"], told["caption"]) == (old, "acme", "old")


def test_a_draft_is_posted_by_its_owner() -> None:
    with a_caller(pace=Pace(0, moderation_polls=0)) as caller:
        started = caller.draft(5).json()["data"]
        caller.put(started["upload_url"], b"video")
        caller.status(started["publish_id"])
        answer = admin(caller, "POST", "drafts", publish_id=started["publish_id"], caption="Mine")
        assert caller.listed() == [{"id": answer.json()["id"], "title": "Mine"}]


def test_the_wire_is_cut_and_mended() -> None:
    with a_caller() as caller:
        admin(caller, "POST", "cut", after=0)
        with pytest.raises(httpx.TransportError):
            caller.creator()
        admin(caller, "DELETE", "faults")
        assert code(caller.creator())[0] == 200


def test_a_reset_begins_anew_with_the_same_tokens() -> None:
    with a_caller() as caller:
        before = caller.emulator.accounts
        caller.publish()
        caller.oauth(grant_type="refresh_token", refresh_token=before["acme"].refresh_token)
        admin(caller, "POST", "reset")
        assert caller.emulator.accounts == before
        assert admin(caller, "GET", "ledger").json() == {"tasks": [], "requests": {}}
        assert caller.init(5).json()["data"]["upload_url"].startswith(caller.emulator.url)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"action": "explode"}),
        ("faults", {"spec": "explode"}),
        ("faults", {"action": "fail", "publish_id": "nobody"}),
        ("clock", {"advance": -1}),
        ("clock", {"advance": "soon"}),
        ("cut", {"after": "soon"}),
        ("accounts", {"account": "nobody", "private": True}),
        ("accounts", {"account": "acme", "name": "other"}),
        ("accounts", {"account": "acme", "add_videos": {}}),
        ("accounts", {"account": "acme", "add_videos": [{"colour": "red"}]}),
        ("accounts", {"account": "acme", "delete_videos": ["1"]}),
        ("drafts", {"publish_id": "nobody"}),
    ],
)
def test_what_cannot_be_done_is_told_in_words(path: str, body: dict[str, Any]) -> None:
    with a_caller() as caller:
        answer = admin(caller, "POST", path, **body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_an_unknown_route_names_those_there_are() -> None:
    with a_caller() as caller:
        answer = admin(caller, "GET", "nonsense")
    assert answer.status_code == 404
    assert "GET /_emulator/ledger" in answer.json()["routes"]


def test_the_environment_points_at_the_emulator() -> None:
    with a_caller(Account("acme-de")) as caller:
        environment = caller.emulator.environment
        tokens = caller.emulator.accounts["acme-de"]
    assert environment["CONTENTSYNC_API_URL"] == caller.emulator.url
    assert environment["CONTENTSYNC_TOKEN_ACME_DE"] == tokens.access_token
    assert environment["CONTENTSYNC_REFRESH_TOKEN_ACME_DE"] == tokens.refresh_token
