"""The body of a webhook, in every reading that is documented, and in those that are not."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.webhooks.event import Event, parse

BIG = 7_412_345_678_901_234_567  # beyond 2^53


def a_body(content: object, **over: object) -> bytes:
    told = {"client_key": "aw1", "event": "post.publish.publicly_available", "create_time": 1_767_225_600}
    return json.dumps({**told, "user_openid": "open-1", "content": content, **over}).encode()


@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize("post_id", [BIG, str(BIG)])
def test_content_is_text_or_an_object_and_an_id_a_number_or_text(as_text: bool, post_id: object) -> None:
    content = {"publish_id": "v_pub~1", "post_id": post_id, "publish_type": "DIRECT_PUBLISH"}
    event = parse(a_body(json.dumps(content) if as_text else content))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert event == Event("post.publish.publicly_available", "aw1", "open-1", "v_pub~1", str(BIG), at)


@pytest.mark.parametrize("post_id", [7.412345678901235e18, True, None, [BIG], "../etc", "", -5])
def test_what_is_no_id_is_none(post_id: object) -> None:
    assert parse(a_body({"post_id": post_id})).post_id == ""


def test_the_reason_of_a_removal_is_a_number_and_that_of_a_failure_a_word() -> None:
    assert parse(a_body({"reason": 4})).reason == 4
    assert parse(a_body({"reason": "5"})).reason == 5
    failed = parse(a_body({"reason": "spam_risk"}))
    assert (failed.reason, failed.fail_reason) == (None, "spam_risk")


@pytest.mark.parametrize("told", [None, "soon", -1, 10**15, 1.5, True])
def test_a_time_that_is_none_is_not_taken(told: object) -> None:
    assert parse(a_body({}, create_time=told)).happened_at is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 60_000, b'{"event": 1' + b"0" * 5_000 + b"}"]
)
def test_what_is_no_object_is_an_event_without_a_name(body: bytes) -> None:
    assert parse(body) == Event()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_anywhere_makes_it_fail(value: object) -> None:
    parse(a_body(value))
    for key in ("event", "client_key", "create_time", "user_openid"):
        parse(a_body("{}", **{key: value}))
    for key in ("publish_id", "post_id", "reason"):
        parse(a_body({key: value})).publish_id.encode()


def test_a_lone_surrogate_can_be_stored() -> None:
    assert parse(b'{"event": "\\ud800x\\u0000"}').name == "?x"
