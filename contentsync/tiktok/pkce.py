"""How does a sign-in prove that it is the one that was started? With PKCE in TikTok's form.

Source: Login Kit for Desktop, "code_challenge": the digest is in hex digits, not in base64url as in RFC 7636.
"""

from __future__ import annotations

import hashlib
import secrets


def new_verifier() -> str:
    """A new secret of 64 characters that are allowed in a verifier; 43 to 128 are allowed."""
    return secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> str:
    """The lower-case hex digits of the verifier's SHA-256, 64 characters."""
    return hashlib.sha256(verifier.encode("ascii")).hexdigest()
