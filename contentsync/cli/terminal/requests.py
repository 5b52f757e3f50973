"""How is a request shown with -v?"""

from __future__ import annotations

from contentsync.cli.terminal import text


def show_request(method: str, path: str, status: int, log_id: str, seconds: float) -> None:
    """One line on stderr: never a header, a token or an upload URL."""
    told = f"{status or 'no answer'}"
    ms = round(seconds * 1000)
    line = f"{method} {path} {told} {ms} ms{f' log_id {log_id}' if log_id else ''}"
    text.tell(line, "request", method=method, path=path, status=status, ms=ms, log_id=log_id)
