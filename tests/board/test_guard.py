"""Nobody but the person at this machine sees the board, and nobody else's page acts on it."""

from __future__ import annotations

import http.client

import pytest

from contentsync.board.serve import Board, address_of
from contentsync.errors import UsageError
from contentsync.project import Project
from tests.board.conftest import OpenBoard
from tests.cli.support import Studio

PAGES = ("/", "/calendar", "/history", "/events", "/post/acme/launch", "/approve/acme/launch", "/media/acme/launch/0")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_without_the_cookie(open_board: OpenBoard, path: str) -> None:
    board = open_board()
    base = board.board._guard.base
    assert board.client.get(f"{board.board.url}{base}{path}").status_code == 403
    assert board.client.get(f"{board.board.url}{path}").status_code == 403


def test_the_link_signs_in_once(open_board: OpenBoard) -> None:
    board = open_board().sign_in()
    assert "Now" in board.page()
    again = board.client.get(board.board.link)
    assert again.status_code == 403 and "set-cookie" not in again.headers


def test_a_mere_look_at_the_link_does_not_use_it_up(open_board: OpenBoard) -> None:
    board = open_board()
    assert board.client.head(board.board.link).status_code == 405
    assert board.sign_in().get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "é", "a" * 5000])
def test_a_wrong_token_signs_nobody_in(open_board: OpenBoard, token: str) -> None:
    board = open_board()
    answer = board.client.get(f"{board.board.url}/open", params={"token": token})
    assert answer.status_code == 403 and "set-cookie" not in answer.headers
    assert board.sign_in().get().status_code == 200


def test_the_cookie_is_for_this_board_and_no_script(open_board: OpenBoard) -> None:
    board = open_board()
    cookie = board.client.get(board.board.link).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert f"Path={board.board._guard.base}/" in cookie


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", ""])
def test_another_host_is_refused(open_board: OpenBoard, host: str) -> None:
    board = open_board().sign_in()
    port = board.board.url.rpartition(":")[2]
    assert board.get("/", Host=host.format(port=port)).status_code == 403


def test_two_hosts_are_none(open_board: OpenBoard) -> None:
    board = open_board().sign_in()
    host, _, port = board.board.url.removeprefix("http://").partition(":")
    line = http.client.HTTPConnection(host, int(port), timeout=10)
    line.putrequest("GET", f"{board.base}/", skip_host=True)
    for name in (f"{host}:{port}", "evil.example"):
        line.putheader("Host", name)
    line.putheader("Cookie", board.client.headers["Cookie"])
    line.endheaders()
    assert line.getresponse().status in {400, 403}
    line.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_page_s_request_is_refused(open_board: OpenBoard, headers: dict[str, str]) -> None:
    board = open_board(allow_actions=True).sign_in()
    assert board.get("/", **headers).status_code == 403
    assert board.post("/pause", board.form_of("/"), **headers).status_code == 403


def test_a_form_must_say_where_it_comes_from(open_board: OpenBoard) -> None:
    board = open_board(allow_actions=True).sign_in()
    assert board.post("/pause", board.form_of("/"), Origin="").status_code == 403


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_a_form_without_the_session_s_token_does_nothing(open_board: OpenBoard, studio: Studio, token: str) -> None:
    board = open_board(allow_actions=True).sign_in()
    assert board.post("/pause", {"form": token}).status_code == 403
    assert studio.run("status", "--json").json["paused"] == []


@pytest.mark.parametrize("path", ["/pause", "/resume", "/approve/acme/launch", "/resolve/acme/launch"])
def test_a_board_without_actions_does_nothing(open_board: OpenBoard, studio: Studio, path: str) -> None:
    board = open_board().sign_in()
    token = board.board._guard.form_token
    assert "<form" not in board.page()
    assert board.post(path, {"form": token}).status_code == 405
    assert studio.run("status", "--json").json["paused"] == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_refused(open_board: OpenBoard, method: str) -> None:
    board = open_board(allow_actions=True).sign_in()
    assert board.client.request(method, f"{board.board.url}{board.base}/").status_code == 405


def test_a_form_that_is_too_long_or_no_form_is_refused(open_board: OpenBoard) -> None:
    board = open_board(allow_actions=True).sign_in()
    form = board.form_of("/")
    assert board.post("/pause", form | {"why": "x" * 70_000}).status_code == 413
    url, headers = f"{board.board.url}{board.base}/pause", {"Origin": board.board.url}
    assert board.client.post(url, json=form, headers=headers).status_code == 415
    assert board.client.post(url, content=b"a=%ff\xff", headers=headers).status_code == 415


def test_no_answer_may_be_framed_kept_or_read_by_other_pages(open_board: OpenBoard) -> None:
    board = open_board().sign_in()
    told = board.get("/").headers
    assert told["x-frame-options"] == "DENY" and "frame-ancestors 'none'" in told["content-security-policy"]
    assert told["cache-control"] == "no-store" and told["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in told


@pytest.mark.parametrize(
    "address", ["0.0.0.0:8000", "192.168.1.5:80", "example.com:80", "127.0.0.1", ":80", "[::]:80", "127.0.0.1:99999"]
)
def test_only_this_machine_is_listened_on(address: str) -> None:
    with pytest.raises(UsageError):
        address_of(address)


def test_loopback_addresses_are_taken() -> None:
    assert address_of("127.0.0.1:8480") == ("127.0.0.1", 8480)
    assert address_of("localhost:0") == ("127.0.0.1", 0)
    assert address_of("[::1]:1") == ("::1", 1)


def test_a_port_in_use_is_an_error(open_board: OpenBoard, studio: Studio) -> None:
    taken = open_board().board.url.removeprefix("http://")
    with pytest.raises(UsageError) as err:
        Board(lambda: Project.open(studio.root, {}), taken).start()
    assert err.value.problems[0].code == "port-taken"
