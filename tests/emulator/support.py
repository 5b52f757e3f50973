"""What does a test of the emulator need? A TikTok that serves, and a caller that speaks for one account.

Everything goes through a real socket. Time stands still unless a test moves it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from contentsync.emulator.config import PUBLIC, Account, Config
from contentsync.emulator.server import Emulator

START = 1_772_366_400.0  # 2026-03-01 12:00 UTC
MEGA = 1_000_000


class Caller:
    """One account's client: each method is one request, and hands back what came."""

    def __init__(self, emulator: Emulator, account: str, http: httpx.Client) -> None:
        self.emulator, self.account, self.http = emulator, account, http

    def other(self, account: str) -> Caller:
        """The caller of another account of the same TikTok."""
        return Caller(self.emulator, account, self.http)

    def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        token = more.pop("token", None) or self.emulator.accounts[self.account].access_token
        headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.http.post(path, json=body, headers=headers, **more)

    def get(self, path: str) -> httpx.Response:
        token = self.emulator.accounts[self.account].access_token
        return self.http.get(path, headers={"authorization": f"Bearer {token}"})

    def oauth(self, path: str = "/v2/oauth/token/", **form: str) -> httpx.Response:
        app = self.emulator.config.app
        keys = {"client_key": app.client_key, "client_secret": app.client_secret}
        return self.http.post(path, data={**keys, **form})

    def init(self, size: int = MEGA, chunk: int = 0, count: int = 1, **info: Any) -> httpx.Response:
        """Start a direct post of a file; `privacy_level` and the other keywords go into post_info."""
        return self.post("/v2/post/publish/video/init/", a_direct_post(size, chunk, count, **info))

    def draft(self, size: int = MEGA) -> httpx.Response:
        body = {"source_info": a_file(size)}
        return self.post("/v2/post/publish/inbox/video/init/", body)

    def pull(self, url: str = "https://media.acme.example/a.mp4", **info: Any) -> httpx.Response:
        body = a_direct_post(1, **info) | {"source_info": {"source": "PULL_FROM_URL", "video_url": url}}
        return self.post("/v2/post/publish/video/init/", body)

    def photos(self, *urls: str, mode: str = "DIRECT_POST", **changes: Any) -> httpx.Response:
        return self.post("/v2/post/publish/content/init/", some_photos(*urls, mode=mode) | changes)

    def put(self, url: str, data: bytes, first: int = 0, total: int = 0, **headers: str) -> httpx.Response:
        """Send a chunk; a header given as "" is left out."""
        usual = {
            "content-type": "video/mp4",
            "content-range": f"bytes {first}-{first + len(data) - 1}/{total or len(data)}",
        }
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        sent = {key: value for key, value in (usual | named).items() if value}
        return self.http.put(url, content=data, headers=sent)

    def status(self, publish_id: str) -> httpx.Response:
        return self.post("/v2/post/publish/status/fetch/", {"publish_id": publish_id})

    def cancel(self, publish_id: str) -> httpx.Response:
        return self.post("/v2/post/publish/cancel/", {"publish_id": publish_id})

    def list(self, fields: str = "id,title", **body: Any) -> httpx.Response:
        return self.post(f"/v2/video/list/?fields={fields}", body)

    def listed(self, **body: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.list(**body).json()["data"]["videos"]
        return found

    def creator(self) -> httpx.Response:
        return self.post("/v2/post/publish/creator_info/query/")

    def publish(self, data: bytes = b"video", **info: Any) -> str:
        """Post a file from its init to the last answer of its processing; the publish_id."""
        started = self.init(len(data), **info).json()["data"]
        assert self.put(started["upload_url"], data).status_code == 201
        for _ in range(3):
            self.status(started["publish_id"])
        return str(started["publish_id"])


@contextmanager
def a_tiktok(*accounts: Account, **config: Any) -> Iterator[Emulator]:
    """A TikTok with these accounts, or with a public `acme` and an app that may do everything."""
    made = Config(accounts=accounts or (Account("acme"),), **config)
    with Emulator(made, now=lambda: START) as emulator:
        yield emulator


@contextmanager
def a_caller(*accounts: Account, **config: Any) -> Iterator[Caller]:
    """The caller of the first account of a TikTok made for it."""
    with a_tiktok(*accounts, **config) as emulator, a_client(emulator.url) as http:
        yield Caller(emulator, emulator.config.accounts[0].name, http)


def a_client(url: str) -> httpx.Client:
    """A client that looks at no certificates: to load the machine's takes longer than a test."""
    return httpx.Client(base_url=url, trust_env=False, timeout=10, verify=False)


def a_file(size: int, chunk: int = 0, count: int = 1) -> dict[str, Any]:
    return {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": chunk or size,
        "total_chunk_count": count,
    }


def a_direct_post(size: int = MEGA, chunk: int = 0, count: int = 1, **info: Any) -> dict[str, Any]:
    return {"post_info": {"privacy_level": PUBLIC, **info}, "source_info": a_file(size, chunk, count)}


def some_photos(*urls: str, mode: str = "DIRECT_POST") -> dict[str, Any]:
    images = list(urls or ("https://media.acme.example/1.jpg",))
    return {
        "media_type": "PHOTO",
        "post_mode": mode,
        "post_info": {"title": "Slides", "description": "Two of them", "privacy_level": PUBLIC},
        "source_info": {"source": "PULL_FROM_URL", "photo_images": images, "photo_cover_index": 0},
    }


def some_bytes(size: int) -> bytes:
    return os.urandom(size)


def code(answer: httpx.Response) -> tuple[int, str]:
    """HTTP status and error code of an envelope."""
    return answer.status_code, answer.json()["error"]["code"]


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    """HTTP status, error code and message of an envelope."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]
