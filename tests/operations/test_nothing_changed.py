"""After whatever happened between two plans, the quick plan says the same as one that remembers nothing.

CONTENTSYNC_HISTORIES=2000 pytest tests/operations/test_nothing_changed.py -k whatever     lives other random lives
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contentsync.errors import ContentsyncError
from contentsync.operations import resting
from contentsync.operations.nothing_to_do import Answer, NothingToDo
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.selection import Wish
from contentsync.plan import planfile
from contentsync.store.sqlite import database
from tests.builders import ManualClock
from tests.cli.shared_state import STATE, Site, apply
from tests.cli.support import an_emulator
from tests.operations.histories import NAMES, OPEN_ID, PROJECTS, TICK, Place, moment
from tests.operations.odd_histories import OddPlace
from tests.operations.shared_histories import SharedPlace
from tests.store.git.remotes import git

LIVES = int(os.environ.get("CONTENTSYNC_HISTORIES", "0"))  # how many random lives; 0: a few
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="there a stat does not show every write"),
    pytest.mark.timeout(0 if LIVES else 300),
]


def some_steps(most: int) -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """The numbers of steps, with what chooses within each, and how far the clock is ahead at the plan after it."""
    step = st.tuples(st.integers(0, most - 1), st.integers(0, 2**32), st.sampled_from([0, 10, 10, 10, -9_999]))
    return st.lists(step, min_size=1, max_size=6)


STEPS, SHARED_STEPS = some_steps(len(OddPlace.STEPS)), some_steps(len(SharedPlace.STEPS))


def random_lives(count: int) -> settings:
    return settings(
        max_examples=LIVES or count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink an example takes minutes
    )


def ahead(seconds: float) -> ManualClock:
    """The machine's clock, set forward: then no file counts as written just now."""
    return ManualClock(datetime.now(UTC) + timedelta(seconds=seconds))


def quick(place: Place, seconds: float) -> tuple[Answer | None, Made | None]:
    """As the command does it: the answer that holds still, or the plan, whose answer is kept."""
    with place.as_a_process():
        clock = ahead(seconds + place.later.total_seconds())
        still = NothingToDo.around(place.root, place.environ, clock, only_reads=True)
        if still and (answer := still.answer()):
            return answer, None
        return None, made_by(place, still)


def made_by(place: Place, still: NothingToDo | None = None, at: datetime | None = None) -> Made | None:
    """The plan; None where the project can't be read."""
    try:
        project = place.project()
        project.clock = ManualClock(at or moment() + place.later)
        made = make_plan(project, Wish(refresh=False), still)
        project.close_state()
    except ContentsyncError:
        return None
    return made


def full(place: Place) -> Made | None:
    kept = place.without_caches()
    try:
        with place.as_a_process():
            return made_by(place)
    finally:
        place.with_caches(kept)


def as_json(made: Made | None) -> str:
    return json.dumps(planfile.as_json(made.plan, "tested"), indent=1) if made else "refused"


def check(place: Place, seconds: float) -> bool:
    """Whether the kept answer was used. It must be the whole plan's, and so must a plan that left posts out."""
    answer, quickly = quick(place, seconds)
    whole = full(place)
    if answer is None:
        assert as_json(quickly) == as_json(whole)
        assert (quickly and quickly.faults) == (whole and whole.faults)
        return False
    assert whole is not None
    assert (whole.plan.actions, whole.is_partial) == ((), False)
    assert (answer.unchanged, answer.notes) == (whole.plan.unchanged, whole.notes)
    return True


def live(place: Place, steps: list[tuple[int, int, int]]) -> None:
    """Check the plan after each of the steps."""
    check(place, 10)
    for number, seed, seconds in steps:
        place.step(number, seed)
        check(place, seconds)
        check(place, seconds)


@pytest.mark.slow
@random_lives(12)
@given(STEPS)
def test_whatever_happened_the_kept_answer_is_the_whole_plans(steps: list[tuple[int, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        live(OddPlace(Path(folder) / "studio"), steps)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> SharedPlace:
    return SharedPlace(tmp_path_factory.mktemp("template") / "studio")


@pytest.mark.slow
@random_lives(4)
@given(SHARED_STEPS)
def test_whatever_happened_to_a_shared_state_the_plan_is_the_whole_one(
    template: SharedPlace, steps: list[tuple[int, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        live(SharedPlace.copied(template, Path(folder) / "all"), steps)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "studio")


def test_the_answer_is_kept_while_nothing_changes(place: Place) -> None:
    assert [check(place, 10) for _ in range(3)] == [False, True, True]


def test_the_answer_counts_the_posts(place: Place) -> None:
    quick(place, 10)
    answer, _ = quick(place, 10)
    assert answer == Answer(len(NAMES), ())


def test_posts_that_rest_are_left_out(place: Place) -> None:
    quick(place, 10)
    first = place.manifests[0]
    first.write_text(first.read_text() + "expires_at: 2031-01-01T00:00:00Z\n")
    _, made = quick(place, 10)
    assert made is not None
    assert (len(made.world.resting), len(made.posts), made.plan.unchanged) == (len(NAMES) - 1, 1, len(NAMES))


def test_a_new_post_is_planned_without_those_that_rest(place: Place) -> None:
    quick(place, 10)
    place.add(name="six")
    _, made = quick(place, 10)
    assert made is not None
    assert (len(made.world.resting), list(made.posts)) == (len(NAMES), ["acme/six"])
    assert as_json(made) == as_json(full(place))


def test_a_new_post_with_the_media_of_one_that_rests_is_seen(place: Place) -> None:
    quick(place, 10)
    place.add(name="six", video="one.mp4")
    _, made = quick(place, 10)
    assert made is not None
    assert made.world.resting == {}
    assert as_json(made) == as_json(full(place))


def test_media_that_are_gone_are_no_news(place: Place) -> None:
    for path in place.media:
        path.unlink()
    assert [check(place, 10) for _ in range(2)] == [False, True]


def test_a_file_that_was_written_just_now_is_not_relied_on(place: Place) -> None:
    assert [check(place, 0) for _ in range(3)] == [False, False, False]


def test_an_answer_of_another_user_or_machine_is_not_believed(place: Place) -> None:
    quick(place, 10)
    place.environ["CONTENTSYNC_DATA_DIR"] += "-of-another"
    assert quick(place, 10)[0] is None


def test_the_answer_contains_nothing_of_the_environment(place: Place) -> None:
    project = place.root / "contentsync.yaml"
    secret = "a-secret-of-the-environment"
    project.write_text(project.read_text() + "app: {client_key: k, client_secret: '${CONTENTSYNC_CLIENT_SECRET}'}\n")
    place.environ["CONTENTSYNC_CLIENT_SECRET"] = secret
    quick(place, 10)
    assert quick(place, 10)[0] is not None
    assert secret.encode() not in (place.root / ".contentsync" / "nothing-to-do").read_bytes()


def test_another_value_of_a_variable_is_a_change(place: Place) -> None:
    project = place.root / "contentsync.yaml"
    project.write_text(project.read_text() + "app: {client_key: '${CONTENTSYNC_CLIENT_KEY}', client_secret: x}\n")
    quick(place, 10)
    assert quick(place, 10)[0] is not None
    place.environ["CONTENTSYNC_CLIENT_KEY"] = "another"
    assert quick(place, 10)[0] is None


def test_a_variable_whose_name_is_escaped_is_relied_on_for_nothing(place: Place) -> None:
    project = place.root / "contentsync.yaml"
    written = project.read_text().replace("{mode: direct}", '{mode: direct, open_id: "\\u0024{WHO}"}')
    project.write_text(written)
    place.environ |= {"WHO": OPEN_ID, "CONTENTSYNC_TRUST": place.project().settings.wanted.digest}
    assert [check(place, 10) for _ in range(2)] == [False, False]
    place.environ["WHO"] = "id-of-another"
    check(place, 10)


def test_a_write_whose_time_is_put_back_is_a_change(place: Place) -> None:
    quick(place, 10)
    clip = place.media[0]
    seen = clip.stat()
    time.sleep(TICK)
    clip.write_bytes(clip.read_bytes().replace(b"free", b"skip"))
    os.utime(clip, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert check(place, 10) is False


def test_only_rows_that_changed_are_read_again(place: Place) -> None:
    quick(place, 10)
    with place.state() as store:
        store.acknowledge(store.posts(OPEN_ID)[0], "f" * 64, "tested", moment())
    _, made = quick(place, 10)
    assert made is not None
    assert len(made.world.resting) == len(NAMES) - 1
    assert as_json(made) == as_json(full(place))


@pytest.mark.parametrize("how", ["gone", "cut", "of another time"])
def test_without_the_details_of_what_rests_the_whole_plan_is_made(place: Place, how: str) -> None:
    quick(place, 10)
    details = place.root / ".contentsync" / "resting-details"
    kept = details.read_bytes()
    details.write_bytes(
        {"gone": b"", "cut": kept[:-1], "of another time": kept.replace(b"one.yaml", b"two.yaml")}[how]
    )
    if how == "gone":
        details.unlink()
    for path in place.manifests:
        path.write_text(path.read_text() + "expires_at: 2031-01-01T00:00:00Z\n")
    _, made = quick(place, 10)
    assert made is not None
    assert made.world.resting == {}
    assert as_json(made) == as_json(full(place))
    assert check(place, 10)


def test_only_the_details_of_changed_folders_are_written(place: Place) -> None:
    quick(place, 10)
    details = place.root / ".contentsync" / "resting-details"
    before = details.read_bytes()
    place.add(name="six")
    quick(place, 10)
    after = details.read_bytes()
    assert after.startswith(before)
    assert b"posts/0/one.yaml" in after[len(before) :]
    assert b"posts/1/two.yaml" not in after[len(before) :]


def test_details_that_nothing_refers_to_are_dropped_in_time(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "_SPARE", 0)
    quick(place, 10)
    details = place.root / ".contentsync" / "resting-details"
    first = details.stat().st_size
    sizes = []
    for number in range(12):
        place.add(name="six", more=f"expires_at: {2031 + number}-01-01T00:00:00Z\n")
        _, made = quick(place, 10)
        assert made is not None
        assert len(made.world.resting) == len(NAMES)
        sizes.append(details.stat().st_size)
    assert max(sizes) < 4 * first


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """The states whose pages were looked at."""
    found: list[Path | None] = []
    prove = database._prove
    monkeypatch.setattr(database, "_prove", lambda db, path: (found.append(path), prove(db, path)))
    return found


def edit_one(place: Place, number: int) -> None:
    first = place.manifests[0]
    first.write_text(place.first[first].decode() + f"expires_at: {2031 + number}-01-01T00:00:00Z\n")


def test_a_state_that_nothing_was_written_to_is_proven_once(place: Place, proofs: list[Path | None]) -> None:
    quick(place, 10)
    assert len(proofs) == 1
    edit_one(place, 3)
    quick(place, 10)
    assert len(proofs) == 1
    with place.state() as store:
        store.acknowledge(store.posts(OPEN_ID)[0], "f" * 64, "tested", moment())
    proofs.clear()
    quick(place, 10)
    assert len(proofs) == 1


def test_a_page_that_was_damaged_is_seen_whatever_its_times_say(place: Place) -> None:
    quick(place, 10)
    state = place.root / ".contentsync" / "state.db"
    seen, data = state.stat(), bytearray(state.read_bytes())
    time.sleep(TICK)
    data[4096:8192] = b"\xff" * 4096
    state.write_bytes(data)
    os.utime(state, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    edit_one(place, 3)
    assert quick(place, 10) == (None, None)


def test_the_state_is_proven_whenever_something_is_to_be_sent(place: Place, proofs: list[Path | None]) -> None:
    quick(place, 10)
    proofs.clear()
    with place.project().lock("test"):
        assert proofs
    proofs.clear()
    edit_one(place, 3)
    made_by(place, NothingToDo.around(place.root, place.environ, ahead(10)))
    assert proofs
    proofs.clear()
    made_by(place)
    assert proofs


def test_the_mark_of_a_row_is_the_same_however_it_is_read(place: Place) -> None:
    with place.state() as store:
        bound: dict[str, list[str]] = {}
        for post_id, uid in store.bindings(OPEN_ID).items():
            bound.setdefault(uid, []).append(post_id)
        rows = store.posts(OPEN_ID)
        assert store.marks() == {row.uid: store.mark_of(row, bound.get(row.uid, ())) for row in rows}


@pytest.mark.slow
def test_a_shared_state_is_compared_row_by_row(tmp_path: Path) -> None:
    with an_emulator() as emulator:
        site = Site.made(tmp_path, emulator, "one", "two", "three")
        here, there = site.clone("here"), site.clone("there")
        assert apply(here)[0] == 0
        place = Place.__new__(Place)
        place.root, place.environ = here.root, here.environment | {"CONTENTSYNC_CONFIG_DIR": str(tmp_path)}
        later = moment() + timedelta(days=3_650)  # long after they were posted
        first, second = (
            made_by(place, NothingToDo.around(place.root, place.environ, ahead(10)), later) for _ in range(2)
        )
        assert there.run("state", "rm", "one").code == 0
        git(here.root, "fetch", "-q", "origin", f"+refs/heads/{STATE}:refs/remotes/origin/{STATE}")
        third = made_by(place, NothingToDo.around(place.root, place.environ, ahead(10)), later)
        kept = place.without_caches()
        whole = made_by(place, None, later)
        place.with_caches(kept)
    assert [len(made.world.resting) if made else None for made in (first, second, third)] == [0, 3, 2]
    assert as_json(third) == as_json(whole)


@pytest.mark.parametrize("number", [number for number, text in enumerate(PROJECTS) if "[\n" not in text])
def test_each_project_of_the_random_steps_can_be_planned(place: Place, number: int) -> None:
    (place.root / "contentsync.yaml").write_text(PROJECTS[number])
    assert made_by(place) is not None


def test_a_project_file_with_other_bytes_and_the_same_times_is_another(place: Place) -> None:
    (place.root / "contentsync.yaml").write_text(PROJECTS[3].replace("draft}", "draft }"))
    assert [check(place, 10) for _ in range(2)] == [False, True]
    place.edit_the_project_and_put_times_back(random.Random(0))
    assert check(place, 10) is False


def test_what_the_user_s_own_file_says_is_compared(place: Place) -> None:
    assert [check(place, 10) for _ in range(2)] == [False, True]
    another = place.root / ".contentsync" / "another.db"
    (place.root.parent / "config.yaml").write_text(f"projects:\n  {place.root}: {{state: {another}}}\n")
    assert check(place, 10) is False
