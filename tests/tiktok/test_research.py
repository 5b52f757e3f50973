"""The token of the app itself, and the comments that it opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from contentsync.errors import Refused, SignInNeeded, Unanswered
from contentsync.settings import App
from contentsync.tiktok.client import Client
from contentsync.tiktok.comments import Comment, CommentPage
from contentsync.tiktok.research import ClientToken, not_approved
from tests.builders import ManualClock
from tests.tiktok.fakes import BASE_URL, Script, a_client, no, ok

APP = App("key", "ClientSecret")
GIVEN = {"access_token": "clt.SecretOfTheApp", "expires_in": 7200, "token_type": "Bearer"}


def a_token(*steps: Any, app: App = APP, clock: ManualClock | None = None) -> tuple[ClientToken, Script]:
    script = Script(*(steps or (httpx.Response(200, json=GIVEN),)))
    return ClientToken(app, BASE_URL, clock or ManualClock(), httpx.MockTransport(script)), script


def a_page(*ids: int, cursor: object = 0, more: object = False) -> httpx.Response:
    return ok(
        {"comments": [{"id": number, "text": f"c{number}"} for number in ids], "cursor": cursor, "has_more": more}
    )


def test_the_grant_is_a_form_with_the_apps_keys_alone() -> None:
    token, script = a_token()
    assert token.token() == "clt.SecretOfTheApp"
    assert script.paths == ["/v2/oauth/token/"]
    assert script.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(script.bodies[0].decode()) == {
        "client_key": ["key"],
        "client_secret": ["ClientSecret"],
        "grant_type": ["client_credentials"],
    }


def test_a_token_is_kept_until_it_is_about_to_expire(clock: ManualClock) -> None:
    token, script = a_token(clock=clock)
    token.token()
    clock.advance(timedelta(hours=1, minutes=58))
    token.token()
    assert len(script.requests) == 1
    clock.advance(timedelta(minutes=1))
    token.token()
    assert len(script.requests) == 2


@pytest.mark.parametrize("status", [200, 400, 401])
def test_an_app_that_tiktok_does_not_know_needs_other_keys(status: int) -> None:
    token, _ = a_token(httpx.Response(status, json={"error": "invalid_client", "error_description": "no"}))
    with pytest.raises(SignInNeeded, match="invalid-client"):
        token.token()


def test_an_answer_that_tells_nothing_settles_nothing() -> None:
    token, _ = a_token(httpx.Response(503))
    with pytest.raises(Unanswered):
        token.token()


def test_missing_keys_are_named() -> None:
    token, script = a_token(app=App("key", None))
    with pytest.raises(SignInNeeded, match=r"without app\.client_secret"):
        token.token()
    assert script.requests == []


def test_no_secret_is_told() -> None:
    token, _ = a_token(httpx.Response(400, json={"error": "invalid_client", "error_description": "clt.Secret"}))
    with pytest.raises(SignInNeeded) as caught:
        token.token()
    assert "Secret" not in f"{token!r} {caught.value}"


def research(client_steps: tuple[Any, ...]) -> tuple[Client, Script]:
    script = Script(*client_steps)
    return a_client(script), script


def test_comments_name_the_video_as_a_number_and_the_fields_in_the_query() -> None:
    client, script = research((a_page(1),))
    client.comments(video_id="7400000000000000001")
    assert script.requests[0].url.path == "/v2/research/video/comment/list/"
    assert (
        script.requests[0].url.query
        == b"fields=id,video_id,text,like_count,reply_count,parent_comment_id,create_time"
    )
    assert script.json() == {"video_id": 7400000000000000001, "max_count": 100, "cursor": 0}


def test_replies_name_the_comment_and_not_the_video() -> None:
    client, script = research((a_page(1),))
    client.comments(video_id="1", comment_id="2", cursor=100, max_count=5)
    assert script.json() == {"comment_id": 2, "max_count": 5, "cursor": 100}


def test_pages_are_read_to_the_end_though_one_is_short_or_empty() -> None:
    pages = (a_page(1, 2, cursor=100, more=True), a_page(cursor=200, more=True), a_page(2, 3, cursor=203))
    client, script = research(pages)
    assert [comment.comment_id for comment in client.all_comments(video_id="7")] == ["1", "2", "3"]
    assert [script.json(number)["cursor"] for number in range(3)] == [0, 100, 200]


@pytest.mark.parametrize("cursor", [0, None, -1, "x"])
def test_a_cursor_that_does_not_go_on_ends_the_list(cursor: object) -> None:
    client, script = research((a_page(1, cursor=cursor, more=True),))
    assert len(list(client.all_comments(video_id="7"))) == 1
    assert len(script.requests) == 1


def test_a_comment_is_read_in_our_words_with_exact_ids() -> None:
    entry = {
        "id": 7400000000000000009,
        "video_id": "7400000000000000001",
        "parent_comment_id": 7400000000000000001,
        "text": "hi",
        "like_count": "3",
        "create_time": 1772366400,
    }
    found = Comment.of(entry)
    assert found is not None
    assert (found.comment_id, found.video_id, found.parent_id) == ("7400000000000000009", "7400000000000000001", "")
    assert (found.text, found.likes, found.replies) == ("hi", 3, None)


@pytest.mark.parametrize("data", [{}, {"comments": None}, {"comments": [None, {}, {"id": 0}, {"id": "x"}]}])
def test_what_holds_no_comment_is_an_empty_page(data: dict[str, Any]) -> None:
    assert CommentPage.of(data).comments == ()


@pytest.mark.parametrize("code", ["scope_not_authorized", "scope_permission_missed"])
def test_an_app_without_approval_is_told_for_whom_comments_are(code: str) -> None:
    client, _ = research((no(code, 401),))
    with pytest.raises(Refused) as caught:
        client.comments(video_id="1")
    told = not_approved(caught.value)
    assert told is not None
    assert "approved researchers" in told.problems[0].what
    assert code in told.problems[0].what


def test_another_refusal_stays_what_it_is() -> None:
    client, _ = research((no("invalid_params"),))
    with pytest.raises(Refused) as caught:
        client.comments(video_id="1")
    assert not_approved(caught.value) is None
