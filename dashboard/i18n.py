"""Words on the screen: Chinese first, English at a switch.

Every text a user reads comes from ``locales/{zh,en}.json`` under a dotted key.
Codes of :mod:`geo.vocabulary` are labelled through :func:`label`, whose keys are
``group.code``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

import streamlit as st

LANGUAGES: dict[str, str] = {"zh": "中文", "en": "English"}
DEFAULT_LANGUAGE = "zh"
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)


@cache
def messages(language: str) -> dict[str, str]:
    """All texts of one language by key."""
    path = files("dashboard") / "locales" / f"{language}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak ``language`` in this block, whatever a session says: for what has no session."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def language() -> str:
    """The language the user chose, ``"zh"`` unless they did."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    chosen = st.session_state.get("language", DEFAULT_LANGUAGE)
    return chosen if chosen in LANGUAGES else DEFAULT_LANGUAGE


def deferred(make: Callable[..., bytes], /, *args: object) -> Callable[[], bytes]:
    """``make(*args)`` for later, in the language of now.

    A deferred download runs outside of the session that knows the language.
    """
    tongue = language()

    def made() -> bytes:
        with speaking(tongue):
            return make(*args)

    return made


def t(key: str, /, **values: object) -> str:
    """Text of ``key`` in the session's language, with ``{name}`` filled from ``values``.

    Raises
    ------
    KeyError
        When the key has no text, which a test forbids.
    """
    text = messages(language())[key]
    return text.format(**values) if values else text


def label(group: str, code: object) -> str:
    """Label of a vocabulary code such as ``label("category", "robbery")``.

    An unknown code (one written by a newer version) is shown as it is.
    """
    return messages(language()).get(f"{group}.{code}", str(code))


def localized(names: dict[str, str]) -> str:
    """The name in the session's language, else the first one there is."""
    return names.get(language()) or next(iter(names.values()), "")
