"""Tokens on the branch of a shared state: one chain for all machines, renewed once, closed without the key."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.errors import NotSent, SignInNeeded, TokensUnusable
from contentsync.settings import Account, App
from contentsync.shared_tokens import SharedTokens, new_key
from contentsync.tiktok.auth import Credentials
from contentsync.tiktok.tokens import Choice, Owner, Pair
from tests.builders import NOW, ManualClock
from tests.store.git.remotes import a_backend, a_remote_repository, git
from tests.tiktok.sign_in import SignIn, serving

KEY = new_key()
SECRETS = ("act.0", "rft.0", "act.1", "rft.1")


@pytest.fixture
def sign_in() -> Iterator[SignIn]:
    with serving(SignIn()) as server:
        yield server


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return a_remote_repository(tmp_path)


class Machine:
    """A clone with a data folder of its own."""

    def __init__(
        self, remote: Path, name: str, url: str, key: str = KEY, environ: Mapping[str, str] | None = None
    ) -> None:
        self.clock = ManualClock()
        self.store = a_backend(remote, name).open()
        self.folder = remote.parent / f"data of {name}"
        self.tokens = SharedTokens(self.folder, Choice.FILE, key, self.store, self.clock)
        self.owner = Owner(url, "key", "acme")
        account, app = Account("acme"), App("key", "secret")
        self.credentials = Credentials(account, app, url, self.tokens, self.clock, environ or {})

    def signed_in(self) -> Machine:
        self.tokens.save(self.owner, Pair("act.0", "rft.0"), NOW, anew=True)
        return self


def everything_on(remote: Path) -> bytes:
    """The content of every object of the remote, and its reflogs and references."""
    batch = ("git", "cat-file", "--batch", "--batch-all-objects")
    return subprocess.run(batch, cwd=remote, capture_output=True, check=True).stdout


def test_a_sign_in_on_one_machine_is_used_on_another(remote: Path, sign_in: SignIn) -> None:
    Machine(remote, "one", sign_in.url).signed_in()
    other = Machine(remote, "other", sign_in.url)

    assert other.credentials.token() == "act.0"
    assert other.credentials.pair().kept_in is Choice.SHARED


def test_nothing_plain_is_on_the_branch(remote: Path, sign_in: SignIn) -> None:
    one = Machine(remote, "one", sign_in.url).signed_in()
    one.credentials.refresh("act.0")

    held = everything_on(remote)

    assert b'"account": "acme"' in held
    assert not [secret for secret in (*SECRETS, KEY) if secret.encode() in held]
    assert git(remote, "log", "--format=%s", "contentsync-state").splitlines() == [
        "acme: token saved [skip ci]",
        "acme: token renewal begins [skip ci]",
        "acme: token saved [skip ci]",
    ]


def test_a_token_of_the_environment_goes_on_on_the_branch_once_it_was_renewed(remote: Path, sign_in: SignIn) -> None:
    seeds = {"CONTENTSYNC_TOKEN_ACME": "act.0", "CONTENTSYNC_REFRESH_TOKEN_ACME": "rft.0"}
    one = Machine(remote, "one", sign_in.url, environ=seeds)
    assert one.credentials.token() == "act.0"
    assert b"sealed" not in everything_on(remote)

    assert one.credentials.refresh("act.0") == "act.1"

    assert Machine(remote, "other", sign_in.url, environ=seeds).credentials.token() == "act.1"
    assert not [secret for secret in SECRETS if secret.encode() in everything_on(remote)]


def test_machines_that_renew_at_once_ask_tiktok_once(remote: Path, sign_in: SignIn) -> None:
    Machine(remote, "one", sign_in.url).signed_in()
    machines = [Machine(remote, f"m{number}", sign_in.url) for number in range(3)]
    stale = [machine.credentials.token() for machine in machines]
    sign_in.held.clear()
    threading.Timer(2.0, sign_in.held.set).start()
    for machine in machines:
        machine.clock.sleep = lambda _: threading.Event().wait(0.2)  # type: ignore[method-assign,assignment,return-value]

    with ThreadPoolExecutor() as pool:
        told = list(pool.map(lambda machine: machine.credentials.refresh("act.0"), machines))

    assert stale == ["act.0"] * 3
    assert told == ["act.1"] * 3
    assert (sign_in.renewals, sign_in.refused) == (1, 0)


def test_a_renewed_pair_is_taken_over_without_asking_tiktok(remote: Path, sign_in: SignIn) -> None:
    one, other = Machine(remote, "one", sign_in.url).signed_in(), Machine(remote, "other", sign_in.url)
    assert other.credentials.token() == "act.0"

    assert one.credentials.refresh("act.0") == "act.1"
    assert other.credentials.refresh("act.0") == "act.1"
    assert sign_in.renewals == 1


def test_a_machine_that_died_after_the_answer_is_named_as_such(remote: Path, sign_in: SignIn) -> None:
    one, other = Machine(remote, "one", sign_in.url).signed_in(), Machine(remote, "other", sign_in.url)
    one.credentials.pair()
    one.tokens.save(one.owner, Pair("act.0", "rft.0", renewal_begun_at=one.clock.now()), NOW)
    sign_in.answer("rft.0")  # it got its answer, and never pushed it

    with pytest.raises(SignInNeeded, match=r"was interrupted before its answer was saved.*invalid-grant"):
        other.credentials.refresh("act.0")
    assert other.clock.now() - NOW >= timedelta(seconds=80)  # as long as a renewal can take, it was waited for


def test_a_machine_that_died_before_it_asked_is_no_harm(remote: Path, sign_in: SignIn) -> None:
    one, other = Machine(remote, "one", sign_in.url).signed_in(), Machine(remote, "other", sign_in.url)
    one.credentials.pair()
    one.tokens.save(one.owner, Pair("act.0", "rft.0", renewal_begun_at=one.clock.now()), NOW)

    assert other.credentials.refresh("act.0") == "act.1"


def test_no_renewal_begins_while_the_remote_is_away_and_a_living_token_is_used(remote: Path, sign_in: SignIn) -> None:
    one = Machine(remote, "one", sign_in.url).signed_in()
    remote.rename(remote.parent / "away.git")

    with pytest.raises(NotSent, match="state-unreachable"):
        one.credentials.refresh("act.0")
    assert one.credentials.token() == "act.0"
    assert sign_in.renewals == 0


def test_a_remote_that_goes_away_in_between_loses_no_pair(
    remote: Path, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Machine(remote, "one", sign_in.url).signed_in()
    answer, away = sign_in.answer, remote.parent / "away.git"

    def answered(refresh_token: str) -> dict[str, str]:
        remote.rename(away)
        return answer(refresh_token)

    monkeypatch.setattr(sign_in, "answer", answered)
    with pytest.raises(TokensUnusable, match="are kept in"):
        one.credentials.refresh("act.0")
    away.rename(remote)

    again = Machine(remote, "one", sign_in.url)
    assert again.credentials.token() == "act.1"
    assert Machine(remote, "other", sign_in.url).credentials.token() == "act.1"


def test_another_key_reads_nothing_and_overwrites_nothing(remote: Path, sign_in: SignIn) -> None:
    Machine(remote, "one", sign_in.url).signed_in()
    before = git(remote, "rev-parse", "contentsync-state")
    stranger = Machine(remote, "other", sign_in.url, key=new_key())

    with pytest.raises(TokensUnusable, match="secret-key-wrong"):
        stranger.credentials.token()
    with pytest.raises(TokensUnusable, match="secret-key-wrong"):
        stranger.tokens.save(stranger.owner, Pair("act.9", "rft.9"), NOW, anew=True)
    assert git(remote, "rev-parse", "contentsync-state") == before


def test_what_is_no_key_is_refused(remote: Path, sign_in: SignIn) -> None:
    with pytest.raises(TokensUnusable, match="secret-key-malformed"):
        Machine(remote, "one", sign_in.url, key="hunter2")


def test_a_pair_of_before_the_key_was_set_comes_onto_the_branch(remote: Path, sign_in: SignIn) -> None:
    one = Machine(remote, "one", sign_in.url)
    super(SharedTokens, one.tokens).save(one.owner, Pair("act.0", "rft.0"), NOW)

    assert one.credentials.token() == "act.0"
    assert Machine(remote, "other", sign_in.url).credentials.token() == "act.0"


def test_a_sign_out_takes_it_from_everybody(remote: Path, sign_in: SignIn) -> None:
    one = Machine(remote, "one", sign_in.url).signed_in()
    one.tokens.forget(one.owner)

    with pytest.raises(SignInNeeded, match="no-token"):
        Machine(remote, "other", sign_in.url).credentials.token()
