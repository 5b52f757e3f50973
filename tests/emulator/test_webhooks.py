"""What the emulator pushes, and when: signed, tried again, and with everything going wrong that may."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from contentsync.emulator import faults, webhooks
from contentsync.emulator.config import FRIENDS, ONLY_ME, Account, App, Config, Limits, Pace, Quirks
from contentsync.emulator.server import Emulator
from tests.attempt.site import a_site
from tests.builders import ManualClock

AT_ONCE = Pace(processing_polls=0, moderation_polls=0, settle_seconds=0)


class Listener:
    """A receiver that takes down what comes; `answers` are given in turn, and then 200."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.answers: list[int] = []
        heard, answers = self.heard, self.answers

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((self.headers[webhooks.HEADER], body))
                self.send_response(answers.pop(0) if answers else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}).start()

    @property
    def events(self) -> list[str]:
        return [json.loads(body)["event"] for _, body in self.heard]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


def an_emulator(clock: ManualClock, **changes: Any) -> Emulator:
    """One that does not serve: nothing is delivered but by `deliver`."""
    usual: dict[str, Any] = {"accounts": (Account("acme"),), "app": App(), "limits": Limits.off(), "pace": AT_ONCE}
    return Emulator(Config(**(usual | changes)), now=lambda: clock.now().timestamp())


def names(emulator: Emulator) -> list[str]:
    emulator.ledger()
    return [str(told["event"]).removeprefix("post.publish.") for told in emulator.webhooks()]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, ["complete", "publicly_available"]),
        ({"privacy": "only_me"}, ["complete"]),
        ({"mode": "draft"}, ["inbox_delivered"]),
    ],
)
def test_a_post_is_told_of_at_each_of_its_moments(
    tmp_path: Any, clock: ManualClock, keys: dict[str, object], told: list[str]
) -> None:
    with a_site(tmp_path, clock, pace=AT_ONCE) as site:
        site.studio.post("launch", **keys)
        site.apply()
        assert names(site.emulator) == told
        content = json.loads(json.loads(str(site.emulator.webhooks()[-1]["body"]))["content"])
        kind = "INBOX_SHARE" if "mode" in keys else "DIRECT_PUBLISH"
        assert content["publish_type"] == kind


def test_a_draft_that_is_posted_and_a_video_that_comes_and_goes(tmp_path: Any, clock: ManualClock) -> None:
    with a_site(tmp_path, clock, pace=AT_ONCE) as site:
        site.studio.post("idea", "acme_de")
        site.apply()
        emulator = site.emulator
        video = emulator.publish_draft(site.row("idea", "acme_de").attempts[0].publish_id)
        assert names(emulator) == ["inbox_delivered", "complete", "publicly_available"]
        for changes in ({"hidden": True}, {"hidden": False}, {"privacy": FRIENDS}, {"privacy": ONLY_ME}):
            emulator.change_video(video, **changes)
            emulator.ledger()
        assert names(emulator)[3:] == [
            "no_longer_publicaly_available", "publicly_available", "no_longer_publicaly_available",
        ]  # fmt: skip


def test_a_failure_is_told_with_its_reason(tmp_path: Any, clock: ManualClock) -> None:
    with a_site(tmp_path, clock, pace=AT_ONCE, faults=("init:fail=spam_risk_text",)) as site:
        site.studio.post("launch")
        site.apply()
        (told,) = site.emulator.webhooks()
        assert (told["event"], "spam_risk_text" in str(told["body"])) == ("post.publish.failed", True)


def test_that_a_direct_post_is_complete_need_not_be_told(tmp_path: Any, clock: ManualClock) -> None:
    with a_site(tmp_path, clock, pace=AT_ONCE, quirks=Quirks(complete_for_direct=False)) as site:
        site.studio.post("launch")
        site.apply()
        assert names(site.emulator) == ["publicly_available"]


def test_removed_access_is_told_with_who_did_it(tmp_path: Any, clock: ManualClock) -> None:
    import httpx

    with a_site(tmp_path, clock) as site:
        site.emulator.revoke("acme_de")
        form = {
            "client_key": site.studio.environment["CONTENTSYNC_CLIENT_KEY"],
            "client_secret": site.studio.environment["CONTENTSYNC_CLIENT_SECRET"],
            "token": site.emulator.accounts["acme"].access_token,
        }
        assert httpx.post(f"{site.emulator.url}/v2/oauth/revoke/", data=form).status_code == 200
        reasons = [json.loads(json.loads(str(told["body"]))["content"]) for told in site.emulator.webhooks()]
        assert reasons == [{"reason": 1}, {"reason": 5}]


def test_each_delivery_is_signed_over_its_time_and_body(clock: ManualClock, listener: Listener) -> None:
    emulator = an_emulator(clock, webhook_url=listener.url)
    emulator.send_webhook("authorization.removed", account="acme", reason=4)
    assert emulator.deliver() == 1
    ((header, body),) = listener.heard
    at = int(clock.now().timestamp())
    assert header == webhooks.signature(emulator.config.app.client_secret, body, at)
    assert isinstance(json.loads(body)["content"], str)


def test_what_is_not_taken_is_tried_ever_more_rarely_for_72_hours(clock: ManualClock, listener: Listener) -> None:
    emulator = an_emulator(clock, webhook_url=listener.url)
    listener.answers += [500] * 1_000
    emulator.send_webhook("authorization.removed")
    while emulator.webhooks()[0]["state"] == "waiting":
        stage = emulator._stage
        for parcel in stage.outgoing():
            stage.sent(parcel, 500)
        clock.advance(1)
    statuses = emulator.webhooks()[0]["statuses"]
    assert isinstance(statuses, list) and 75 < len(statuses) < 95
    assert emulator.webhooks()[0]["state"] == "given-up"


def test_it_waits_for_somebody_to_listen(clock: ManualClock, listener: Listener) -> None:
    emulator = an_emulator(clock)
    emulator.send_webhook("authorization.removed")
    assert emulator.deliver() == 0
    emulator.deliver_to("http://127.0.0.1:9/")
    assert (emulator.deliver(), emulator.webhooks()[0]["statuses"]) == (1, [0])
    emulator.deliver_to(listener.url)
    assert (emulator.deliver(), emulator.webhooks()[0]["state"]) == (1, "delivered")
    assert emulator.deliver() == 0


def test_faults_of_webhooks(clock: ManualClock, listener: Listener) -> None:
    emulator = an_emulator(clock, webhook_url=listener.url)
    for spec in ("drop_before", "twice,nth=2", "reorder,nth=3", "wrong_signature,nth=5", "delay=60,nth=6"):
        emulator.add_fault(f"webhook:{spec}")
    sent = ["gone", "double", "second", "first", "forged", "late"]
    for event in sent:
        emulator.send_webhook(event)
    for told in emulator._stage.world.outbox:
        told.met = False  # as those that a life leads to
    for _ in range(2):
        for parcel in (stage := emulator._stage).outgoing():
            listener.heard.append((parcel.headers[webhooks.HEADER], parcel.body))
            stage.sent(parcel, 200)
    assert listener.events == ["double", "double", "first", "forged", "second"]
    secret, at = emulator.config.app.client_secret, int(clock.now().timestamp())
    right = [header == webhooks.signature(secret, body, at) for header, body in listener.heard]
    assert right == [True, True, True, False, True]
    clock.advance(60)
    assert [json.loads(parcel.body)["event"] for parcel in emulator._stage.outgoing()] == ["late"]


@pytest.mark.parametrize("spec", ["status:twice", "webhook:garbage", "any:reorder", "webhook:status=500"])
def test_a_fault_that_makes_no_sense_is_refused(spec: str) -> None:
    with pytest.raises(ValueError):
        faults.parse(spec)


def test_a_fault_of_all_endpoints_is_none_of_webhooks(clock: ManualClock) -> None:
    assert not faults.parse("any:drop_before,count=all").hits("webhook", "acme")


def test_webhooks_over_the_admin_routes(clock: ManualClock, listener: Listener) -> None:
    import httpx

    with an_emulator(clock) as emulator:
        route = f"{emulator.url}/_emulator/webhooks"
        asked = {"url": listener.url, "event": "video.upload.failed", "times": 2, "deliver": True}
        assert httpx.post(route, json=asked).status_code == 200
        assert httpx.post(route, json={"event": "x", "colour": 1}).status_code == 400
        assert httpx.post(route, json={"age": 1}).status_code == 400
        for _ in range(200):
            if httpx.get(route).json()["webhooks"][0]["statuses"] == [200, 200]:
                break
        assert httpx.get(route).json()["webhooks"][0]["state"] == "delivered"
    assert listener.events == ["video.upload.failed"] * 2
