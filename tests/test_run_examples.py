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
UNITS = sorted((RUN / "systemd").iterdir())
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
    *("build", "image", "restart", "stop_grace_period", "env_file", "volumes", "read_only", "tmpfs", "cap_drop"),
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
