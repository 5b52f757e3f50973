"""Recipients are told side by side, and nobody waits for a dead one."""

from __future__ import annotations

import threading

from contentsync.clock import SystemClock
from contentsync.notices import Notice, NoticeKind
from contentsync.notify.delivery import LATE, Sent, deliver
from tests.builders import NOW

ONE, TWO = (Notice(NoticeKind.FAILED, "acme", f"acme/{name}", NOW, "") for name in ("one", "two"))


def test_each_notice_is_sent_in_order() -> None:
    heard: list[str] = []
    send = lambda notice: heard.append(notice.post) or ""  # noqa: E731
    assert list(deliver({"a": (send, [ONE, TWO])}, SystemClock(), 5)) == [Sent("a", 0, ""), Sent("a", 1, "")]
    assert heard == ["acme/one", "acme/two"]


def test_a_failure_ends_the_turn_of_its_recipient_alone() -> None:
    work = {"bad": (lambda _: "no", [ONE, TWO]), "good": (lambda _: "", [ONE, TWO])}
    found = sorted(deliver(work, SystemClock(), 5), key=lambda sent: (sent.recipient, sent.number))
    assert found == [Sent("bad", 0, "no"), Sent("good", 0, ""), Sent("good", 1, "")]


def test_what_hangs_counts_as_not_told_at_the_deadline() -> None:
    over = threading.Event()
    answers = iter(["", None])

    def hang(_: Notice) -> str:
        if next(answers) is None:
            over.wait(30)
        return ""

    found = list(deliver({"slow": (hang, [ONE, TWO])}, SystemClock(), 0.2))
    over.set()
    assert found == [Sent("slow", 0, ""), Sent("slow", 1, LATE)]


def test_nothing_to_send_takes_no_time() -> None:
    assert list(deliver({}, SystemClock(), 5)) == []
    assert list(deliver({"a": (lambda _: "", [])}, SystemClock(), 5)) == []
