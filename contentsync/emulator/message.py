"""What do requests and answers look like? With TikTok's forms of an answer; no socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from contentsync.emulator.refusal import invalid

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. headers: names in lower case. body: empty where the body is streamed."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str]) -> Request:
        """The head of a request; of a query name given twice the last one counts."""
        parts = urlsplit(target)
        return cls(method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def bearer(self) -> str:
        """The token of the Authorization header, empty if there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> dict[str, object]:
        """The body as an object; a body that is not there counts as {}.

        Raises Refused for another content type, broken JSON, or JSON that is no object.
        """
        if not self.body:
            return {}
        if self.content_type != "application/json":
            raise invalid("The content type must be application/json")
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as err:
            raise invalid("The request body is not valid JSON") from err
        if not isinstance(found, dict):
            raise invalid("The request body must be a JSON object")
        return found


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def as_json(status: int, value: object) -> Response:
    """`value` as a JSON body."""
    return Response(status, json.dumps(value).encode(), (("content-type", JSON_TYPE),))


def envelope(log_id: str, data: object | None, code: str = "ok", message: str = "", status: int = 200) -> Response:
    """The API's shape: `data` (left out when None) and `error`. Source: Error Handling."""
    error = {"code": code, "message": message, "log_id": log_id}
    return as_json(status, {"error": error} if data is None else {"data": data, "error": error})


def flat(log_id: str, error: str, description: str, status: int) -> Response:
    """The OAuth endpoints' shape of a failure. Source: OAuth Error Handling."""
    return as_json(status, {"error": error, "error_description": description, "log_id": log_id})


def plain(status: int, text: str = "") -> Response:
    """An answer outside of TikTok's shapes."""
    return Response(status, text.encode(), (("content-type", "text/plain; charset=utf-8"),) if text else ())
