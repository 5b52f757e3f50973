"""What does a refusal mean while an account signs in or out? The codes of `refusals.py`, worded for a sign-in.

Pure. Source: OAuth Error Handling; Login Kit for Desktop and for Web.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contentsync.tiktok.refusals import Family, Refusal, oauth_refusal


def sign_in_refusal(code: str, description: str) -> Refusal | None:
    """What an error means that comes back from the consent page or for its code; None for an unknown one.

    description: TikTok's words beside it, or its `error_type`; they tell apart what shares one code.
    Source: OAuth Error Handling; a wrong redirect URI is documented as invalid_grant and shown as invalid_request.
    """
    code, words = code.lower(), description.lower()
    if code == "access_denied" and "non_sandbox_target" in words:
        return _NO_TARGET_USER
    for parts, row in _BY_WORDS:
        if code in ("invalid_request", "invalid_grant", "unauthorized_client") and any(
            part in words for part in parts
        ):
            return replace(row, code=code)
    return _AT_SIGN_IN.get(code) or oauth_refusal(code)


def revoke_refusal(code: str, _description: str) -> Refusal | None:
    """What an error means that comes back for a token to be revoked; None for an unknown one."""
    if code in ("invalid_request", "invalid_grant", "access_token_invalid"):
        return replace(_NOT_KNOWN, code=code)
    return oauth_refusal(code)


_BY_WORDS: Final = (
    (
        ("redirect",),
        Refusal(
            "invalid_request",
            Family.APP,
            None,
            "the redirect URI of this sign-in is not one that is registered for the app",
            "register app.redirect_uri in TikTok's developer portal, letter by letter with the slash at its end: "
            "http://127.0.0.1:*/callback/ under Login Kit, Desktop",
        ),
    ),
    (
        ("verifier", "challenge"),
        Refusal(
            "invalid_request",
            Family.APP,
            None,
            "TikTok does not accept the proof (PKCE) that this is the sign-in that was started",
            "sign in again, in one go; if that fails too, register the redirect URI under Desktop, not Web",
        ),
    ),
)

_NO_TARGET_USER: Final = Refusal(
    "non_sandbox_target",
    Family.APP,
    None,
    "the TikTok account that signed in is not a target user of the app's sandbox, so the sandbox refuses it",
    "add the account in TikTok's developer portal, in the sandbox's settings under Target users (it can take an hour "
    "to show), and sign in again; or sign in to TikTok in the browser as an account that is listed there",
)

_AT_SIGN_IN: Final = {
    row.code: row
    for row in (
        Refusal(
            "access_denied",
            Family.SIGN_IN,
            None,
            "the account's owner did not agree",
            "sign in again and choose to authorize; a single scope can be left out by unticking it",
        ),
        Refusal(
            "unauthorized_client",
            Family.APP,
            None,
            "TikTok does not let this app sign accounts in",
            "check four things in TikTok's developer portal: the client key is that of the live app or, with "
            "--sandbox, of the sandbox; Login Kit is added; the redirect URI is registered; in a sandbox the account "
            "is a target user",
        ),
        Refusal(
            "invalid_scope",
            Family.APP,
            None,
            "the sign-in asks for a scope that the app lacks",
            "add Login Kit and the Content Posting API with Direct Post in the developer portal, or leave the scope "
            "out: name those that the app has with --scope",
        ),
        Refusal(
            "invalid_grant",
            Family.SIGN_IN,
            None,
            "the code from TikTok's page is expired, used already, cut off, or for another app",
            "sign in again, and paste the whole address: a code works once, and for minutes only; if that fails too, "
            "compare app.client_key with TikTok's developer portal",
        ),
        Refusal(
            "invalid_request",
            Family.APP,
            None,
            "TikTok does not accept the sign-in request",
            "compare app.client_key and app.redirect_uri with TikTok's developer portal",
        ),
    )
}

_NOT_KNOWN: Final = Refusal(
    "invalid_request",
    Family.SIGN_IN,
    None,
    "TikTok does not know the token as one that can be revoked",
    "check in TikTok's app whether the app still has access: Settings, Security, Manage app permissions",
)
