"""Can what keeps contentsync running be used as it is? Each file is checked by the verifier of its program."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from contentsync import __version__
from contentsync.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / "examples" / "run"
UNITS = sorted(path for path in (RUN / "systemd").iterdir() if path.suffix in {".service", ".timer"})
PROGRAM = "/opt/contentsync/bin/contentsync"
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
# Source: man launchd.plist
LAUNCHD = {
    *("Label", "ProgramArguments", "WorkingDirectory", "RunAtLoad", "KeepAlive", "ThrottleInterval", "ExitTimeOut"),
    *("ProcessType", "StandardOutPath", "StandardErrorPath"),
}
# Source: Task Scheduler Schema, settingsType
SETTINGS = {
    *("MultipleInstancesPolicy", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "StartWhenAvailable"),
    *("RunOnlyIfNetworkAvailable", "ExecutionTimeLimit", "RestartOnFailure"),
}
# Source: Compose Specification, services
SERVICE = {
    *(
        "build",
        "image",
        "init",
        "restart",
        "stop_grace_period",
        "env_file",
        "volumes",
        "read_only",
        "tmpfs",
        "cap_drop",
    ),
    *("security_opt", "profiles", "network_mode", "depends_on"),
}


def verified(*command: str) -> str:
    """What a verifier says; the test is skipped where it is not installed."""
    beside = Path(sys.executable).with_name(command[0])
    program = str(beside) if beside.exists() else shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed here")
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The units with a program that is there, because a verifier looks for it."""
    folder = tmp_path_factory.mktemp("units")
    for unit in UNITS:
        (folder / unit.name).write_text(unit.read_text("utf-8").replace(PROGRAM, sys.executable), "utf-8")
    return sorted(folder.iterdir())


def test_systemd_finds_nothing_wrong_with_the_units(units: list[Path]) -> None:
    assert verified("systemd-analyze", "verify", *map(str, units)) == ""


@pytest.mark.parametrize("name", ["contentsync-watch.service", "contentsync-apply.service"])
def test_the_services_are_hardened(units: list[Path], name: str) -> None:
    unit = next(unit for unit in units if unit.name == name)
    verified("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(unit))


def test_the_timer_is_for_the_service_of_its_name() -> None:
    assert {unit.name for unit in UNITS} >= {"contentsync-apply.timer", "contentsync-apply.service"}


def test_the_property_list_has_keys_of_launchd_only() -> None:
    (path,) = (RUN / "macos").iterdir()
    told = plistlib.loads(path.read_bytes())
    assert set(told) == LAUNCHD
    assert told["Label"] == path.stem


def test_the_task_has_the_settings_of_the_schema() -> None:
    (path,) = (RUN / "windows").iterdir()
    task = ElementTree.parse(path).getroot()
    assert task.tag == f"{TASK}Task"
    parts = [child.tag.removeprefix(TASK) for child in task]
    assert parts == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    settings = task.find(f"{TASK}Settings")
    assert settings is not None
    assert {child.tag.removeprefix(TASK) for child in settings} == SETTINGS
    assert 1 <= int(settings.findtext(f"{TASK}RestartOnFailure/{TASK}Count") or 0) <= 255


def test_the_task_is_for_one_user_so_that_no_administrator_is_needed() -> None:
    """Source: Task Scheduler Schema, logonTriggerType, whose elements have this order."""
    (path,) = (RUN / "windows").iterdir()
    task = ElementTree.parse(path).getroot()
    trigger = task.find(f"{TASK}Triggers/{TASK}LogonTrigger")
    assert trigger is not None
    elements = [child.tag.removeprefix(TASK) for child in trigger if isinstance(child.tag, str)]
    assert elements == ["Enabled", "Repetition", "UserId"]
    users = {one.text for one in task.iter(f"{TASK}UserId")}
    assert len(users) == 1


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's folder with the variables, a project, and a program that writes down how it was called."""
    (tmp_path / ".config" / "contentsync").mkdir(parents=True)
    variables = "# the app\nCONTENTSYNC_CLIENT_KEY=key-1\nCONTENTSYNC_CLIENT_SECRET=secret-1\n"
    (tmp_path / ".config" / "contentsync" / "studio.env").write_text(variables)
    (tmp_path / "studio").mkdir()
    (tmp_path / ".local" / "bin").mkdir(parents=True)
    program = tmp_path / ".local" / "bin" / "contentsync"
    program.write_text('#!/bin/sh\necho "$CONTENTSYNC_CLIENT_KEY $CONTENTSYNC_CLIENT_SECRET $*"\n')
    program.chmod(0o755)
    return tmp_path


def run_at_home(home: Path, *command: str) -> str:
    """What a command prints that launchd or cron starts: with next to nothing in its environment."""
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environ, cwd=home, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="for a shell")
def test_launchd_starts_watch_with_the_variables_of_the_file(home: Path) -> None:
    (path,) = (RUN / "macos").iterdir()
    command = plistlib.loads(path.read_bytes())["ProgramArguments"]
    assert run_at_home(home, *command) == "key-1 secret-1 watch --metrics 127.0.0.1:9464\n"


@pytest.mark.skipif(sys.platform == "win32", reason="for a shell")
def test_the_line_for_cron_hands_the_variables_on(home: Path) -> None:
    page = (ROOT / "docs" / "running.md").read_text("utf-8")
    line = re.search(r"^\*/5 \* \* \* \*  (.+)$", page, re.M)
    assert line is not None
    assert run_at_home(home, "/bin/sh", "-c", line[1]) == "key-1 secret-1 apply --approved --lock-timeout 10m\n"


@pytest.mark.skipif(sys.platform == "win32", reason="for a shell")
def test_a_command_is_run_as_the_services_are(tmp_path: Path) -> None:
    """With a stand-in for systemd-run: what the script says is what the unit says."""
    stand_in = tmp_path / "systemd-run"
    stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    stand_in.chmod(0o755)
    script = RUN / "systemd" / "as-service"
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    command = ["/bin/sh", str(script), "login", "acme lily", "--no-browser"]
    said = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=True).stdout
    told = said.splitlines()
    assert told[-4:] == [PROGRAM, "login", "acme lily", "--no-browser"]
    unit = (RUN / "systemd" / "contentsync-watch.service").read_text("utf-8").splitlines()
    for name in ("WorkingDirectory", "EnvironmentFile", "StateDirectory", "StateDirectoryMode", "UMask"):
        (line,) = (line for line in unit if line.startswith(f"{name}="))
        assert f"--property={line}" in told
    (variables,) = (line for line in unit if line.startswith("Environment="))
    for one in variables.removeprefix("Environment=").split():
        assert f"--setenv={one}" in told
    assert "--uid=contentsync" in told and "User=contentsync" in unit


def test_no_line_of_a_file_with_variables_has_a_comment_behind_its_value() -> None:
    """systemd, Docker and a shell read such a line in three ways."""
    page = (ROOT / "docs" / "running.md").read_text("utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", page, re.S) for line in block.splitlines()]
    assert lines
    assert [line for line in lines if "#" in line and not line.startswith("#")] == []


def test_hadolint_finds_nothing_wrong_with_the_image() -> None:
    assert verified("hadolint", str(RUN / "docker" / "Dockerfile")) == ""


def test_the_image_has_this_version() -> None:
    assert f"=={__version__}" in (RUN / "docker" / "Dockerfile").read_text("utf-8")


def test_the_services_of_compose_have_known_keys_and_declared_volumes() -> None:
    told = yaml.safe_load((RUN / "docker" / "compose.yaml").read_text("utf-8"))
    for service in told["services"].values():
        assert set(service) <= SERVICE
        named = [volume.split(":")[0] for volume in service.get("volumes", ()) if volume[0] not in "./$"]
        assert set(named) <= set(told["volumes"])


def test_compose_takes_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = shutil.which("docker")
    probe = [docker or "docker", "compose", "version"]
    if docker is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed here")
    for file in (RUN / "docker").iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / ".env").write_text("CONTENTSYNC_CLIENT_KEY=key\n")
    monkeypatch.setenv("PROJECT", str(tmp_path))
    verified("docker", "compose", "-f", str(tmp_path / "compose.yaml"), "config", "--quiet")


@pytest.mark.parametrize(
    "path", sorted(path for path in RUN.rglob("*") if path.is_file()), ids=lambda path: path.name
)
def test_each_command_that_is_run_exists_and_no_secret_is_written_down(path: Path) -> None:
    text = path.read_text("utf-8")
    for words in re.findall(r"bin/contentsync[\"']? ((?:--?[\w-]+ (?:json )?)*)([a-z]+)", text):
        assert words[1] in COMMANDS
    assert re.findall(r"(?:SECRET|TOKEN|KEY)=(?!…|file)\S", text) == []
