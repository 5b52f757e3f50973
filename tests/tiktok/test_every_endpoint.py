"""Each endpoint of TikTok's API, end to end: the real command in its own process where one asks it, else the wire.

docs/api-coverage.md names these tests.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.config import Account, App, Comment, Video
from contentsync.emulator.server import Emulator
from contentsync.errors import Refused
from contentsync.project import Project
from contentsync.tiktok import bodies
from tests.cli.support import Studio, an_emulator

FILM = "7400000000000000001"
PHOTO = "https://media.acme.example/1.jpg"


@pytest.fixture
def tiktok() -> Iterator[Emulator]:
    film = Video("Film", id=int(FILM), view_count=12, like_count=3)
    people = (Account("acme", videos=(film,), follower_count=5), Account("acme_de"))
    with an_emulator(accounts=people, app=App(audited=True, research=True)) as served:
        yield served


@pytest.fixture
def studio(tmp_path: Path, tiktok: Emulator) -> Studio:
    return Studio(tmp_path / "studio", tiktok.environment)


def asked(tiktok: Emulator) -> list[object]:
    return [request["endpoint"] for request in tiktok.requests()]


def task(tiktok: Emulator) -> dict[str, Any]:
    found: Any = tiktok.ledger()["tasks"]
    assert len(found) == 1
    return dict(found[0])


def apply(studio: Studio) -> int:
    return studio.run("apply", "--auto-approve", "--allow", "existing-posts").code


def test_token(studio: Studio, tiktok: Emulator) -> None:
    """Two of its grants; that of a code is proven in tests/cli/test_login.py."""
    tiktok.expire_tokens("acme")
    assert studio.run("videos", "acme").code == 0
    assert studio.run("comments", FILM).code == 0
    assert asked(tiktok).count("token") == 2


def test_revoke(studio: Studio, tiktok: Emulator) -> None:
    """The seed stays in the environment, which `logout` tells; at TikTok it opens nothing any more."""
    ran = studio.run("logout", "acme")
    assert (ran.code, "[seed-remains]" in ran.err) == (1, True)
    assert "revoke" in asked(tiktok)
    assert studio.run("videos", "acme").code == 8


def about_acme(studio: Studio) -> dict[str, Any]:
    told = studio.run("accounts", "--json").json["accounts"]
    return next(account for account in told if account["account"] == "acme")


def test_user_info(studio: Studio, tiktok: Emulator) -> None:
    told = about_acme(studio)
    assert (told["open_id"], told["nickname"]) == (tiktok.accounts["acme"].open_id, "Acme")
    assert "user_info" in asked(tiktok)


def test_video_list(studio: Studio, tiktok: Emulator) -> None:
    told = studio.run("videos", "acme", "--json").json
    assert [(video["post_id"], video["views"], video["likes"]) for video in told["videos"]] == [(FILM, 12, 3)]
    assert asked(tiktok).count("video_list") == 1


def test_video_query(studio: Studio, tiktok: Emulator) -> None:
    told = studio.run("videos", "acme", "--id", FILM, "--json").json
    assert [video["caption"] for video in told["videos"]] == ["Film"]
    assert asked(tiktok).count("video_query") == 1


def test_creator_info(studio: Studio, tiktok: Emulator) -> None:
    told = about_acme(studio)
    assert (told["username"], told["privacy"]) == ("acme", ["everyone", "friends", "only_me"])
    assert "creator_info" in asked(tiktok)


def test_video_init(studio: Studio, tiktok: Emulator) -> None:
    studio.post("launch", privacy="everyone")
    assert apply(studio) == 0
    digest = hashlib.sha256((studio.root / "posts" / "launch.mp4").read_bytes()).hexdigest()
    done = task(tiktok)
    assert (done["endpoint"], done["status"], done["sha256"]) == ("video_init", "PUBLISH_COMPLETE", digest)
    assert "upload" in asked(tiktok)


def test_inbox_init(studio: Studio, tiktok: Emulator) -> None:
    studio.post("idea", "acme_de")
    assert apply(studio) == 0
    done = task(tiktok)
    assert (done["endpoint"], done["status"], done["post_info"]) == ("inbox_init", "SEND_TO_USER_INBOX", {})


def test_content_init(studio: Studio, tiktok: Emulator) -> None:
    studio.post("slides", photos=[PHOTO])
    assert apply(studio) == 0
    done = task(tiktok)
    assert (done["endpoint"], done["status"], done["urls"]) == ("photo_init", "PUBLISH_COMPLETE", [PHOTO])


def test_status(studio: Studio, tiktok: Emulator) -> None:
    studio.post("launch")
    studio.run("apply", "--auto-approve", "--no-wait", "--allow", "existing-posts")
    ran = studio.run("status", "--wait", "10s", "--json")
    assert (ran.code, ran.json["posts"][0]["phase"]) == (0, "published")


def test_cancel(studio: Studio, tiktok: Emulator) -> None:
    """By the typed client, on a download that goes on; a second one comes too late."""
    project = Project.open(studio.root, os.environ | studio.environment)
    project.clock = SystemClock()
    client = project.at_work("acme").client
    post = bodies.PostInfo("SELF_ONLY")
    started = client.init_video(post, bodies.UrlSource("https://media.acme.example/a.mp4"))
    client.cancel(started.publish_id)
    assert client.status(started.publish_id).fail_reason == "publish_cancelled"
    with pytest.raises(Refused, match="publish-not-cancellable"):
        client.cancel(started.publish_id)
    project.close()
    project.reading_store.close()


def test_comment_list(studio: Studio, tiktok: Emulator) -> None:
    tiktok.add_comment(FILM, Comment("Lovely"))
    told = studio.run("comments", FILM, "--json").json
    assert [comment["text"] for comment in told["comments"]] == ["Lovely"]
    assert asked(tiktok) == ["token", "comment_list"]
