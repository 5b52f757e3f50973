"""The same promises wherever tokens rest, in the file or in the keyring; and what only a keyring can do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.errors import SignInNeeded, StoreError, TokensUnusable, UsageError
from contentsync.tiktok.os_keyring import OsKeyring
from contentsync.tiktok.tokens import Choice, Owner, Pair, TokenStore
from tests.builders import NOW
from tests.tiktok.keyrings import IN_A_FILE, MemoryKeyring

ROOT = Path(__file__).parents[2]
BASE_URL = "https://open.tiktokapis.com"
ACME = Owner(BASE_URL, "key", "acme")
PAIR = Pair("act.Secret1", "rft.Secret1", NOW + timedelta(hours=24), open_id="open-id", scope=("video.publish",))
NEXT = Pair("act.Secret2", "rft.Secret2", NOW + timedelta(hours=48), open_id="open-id", scope=("video.publish",))
BEGUN = Pair("act.Secret1", "rft.Secret1", open_id="open-id", renewal_begun_at=NOW)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def keyring() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def safe(tmp_path: Path, keyring: MemoryKeyring) -> TokenStore:
    """A store whose pairs go to the keyring."""
    return TokenStore(tmp_path / "data", Choice.KEYRING, keyring)


@pytest.fixture(params=[Choice.FILE, Choice.KEYRING])
def store(request: pytest.FixtureRequest, tmp_path: Path, keyring: MemoryKeyring) -> TokenStore:
    return TokenStore(tmp_path / "data", request.param, keyring)


def again(store: TokenStore, choice: Choice = Choice.AUTO) -> TokenStore:
    """The same place, as the next process finds it."""
    return TokenStore(store.path.parent, choice, store._keyring)


# On both.


def test_a_pair_comes_back_as_it_was_saved(store: TokenStore) -> None:
    saved = store.save(ACME, PAIR, NOW)
    assert again(store).all_of(ACME) == [saved]
    assert (saved.access_token, saved.refresh_token, saved.saved_at) == ("act.Secret1", "rft.Secret1", NOW)


def test_a_pair_replaces_the_one_that_it_grew_from(store: TokenStore) -> None:
    store.save(ACME, PAIR, NOW)
    store.save(ACME, BEGUN, NOW)
    store.save(ACME, NEXT, LATER, spent=True)
    found = again(store).all_of(ACME)
    assert [(pair.refresh_token, pair.renewal_begun_at) for pair in found] == [("rft.Secret2", None)]


def test_a_seed_finds_what_grew_from_it_and_a_changed_seed_nothing(store: TokenStore) -> None:
    store.save(ACME, Pair("act.Secret1", "rft.Secret1", seed_sha256="5eed"), NOW)
    found = again(store).find(BASE_URL, "5eed")
    assert found is not None
    assert found.access_token == "act.Secret1"
    assert again(store).find(BASE_URL, "changed") is None


def test_accounts_keep_apart_and_forgetting_takes_one(store: TokenStore, keyring: MemoryKeyring) -> None:
    other = Owner(BASE_URL, "key", "acme_de")
    store.save(ACME, PAIR, NOW)
    store.save(other, NEXT, NOW)
    again(store).forget(ACME)
    assert again(store).all_of(ACME) == []
    assert [pair.access_token for pair in again(store).all_of(other)] == ["act.Secret2"]
    assert "Secret1" not in store.path.read_text() + str(keyring.entries)


def test_a_renewed_pair_stays_where_it_lies_whatever_is_chosen_now(store: TokenStore) -> None:
    first = store.save(ACME, PAIR, NOW)
    for choice in Choice:
        assert again(store, choice).save(ACME, NEXT, LATER).kept_in is first.kept_in


@pytest.mark.parametrize("choice", [Choice.FILE, Choice.KEYRING])
def test_a_pair_that_is_stored_anew_goes_where_it_is_chosen(
    store: TokenStore, keyring: MemoryKeyring, choice: Choice
) -> None:
    store.save(ACME, PAIR, NOW)
    again(store, choice).save(ACME, NEXT, LATER, anew=True)
    assert again(store).all_of(ACME)[0].kept_in is choice
    places = {Choice.FILE: store.path.read_text(), Choice.KEYRING: str(keyring.entries)}
    assert {place for place, text in places.items() if "Secret" in text} == {choice}


# In the keyring alone.


def test_the_file_lists_what_the_keyring_holds_without_its_secrets(safe: TokenStore, keyring: MemoryKeyring) -> None:
    safe.save(ACME, PAIR, NOW)
    content = json.loads(safe.path.read_text())
    assert content["format"] == "contentsync.tokens/2"
    assert "Secret" not in str(content)
    assert content["pairs"][0]["open_id"] == "open-id"
    assert list(keyring.entries) == [content["pairs"][0]["keyring_entry"]]
    assert len(next(iter(keyring.entries.values()))) < 1000  # Windows takes 1,280 characters


def test_pairs_in_the_file_never_touch_a_keyring(store: TokenStore, keyring: MemoryKeyring) -> None:
    store.save(ACME, PAIR, NOW)
    keyring.calls = 0
    file_pairs = Owner(BASE_URL, "key", "other")
    again(store, Choice.FILE).save(file_pairs, NEXT, NOW)
    again(store, Choice.FILE).all_of(file_pairs)
    again(store, Choice.FILE).forget(file_pairs)
    assert keyring.calls == 0


@pytest.mark.parametrize(("recommended", "place"), [(True, Choice.KEYRING), (False, Choice.FILE)])
def test_auto_takes_a_keyring_that_is_recommended(
    tmp_path: Path, keyring: MemoryKeyring, recommended: bool, place: Choice
) -> None:
    keyring.recommended = recommended
    assert TokenStore(tmp_path, Choice.AUTO, keyring).save(ACME, PAIR, NOW).kept_in is place


def test_auto_takes_the_file_for_a_new_pair_that_the_keyring_refuses(tmp_path: Path, keyring: MemoryKeyring) -> None:
    keyring.locked = True
    store = TokenStore(tmp_path, Choice.AUTO, keyring)
    assert store.save(ACME, PAIR, NOW).kept_in is Choice.FILE
    assert again(store).all_of(ACME)[0].access_token == "act.Secret1"
    assert json.loads(store.path.read_text())["format"] == "contentsync.tokens/1"


def test_a_keyring_that_was_chosen_and_refuses_keeps_nothing_in_the_file(
    safe: TokenStore, keyring: MemoryKeyring
) -> None:
    keyring.locked = True
    with pytest.raises(TokensUnusable, match="keyring-unusable"):
        safe.save(ACME, PAIR, NOW)
    assert not safe.path.exists()


def test_a_locked_keyring_is_told_and_nothing_else_is_used(safe: TokenStore, keyring: MemoryKeyring) -> None:
    safe.save(ACME, PAIR, NOW)
    keyring.locked = True
    for use in (lambda: safe.all_of(ACME), lambda: safe.save(ACME, BEGUN, LATER), lambda: safe.forget(ACME)):
        with pytest.raises(SignInNeeded, match="keyring-unusable"):
            use()
    keyring.locked = False
    assert safe.all_of(ACME)[0].refresh_token == "rft.Secret1"


def test_a_pair_that_was_just_renewed_is_put_into_the_file_rather_than_lost(
    safe: TokenStore, keyring: MemoryKeyring
) -> None:
    safe.save(ACME, BEGUN, NOW)
    keyring.locked = True
    with pytest.raises(TokensUnusable, match=r"are stored in .*tokens\.json until the keyring accepts them"):
        safe.save(ACME, NEXT, LATER, spent=True)
    assert again(safe).all_of(ACME)[0].refresh_token == "rft.Secret2"  # and the keyring's old one counts no more
    keyring.locked = False
    back = again(safe).save(ACME, NEXT, LATER)
    assert (back.kept_in, "Secret" in safe.path.read_text()) == (Choice.KEYRING, False)


def test_an_entry_that_is_gone_is_known_as_such(safe: TokenStore, keyring: MemoryKeyring) -> None:
    safe.save(ACME, PAIR, NOW)
    keyring.entries.clear()
    assert [pair.is_gone for pair in safe.all_of(ACME)] == [True]
    safe.forget(ACME)
    assert safe.all_of(ACME) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"access_token": "act.Secret1"}', "[" * 100_000])
def test_an_entry_that_is_not_ours_is_told_without_being_shown(
    safe: TokenStore, keyring: MemoryKeyring, text: str
) -> None:
    safe.save(ACME, PAIR, NOW)
    keyring.entries = dict.fromkeys(keyring.entries, text)
    with pytest.raises(StoreError, match="keyring-unusable") as caught:
        safe.all_of(ACME)
    assert "Secret" not in str(caught.value)


def test_a_crash_between_keyring_and_file_leaves_the_new_pair(safe: TokenStore, keyring: MemoryKeyring) -> None:
    safe.save(ACME, BEGUN, NOW)
    before = safe.path.read_bytes()
    safe.save(ACME, NEXT, LATER, spent=True)
    safe.path.write_bytes(before)  # the file as it was when the process died
    found = again(safe).all_of(ACME)[0]
    assert (found.refresh_token, found.expires_at, found.renewal_begun_at) == ("rft.Secret2", NEXT.expires_at, None)


def test_an_old_keyring_that_was_put_back_is_marked_as_left_behind(safe: TokenStore, keyring: MemoryKeyring) -> None:
    safe.save(ACME, PAIR, NOW)
    before = dict(keyring.entries)
    safe.save(ACME, NEXT, LATER)
    keyring.entries = before
    assert safe.all_of(ACME)[0].renewal_begun_at == LATER  # so a refusal says that the newer token is lost


def test_two_data_folders_have_entries_of_their_own(tmp_path: Path, keyring: MemoryKeyring) -> None:
    for name in ("one", "two"):
        TokenStore(tmp_path / name, Choice.KEYRING, keyring).save(ACME, PAIR, NOW)
    assert len(keyring.entries) == 2


def test_a_place_that_is_none_is_a_wrong_call() -> None:
    with pytest.raises(UsageError, match="token-store-choice"):
        TokenStore.of({"CONTENTSYNC_TOKEN_STORE": "drawer"})


# The library.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "recommended"),
    [
        ("keyring.backends.fail.Keyring", False),
        ("keyring.backends.null.Keyring", False),
        ("tests.tiktok.keyrings.Plain", False),
        ("tests.tiktok.keyrings.InAFile", True),
        ("nowhere.Keyring", False),
    ],
)
def test_only_a_backend_that_keeps_secrets_is_recommended(backend: str, recommended: bool) -> None:
    said = in_a_process(
        "print(OsKeyring().is_recommended())", PYTHON_KEYRING_BACKEND=backend, TEST_KEYRING="asked for"
    )
    assert said == str(recommended)


@pytest.mark.slow
def test_the_backends_of_tests_are_out_of_reach_where_none_asks_for_them() -> None:
    program = "import tests.tiktok.keyrings, keyring.backend as all; print('InAFile' in str(all.get_all_keyring()))"
    assert in_a_process(program) == "False"
    assert in_a_process(program, TEST_KEYRING="asked for") == "True"


@pytest.mark.parametrize("backend", ["fail.Keyring", "null.Keyring"])
def test_a_backend_that_keeps_nothing_is_found_out(backend: str) -> None:
    program = "try: OsKeyring().put('e', 'act.Secret')\nexcept TokensUnusable as err: print(err)"
    said = in_a_process(program, PYTHON_KEYRING_BACKEND=f"keyring.backends.{backend}")
    assert "[keyring-unusable]" in said


def test_what_a_backend_says_is_not_shown(tmp_path: Path) -> None:
    program = "try: OsKeyring().get('e')\nexcept TokensUnusable as err: print(err)"
    said = in_a_process(program, TEST_KEYRING=str(tmp_path / "locked"), **IN_A_FILE)
    assert said == "the OS keyring can't be read (KeyringLocked) [keyring-unusable]"


def test_without_the_library_its_extra_is_named() -> None:
    program = (
        "sys.modules['keyring'] = None\ntry: OsKeyring().get('e')\nexcept TokensUnusable as err: print(err.problems)"
    )
    assert "contentsync[keyring]" in in_a_process(program)


def in_a_process(program: str, **environ: str) -> str:
    command = [sys.executable, "-c", f"import sys\n{IMPORTS}\n{program}"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=True)
    return done.stdout.strip()


IMPORTS = f"from {OsKeyring.__module__} import OsKeyring\nfrom contentsync.errors import TokensUnusable"
