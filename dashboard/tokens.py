"""Signed claims for tile and data URLs.

A token says which layer, data version and query a URL may show and until when; it is the
only right the routes know, because they run outside the Streamlit session. The expiry is
rounded to a day's end, so equal requests within a day have equal URLs and stay cacheable.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

DAY_S = 86_400
_MAC_BYTES = 16


class TokenError(Exception):
    """A token is malformed, altered, expired or made for something else."""


@dataclass(frozen=True)
class Signer:
    """Makes and opens tokens with one secret key (HMAC-SHA-256, cut to 128 bits)."""

    key: bytes

    def sign(
        self, layer: str, version: str, query: Mapping[str, object], *, now_s: float
    ) -> str:
        """Token for ``layer`` at ``version``, valid for 24 to 48 hours from ``now_s``."""
        claims = {
            "e": (int(now_s) // DAY_S + 2) * DAY_S,
            "l": layer,
            "q": query,
            "v": version,
        }
        body = _encode(
            json.dumps(
                claims, ensure_ascii=False, sort_keys=True, separators=(",", ":")
            ).encode()
        )
        return f"{body}.{_encode(self._mac(body))}"

    def open(self, token: str, *, layer: str, version: str, now_s: float) -> dict[str, object]:
        """The query inside ``token``.

        Raises
        ------
        TokenError
            Unless the token is genuine, current and made for this layer and version.
        """
        body, _, mac = token.partition(".")
        # The MAC is compared before anything in the body is believed.
        if not hmac.compare_digest(_encode(self._mac(body)).encode(), mac.encode()):
            raise TokenError("bad signature")
        try:
            claims = json.loads(_decode(body))
        except (ValueError, binascii.Error) as error:
            raise TokenError("malformed") from error
        if claims["e"] <= now_s:
            raise TokenError("expired")
        if (claims["l"], claims["v"]) != (layer, version):
            raise TokenError("made for another layer or version")
        return dict(claims["q"])

    def _mac(self, body: str) -> bytes:
        return hmac.digest(self.key, body.encode(), hashlib.sha256)[:_MAC_BYTES]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
