"""What a repository's own git configuration names is not run; what its user chose is."""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.store.git.named_programs import Setting, is_only_ssh, refusal, settings_of

TOP = Path("/home/me/posts")
SSH = "/usr/bin/ssh"


def refused(key: str, value: str, scope: str = "local") -> bool:
    return refusal([Setting(scope, key, value)], "origin", TOP, SSH) is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("core.sshcommand", "./ssh"),
        ("core.gitproxy", "./proxy"),
        ("core.askpass", "./ask"),
        ("core.alternaterefscommand", "./refs"),
        ("credential.helper", "!./helper"),
        ("credential.helper", "/tmp/helper"),
        ("credential.helper", "store; ./helper"),
        ("credential.https://github.com.helper", "!./helper"),
        ("remote.origin.uploadpack", "./upload"),
        ("remote.origin.receivepack", "./receive"),
        ("remote.other.uploadpack", "./upload"),  # a promisor, from which git fetches by itself
        ("remote.origin.vcs", "ext"),
        ("protocol.ext.allow", "always"),
        ("protocol.allow", "always"),
        ("gpg.program", "./gpg"),
        ("gpg.ssh.program", "./gpg"),
        ("gpg.ssh.defaultkeycommand", "./key"),
        ("hook.mine.command", "./hook"),
        ("remote.origin.url", "remote.git"),
        ("remote.origin.url", "."),
        ("remote.origin.url", "file:///home/me/posts/remote.git"),
        ("remote.origin.pushurl", "/home/me/posts/.git/remote.git"),
        ("url./home/me/posts/remote.git.insteadof", "https://forge.example/me/posts"),
        ("url.remote.git.pushinsteadof", "https://forge.example/me/posts"),
    ],
)
def test_a_program_that_only_the_repository_names_is_refused(key: str, value: str) -> None:
    assert refused(key, value)
    assert refused(key, value, "worktree")
    assert not refused(key, value, "global")
    assert not refused(key, value, "command")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("remote.origin.url", "https://forge.example/me/posts.git"),
        ("remote.origin.url", "git@forge.example:me/posts.git"),
        ("remote.origin.url", "../remote.git"),
        ("remote.origin.url", "file:///srv/git/posts.git"),
        ("remote.other.url", "remote.git"),  # not used
        ("url.ssh://git@forge.example/.insteadof", "https://forge.example/"),
        ("http.https://github.com/.extraheader", "AUTHORIZATION: basic eA=="),
        ("credential.helper", "store"),
        ("credential.helper", "cache --timeout=3600"),
        ("credential.helper", ""),
        ("core.sshcommand", ""),
        ("core.hookspath", ".husky"),  # switched off at each call
        ("filter.lfs.process", "git-lfs filter-process"),
        ("remote.origin.promisor", "true"),
    ],
)
def test_other_settings_are_the_repositorys_own_business(key: str, value: str) -> None:
    assert not refused(key, value)


@pytest.mark.parametrize(
    "command",
    [
        "ssh",
        "ssh -i ~/.ssh/deploy -o IdentitiesOnly=yes",
        # as actions/checkout writes it for its ssh-key
        '"/usr/bin/ssh" -i "$RUNNER_TEMP/1-2" -o StrictHostKeyChecking=yes -o CheckHostIP=no '
        '-o "UserKnownHostsFile=$RUNNER_TEMP/1-2_known_hosts"',
        '"/usr/bin/ssh" -i "/home/runner/_temp (1)/key"',
    ],
)
def test_ssh_with_a_key_of_its_own_is_no_other_program(command: str) -> None:
    assert is_only_ssh(command, SSH)


@pytest.mark.parametrize(
    "command",
    [
        "./ssh",
        "/home/me/posts/ssh",
        "ssh -o ProxyCommand=./run",
        "ssh -oProxyCommand=./run",
        "ssh -o 'ProxyCommand ./run'",
        "ssh -F config",
        "ssh -o KnownHostsCommand=./run",
        "ssh -o Include=config",
        "ssh -o PKCS11Provider=./run.so",
        "ssh -i",
        "ssh -i key; ./run",
        "ssh -i $(./run)",
        'ssh -i "`./run`"',
        "ssh -i key\n./run",
        "ssh -i 'key",
        "ssh -o LogLevel=QUIET$IFS-oProxyCommand=./run",
        'ssh -o LogLevel=\\"$IFS-oProxyCommand=./run\\"',
        "ssh -o 'LogLevel=\"'$IFS-oProxyCommand=./run'\"'",
        'ssh -i "${IFS}"',
        "ssh -i key (./run)",
        "sh -c ssh",
        "env ssh",
    ],
)
def test_ssh_with_anything_more_may_run_a_program(command: str) -> None:
    assert not is_only_ssh(command, SSH)


def test_the_list_of_git_is_read_with_its_scopes() -> None:
    listed = b"global\0user.name\nA\nB\0local\0core.bare\0command\0x.y\nz\0"

    assert settings_of(listed) == [
        Setting("global", "user.name", "A\nB"),
        Setting("local", "core.bare", ""),
        Setting("command", "x.y", "z"),
    ]


def test_what_a_hostile_setting_says_is_shown_safely() -> None:
    problem = refusal([Setting("local", "core.sshcommand", "\x1b[2Jrm")], "origin", TOP, SSH)

    assert problem is not None
    assert "\x1b" not in str(problem)
