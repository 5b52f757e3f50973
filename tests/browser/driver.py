"""A headless Chromium for tests, spoken to in WebDriver's own words over HTTP, so that no client library is needed.

Source: W3C WebDriver. Debian's chromium and chromium-driver always fit each other.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
MISSING = "no Chromium with its driver here: apt-get install chromium chromium-driver"


class Browser:
    """One window."""

    def __init__(self, http: httpx.Client, session: str) -> None:
        self._http, self._at = http, f"/session/{session}"

    def visit(self, address: str) -> None:
        self._do("POST", "/url", url=address)

    def click(self, css: str) -> None:
        self._do("POST", f"/element/{self._find(css)}/click")

    def is_ticked(self, css: str) -> bool:
        return bool(self._do("GET", f"/element/{self._find(css)}/selected"))

    def text(self) -> str:
        return str(self._do("GET", f"/element/{self._find('body')}/text"))

    @property
    def title(self) -> str:
        return str(self._do("GET", "/title"))

    @property
    def source(self) -> str:
        return str(self._do("GET", "/source"))

    def wait_for_title(self, part: str, seconds: float = 15.0) -> None:
        """Until the title holds `part`."""
        until = time.monotonic() + seconds
        while part not in self.title:
            assert time.monotonic() < until, f"the title stayed {self.title!r}: {self.text()}"
            time.sleep(0.05)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._do("GET", "/screenshot")))

    def run(self, script: str, *args: Any) -> Any:
        """What a script in the page returns; a promise is waited for."""
        return self._do("POST", "/execute/sync", script=script, args=list(args))

    def chrome(self, command: str, **given: Any) -> Any:
        """One command of the Chrome DevTools protocol."""
        return self._do("POST", "/goog/cdp/execute", cmd=command, params=given)

    def look(self, width: int = 1000, height: int = 800, *, dark: bool = False, on_paper: bool = False) -> None:
        """Show pages from now on at this size, in these colours, on a screen or on paper."""
        self.chrome(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.chrome("Emulation.setEmulatedMedia", media="print" if on_paper else "screen", features=[scheme])

    def whole_picture(self, path: Path) -> None:
        """The page from top to bottom."""
        taken = self.chrome("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call; without data:, and what a page's policy stopped."""
        told = [json.loads(entry["message"])["message"] for entry in self._do("POST", "/se/log", type="performance")]
        failed = [one["params"] for one in told if one["method"] == "Network.loadingFailed"]
        stopped = {one["requestId"] for one in failed if one.get("blockedReason") == "csp"}
        sent = [one["params"] for one in told if one["method"] == "Network.requestWillBeSent"]
        urls = [one["request"]["url"] for one in sent if one["requestId"] not in stopped]
        return [url for url in urls if not url.startswith("data:")]

    def _find(self, css: str) -> str:
        found = self._do("POST", "/element", using="css selector", value=css)
        return str(found[ELEMENT])

    def _do(self, method: str, path: str, **body: Any) -> Any:
        answer = self._http.request(method, self._at + path, json=body if method == "POST" else None)
        value = answer.json()["value"]
        assert answer.status_code == 200, value
        return value


@contextmanager
def a_browser(width: int = 1000, height: int = 800, dark: bool = False) -> Iterator[Browser]:
    """A browser with a profile of its own, which goes with it."""
    assert CHROMIUM and DRIVER, MISSING
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            with httpx.Client(base_url=_url_of(driver), trust_env=False, timeout=60, verify=False) as http:
                session = http.post("/session", json=_wanted(profile, width, height, dark)).json()["value"]
                assert "sessionId" in session, session
                yield Browser(http, session["sessionId"])
                http.delete(f"/session/{session['sessionId']}")
        finally:
            driver.terminate()
            driver.wait(20)
            assert driver.stdout is not None
            driver.stdout.close()


def _url_of(driver: subprocess.Popen[str]) -> str:
    assert driver.stdout is not None
    for line in driver.stdout:
        if found := re.search(r"started successfully on port (\d+)", line):
            return f"http://127.0.0.1:{found[1]}"
    raise AssertionError(f"chromedriver ended with {driver.wait()}")


def _wanted(profile: str, width: int, height: int, dark: bool) -> dict[str, Any]:
    flags = [
        "--headless=new",
        "--no-sandbox",  # Chromium's own refuses to run as root
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        f"--user-data-dir={profile}",
        f"--window-size={width},{height}",
        *(["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []),
    ]
    options = {"binary": CHROMIUM, "args": flags}
    wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}}
    return {"capabilities": {"alwaysMatch": wanted}}
