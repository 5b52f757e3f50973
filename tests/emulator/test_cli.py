"""`contentsync emulator`: what it prints, what it serves, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from contentsync.cli.commands.emulator import emulator
from tests.emulator.support import a_tiktok
from tests.processes import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
START = "from contentsync.cli.commands.emulator import emulator; emulator()"


@contextmanager
def a_process(*args: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process of its own; killed if a test leaves it running."""
    command = [sys.executable, "-c", START, *args]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_what_its_first_line_tells_until_a_signal(end: signal.Signals) -> None:
    with a_process("--json", "--account", "acme", "--private", "beta", "--audited") as process:
        told = json.loads(first_line(process))
        assert set(told) == {"url", "client_key", "client_secret", "accounts"}
        assert set(told["accounts"]) == {"acme", "beta"}
        token = told["accounts"]["acme"]["access_token"]
        answer = httpx.get(
            f"{told['url']}/v2/user/info/?fields=open_id", headers={"authorization": f"Bearer {token}"}
        )
        assert answer.json()["data"]["user"] == {"open_id": told["accounts"]["acme"]["open_id"]}
        process.send_signal(end)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "", "")


def test_without_json_it_prints_lines_for_a_shell() -> None:
    with a_process("--account", "acme-de") as process:
        lines = [first_line(process) for _ in range(5)]
        assert process.stderr is not None
        err = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert lines[0].startswith("export CONTENTSYNC_API_URL=http://127.0.0.1:")
    assert lines[3].startswith("export CONTENTSYNC_TOKEN_ACME_DE='act.")
    assert lines[4].startswith("export CONTENTSYNC_REFRESH_TOKEN_ACME_DE='rft.")
    assert "acme-de (private); app: not audited" in err


@pytest.mark.parametrize(
    ("args", "kinds"),
    [
        (["--account", "acme", "--public", "acme"], "acme (public)"),
        (["--private", "acme", "--account", "acme", "--audited"], "acme (private)"),
        (["--account", "acme", "--account", "beta", "--public", "beta"], "acme (private), beta (public)"),
        (["--private", "beta", "--public", "acme"], "beta (private), acme (public)"),
        (["--audited"], "demo (public)"),
    ],
)
def test_a_name_is_one_account_however_often_and_where_it_is_named(args: list[str], kinds: str) -> None:
    with a_process(*args) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert f"accounts: {kinds}; app:" in told


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_one_line_and_exit_1(port: str) -> None:
    done = CliRunner().invoke(emulator, ["--port", port])
    assert (done.exit_code, done.stderr) == (1, f"Error: port {port} is not a number from 0 to 65535\n")


def test_a_port_in_use_is_one_line_and_exit_1() -> None:
    with a_tiktok() as other:
        done = CliRunner().invoke(emulator, ["--port", str(other.port)])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: can't listen on port {other.port}: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["--account", "Acme"], "Acme"),
        (["--account", "acme", "--account", "acme"], "twice"),
        (["--public", "acme", "--public", "acme"], "twice"),
        (["--account", "acme", "--private", "acme", "--public", "acme"], "both"),
        (["--fault", "explode"], "ENDPOINT:ACTION"),
        (["--moderation-polls", "soon"], "soon"),
    ],
)
def test_what_cannot_be_served_is_a_usage_error(args: list[str], word: str) -> None:
    done = CliRunner().invoke(emulator, args)
    assert done.exit_code == 2
    assert word in done.stderr


def test_it_delivers_what_it_is_told_to_over_its_admin_route() -> None:
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        url = f"http://127.0.0.1:{receiver.getsockname()[1]}/hooks"
        with a_process("--json", "--account", "acme", "--webhook-url", url) as process:
            told = json.loads(first_line(process))
            asked = {"event": "authorization.removed", "account": "acme"}
            assert httpx.post(f"{told['url']}/_emulator/webhooks", json=asked).status_code == 200
            receiver.settimeout(10)
            line, _ = receiver.accept()
            with line:
                assert line.recv(65_536).startswith(b"POST /hooks HTTP/1.1\r\n")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_a_webhook_url_that_is_none_is_refused() -> None:
    ended = CliRunner().invoke(emulator, ["--webhook-url", "hooks.acme.example"])
    assert (ended.exit_code, "no http or https URL" in ended.output) == (2, True)


def test_each_choice_reaches_what_it_is_about() -> None:
    """One process with all of them: the answers show that each one arrived."""
    args = ["--account", "acme", "--account", "beta", "--audited", "--without-scope", "acme:video.publish"]
    args += ["--app-without-scope", "video.list", "--sandbox-target", "beta", "--known-as", "tiktok.test"]
    args += ["--creator-posts", "0", "--quirk", "oauth_status=418", "--processing-polls", "0"]
    with a_process("--json", *args) as process:
        told = json.loads(first_line(process))
        with httpx.Client(base_url=told["url"], trust_env=False) as client:
            app = {"client_key": told["client_key"], "response_type": "code", "state": "s", "decision": "allow"}
            app |= {"redirect_uri": "http://127.0.0.1:1/callback/", "code_challenge": "a"}
            app |= {"code_challenge_method": "S256", "account": "acme"}

            def location(**changes: str) -> str:
                answer = client.get("/v2/auth/authorize/", params=app | changes)
                return answer.headers["location"]

            def asked(account: str, path: str, body: object) -> httpx.Response:
                token = told["accounts"][account]["access_token"]
                return client.post(
                    f"/v2/post/publish/{path}/", json=body, headers={"authorization": f"Bearer {token}"}
                )

            assert asked("acme", "creator_info/query", {}).json()["error"]["code"] == "scope_not_authorized"
            assert asked("beta", "creator_info/query", {}).json()["error"]["code"] == "ok"
            assert "error=invalid_scope" in location(scope="video.list")
            assert "non_sandbox_target" in location(scope="video.upload", client_key="sbawemulator00000")
            assert client.get("/_emulator/ledger", headers={"host": "tiktok.test"}).status_code == 200
            assert client.get("/_emulator/ledger", headers={"host": "evil.example"}).status_code == 421
            assert client.post("/v2/oauth/token/", data={"grant_type": "x"}).status_code == 418
            source = {"source": "FILE_UPLOAD", "video_size": 5, "chunk_size": 5, "total_chunk_count": 1}
            draft = asked("acme", "inbox/video/init", {"source_info": source}).json()["data"]
            head = {"content-type": "video/mp4", "content-range": "bytes 0-4/5"}
            assert client.put(draft["upload_url"], content=b"video", headers=head).content == b"null"
            state = asked("acme", "status/fetch", {"publish_id": draft["publish_id"]}).json()["data"]
            assert state["status"] == "PUBLISH_COMPLETE"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["--without-scope", "video.fly"], "video.publish"),
        (["--without-scope", "beta:video.list"], 'no account "beta"'),
        (["--app-without-scope", "video.fly"], "video.publish"),
        (["--quirk", "oauth_status"], "NAME=VALUE"),
        (["--quirk", "megabyte=small"], "binary, decimal, either"),
        (["--creator-posts", "-1"], "-1"),
    ],
)
def test_a_wrong_choice_lists_what_there_is(args: list[str], word: str) -> None:
    done = CliRunner().invoke(emulator, args)
    assert (done.exit_code, word in done.stderr) == (2, True)
