"""The token file: whose pairs it holds, who may read it, and what a crash or a scribble does to it."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contentsync.errors import StoreError
from contentsync.standard_paths import data_folder
from contentsync.tiktok.tokens import Owner, Pair, TokenStore
from tests.builders import NOW

BASE_URL = "https://open.tiktokapis.com"
ACME = Owner(BASE_URL, "key", "acme")
PAIR = Pair(
    "act.1",
    "rft.1",
    NOW + timedelta(hours=24),
    NOW + timedelta(days=365),
    ("user.info.basic", "video.publish"),
    "open-id",
    seed_sha256="5eed",
)


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "data" / "contentsync")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_pair_comes_back_as_it_was_saved(store: TokenStore) -> None:
    saved = store.save(ACME, PAIR, NOW)
    assert saved.saved_at == NOW
    assert TokenStore(store.path.parent).find(BASE_URL, "5eed") == saved


def test_an_empty_folder_holds_nothing_and_is_left_alone(store: TokenStore) -> None:
    assert store.find(BASE_URL, "5eed") is None
    assert store.all_of(ACME) == []
    assert not store.path.parent.exists()


def test_only_the_user_may_read_it(store: TokenStore) -> None:
    store.save(ACME, PAIR, NOW)
    assert mode_of(store.path) == 0o600
    assert mode_of(store.path.parent) == 0o700
    assert all(mode_of(file) == 0o600 for file in store.path.parent.iterdir())


def test_a_file_that_others_may_read_is_taken_from_their_eyes(store: TokenStore) -> None:
    store.save(ACME, PAIR, NOW)
    store.path.chmod(0o644)
    store.all_of(ACME)
    assert mode_of(store.path) == 0o600


def test_a_pair_replaces_the_one_of_the_same_seed_only(store: TokenStore) -> None:
    store.save(ACME, Pair("act.old", seed_sha256="a"), NOW)
    store.save(ACME, Pair("act.other", seed_sha256="b"), NOW + timedelta(1))
    store.save(ACME, Pair("act.new", seed_sha256="a"), NOW + timedelta(2))
    assert [pair.access_token for pair in store.all_of(ACME)] == ["act.new", "act.other"]


@pytest.mark.parametrize(
    "other",
    [
        Owner("http://127.0.0.1:8080", "key", "acme"),
        Owner("https://open.tiktokapis.com", "other-key", "acme"),
        Owner("https://open.tiktokapis.com", "key", "acme_de"),
    ],
)
def test_another_address_app_or_account_has_pairs_of_its_own(store: TokenStore, other: Owner) -> None:
    store.save(ACME, PAIR, NOW)
    store.save(other, Pair("act.2", seed_sha256="other"), NOW)
    assert [pair.access_token for pair in store.all_of(ACME)] == ["act.1"]
    assert [pair.access_token for pair in store.all_of(other)] == ["act.2"]


def test_what_grew_from_a_seed_is_found_by_the_seed_at_the_same_address_only(store: TokenStore) -> None:
    store.save(ACME, PAIR, NOW)
    assert store.find(BASE_URL, "5eed") is not None
    assert store.find(BASE_URL, "other") is None
    assert store.find("http://127.0.0.1:8080", "5eed") is None


def test_a_seed_under_a_new_name_goes_on_with_the_same_pair(store: TokenStore) -> None:
    renamed = Owner(BASE_URL, "key", "acme_new")
    store.save(ACME, PAIR, NOW)
    store.save(renamed, Pair("act.2", seed_sha256="5eed"), NOW)
    assert store.all_of(ACME) == []
    assert [pair.access_token for pair in store.all_of(renamed)] == ["act.2"]


def test_pairs_that_can_no_longer_be_renewed_are_dropped(store: TokenStore) -> None:
    store.save(ACME, PAIR, NOW)
    store.save(ACME, Pair("act.2"), NOW + timedelta(days=366))
    assert [pair.access_token for pair in store.all_of(ACME)] == ["act.2"]


def test_forgetting_drops_all_pairs_of_an_account(store: TokenStore) -> None:
    store.save(ACME, PAIR, NOW)
    store.save(Owner(ACME.base_url, "key", "acme_de"), Pair("act.2"), NOW)
    store.forget(ACME)
    assert store.all_of(ACME) == []
    assert store.all_of(Owner(ACME.base_url, "key", "acme_de")) != []


def test_what_a_killed_writer_left_behind_is_not_kept(store: TokenStore) -> None:
    store.save(ACME, PAIR, NOW)
    left_over = store.path.parent / "tokens-abc.tmp"
    left_over.write_text("act.secret")
    store.save(ACME, PAIR, NOW)
    assert not left_over.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"format": "contentsync.tokens/1"}',
        b'{"format": "contentsync.tokens/3", "pairs": []}',
        b'{"format": "contentsync.tokens/1", "pairs": [{}]}',
        b'{"format": "contentsync.tokens/1", "pairs": [7]}',
        b'{"format": "contentsync.tokens/1", "pairs": {"acme": "act.secret"}}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_not_ours_is_named_and_not_overwritten(store: TokenStore, content: bytes) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(content)
    for use in (lambda: store.all_of(ACME), lambda: store.save(ACME, PAIR, NOW)):
        with pytest.raises(StoreError) as caught:
            use()
        problem = caught.value.problems[0]
        assert (problem.code, str(store.path) in problem.what) == ("token-store-unusable", True)
        assert "secret" not in str(caught.value)
    assert store.path.read_bytes() == content


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("access_token", None),
        ("refresh_token", 7),
        ("scope", "video.publish"),
        ("scope", [7]),
        ("open_id", []),
        ("expires_at", "soon"),
        ("expires_at", 7),
        ("expires_at", "2026-03-01T12:00:00"),
        ("seed_sha256", None),
        ("owner", {"account": "acme"}),
        ("owner", None),
    ],
)
def test_a_field_of_another_type_is_found_when_it_is_read(store: TokenStore, field: str, value: object) -> None:
    store.save(ACME, PAIR, NOW)
    content = json.loads(store.path.read_text())
    content["pairs"][0][field] = value
    store.path.write_text(json.dumps(content))
    with pytest.raises(StoreError):
        store.find(BASE_URL, "5eed")


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError, match="data"):
        TokenStore(tmp_path / "data").save(ACME, PAIR, NOW)


def test_a_folder_in_the_files_place_is_named(store: TokenStore) -> None:
    store.path.mkdir(parents=True)
    with pytest.raises(StoreError, match="can't be read"):
        store.all_of(ACME)


def test_no_token_is_in_a_repr() -> None:
    assert "act.1" not in repr(PAIR)
    assert "rft.1" not in repr(PAIR)


@pytest.mark.parametrize(
    ("expires_at", "over"), [(None, False), (NOW, True), (NOW - timedelta(1), True), (NOW + timedelta(1), False)]
)
def test_a_token_is_over_only_where_that_is_known(expires_at: datetime | None, over: bool) -> None:
    assert Pair("act.1", expires_at=expires_at).is_over(NOW) is over


def test_seeds_differ_where_either_token_differs() -> None:
    seeds = {Pair.seed(a, b).seed_sha256 for a, b in [("1", "2"), ("1", ""), ("", "1"), ("2", "1"), ("1", "2")]}
    assert len(seeds) == 4


def test_the_data_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder({"CONTENTSYNC_DATA_DIR": "/somewhere/else"}) == Path("/somewhere/else")
    assert data_folder({}).name == "contentsync"


def test_times_are_kept_as_utc_moments(store: TokenStore) -> None:
    store.save(ACME, PAIR, datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC))
    found = store.find(BASE_URL, "5eed")
    assert found is not None
    assert found.saved_at == datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
