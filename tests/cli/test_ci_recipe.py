"""The workflow of docs/ci.md, its steps taken from there: runners that start empty, vanish, lag and race."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest
import yaml

from contentsync.clock import SystemClock
from contentsync.emulator.server import Emulator
from contentsync.project import Project
from contentsync.shared_tokens import new_key
from contentsync.tiktok.auth import owners
from contentsync.tiktok.tokens import Pair
from tests.cli.shared_state import SHARED, Site, Studio, start
from tests.cli.support import Ran
from tests.processes import count, until
from tests.store.git.remotes import git

DOC = Path(__file__).parents[2] / "docs" / "ci.md"
PROTECTED = """while read old new ref; do
  if [ "$ref" = refs/heads/main ]; then echo "main is protected" >&2; exit 1; fi
done"""


def workflow() -> dict[str, dict[str, object]]:
    block = re.search(r"```yaml\n(.*?)```", DOC.read_text("utf-8"), re.S)
    assert block is not None
    jobs: dict[str, dict[str, object]] = yaml.safe_load(block[1])["jobs"]
    return jobs


def commands_of(job: str) -> list[list[str]]:
    """The contentsync commands of a job, without the program's name."""
    steps = workflow()[job]["steps"]
    assert isinstance(steps, list)
    lines = [step.get("run", "") for step in steps]
    return [line.split()[1:] for line in lines if line.startswith("contentsync ")]


class Ci:
    """A repository with a protected main, whose runners get the secrets that the workflow names and nothing else."""

    def __init__(self, site: Site) -> None:
        self.site, self.key, self.runs = site, new_key(), 0
        site.hook(PROTECTED)
        self.secrets = {"CONTENTSYNC_SECRET_KEY": self.key}
        for name in ("CONTENTSYNC_API_URL", "CONTENTSYNC_CLIENT_KEY", "CONTENTSYNC_CLIENT_SECRET"):
            self.secrets[name] = site.emulator.environment[name]
        self.sign_in()

    def sign_in(self) -> None:
        """What `contentsync login` leaves, on somebody's machine that has the key."""
        machine = self.site.clone("laptop")
        given = machine.environment
        environ = self.secrets | {"CONTENTSYNC_DATA_DIR": given["CONTENTSYNC_DATA_DIR"]}
        project = Project.open(machine.root, environ)
        owner = owners(project.api_url, project.settings.app, "acme")[0]
        pair = Pair(given["CONTENTSYNC_TOKEN_ACME"], given["CONTENTSYNC_REFRESH_TOKEN_ACME"])
        project.tokens.save(owner, pair, SystemClock().now(), anew=True)
        project.close_state()

    def checked_out(self, commit: str = "main", *, full: bool = False) -> Studio:
        """A fresh runner after actions/checkout: a detached commit at depth 1, or everything."""
        self.runs += 1
        folder = self.site.folder / f"runner{self.runs}"
        git(self.site.folder, "init", "-q", str(folder))
        git(folder, "remote", "add", "origin", self.site.remote.as_uri())
        sha = git(self.site.remote, "rev-parse", commit)
        wanted = (
            ["+refs/heads/*:refs/remotes/origin/*"] if full else ["--depth=1", f"+{sha}:refs/remotes/origin/main"]
        )
        git(folder, "fetch", "-q", "--no-tags", *(w for w in wanted if w.startswith("--")), "origin", wanted[-1])
        git(folder, "checkout", "-q", "--detach", sha)
        runner = self.site.studio(f"runner{self.runs}", folder)
        runner.environment = self.secrets | {"CONTENTSYNC_DATA_DIR": str(folder.with_suffix(".data")), "CI": "true"}
        return runner

    def job(self, name: str, commit: str = "main") -> list[Ran]:
        runner = self.checked_out(commit, full=name == "plan")
        if name == "plan":
            del runner.environment["CONTENTSYNC_SECRET_KEY"]
        return [runner.process(*command) for command in commands_of(name)]

    def merge(self, *names: str) -> None:
        """What GitHub does with a pull request: the server itself moves main."""
        laptop = self.site.studio("laptop", self.site.folder / "laptop")
        for name in names:
            laptop.post(name)
        git(laptop.root, "add", "posts")
        git(laptop.root, "commit", "-q", "-m", " ".join(names))
        git(self.site.remote, "fetch", "-q", str(laptop.root), "+HEAD:refs/heads/main")


@pytest.fixture
def ci(tmp_path: Path, emulator: Emulator) -> Ci:
    site = Site.made(tmp_path, emulator, "one", "two", project=SHARED.replace("\napp:", "\ntakeover: 2s\napp:"))
    return Ci(site)


pytestmark = pytest.mark.slow


def test_the_workflow_asks_for_what_it_needs_and_no_more() -> None:
    jobs = workflow()
    assert jobs["plan"]["permissions"] == {"contents": "read"}
    assert "env" not in jobs["plan"]
    assert jobs["apply"]["permissions"] == {"contents": "write"}


def test_each_merge_posts_what_is_new_with_a_protected_main_and_a_pull_request_sees_the_truth(ci: Ci) -> None:
    first = ci.job("apply")
    ci.merge("three")
    planned = ci.job("plan")
    second = ci.job("apply")

    assert [ran.code for ran in (*first, *planned, *second)] == [0, 0, 0, 0], (first, planned, second)
    assert "1 to create" in planned[-1].out, planned[-1].out
    assert ci.site.captions() == ["About one", "About three", "About two"]
    assert git(ci.site.remote, "log", "-1", "--format=%s", "main") == "three"


def test_a_stale_checkout_posts_nothing_again(ci: Ci) -> None:
    old = git(ci.site.remote, "rev-parse", "main")
    ci.merge("three")
    ci.job("apply")

    again = ci.job("apply", old)

    assert again[-1].code == 0, again
    assert len(ci.site.captions()) == 3


def test_two_runs_at_once_post_each_post_once(ci: Ci) -> None:
    runners = [ci.checked_out() for _ in range(2)]
    runs = [start(runner, *commands_of("apply")[0]) for runner in runners]
    said = [run.communicate(timeout=200)[0] for run in runs]

    assert ci.site.captions() == ["About one", "About two"], said
    assert ci.job("apply")[-1].code == 0
    assert len(ci.site.captions()) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_runner_that_vanishes_in_an_upload_is_followed_by_the_next_one(
    ci: Ci, emulator: Emulator, when: str
) -> None:
    emulator.add_fault(f"upload:delay=600,when={when}")
    lost = start(ci.checked_out(), *commands_of("apply")[0])
    until(lambda: count(emulator, "upload") > 0, lost)
    lost.send_signal(signal.SIGKILL)
    lost.communicate()
    emulator.clear_faults()
    time.sleep(2.5)

    last = next(ran for _ in range(4) if (ran := ci.job("apply")[-1]).code in {0, 4})

    assert len(ci.site.captions()) == len(set(ci.site.captions()))
    assert last.code in {0, 4}, last
    assert ci.site.captions() == ["About one", "About two"] or last.code == 4


def test_a_token_renewed_by_a_runner_that_vanished_serves_the_next_one(ci: Ci, emulator: Emulator) -> None:
    assert ci.job("apply")[-1].code == 0
    emulator.expire_tokens("acme")
    ci.merge("three")
    assert ci.job("apply")[-1].code == 0
    ci.merge("four")
    assert ci.job("apply")[-1].code == 0
    assert len(ci.site.captions()) == 4
