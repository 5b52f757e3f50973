"""The client over a real socket: whole posts, cut wires, early answers, expired tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.config import Account as Person
from contentsync.emulator.config import Config, Quirks, Video
from contentsync.emulator.server import Emulator
from contentsync.errors import NotSent, Refused, SignInNeeded, Unanswered
from contentsync.post import Mode, Privacy
from contentsync.settings import Account, App
from contentsync.tiktok import bodies, wire
from contentsync.tiktok.auth import Credentials
from contentsync.tiktok.chunks import ChunkPlan, chunk_at, snap
from contentsync.tiktok.client import Client, PutAnswer
from contentsync.tiktok.exchange import USUAL_TIMEOUTS, Timeouts
from contentsync.tiktok.throttle import MemoryLedger, Throttle
from contentsync.tiktok.tokens import TokenStore
from tests.builders import ManualClock, a_media, a_post, a_slideshow

BYTES = bytes(range(256)) * 62_500  # 16,000,000
DIGEST = hashlib.sha256(BYTES).hexdigest()
FILE = bodies.FileSource.of(a_media(size=len(BYTES)), chunk=5_242_880)
PLAN = ChunkPlan(FILE.chunk_size, FILE.total_chunk_count)
POST = bodies.PostInfo.of(a_post(caption="Launch day 👋"))


class Line:
    """One account's line to an emulator."""

    def __init__(self, emulator: Emulator, folder: Path, timeouts: Timeouts = USUAL_TIMEOUTS) -> None:
        self.emulator = emulator
        self.clock = ManualClock()
        tokens = emulator.accounts["acme"]
        environ = {
            "CONTENTSYNC_TOKEN_ACME": tokens.access_token,
            "CONTENTSYNC_REFRESH_TOKEN_ACME": tokens.refresh_token,
        }
        app = App(emulator.config.app.client_key, emulator.config.app.client_secret)
        self.credentials = Credentials(Account("acme"), app, emulator.url, TokenStore(folder), self.clock, environ)
        throttle = Throttle(MemoryLedger(), self.clock, "acme")
        self.client = Client(emulator.url, self.credentials, throttle, self.clock, timeouts=timeouts)

    def close(self) -> None:
        self.client.close()
        self.credentials.close()

    def put(self, url: str | None, offset: int) -> PutAnswer:
        part = chunk_at(PLAN, len(BYTES), offset)
        blocks = (
            BYTES[at : min(at + 1_048_576, part.last + 1)] for at in range(part.first, part.last + 1, 1_048_576)
        )
        return self.client.put_chunk(str(url), blocks, part.first, part.last, len(BYTES), "video/mp4")

    def send_all(self, url: str | None, offset: int = 0) -> list[PutAnswer]:
        answers = []
        while offset < len(BYTES):
            answers.append(self.put(url, offset))
            offset = snap(PLAN, len(BYTES), answers[-1].acknowledged_bytes or 0)
        return answers

    def settled(self, publish_id: str) -> wire.Status:
        states = (self.client.status(publish_id) for _ in range(10))
        return next(status for status in states if not status.in_progress)


@contextmanager
def a_line(folder: Path, **config: Any) -> Iterator[Line]:
    given: dict[str, Any] = {"accounts": (Person("acme"),)}
    with Emulator(Config(**(given | config))) as emulator:
        line = Line(emulator, folder)
        try:
            yield line
        finally:
            line.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with a_line(tmp_path) as line:
        yield line


@pytest.fixture(params=["count", "last"])
def counting(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Line]:
    """A line whose Content-Range answers are read as a count, or as the last index."""
    with a_line(tmp_path, quirks=Quirks(range_answer=request.param)) as line:
        yield line


def test_a_video_of_several_chunks_is_posted_byte_for_byte(counting: Line) -> None:
    started = counting.client.init_video(POST, FILE)
    answers = counting.send_all(started.upload_url)
    assert [answer.http_status for answer in answers] == [206, 206, 201]
    assert counting.settled(started.publish_id).published
    posting = counting.emulator.posts("acme")[0]
    assert (posting.sha256, posting.caption, posting.privacy) == (DIGEST, "Launch day 👋", "PUBLIC_TO_EVERYONE")


def test_a_draft_reaches_the_inbox(line: Line) -> None:
    started = line.client.init_inbox(FILE)
    line.send_all(started.upload_url)
    assert line.settled(started.publish_id).delivered


def test_photos_are_pulled(line: Line) -> None:
    started = line.client.init_photos(bodies.PhotoPost.of(a_slideshow()))
    assert started.upload_url is None
    assert line.settled(started.publish_id).published


def test_a_photo_draft_carries_its_texts(line: Line) -> None:
    started = line.client.init_photos(bodies.PhotoPost.of(a_slideshow(mode=Mode.DRAFT)))
    assert line.settled(started.publish_id).delivered


def test_the_post_id_comes_late_and_is_that_of_the_list(line: Line) -> None:
    started = line.client.init_video(POST, FILE)
    line.send_all(started.upload_url)
    assert line.settled(started.publish_id).post_ids == ()
    post_ids = line.client.status(started.publish_id).post_ids
    assert [video.post.post_id for video in line.client.all_videos()] == list(post_ids)
    assert [video.post.caption for video in line.client.query_videos([*post_ids, "1"])] == ["Launch day 👋"]


def test_an_upload_that_was_cut_goes_on_where_tiktok_says(line: Line) -> None:
    started = line.client.init_video(POST, FILE)
    line.emulator.add_fault("upload:cut=1000000,nth=2")
    line.put(started.upload_url, 0)
    with pytest.raises(Unanswered):
        line.put(started.upload_url, 5_242_880)
    reported = line.client.status(started.publish_id).uploaded_bytes
    assert reported == 5_242_880
    line.send_all(started.upload_url, snap(PLAN, len(BYTES), reported))
    assert line.emulator.posts("acme")[0].sha256 == DIGEST


def test_a_chunk_that_tiktok_has_already_is_answered_with_its_progress(line: Line) -> None:
    started = line.client.init_video(POST, FILE)
    line.put(started.upload_url, 0)
    assert line.put(started.upload_url, 0) == PutAnswer(416, 5_242_880)


def test_an_answer_that_comes_before_the_body_was_read_is_found(line: Line) -> None:
    started = line.client.init_video(POST, FILE)
    line.emulator.add_fault("upload:status=503,early=true")
    assert line.put(started.upload_url, 0).http_status == 503


def test_an_upload_url_that_is_not_known_is_answered_with_404(line: Line) -> None:
    started = line.client.init_video(POST, FILE)
    assert line.put(f"{started.upload_url}x", 0).http_status == 404


def test_an_init_whose_answer_is_lost_is_sent_once(line: Line) -> None:
    line.client.user_info()  # leaves a connection open, on which the answer is then lost
    line.emulator.add_fault("init:drop_after")
    with pytest.raises(Unanswered):
        line.client.init_video(POST, bodies.UrlSource("https://media.acme.example/a.mp4"))
    assert [request["endpoint"] for request in line.emulator.requests()].count("video_init") == 1


@pytest.mark.parametrize(
    "fault", ["init:garbage", "init:empty", "init:truncate=20", "init:status=502", "init:drop_before"]
)
def test_an_init_that_proves_nothing_is_sent_once(line: Line, fault: str) -> None:
    line.emulator.add_fault(fault)
    with pytest.raises(Unanswered):
        line.client.init_video(POST, FILE)
    assert len(line.emulator.requests()) == 1


@pytest.mark.parametrize("fault", ["init:stall", "init:stall=10"])
def test_an_init_that_is_never_answered_is_given_up_and_sent_once(line: Line, fault: str, tmp_path: Path) -> None:
    line.emulator.add_fault(fault)
    hasty = Line(line.emulator, tmp_path, Timeouts(read=0.05))
    with pytest.raises(Unanswered, match="ReadTimeout"):
        hasty.client.init_video(POST, FILE)
    hasty.close()
    assert len(line.emulator.requests()) == 1


@pytest.mark.parametrize("sent", [0, 100, 16_000_001])
def test_a_file_of_another_length_than_declared_never_counts_as_sent(line: Line, sent: int) -> None:
    started = line.client.init_inbox(bodies.FileSource(len(BYTES), len(BYTES), 1))
    blocks = (bytes(min(1_048_576, sent - at)) for at in range(0, sent, 1_048_576))
    with pytest.raises(Unanswered):
        line.client.put_chunk(str(started.upload_url), blocks, 0, 15_999_999, 16_000_000, "video/mp4")
    assert line.client.status(started.publish_id).in_progress
    assert line.emulator.posts("acme") == []


def test_reads_outlast_a_short_outage(line: Line) -> None:
    line.emulator.add_fault("user_info:drop_before,count=2")
    assert line.client.user_info().open_id == line.emulator.accounts["acme"].open_id


def test_a_connection_that_the_server_closed_meanwhile_is_not_used(line: Line) -> None:
    line.client.user_info()
    line.emulator.stop()
    line.emulator.start()
    assert line.client.init_video(POST, FILE).publish_id


def test_a_server_that_is_not_there_was_sent_nothing(line: Line) -> None:
    line.emulator.stop()
    with pytest.raises(NotSent):
        line.client.init_video(POST, FILE)


@pytest.mark.parametrize("oauth_status", [200, 400])
def test_an_expired_token_is_renewed_and_the_call_repeated(tmp_path: Path, oauth_status: int) -> None:
    with a_line(tmp_path, quirks=Quirks(oauth_status=oauth_status)) as line:
        line.emulator.expire_tokens("acme")
        assert line.client.init_video(POST, FILE).publish_id
        assert line.credentials.token() == line.emulator.accounts["acme"].access_token
        assert "video.publish" in (line.credentials.scopes() or ())
        assert line.client.user_info().username
        line.emulator.expire_tokens("acme", refresh_too=True)
        with pytest.raises(SignInNeeded, match="invalid-grant"):
            line.client.creator_info()


@pytest.mark.parametrize("business_status", [None, 200])
def test_a_refusal_is_one_whatever_its_status(tmp_path: Path, business_status: int | None) -> None:
    banned = (Person("acme", banned=True),)
    with a_line(tmp_path, accounts=banned, quirks=Quirks(business_status=business_status)) as line:
        with pytest.raises(Refused) as caught:
            line.client.init_video(POST, FILE)
        assert caught.value.error_code == "spam_risk_user_banned_from_posting"
        assert caught.value.log_id


def test_a_privacy_that_is_not_offered_is_refused(line: Line) -> None:
    with pytest.raises(Refused) as caught:
        line.client.init_video(bodies.PostInfo.of(a_post(privacy=Privacy.FOLLOWERS)), FILE)
    assert caught.value.error_code == "privacy_level_option_mismatch"


def test_creator_info_is_what_the_account_offers(line: Line) -> None:
    info = line.client.creator_info()
    assert info.privacy == (Privacy.EVERYONE, Privacy.FRIENDS, Privacy.ONLY_ME)
    assert info.max_seconds == 600


def test_a_posting_that_is_not_known_is_refused_as_such(tmp_path: Path) -> None:
    with a_line(tmp_path, quirks=Quirks(unknown_polls=1, unknown_code="invalid_params")) as line:
        started = line.client.init_video(POST, FILE)
        with pytest.raises(Refused) as caught:
            line.client.status(started.publish_id)
        assert caught.value.error_code == "invalid_publish_id"
        assert line.client.status(started.publish_id).in_progress


def test_a_long_list_is_read_to_its_end(tmp_path: Path) -> None:
    videos = tuple(Video(f"video {number}", created_at=1_772_366_400 - 60 * number) for number in range(45))
    with a_line(tmp_path, accounts=(Person("acme", videos=videos),)) as line:
        listed = [video.post for video in line.client.all_videos()]
        assert len({post.post_id for post in listed}) == len(listed) == 45
        assert listed == sorted(listed, key=lambda post: post.created_at, reverse=True)
        assert len(list(line.client.all_videos(stop_at={listed[3].post_id}))) == 20


def test_the_pace_keeps_clear_of_tiktoks_limit(line: Line) -> None:
    for _ in range(6):
        line.client.init_video(POST, FILE)
    assert line.clock.slept == []
    line.emulator.advance(60)
    line.client.init_video(POST, FILE)
    assert sum(line.clock.slept) == 60.5
