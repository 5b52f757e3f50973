"""No character and no encoding ends a run, and none reaches a terminal that would move its cursor or mislead."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.emulator.config import Account
from contentsync.emulator.faults import Action, Fault
from contentsync.emulator.server import Emulator
from tests.cli.support import Studio, an_emulator

ODD = "Tea☕ \u202egpj.exe\u202c \x9b31m\u200bz\u2066x\U000e0041"
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e0fff]")

LOCALES = {
    "a Windows pipe": {"PYTHONIOENCODING": "cp1252"},
    "latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "utf-16": {"PYTHONIOENCODING": "utf-16"},
    "the C locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.fixture
def hostile() -> Iterator[Emulator]:
    with an_emulator(accounts=(Account("acme", nickname=ODD, username=ODD),)) as served:
        yield served


def in_locale(studio: Studio, locale: str, *args: str | bytes) -> subprocess.CompletedProcess[bytes]:
    names = ("PYTHONUTF8", "PYTHONIOENCODING", "LC_ALL", "LANG")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-m", "contentsync", *args],
        cwd=studio.root,
        env=kept | studio.environment | LOCALES[locale],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_gets_utf_8_and_the_post_goes_out_once(locale: str, hostile: Emulator, tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio", hostile.environment)
    studio.post("tea", caption="Teatime ☕ é")
    for args in (["apply", "--auto-approve"], ["explain", "tea"]):
        ran = in_locale(studio, locale, *args)
        assert ran.returncode == 0, ran.stderr
        told = ran.stdout.decode("utf-8") + ran.stderr.decode("utf-8")
        assert "☕" in told or args[0] != "explain"
    assert [post.caption for post in hostile.posts("acme")] == ["Teatime ☕ é"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_bytes_that_are_no_text_in_an_argument_end_nothing(studio: Studio) -> None:
    studio.post("tea")
    for args in (["explain", b"\xff\xfe"], [b"\xff"], ["status", b"\xff"], ["validate", b"posts/\xff"]):
        ran = in_locale(studio, "ascii", *args)
        assert ran.returncode in (1, 64), ran
        told = ran.stderr.decode("utf-8") + ran.stdout.decode("utf-8")
        assert "\\udcff" in told or "\N{REPLACEMENT CHARACTER}" in told


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="such names can't be made there")
def test_a_file_name_that_is_no_text_ends_nothing(studio: Studio) -> None:
    studio.post("tea")
    folder = os.fsencode(studio.root / "posts")
    for name in (b"\xff.yaml", b"\xff.mp4", b"slides\xff"):
        path = folder + b"/" + name
        if b"." in name:
            Path(os.fsdecode(path)).write_bytes(b"name: odd\naccount: acme\nvideo: tea.mp4\nprivacy: only_me\n")
        else:
            Path(os.fsdecode(path)).mkdir()
    for args in (["validate"], ["plan"], ["apply", "--auto-approve"], ["status"], ["plan", "--json"]):
        ran = studio.run(*args)
        assert ran.code in (0, 1), ran
        (ran.out + ran.err).encode()


READING = (
    ["plan", "--out", "p.json"],
    ["apply", "--auto-approve"],
    ["plan", "--json"],
    ["status"],
    ["status", "--json"],
    ["explain", "tea"],
    ["accounts"],
    ["accounts", "--json"],
    ["videos", "acme"],
    ["videos", "acme", "--json"],
    ["state", "show", "tea"],
    ["state", "history", "--json"],
    ["state", "history"],
    ["import", "acme"],
    ["resolve", ODD, "--keep"],
    [ODD],
    ["plan", f"--{ODD}"],
)


@pytest.mark.slow
def test_no_output_holds_what_can_not_be_seen(hostile: Emulator, tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio", hostile.environment)
    studio.post("tea", caption="Tea\u200b for two")
    studio.post("cup", caption="Refused")
    hostile.add_fault(Fault(Action.ERROR, "video_init", code="invalid_params", message=ODD))
    for args in READING:
        ran = studio.run(*args)
        told = ran.out + ran.err
        assert ran.code != 70, told
        assert not UNSEEN.findall(told), (args, told)
        assert not {unicodedata.category(char) for char in told} & {"Cs"}
    assert "Tea\u200b for two" in [post.caption for post in hostile.posts("acme")]  # what is sent stays exact


def test_a_saved_plan_with_such_characters_is_applied_as_it_is(studio: Studio, emulator: Emulator) -> None:
    studio.post("tea", caption="Tea\u200b \U000e0041 for two")
    assert studio.run("plan", "--out", "p.json").code == 0
    printed = studio.run("plan", "--json").out
    assert "\\u200b" in printed and "\\u200b" in (studio.root / "p.json").read_text(encoding="utf-8")
    assert studio.run("apply", "p.json").code == 0
    assert [post.caption for post in emulator.posts("acme")] == ["Tea\u200b \U000e0041 for two"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the shell of this test is not there")
@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_a_closed_stream_ends_no_run(closed: str, hostile: Emulator, tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio", hostile.environment)
    studio.post("tea", caption="Teatime")
    script = f'exec "$0" -m contentsync apply --auto-approve {closed}'
    ran = subprocess.run(
        ["sh", "-c", script, sys.executable],
        cwd=studio.root,
        env=os.environ | studio.environment,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert [post.caption for post in hostile.posts("acme")] == ["Teatime"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_output_onto_a_full_disk_fails_and_is_no_defect(hostile: Emulator, tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio", hostile.environment)
    studio.post("tea", caption="Teatime")
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "contentsync", "plan", "--no-refresh"],
            cwd=studio.root,
            env=os.environ | studio.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=100,
            check=False,
        )
    assert ran.returncode == 1
    assert b"No space left" in ran.stderr and b"defect" not in ran.stderr
