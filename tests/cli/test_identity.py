"""Does an account stay the TikTok account that its posts were made for, whatever app or state it comes with?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.config import Account, App
from contentsync.emulator.server import Emulator
from contentsync.errors import Problem, StoreError
from contentsync.store.sqlite.accounts import SqliteAccounts
from tests.builders import ManualClock
from tests.cli.at_a_desk import Desk, a_desk
from tests.cli.support import Studio

PROJECT = """\
version: 1
app: {client_key: "${CONTENTSYNC_CLIENT_KEY}", client_secret: "${CONTENTSYNC_CLIENT_SECRET}", audited: true}
accounts:
  acme:
    mode: direct
"""


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """Account acme, which another app knows by another open_id; and a stranger."""
    people = (
        Account("acme", nickname="Acme Studio", username="acme", union_id="u-acme"),
        Account("acme_live", nickname="Acme Studio", username="acme", union_id="u-acme"),
        Account("stranger"),
    )
    with a_desk(tmp_path, clock, capsys, accounts=people, app=App(audited=True)) as made:
        made.site.studio.write("contentsync.yaml", PROJECT)
        yield made


def become(desk: Desk, name: str) -> str:
    """Give account acme the token of another open_id; which one that is."""
    other = desk.site.emulator.accounts[name]
    tokens = {"TOKEN": other.access_token, "REFRESH_TOKEN": other.refresh_token}
    desk.site.studio.environment.update({f"CONTENTSYNC_{kind}_ACME": token for kind, token in tokens.items()})
    return other.open_id


def pin_by_hand(desk: Desk, open_id: str) -> None:
    desk.site.studio.write("contentsync.yaml", PROJECT + f"    open_id: {json.dumps(open_id)}\n")


def lose_the_state(desk: Desk, *, and_the_machine: bool = False) -> None:
    shutil.rmtree(desk.site.studio.root / ".contentsync")
    if and_the_machine:
        shutil.rmtree(desk.data)


def receipt(desk: Desk) -> dict[str, Any]:
    return json.loads((desk.site.studio.root / "receipts" / "acme" / "launch.json").read_text())


def test_a_first_post_names_whom_it_goes_out_as_and_pins_it_in_the_project_file(desk: Desk) -> None:
    desk.site.studio.post("launch")
    assert "acme is not pinned to a TikTok account yet: it posts as Acme Studio (@acme)" in desk.run("plan").text
    assert desk.apply().code == 0
    open_id = desk.site.emulator.accounts["acme"].open_id
    text = (desk.site.studio.root / "contentsync.yaml").read_text()
    assert text == PROJECT.replace("  acme:\n", f'  acme:\n    open_id: "{open_id}"\n')


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_first_post_names_the_line_to_commit_on_stderr(
    studio: Studio, emulator: Emulator, options: tuple[str, ...]
) -> None:
    """A CI throws away the folder in which apply wrote the line."""
    studio.post("launch")
    ran = studio.run("apply", "--auto-approve", *options)
    line = f'commit the new line in contentsync.yaml: open_id: "{emulator.accounts["acme"].open_id}"'
    assert ran.code == 0 and ran.err.count(line) == 1
    studio.post("second")
    assert line not in studio.run("apply", "--auto-approve", *options).err


def test_where_the_file_can_not_be_written_the_state_keeps_the_pin_and_the_line_is_reported(desk: Desk) -> None:
    desk.site.studio.write(
        "contentsync.yaml", PROJECT.replace("  acme:\n    mode: direct", "  ? acme\n  : mode: direct")
    )
    desk.site.studio.post("launch")
    said = desk.apply()
    assert (said.code, 'as: open_id: "' in said.text) == (0, True)
    become(desk, "stranger")
    assert "[other-identity]" in desk.run("plan").text


def test_another_identity_is_refused_after_a_lost_state_too(desk: Desk) -> None:
    desk.site.studio.post("launch")
    desk.apply()
    desk.site.studio.write("contentsync.yaml", PROJECT)  # the pin was never committed
    shutil.rmtree(desk.site.studio.root / "receipts")
    lose_the_state(desk)
    become(desk, "stranger")
    said = desk.apply()
    assert (said.code, "[other-identity]" in said.text, desk.inits()) == (8, True, 1)


@pytest.mark.parametrize("lost", [False, True])
def test_a_new_open_id_creates_nothing_until_a_person_says_whose_it_is(desk: Desk, lost: bool) -> None:
    desk.site.studio.post("launch")
    desk.apply()
    pin_by_hand(desk, become(desk, "acme_live"))
    if lost:
        lose_the_state(desk, and_the_machine=True)
    desk.site.studio.post("second")
    said = desk.apply("--allow", "existing-posts")
    assert (said.code, said.text.count("[open-id-changed]"), desk.inits()) == (5, 2, 1)
    assert "contentsync accounts rebind acme" in said.text


def test_the_journal_under_the_other_open_id_holds_the_post_back_in_a_new_folder_too(desk: Desk) -> None:
    """Pin, state and receipts are gone, and the project lies elsewhere: this machine still knows of the post."""
    studio = desk.site.studio
    studio.post("launch")
    desk.apply()
    become(desk, "acme_live")
    lose_the_state(desk)
    shutil.rmtree(studio.root / "receipts")
    studio.write("contentsync.yaml", PROJECT)
    moved = studio.root.with_name("moved")
    studio.root.rename(moved)
    studio.root = moved
    said = desk.apply()
    assert (said.code, "[known-elsewhere]" in said.text, desk.inits()) == (5, True, 1)


def test_after_a_rebind_everything_is_as_it_was(desk: Desk) -> None:
    desk.site.studio.post("launch")
    desk.apply()
    old = receipt(desk)
    new = become(desk, "acme_live")
    pin_by_hand(desk, new)
    said = desk.run("accounts", "rebind", "acme", "--auto-approve")
    assert said.code == 0
    assert f"1 post in the state and 1 receipt follow from @acme ({old['open_id']})" in said.text
    assert receipt(desk) == old | {"open_id": new}
    plan = desk.run("plan")
    assert (plan.code, plan.text) == (0, "Nothing to do: 1 post as declared.\n")
    assert "there is nothing to do" in desk.run("accounts", "rebind", "acme", "--auto-approve").text
    desk.site.studio.post("second")
    assert (desk.apply().code, desk.inits()) == (0, 2)


def test_a_rebind_that_was_cut_off_is_finished_by_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.site.studio.post("launch")
    desk.apply()
    new = become(desk, "acme_live")
    pin_by_hand(desk, new)
    with monkeypatch.context() as cut:
        cut.setattr(SqliteAccounts, "rebind", lambda *_: (_ for _ in ()).throw(StoreError(Problem("cut-off", "cut"))))
        assert desk.run("accounts", "rebind", "acme", "--auto-approve").code == 1
    assert receipt(desk)["open_id"] == new
    desk.site.studio.post("second")
    assert "[open-id-changed]" in desk.apply().text
    assert desk.run("accounts", "rebind", "acme", "--auto-approve").code == 0
    assert (desk.apply().code, desk.inits()) == (0, 2)


def test_without_a_pin_a_rebind_is_enough(desk: Desk) -> None:
    desk.site.studio.post("launch")
    desk.apply()
    desk.site.studio.write("contentsync.yaml", PROJECT)
    become(desk, "acme_live")
    said = desk.run("plan")
    assert (said.code, "contentsync accounts rebind acme" in said.text) == (8, True)
    assert desk.run("accounts", "rebind", "acme", "--auto-approve").code == 0
    assert desk.run("plan").code == 0


def test_a_rebind_asks_a_person(desk: Desk) -> None:
    assert desk.run("accounts", "rebind", "acme").code == 64


def test_an_open_attempt_of_the_other_app_becomes_unknown(desk: Desk) -> None:
    desk.site.studio.post("launch")
    desk.site.emulator.add_fault("init:stuck")
    desk.apply("--no-wait")
    pin_by_hand(desk, become(desk, "acme_live"))
    assert "1 open attempt of the other app" in desk.run("accounts", "rebind", "acme", "--auto-approve").text
    said = desk.apply()
    assert (said.code, "left out" in said.text, desk.inits()) == (4, False, 1)


def test_a_receipt_names_the_handle_and_the_developers_own_id(desk: Desk) -> None:
    desk.site.studio.post("launch")
    desk.apply()
    assert (receipt(desk)["username"], bool(receipt(desk)["union_id"])) == ("acme", True)
