"""Which variables does a project file read, and what is asked of its user first?"""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.errors import Level, Problem
from contentsync.manifest.load import load_settings
from contentsync.settings import Settings
from contentsync.trust import UserSays, hide, stripped, without_secrets

COMMAND = "accounts:\n  acme:\n    mode: draft\n    token_command: [scripts/token.sh, acme]\n"


def read(
    root: Path, text: str, granted: str = "", **environ: str
) -> tuple[Settings, list[tuple[str, Level]], list[Problem]]:
    (root / "contentsync.yaml").write_text(text, "utf-8")
    settings, problems = load_settings(root, environ, UserSays(granted=frozenset({granted})))
    assert settings is not None
    return settings, [(problem.code, problem.level) for problem in problems], problems


@pytest.mark.parametrize("name", ["HOME", "AWS_SECRET_ACCESS_KEY", "contentsync_x", "TIKTOK_SECRET"])
def test_a_variable_of_others_is_read_after_a_grant_only(name: str, tmp_path: Path) -> None:
    text = f"app: {{client_secret: '${{{name}}}'}}\n"
    settings, codes, _ = read(tmp_path, text, **{name: "canary"})
    assert (settings.app.client_secret, codes) == (None, [("variable-not-trusted", Level.NOTE)])
    settings, codes, _ = read(tmp_path, text, settings.wanted.digest, **{name: "canary"})
    assert (settings.app.client_secret, codes) == ("canary", [])


def test_a_granted_variable_is_asked_again_at_another_key(tmp_path: Path) -> None:
    granted = read(tmp_path, "timezone: ${ZONE}\n", ZONE="UTC")[0].wanted.digest
    settings, codes, _ = read(tmp_path, "state: ${ZONE}\n", granted, ZONE="UTC")
    assert (settings.state, codes) == (Settings().state, [("variable-not-trusted", Level.NOTE)])


@pytest.mark.parametrize(
    "name",
    [
        "CONTENTSYNC_TOKEN_ACME",
        "CONTENTSYNC_REFRESH_TOKEN_ACME",
        "CONTENTSYNC_SECRET_KEY",
        "CONTENTSYNC_TRUST",
    ],
)
@pytest.mark.parametrize("key", ["app.client_secret", "app.client_key"])
def test_a_token_is_never_read_whoever_grants_it(name: str, key: str, tmp_path: Path) -> None:
    text = f"app: {{{key.partition('.')[2]}: 'x${{{name}}}'}}\n"
    granted = read(tmp_path, text)[0].wanted.digest
    settings, codes, problems = read(tmp_path, text, granted, **{name: "canary-of-a-token"})
    assert (settings.app.client_secret, settings.app.client_key) == (None, None)
    assert codes == [("variable-refused", Level.ERROR)]
    assert "canary" not in repr((settings, problems))


@pytest.mark.parametrize("name", ["CONTENTSYNC_CLIENT_SECRET", "CONTENTSYNC_DB_PASSWORD", "CONTENTSYNC_API_TOKEN"])
@pytest.mark.parametrize(
    "text",
    [
        "timezone: {}\n",
        "hosting: {{base_url: 'https://evil.example/{}/'}}\n",
        "app: {{client_key: '{}'}}\n",
        "accounts: {{a: {{open_id: '{}'}}}}\n",
        "accounts: {{a: {{token_command: [curl, '{}']}}}}\n",
        "state: '{}'\n",
    ],
)
def test_a_secret_is_read_at_client_secret_alone(text: str, name: str, tmp_path: Path) -> None:
    _, codes, problems = read(tmp_path, text.format(f"${{{name}}}"), **{name: "canary-of-a-secret"})
    assert codes == [("variable-refused", Level.ERROR)]
    assert "canary" not in repr(problems)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", " ", "\t", "\u00a0", "\n\n"])
def test_white_space_at_the_ends_of_a_value_is_taken_away(end: str, tmp_path: Path) -> None:
    text = "app: {client_key: '${CONTENTSYNC_K}', client_secret: '${CONTENTSYNC_S}'}\n"
    settings, codes, _ = read(tmp_path, text, CONTENTSYNC_K=f"key{end}", CONTENTSYNC_S=f"{end}hush{end}")
    assert (settings.app.client_key, settings.app.client_secret, codes) == ("key", "hush", [])


@pytest.mark.parametrize("value", ["hu sh", "hu\nsh", "hu\tsh", "hu\x00sh", "hu\x7fsh", "h\u00fcsh", "hu\u200bsh"])
def test_what_no_secret_holds_inside_is_told_without_the_secret(value: str, tmp_path: Path) -> None:
    _, codes, problems = read(tmp_path, "app: {client_secret: '${CONTENTSYNC_S}'}\n", CONTENTSYNC_S=value)
    assert codes == [("variable-malformed", Level.ERROR)]
    assert value not in repr(problems) and "CONTENTSYNC_S" in problems[0].what


def test_any_other_value_may_have_blanks_but_no_line_break(tmp_path: Path) -> None:
    text = "accounts: {a: {token_command: [echo, '${CONTENTSYNC_X}']}}\n"
    assert read(tmp_path, text, CONTENTSYNC_X="a b")[0].accounts["a"].token_command == ("echo", "a b")
    assert read(tmp_path, text, CONTENTSYNC_X="a\nb")[1] == [("variable-malformed", Level.ERROR)]


# What is asked for


def test_a_project_that_asks_for_nothing_needs_no_grant(tmp_path: Path) -> None:
    settings, _, _ = read(
        tmp_path, "app: {client_key: '${CONTENTSYNC_K}'}\nhosting: {base_url: 'https://m.example/'}\n"
    )
    assert (settings.wanted.is_empty, settings.wanted.digest, settings.granted) == (True, "", True)


def test_a_command_is_refused_until_exactly_it_is_granted(tmp_path: Path) -> None:
    settings, _, _ = read(tmp_path, COMMAND)
    refused = settings.accounts["acme"].command_refused
    assert refused is not None and refused.code == "command-not-trusted"
    assert "scripts/token.sh acme" in refused.what and str(refused.where) == "contentsync.yaml:4:20"
    granted = settings.wanted.digest
    assert read(tmp_path, COMMAND, granted)[0].accounts["acme"].command_refused is None
    assert read(tmp_path, COMMAND.replace(", acme]", ", acme, x]"), granted)[0].accounts["acme"].command_refused
    assert read(tmp_path, COMMAND.replace("  acme:", "  beta:"), granted)[0].accounts["beta"].command_refused


def test_a_changed_script_of_the_project_asks_again(tmp_path: Path) -> None:
    script = tmp_path / "scripts" / "token.sh"
    script.parent.mkdir()
    script.write_text("echo good")
    granted = read(tmp_path, COMMAND)[0].wanted.digest
    assert read(tmp_path, COMMAND, granted)[0].granted
    script.write_text("echo bad")
    assert not read(tmp_path, COMMAND, granted)[0].granted


def test_a_ci_grants_by_the_digest_wherever_the_project_lies(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    digest = read(here, COMMAND)[0].wanted.digest
    assert read(there, COMMAND, CONTENTSYNC_TRUST=f"sha256:0, {digest}\n")[0].granted
    assert not read(there, COMMAND, CONTENTSYNC_TRUST="sha256:0 true 1 *")[0].granted
    assert not read(there, COMMAND, CONTENTSYNC_TRUST="")[0].granted


@pytest.mark.parametrize("place", ["/srv/www", "../www", "file:///srv/www", "a/../../www", "${CONTENTSYNC_X}/www"])
def test_a_folder_outside_needs_a_grant(place: str, tmp_path: Path) -> None:
    text = f"hosting: {{base_url: 'https://m.example/', upload: '{place}'}}\n"
    settings, _, _ = read(tmp_path, text, CONTENTSYNC_X="/srv")
    assert (settings.wanted.folders, settings.hosting_by_user) == ((("hosting.upload", place),), False)
    assert read(tmp_path, text, settings.wanted.digest, CONTENTSYNC_X="/srv")[0].hosting_by_user


@pytest.mark.parametrize("place", ["www", "./www/x", "s3://bucket/x", "${CONTENTSYNC_X}"])
def test_no_grant_is_needed_inside_in_a_bucket_or_where_the_environment_says(place: str, tmp_path: Path) -> None:
    text = f"hosting: {{base_url: 'https://m.example/', upload: '{place}'}}\n"
    assert read(tmp_path, text, CONTENTSYNC_X="/srv")[0].granted


def test_a_link_out_makes_a_folder_an_outside_one(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "www").symlink_to(tmp_path)
    text = "hosting: {base_url: 'https://m.example/', upload: www}\n"
    assert not read(tmp_path / "project", text)[0].granted


# What others see of the environment


def test_a_program_gets_no_secret_of_ours() -> None:
    environ = {
        "PATH": "/bin",
        "CONTENTSYNC_TOKEN_A": "act.long",
        "CONTENTSYNC_X": "x",
        "TIKTOK_SECRET": "hush\n",
        "V": "v",
    }
    environ |= {"ACME_IN_THE_CI": "act.long"}  # what the seed was set from
    assert without_secrets(environ, ["hush", None]) == {"PATH": "/bin", "V": "v"}


def test_our_variables_lose_the_white_space_round_them_and_others_keep_it() -> None:
    assert stripped({"CONTENTSYNC_X": " x\r\n", "OTHER": " y "}) == {"CONTENTSYNC_X": "x", "OTHER": " y "}


@pytest.mark.parametrize("value", ["canary-314", 'can"ary\\314', "kanarienv\u00f6gel"])
def test_what_was_read_is_hidden_in_text_and_in_json(value: str) -> None:
    import json

    read = {"CONTENTSYNC_X": value}
    for line in (f"at {value}!", json.dumps(f"at {value}!"), json.dumps(f"at {value}!", ensure_ascii=False)):
        assert "${CONTENTSYNC_X}" in hide(line, read) and value not in hide(line, read)


@pytest.mark.parametrize(
    ("key", "value", "is_hidden"),
    [
        ("timezone", "UTC", False),
        ("timezone", "Europe/Berlin", True),
        ("state", "x.db", False),
        ("state", "hunter2", True),
        ("accounts: {a: {mode: direct, open_id", "hunter2", True),
        ("accounts: {a: {mode", "direct", False),
        ("accounts: {a: {limits: {posts_per_day", "12", False),
    ],
)
def test_a_value_is_hidden_unless_it_may_be_any_word(key: str, value: str, is_hidden: bool, tmp_path: Path) -> None:
    text = f"{key}: '${{CONTENTSYNC_X}}'{'}' * key.count('{')}\n"
    settings, _, _ = read(tmp_path, text, CONTENTSYNC_X=value)
    assert (hide(f"a {value} b", settings.hidden) == "a ${CONTENTSYNC_X} b") is is_hidden
