"""Take the pictures in docs/pictures again: `python docs/screenshots.py`, where the extra `dev` is installed.

Every picture shows the real program: the example project, an emulator of TikTok, and headless Chromium
(apt-get install chromium chromium-driver). Nothing is drawn by hand.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
COLUMNS = 110
#: Where a heading begins, with a little air above it.
TOP_OF = """
const found = [...document.querySelectorAll("h1, h2, h3")].find(one => one.textContent.includes(arguments[0]));
return found.getBoundingClientRect().top + window.scrollY - 24;
"""
sys.path.insert(0, str(ROOT))

from tests.browser.driver import Browser, a_browser  # noqa: E402  (found once the root is on the path)

#: The terminal's SVG without the fonts that rich would fetch from a server.
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.S)


class Studio:
    """A copy of the example project with slots, and an emulator that it posts to."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment

    def run(self, *args: str) -> None:
        """`contentsync ARGS`, whatever it exits with."""
        quiet = subprocess.DEVNULL
        command = self._command(*args)
        subprocess.run(command, cwd=self.folder, env=self.environment, check=False, stdout=quiet, stderr=quiet)

    def terminal(self, *args: str) -> str:
        """What `contentsync ARGS` shows on a terminal, with its colours."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
        environment = self.environment | {"TERM": "xterm-256color"}
        with subprocess.Popen(
            self._command(*args), cwd=self.folder, env=environment, stdout=theirs, stderr=subprocess.DEVNULL
        ):
            os.close(theirs)
            shown = b"".join(_until_closed(ours))
        os.close(ours)
        return shown.decode().replace("\r", "")

    @contextmanager
    def board(self) -> Iterator[str]:
        """`watch --board`, and the link that signs in."""
        command = self._command("watch", "--board", "127.0.0.1:0")
        watch = subprocess.Popen(command, cwd=self.folder, env=self.environment, stderr=subprocess.PIPE, text=True)
        assert watch.stderr is not None
        try:
            yield next(
                found[0] for line in watch.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+/\S+", line))
            )
        finally:
            watch.terminate()
            watch.wait(30)

    def _command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "contentsync", *args]


def _until_closed(terminal: int) -> Iterator[bytes]:
    """What appears on a terminal until its last program has ended."""
    with contextlib.suppress(OSError):  # Linux says so by an error
        while data := os.read(terminal, 65536):
            yield data


@contextmanager
def a_studio(folder: Path) -> Iterator[Studio]:
    """The project, and its emulator until the end."""
    studio = folder / "studio"
    shutil.copytree(ROOT / "examples" / "studio", studio)
    _add_what_is_ahead(studio)
    command = [
        sys.executable,
        "-m",
        "contentsync",
        "emulator",
        "--account",
        "acme",
        "--account",
        "acme_de",
        "--audited",
    ]
    emulator = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert emulator.stdout is not None
    try:
        environment = dict(os.environ) | {"CONTENTSYNC_DATA_DIR": str(folder / "data"), "PYTHONUTF8": "1"}
        for line in emulator.stdout:
            if found := re.match(r"export (\w+)='?([^'\n]*)'?$", line):
                environment[found[1]] = found[2]
            if "CONTENTSYNC_DATA_DIR" in line:
                break
        yield Studio(studio, environment)
    finally:
        emulator.terminate()
        emulator.wait(30)
        emulator.stdout.close()


def _add_what_is_ahead(studio: Path) -> None:
    """Slots, and posts that wait for them; each with a film of its own."""
    project = studio / "contentsync.yaml"
    slots = '  acme:\n    slots: ["mon 09:00", "wed 18:30", "fri 18:30"]\n'
    project.write_text(project.read_text("utf-8").replace("  acme:\n", slots), "utf-8")
    film = (studio / "posts" / "launch" / "teaser.mp4").read_bytes()
    for number, caption in enumerate(("Six new glazes", "How we fire", "Ask the potter"), 1):
        folder = studio / "posts" / f"part-{number}"
        folder.mkdir()
        (folder / "film.mp4").write_bytes(film + b"\0\0\0\x09free" + str(number).encode())  # an empty box of MP4
        lines = (f"name: part-{number}", "account: acme", "video: film.mp4", f'caption: "{caption} #pottery"')
        (folder / "post.yaml").write_text(
            "\n".join((*lines, "privacy: everyone", "publish_at: next-slot", "")), "utf-8"
        )


def shoot(browser: Browser, name: str, height: int, width: int = 1000, heading: str = "") -> None:
    """Keep a part of the page that the browser shows: from its top, or from the heading with this text."""
    browser.look(width, height)
    top = browser.run(TOP_OF, heading) if heading else 0
    clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
    taken = browser.chrome("Page.captureScreenshot", format="webp", quality=80, clip=clip, captureBeyondViewport=True)
    (PICTURES / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


def keep_terminal(name: str, shown: str) -> None:
    """Keep what a terminal showed as an SVG."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(shown.rstrip()))
        drawn = console.export_svg(title="contentsync plan")
    (PICTURES / f"{name}.svg").write_text(FONT_FACE.sub("", drawn).replace("Fira Code", "monospace"), "utf-8")


def main() -> None:
    """Play a day of the studio, and take each picture when there is something to see."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, a_studio(Path(folder)) as studio, a_browser() as browser:
        keep_terminal("terminal", studio.terminal("plan"))
        studio.run("plan", "--html", "plan.html")
        browser.visit((studio.folder / "plan.html").as_uri())
        shoot(browser, "plan", 800, heading="acme/launch-day")
        studio.run("apply", "--auto-approve")
        studio.run("handover", "--html", "drafts.html", "--qr")
        browser.visit((studio.folder / "drafts.html").as_uri())
        shoot(browser, "handover", 1100, width=360)
        studio.run("approve", "part-1", "part-2", "--auto-approve")
        studio.run("calendar", "--html", "calendar.html")
        browser.visit((studio.folder / "calendar.html").as_uri())
        shoot(browser, "calendar", 1100)
        with studio.board() as link:
            browser.visit(link)
            browser.wait_for_title("Now")
            shoot(browser, "board", 1100)


if __name__ == "__main__":
    main()
