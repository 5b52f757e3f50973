"""A repository with a `.git/config` of its own, as an archive brings it: no command runs what it names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.shared_state import Site
from tests.store.git.remotes import git

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs are scripts")


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator) -> Site:
    return Site.made(tmp_path, emulator, "one")


def a_program(folder: Path, text: str = "") -> tuple[Path, Path]:
    """A script, and the file that tells that it ran."""
    script, ran = folder / "run.sh", folder / "ran"
    script.write_text(f"#!/bin/sh\ntouch '{ran}'\n{text}\n")
    script.chmod(0o755)
    return script, ran


@pytest.mark.parametrize("included", [False, True], ids=["itself", "included"])
@pytest.mark.parametrize(
    ("key", "value", "url"),
    [
        ("core.sshCommand", "{}", "ssh://forge.invalid/x.git"),
        ("core.gitProxy", "{}", "git://forge.invalid/x.git"),
        ("credential.helper", "!{}", ""),
        ("remote.origin.uploadpack", "{}", ""),
        ("remote.origin.receivepack", "{}", ""),
        ("protocol.ext.allow", "always", "ext::{}"),
    ],
)
def test_a_program_that_the_repository_names_is_not_run(
    site: Site, tmp_path: Path, key: str, value: str, url: str, *, included: bool
) -> None:
    clone = site.clone("a")
    script, ran = a_program(tmp_path)
    file = clone.root / ".git" / ("more" if included else "config")
    if included:
        git(clone.root, "config", "include.path", str(file))
    git(clone.root, "config", "--file", str(file), key, value.format(script))
    if url:
        git(clone.root, "remote", "set-url", "origin", url.format(script))

    for args in (
        ["plan"],
        ["plan", "--no-refresh"],
        ["status"],
        ["apply", "--auto-approve"],
        ["approve", "--all", "--auto-approve"],
    ):
        told = clone.run(*args)
        assert told.code == 1, args
        assert "[git-config-program]" in told.err, args
        assert "git config --global" in told.err
    assert not ran.exists()
    assert site.captions() == []


def test_the_hooks_of_a_remote_inside_the_repository_are_not_run(site: Site) -> None:
    clone = site.clone("a")
    inside = clone.root / ".git" / "remote.git"
    site.remote.rename(inside)
    script, ran = a_program(clone.root)
    script.rename(inside / "hooks" / "pre-receive")
    git(clone.root, "remote", "set-url", "origin", str(inside))

    told = clone.run("apply", "--auto-approve")

    assert told.code == 1
    assert "[git-config-program]" in told.err
    assert not ran.exists()


def test_a_signed_commit_starts_no_program_of_the_repository(site: Site) -> None:
    """`git show` verifies signatures where the repository says so."""
    clone = site.clone("a")
    script, ran = a_program(clone.root)
    git(clone.root, "config", "log.showSignature", "true")
    git(clone.root, "config", "gpg.program", str(script))

    assert "[git-config-program]" in clone.run("plan", "--no-refresh").err
    assert not ran.exists()


def test_the_users_own_programs_and_a_deploy_key_serve(site: Site, tmp_path: Path) -> None:
    clone = site.clone("a")
    script, ran = a_program(tmp_path, 'for last; do :; done\nexec sh -c "$last"')
    folder = tmp_path / "bin"
    folder.mkdir()
    script.rename(folder / "ssh")
    git(clone.root, "config", "core.sshCommand", "ssh -i key -o StrictHostKeyChecking=yes")
    git(clone.root, "remote", "set-url", "origin", f"ssh://forge.invalid{site.remote}")
    clone.environment["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"

    assert clone.process("apply", "--auto-approve").code == 0
    assert ran.exists()
    assert site.captions() == ["About one"]


def test_an_approving_branch_is_read_with_no_program_of_the_repository(site: Site, tmp_path: Path) -> None:
    clone = site.clone("a")
    script, ran = a_program(tmp_path)
    file = clone.root / "contentsync.yaml"
    file.write_text(file.read_text().replace("state: git\n", "watch: {approve: {branch: main}}\n"))
    git(clone.root, "config", "remote.origin.uploadpack", str(script))

    told = clone.run("apply", "--approved")

    assert told.code == 5
    assert "[git-config-program]" in told.out + told.err
    assert not ran.exists()
    assert site.captions() == []
