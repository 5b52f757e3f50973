"""How does a client that only knows https://open.tiktokapis.com reach the emulator? By a proxy that ends its TLS.

The client is told of it by HTTPS_PROXY, and trusts a certificate that is made for this run and thrown away. Nothing
leaves the machine: any other host is refused.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HOSTS = ("open.tiktokapis.com", "open-upload.tiktokapis.com")
PATIENCE = 60.0


@dataclass
class StandIn:
    """A running proxy. hosts: what it was asked for, in their order; refused: those that are not TikTok's."""

    url: str
    certificate: Path
    hosts: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@contextlib.contextmanager
def a_stand_in(folder: Path, port: int) -> Iterator[StandIn]:
    """TikTok's hosts, behind a proxy on loopback, answered by what listens on `port`."""
    certificate, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    found = StandIn(f"http://127.0.0.1:{listener.getsockname()[1]}", certificate)
    thread = threading.Thread(target=_serve, args=(listener, context, port, found), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "stand-in.pem", folder / "stand-in.key"
    extensions = (
        "subjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS),
        "keyUsage=critical,digitalSignature,keyCertSign",
    )
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "1", "-subj", "/CN=emulator", "-keyout", str(key), "-out", str(certificate)]
    command += [word for extension in extensions for word in ("-addext", extension)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return certificate, key


def _serve(listener: socket.socket, context: ssl.SSLContext, port: int, found: StandIn) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_tunnel, args=(client, context, port, found), daemon=True).start()


def _tunnel(client: socket.socket, context: ssl.SSLContext, port: int, found: StandIn) -> None:
    """One CONNECT, its TLS ended here, and the bytes of both sides passed on."""
    client.settimeout(PATIENCE)
    with client, contextlib.suppress(OSError):
        host = _asked_host(client)
        if host not in HOSTS:
            found.refused.append(host)
            client.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        found.hosts.append(host)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        server = socket.create_connection(("127.0.0.1", port), PATIENCE)
        with server, context.wrap_socket(client, server_side=True) as inside:
            back = threading.Thread(target=_pass_on, args=(server, inside), daemon=True)
            back.start()
            _pass_on(inside, server)
            back.join(PATIENCE)


def _asked_host(client: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 65_536:
        data = client.recv(4_096)
        if not data:
            break
        head += data
    asked = re.match(rb"CONNECT ([a-z0-9.-]+):443 HTTP/1\.[01]\r\n", head)
    return asked[1].decode() if asked else head[:80].decode("latin-1")


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
