"""Whatever happened, a plan that asks TikTok and leaves resting posts out decides as one that looks at all posts.

So does the last look before each intent, whatever happens between the plan and it.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.emulator.config import Account, Video
from contentsync.emulator.server import Emulator
from contentsync.errors import ContentsyncError
from contentsync.evidence import receipts
from contentsync.evidence.identity import Identity
from contentsync.evidence.journal import Journal
from contentsync.lifecycle import Phase as At
from contentsync.operations.apply import apply
from contentsync.operations.last_look import LastLook
from contentsync.operations.nothing_to_do import NothingToDo
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.selection import Wish
from contentsync.plan import planfile
from contentsync.plan.action import Kind
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.remote_post import Creator, RemotePost
from contentsync.settings import Approve, ApproveBy
from tests.builders import NOW, ManualClock, a_row, an_attempt
from tests.cli.support import an_emulator
from tests.operations.histories import NAMES, OPEN_ID, Place, listed, moment
from tests.operations.odd_histories import OddPlace
from tests.operations.test_nothing_changed import LIVES, random_lives

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="there a stat does not show every write"),
    pytest.mark.timeout(0 if LIVES else 300),
]
SENT = frozenset({Kind.CREATE, Kind.RESUME})


class Site(OddPlace):
    """The project, with TikTok beside it, and what may happen there."""

    def __init__(self, root: Path, emulator: Emulator) -> None:
        self.emulator, self.now = emulator, moment()
        super().__init__(root)
        for number, name in enumerate(NAMES):
            self._add_video(f"About {name}", 7_400_000_000_000_000_000 + number)
        with self.state() as store:
            rows = store.posts(OPEN_ID)
            store.save_videos(OPEN_ID, [listed(row) for row in rows], back_to=None, now=NOW)
            store.mark_public([row.uid for row in rows], NOW)
        self._audit()
        self.first[self._file] = self._file.read_bytes()

    @property
    def _file(self) -> Path:
        return self.root / "contentsync.yaml"

    def step(self, number: int, seed: int) -> None:
        super().step(number, seed)
        self._audit()

    def _audit(self) -> None:
        """An app that may post for everyone, or each new post would be blocked."""
        if "audited" not in self._file.read_text():
            text = self._file.read_text().replace("app: {", "app: {audited: true, ")
            self._file.write_text(text if "audited" in text else text + "app: {audited: true}\n")

    def project(self) -> Project:
        return Project.open(self.root, self.everything)

    @property
    def everything(self) -> dict[str, str]:
        return self.environ | self.emulator.environment | {"CONTENTSYNC_TOKEN_STORE": "file"}

    def view(self) -> NothingToDo | None:
        """No file counts as written just now."""
        return NothingToDo.around(
            self.root, self.everything, ManualClock(datetime.now(UTC) + timedelta(seconds=10)), only_reads=False
        )

    def _add_video(self, caption: str, number: int = 0) -> None:
        born = (NOW - timedelta(days=40)).timestamp()
        with suppress(ValueError):
            self.emulator.add_video("acme", Video(caption, number, created_at=born, duration=1))

    # -- steps

    def show_a_video(self, chance: random.Random) -> None:
        """By another way: like a post that is new here, or like none."""
        self._add_video(chance.choice(["About six", "About seven", "Something else"]))

    def list_a_video(self, *_: object) -> None:
        """Another process reads a list that shows such a video."""
        video = RemotePost("7499", NOW - timedelta(days=30), "About six", "About six", 1)
        with self.state() as store:
            store.save_videos(OPEN_ID, [video], back_to=NOW + timedelta(days=1), now=NOW)

    def delete_a_video(self, chance: random.Random) -> None:
        videos = self.emulator.videos("acme")
        if videos:
            self.emulator.delete_video(str(chance.choice(videos).id))

    def bring_a_receipt(self, chance: random.Random) -> None:
        """Of another clone: of a post that is new here, or more of one that is known."""
        post = self._some_post(chance)
        row = _of_another(post, chance.choice([At.PUBLISHED, At.UNKNOWN, At.FAILED]), chance.randrange(10**6))
        open_id = chance.choice([OPEN_ID, OPEN_ID, "id-before"])
        row = replace(row, open_id=open_id)
        with suppress(OSError):
            receipts.write(self.root / "receipts", row, Identity(open_id, username="acme"))

    def spoil_a_receipt(self, chance: random.Random) -> None:
        name = chance.choice([*NAMES, "six"])
        (self.root / "receipts" / "acme" / f"{name}.json").write_text(chance.choice(["", "{", "<<<<<<< HEAD\n"]))

    def note_elsewhere(self, chance: random.Random) -> None:
        """Another state on this machine sent it."""
        post = self._some_post(chance)
        row = _of_another(post, chance.choice([At.PUBLISHED, At.INTENT, At.FAILED]), chance.randrange(10**6))
        Journal(Path(self.environ["CONTENTSYNC_DATA_DIR"]), "another").note_ends(row, whole=True)

    def be_seen_as_another(self, _chance: random.Random) -> None:
        with self.state() as store:
            store.save_creator("acme", Creator("id-before", username="acme"), NOW)

    def _some_post(self, chance: random.Random) -> DesiredPost:
        """A declared post, maybe under another name."""
        with suppress(ContentsyncError):
            posts = self.project().load().posts
            if posts:
                return replace(chance.choice(posts), name=chance.choice(["six", "seven", *NAMES, "old"]))
        return DesiredPost("acme", "six", caption="About six")

    STEPS: tuple[Callable[..., None], ...] = (
        *OddPlace.STEPS, *(Place.add_post,) * 6, show_a_video, show_a_video, list_a_video, delete_a_video,
        delete_a_video, bring_a_receipt, bring_a_receipt, spoil_a_receipt, note_elsewhere, note_elsewhere,
        be_seen_as_another, Place.finish, Place.begin_an_attempt,
    )  # fmt: skip


def _of_another(post: DesiredPost, phase: At, number: int) -> PostState:
    """A row as another state has it."""
    attempt = replace(an_attempt(post, phase=phase), open_id=OPEN_ID, id=f"of-another-{number}", post_id="")
    attempt = replace(attempt, publish_id=f"v-other-{number}" if attempt.publish_id else "")
    return a_row(post, open_id=OPEN_ID, attempts=(attempt,))


class Asked:
    """A plan that asked TikTok, and the project that it was made for."""

    def __init__(self, site: Site, still: NothingToDo | None, wish: Wish) -> None:
        self.project, self.made, self.refused = None, None, ""
        try:
            self.project = site.project()
            self.project.clock = ManualClock(site.now + site.later)
            self.made = make_plan(self.project, wish, still)
        except ContentsyncError as err:
            self.refused = str(err.problems)

    def said(self) -> str:
        """All that it says, apart from what grows with each request."""
        made = self.made
        if made is None:
            return self.refused
        told = planfile.as_json(made.plan, "tested")
        told.pop("digest", None)
        for account in told["accounts"].values():  # what it may post is asked once more where posts became faulty
            for name in ("username", "privacy", "public", "disabled", "max_seconds"):
                account.pop(name, None)
        failures = {name: str(err.problems) for name, err in made.failures.items()}
        return json.dumps([told, [str(note) for note in made.notes], [str(one) for one in made.faults], failures])

    def last_looks(self) -> dict[str, str]:
        """What is said right before each of its posts is begun."""
        if self.made is None or self.project is None:
            return {}
        look = LastLook(self.project, self.made)
        posts, actions = self.made.posts, self.made.plan.actions
        kinds = {a.post: (a.then if a.kind is Kind.MOVE else a.kind) for a in actions if a.kinds & SENT}
        return {key: _told(look, kind or Kind.CREATE, posts[key]) for key, kind in kinds.items() if key in posts}

    def close(self) -> None:
        if self.project:
            self.project.close()
            self.project.close_state()


def _told(look: LastLook, kind: Kind, post: DesiredPost) -> str:
    try:
        return str(look(kind, post))
    except ContentsyncError as err:
        return str(err.problems)


def compare(site: Site, wish: Wish, between: Callable[[], None]) -> Made | None:
    """Plan in both ways at one moment; then look again in both ways after something happened."""
    site.now += timedelta(minutes=1)
    quick = Asked(site, site.view(), wish)
    whole = Asked(site, None, wish)
    try:
        assert quick.said() == whole.said()
        between()
        assert quick.last_looks() == whole.last_looks()
    finally:
        quick.close()
        whole.close()
    return quick.made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with _emulator() as emulator:
        yield Site(tmp_path / "studio", emulator)


def _emulator() -> Emulator:
    account = Account("acme", private=False, open_id=OPEN_ID)
    config = an_emulator(accounts=(account, Account("acme_de", private=False))).config
    return Emulator(config, now=lambda: moment().timestamp())


def nothing() -> None:
    """Nothing happens in between."""


STEPS = st.lists(
    st.tuples(st.integers(0, len(Site.STEPS) - 1), st.integers(0, 2**32), st.booleans()), min_size=1, max_size=6
)


@pytest.mark.slow
@random_lives(12)
@given(STEPS)
def test_whatever_happened_the_decisions_are_the_same(steps: list[tuple[int, int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder, _emulator() as emulator:
        site = Site(Path(folder) / "studio", emulator)
        compare(site, Wish(), nothing)
        site.add("six")
        for number, seed, is_between in steps:
            if is_between:
                compare(site, Wish(), lambda at=number, by=seed: site.step(at, by))  # type: ignore[misc]
            else:
                site.step(number, seed)
                compare(site, _wish(site, seed), nothing)


def _wish(site: Site, seed: int) -> Wish:
    """All posts, or the one that may be new."""
    is_there = any("name: six" in path.read_text(errors="replace") for path in site.manifests)
    return Wish(only=("acme/six",) if is_there and seed % 2 else (), full_list=seed % 4 > 1)


# One case each, so that a fault is found without luck.


def left_out(made: Made | None) -> int:
    assert made is not None
    return len(made.world.resting)


def test_posts_that_rest_are_left_out_of_a_plan_that_asks_tiktok(site: Site) -> None:
    assert left_out(compare(site, Wish(), nothing)) == 0
    site.add("six")
    made = compare(site, Wish(), nothing)
    assert (left_out(made), list(made.posts) if made else []) == (len(NAMES), ["acme/six"])


@pytest.mark.parametrize("changes", [False, True])
def test_only_a_project_file_that_changed_since_it_was_opened_makes_the_whole_plan(site: Site, changes: bool) -> None:
    compare(site, Wish(), nothing)
    project = site.project()
    project.settings = replace(project.settings, approve_by=ApproveBy(Approve.AUTO))  # watch --approve auto
    if changes:
        site._file.write_text(site._file.read_text() + "timezone: Europe/Berlin\n")
    try:
        assert left_out(make_plan(project, Wish(refresh=False), site.view())) == (0 if changes else len(NAMES))
    finally:
        project.close_state()


def test_what_an_account_may_post_is_not_asked_for_settled_posts_whose_media_are_gone(site: Site) -> None:
    for path in site.media:
        path.unlink()
    compare(site, Wish(), nothing)
    assert left_out(compare(site, Wish(), nothing)) == len(NAMES)
    assert _creator_infos(site) == 0


def _creator_infos(site: Site) -> int:
    return sum("creator_info" in str(one["endpoint"]) for one in site.emulator.requests())


def test_a_plan_of_one_post_leaves_the_others_out(site: Site) -> None:
    compare(site, Wish(), nothing)
    site.add("six")
    made = compare(site, Wish(only=("acme/six",)), nothing)
    assert (left_out(made), made.plan.unchanged if made else 0) == (len(NAMES), 0)


@pytest.mark.parametrize("between", [False, True])
def test_a_video_like_the_new_post_is_seen(site: Site, between: bool) -> None:
    compare(site, Wish(), nothing)
    site.add("six")
    if not between:
        site.show_a_video(random.Random(1))
    made = compare(site, Wish(), site.list_a_video if between else nothing)
    assert left_out(made) == len(NAMES)
    assert made is not None
    blockers = [problem.code for action in made.plan.actions for problem in action.blockers]
    assert blockers == ([] if between else ["lookalike"])


def test_a_video_that_went_away_is_seen_although_its_post_rested(site: Site) -> None:
    compare(site, Wish(), nothing)
    site.add("six")
    site.emulator.delete_video("7400000000000000001")
    made = compare(site, Wish(full_list=True), nothing)
    assert made is not None
    assert {action.kind for action in made.plan.actions} == {Kind.CREATE, Kind.DRIFT}


def test_another_clone_s_receipt_is_seen(site: Site) -> None:
    compare(site, Wish(), nothing)
    site.add("six")

    def arrives() -> None:
        row = _of_another(next(p for p in site.project().load().posts if p.name == "six"), At.PUBLISHED, 1)
        receipts.write(site.root / "receipts", row, Identity(OPEN_ID, username="acme"))

    compare(site, Wish(), arrives)
    made = compare(site, Wish(), nothing)
    assert made is not None
    assert [problem.code for action in made.plan.actions for problem in action.blockers] == ["known-elsewhere"]


def test_a_settled_post_under_another_name_is_a_move(site: Site) -> None:
    compare(site, Wish(), nothing)
    path = site.manifests[0]
    path.write_text(path.read_text().replace("name: ", "name: new-"))
    made = compare(site, Wish(), nothing)
    assert made is not None
    assert [action.kind for action in made.plan.actions] == [Kind.MOVE]


def test_the_media_of_a_post_that_rests_are_seen(site: Site) -> None:
    compare(site, Wish(), nothing)
    site.add("six", video="one.mp4")
    assert left_out(compare(site, Wish(), nothing)) == 0


def test_posts_of_an_account_that_can_t_be_asked_are_not_in_the_plan(site: Site) -> None:
    compare(site, Wish(), nothing)
    site.add("six")
    site.emulator.revoke("acme")
    made = compare(site, Wish(), nothing)
    assert made is not None
    assert (list(made.failures), made.plan.unchanged) == (["acme"], 0)
    assert left_out(compare(site, Wish(refresh=False), nothing)) == len(NAMES)


def test_a_row_that_changes_between_the_plan_and_the_intent_is_read(site: Site) -> None:
    compare(site, Wish(), nothing)
    site.add("six")

    def takes_its_name() -> None:
        with site.state() as store:
            row = store.posts(OPEN_ID)[0]
            post = replace(next(p for p in site.project().load().posts if p.name == "six"), name="six")
            assert store.move(row, post, NOW)

    made = compare(site, Wish(), takes_its_name)
    assert left_out(made) == len(NAMES)


def test_apply_sends_the_new_post_and_reads_no_other_manifest(site: Site) -> None:
    compare(site, Wish(), nothing)
    site.add("six")
    still = site.view()
    project = site.project()
    project.clock = ManualClock(moment())
    try:
        report = apply(project, Wish(), approve=lambda _: True, wait=0.0, still=still)
    finally:
        project.close()
        project.close_state()
    assert [str(outcome.post) for outcome in report.outcomes] == ["acme/six"]
    assert left_out(report.proposal.made) == len(NAMES)
    assert [posting.caption for posting in site.emulator.posts("acme")] == ["About six"]


def test_a_guard_that_is_lifted_is_kept_for_all_posts_that_were_not_selected(site: Site) -> None:
    compare(site, Wish(), nothing)
    site.add("six")
    project = site.project()
    project.clock = ManualClock(moment())
    wish = Wish(allow=("existing-posts",))
    try:
        report = apply(project, wish, approve=lambda _: False, wait=0.0, still=site.view())
    finally:
        project.close()
        project.close_state()
    assert left_out(report.proposal.made) == 0
