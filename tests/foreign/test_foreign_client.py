"""Does a program that others wrote for TikTok's API, and that knows nothing of us, post through the emulator?

It is tiktok-studio-mcp, an MCP server: unchanged, by its own command, over stdin and stdout as an assistant would. It
speaks to https://open.tiktokapis.com; a proxy leads that to the emulator.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pytest

from contentsync.emulator.config import Account, App, Config
from contentsync.emulator.server import Emulator
from tests.foreign.install import is_installed, program
from tests.foreign.stand_in import StandIn, a_stand_in

CLIP = Path(__file__).parents[1] / "media" / "video-h264.mp4"
SECONDS = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed(), reason="no foreign client here: python tests/foreign/install.py gets it"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate with"),
]


@dataclass
class Assistant:
    """The foreign program at work, and what stands for TikTok. asked: requests so far."""

    process: subprocess.Popen[str]
    emulator: Emulator
    stand_in: StandIn
    home: Path
    asked: int = 0

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One JSON-RPC request of the Model Context Protocol, a line each way."""
        self.asked += 1
        self._say({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params})
        for line in cast("IO[str]", self.process.stdout):
            answer = json.loads(line)
            if answer.get("id") == self.asked:
                assert "error" not in answer, answer
                return cast("dict[str, Any]", answer["result"])
        raise AssertionError(f"the client ended: {(self.home / 'stderr').read_text()}")

    def greet(self) -> None:
        about = {"name": "tests", "version": "1"}
        self.ask("initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo=about)
        self._say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def tool(self, name: str, **arguments: Any) -> dict[str, Any]:
        """What one of its tools gives back."""
        result = self.ask("tools/call", name=name, arguments=arguments)
        text = result["content"][0]["text"]
        return {"error": text} if result.get("isError") else json.loads(text)

    def status(self, publish_id: str) -> str:
        """Ask until it is final, a few times."""
        for _ in range(5):
            found = str(self.tool("post_status", publish_id=publish_id)["data"]["status"])
            if not found.startswith("PROCESSING"):
                break
        return found

    def _say(self, message: dict[str, Any]) -> None:
        stdin = cast("IO[str]", self.process.stdin)
        stdin.write(json.dumps(message) + "\n")
        stdin.flush()

    def tasks(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.emulator.ledger()["tasks"])

    def endpoints(self) -> list[object]:
        return [request["endpoint"] for request in self.emulator.requests()]


@contextmanager
def an_assistant(folder: Path, mode: str) -> Iterator[Assistant]:
    """The program, signed in as acme. mode: upload for drafts, publish for direct posts."""
    config = Config(
        accounts=(Account("acme"),),
        app=App(audited=True),
        upload_base="https://open-upload.tiktokapis.com",
        hosts=("open.tiktokapis.com",),
    )
    with Emulator(config) as emulator, a_stand_in(folder, emulator.port) as stand_in:
        keep = folder / ".config" / "tiktok-studio-mcp" / "credentials.json"
        keep.parent.mkdir(parents=True)
        app, tokens = config.app, emulator.accounts["acme"]
        keys = {"client_key": app.client_key, "client_secret": app.client_secret}
        keep.write_text(json.dumps(keys | {"refresh_token": tokens.refresh_token}))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "USERPROFILE": str(folder),
            "TIKTOK_MCP_MODE": mode,
            "HTTPS_PROXY": stand_in.url,
            "SSL_CERT_FILE": str(stand_in.certificate),
            "PYTHONUNBUFFERED": "1",
        }
        with (
            (folder / "stderr").open("w") as stderr,
            subprocess.Popen(
                [program("tiktok-studio-mcp"), "serve"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            ) as process,
        ):
            bound = threading.Timer(SECONDS, process.kill)
            bound.start()
            try:
                assistant = Assistant(process, emulator, stand_in, folder)
                assistant.greet()
                yield assistant
            finally:
                bound.cancel()
                process.kill()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_foreign_client_posts_a_video_directly_byte_for_byte(tmp_path: Path) -> None:
    with an_assistant(tmp_path, "publish") as assistant:
        assert assistant.tool("health_check")["privacy_options"][0] == "PUBLIC_TO_EVERYONE"
        posted = assistant.tool(
            "post_video", file_path=str(CLIP), caption="By a stranger 👋", privacy_level="PUBLIC_TO_EVERYONE"
        )
        assert assistant.status(posted["publish_id"]) == "PUBLISH_COMPLETE"
        assistant.status(posted["publish_id"])  # moderation takes one more look
        task = assistant.tasks()[0]
        assert (task["sha256"], task["caption"]) == (sha256(CLIP), "By a stranger 👋")
        assert (task["endpoint"], task["status"], task["committed"]) == ("video_init", "PUBLISH_COMPLETE", True)
        listed = assistant.tool("list_videos", limit=20)["data"]["videos"]
        assert [(video["id"], video["title"]) for video in listed] == [(task["post_id"], "By a stranger 👋")]
        asked = assistant.tool("video_stats", video_ids=[task["post_id"]])["data"]["videos"]
        assert asked[0]["view_count"] == 0
        assert {"token", "creator_info", "video_init", "upload", "status", "video_query"} <= set(
            assistant.endpoints()
        )
        assert set(assistant.stand_in.hosts) == {"open.tiktokapis.com", "open-upload.tiktokapis.com"}
        assert assistant.stand_in.refused == []


def test_a_foreign_client_puts_a_draft_into_the_inbox(tmp_path: Path) -> None:
    with an_assistant(tmp_path, "upload") as assistant:
        posted = assistant.tool("post_video", file_path=str(CLIP))
        assert assistant.status(posted["publish_id"]) == "SEND_TO_USER_INBOX"
        task = assistant.tasks()[0]
        assert (task["sha256"], task["mode"], task["endpoint"]) == (sha256(CLIP), "draft", "inbox_init")


def test_a_foreign_client_keeps_the_refresh_token_that_replaces_its_own(tmp_path: Path) -> None:
    with an_assistant(tmp_path, "upload") as assistant:
        before = assistant.emulator.accounts["acme"].refresh_token
        assert assistant.tool("health_check")["auth"] == "ok"
        assistant.emulator.expire_tokens("acme")
        assert assistant.tool("health_check")["auth"] == "ok"
        kept = json.loads((tmp_path / ".config" / "tiktok-studio-mcp" / "credentials.json").read_text())
        assert kept["refresh_token"] == assistant.emulator.accounts["acme"].refresh_token != before


def test_a_chunk_plan_that_tiktok_refuses_is_refused_here_too(tmp_path: Path) -> None:
    """From 5 to 64 MiB this client declares one chunk of 64 MiB, which TikTok has refused since August 2026."""
    film = tmp_path / "film.mp4"
    film.write_bytes(CLIP.read_bytes() + bytes(6_000_000))
    with an_assistant(tmp_path, "upload") as assistant:
        answer = assistant.tool("post_video", file_path=str(film))
        assert "The chunk size is invalid" in answer["error"]
        assert assistant.tasks() == []
