"""A notice is a plain value, and its key says which others tell the same."""

from __future__ import annotations

import json

from contentsync.notices import Notice, NoticeKind
from tests.builders import NOW


def test_a_notice_of_another_attempt_is_another_notice():
    first = Notice(NoticeKind.FAILED, "acme", "acme/launch", NOW, "failed", about="1")
    again = Notice(NoticeKind.FAILED, "acme", "acme/launch", NOW, "failed", about="2")
    assert first.key == "failed acme/launch 1"
    assert first.key != again.key


def test_a_notice_about_an_account_is_known_by_its_name():
    assert Notice(NoticeKind.PAUSED, "acme", "", NOW, "paused").key == "paused acme"


def test_a_notice_about_the_project_has_a_key_too():
    assert Notice(NoticeKind.ROOT_GONE, "", "", NOW, "gone").key == "root-gone -"


def test_a_notice_can_be_written_as_json():
    notice = Notice(NoticeKind.DELIVERED, "acme", "acme/launch", NOW, "in the inbox", {"post_id": None}, "1", ("Hi",))
    assert json.loads(json.dumps(notice.as_json())) == {
        "kind": "delivered",
        "account": "acme",
        "post": "acme/launch",
        "at": "2026-03-01T12:00:00Z",
        "words": "in the inbox",
        "facts": {"post_id": None},
        "messages": ["Hi"],
    }
