"""`contentsync demo`: the whole job on a project made for it, offline, in a few seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from contentsync.cli import exits
from contentsync.cli.example import example_folder
from contentsync.cli.terminal import text
from contentsync.emulator.config import Account, App, Config, Pace
from contentsync.emulator.server import Emulator

COMMANDS: Final = (
    (("validate",), "Every manifest and its media are checked, offline."),
    (("plan", "--out", "plan.json"), "What would happen, with a reason for each line. Nothing is sent."),
    (("apply", "plan.json"), "Exactly that plan is carried out; a saved plan is its own approval."),
    (("plan",), "And again: what is published is never sent twice."),
)


@click.command()
@click.option("--keep", is_flag=True, help="Keep the project's folder, to look around in it.")
def demo(keep: bool) -> int:
    """Run validate, plan, apply and plan on an example project, against a stand-in for TikTok on this machine.

    Needs no network, no credentials, and touches nothing outside of a temporary folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="contentsync-demo-"))
    try:
        root = folder / "studio"
        shutil.copytree(example_folder(), root)
        with (root / "contentsync.yaml").open("a", encoding="utf-8") as file:
            file.write("\napi:\n  poll_initial: 200ms            # the stand-in is next door\n")
        config = Config(
            accounts=(Account("acme", private=False), Account("acme_de", private=False)),
            app=App(audited=True),
            pace=Pace(processing_polls=1, moderation_polls=0),
            default_duration=3,
        )
        with Emulator(config) as served:
            return _run_all(root, _environment(served, folder))
    finally:
        if keep:
            text.say(f"\nThe project is in {folder / 'studio'}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _environment(served: Emulator, folder: Path) -> dict[str, str]:
    """The user's environment without any setting of contentsync's, and the stand-in's instead."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONTENTSYNC_")}
    return kept | served.environment | {"CONTENTSYNC_DATA_DIR": str(folder / "data"), "PYTHONUTF8": "1"}


def _run_all(root: Path, environment: dict[str, str]) -> int:
    for args, why in COMMANDS:
        text.say(text.style(f"\n# {why}", dim=True))
        text.say(text.style(f"$ contentsync {' '.join(args)}", bold=True))
        sys.stdout.flush()
        command = [sys.executable, "-m", "contentsync", *args]
        done = subprocess.run(command, cwd=root, env=environment, check=False)  # noqa: S603 - our own command
        if done.returncode != exits.DONE:
            text.tell(f"`contentsync {' '.join(args)}` ended with {done.returncode}; the demo stops here")
            return done.returncode
    text.say("\nThat was the whole job. Your own project: contentsync init")
    return exits.DONE
