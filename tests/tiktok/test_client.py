"""Each call as it goes out, what comes of its answer, and what is repeated, renewed or left alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest

from contentsync.errors import ContentsyncError, NotSent, Problem, Refused, SignInNeeded, Unanswered
from contentsync.tiktok import bodies, wire
from contentsync.tiktok.client import Client, PutAnswer
from contentsync.tiktok.throttle import MemoryLedger, Throttle
from tests.builders import ManualClock, a_media, a_post, a_slideshow
from tests.tiktok.fakes import BASE_URL, TOKEN, UPLOAD_URL, FixedBearer, Script, a_client, a_page, no, ok

FILE = bodies.FileSource(10, 10, 1)
POST = bodies.PostInfo.of(a_post())
STARTED = ok({"publish_id": "v_pub_file~v2-1.1", "upload_url": UPLOAD_URL})

INITS: dict[str, Callable[[Client], wire.InitAnswer]] = {
    "/v2/post/publish/video/init/": lambda client: client.init_video(POST, FILE),
    "/v2/post/publish/inbox/video/init/": lambda client: client.init_inbox(
        bodies.UrlSource("https://a.example/a.mp4")
    ),
    "/v2/post/publish/content/init/": lambda client: client.init_photos(bodies.PhotoPost.of(a_slideshow())),
}
READS: dict[str, Callable[[Client], Any]] = {
    "/v2/user/info/": lambda client: client.user_info(),
    "/v2/post/publish/creator_info/query/": lambda client: client.creator_info(),
    "/v2/post/publish/status/fetch/": lambda client: client.status("p"),
    "/v2/video/list/": lambda client: client.videos(),
    "/v2/video/query/": lambda client: client.query_videos(["1"]),
}
READ_ANSWER = ok({"user": {"open_id": "o"}, "status": "PUBLISH_COMPLETE"})

NEVER_LEFT = [
    httpx.ConnectError("name not known"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("busy"),
    httpx.ProxyError("407"),
    httpx.UnsupportedProtocol("gopher"),
]
CUT_OFF = [
    httpx.ReadError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.WriteError("broken pipe"),
    httpx.WriteTimeout("slow"),
    httpx.CloseError("close"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    httpx.LocalProtocolError("Too little data"),
    httpx.TransportError("other"),
    httpx.DecodingError("gzip"),
    httpx.StreamError("stream"),
    httpx.InvalidURL("url"),
]

by_name = pytest.mark.parametrize("name", INITS)
read_by_name = pytest.mark.parametrize("name", READS)


# What goes out.


@by_name
def test_an_init_is_a_post_with_the_documented_headers(name: str) -> None:
    script = Script(STARTED)
    INITS[name](a_client(script))
    request = script.requests[0]
    assert (request.method, str(request.url)) == ("POST", BASE_URL + name)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json; charset=UTF-8"


def test_a_direct_video_sends_settings_and_source() -> None:
    script = Script(STARTED)
    a_client(script).init_video(POST, FILE)
    assert script.json() == {"post_info": POST.body(), "source_info": FILE.body()}


def test_a_draft_sends_its_source_only() -> None:
    script = Script(STARTED)
    a_client(script).init_inbox(FILE)
    assert script.json() == {"source_info": FILE.body()}


def test_user_info_is_a_get_with_a_token_and_nothing_else() -> None:
    script = Script(READ_ANSWER)
    a_client(script).user_info()
    request = script.requests[0]
    assert request.method == "GET"
    assert "content-type" not in request.headers
    assert request.url.query == b"fields=open_id,union_id,avatar_url,avatar_url_100,avatar_large_url,display_name"


@pytest.mark.parametrize(
    ("scopes", "asked"),
    [
        (None, False),
        (frozenset({"user.info.basic"}), False),
        (frozenset({"user.info.basic", "user.info.profile"}), True),
    ],
)
def test_the_username_is_asked_only_where_it_is_known_to_be_granted(
    scopes: frozenset[str] | None, asked: bool
) -> None:
    script = Script(READ_ANSWER)
    a_client(script, credentials=FixedBearer(scopes)).user_info()
    assert (b"username" in script.requests[0].url.query) is asked


def test_fields_of_the_list_stand_in_the_query_and_paging_in_the_body() -> None:
    script = Script(a_page([]))
    a_client(script).videos(cursor=1772366400000)
    assert script.requests[0].url.query.startswith(b"fields=id,create_time,")
    assert script.json() == {"max_count": 20, "cursor": 1772366400000}


def test_ids_are_queried_twenty_at_a_time() -> None:
    script = Script(a_page([1]))
    a_client(script).query_videos([str(number) for number in range(45)])
    assert [len(script.json(call)["filters"]["video_ids"]) for call in range(3)] == [20, 20, 5]


def test_no_ids_need_no_call() -> None:
    script = Script(a_page([]))
    assert a_client(script).query_videos([]) == []
    assert script.requests == []


def test_a_cancel_names_the_posting_and_needs_no_data() -> None:
    script = Script(httpx.Response(200, json={"error": {"code": "ok"}}))
    a_client(script).cancel("v_pub_url~v2.1")
    assert script.json() == {"publish_id": "v_pub_url~v2.1"}


def test_cookies_are_not_kept() -> None:
    script = Script(httpx.Response(200, headers={"Set-Cookie": "a=b"}, json={"error": {"code": "ok"}}))
    client = a_client(script)
    client.status("p")
    client.status("p")
    assert "cookie" not in script.requests[1].headers


# What comes of an answer to init.


@by_name
def test_an_accepted_init_gives_the_publish_id(name: str) -> None:
    answer = INITS[name](a_client(Script(STARTED)))
    assert answer == wire.InitAnswer("v_pub_file~v2-1.1", UPLOAD_URL)


@by_name
@pytest.mark.parametrize("status", [200, 403])
def test_a_refused_init_is_told_and_not_repeated(name: str, status: int) -> None:
    script = Script(no("spam_risk_too_many_posts", status))
    with pytest.raises(Refused):
        INITS[name](a_client(script))
    assert len(script.requests) == 1


@by_name
def test_a_rate_limited_init_is_the_callers_decision(name: str) -> None:
    script = Script(no("rate_limit_exceeded", 429), STARTED)
    with pytest.raises(Refused):
        INITS[name](a_client(script))
    assert len(script.requests) == 1


@by_name
@pytest.mark.parametrize(
    "answer",
    [
        ok({}),
        ok([]),
        ok({"publish_id": None}),
        ok({"publish_id": ""}),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"<html>busy</html>"),
        httpx.Response(200, json=["ok"]),
        httpx.Response(200, json={"data": {"publish_id": "p"}}),
        httpx.Response(502, content=b"Bad Gateway"),
        ok({"publish_id": "p"}, status=500),
        no("spam_risk_too_many_posts", 503),
        no("internal_error", 200),
        no("something_new", 400),
        httpx.Response(307, headers={"Location": "https://evil.example/"}),
        httpx.Response(401, content=b"Unauthorized"),
    ],
)
def test_an_init_that_proves_nothing_is_ambiguous_and_not_repeated(name: str, answer: httpx.Response) -> None:
    script = Script(answer, STARTED)
    with pytest.raises(Unanswered):
        INITS[name](a_client(script))
    assert len(script.requests) == 1


@by_name
@pytest.mark.parametrize("error", CUT_OFF, ids=lambda error: type(error).__name__)
def test_an_init_that_is_cut_off_is_ambiguous_and_not_repeated(name: str, error: Exception) -> None:
    script = Script(error, STARTED)
    with pytest.raises(Unanswered):
        INITS[name](a_client(script))
    assert len(script.requests) == 1


@by_name
@pytest.mark.parametrize("error", NEVER_LEFT, ids=lambda error: type(error).__name__)
def test_an_init_without_connection_was_not_sent_and_is_not_repeated(name: str, error: Exception) -> None:
    script = Script(error, STARTED)
    with pytest.raises(NotSent):
        INITS[name](a_client(script))
    assert len(script.requests) == 1


@pytest.mark.parametrize("base_url", ["http://[bad", "gopher://tiktok.example", "https://a b.example", "nonsense"])
def test_an_address_that_is_none_sends_nothing(base_url: str) -> None:
    client = a_client(Script(STARTED), base_url=base_url, transport=None)
    with pytest.raises(NotSent):
        client.init_video(POST, FILE)
    client.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "socks5://user:ProxySecret@127.0.0.1:1"),
        ("HTTPS_PROXY", "nonsense://user:ProxySecret@127.0.0.1:1"),
        ("HTTPS_PROXY", "http://user:ProxySecret@[bad"),
    ],
)
def test_a_proxy_that_can_not_be_used_sends_nothing(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(NotSent) as caught:
        a_client(Script(STARTED), transport=None).init_video(POST, FILE)
    assert "ProxySecret" not in str(caught.value)


def test_an_endless_answer_is_given_up() -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, content=b" " * 2_000_000 + b'{"error": {"code": "ok"}, "data": {"publish_id": "p"}}'
        )

    with pytest.raises(Unanswered):
        a_client(endless).init_video(POST, FILE)


def test_an_answer_that_breaks_off_is_ambiguous() -> None:
    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield b'{"error": {"code": "ok"}, "data": {"publish'
            raise httpx.ReadError("reset")

    with pytest.raises(Unanswered) as caught:
        a_client(lambda request: httpx.Response(200, stream=Broken())).init_video(POST, FILE)
    assert caught.value.http_status == 200


# Tokens.


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("call", [*INITS.values(), *READS.values()], ids=[*INITS, *READS])
def test_a_refused_token_is_renewed_once_and_that_one_call_repeated(call: Any, status: int) -> None:
    answer = ok({"publish_id": "p", "user": {"open_id": "o"}})
    script, bearer = Script(no("access_token_invalid", status), answer), FixedBearer()
    call(a_client(script, credentials=bearer))
    assert bearer.renewed == [TOKEN]
    assert [r.headers["authorization"] for r in script.requests] == [f"Bearer {TOKEN}", f"Bearer {TOKEN}1"]
    assert script.bodies[0] == script.bodies[1]


BARE = httpx.Response(401, text="<html>401 Unauthorized</html>")


@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_a_bare_401_renews_the_token_of_a_read_and_repeats_that_one_call(call: Any, clock: ManualClock) -> None:
    script, bearer = Script(BARE, ok({"publish_id": "p", "user": {"open_id": "o"}})), FixedBearer()
    call(a_client(script, clock, credentials=bearer))
    assert (bearer.renewed, clock.slept) == ([TOKEN], [])
    assert [r.headers["authorization"] for r in script.requests] == [f"Bearer {TOKEN}", f"Bearer {TOKEN}1"]


@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_a_bare_401_that_stays_renews_no_more_than_once(call: Any) -> None:
    script, bearer = Script(BARE), FixedBearer()
    with pytest.raises(Unanswered):
        call(a_client(script, credentials=bearer))
    assert bearer.renewed == [TOKEN]


@pytest.mark.parametrize("call", [*INITS.values(), lambda client: client.cancel("p")], ids=[*INITS, "cancel"])
def test_a_bare_401_proves_nothing_of_a_call_that_may_have_done_something(call: Any) -> None:
    script, bearer = Script(BARE), FixedBearer()
    with pytest.raises(Unanswered):
        call(a_client(script, credentials=bearer))
    assert (bearer.renewed, len(script.requests)) == ([], 1)


def test_the_token_that_was_sent_is_not_told_whatever_its_form() -> None:
    bearer = FixedBearer()
    bearer.token = lambda: "opaque-token-of-acme"  # type: ignore[method-assign]
    answer = no("invalid_params", message="bad opaque-token-of-acme", log_id="opaque-token-of-acme")
    with pytest.raises(Refused) as caught:
        a_client(Script(answer), credentials=bearer).init_video(POST, FILE)
    assert "“bad …”" in str(caught.value) and "opaque" not in str(caught.value) + caught.value.log_id


@pytest.mark.parametrize("call", [*INITS.values(), *READS.values()], ids=[*INITS, *READS])
def test_a_token_is_renewed_only_once_for_a_call(call: Any) -> None:
    script, bearer = Script(no("access_token_invalid", 401)), FixedBearer()
    with pytest.raises(Refused):
        call(a_client(script, credentials=bearer))
    assert len(script.requests) == 2


@pytest.mark.parametrize("code", ["scope_not_authorized", "scope_permission_missed"])
def test_a_missing_scope_is_no_matter_of_renewal(code: str) -> None:
    script, bearer = Script(no(code, 401)), FixedBearer()
    with pytest.raises(Refused):
        a_client(script, credentials=bearer).init_video(POST, FILE)
    assert (bearer.renewed, len(script.requests)) == ([], 1)


@pytest.mark.parametrize("code", ["access_token_invalid", "scope_not_authorized", "scope_permission_missed"])
def test_where_no_sign_in_counts_a_refused_token_is_not_told_to_sign_in(code: str) -> None:
    bearer = FixedBearer(step_to_renew="put new tokens into CONTENTSYNC_TOKEN_ACME")
    with pytest.raises(Refused) as caught:
        a_client(Script(no(code, 401)), credentials=bearer).init_video(POST, FILE)
    hint = caught.value.problem.hint
    assert hint.startswith("put new tokens into CONTENTSYNC_TOKEN_ACME") and "login" not in hint


@pytest.mark.parametrize(
    "problem", [Unanswered(Problem("unanswered", "silence")), NotSent(Problem("not-sent", "no"))]
)
def test_an_init_whose_token_could_not_be_renewed_was_certainly_not_sent(problem: ContentsyncError) -> None:
    script = Script(no("access_token_invalid", 401), STARTED)
    with pytest.raises(NotSent):
        a_client(script, credentials=FixedBearer(problem=problem)).init_video(POST, FILE)
    assert len(script.requests) == 1


def test_an_init_whose_account_must_sign_in_says_so() -> None:
    script = Script(no("access_token_invalid", 401), STARTED)
    bearer = FixedBearer(problem=SignInNeeded(Problem("no-refresh-token", "none")))
    with pytest.raises(SignInNeeded):
        a_client(script, credentials=bearer).init_video(POST, FILE)


def test_a_second_init_after_a_renewal_keeps_the_pace_too(clock: ManualClock) -> None:
    script = Script(no("access_token_invalid", 401))
    client = a_client(script, clock)
    for _ in range(3):
        with pytest.raises(Refused):
            client.init_video(POST, FILE)
    assert clock.slept == []
    with pytest.raises(Refused):
        client.init_video(POST, FILE)
    assert sum(clock.slept) == 60.5


def test_the_caller_is_told_when_an_init_is_about_to_go(clock: ManualClock) -> None:
    client = a_client(Script(STARTED), clock)
    told = []
    for _ in range(7):
        client.init_video(POST, FILE, about_to_send=lambda: told.append(clock.monotonic()))
    assert told == [0, 0, 0, 0, 0, 0, 60.5]


def test_an_init_that_is_stopped_while_it_waits_was_not_announced() -> None:
    told: list[bool] = []
    bearer = FixedBearer(signed_out=SignInNeeded(Problem("no-token", "none")))
    with pytest.raises(SignInNeeded):
        a_client(Script(STARTED), credentials=bearer).init_video(POST, FILE, lambda: told.append(True))
    assert told == []


# Reads.


@read_by_name
@pytest.mark.parametrize("failed", [httpx.Response(502), httpx.ReadTimeout("slow"), httpx.Response(200), ok({}, 500)])
def test_a_read_is_repeated_after_silence(name: str, failed: Any, clock: ManualClock) -> None:
    script = Script(failed, failed, READ_ANSWER)
    READS[name](a_client(script, clock))
    assert script.paths == [name] * 3
    assert clock.slept == [1, 2]


@read_by_name
def test_a_read_outlasts_the_minute_of_a_rate_limit(name: str, clock: ManualClock) -> None:
    script = Script(*[no("rate_limit_exceeded", 429)] * 3, READ_ANSWER)
    READS[name](a_client(script, clock))
    assert sum(clock.slept) > 60


def test_a_wait_for_a_rate_limit_is_said_once(clock: ManualClock) -> None:
    waits: list[Problem] = []
    script = Script(*[no("rate_limit_exceeded", 429)] * 3, READ_ANSWER)
    a_client(script, clock, on_wait=waits.append).videos()
    assert [(problem.code, "video list" in problem.what) for problem in waits] == [("rate-limited", True)]


def beside_others(clock: ManualClock, calls: int) -> Throttle:
    """The throttle of an account for which another process has just asked for that many states."""
    ledger = MemoryLedger()
    others = Throttle(ledger, clock, "acme")
    assert [others.take(wire.Endpoint.STATUS) for _ in range(calls)] == [0.0] * calls
    return Throttle(ledger, clock, "acme")


def test_a_wait_for_a_limit_per_minute_is_said_at_once_and_every_ten_seconds(clock: ManualClock) -> None:
    said: list[tuple[float, Problem]] = []
    throttle = beside_others(clock, 30)
    client = a_client(
        Script(READ_ANSWER), clock, throttle=throttle, on_wait=lambda note: said.append((clock.monotonic(), note))
    )
    client.status("p")
    assert sum(clock.slept) == 60.5
    assert [at for at, _ in said] == [0, 10, 20, 30, 40, 50]
    assert {note.code for _, note in said} == {"limit-wait"}
    assert "about 60 s: the limit of 30 calls a minute (status)" in said[0][1].what
    assert "about 10 s" in said[-1][1].what


@pytest.mark.parametrize(("calls", "passed"), [(29, 0.0), (30, 58.0)])
def test_no_wait_and_a_short_wait_for_a_limit_are_not_said(clock: ManualClock, calls: int, passed: float) -> None:
    said: list[Problem] = []
    throttle = beside_others(clock, calls)
    clock.advance(passed)
    a_client(Script(READ_ANSWER), clock, throttle=throttle, on_wait=said.append).status("p")
    assert said == []


@read_by_name
@pytest.mark.parametrize(
    ("failed", "error", "tries"),
    [
        (httpx.Response(503), Unanswered, 4),
        (httpx.ReadError("reset"), Unanswered, 4),
        (httpx.ConnectError("no route"), NotSent, 3),
        (no("rate_limit_exceeded", 429), Refused, 4),
        (no("invalid_params", 400), Refused, 1),
        (no("scope_not_authorized", 401), Refused, 1),
    ],
)
def test_a_read_is_given_up_after_a_bounded_number_of_tries(name: str, failed: Any, error: Any, tries: int) -> None:
    script = Script(failed)
    with pytest.raises(error):
        READS[name](a_client(script))
    assert len(script.requests) == tries


def test_a_stop_for_posting_arrives_with_200_and_is_a_refusal() -> None:
    with pytest.raises(Refused) as caught:
        a_client(Script(no("reached_active_user_cap", 200))).creator_info()
    assert caught.value.error_code == "reached_active_user_cap"


def test_a_user_without_identity_is_no_answer() -> None:
    with pytest.raises(Unanswered):
        a_client(Script(ok({"user": {}}))).user_info()


def test_a_status_that_lost_its_fields_is_in_progress() -> None:
    assert a_client(Script(ok({}))).status("p").in_progress


# The list.


def ids_of(client: Client, **over: Any) -> list[str]:
    return [video.post.post_id for video in client.all_videos(**over)]


def test_all_pages_are_read_with_cursors_in_milliseconds() -> None:
    script = Script(a_page([50, 40], 40_000, more=True), a_page([30], 30_000, more=True), a_page([20], 20_000))
    assert ids_of(a_client(script)) == ["50", "40", "30", "20"]
    assert [script.json(call).get("cursor") for call in range(3)] == [None, 40_000, 30_000]


def test_a_page_without_cursor_is_left_by_the_last_videos_time() -> None:
    script = Script(a_page([50, 40], None, more=True), a_page([30]))
    assert ids_of(a_client(script)) == ["50", "40", "30"]
    assert script.json()["cursor"] == 40_000


def test_a_video_on_two_pages_is_told_once() -> None:
    script = Script(a_page([50, 40], 40_000, more=True), a_page([40, 30], 30_000))
    assert ids_of(a_client(script)) == ["50", "40", "30"]


def cut_short(script: Script) -> list[str]:
    """The ids of a list that is given up before its end."""
    found: list[str] = []
    with pytest.raises(Unanswered) as told:
        found.extend(video.post.post_id for video in a_client(script).all_videos())
    assert told.value.problem.code == "list-not-whole"
    return found


@pytest.mark.parametrize("cursor", [40_000, 45_000])
def test_a_cursor_that_does_not_go_down_ends_a_list_that_is_not_whole(cursor: int) -> None:
    script = Script(a_page([50, 40], 40_000, more=True), a_page([39], cursor, more=True))
    assert cut_short(script) == ["50", "40", "39"]
    assert len(script.requests) == 2


def test_empty_pages_that_promise_more_end_a_list_that_is_not_whole() -> None:
    pages = [a_page([], 40_000 - number, more=True) for number in range(100)]
    script = Script(a_page([50], 50_000, more=True), *pages)
    assert cut_short(script) == ["50"]
    assert len(script.requests) < 10


def test_has_more_decides_and_not_the_length_of_a_page() -> None:
    script = Script(a_page([], 40_000, more=True), a_page([30], 30_000))
    assert ids_of(a_client(script)) == ["30"]


def test_an_empty_page_without_cursor_ends_a_list_that_is_not_whole() -> None:
    assert cut_short(Script(a_page([], None, more=True))) == []


def test_no_page_is_read_beyond_what_is_known() -> None:
    script = Script(a_page([50, 40, 30], 30_000, more=True), a_page([20]))
    assert ids_of(a_client(script), stop_at={"40"}) == ["50", "40", "30"]
    assert len(script.requests) == 1


# Chunks.


def put(client: Client, url: str = UPLOAD_URL, blocks: Any = (b"abc", b"de")) -> PutAnswer:
    return client.put_chunk(url, iter(blocks), 5, 9, 20, "video/mp4")


def test_a_chunk_goes_with_its_length_and_range_and_without_a_token() -> None:
    script = Script(httpx.Response(206, headers={"Content-Range": "bytes 0-10/20"}))
    assert put(a_client(script)) == PutAnswer(206, 10)
    headers = script.requests[0].headers
    assert (headers["content-type"], headers["content-length"]) == ("video/mp4", "5")
    assert headers["content-range"] == "bytes 5-9/20"
    assert not {"authorization", "transfer-encoding"} & set(headers)
    assert script.bodies == [b"abcde"]


@pytest.mark.parametrize("status", [200, 201, 206, 299])
def test_any_2xx_accepts_a_chunk(status: int) -> None:
    assert put(a_client(Script(httpx.Response(status)))).accepted


@pytest.mark.parametrize("status", [302, 400, 403, 404, 416, 500, 502, 503])
def test_any_other_status_is_an_answer_too(status: int) -> None:
    script = Script(httpx.Response(status, headers={"Location": "https://evil.example/"}, content=b"\xff<html>"))
    answer = put(a_client(script))
    assert (answer.http_status, answer.accepted) == (status, False)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("content_range", "acknowledged"),
    [
        ("bytes 0-9/20", 9),
        ("bytes 0-10/20", 10),
        ("bytes 0-20/20", 20),
        ("bytes=0-10/20", 10),
        ("0-10/20", 10),
        ("bytes 0-10/*", 10),
        ("bytes */20", None),
        ("bytes 0-10/21", None),
        ("bytes 0-21/20", None),
        ("bytes 5-9/20", None),
        ("bytes 0-x/20", None),
        ("", None),
    ],
)
def test_the_acknowledged_bytes_are_passed_on_as_they_were_told(content_range: str, acknowledged: int | None) -> None:
    script = Script(httpx.Response(206, headers={"Content-Range": content_range}))
    assert put(a_client(script)).acknowledged_bytes == acknowledged


@pytest.mark.parametrize("error", CUT_OFF[:-1], ids=lambda error: type(error).__name__)
def test_a_chunk_that_is_cut_off_is_ambiguous_and_not_repeated(error: Exception) -> None:
    script = Script(error)
    with pytest.raises(Unanswered):
        put(a_client(script))
    assert len(script.requests) == 1


@pytest.mark.parametrize("error", NEVER_LEFT, ids=lambda error: type(error).__name__)
def test_a_chunk_without_connection_was_not_sent(error: Exception) -> None:
    with pytest.raises(NotSent):
        put(a_client(Script(error)))


@pytest.mark.parametrize(
    "url", ["https://open-upload.tiktokapis.com.evil.com/", "http://open-upload.tiktokapis.com/"]
)
def test_no_byte_goes_to_an_address_that_is_not_tiktoks(url: str) -> None:
    def blocks() -> Iterator[bytes]:
        read.append(True)
        yield b"abcde"

    script, read = Script(httpx.Response(201)), list[bool]()
    with pytest.raises(Unanswered) as caught:
        put(a_client(script), url, blocks())
    assert caught.value.problem.code == "upload-url-not-trusted"
    assert (script.requests, read) == ([], [])
    assert url not in str(caught.value)


@pytest.mark.parametrize(
    "blocks", [(), (b"",), (b"abcd",), (b"abcdef",), (b"abcde", b"f"), (b"ab", b"cde", b"", b"f"), (b"a" * 100,)]
)
def test_a_file_of_another_length_is_not_sent_whole(blocks: tuple[bytes, ...]) -> None:
    received = bytearray()

    class Receiving(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            for block in cast("httpx.SyncByteStream", request.stream):
                received.extend(block)
            return httpx.Response(201)

    with pytest.raises(Unanswered, match="media-changed"):
        put(a_client(Script(STARTED), transport=Receiving()), blocks=blocks)
    assert len(received) < 5


@pytest.mark.parametrize("blocks", [(b"abcde",), (b"", b"abc", b"", b"de", b""), (b"a", b"b", b"c", b"d", b"e")])
def test_the_size_of_the_blocks_does_not_matter(blocks: tuple[bytes, ...]) -> None:
    script = Script(httpx.Response(201))
    put(a_client(script), blocks=blocks)
    assert script.bodies == [b"abcde"]


def test_what_goes_wrong_while_the_file_is_read_passes_through() -> None:
    def blocks() -> Any:
        yield b"abc"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        put(a_client(Script(httpx.Response(201))), blocks=blocks())


# What is told, and what never is.


def test_each_request_is_told_by_method_path_status_log_id_and_seconds() -> None:
    lines: list[tuple[Any, ...]] = []
    script = Script(no("rate_limit_exceeded", 429, log_id="2026AB"), ok({"status": "FAILED"}))
    client = a_client(script, on_request=lambda *line: lines.append(line))
    client.status("p")
    assert lines == [
        ("POST", "/v2/post/publish/status/fetch/", 429, "2026AB", 0.0),
        ("POST", "/v2/post/publish/status/fetch/", 200, "20260301120000AB", 0.0),
    ]


def test_a_request_without_an_answer_is_told_with_status_0() -> None:
    lines: list[tuple[Any, ...]] = []
    with pytest.raises(Unanswered):
        a_client(Script(httpx.ReadError("x")), on_request=lambda *line: lines.append(line)).init_video(POST, FILE)
    assert lines == [("POST", "/v2/post/publish/video/init/", 0, "", 0.0)]


def test_an_upload_is_told_without_its_address() -> None:
    lines: list[tuple[Any, ...]] = []
    put(a_client(Script(httpx.Response(201)), on_request=lambda *line: lines.append(line)))
    assert lines == [("PUT", "(upload)", 201, "", 0.0)]


@pytest.mark.parametrize(
    "step", [httpx.ReadError(f"{UPLOAD_URL} {TOKEN}"), httpx.Response(500), no("access_token_invalid", 401, TOKEN)]
)
def test_no_secret_is_in_a_message_or_a_log(step: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lines: list[Any] = []
    client = a_client(Script(step), on_request=lambda *line: lines.append(line))
    with pytest.raises(ContentsyncError) as caught:
        client.init_video(POST, FILE)
    problem = caught.value.problems[0]
    told = f"{caught.value} {problem} {problem.hint} {lines} {caplog.text} {client!r}"
    assert "SecretOfAcme" not in told
    assert "UploadSecret" not in told


def test_no_log_shows_an_upload_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    put(a_client(Script(httpx.Response(201))))
    assert "UploadSecret" not in caplog.text


def test_a_client_that_never_called_closes_quietly() -> None:
    with a_client(Script(STARTED)) as client:
        assert client is not None


def test_a_media_of_a_post_becomes_its_source() -> None:
    assert bodies.FileSource.of(a_media(size=7)) == bodies.FileSource(7, 7, 1)


# TikTok's clock.

DATED = {"Date": "Sun, 01 Mar 2026 12:00:05 GMT"}


def dated(answer: httpx.Response, date: str | None = DATED["Date"]) -> httpx.Response:
    return httpx.Response(answer.status_code, headers={"Date": date} if date else {}, content=answer.content)


@by_name
def test_an_init_tells_tiktoks_clock(name: str) -> None:
    answer = INITS[name](a_client(Script(dated(STARTED))))
    assert answer.date == datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def test_a_status_tells_tiktoks_clock() -> None:
    client = a_client(Script(dated(READ_ANSWER)))
    assert client.status("p").date == client.date == datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "yesterday",
        "0",
        "Sun, 01 Mar 99999 12:00:05 GMT",
        "Sun, 32 Mar 2026 12:00:05 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "Sun, 01 Mar 2026 12:00:05 GMT, Sun, 01 Mar 2026 12:00:05 GMT" * 3,
    ],
)
def test_a_date_that_can_not_be_read_is_none(date: str | None) -> None:
    status = a_client(Script(dated(READ_ANSWER, date))).status("p")
    assert status.published
    assert status.date is None or status.date.year == 2026


def test_an_answer_without_a_date_makes_the_last_one_no_longer_hold() -> None:
    client = a_client(Script(dated(READ_ANSWER), dated(READ_ANSWER, None)))
    client.status("p")
    assert client.status("p").date is None


# A scope that was taken back.


@pytest.mark.parametrize("code", ["scope_permission_missed", "scope_not_authorized"])
def test_fields_of_a_scope_that_is_not_granted_any_more_are_left_out(code: str) -> None:
    script = Script(no(code, 401), READ_ANSWER)
    granted = frozenset({"user.info.basic", "user.info.stats"})
    user = a_client(script, credentials=FixedBearer(granted)).user_info()
    assert (user.open_id, user.followers) == ("o", None)
    assert [b"follower_count" in request.url.query for request in script.requests] == [True, False]


def test_without_the_basic_scope_there_is_no_user() -> None:
    script = Script(no("scope_not_authorized", 401))
    with pytest.raises(Refused):
        a_client(script, credentials=FixedBearer(frozenset({"user.info.stats"}))).user_info()
    assert len(script.requests) == 2
