"""Which redirect URIs there are, and what is read from where the browser ended."""

from __future__ import annotations

import pytest

from contentsync.errors import SignInNeeded, UsageError
from contentsync.signin.redirect import read_answer, read_pasted, target_of

QUERY = "code=Ab%2Ac%21d%252B.s1&scopes=user.info.basic%2Cvideo.list&state=st"


def test_any_port_of_a_desktop_app_is_filled_in() -> None:
    target = target_of("http://127.0.0.1:*/callback/")
    assert (target.port, target.path, target.is_desktop, target.is_plain) == (None, "/callback/", True, True)
    assert target.at(3455) == "http://127.0.0.1:3455/callback/"


def test_a_fixed_port_stays() -> None:
    target = target_of("http://localhost:3455/callback/")
    assert (target.port, target.at(3455)) == (3455, "http://localhost:3455/callback/")


def test_https_on_this_machine_is_a_desktop_app_that_we_cant_serve() -> None:
    target = target_of("https://127.0.0.1:3455/callback/")
    assert (target.is_desktop, target.is_plain) == (True, False)


def test_https_elsewhere_is_a_web_app() -> None:
    target = target_of("https://tool.example/tiktok/back")
    assert (target.is_desktop, target.path, target.at(80)) == (
        False,
        "/tiktok/back",
        "https://tool.example/tiktok/back",
    )


@pytest.mark.parametrize(
    "uri",
    [
        "http://[::1]:3455/callback/",
        "https://[::1]:3455/callback/",
        "http://127.0.0.1/callback/",
        "http://127.0.0.2:80/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:70000/",
        "http://tool.example/",
        "https://tool.example/?a=1",
        "https://tool.example/#a",
        "https://user@tool.example/",
        "https://localhost/callback/",
    ],
)
def test_what_tiktok_would_not_register_is_refused(uri: str) -> None:
    with pytest.raises(UsageError) as caught:
        target_of(uri)
    assert caught.value.problems[0].code == "redirect-uri"


def test_a_code_is_decoded_once() -> None:
    answer = read_answer(QUERY)
    assert answer is not None
    assert (answer.code, answer.scopes, answer.state) == ("Ab*c!d%2B.s1", ("user.info.basic", "video.list"), "st")


def test_an_error_has_the_word_that_says_which_field() -> None:
    answer = read_answer("error=unauthorized_client&error_type=client_key&state=st&code=x")
    assert answer is not None
    assert (answer.code, answer.error, answer.description) == ("", "unauthorized_client", "client_key")


def test_no_control_character_of_an_error_gets_through() -> None:
    answer = read_answer("error=a%1b[31m&error_description=x%1b[31m%0ay")
    assert answer is not None
    assert answer.error == "unknown" and "\x1b" not in answer.description and "\n" not in answer.description


@pytest.mark.parametrize("query", ["", "state=st", "code=&state=st", "a=b"])
def test_an_address_without_code_or_error_is_no_answer(query: str) -> None:
    assert read_answer(query) is None


@pytest.mark.parametrize(
    "line",
    [
        f"http://127.0.0.1:3455/callback/?{QUERY}\n",
        f"  'https://tool.example/back?{QUERY}#_'  ",
        f"?{QUERY}",
        f"{QUERY}\r\n",
    ],
)
def test_a_person_may_paste_the_address_or_its_query(line: str) -> None:
    answer = read_pasted(line)
    assert (answer.code, answer.state) == ("Ab*c!d%2B.s1", "st")


@pytest.mark.parametrize("line", ["Ab*c!d.s1\n", "Ab%2Ac%21d.s1"])
def test_a_person_may_paste_the_code_alone(line: str) -> None:
    answer = read_pasted(line)
    assert (answer.code, answer.state) == ("Ab*c!d.s1", None)


@pytest.mark.parametrize("line", ["", "\n", "abc", "http://127.0.0.1:3455/callback/", "no code here at all"])
def test_what_holds_no_code_is_told(line: str) -> None:
    with pytest.raises(SignInNeeded) as caught:
        read_pasted(line)
    assert caught.value.problems[0].code == "sign-in-answer"


def test_neither_code_nor_state_stands_in_a_repr() -> None:
    assert "Ab*c" not in repr(read_pasted(QUERY)) and "'st'" not in repr(read_pasted(QUERY))
