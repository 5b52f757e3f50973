"""Whom the emulator answers: those who call it by a name of its own."""

from __future__ import annotations

import pytest

from contentsync.emulator.config import Account, Config
from contentsync.emulator.hosts import is_ours
from tests.emulator.support import a_caller


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost:8080",
        "LOCALHOST",
        "[::1]:80",
        "127.9.9.9",
        "",
        "open.tiktokapis.com:443",
    ],
)
def test_a_name_of_this_machine_is_ours(host: str) -> None:
    assert is_ours(host, Config(hosts=("open.tiktokapis.com",)))


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[", "x"],
)
def test_another_name_is_not(host: str) -> None:
    assert not is_ours(host, Config())


def test_the_name_of_the_uploads_is_ours() -> None:
    assert is_ours("open-upload.tiktokapis.com", Config(upload_base="https://open-upload.tiktokapis.com"))


@pytest.mark.parametrize(
    "path", ["/_emulator/ledger", "/_emulator/reset", "/v2/auth/authorize/", "/upload?upload_id=1"]
)
def test_a_page_whose_name_was_made_to_lead_here_gets_nothing(path: str) -> None:
    with a_caller(Account("acme")) as caller:
        posted = caller.publish()
        answer = caller.http.post(path, headers={"host": f"evil.example:{caller.emulator.port}"})
        assert (answer.status_code, "publish_id" in answer.text) == (421, False)
        assert caller.status(posted).json()["data"]["status"] == "PUBLISH_COMPLETE"


def test_a_name_that_is_given_is_answered() -> None:
    with a_caller(hosts=("tiktok.test",)) as caller:
        assert caller.http.get("/_emulator/ledger", headers={"host": "tiktok.test"}).status_code == 200
