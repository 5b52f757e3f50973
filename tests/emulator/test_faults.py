"""Faults: on the wire and behind it, counted, matched, and written as text."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from contentsync.emulator.config import Account
from contentsync.emulator.faults import Action, Fault, parse
from tests.emulator.support import Caller, a_caller, code
from tests.processes import until

GONE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


def a_post(caller: Caller) -> tuple[str, str]:
    """publish_id and upload_url of a post of five bytes."""
    data = caller.init(5).json()["data"]
    return data["publish_id"], data["upload_url"]


def started(caller: Caller) -> int:
    """How many publish tasks there are."""
    tasks: list[object] = caller.emulator.ledger()["tasks"]  # type: ignore[assignment]
    return len(tasks)


# -- on the wire


@pytest.mark.parametrize(("action", "tasks"), [("drop_before", 0), ("drop_after", 1)])
@pytest.mark.parametrize("init", [Caller.init, Caller.pull, Caller.draft, Caller.photos])
def test_a_dropped_init_is_done_or_not_and_never_answered(
    init: Callable[[Caller], httpx.Response], action: str, tasks: int
) -> None:
    with a_caller() as caller:
        caller.emulator.add_fault(f"init:{action}")
        with pytest.raises(GONE):
            init(caller)
        assert started(caller) == tasks
        assert code(init(caller)) == (200, "ok")


@pytest.mark.parametrize(("init", "posts"), [(Caller.init, 0), (Caller.pull, 1), (Caller.photos, 1)])
def test_of_lost_inits_only_those_of_pulls_become_posts(init: Callable[[Caller], httpx.Response], posts: int) -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("init:drop_after")
        with pytest.raises(GONE):
            init(caller)
        assert len(caller.emulator.posts("acme")) == posts


@pytest.mark.parametrize(("action", "received"), [("drop_before", 0), ("drop_after", 5), ("cut=3", 0), ("cut=0", 0)])
def test_a_cut_chunk_counts_whole_or_not_at_all(action: str, received: int) -> None:
    with a_caller() as caller:
        publish_id, url = a_post(caller)
        caller.emulator.add_fault(f"upload:{action}")
        with pytest.raises(GONE):
            caller.put(url, b"video")
        assert caller.status(publish_id).json()["data"]["uploaded_bytes"] == received


@pytest.mark.parametrize(("when", "received", "again"), [("before", 0, 201), ("after", 5, 404)])
def test_a_5xx_comes_before_or_after_the_chunk_was_taken(when: str, received: int, again: int) -> None:
    with a_caller() as caller:
        publish_id, url = a_post(caller)
        caller.emulator.add_fault(f"upload:status=503,when={when}")
        answer = caller.put(url, b"video")
        assert (answer.status_code, answer.content) == (503, b"")
        assert caller.status(publish_id).json()["data"]["uploaded_bytes"] == received
        assert caller.put(url, b"video").status_code == again


def test_a_416_out_of_the_blue_tells_the_true_progress() -> None:
    with a_caller() as caller:
        _, url = a_post(caller)
        caller.emulator.add_fault("upload:status=416")
        answer = caller.put(url, b"video")
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes 0-0/5")


@pytest.mark.parametrize(
    ("spec", "answer"),
    [
        ("init:status=500", (500, "internal_error")),
        ("init:status=429", (429, "rate_limit_exceeded")),
        ("init:error=spam_risk", (403, "spam_risk")),
        ("init:error=spam_risk_too_many_posts,status=200", (200, "spam_risk_too_many_posts")),
        ("init:error=never_seen_before", (400, "never_seen_before")),
    ],
)
def test_an_answer_can_be_any_error(spec: str, answer: object) -> None:
    with a_caller() as caller:
        caller.emulator.add_fault(spec)
        assert code(caller.init()) == answer
        assert started(caller) == 0


def test_an_oauth_error_is_flat() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("token:error=temporarily_unavailable,status=503")
        answer = caller.oauth(grant_type="refresh_token", refresh_token="x")
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


@pytest.mark.parametrize(("spec", "body"), [("init:empty", b""), ("init:garbage", b"<html>")])
def test_a_200_without_an_envelope_hides_work_that_was_done(spec: str, body: bytes) -> None:
    with a_caller() as caller:
        caller.emulator.add_fault(spec)
        answer = caller.init()
        assert answer.status_code == 200 and answer.content.startswith(body)
        assert started(caller) == 1


def test_an_answer_can_be_any_body() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault(Fault(Action.STATUS, "status", status=200, body='{"data": {"status": "NEW"}}'))
        assert caller.status("nobody").json() == {"data": {"status": "NEW"}}


def test_an_answer_can_break_off() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("init:truncate=10")
        with pytest.raises(httpx.RemoteProtocolError, match="received 10 bytes"):
            caller.init()
        assert started(caller) == 1


def test_an_answer_can_be_late() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("user_info:delay=0.2")
        before = time.monotonic()
        assert code(caller.get("/v2/user/info/?fields=open_id")) == (200, "ok")
        assert time.monotonic() - before >= 0.2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay_under_way_ends_once_the_faults_are_cleared(when: str) -> None:
    with a_caller() as caller, ThreadPoolExecutor() as pool:
        caller.emulator.add_fault(f"user_info:delay=600,when={when}")
        asked = pool.submit(caller.get, "/v2/user/info/?fields=open_id")
        until(lambda: len(caller.emulator.requests()) == 1)
        caller.emulator.clear_faults()
        assert code(asked.result()) == (200, "ok")


@pytest.mark.parametrize(("spec", "tasks"), [("init:stall", 0), ("init:stall,when=after", 1), ("init:stall=4", 0)])
def test_an_answer_can_stay_away(spec: str, tasks: int) -> None:
    with a_caller() as caller:
        caller.emulator.add_fault(spec)
        caller.http.timeout = httpx.Timeout(0.2)
        with pytest.raises(httpx.ReadTimeout):
            caller.init()
        assert started(caller) == tasks


def test_an_answer_can_come_before_the_body_is_sent() -> None:
    with a_caller() as caller:
        _, url = a_post(caller)
        caller.emulator.add_fault("upload:status=403,early=true")
        with socket.create_connection(("127.0.0.1", caller.emulator.port), timeout=5) as raw:
            raw.sendall(f"PUT {url} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nvid".encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 403")
        assert caller.put(url, b"video").status_code == 201


def test_a_token_can_end_in_the_middle_of_polling() -> None:
    with a_caller() as caller:
        publish_id, _ = a_post(caller)
        caller.emulator.add_fault("status:expire_token,nth=2")
        answers = [code(caller.status(publish_id)) for _ in range(3)]
    assert answers == [(200, "ok")] + [(401, "access_token_invalid")] * 2


# -- behind the wire


@pytest.mark.parametrize("reason", ["internal", "file_format_check_failed"])
def test_the_next_post_can_fail_with_a_reason(reason: str) -> None:
    with a_caller() as caller:
        caller.emulator.add_fault(f"video_init:fail={reason}")
        state = caller.status(caller.publish()).json()["data"]
        assert (state["status"], state["fail_reason"]) == ("FAILED", reason)
        assert caller.emulator.posts() == []
        assert caller.status(caller.publish()).json()["data"]["status"] == "PUBLISH_COMPLETE"


def test_a_post_can_be_stuck_for_ever() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("init:stuck")
        publish_id = caller.publish()
        caller.emulator.advance(80_000)
        assert caller.status(publish_id).json()["data"]["status"] == "PROCESSING_UPLOAD"


def test_an_id_can_be_unknown_at_first_or_from_some_call_on() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("init:unknown_publish_id=2")
        publish_id, _ = a_post(caller)
        assert [code(caller.status(publish_id))[1] for _ in range(3)] == ["invalid_params"] * 2 + ["ok"]
        caller.emulator.add_fault("status:forget,nth=2")
        assert [code(caller.status(publish_id))[1] for _ in range(2)] == ["ok", "invalid_publish_id"]


@pytest.mark.parametrize(
    ("lever", "found"),
    [
        (lambda emulator, key: emulator.fail(key, "spam_risk"), "FAILED"),
        (lambda emulator, key: emulator.stick(key), "PROCESSING_UPLOAD"),
    ],
)
def test_a_posting_can_be_steered_by_its_id(lever: Callable[[object, str], None], found: str) -> None:
    with a_caller() as caller:
        publish_id, url = a_post(caller)
        lever(caller.emulator, publish_id)
        caller.put(url, b"video")
        states = [caller.status(publish_id).json()["data"]["status"] for _ in range(2)]
    assert states[-1] == found


# -- when


def test_a_fault_hits_the_calls_it_counts_to() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("creator_info:status=500,nth=2,count=2")
        assert [code(caller.creator())[0] for _ in range(5)] == [200, 500, 500, 200, 200]


def test_a_fault_can_hit_every_call_until_it_is_cleared() -> None:
    with a_caller() as caller:
        caller.emulator.add_fault("any:status=500,count=all")
        assert [code(caller.creator())[0] for _ in range(3)] == [500] * 3
        caller.emulator.clear_faults()
        assert code(caller.creator())[0] == 200


def test_a_fault_can_be_one_accounts_alone() -> None:
    with a_caller(Account("acme"), Account("beta")) as caller:
        caller.emulator.add_fault("init:status=500,account=beta")
        assert code(caller.init())[0] == 200
        assert code(caller.other("beta").init())[0] == 500


def test_faults_come_from_the_configuration_and_come_back_with_a_reset() -> None:
    with a_caller(faults=("creator_info:status=500",)) as caller:
        assert [code(caller.creator())[0] for _ in range(2)] == [500, 200]
        caller.emulator.reset()
        assert code(caller.creator())[0] == 500


@pytest.mark.parametrize(("lose_answer", "tasks"), [(False, 1), (True, 2)])
def test_the_whole_wire_can_be_cut_and_mended(lose_answer: bool, tasks: int) -> None:
    with a_caller() as caller:
        caller.emulator.cut_the_wire_after(1, lose_answer=lose_answer)
        caller.init()
        for _ in range(2):
            with pytest.raises(GONE):
                caller.init()
        assert started(caller) == tasks
        caller.emulator.mend_the_wire()
        assert code(caller.init()) == (200, "ok")


def test_an_outage_keeps_what_was_there() -> None:
    with a_caller() as caller:
        publish_id, url = a_post(caller)
        caller.emulator.stop()
        with pytest.raises((*GONE, httpx.ConnectError)):
            caller.put(url, b"video")
        caller.emulator.start()
        assert caller.put(url, b"video").status_code == 201
        assert caller.emulator.posts()[0].sha256 == hashlib.sha256(b"video").hexdigest()
        assert caller.status(publish_id).status_code == 200


def test_levers_can_be_pulled_from_any_thread() -> None:
    with a_caller() as caller:
        threads = [threading.Thread(target=lambda: [caller.emulator.advance(1) for _ in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        caller.init()
        assert caller.emulator.ledger()["tasks"][0]["created_at"] == "2026-03-01T12:03:20.000Z"  # type: ignore[index]


# -- as text


def test_a_fault_is_written_in_one_line() -> None:
    assert parse("upload:status=503,nth=2,count=all,when=after,early=yes") == Fault(
        Action.STATUS, "upload", nth=2, count=None, when="after", status=503, early=True
    )
    assert parse("any:delay=0.5") == Fault(Action.DELAY, seconds=0.5)
    assert parse("init:drop_after") == Fault(Action.DROP_AFTER, "init")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("drop_after", "ENDPOINT:ACTION"),
        ("nowhere:drop_after", "nowhere"),
        ("init:explode", "explode"),
        ("init:drop_after=1", "no value"),
        ("init:status", "status"),
        ("init:status=abc", "abc"),
        ("init:status=99", "99"),
        ("init:stuck,colour=red", "colour"),
        ("init:stuck,nth=0", "nth"),
        ("init:stuck,when=later", "later"),
    ],
)
def test_a_fault_that_cannot_be_read_is_told_in_words(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse(text)
