"""What the ledger takes in as text: bounded, and never about a person."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime
from typing import Any

from geo.errors import HazardError

LONGEST = 2000
_PERSONAL = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{9}[0-9Xx](?!\d)"  # resident identity number
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"  # mobile phone
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·. -]?"
    r"(?=[A-HJ-NP-Z0-9]{0,4}\d)[A-HJ-NP-Z0-9]{5,6}"  # vehicle plate
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean_text(text: str, *, what: str) -> str:
    """The text without outer blanks.

    Raises
    ------
    HazardError
        When it is too long, holds control characters, or an identity number, a mobile
        phone or a plate. Names cannot be told from places: forms must not ask for them.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise HazardError(f"{what} is longer than {LONGEST} characters; shorten it")
    if _CONTROL.search(text):
        raise HazardError(f"{what} holds control characters; type it again")
    if _PERSONAL.search(text):
        raise HazardError(
            f"{what} holds an identity number, a phone or a plate; the ledger keeps places only"
        )
    return text


def clean_number(value: float | None, *, what: str, most: float = 1e9) -> float | None:
    """The number, unless it is not finite, below zero or beyond ``most``."""
    if value is None:
        return None
    if not math.isfinite(value) or not 0 <= value <= most:
        raise HazardError(f"{what} is {value}; give a number from 0 to {most:g}")
    return float(value)


def utc_seconds(at: datetime) -> int:
    """The moment in seconds since 1970-01-01 UTC; it needs a time zone."""
    if at.tzinfo is None:
        raise HazardError("the time of a step has no time zone; give it one")
    return int(at.timestamp())


def day_of(day: date | None) -> int | None:
    """Days since 1970-01-01."""
    return None if day is None else (day - date(1970, 1, 1)).days


def to_json(value: Any) -> str:
    """Compact JSON; numbers that are none become null."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value
