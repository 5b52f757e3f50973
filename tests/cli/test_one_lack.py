"""Does one lack (a scope, a cap, a list that does not answer) stop only what needs it? Through real commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contentsync.emulator.config import Account, App
from tests.builders import ManualClock
from tests.cli.at_a_desk import Desk, a_desk

BASIC = ("user.info.basic", "video.list")
NewDesk = Callable[..., Desk]


@pytest.fixture
def a_desk_of(tmp_path: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]) -> Iterator[NewDesk]:
    """Makes a desk for account acme; its manifests say which mode they have."""
    with_ends = []

    def make(account: Account, *, audited: bool = True) -> Desk:
        with_ends.append(a_desk(tmp_path, clock, capsys, accounts=(account,), app=App(audited=audited)))
        return with_ends[-1].__enter__()

    yield make
    for end in with_ends:
        end.__exit__(None, None, None)


def both_modes(desk: Desk) -> None:
    """The draft is the first in the order of a plan."""
    desk.site.studio.post("a-draft", mode="draft")
    desk.site.studio.post("b-post")


def there(desk: Desk) -> list[str]:
    with desk.site.project() as project:
        rows = project.store.posts(desk.site.emulator.accounts["acme"].open_id)
        return [row.name for row in rows if row.success]


@pytest.mark.parametrize(("granted", "goes"), [("video.upload", "a-draft"), ("video.publish", "b-post")])
def test_a_missing_scope_stops_the_posts_that_need_it_and_no_others(
    a_desk_of: NewDesk, granted: str, goes: str
) -> None:
    desk = a_desk_of(Account("acme", scopes=(*BASIC, granted)))
    both_modes(desk)
    said = desk.apply()
    assert (said.code, "left out" in said.text) == (8, False)
    assert there(desk) == [goes]


def test_scopes_that_are_known_block_before_anything_is_sent(a_desk_of: NewDesk) -> None:
    desk = a_desk_of(Account("acme", scopes=(*BASIC, "video.publish")))
    both_modes(desk)
    desk.site.emulator.expire_tokens("acme")  # the renewal tells what is granted
    said = desk.apply()
    assert (said.code, desk.inits()) == (8, 1)
    assert "the token of acme lacks the scope video.upload, which TikTok requires for a draft" in said.text
    assert "put new tokens into CONTENTSYNC_TOKEN_ACME; or set mode: direct" in said.text


# The public list.


def test_an_outage_of_the_list_blocks_only_a_state_that_has_posted_nothing(a_desk_of: NewDesk) -> None:
    desk = a_desk_of(Account("acme"))
    desk.site.studio.post("first")
    desk.site.emulator.add_fault("video_list:status=503,count=all")
    young = desk.apply()
    assert (young.code, "[list-not-read]" in young.text, desk.inits()) == (5, True, 0)
    desk.site.emulator.clear_faults()
    assert desk.apply().code == 0
    desk.site.studio.post("second")
    desk.site.emulator.add_fault("video_list:status=503,count=all")
    known = desk.apply()
    assert (known.code, "[list-not-read]" in known.text, there(desk)) == (0, True, ["first", "second"])


def test_what_is_about_the_list_ends_with_it(a_desk_of: NewDesk) -> None:
    desk = a_desk_of(Account("acme"))
    desk.site.emulator.add_fault("video_list:drop_before,count=all")
    imported = desk.run("import_videos", "acme")
    refreshed = desk.run("refresh", "--account", "acme")
    assert (imported.code, refreshed.code) == (1, 1)
    assert "[list-not-read]" in imported.text and "[list-not-read]" in refreshed.text


def test_an_app_without_the_display_scopes_posts_and_says_what_it_can_not_know(a_desk_of: NewDesk) -> None:
    desk = a_desk_of(Account("acme", scopes=("user.info.basic", "video.publish", "video.upload")))
    both_modes(desk)
    said = desk.apply()
    assert (said.code, there(desk)) == (0, ["a-draft", "b-post"])
    assert "the token lacks the scope video.list, so existing videos, lookalikes, drift" in said.text
    assert desk.run("refresh", "--account", "acme").code == 0
    assert desk.run("import_videos", "acme").code == 8
