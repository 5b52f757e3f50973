"""A real Secret Service for tests: gnome-keyring on a D-Bus of its own, with an unlocked collection."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

WHY_NOT = "gnome-keyring-daemon and dbus-daemon are not installed: apt-get install gnome-keyring dbus"


@contextlib.contextmanager
def secret_service(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of processes that use it. Skips the test where it is not installed."""
    if not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-daemon")):
        pytest.skip(WHY_NOT)
    folder.mkdir(mode=0o700)
    homes = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME")}
    with contextlib.ExitStack() as ending:
        bus = ending.enter_context(_running(["dbus-daemon", "--session", "--nofork", "--print-address=1"], homes))
        assert bus.stdout is not None
        environ = homes | {
            "DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip(),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
        }
        daemon = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
        keyring = ending.enter_context(_running(daemon, environ))
        assert keyring.stdin is not None
        keyring.stdin.write("a password")
        keyring.stdin.close()
        yield environ


@contextlib.contextmanager
def _running(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=_bare() | environ, text=True, **pipes)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)
        for pipe in (process.stdin, process.stdout):
            pipe.close()


def _bare() -> dict[str, str]:
    """The environment without a display: a keyring that is locked can ask nobody."""
    return {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
