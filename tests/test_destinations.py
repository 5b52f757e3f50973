"""To which addresses may a secret go? By table, with the addresses that try to look like another one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from contentsync.destinations import host_on_this_machine, is_tiktoks, may_be_chosen, may_get_secrets
from contentsync.errors import ManifestError
from contentsync.manifest.settings import load_settings
from contentsync.project import Project
from contentsync.tiktok.exchange import Exchange
from contentsync.tiktok.oauth import authorize_url
from tests.builders import ManualClock

TIKTOKS = [
    "https://open.tiktokapis.com",
    "https://open.tiktokapis.com/",
    "https://open.tiktokapis.com:443",
    "HTTPS://OPEN.TikTokAPIs.COM",
    "https://open-api.us.tiktokapis.com",
]
NEAR = {
    "http://127.0.0.1:8080": "127.0.0.1",
    "http://127.0.0.1:8080/x/": "127.0.0.1",
    "https://127.9.8.7": "127.9.8.7",
    "http://localhost": "localhost",
    "http://LOCALHOST:1": "localhost",
    "http://[::1]:9": "[::1]",
}
FOREIGN = [
    "https://open.tiktokapis.com.evil.example",
    "https://open.tiktokapis.com.evil.example/tiktokapis.com",
    "https://opentiktokapis.com",
    "https://evil-tiktokapis.com",
    "https://tiktokapis.com",
    "https://.tiktokapis.com",
    "https://a..tiktokapis.com",
    "https://open.tiktokapis.com@evil.example",
    "https://open.tiktokapis.com:443@evil.example",
    "https://me:word@open.tiktokapis.com",
    "https://evil.example/open.tiktokapis.com",
    "https://evil.example?open.tiktokapis.com",
    "https://evil.example#.tiktokapis.com",
    "https://evil.example\\.tiktokapis.com",
    "https://open.tiktokapis.com\\@evil.example",
    "https://open.tiktokapis.com.",
    "https://open.tiktokapis.com:8443",
    "https://open.tiktokapis.com:443:1",
    "https://open.tiktokapis.com/v2",
    "https://open.tiktokapis.com?x",
    "https://open.tiktokapis.com\n",
    " https://open.tiktokapis.com",
    "https://open.tiktokapis.com/ @evil.example",
    "http://open.tiktokapis.com",
    "ftp://open.tiktokapis.com",
    "//open.tiktokapis.com",
    "open.tiktokapis.com",
    "https://open.ti\u212atokapis.com",
    "https://open.t\u0456ktokapis.com",
    "https://open\u3002tiktokapis.com",
    "https://evil.example\uff0f.tiktokapis.com",
    "https://open%2etiktokapis.com",
    "http://localhost.evil.example",
    "http://localhost.",
    "http://localhost@evil.example",
    "http://localhost\\@evil.example",
    "http://evil.example@localhost",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1@evil.example",
    "http://127.1",
    "http://127.0.0.256",
    "http://127.0.0.01",
    "http://2130706433",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://0.0.0.0:8080",
    "http://10.0.0.1",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::]",
    "http://[::1%25eth0]",
    "http://[::1].evil.example",
    "",
    "http://",
]


@pytest.mark.parametrize("url", TIKTOKS)
def test_tiktoks_own_addresses_may_have_secrets(url: str) -> None:
    assert is_tiktoks(url) and may_get_secrets(url)


@pytest.mark.parametrize("url", NEAR)
def test_this_machine_may_have_secrets(url: str) -> None:
    assert may_get_secrets(url)
    assert host_on_this_machine(url) == NEAR[url]


@pytest.mark.parametrize("url", FOREIGN)
def test_no_other_address_may_have_secrets(url: str) -> None:
    assert not may_get_secrets(url)


@pytest.mark.parametrize("url", ["https://proxy.acme.example", "https://proxy:8443/tiktok", "http://127.0.0.1:1"])
def test_a_user_may_choose_any_https_address(url: str) -> None:
    assert may_be_chosen(url)


@pytest.mark.parametrize(
    "url", ["http://proxy.example", "https://me@proxy.example", "https://p\u00e9.example", "https://a b", "https://"]
)
def test_a_user_may_not_choose_an_address_that_can_be_read_in_two_ways(url: str) -> None:
    assert not may_be_chosen(url)


def a_project(root: Path, base_url: str, **environ: str) -> Project:
    root.joinpath("contentsync.yaml").write_text(f"version: 1\napi:\n  base_url: {base_url!r}\n", "utf-8")
    settings, _ = load_settings(root, environ)
    assert settings is not None
    return Project(root, settings, environ)


WRITABLE = [url for url in FOREIGN if url and url.isascii() and url.isprintable() and "\\" not in url]


@pytest.mark.parametrize("url", WRITABLE)
def test_a_project_file_can_not_send_a_token_there(url: str, tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        _ = a_project(tmp_path, url).api_url
    assert [problem.code for problem in caught.value.problems] == ["base-url-foreign"]


def test_the_refusal_names_the_place_and_both_ways_out(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        _ = a_project(tmp_path, "https://proxy.example").api_url
    problem = caught.value.problems[0]
    assert (problem.code, str(problem.where)) == ("base-url-foreign", "contentsync.yaml:3:13")
    assert "CONTENTSYNC_API_URL" in problem.hint and "configuration file" in problem.hint


def test_the_environment_may_name_the_very_address(tmp_path: Path) -> None:
    url = "https://proxy.example"
    assert a_project(tmp_path, url, CONTENTSYNC_API_URL=f"{url}/\r\n").api_url == url


@pytest.mark.parametrize("url", FOREIGN)
def test_the_page_of_a_sign_in_is_tiktoks_own_whatever_the_base_url(url: str) -> None:
    assert authorize_url(url, "key", ("a",), "r", "s").startswith("https://www.tiktok.com/v2/auth/authorize/?")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_carries_no_token_elsewhere(method: str, status: int) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(status, headers={"Location": "https://evil.example/", "Set-Cookie": "a=b"})

    exchange = Exchange(ManualClock(), httpx.MockTransport(answer))
    for _ in range(2):
        given = exchange.send(method, "https://open.tiktokapis.com/v2/x/", "/v2/x/", {"Authorization": "Bearer t"})
    exchange.close()
    assert (given.status, [url.host for url in asked]) == (status, ["open.tiktokapis.com"] * 2)
