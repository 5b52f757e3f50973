"""How does TikTok say no? Its error codes, each with its HTTP status and text.

The modules with the rules decide when to refuse.
"""

from __future__ import annotations

from typing import Final

GUIDELINES: Final = (
    "Please review our integration guidelines at https://developers.tiktok.com/doc/content-sharing-guidelines/"
)
BAD_POST: Final = "The request post info is empty or incorrect"
BAD_SOURCE: Final = "The request source info is empty or incorrect"
BAD_MEDIA: Final = "Invalid media_type or post_mode"
BAD_COUNT: Final = "The total chunk count is invalid"
BAD_CHUNK: Final = "The chunk size is invalid"

# Source: Error Handling, and the error tables of the Content Posting pages.
STATUSES: Final[dict[str, int]] = {
    "ok": 200,
    "access_token_invalid": 401,
    "scope_not_authorized": 401,
    "scope_permission_missed": 400,
    "invalid_param": 400,
    "invalid_params": 400,
    "invalid_file_upload": 400,
    "invalid_publish_id": 400,
    "token_not_authorized_for_specified_publish_id": 400,
    "publish_not_cancellable": 400,
    "app_version_check_failed": 400,
    "spam_risk": 403,
    "spam_risk_text": 403,
    "spam_risk_too_many_posts": 403,
    "spam_risk_too_many_pending_share": 403,
    "spam_risk_user_banned_from_posting": 403,
    "reached_active_user_cap": 403,
    "unaudited_client_can_only_post_to_private_accounts": 403,
    "url_ownership_unverified": 403,
    "privacy_level_option_mismatch": 403,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
}

WORDS: Final[dict[str, str]] = {
    "access_token_invalid": "The access token is invalid or not found in the request.",
    "scope_not_authorized": "The user did not authorize the scope required for completing this request.",
    "scope_permission_missed": "Additional permissions are required to read the requested fields.",
    "invalid_publish_id": "The publish_id does not exist.",
    "token_not_authorized_for_specified_publish_id": "The access token may not see this publish_id.",
    "publish_not_cancellable": "The publish can no longer be cancelled.",
    "rate_limit_exceeded": "The API rate limit was exceeded. Please try again later.",
    "internal_error": "Something is wrong. Please try again later.",
}


class Refused(Exception):
    """An answer of the envelope kind that is not `ok`.

    status: None is the documented one, so that an endpoint with a habit of its own (200) can tell.
    """

    def __init__(self, code: str, message: str | None = None, status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = words(code) if message is None else message
        self.status = status


class OAuthRefused(Exception):
    """A flat answer of the OAuth endpoints. Source: OAuth Error Handling."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def words(code: str) -> str:
    """What TikTok writes beside a code: for most policy refusals the same sentence."""
    return WORDS.get(code, GUIDELINES)


def invalid(message: str) -> Refused:
    """The refusal of a request that is not well formed."""
    return Refused("invalid_params", message)
