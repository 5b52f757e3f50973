"""The branch on a real remote: what is pushed is there whole or not at all, and a lost answer is looked up."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contentsync.store.git.branch import Branch, Fetched, Pushed
from contentsync.store.git.program import Ended, Git
from tests.store.git.remotes import a_branch, a_remote_repository, git

WHEN = 1_790_000_000


def head_of(branch: Branch) -> str:
    fetched = branch.fetch()
    assert fetched.why == ""
    return fetched.head


def content(branch: Branch, head: str) -> dict[str, bytes]:
    return dict(branch.read(branch.files(head)))


def test_a_branch_that_is_not_there_is_told_apart_from_a_remote_that_is_not(remote: Path) -> None:
    branch = a_branch(remote, "one")
    assert branch.fetch().head == ""
    assert branch.fetch().why == ""
    remote.rename(remote.parent / "gone.git")
    assert "does not appear to be a git repository" in branch.fetch().why


@pytest.mark.parametrize("options", [(), ("--depth=1", "--single-branch")])
def test_what_one_clone_pushes_another_reads(remote: Path, options: tuple[str, ...]) -> None:
    one, other = a_branch(remote, "one"), a_branch(remote, "other", *options)
    first = one.commit("", {"posts/a.json": b"1\n", "posts/b.json": "\u00e9\n".encode()}, "begin", WHEN)
    assert one.push(first, "") == (Pushed.TAKEN, "")
    assert content(other, head_of(other)) == {"posts/a.json": b"1\n", "posts/b.json": "\u00e9\n".encode()}
    second = other.commit(first, {"posts/a.json": b"2\n", "posts/b.json": None, "c": b""}, "go on", WHEN)
    assert other.push(second, first) == (Pushed.TAKEN, "")
    new = head_of(one)
    changed = one.changed(first, new)
    assert changed is not None
    assert dict(one.read({path: oid for path, oid in changed.items() if oid})) == {"posts/a.json": b"2\n", "c": b""}
    assert changed["posts/b.json"] is None


def test_of_two_writers_one_is_refused(remote: Path) -> None:
    one, other = a_branch(remote, "one"), a_branch(remote, "other")
    first = one.commit("", {"a": b"1"}, "begin", WHEN)
    one.push(first, "")
    head_of(other)
    mine, theirs = one.commit(first, {"a": b"2"}, "mine", WHEN), other.commit(first, {"a": b"3"}, "theirs", WHEN)
    assert other.push(theirs, first)[0] is Pushed.TAKEN
    assert one.push(mine, first)[0] is Pushed.REFUSED
    assert content(one, head_of(one)) == {"a": b"3"}


def test_a_push_to_another_repository_than_the_one_that_is_fetched_is_not_taken(remote: Path) -> None:
    branch = a_branch(remote, "one")
    fork = remote.parent / "fork.git"
    git(remote, "clone", "--quiet", "--bare", str(remote), str(fork))
    git(branch.git.folder, "config", "remote.origin.pushurl", str(fork))
    what, why = branch.push(branch.commit("", {"a": b"1"}, "mine", WHEN), "")
    assert what is Pushed.UNREACHABLE
    assert "set-url --push origin" in why


def test_a_push_by_another_address_of_the_same_repository_is_taken(remote: Path) -> None:
    branch = a_branch(remote, "one")
    git(branch.git.folder, "config", "remote.origin.pushurl", remote.as_uri())
    assert branch.push(branch.commit("", {"a": b"1"}, "mine", WHEN), "") == (Pushed.TAKEN, "")


def test_a_remote_that_is_a_mirror_takes_the_branch_alone(remote: Path) -> None:
    branch = a_branch(remote, "one")
    git(branch.git.folder, "config", "remote.origin.mirror", "true")
    made = branch.commit("", {"a": b"1"}, "mine", WHEN)
    assert branch.push(made, "") == (Pushed.TAKEN, "")


def test_of_two_first_commits_one_is_refused(remote: Path) -> None:
    one, other = a_branch(remote, "one"), a_branch(remote, "other")
    assert one.push(one.commit("", {"a": b"1"}, "mine", WHEN), "")[0] is Pushed.TAKEN
    assert other.push(other.commit("", {"a": b"2"}, "theirs", WHEN), "")[0] is Pushed.REFUSED


class InTheWay(Git):
    """Git in a clone that another process gets in the way of, once."""

    def __init__(self, git: Git, meanwhile: Callable[[], object]) -> None:
        super().__init__(git.folder, git.environ)
        object.__setattr__(self, "meanwhile", iter([meanwhile]))

    def remote(self, *args: str) -> Ended:
        ended = super().remote(*args)
        for meanwhile in self.meanwhile:  # type: ignore[attr-defined]
            meanwhile()
        return ended


def test_a_branch_that_appears_while_it_is_looked_for_is_read(remote: Path) -> None:
    one, other = a_branch(remote, "one"), a_branch(remote, "other")
    first = one.commit("", {"a": b"1"}, "begin", WHEN)
    racing = replace(other, git=InTheWay(other.git, lambda: one.push(first, "")))

    assert racing.fetch() == Fetched(first)


def test_a_fetch_waits_while_another_process_fetches_into_the_same_shallow_clone(remote: Path) -> None:
    one, other = a_branch(remote, "one"), a_branch(remote, "other", "--depth=1")
    first = one.commit("", {"a": b"1"}, "begin", WHEN)
    one.push(first, "")
    lock = other.git.folder / ".git" / "shallow.lock"
    lock.touch()

    assert replace(other, wait=lambda _: lock.unlink(missing_ok=True)).fetch() == Fetched(first)


@pytest.mark.parametrize("parents", [0, 1])
def test_a_push_waits_while_another_one_holds_the_branch_on_the_server(remote: Path, parents: int) -> None:
    branch = a_branch(remote, "one")
    parent = branch.commit("", {"a": b"1"}, "begin", WHEN) if parents else ""
    if parent:
        branch.push(parent, "")
    lock = remote / "refs" / "heads" / "contentsync-state.lock"
    lock.touch()
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        lock.unlink(missing_ok=True)

    made = branch.commit(parent, {"a": b"2"}, "next", WHEN)

    assert replace(branch, wait=wait).push(made, parent) == (Pushed.TAKEN, "")
    assert len(waited) == 1


def test_a_lock_that_a_dead_server_left_is_reported_as_what_it_is(remote: Path) -> None:
    branch = a_branch(remote, "one")
    (remote / "refs" / "heads" / "contentsync-state.lock").touch()
    made = branch.commit("", {"a": b"1"}, "begin", WHEN)

    what, why = replace(branch, wait=lambda _: None).push(made, "")

    assert what is Pushed.UNREACHABLE
    assert "failed to update ref" in why


def test_a_push_that_arrived_but_was_not_answered_counts_as_taken(remote: Path, tmp_path: Path) -> None:
    branch = a_branch(remote, "one")
    made = branch.commit("", {"a": b"1"}, "begin", WHEN)
    git(branch.git.folder, "push", "-q", "origin", f"{made}:refs/heads/contentsync-state")
    later = branch.commit(made, {"a": b"2"}, "later", WHEN)
    git(branch.git.folder, "push", "-q", "origin", f"{later}:refs/heads/contentsync-state")
    assert branch.push(made, "")[0] is Pushed.TAKEN  # refused as no fast-forward, and there all the same


def test_a_remote_that_forbids_the_push_is_no_race(remote: Path) -> None:
    branch = a_branch(remote, "one")
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho protected branch >&2\nexit 1\n")
    hook.chmod(0o755)
    what, why = branch.push(branch.commit("", {"a": b"1"}, "begin", WHEN), "")
    assert what is Pushed.FORBIDDEN
    assert "pre-receive hook declined" in why
    assert "the remote says: protected branch" in why


def test_what_a_remote_says_comes_without_passwords_and_control_characters() -> None:
    ended = Ended(1, b"", "remote: \x1b[31mdenied\tfor https://bot:s3cret@host/x\r\nremote: ------\nfatal: no\n")

    assert ended.from_remote == ["[31mdenied for https://host/x"]
    assert Ended(128, b"", "fatal: unable to access 'https://bot:s3cret@host/x/': 403").why.count("s3cret") == 0


@pytest.mark.parametrize(
    "said",
    [
        "remote: Permission to a/b.git denied to bot.\nfatal: The requested URL returned error: 403",
        "remote: Write access to repository not granted.\nfatal: The requested URL returned error: 403",
        "ERROR: The key you are authenticating with has been marked as read only.\nfatal: Could not read from remote "
        "repository.",
    ],
    ids=["403", "no-write-access", "deploy-key"],
)
def test_a_token_that_may_only_read_is_forbidden_to_push(remote: Path, said: str) -> None:
    branch = a_branch(remote, "one")
    made = branch.commit("", {"a": b"1"}, "begin", WHEN)

    assert replace(branch, git=Denied(branch.git, said)).push(made, "")[0] is Pushed.FORBIDDEN
    assert replace(branch, git=Denied(branch.git, "fatal: no route")).push(made, "")[0] is Pushed.UNREACHABLE


class Denied(Git):
    """Git whose pushes end with these words."""

    def __init__(self, git: Git, said: str) -> None:
        super().__init__(git.folder, git.environ)
        object.__setattr__(self, "said", said)

    def remote(self, *args: str) -> Ended:
        return Ended(128, b"", self.said) if "push" in args else super().remote(*args)  # type: ignore[attr-defined]


def test_nothing_of_the_users_is_touched(remote: Path) -> None:
    branch = a_branch(remote, "one")
    folder = branch.git.folder
    (folder / "README").write_text("edited, not committed\n")
    index = (folder / ".git" / "index").read_bytes()
    before = [git(folder, *args) for args in (("status", "--porcelain"), ("branch",), ("rev-parse", "HEAD"))]
    branch.push(branch.commit("", {"a": b"1"}, "begin", WHEN), "")
    head_of(branch)
    after = [git(folder, *args) for args in (("status", "--porcelain"), ("branch",), ("rev-parse", "HEAD"))]
    assert (after, (folder / ".git" / "index").read_bytes()) == (before, index)


def test_a_commit_is_small_however_many_posts_there_are(remote: Path) -> None:
    branch = a_branch(remote, "one")
    many = {f"posts/id/{n % 16:x}/{n // 16 % 16:x}/post-{n}.json": b"{}\n" for n in range(10_000)}
    first = branch.commit("", many, "begin", WHEN)
    second = branch.commit(first, {"posts/id/0/0/post-0.json": b"[]\n"}, "one", WHEN)
    listed = git(branch.git.folder, "rev-list", "--objects", f"{first}..{second}").splitlines()
    sizes = [int(git(branch.git.folder, "cat-file", "-s", line.split()[0])) for line in listed]
    assert sum(sizes) < 8_000


def test_a_head_that_was_put_back_is_not_moved_on_silently(remote: Path) -> None:
    branch = a_branch(remote, "one")
    first = branch.commit("", {"a": b"1"}, "begin", WHEN)
    branch.push(first, "")
    second = branch.commit(first, {"a": b"2"}, "second", WHEN)
    branch.push(second, first)
    git(remote, "update-ref", "refs/heads/contentsync-state", first)
    third = branch.commit(second, {"a": b"3"}, "third", WHEN)
    assert branch.push(third, second)[0] is Pushed.REFUSED
    assert git(remote, "rev-parse", "contentsync-state") == first


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for ssh is a script")
@pytest.mark.parametrize("where", ["core.sshCommand", "GIT_SSH", "GIT_SSH_COMMAND"])
def test_the_ssh_that_the_user_chose_reaches_the_remote(tmp_path: Path, where: str) -> None:
    remote = a_remote_repository(tmp_path)
    folder = a_branch(remote, "one").git.folder
    ssh = tmp_path / "ssh.sh"  # as a checkout with a deploy key sets it
    ssh.write_text(f'#!/bin/sh\ntouch {tmp_path}/ran\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    git(folder, "remote", "set-url", "origin", f"ssh://forge.invalid{remote}")
    given = {} if where == "core.sshCommand" else {where: str(ssh)}
    if not given:
        git(folder, "config", where, str(ssh))

    fetched = Branch(Git(folder, dict(os.environ) | given), "origin", "main").fetch()

    assert (fetched.why, fetched.head) == ("", git(remote, "rev-parse", "main"))
    assert (tmp_path / "ran").exists()
