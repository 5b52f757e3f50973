"""Does a library that others wrote sign in as a Web app and post through the emulator, as it does at TikTok?

It is tiktok-api-client, unchanged. It proves itself by PKCE in base64url, which TikTok ignores of Web apps, asks for
video.publish alone, and reads JSON from every answer to an upload.
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
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from contentsync.emulator.config import Account, App, Config, Quirks
from contentsync.emulator.server import Emulator
from tests.foreign.install import is_installed, program
from tests.foreign.stand_in import a_stand_in

CLIP = Path(__file__).parents[1] / "media" / "video-h264.mp4"
CALLBACK = "https://app.acme.example/callback"
SECONDS = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed(), reason="no foreign client here: python tests/foreign/install.py gets it"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate with"),
]


@dataclass
class Ran:
    """What the Web app printed, and what the emulator saw."""

    told: dict[str, Any]
    err: str
    tasks: list[dict[str, Any]]
    signed_in_at: dict[str, str]


@contextmanager
def a_web_app(folder: Path, emulator: Emulator) -> Iterator[subprocess.Popen[str]]:
    with a_stand_in(folder, emulator.port) as stand_in:
        app = emulator.config.app
        script = Path(__file__).with_name("web_app.py")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "HTTPS_PROXY": stand_in.url,
            "REQUESTS_CA_BUNDLE": str(stand_in.certificate),
        }
        arguments = [app.client_key, app.client_secret, CALLBACK, str(CLIP)]
        with subprocess.Popen(
            [program("python"), str(script), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            bound = threading.Timer(SECONDS, process.kill)
            bound.start()
            try:
                yield process
            finally:
                bound.cancel()
                process.kill()


def run(folder: Path, quirks: Quirks) -> Ran:
    """The whole life of the Web app against an emulator with these quirks."""
    config = Config(
        accounts=(Account("acme"),),
        app=App(redirect_uris=(CALLBACK,)),
        upload_base="https://open-upload.tiktokapis.com",
        hosts=("open.tiktokapis.com",),
        quirks=quirks,
    )
    with Emulator(config) as emulator, a_web_app(folder, emulator) as process:
        asked = cast("IO[str]", process.stdout).readline().strip()
        back = agreed(emulator, asked)
        out, err = process.communicate(f"{back.get('code', '')}\n", timeout=SECONDS)
        tasks = cast("list[dict[str, Any]]", emulator.ledger()["tasks"])
    return Ran(json.loads(out) if out.strip() else {}, err, tasks, back)


def agreed(emulator: Emulator, asked: str) -> dict[str, str]:
    """What the browser comes back with, once the owner has agreed on TikTok's page."""
    page = urlsplit(asked)
    assert (page.scheme, page.netloc, page.path) == ("https", "www.tiktok.com", "/v2/auth/authorize/")
    address = f"{emulator.url}{page.path}?{page.query}&decision=allow&account=acme"
    answer = httpx.get(address, trust_env=False)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def test_a_web_app_signs_in_and_posts_in_every_way(tmp_path: Path) -> None:
    ran = run(tmp_path, Quirks())
    told = ran.told
    assert told, ran.err
    assert ran.signed_in_at["scopes"] == told["token"]["scope"] == "user.info.basic,video.publish"
    assert told["file"]["final_response"] is None  # the JSON word null
    assert [state["status"] for state in told["states"][:2]] == ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE"]
    assert told["states"][1] == {"status": "PUBLISH_COMPLETE"}
    assert len(told["states"][-1]["publicaly_available_post_id"]) == 1
    assert told["pull"]["data"]["publish_id"].startswith("v_pub_url~v2-1.")
    assert told["photos"]["photo_upload_response"]["error"]["code"] == "ok"
    assert told["renewed"]["refresh_token"] != told["token"]["refresh_token"]
    assert [task["endpoint"] for task in ran.tasks] == ["video_init", "video_init", "photo_init"]
    assert ran.tasks[0]["sha256"] == hashlib.sha256(CLIP.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("quirks", "word"),
    [
        (Quirks(upload_body="empty"), "Request failed"),
        (Quirks(web_pkce="checked"), "No refresh token available"),
    ],
)
def test_what_the_emulator_answered_before_would_fail_it(tmp_path: Path, quirks: Quirks, word: str) -> None:
    """It works at TikTok; so each of these readings can't be TikTok's."""
    ran = run(tmp_path, quirks)
    assert not ran.told and word in ran.err


def test_a_sign_in_that_is_turned_away_over_pkce_brings_no_code(tmp_path: Path) -> None:
    ran = run(tmp_path, Quirks(web_pkce="refused"))
    assert ran.signed_in_at["error"] == "invalid_request" and "code" not in ran.signed_in_at
