"""Receipts: what they tell, what they never tell, and that a damaged one harms nothing."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.evidence import receipts
from contentsync.evidence.identity import Identity
from contentsync.lifecycle import Phase
from tests.builders import NOW, OPEN_ID, POST_ID, a_media, a_post, a_row, an_attempt


def test_a_receipt_tells_what_became_of_a_post(tmp_path: Path) -> None:
    identity = Identity(OPEN_ID, "u-1", "acme_studio")
    told = json.loads(receipts.write(tmp_path, a_row(), identity).read_text(encoding="utf-8"))
    assert (told["open_id"], told["union_id"], told["username"]) == (OPEN_ID, "u-1", "acme_studio")
    assert (told["format"], told["post"], told["phase"]) == ("contentsync.receipt/1", "acme/launch", "published")
    assert (told["post_id"], told["url"]) == (POST_ID, f"https://www.tiktok.com/@acme_studio/video/{POST_ID}")
    assert told["attempts"][0]["started_at"] == "2026-03-01T12:00:00Z"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
def test_a_pipe_in_the_place_of_a_receipt_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    os.mkfifo(tmp_path / "acme" / "launch.json")
    assert [one.phase for one in receipts.read(tmp_path, "acme")] == ["unreadable"]
    receipts.write(tmp_path, a_row())
    assert [one.phase for one in receipts.read(tmp_path, "acme")] == ["published"]


@pytest.mark.parametrize("phase", list(Phase))
def test_no_receipt_bears_an_upload_address(tmp_path: Path, phase: Phase) -> None:
    text = receipts.write(tmp_path, a_row(phase=phase)).read_text(encoding="utf-8")
    assert "upload_token" not in text and "tiktokapis" not in text


def test_no_receipt_bears_the_query_of_an_address(tmp_path: Path) -> None:
    post = a_post(media=(a_media(url="https://media.acme.example/1.mp4?sig=SECRET"),))
    sent = json.dumps(post.sent_values())
    told = json.loads(
        receipts.write(tmp_path, a_row(post, attempts=(an_attempt(post, sent=sent),))).read_text("utf-8")
    )
    assert "SECRET" not in str(told) and told["attempts"][0]["sent"]["media"] == [
        "https://media.acme.example/1.mp4?…"
    ]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    receipts.write(tmp_path, a_row())
    told = list(receipts.read(tmp_path, "acme"))
    assert [(one.name, one.phase, one.generation, one.post_id, one.open_id) for one in told] == [
        ("launch", "published", 1, POST_ID, OPEN_ID)
    ]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"phase": "published"}', b"<<<<<<< HEAD"])
def test_a_damaged_receipt_still_tells_that_there_was_a_post_and_is_replaced(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "acme" / "launch.json"
    path.parent.mkdir()
    path.write_bytes(data)
    assert [(one.name, one.phase) for one in receipts.read(tmp_path, "acme")] == [("launch", "unreadable")]
    receipts.write(tmp_path, a_row())
    assert [one.phase for one in receipts.read(tmp_path, "acme")] == ["published"]


def test_an_unchanged_receipt_is_left_alone_and_nothing_else_is_left_behind(tmp_path: Path) -> None:
    path = receipts.write(tmp_path, a_row())
    before = path.stat().st_mtime_ns
    receipts.write(tmp_path, a_row())
    assert path.stat().st_mtime_ns == before
    assert [found.name for found in path.parent.iterdir()] == ["launch.json"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_receipt_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "acme").write_text("")
    with pytest.raises(OSError):
        receipts.write(tmp_path, a_row())


def test_a_receipt_of_a_key_that_is_no_more_is_taken_away(tmp_path: Path) -> None:
    path = receipts.write(tmp_path, a_row())
    receipts.remove(tmp_path, "acme/launch", a_row())
    receipts.remove(tmp_path, "acme/launch", a_row())
    assert not path.exists()


# What a receipt tells is never lost.


def of_another_machine(tmp_path: Path, phase: Phase = Phase.PUBLISHED) -> Path:
    """A receipt of the same post whose one attempt another state made."""
    there = an_attempt(
        a_post(), id="there", phase=phase, publish_id="v_pub_file~v2-1.another", created_at=NOW - timedelta(hours=1)
    )
    return receipts.write(tmp_path, a_row(attempts=(there,)))


def attempts_in(path: Path) -> list[tuple[str, str]]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return [(one["id"], one["phase"]) for one in told["attempts"]]


def test_what_another_machine_says_stays_beside_what_this_one_says(tmp_path: Path) -> None:
    path = of_another_machine(tmp_path)
    receipts.write(tmp_path, a_row(phase=Phase.FAILED))
    assert attempts_in(path) == [("there", "published"), ("launch-1", "failed")]
    receipts.write(tmp_path, a_row(phase=Phase.FAILED))
    assert attempts_in(path) == [("there", "published"), ("launch-1", "failed")]


def test_an_older_copy_of_the_row_takes_nothing_back(tmp_path: Path) -> None:
    path = receipts.write(tmp_path, a_row())
    receipts.write(tmp_path, a_row(phase=Phase.UPLOADING))
    assert attempts_in(path) == [("launch-1", "published")]
    assert json.loads(path.read_text(encoding="utf-8"))["post_id"] == POST_ID


def test_what_is_not_over_comes_last(tmp_path: Path) -> None:
    path = of_another_machine(tmp_path, Phase.PROCESSING)
    receipts.write(tmp_path, a_row(phase=Phase.FAILED))
    assert attempts_in(path) == [("launch-1", "failed"), ("there", "processing")]
    assert json.loads(path.read_text(encoding="utf-8"))["phase"] == "processing"


def test_a_receipt_that_tells_of_more_is_not_taken_away_with_an_old_name(tmp_path: Path) -> None:
    path = of_another_machine(tmp_path)
    receipts.remove(tmp_path, "acme/launch", a_row(phase=Phase.FAILED))
    assert path.exists()


def test_a_receipt_that_can_not_be_read_stays_until_the_post_is_settled(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "launch.json"
    path.parent.mkdir()
    path.write_text("{")
    receipts.write(tmp_path, a_row(phase=Phase.FAILED))
    assert path.read_text() == "{"
    receipts.write(tmp_path, a_row(phase=Phase.FAILED), over=True)
    assert attempts_in(path) == [("launch-1", "failed")]


def with_markers(ours: str, theirs: str) -> str:
    """As git leaves a file whose two versions it can't merge: what both have in common stands once."""
    mine, other = ours.splitlines(), theirs.splitlines()
    head = next(n for n, pair in enumerate(zip(mine, other, strict=False)) if pair[0] != pair[1])
    lines = [*mine[:head], "<<<<<<< HEAD", *mine[head:], "=======", *other[head:], ">>>>>>> origin/main"]
    return "\n".join(lines)


def test_both_versions_of_a_merge_conflict_are_read(tmp_path: Path) -> None:
    theirs = of_another_machine(tmp_path, Phase.PROCESSING).read_text(encoding="utf-8")
    ours = receipts.write(tmp_path / "here", a_row(phase=Phase.FAILED)).read_text(encoding="utf-8")
    (tmp_path / "acme" / "launch.json").write_text(with_markers(ours, theirs))
    (told,) = receipts.read(tmp_path, "acme")
    assert [(one.id, one.phase) for one in told.witness().tried] == [
        ("launch-1", Phase.FAILED),
        ("there", Phase.PROCESSING),
    ]


def test_an_older_receipt_names_its_open_id_alone_and_follows_to_another(tmp_path: Path) -> None:
    path = receipts.write(tmp_path, a_row())
    told = json.loads(path.read_text("utf-8"))
    del told["union_id"], told["username"]
    path.write_text(json.dumps(told))
    (older,) = receipts.read(tmp_path, "acme")
    assert older.identity == Identity(OPEN_ID)
    receipts.rebind(path, Identity("new", "u-1"))
    assert json.loads(path.read_text("utf-8")) == told | {"open_id": "new", "union_id": "u-1", "username": None}
