"""`trust --show --json`: what the project would run, read and write."""

from __future__ import annotations

from typing import Any, Final

from contentsync.settings import Settings

FORMAT: Final = "contentsync.trust/1"


def document(settings: Settings) -> dict[str, Any]:
    wanted = settings.wanted
    return {
        "format": FORMAT,
        "digest": wanted.digest or None,
        "granted": settings.granted,
        "commands": [{"key": key, "command": list(command)} for key, command in wanted.commands],
        "scripts": [{"path": path, "sha256": sha256} for path, sha256 in wanted.scripts],
        "notices": [{"key": key, "what": what} for key, what in wanted.notices],
        "variables": [{"key": key, "name": name} for key, name in wanted.variables],
        "folders": [{"key": key, "place": place} for key, place in wanted.folders],
    }
