"""Files that settled posts were sent with are hashed, and looked into only where a plan says more of the post."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contentsync.manifest.load import Loaded, load
from contentsync.media.look import MediaLook, Sent
from contentsync.operations.agenda import agenda
from contentsync.operations.approvals import listed, question
from contentsync.operations.board import snapshot
from contentsync.operations.calendar import calendar
from contentsync.operations.explain import explain
from contentsync.operations.handover import handovers
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from contentsync.operations.sent_media import SentMedia
from contentsync.operations.status import as_known, look
from contentsync.plan import planfile
from contentsync.plan.action import Kind, Plan
from contentsync.plan.settled import sent_media
from contentsync.post import MediaFacts
from contentsync.project import Project
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, ManualClock, a_post, a_row, an_attempt
from tests.cli.support import CLIP
from tests.operations.histories import Place, manifest, moment, published

NO_FILM = b"what TikTok took once, and no probe takes today"


class Probe:
    """Sees a sound film in every file; notes what it was asked to look into."""

    def __init__(self) -> None:
        self.looked_into: list[str] = []

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        data = path.read_bytes()
        found = MediaLook(len(data), hashlib.sha256(data).hexdigest(), is_probed=False)
        if sent == (found.sha256, found.size):
            return found
        self.looked_into.append(path.name)
        return MediaLook(found.size, found.sha256, MediaFacts("mp4", "h264", 720, 1280, 1.0, 30.0))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Five settled posts with films, and one whose file is no film."""
    made = Place(tmp_path / "studio")
    folder = made.root / "posts" / "0"
    (folder / "odd.mp4").write_bytes(NO_FILM)
    (folder / "odd.yaml").write_text(manifest("odd"))
    post = next(post for post in load(made.root, {}, probe=Probe()).posts if post.name == "odd")
    store = SqliteStore.open(made.root / ".contentsync" / "state.db")
    assert store.restore(published(post, 77), NOW)
    store.close()
    made.without_caches()
    return made


def plan_of(place: Place) -> tuple[Plan, str]:
    """The plan of all posts, and all that it says."""
    project = place.project()
    project.clock = ManualClock(moment())
    made = make_plan(project, Wish(refresh=False))
    project.close_state()
    told = json.dumps([planfile.as_json(made.plan, "tested"), [problem.code for problem in made.faults]])
    return made.plan, told


def loaded(place: Place, probe: Probe) -> Loaded:
    """What loading gives where the state says what was sent."""
    project = place.project()
    found = load(place.root, {}, probe=probe, sent_by=SentMedia(project))
    project.close_state()
    return found


def agenda_of_a_week(project: Project) -> object:
    return agenda(project, 7)


def test_what_was_sent_is_hashed_and_nothing_more(place: Place) -> None:
    probe = Probe()
    found = loaded(place, probe)
    assert (probe.looked_into, len(found.hashed_only), len(found.posts)) == ([], 6, 6)
    assert all(item.sha256 and item.facts is None for post in found.posts for item in post.media)


@pytest.mark.parametrize(
    "more",
    ["generation: 2\n", "generation: x\n", "moved_from: two\n", "post_id: '7400000000000000001'\n", "nonsense: [\n"],
)
def test_a_key_that_may_mean_another_sending_has_the_file_looked_into(place: Place, more: str) -> None:
    path = place.root / "posts" / "0" / "one.yaml"
    path.write_text(path.read_text() + more)
    probe = Probe()
    loaded(place, probe)
    assert set(probe.looked_into) <= {"one.mp4"}
    assert probe.looked_into or more == "nonsense: [\n"  # which can't be read at all


def test_other_bytes_are_looked_into(place: Place) -> None:
    (place.root / "posts" / "0" / "odd.mp4").write_bytes(CLIP.read_bytes())
    probe = Probe()
    assert len(loaded(place, probe).hashed_only) == 5
    assert probe.looked_into == ["odd.mp4"]


def test_a_file_of_a_settled_and_of_a_new_post_is_looked_into(place: Place) -> None:
    (place.root / "posts" / "0" / "zz.yaml").write_text(manifest("zz", "one.mp4"))
    probe = Probe()
    found = {post.name: post.media[0].facts for post in loaded(place, probe).posts}
    assert (probe.looked_into, found["zz"] is not None) == (["one.mp4"], True)


def test_a_post_for_a_settled_and_for_a_new_account_is_looked_into(place: Place) -> None:
    (place.root / "contentsync.yaml").write_text(
        "version: 1\naccounts: {acme: {mode: direct}, other: {mode: direct}}\n"
    )
    path = place.root / "posts" / "0" / "one.yaml"
    path.write_text(path.read_text().replace("account: acme", "accounts: [acme, other]"))
    probe = Probe()
    loaded(place, probe)
    assert probe.looked_into == ["one.mp4"]


def test_history_is_not_judged_by_what_a_probe_says_today(place: Place) -> None:
    plan, _ = plan_of(place)
    assert (plan.actions, plan.unchanged, plan.notes) == ((), 6, ())


def status_of_all(project: Project) -> object:
    return look(project, Wish(), 0).rows.keys()


def status_as_known(project: Project) -> object:
    return as_known(project, Wish())[0].keys()


def approvals_of_all(project: Project) -> object:
    return question(project, Wish(refresh=False)).actions, listed(project)


@pytest.mark.parametrize(
    "work", [status_of_all, status_as_known, approvals_of_all, handovers, calendar, snapshot, agenda_of_a_week]
)
def test_what_shows_no_media_of_settled_posts_looks_into_none(
    place: Place, work: Callable[[Project], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = Probe()
    monkeypatch.setattr(
        "contentsync.media.disk.DiskReader.read", lambda _self, path, sent=None: probe.read(path, sent)
    )
    project = place.project()
    project.clock = ManualClock(moment())
    work(project)
    project.close_state()
    assert probe.looked_into == []


def test_explain_looks_into_the_media_of_its_own_post_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe()
    monkeypatch.setattr(
        "contentsync.media.disk.DiskReader.read", lambda _self, path, sent=None: probe.read(path, sent)
    )
    project = place.project()
    project.clock = ManualClock(moment())
    case = explain(project, "acme/one", refresh=False)
    project.close_state()
    assert case.desired is not None
    assert set(probe.looked_into) == {"one.mp4"}
    assert all(item.facts for item in case.desired.media)


def test_the_next_validation_looks_into_all_files(place: Place) -> None:
    plan_of(place)
    project = place.project()
    found = project.load()
    assert [problem.code for problem in found.problems] == ["media-unknown"]
    assert all(item.facts for post in found.posts for item in post.media)


def anew(path: Path) -> None:
    path.write_text(path.read_text() + "generation: 2\n")


def edited(path: Path) -> None:
    path.write_text(path.read_text().replace("About", "Above"))


def nothing(path: Path) -> None:
    """Leave it."""


@pytest.mark.parametrize("change", [anew, edited, nothing])
@pytest.mark.parametrize("name", ["one", "odd"])
def test_a_plan_says_the_same_whatever_was_looked_into_before(
    place: Place, name: str, change: Callable[[Path], None]
) -> None:
    path = next((place.root / "posts").rglob(f"{name}.yaml"))
    change(path)
    first = plan_of(place)[1]
    place.without_caches()
    project = place.project()
    project.load()  # looks into all files
    assert plan_of(place)[1] == first
    plan_of(place)
    assert plan_of(place)[1] == first


def test_a_post_to_be_sent_again_was_looked_into(place: Place) -> None:
    for name in ("one", "odd"):
        anew(next((place.root / "posts").rglob(f"{name}.yaml")))
    plan, told = plan_of(place)
    kinds = {action.post: action.kind for action in plan.actions}
    assert kinds["acme/odd"] is Kind.BLOCKED
    assert "media-unknown" in told
    facts = [item.facts for action in plan.actions for item in action.media if action.post == "acme/one"]
    assert all(facts)


@pytest.mark.parametrize("phase", ["published", "delivered"])
def test_a_settled_row_says_what_was_sent(phase: str) -> None:
    post = a_post()
    row = a_row(post, attempts=(an_attempt(post, phase=phase),))
    assert sent_media(row) == (post.media[0].sha256, post.media[0].size)


@pytest.mark.parametrize("phase", ["intent", "uploading", "processing", "unknown", "failed", "orphaned", "abandoned"])
def test_any_other_row_says_nothing_of_what_was_sent(phase: str) -> None:
    post = a_post()
    assert sent_media(a_row(post, attempts=(an_attempt(post, phase=phase),))) is None
