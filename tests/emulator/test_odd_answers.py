"""Answers that lead astray: failures that are none, lists without an end, slow heads, wrong clocks."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from contentsync.emulator.config import Account, Video
from contentsync.emulator.faults import parse
from tests.emulator.support import START, Caller, a_caller, code

KEY = "publicaly_available_post_id"


def told(caller: Caller, publish_id: str) -> dict[str, Any]:
    found: dict[str, Any] = caller.status(publish_id).json()["data"]
    return found


def uploaded(caller: Caller) -> str:
    """A post all of whose bytes have arrived, and that nobody asked about yet."""
    started = caller.init(5).json()["data"]
    assert caller.put(started["upload_url"], b"video").status_code == 201
    return str(started["publish_id"])


def test_a_failure_can_be_followed_by_success() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("init:false_fail=2,reason=internal")
        publish_id = uploaded(caller)
        states = [told(caller, publish_id) for _ in range(3)]
        assert [state["status"] for state in states] == ["FAILED", "FAILED", "PUBLISH_COMPLETE"]
        assert states[0] == {"status": "FAILED", "fail_reason": "internal"}
        assert len(caller.emulator.posts()) == 1


def test_a_failure_can_come_with_the_id_of_a_public_video() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("status:false_fail=all,post_id=true")
        publish_id = uploaded(caller)
        state = told(caller, publish_id)
        caller.emulator.advance(60)
        listed = caller.listed()[0]["id"]
        assert (state["status"], [str(key) for key in state[KEY]]) == ("FAILED", [listed])
        assert told(caller, publish_id)["status"] == "FAILED"


def test_a_post_without_its_bytes_is_not_said_to_have_failed() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("init:false_fail=all")
        publish_id = caller.init(5).json()["data"]["publish_id"]
        assert told(caller, publish_id)["status"] == "PROCESSING_UPLOAD"


def test_a_draft_that_seemed_to_fail_is_in_the_inbox() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("init:false_fail")
        started = caller.draft(5).json()["data"]
        caller.put(started["upload_url"], b"video")
        states = [told(caller, started["publish_id"])["status"] for _ in range(2)]
        assert states == ["FAILED", "SEND_TO_USER_INBOX"]


def pages(caller: Caller, most: int = 5) -> list[tuple[list[str], bool]]:
    """The ids and has_more of the pages of a list, one video each, as its cursors lead."""
    found: list[tuple[list[str], bool]] = []
    cursor = 0
    while len(found) < most and (not found or found[-1][1]):
        page = caller.list(max_count=1, cursor=cursor).json()["data"]
        cursor = page["cursor"]
        found.append(([video["title"] for video in page["videos"]], page["has_more"]))
    return found


def two_videos() -> Account:
    return Account("acme", videos=(Video("new"), Video("old")))


def test_a_list_can_lead_back_to_its_beginning_for_ever() -> None:
    with a_caller(two_videos()) as caller:
        caller.emulator.add_fault("video_list:cursor_back,nth=2,count=all")
        assert pages(caller) == [(["new"], True), (["old"], True), (["new"], True), (["new"], True), (["new"], True)]


def test_a_list_can_have_empty_pages_with_more_behind_them() -> None:
    with a_caller(two_videos()) as caller:
        caller.emulator.add_fault("video_list:empty_page,count=2")
        assert pages(caller) == [([], True), ([], True), (["new"], True), (["old"], False)]


def test_a_refused_page_stays_a_refusal() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("video_list:empty_page,count=all")
        assert code(caller.list(max_count=50)) == (400, "invalid_params")


def test_an_answer_can_trickle_in_byte_by_byte() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("creator_info:trickle=0.05")
        caller.http.timeout = httpx.Timeout(20.0)  # of silence: there is never so much of it
        before = time.monotonic()
        with caller.http.stream("POST", "/v2/post/publish/creator_info/query/") as answer:
            assert answer.status_code == 401
            assert time.monotonic() - before > 2


@pytest.mark.parametrize("seconds", [86_400, -86_400])
def test_the_date_of_an_answer_can_be_wrong(seconds: int) -> None:
    with a_caller() as caller:
        caller.emulator.add_fault(f"any:date={seconds}")
        dates = [parsedate_to_datetime(caller.creator().headers["date"]).timestamp() for _ in range(2)]
        assert dates == [START + seconds, START]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("status:cursor_back", "video_list"),
        ("init:unknown_publish_id=all", "polls"),
        ("any:delay=-1", "from 0 on"),
    ],
)
def test_a_fault_at_the_wrong_place_is_refused_in_words(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse(text)
