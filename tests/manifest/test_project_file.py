"""Is contentsync.yaml read as it is meant, with its variables, its defaults and its faults?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.errors import Level, ManifestError, Problem
from contentsync.manifest.codes import CODES
from contentsync.manifest.load import load_settings
from contentsync.post import Mode
from contentsync.root import find_root
from contentsync.settings import App, Approve, ApproveBy, Limits, Sandbox, Settings, Slot
from tests.manifest.projects import told

ROOT = Path(__file__).parents[2]
WHOLE = """\
version: 1
manifests: ["posts/**/*.yaml", "drafts/*.yml"]
state: .contentsync/other.db
receipts: false
timezone: Europe/Berlin
app:
  client_key: ${CONTENTSYNC_CLIENT_KEY}
  client_secret: ${CONTENTSYNC_CLIENT_SECRET}
  audited: true
  redirect_uri: https://acme.example/callback
  limits: {posting_users_per_day: 7}
defaults: {allow: [comment], disclosure: [], mode: draft, grace: 2h, ai_generated: true}
accounts:
  acme:
    open_id: "abc"
    token_command: [pass, show, tiktok/acme]
    mode: direct
    timezone: America/New_York
    paused: true
    slots: ["mon 09:00", "wed 18:30"]
    limits:
      inits_per_minute: 3
      max_creates_per_day: 99
  lily: {}
api:
  base_url: http://127.0.0.1:8080
  poll_initial: 500ms
  poll_max: 0.5m
hosting:
  base_url: https://media.acme.example/tiktok/
  upload: s3://acme-media/tiktok
  verified: [https://media.acme.example/]
watch: {debounce: 2s, settle: 5s, approve: auto}
notify: []
"""
ENVIRON = {"CONTENTSYNC_CLIENT_KEY": "key", "CONTENTSYNC_CLIENT_SECRET": "hush", "EMPTY": ""}


def read(root: Path, text: str, **environ: str) -> tuple[Settings | None, list[Problem]]:
    (root / "contentsync.yaml").write_text(text, "utf-8")
    return load_settings(root, environ)


def test_every_key_arrives_in_the_settings(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, WHOLE, **ENVIRON)
    assert problems == []
    assert settings is not None
    assert settings.manifests == ("posts/**/*.yaml", "drafts/*.yml")
    assert (settings.state, settings.receipts, settings.timezone) == (".contentsync/other.db", False, "Europe/Berlin")
    assert settings.app == App("key", "hush", True, "https://acme.example/callback", 7)
    acme, lily = settings.accounts["acme"], settings.accounts["lily"]
    assert (acme.open_id, acme.token_command) == ("abc", ("pass", "show", "tiktok/acme"))
    assert (acme.mode, acme.timezone, acme.paused) == (Mode.DIRECT, "America/New_York", True)
    assert acme.slots == (Slot(0, 9, 0), Slot(2, 18, 30))
    assert acme.limits == Limits(inits_per_minute=3, max_creates_per_day=99)
    assert (lily.mode, lily.timezone, lily.limits) == (None, "Europe/Berlin", Limits())
    assert settings.base_url == "http://127.0.0.1:8080"
    assert (settings.poll_initial, settings.poll_max) == (timedelta(milliseconds=500), timedelta(seconds=30))
    assert settings.hosting_base_url == "https://media.acme.example/tiktok/"
    assert settings.hosting_upload == "s3://acme-media/tiktok"
    assert settings.hosting_verified == ("https://media.acme.example/",)
    assert (settings.defaults.mode, settings.defaults.grace) == (Mode.DRAFT, timedelta(hours=2))
    assert settings.unset == ()


def test_a_bare_project_has_the_defaults(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "version: 1\n")
    assert (settings, problems) == (Settings(), [])


@pytest.mark.parametrize(("audited", "cap"), [("false", 5), ("true", None)])
def test_only_an_app_that_is_not_audited_has_a_cap_of_users(audited: str, cap: int | None, tmp_path: Path) -> None:
    settings, _ = read(tmp_path, f"app: {{audited: {audited}}}\n")
    assert settings is not None
    assert settings.app.posting_users_per_day == cap


def test_a_daily_slot_is_one_of_every_day(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, 'accounts: {acme: {slots: ["daily 18:30"]}}\n')
    assert settings is not None and problems == []
    assert [(slot.weekday, slot.hour, slot.minute) for slot in settings.accounts["acme"].slots] == [
        (day, 18, 30) for day in range(7)
    ]


# -- variables


def test_a_variable_is_read_in_any_string(tmp_path: Path) -> None:
    text = "accounts:\n  acme:\n    open_id: x-$-$\n    paused: ${CONTENTSYNC_P}\n    token_command: [echo, '$']\n"
    text = re.sub(r"\$(?!\{)", "${CONTENTSYNC_ID}", text)
    settings, problems = read(tmp_path, text, CONTENTSYNC_ID="7", CONTENTSYNC_P="true")
    assert settings is not None
    acme = settings.accounts["acme"]
    assert (acme.open_id, acme.paused, acme.token_command) == ("x-7-7", True, ("echo", "7"))
    assert problems == []


@pytest.mark.parametrize("environ", [{}, {"CONTENTSYNC_CLIENT_KEY": ""}])
def test_an_unset_variable_is_noted_and_its_key_left_out(environ: dict[str, str], tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "app:\n  client_key: ${CONTENTSYNC_CLIENT_KEY}\n", **environ)
    assert settings is not None
    assert settings.app.client_key is None
    assert [(name, key, str(place)) for name, key, place in settings.unset] == [
        ("CONTENTSYNC_CLIENT_KEY", "app.client_key", "contentsync.yaml:2:15")
    ]
    assert [(problem.code, problem.level) for problem in problems] == [("unset-variable", Level.NOTE)]


def test_a_command_with_an_unset_variable_is_left_out_whole(tmp_path: Path) -> None:
    text = "accounts:\n  acme:\n    token_command: [rm, -r, '${CONTENTSYNC_DIR}', '${CONTENTSYNC_DIR}/x']\n"
    settings, problems = read(tmp_path, text)
    assert settings is not None
    assert settings.accounts["acme"].token_command == ()
    assert told(problems) == ["3:29 unset-variable", "3:51 unset-variable"]


def test_what_a_variable_holds_never_stands_in_a_message(tmp_path: Path) -> None:
    text = "timezone: $\nreceipts: $\napi: {base_url: '$', poll_max: '$'}\nversion: $\n"
    text = text.replace("$", "${CONTENTSYNC_A}")
    _, problems = read(tmp_path, text, CONTENTSYNC_A="hunter2")
    assert len(problems) == 5
    assert "hunter2" not in repr(problems)


def test_a_literal_secret_is_a_warning_that_does_not_repeat_it(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "app:\n  client_secret: hunter2\n")
    assert settings is not None
    assert settings.app.client_secret == "hunter2"
    assert [(problem.code, problem.level) for problem in problems] == [("literal-secret", Level.WARNING)]
    assert "hunter2" not in repr(problems)


def test_a_sandbox_has_keys_of_its_own(tmp_path: Path) -> None:
    text = "app:\n  client_key: k\n  sandbox:\n    client_key: s\n    client_secret: ${CONTENTSYNC_S}\n"
    settings, problems = read(tmp_path, text, CONTENTSYNC_S="hush")
    assert settings is not None and problems == []
    assert settings.app.sandbox == Sandbox("s", "hush") and "hush" not in repr(settings.app)


def test_a_sandboxs_literal_secret_is_a_warning_that_does_not_repeat_it(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "app: {sandbox: {client_key: s, client_secret: hunter2}}\n")
    assert told(problems) == ["1:47 literal-secret"]
    assert "hunter2" not in repr(problems)


def test_the_apps_own_key_is_no_sandboxs(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "app:\n  client_key: k\n  sandbox:\n    client_key: k\n")
    assert told(problems) == ["4:17 sandbox-key"]


def test_a_database_password_is_a_warning_that_does_not_repeat_it(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "state: postgresql://me:hunter2@db.example/posts\n")
    assert told(problems) == ["1:8 literal-secret"]
    assert "hunter2" not in repr(problems)


def test_the_environment_wins_over_the_address_of_the_api(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, WHOLE, **ENVIRON, CONTENTSYNC_API_URL="http://localhost:9/")
    assert settings is not None
    assert (settings.base_url, problems) == ("http://localhost:9", [])


@pytest.mark.parametrize(
    "url", ["http://tiktok.example", "ftp://x", "https://me:pw@tiktok.example", "http://127.0.0.1.evil"]
)
def test_a_token_goes_only_to_https_or_to_this_machine(url: str, tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "version: 1\n", CONTENTSYNC_API_URL=url)
    assert [problem.code for problem in problems] == ["base-url"]
    assert settings is not None
    assert settings.base_url == Settings().base_url
    assert url not in repr(problems)


# -- faults

BAD = {
    "an unknown key": ("acounts: {}\n", ["1:1 unknown-key"]),
    "an unknown key inside": ("accounts:\n  acme: {token: x}\n", ["2:10 unknown-key"]),
    "an unknown limit": ("accounts:\n  acme: {limits: {posts: 1}}\n", ["2:19 unknown-key"]),
    "a version of later": ("version: 2\n", ["1:10 version-unknown"]),
    "a switch for a number": ("accounts: {a: {limits: {posts_per_day: true}}}\n", ["1:40 not-a-number"]),
    "a limit of zero": ("accounts: {a: {limits: {posts_per_day: 0}}}\n", ["1:40 not-a-number"]),
    "a negative limit": ("accounts: {a: {limits: {posts_per_day: -1}}}\n", ["1:40 not-a-number"]),
    "a default of privacy": ("defaults: {privacy: everyone}\n", ["1:12 privacy-default"]),
    "a default of hold": ("defaults: {hold: true}\n", ["1:12 unknown-key"]),
    "an account in capitals": ("accounts: {Acme: {}}\n", ["1:12 account-pattern"]),
    "an account with a dot": ("accounts: {a.b: {}}\n", ["1:12 account-pattern"]),
    "an account of nothing": ("accounts:\n  acme:\n", ["2:3 no-value"]),
    "an account that is text": ("accounts: {acme: direct}\n", ["1:18 wrong-type"]),
    "accounts in a list": ("accounts: [acme]\n", ["1:11 wrong-type"]),
    "one variable for two": ("accounts: {a-b: {}, a_b: {}}\n", ["1:26 account-clash"]),
    "one identity for two": ("accounts: {a: {open_id: x}, b: {open_id: x}}\n", ["1:42 open-id-twice"]),
    "an unknown zone": ("timezone: Europe/Atlantis\n", ["1:11 unknown-timezone"]),
    "a zone that is a path": ("timezone: ../../etc/passwd\n", ["1:11 unknown-timezone"]),
    "a zone that is a folder": ("timezone: Europe\n", ["1:11 unknown-timezone"]),
    "an account's zone": ("accounts: {a: {timezone: CEST}}\n", ["1:26 unknown-timezone"]),
    "a slot without weekday": ("accounts: {a: {slots: ['09:00']}}\n", ["1:24 not-a-slot"]),
    "a slot of every day and of one": (
        "accounts: {a: {slots: [daily 09:00, mon 09:00]}}\n",
        ["1:23 repeated-value"],
    ),
    "a branch without a name": ("watch: {approve: {branch: ''}}\n", ["1:18 not-a-branch"]),
    "a branch that is an option": ("watch: {approve: {branch: --upload-pack=x}}\n", ["1:18 not-a-branch"]),
    "a branch that goes up": ("watch: {approve: {branch: a/../b}}\n", ["1:18 not-a-branch"]),
    "another key beside the branch": ("watch: {approve: {branch: main, remote: x}}\n", ["1:18 wrong-type"]),
    "a slot twice": ("accounts: {a: {slots: [mon 09:00, mon 09:00]}}\n", ["1:23 repeated-value"]),
    "http to a stranger": ("api: {base_url: http://tiktok.example}\n", ["1:17 base-url"]),
    "polls the wrong way round": ("api: {poll_initial: 1m, poll_max: 1s}\n", ["1:35 poll-order"]),
    "a duration of nothing": ("api: {poll_max: 0s}\n", ["1:17 not-a-duration"]),
    "hosting by http": ("hosting: {base_url: http://media.example/}\n", ["1:21 hosting-url"]),
    "hosting on this machine": ("hosting: {base_url: http://127.0.0.1:8000/}\n", ["1:21 hosting-url"]),
    "hosting with a query": ("hosting: {base_url: https://media.example/?a=1}\n", ["1:21 hosting-url"]),
    "a store that is not known": (
        "hosting: {base_url: https://m.example/, upload: ftp://m.example/x}\n",
        ["1:49 hosting-upload"],
    ),
    "a store with a password": (
        "hosting: {base_url: https://m.example/, upload: s3://key:word@bucket}\n",
        ["1:49 hosting-upload"],
    ),
    "a store without a bucket": ("hosting: {base_url: https://m.example/, upload: s3://}\n", ["1:49 hosting-upload"]),
    "verified that is neither": (
        "hosting: {base_url: https://m.example/, verified: [m.example, m, http://m.example/]}\n",
        ["1:63 hosting-verified", "1:66 hosting-verified"],
    ),
    "upload without address": ("hosting: {upload: s3://x}\n", ["1:10 hosting-url"]),
    "a redirect to a stranger": ("app: {redirect_uri: http://acme.example/}\n", ["1:21 redirect-uri"]),
    "manifests from outside": ("manifests: [../*.yaml, /x.yaml]\n", ["1:13 glob-outside", "1:24 glob-outside"]),
    "no manifests": ("manifests: []\n", ["1:12 empty-list"]),
    "an empty state": ("state: ''\n", ["1:8 empty-text"]),
    "an unknown approval": ("watch: {approve: maybe}\n", ["1:18 unknown-word"]),
    "several faults": (
        "timezone: Nowhere\naccounts: {a: {mode: x, paused: no}}\nfoo: 1\n",
        ["1:11 unknown-timezone", "2:22 unknown-word", "2:33 not-a-switch", "3:1 unknown-key"],
    ),
}
UNREADABLE = {
    "empty": ("", ["1:1 document-empty"]),
    "two documents": ("version: 1\n---\nversion: 1\n", ["3:1 several-documents"]),
    "no YAML": ("accounts: {\n", ["2:1 yaml-syntax"]),
    "a list": ("- a\n", ["1:1 document-not-mapping"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_fault_is_told_at_its_place_and_the_rest_still_counts(case: str, tmp_path: Path) -> None:
    text, expected = BAD[case]
    settings, problems = read(tmp_path, text)
    assert told(problems) == expected
    assert {problem.code for problem in problems} <= CODES.keys()
    assert settings is not None


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_no_project_gives_no_settings(case: str, tmp_path: Path) -> None:
    text, expected = UNREADABLE[case]
    settings, problems = read(tmp_path, text)
    assert (settings, told(problems)) == (None, expected)


def test_a_folder_without_project_says_what_to_do(tmp_path: Path) -> None:
    settings, problems = load_settings(tmp_path, {})
    assert (settings, told(problems)) == (None, ["1:1 project-missing"])
    assert problems[0].hint == "run: contentsync init"


def test_a_project_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "contentsync.yaml").mkdir()
    assert told(load_settings(tmp_path, {})[1]) == ["1:1 file-unreadable"]


def test_a_fault_in_one_account_leaves_the_others(tmp_path: Path) -> None:
    settings, _ = read(tmp_path, "accounts:\n  a: {mode: direct, slots: [never], paused: true}\n  b: {mode: draft}\n")
    assert settings is not None
    assert [(account.name, account.mode, account.paused) for account in settings.accounts.values()] == [
        ("a", Mode.DIRECT, True),
        ("b", Mode.DRAFT, False),
    ]


def test_hosting_on_this_machine_is_taken_beside_an_api_on_this_machine(tmp_path: Path) -> None:
    text = "version: 1\nhosting: {base_url: http://127.0.0.1:8000/tiktok}\n"
    settings, problems = read(tmp_path, text, CONTENTSYNC_API_URL="http://127.0.0.1:9")
    assert (problems, settings and settings.hosting_base_url) == ([], "http://127.0.0.1:8000/tiktok")


def test_a_project_that_only_pulls_tells_what_is_verified_and_no_more(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "version: 1\nhosting: {verified: [acme.example]}\n")
    assert (problems, settings and settings.hosting_verified) == ([], ("acme.example",))
    assert settings is not None and (settings.hosting_base_url, settings.hosting_upload) == ("", "")


def test_a_base_url_whose_variable_is_not_set_is_told_as_that_alone(tmp_path: Path) -> None:
    _, problems = read(tmp_path, 'version: 1\nhosting: {base_url: "${CONTENTSYNC_MEDIA}", upload: s3://x}\n')
    assert [problem.code for problem in problems] == ["unset-variable"]


@pytest.mark.parametrize("name", ["contentsync.yml", "contentsync.yaml.txt"])
def test_a_project_file_with_nearly_the_right_name_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("version: 1\n")
    (tmp_path / "posts").mkdir()
    _, problems = load_settings(tmp_path, {})
    assert problems[0].hint == f"rename it: mv {name} contentsync.yaml"
    with pytest.raises(ManifestError) as raised:
        find_root(tmp_path / "posts", {})
    assert raised.value.problems[0].hint == f"rename it: mv {name} contentsync.yaml"


def test_a_machine_without_time_zones_is_named_as_the_cause(tmp_path: Path) -> None:
    (tmp_path / "contentsync.yaml").write_text("timezone: Europe/Berlin\naccounts: {acme: {mode: draft}}\n")
    (tmp_path / "tzdata").mkdir()
    (tmp_path / "tzdata" / "__init__.py").touch()
    code = (
        "from pathlib import Path; from contentsync.manifest.settings import load_settings\n"
        "print(load_settings(Path(), {})[1])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "PYTHONTZPATH": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "timezone-database-missing" in ran.stdout
    assert "unknown-timezone" not in ran.stdout


def test_a_daily_slot_is_one_of_each_weekday(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "accounts: {a: {mode: draft, slots: [daily 18:00]}}\n")
    assert not problems and settings is not None
    assert settings.accounts["a"].slots == tuple(Slot(day, 18, 0) for day in range(7))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{}", ApproveBy()),
        ("{approve: manual}", ApproveBy()),
        ("{approve: auto}", ApproveBy(Approve.AUTO)),
        ("{approve: {branch: release/2026.1}}", ApproveBy(Approve.BRANCH, "release/2026.1")),
    ],
)
def test_who_approves_is_a_word_or_a_branch(tmp_path: Path, written: str, meant: ApproveBy) -> None:
    settings, problems = read(tmp_path, f"accounts: {{a: {{mode: draft}}}}\nwatch: {written}\n")
    assert not problems and settings is not None
    assert settings.approve_by == meant
