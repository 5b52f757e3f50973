"""The port that waits for the browser: loopback alone, one answer, a page for each, and no trace of the code."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from contentsync.clock import SystemClock
from contentsync.errors import Problem, SignInNeeded
from contentsync.signin import page
from contentsync.signin.listener import Listener
from contentsync.signin.redirect import Answer

CLOCK = SystemClock()


def fits(answer: Answer) -> bool:
    return answer.state == "st"


def listening() -> Listener:
    return Listener("/callback/", 0, fits)


def get(listener: Listener, target: str, method: str = "GET") -> httpx.Response:
    with httpx.Client(trust_env=False, verify=False, timeout=20) as http:
        return http.request(method, f"http://127.0.0.1:{listener.port}{target}")


def test_the_answer_is_handed_over_and_its_browser_gets_the_page() -> None:
    with listening() as listener, ThreadPoolExecutor() as pool:
        asked = pool.submit(get, listener, "/callback/?code=a%2Ab&state=st&scopes=x")
        answer = listener.wait(10, CLOCK)
        listener.show(200, page.success("acme", "Acme", ("x",), {}, {}, sandbox=False))
        shown = asked.result()
    assert (answer.code, answer.state, answer.scopes) == ("a*b", "st", ("x",))
    assert shown.status_code == 200 and "Signed in" in shown.text
    assert (
        shown.headers["cache-control"] == "no-store"
        and "default-src 'none'" in shown.headers["content-security-policy"]
    )


@pytest.mark.parametrize("target", ["/", "/favicon.ico", "/callback", "/callback/x?code=a&state=b"])
def test_other_paths_are_not_found_and_take_nothing(target: str) -> None:
    with listening() as listener:
        assert get(listener, target).status_code == 404
        with pytest.raises(SignInNeeded):
            listener.wait(0.05, CLOCK)


def test_a_redirect_without_code_or_error_is_told_and_the_wait_goes_on() -> None:
    with listening() as listener, ThreadPoolExecutor() as pool:
        assert get(listener, "/callback/?state=st").status_code == 400
        asked = pool.submit(get, listener, "/callback/?code=a&state=st")
        assert listener.wait(10, CLOCK).code == "a"
        listener.show(200, "fine")
        assert asked.result().text == "fine"


@pytest.mark.parametrize("query", ["code=x&state=old", "code=x", "error=access_denied&state=", "code=x&state=%FF"])
def test_an_answer_to_another_sign_in_is_turned_away_and_the_wait_goes_on(query: str) -> None:
    with listening() as listener, ThreadPoolExecutor() as pool:
        stray = get(listener, f"/callback/?{query}")
        assert (stray.status_code, "still waiting" in stray.text) == (400, True)
        asked = pool.submit(get, listener, "/callback/?code=a&state=st")
        assert listener.wait(10, CLOCK).code == "a"
        listener.show(200, "fine")
        assert asked.result().text == "fine"


def test_where_only_answers_to_other_sign_ins_came_the_end_of_the_wait_says_so() -> None:
    with listening() as listener, pytest.raises(SignInNeeded) as caught:
        get(listener, "/callback/?error=access_denied")
        listener.wait(0.1, CLOCK)
    problem = caught.value.problems[0]
    assert (problem.code, "within 0.1 seconds" in problem.what) == ("sign-in-state", True)
    assert "access_denied" in problem.what


def test_only_one_answer_is_taken() -> None:
    with listening() as listener, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(get, listener, f"/callback/?code=c{number}&state=st") for number in range(8)]
        first = listener.wait(10, CLOCK)
        listener.show(200, "taken")
        codes = sorted(answer.result().status_code for answer in asked)
        with pytest.raises(SignInNeeded):
            listener.wait(0.05, CLOCK)
    assert first.code.startswith("c") and codes == [200] + [409] * 7


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
def test_only_a_visit_counts(method: str) -> None:
    with listening() as listener:
        assert get(listener, "/callback/?code=a&state=st", method).status_code == 501
        with pytest.raises(SignInNeeded):
            listener.wait(0.05, CLOCK)


def test_no_answer_in_time_is_told() -> None:
    with listening() as listener, pytest.raises(SignInNeeded) as caught:
        listener.wait(0.1, CLOCK)
    assert caught.value.problems[0].code == "sign-in-timeout"


def test_it_listens_on_this_machine_alone_and_not_on_ipv6() -> None:
    with listening() as listener:
        assert listener._server.server_address[0] == "127.0.0.1"
        with pytest.raises(OSError):
            socket.create_connection(("::1", listener.port), timeout=2)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", listener.port), timeout=2)


def test_a_port_in_use_is_told() -> None:
    with listening() as listener, pytest.raises(SignInNeeded) as caught:
        Listener("/callback/", listener.port, fits)
    problem = caught.value.problems[0]
    assert problem.code == "sign-in-port" and str(listener.port) in problem.what


def test_a_connection_that_says_nothing_keeps_nobody_out() -> None:
    with listening() as listener, socket.create_connection(("127.0.0.1", listener.port)):
        assert get(listener, "/x").status_code == 404


def test_a_browser_that_waits_when_all_ends_is_told_so() -> None:
    with ThreadPoolExecutor() as pool:
        with listening() as listener:
            asked = pool.submit(get, listener, "/callback/?code=a&state=st")
            listener.wait(10, CLOCK)
        assert "Not signed in" in asked.result().text


def test_nothing_is_said_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with listening() as listener:
        with socket.create_connection(("127.0.0.1", listener.port)) as rude:
            rude.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
            rude.recv(100)
        gone = threading.Thread(target=_hang_up, args=(listener.port,))
        gone.start()
        listener.wait(10, CLOCK)
        gone.join()
        time.sleep(0.05)
    assert capfd.readouterr() == ("", "")


def _hang_up(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as rude:
        rude.sendall(b"GET /callback/?code=SecretCode&state=st HTTP/1.1\r\nHost: x\r\n\r\n")


def test_a_page_escapes_what_it_shows_and_loads_nothing() -> None:
    shown = page.failure(Problem("x", "<script>alert(1)</script>", "a & b"))
    shown += page.success("acme", "<img src=x>", ("<b>",), {"<i>": "<u>"}, {"<s>": "<u>"}, sandbox=True)
    assert not any(tag in shown for tag in ("<script", "<img", "<b>", "<i>", "<u>", "<s>", "http:", "https:", "url("))
