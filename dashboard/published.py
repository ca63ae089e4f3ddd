"""Constant texts a page needs: fetched once by URL instead of sent with every change.

A text is kept under the hash of its content, so its URL says all about it and a browser
may keep the answer for ever.
"""

from __future__ import annotations

import gzip
import hashlib

from dashboard.frame import Frame
from dashboard.lru import ByteLru

LAYER = "texts"
_packed: ByteLru[bytes] = ByteLru(8 << 20, len)


def digest(text: str) -> str:
    """Hash that stands for ``text``."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def publish(frame: Frame, text: str, suffix: str) -> str:
    """Signed URL of ``text``, relative to the map component like :meth:`Frame.url`.

    ``suffix`` is ``"js"`` or ``"json"``.
    """
    name = f"{digest(text)}.{suffix}"
    _packed.get(name, lambda: gzip.compress(text.encode(), 6, mtime=0))
    return frame.url(LAYER, f"texts/{name}", {"n": name})


def packed(name: str) -> bytes:
    """The text called ``name``, gzip-compressed.

    Raises
    ------
    KeyError
        When no page of this process has published it.
    """

    def missing() -> bytes:
        raise KeyError(name)

    return _packed.get(name, missing)
