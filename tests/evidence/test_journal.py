"""The journal: what it remembers of attempts, and that damage to one line costs no other."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from contentsync.errors import StoreError
from contentsync.evidence.gather import gather
from contentsync.evidence.journal import Journal, concerning, names_another_state, of_pages, witnesses
from contentsync.lifecycle import Phase
from tests.builders import OPEN_ID, a_media, a_post, a_row, an_attempt

BEGUN = an_attempt(phase=Phase.INTENT, init_sent_at=None)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, "this")


def lines(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "lineages").iterdir()
    return file


def test_a_state_is_noted_once(journal: Journal, tmp_path: Path) -> None:
    assert not journal.is_there
    for one in (journal, journal, Journal(tmp_path, "another")):
        one.note_state(OPEN_ID)
    assert [note.lineage for note in journal.read(OPEN_ID)] == ["this", "another"]
    assert journal.is_there and journal.read("someone-else") == [] == list(witnesses(journal.read(OPEN_ID)))


def test_the_notes_of_an_attempt_are_one_and_the_one_that_tells_more_wins(journal: Journal) -> None:
    journal.note_attempt(BEGUN, "launch", whole=True)
    journal.note_ends(a_row())
    journal.note_attempt(an_attempt(phase=Phase.UPLOADING), "launch", whole=False)  # of an older copy
    (note,) = journal.read(OPEN_ID)
    assert note.tried is not None
    assert (note.name, note.tried.id, note.tried.phase) == ("launch", "launch-1", Phase.PUBLISHED)
    assert note.told["sent"] == json.loads(BEGUN.sent)


def test_an_attempt_is_made_again_from_its_notes(journal: Journal) -> None:
    post = a_post(media=(a_media(url="https://media.acme.example/1.mp4?sig=SECRET"),))
    begun = an_attempt(post, phase=Phase.INTENT, sent=json.dumps(post.sent_values()))
    journal.note_attempt(begun, "launch", whole=True)
    journal.note_ends(a_row(post, attempts=(an_attempt(post, sent=begun.sent),)))
    (row,) = gather([], journal.read(OPEN_ID), "acme", OPEN_ID)
    (made,) = row.attempts
    assert (row.name, made.id, made.phase, made.post_id) == ("launch", begun.id, Phase.PUBLISHED, a_row().post_id)
    assert (made.digest, made.caption, made.publish_id) == (
        begun.digest,
        post.caption,
        a_row().attempts[0].publish_id,
    )


def test_what_the_journal_holds_bears_no_key(journal: Journal, tmp_path: Path) -> None:
    post = a_post(media=(a_media(url="https://media.acme.example/1.mp4?sig=SECRET"),))
    journal.note_attempt(an_attempt(post, sent=json.dumps(post.sent_values())), "launch", whole=True)
    journal.note_attempt(an_attempt(phase=Phase.UPLOADING), "launch", whole=True)
    text = lines(tmp_path).read_text(encoding="utf-8")
    assert "SECRET" not in text and "upload_token" not in text


def test_an_attempt_that_its_own_state_followed_by_another_published_nothing(journal: Journal) -> None:
    second = an_attempt(id="second", phase=Phase.INTENT, number=2)
    for attempt in (BEGUN, second):
        journal.note_attempt(attempt, "launch", whole=True)
    (row,) = gather([], journal.read(OPEN_ID), "acme", OPEN_ID)
    assert [(a.id, a.phase) for a in row.attempts] == [("launch-1", Phase.ORPHANED), ("second", Phase.INTENT)]


def test_one_that_another_state_followed_may_be_there(journal: Journal, tmp_path: Path) -> None:
    journal.note_attempt(BEGUN, "launch", whole=True)
    Journal(tmp_path, "another").note_attempt(an_attempt(id="second", phase=Phase.INTENT), "launch", whole=True)
    (row,) = gather([], journal.read(OPEN_ID), "acme", OPEN_ID)
    assert [a.phase for a in row.attempts] == [Phase.INTENT, Phase.INTENT]


def test_a_note_of_an_earlier_version_is_read(journal: Journal, tmp_path: Path) -> None:
    journal.note_state(OPEN_ID)
    old = {"lineage": "old", "attempt": "its-id", "name": "launch", "generation": 2, "number": 3, "media": "digest"}
    lines(tmp_path).write_text("\n".join(json.dumps(old | more) for more in ({}, {"sent": True})))
    (note,) = journal.read(OPEN_ID)
    assert note.tried is not None
    assert (note.tried.id, note.tried.generation, note.tried.number) == ("its-id", 2, 3)
    assert note.tried.phase is Phase.UPLOADING
    (row,) = gather([], [note], "acme", OPEN_ID)
    assert (row.generation, row.attempts[0].id, row.attempts[0].media_digest) == (2, "its-id", "digest")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"lineage": 5}',
        "\x00",
        '{"lineage": "la',
        '{"lineage": "x", "number": 1e999}',
        '{"lineage": "x", "told": {}}',
    ],
)
def test_a_damaged_or_cut_note_takes_no_other_with_it(journal: Journal, tmp_path: Path, text: str) -> None:
    journal.note_attempt(BEGUN, "launch", whole=True)
    file = lines(tmp_path)
    file.write_text(file.read_text() + text)
    journal.note_attempt(an_attempt(id="second"), "launch", whole=True)
    assert [note.tried.id for note in journal.read(OPEN_ID) if note.tried] == ["launch-1", "second"]


def test_a_note_that_can_not_be_written_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        Journal(tmp_path / "file", "this").note_state(OPEN_ID)


def test_another_state_is_named_where_it_noted_something_last(tmp_path: Path) -> None:
    ours, theirs = Journal(tmp_path, "ours"), Journal(tmp_path, "theirs")
    assert not names_another_state(ours.pages(OPEN_ID), "ours")
    ours.note_state(OPEN_ID)
    assert not names_another_state(ours.pages(OPEN_ID), "ours")
    theirs.note_attempt(an_attempt(id="a-1"), "launch", whole=True)
    assert names_another_state(ours.pages(OPEN_ID), "ours")
    ours.note_attempt(an_attempt(id="a-1"), "launch", whole=False)
    assert not names_another_state(ours.pages(OPEN_ID), "ours")


def test_a_lineage_that_begins_like_ours_is_another(tmp_path: Path) -> None:
    Journal(tmp_path, "ours-2").note_state(OPEN_ID)
    assert names_another_state(Journal(tmp_path, "ours").pages(OPEN_ID), "ours")


@pytest.mark.parametrize("seed", range(20))
def test_a_state_is_noted_unless_a_note_of_it_still_stands(tmp_path: Path, seed: int) -> None:
    """By the whole journal, though only its end is read where that is enough."""
    chance = random.Random(seed)
    for _ in range(chance.randrange(12)):
        writer = Journal(tmp_path, chance.choice(["this", "another", "this-2"]))
        writer.note_attempt(an_attempt(id=f"a-{chance.randrange(4)}"), "launch", whole=chance.random() < 0.5)
        if chance.random() < 0.2:
            lines(tmp_path).write_bytes(lines(tmp_path).read_bytes() + b'{"lineage": "this", "told"\n')
    journal = Journal(tmp_path, "this")
    stood = any(note.lineage == "this" for note in journal.read(OPEN_ID))
    before = len(journal.pages(OPEN_ID))
    journal.note_state(OPEN_ID)
    assert (len(journal.pages(OPEN_ID)) == before) is stood


@pytest.mark.parametrize("others", [0, 50])
@pytest.mark.parametrize("seed", range(5))
def test_the_notes_that_concern_a_post_are_found_among_all(tmp_path: Path, seed: int, others: int) -> None:
    """By its name or its media, and by the attempts that had these; also where many posts are asked about."""
    chance, journal = random.Random(seed), Journal(tmp_path, "this")
    for number in range(80):
        media = f"sha256:{chance.randrange(20)}" if chance.random() < 0.6 else ""
        attempt = an_attempt(id=f"a-{number % 30}", media_digest=media)
        journal.note_attempt(attempt, f"p{chance.randrange(20)}", whole=chance.random() < 0.5)
    with lines(tmp_path).open("ab") as file:
        file.write(b'{"lineage": "old", "name": "p3", "attempt": "a-7", "media": "sha256:4"}\n{"lineage": "cut\n')
    names = {"p3", "sha256:4", *(f"other-{number}" for number in range(others))}
    pages = journal.pages(OPEN_ID)
    notes = [note for note in of_pages(pages) if note.tried]
    about = {n.tried.id for line in pages for n in of_pages([line]) if n.tried and {n.name, n.tried.media} & names}
    found = {note.tried.id: note for note in of_pages(concerning(pages, names)) if note.tried}
    assert about and about < {note.tried.id for note in notes if note.tried}
    assert found == {note.tried.id: note for note in notes if note.tried and note.tried.id in about}
