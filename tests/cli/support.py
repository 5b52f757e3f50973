"""A project on disk, an emulator beside it, and the command line run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contentsync.emulator.config import Account, App, Config, Limits, Pace
from contentsync.emulator.server import Emulator
from tests.cli.in_process import run_here

CLIP = Path(__file__).parents[1] / "media" / "video-h264.mp4"

PROJECT = """\
version: 1
app: {client_key: "${CONTENTSYNC_CLIENT_KEY}", client_secret: "${CONTENTSYNC_CLIENT_SECRET}", audited: true}
accounts:
  acme: {mode: direct, limits: {inits_per_minute: 100, status_per_minute: 1000, creator_info_per_minute: 1000}}
  acme_de: {mode: draft, limits: {inits_per_minute: 100, status_per_minute: 1000, creator_info_per_minute: 1000}}
api: {poll_initial: 10ms, poll_max: 50ms}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Studio:
    """A content repository for tests."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.write("contentsync.yaml", PROJECT)

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def video(self, name: str, mark: str | None = None) -> Path:
        """A playable clip whose bytes differ by `mark`: the same film, with a box at its end that players skip."""
        payload = (mark or name).encode()
        box = (len(payload) + 8).to_bytes(4, "big") + b"free" + payload
        target = self.root / "posts" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(CLIP.read_bytes() + box)
        return target

    def post(self, name: str, account: str = "acme", **keys: object) -> Path:
        """A manifest with a video of its own; direct ones go to everyone unless said otherwise."""
        if "video" not in keys and "photos" not in keys:
            self.video(f"{name}.mp4")
        usual: dict[str, object] = {} if "photos" in keys else {"video": f"{name}.mp4"}
        given: dict[str, object] = usual | {"caption": f"About {name}"} | keys
        if account == "acme" and "mode" not in given:
            given = {"privacy": "everyone"} | given
        lines = [
            f"name: {name}",
            f"account: {account}",
            *(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in given.items()),
        ]
        return self.write(f"posts/{name}.yaml", "\n".join(lines) + "\n")

    def run(self, *args: str, stdin: str | None = None) -> Ran:
        """`contentsync ARGS` in the project's folder, without a terminal; in this process, which is far quicker."""
        return Ran(*run_here(args, self.root, self.environment, stdin or ""))

    def process(self, *args: str, stdin: str | None = None) -> Ran:
        """The same in a process of its own, for what only a process shows."""
        done = subprocess.run(
            [sys.executable, "-m", "contentsync", *args],
            cwd=self.root,
            env=dict(os.environ) | {"PYTHONUTF8": "1"} | self.environment,
            input=stdin or "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


def an_emulator(**changes: Any) -> Emulator:
    """Public accounts of an audited app, quick, without limits by the minute."""
    usual: dict[str, Any] = {
        "accounts": (Account("acme", private=False), Account("acme_de", private=False)),
        "app": App(audited=True),
        "limits": Limits.off(),
        "pace": Pace(processing_polls=1, moderation_polls=0),
        "default_duration": 1,
    }
    return Emulator(Config(**(usual | changes)))
