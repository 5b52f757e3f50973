"""How does a part of contentsync serve HTTP with uvicorn? Shared by the board and the receiver of webhooks.

uvicorn comes with the extra `web`, so it is imported when a server is made. The server leaves signals, logs and the
process to its caller, and runs in a thread of its own.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from contentsync.errors import Problem, UsageError

if TYPE_CHECKING:
    import uvicorn


def extra_missing(what: str, err: ImportError) -> UsageError:
    """The error for a package of the extra `web` that is not installed. what: the part that needs it."""
    said = f"{what} needs the extra `web` ({err.name} is missing)"
    return UsageError(Problem("web-extra-missing", said, "pip install 'contentsync[web]'"))


def import_server() -> None:
    """Load uvicorn. Raises ImportError where it is not installed."""
    import uvicorn  # noqa: F401


def listen(host: str, port: int, hint: str, backlog: int = 128) -> socket.socket:
    """An open port. port: 0 picks a free one. hint: how to choose another one. Raises UsageError if it is taken."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=backlog)
    except OSError as err:
        raise port_taken(host, port, err, hint) from err


def port_taken(host: str, port: int, err: OSError, hint: str) -> UsageError:
    """The error for a port that can't be opened."""
    return UsageError(Problem("port-taken", f"can't listen on {host} port {port}: {err.strerror or err}", hint))


def server_of(
    app: Any, *, connections: int, seconds_to_end: int, protocol: Any = "h11", proxied: bool = True
) -> uvicorn.Server:
    """A server for the app.

    connections: further ones at the same time are answered 503. seconds_to_end: for requests that run when it is
    stopped. protocol: a name that uvicorn knows, or a class. proxied: whether to believe a proxy on this machine
    about who the client is. Raises ImportError.
    """
    import uvicorn

    config = uvicorn.Config(
        app,
        http=protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=proxied,
        limit_concurrency=connections,
        timeout_graceful_shutdown=seconds_to_end,
    )
    return uvicorn.Server(config)


def serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until it should exit. In a thread of its own, so that uvicorn leaves the process's signals alone."""
    with contextlib.closing(listener):
        server.run(sockets=[listener])
