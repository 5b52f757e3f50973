"""Did TikTok say yes, no, or nothing reliable? The only place that judges an answer of the API.

`error.code` comes first, then the HTTP status: refusals arrive with status 200, and a 5xx proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from contentsync.errors import NotSent, Problem, Refused, Unanswered
from contentsync.tiktok.refusals import refusal
from contentsync.tiktok.wire import Endpoint, Envelope


def judge(http_status: int, body: object) -> Mapping[str, object]:
    """The `data` of a success.

    http_status, body: as received; the body decoded, None where it was no JSON.
    Raises Refused for a known and definite refusal with any status below 500; Unanswered for all answers
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


#: What a call that changes nothing asks for, in words.
_ASKED: Final = {
    Endpoint.USER_INFO: "who the account is",
    Endpoint.CREATOR_INFO: "what the account may post",
    Endpoint.VIDEO_LIST: "the account's public videos",
    Endpoint.VIDEO_QUERY: "videos by their ids",
    Endpoint.STATUS: "what became of a post",
    Endpoint.COMMENT_LIST: "the comments on a video",
}


def of_reading(err: Refused | Unanswered | NotSent, endpoint: Endpoint) -> Refused | Unanswered | NotSent:
    """The error of a call that only reads, worded so that nobody wonders what it changed."""
    if isinstance(err, NotSent):
        return err
    support = f"; for TikTok's support: log_id {err.log_id}" if err.log_id else ""
    again = f"run the same command again in a few minutes{support}"
    # What is asked about a post may well have been sent.
    hint = again if endpoint is Endpoint.STATUS else f"nothing was sent; {again}"
    if isinstance(err, Unanswered):
        return Unanswered(
            replace(err.problem, what=_without_answer(err, endpoint), hint=hint), err.http_status, err.log_id
        )
    if err.error_code in {"invalid_params", "invalid_param"}:  # no post was refused
        return Refused(replace(err.problem, hint=hint), err.error_code, err.http_status, err.log_id)
    return err


def _without_answer(err: Unanswered, endpoint: Endpoint) -> str:
    asked = f"when asked for {_ASKED[endpoint]}"
    if err.http_status >= 500:
        return f"TikTok could not answer ({err.http_status}) {asked}"
    if err.http_status >= 400:
        return f"TikTok answered {err.http_status} {asked}"
    return f"TikTok gave no answer that can be used {asked}: {err.problem.what}"


def _code_meant(envelope: Envelope) -> str:
    """An unknown publish_id also arrives as `invalid_params` with the right code as its message."""
    if envelope.code in ("invalid_params", "invalid_param") and envelope.message.lower() == "invalid_publish_id":
        return "invalid_publish_id"
    return envelope.code
