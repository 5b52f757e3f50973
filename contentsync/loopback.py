"""How does a server listen on this machine alone? How is its address read, and what does it serve with?"""

from __future__ import annotations

import ipaddress
import os
import socketserver
from dataclasses import replace
from http.server import ThreadingHTTPServer
from typing import Final

from contentsync.errors import Problem
from contentsync.visible import visible

HIGHEST_PORT: Final = 65_535


def loopback_address(text: str) -> tuple[str, int] | None:
    """The host and port of `127.0.0.1:8480` or `[::1]:0`; None where it is no loopback address with a port."""
    host, _, port = text.rpartition(":")
    return (_bare(host), int(port)) if _is_port(port) and _is_loopback(_bare(host)) else None


def port_fault(text: str) -> str:
    """What is wrong with the port of a loopback address; empty where the port is right, or the host is wrong."""
    if _is_loopback(_bare(text)):
        return "names no port"
    host, _, port = text.rpartition(":")
    if _is_port(port) or not _is_loopback(_bare(host)):
        return ""
    return f"has a port that is not a number from 0 to {HIGHEST_PORT}"


def address_problem(text: str, beyond: Problem) -> Problem:
    """Why `text` is refused where a loopback address with a port is wanted. beyond: if others could reach it."""
    fault = port_fault(text)
    if not fault:
        return beyond
    return replace(beyond, what=f'"{visible(text)}" {fault}', hint="write 127.0.0.1:PORT; port 0 picks a free one")


def _bare(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(HIGHEST_PORT)) and int(text) <= HIGHEST_PORT


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
