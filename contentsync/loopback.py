"""How does a server listen on this machine alone? How is its address read, and what does it serve with?"""

from __future__ import annotations

import ipaddress
import os
import socketserver
from http.server import ThreadingHTTPServer


def loopback_address(text: str) -> tuple[str, int] | None:
    """The host and port of `127.0.0.1:8480` or `[::1]:0`; None where it is no loopback address with a port."""
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdecimal() and int(port) < 65_536
    return (host, int(port)) if is_port and _is_loopback(host) else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class LoopbackServer(ThreadingHTTPServer):
    """Serves each request in a thread that ends with the process."""

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would let another process share the port

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks the name service for our name

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that closes the connection."""
