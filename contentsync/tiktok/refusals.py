"""What does each refusal mean: is it a definite no, may a new attempt follow, and what does the user read?

Two tables: one for `error.code` of the API and of OAuth, and one for `fail_reason` of a status. A code that is in
neither table is not a definite refusal. Nothing here waits or repeats.

Source: Error Handling; the error tables of Direct Post, Upload, Photo, Query Creator Info, Get Post Status and
Media Transfer Guide ("Cancel"); OAuth Error Handling; Get Post Status, "fail_reason".
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from contentsync.errors import Problem
from contentsync.frozen import frozen

MINUTE: Final = timedelta(seconds=61)  # TikTok's limits by the minute slide
DAY: Final = timedelta(hours=24)  # so do its daily caps
LOOK_AGAIN: Final = timedelta(hours=4)  # of a cap that may end at any time, and of which only an init tells
AT_ONCE: Final = timedelta(0)


class Family(StrEnum):
    """Who must act on a refusal; the exit code follows from it."""

    SIGN_IN = "sign-in"
    CAP = "cap"
    CONTENT = "content"
    ACCOUNT = "account"
    APP = "app"
    TIKTOK = "tiktok"  # TikTok's own trouble


@frozen
class Failure:
    """One row: a final no of TikTok.

    code: TikTok's own word. again: how long after it a new attempt may follow without a person; None: never.
    what, hint: for the user.
    """

    code: str
    family: Family
    again: timedelta | None
    what: str
    hint: str
    #: The hint for a photo post, where it is another one.
    of_photos: str = ""

    def problem(self, message: str = "", log_id: str = "", *, photos: bool = False) -> Problem:
        """For the user; always with TikTok's own word, since its sentence is often the same for all."""
        said = ", ".join(filter(None, (self.code, message and f"“{message}”", log_id and f"log_id {log_id}")))
        return Problem(
            self.code.replace("_", "-"), f"{self.what} (TikTok: {said})", (photos and self.of_photos) or self.hint
        )


@frozen
class Refusal(Failure):
    """One row: an error code. definite: whether it says for certain that the call did nothing."""

    definite: bool = True


def refusal(code: str) -> Refusal | None:
    """What an `error.code` of the API means; None for a code that TikTok does not document."""
    return REFUSALS.get(code)


def oauth_refusal(code: str) -> Refusal | None:
    """What an error of the token endpoint means, in either of its shapes; None for an unknown one."""
    return OAUTH.get(code) or REFUSALS.get(code)


def hint_of(problem_code: str, *, photos: bool = False) -> str:
    """What fixes a problem that one of these rows made, by its code; empty for a code of ours, or an unknown one."""
    known = hints()
    return (photos and known.get(f"photos:{problem_code}")) or known.get(problem_code, "")


def hints() -> dict[str, str]:
    """What fixes each problem that one of these rows makes, by its code; `photos:CODE` for a photo post."""
    rows = {row.code.replace("_", "-"): row for row in (*_API, *_OF_STATUS)}
    of_photos = {f"photos:{code}": row.of_photos for code, row in rows.items() if row.of_photos}
    return {code: row.hint for code, row in rows.items()} | of_photos


def failure(fail_reason: str) -> Failure:
    """What a `fail_reason` means; an unknown one is final too, since the status FAILED is."""
    unknown = Failure(
        fail_reason or "no_reason_given",
        Family.CONTENT,
        None,
        "TikTok could not publish it, for a reason that contentsync does not know",
        "look at the post in the TikTok app, then try again with: contentsync apply --retry POST",
    )
    return FAILURES.get(fail_reason.lower(), unknown)


_SIGN_IN: Final = "sign in again: contentsync login ACCOUNT; or set its new token in the environment"
_ALL_SCOPES: Final = (
    "sign in again and grant every scope: contentsync login ACCOUNT --scope all; or set a token that has it in the "
    "environment"
)
_EXPORT: Final = "export the video again, as MP4 with H.264 video and AAC sound"
_PHOTOS: Final = "save the photos again, as JPEG or WebP"
_LENGTH: Final = (
    "compare its length with the longest that `contentsync accounts` shows for the account, and export it anew"
)
_NO_FIELD: Final = (
    "TikTok does not say which field it means: look at what was sent with contentsync explain POST, and report it to "
    "TikTok's support with the log_id"
)
_FRAME_RATE: Final = "export the video again with 24 to 60 frames a second, at a constant rate"
_LATER: Final = "nothing to do: apply tries again by itself once there may be room; contentsync plan shows when"

_API: Final = (
    Refusal(
        "access_token_invalid", Family.SIGN_IN, None, "the access token is expired, revoked or not TikTok's", _SIGN_IN
    ),
    Refusal(
        "scope_not_authorized",
        Family.SIGN_IN,
        None,
        "the account did not grant a scope that this call needs",
        _ALL_SCOPES,
    ),
    Refusal(
        "scope_permission_missed",
        Family.SIGN_IN,
        None,
        "the account did not grant the scope that a requested field needs",
        _ALL_SCOPES,
    ),
    Refusal(
        "invalid_params",
        Family.CONTENT,
        None,
        "TikTok does not accept what was sent",
        _NO_FIELD,
    ),
    Refusal(
        "invalid_param",
        Family.CONTENT,
        None,
        "TikTok does not accept what was sent",
        _NO_FIELD,
    ),
    Refusal("invalid_file_upload", Family.CONTENT, None, "TikTok does not take the file", _EXPORT, _PHOTOS),
    Refusal(
        "rate_limit_exceeded",
        Family.CAP,
        MINUTE,
        "more calls in one minute than TikTok allows this account",
        "wait a minute; if other tools use the account too, lower its limits in contentsync.yaml",
    ),
    Refusal(
        "internal_error",
        Family.TIKTOK,
        None,
        "TikTok had an internal error",
        "run the command again in a few minutes",
        definite=False,
    ),
    Refusal(
        "spam_risk_too_many_posts",
        Family.CAP,
        DAY,
        "the account has reached TikTok's cap of posts in 24 hours, counted over all apps",
        _LATER,
    ),
    Refusal(
        "spam_risk_too_many_pending_share",
        Family.CAP,
        LOOK_AGAIN,
        "the inbox holds as many unfinished drafts as TikTok allows",
        "post drafts in the TikTok app; apply continues once it sees one posted, or asks TikTok again after 4 hours",
    ),
    Refusal(
        "spam_risk_user_banned_from_posting",
        Family.ACCOUNT,
        None,
        "TikTok has banned the account from posting",
        "the account's owner can find the reason, and appeal, in the TikTok app",
    ),
    Refusal(
        "reached_active_user_cap",
        Family.CAP,
        DAY,
        "the app has reached TikTok's number of posting accounts in 24 hours; this limits the app, not the account",
        "wait, or have TikTok audit the app for a higher number",
    ),
    Refusal(
        "unaudited_client_can_only_post_to_private_accounts",
        Family.ACCOUNT,
        None,
        "TikTok has not audited the app, and accepts from it only posts with privacy only_me to a private account",
        "set `privacy: only_me` and keep the account private in the TikTok app; or set `mode: draft`",
    ),
    Refusal(
        "url_ownership_unverified",
        Family.APP,
        None,
        "the media's address is not under a domain or prefix that TikTok has verified for the app",
        "verify it in TikTok's developer portal, under URL properties",
    ),
    Refusal(
        "privacy_level_option_mismatch",
        Family.CONTENT,
        None,
        "TikTok does not offer this privacy to the account now",
        "choose a privacy that `contentsync accounts` lists for it",
    ),
    Refusal(
        "app_version_check_failed",
        Family.ACCOUNT,
        None,
        "the TikTok app on the creator's phone is too old for photo drafts",
        "update it to 31.8 or later",
    ),
    Refusal(
        "invalid_publish_id",
        Family.TIKTOK,
        None,
        "TikTok does not know this upload yet",
        "it is not sent again; ask TikTok once more: contentsync status POST --wait 10m",
    ),
    Refusal(
        "token_not_authorized_for_specified_publish_id",
        Family.SIGN_IN,
        None,
        "this sign-in may not see the posting: another account or app started it",
        "sign in with the account and app that started it: contentsync login ACCOUNT; or give their token",
    ),
    Refusal(
        "publish_not_cancellable",
        Family.CONTENT,
        None,
        "the posting is final, or too far on to be cancelled",
        "nothing to do: contentsync status shows how it ended",
    ),
)

_FOR_OAUTH: Final = (
    Refusal(
        "invalid_grant",
        Family.SIGN_IN,
        None,
        "the refresh token is expired, revoked, already used, or another app's",
        "sign in again: contentsync login ACCOUNT; or set its new tokens in the environment",
    ),
    Refusal("access_denied", Family.SIGN_IN, None, "the account's owner did not agree to the sign-in", _SIGN_IN),
    Refusal(
        "invalid_client",
        Family.APP,
        None,
        "TikTok does not know the app's client_key and client_secret as a pair",
        "copy both from TikTok's developer portal; a sandbox has a pair of its own",
    ),
    Refusal(
        "unauthorized_client",
        Family.APP,
        None,
        "the app may not sign accounts in",
        "check in TikTok's developer portal that Login Kit is added and the app is live or a sandbox",
    ),
    Refusal(
        "invalid_request",
        Family.APP,
        None,
        "TikTok does not accept the sign-in request",
        "compare redirect_uri and the client keys with TikTok's developer portal",
    ),
    Refusal(
        "invalid_scope",
        Family.APP,
        None,
        "the app asks for a scope that TikTok has not approved for it",
        "add the product that brings the scope in TikTok's developer portal",
    ),
    Refusal(
        "unsupported_grant_type",
        Family.APP,
        None,
        "TikTok does not offer this way of signing in",
        "report this as a bug in contentsync",
    ),
    Refusal(
        "unsupported_response_type",
        Family.APP,
        None,
        "TikTok does not offer this way of signing in",
        "report this as a bug in contentsync",
    ),
    Refusal(
        "server_error",
        Family.TIKTOK,
        None,
        "TikTok's sign-in had an internal error",
        "run the command again in a few minutes",
        definite=False,
    ),
    Refusal(
        "temporarily_unavailable",
        Family.TIKTOK,
        None,
        "TikTok's sign-in is not available now",
        "run the command again in a few minutes",
        definite=False,
    ),
)

_OF_STATUS: Final = (
    Failure("file_format_check_failed", Family.CONTENT, None, "TikTok can't use the file's format", _EXPORT, _PHOTOS),
    Failure("duration_check_failed", Family.CONTENT, None, "the video is longer or shorter than it may be", _LENGTH),
    Failure(
        "frame_rate_check_failed", Family.CONTENT, None, "the video's frame rate is not within 23 to 60", _FRAME_RATE
    ),
    Failure(
        "picture_size_check_failed",
        Family.CONTENT,
        None,
        "the picture is larger or smaller than it may be; TikTok does not say which one",
        "keep the video's sides within 360 to 4096 pixels",
        "keep the shorter side of each photo up to 1080 pixels",
    ),
    Failure(
        "internal", Family.TIKTOK, AT_ONCE, "TikTok had an internal error while processing", "nothing was published"
    ),
    Failure(
        "video_pull_failed",
        Family.CONTENT,
        AT_ONCE,
        "TikTok could not fetch the video from its address",
        "open the address without signing in: it must answer at once, by https and without a redirect",
    ),
    Failure(
        "photo_pull_failed",
        Family.CONTENT,
        AT_ONCE,
        "TikTok could not fetch a photo from its address",
        "open each address without signing in: it must answer at once, by https and without a redirect",
    ),
    Failure(
        "publish_cancelled",
        Family.CONTENT,
        None,
        "the posting was cancelled",
        "to post it anyway, run: contentsync apply --retry POST",
    ),
    Failure("auth_removed", Family.SIGN_IN, None, "the account's owner removed the app's access", _SIGN_IN),
    Failure(
        "spam_risk_too_many_posts",
        Family.CAP,
        DAY,
        "the account has reached TikTok's cap of posts in 24 hours, counted over all apps",
        _LATER,
    ),
    Failure(
        "spam_risk_user_banned_from_posting",
        Family.ACCOUNT,
        None,
        "TikTok has banned the account from posting",
        "the account's owner can find the reason, and appeal, in the TikTok app",
    ),
    Failure(
        "spam_risk_text", Family.CONTENT, None, "TikTok considers the caption spam", "write the caption differently"
    ),
    Failure(
        "spam_risk",
        Family.ACCOUNT,
        None,
        "TikTok considers the post or the account spam",
        "check the TikTok app for a notice to the account's owner",
    ),
)

# Refusals of an init that speak of direct posts alone, or of drafts alone: posts of the other mode may go on.
# Source: the error tables of Direct Post and Upload; Scopes Reference; Content Sharing Guidelines.
OF_ONE_MODE: Final = frozenset(
    {
        "scope_not_authorized",
        "spam_risk_too_many_posts",
        "spam_risk_too_many_pending_share",
        "reached_active_user_cap",
        "unaudited_client_can_only_post_to_private_accounts",
        "app_version_check_failed",
    }
)

REFUSALS: Final = {row.code: row for row in _API}
OAUTH: Final = {row.code: row for row in _FOR_OAUTH}
FAILURES: Final = {row.code: row for row in _OF_STATUS}
