# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON Web Tokens (HS256), signed by the secrets that Redis keeps."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from .redis import Redis

SECRET = "TICKETZ_JWT_SECRET"
REFRESH_SECRET = "TICKETZ_JWT_REFRESH_SECRET"


def provide_secrets(redis: Redis) -> dict[str, str]:
    """Return both secrets; what Redis does not have yet is made and kept there."""
    found = {}
    for name in (SECRET, REFRESH_SECRET):
        redis.command("SET", name, secrets.token_urlsafe(32), "NX")
        found[name] = str(redis.command("GET", name))
    return found


def sign(payload: dict[str, Any], secret: str, seconds: int = 900_000) -> str:
    """Return a token that ends after some seconds."""
    body = {**payload, "iat": int(time.time()), "exp": int(time.time()) + seconds}
    signed = ".".join(_encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, body))
    return signed + "." + _encode(_mac(signed, secret))


def verify(token: str, secret: str) -> dict[str, Any] | None:
    """Return what a token says, or None if it is not signed by this secret, or is over."""
    signed, _dot, signature = token.rpartition(".")
    try:
        if not hmac.compare_digest(_decode(signature), _mac(signed, secret)):
            return None
        payload: dict[str, Any] = json.loads(_decode(signed.split(".")[1]))
    except (ValueError, IndexError):
        return None
    return payload if payload.get("exp", 0) > time.time() else None


def _mac(text: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
