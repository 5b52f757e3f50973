"""Did TikTok say yes, no, or nothing reliable? The only place that judges an answer of the API.

`error.code` comes first, then the HTTP status: refusals arrive with status 200, and a 5xx proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from contentsync.errors import Problem, Refused, Unanswered
from contentsync.tiktok.refusals import refusal
from contentsync.tiktok.wire import Envelope


def judge(http_status: int, body: object) -> Mapping[str, object]:
    """The `data` of a success.

    http_status, body: as received; the body decoded, None where it was no JSON.
    Raises Refused for a refusal that is known and definite, whatever the status below 500; Unanswered for all
    from which we can't know what TikTok did.
    """
    envelope = Envelope.of(body)
    if envelope is None:
        raise unanswered(f"TikTok answered {http_status} without saying what it did", http_status)
    if envelope.code == "ok" and 200 <= http_status < 300:
        return envelope.data
    code = _code_meant(envelope)
    row = refusal(code)
    if row is None or not row.definite or http_status >= 500:
        said = f"{http_status} and {code}" + (f" “{envelope.message}”" if envelope.message else "")
        log_id = f", log_id {envelope.log_id}" if envelope.log_id else ""
        raise unanswered(
            f"TikTok answered {said}{log_id}: it is unknown what TikTok did", http_status, envelope.log_id
        )
    raise Refused(row.problem(envelope.message, envelope.log_id), code, http_status, envelope.log_id)


def unanswered(what: str, http_status: int = 0, log_id: str = "") -> Unanswered:
    """The error for an answer that proves nothing."""
    hint = "run the same command again; it first checks what TikTok did"
    return Unanswered(Problem("unanswered", what, hint), http_status, log_id)


def _code_meant(envelope: Envelope) -> str:
    """An unknown publish_id also arrives as `invalid_params` with the right code as its message."""
    if envelope.code in ("invalid_params", "invalid_param") and envelope.message.lower() == "invalid_publish_id":
        return "invalid_publish_id"
    return envelope.code
