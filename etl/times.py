"""Times as people write them, to UTC seconds and local wall-clock seconds.

Understood without being told: ISO 8601 and its kin (``2010/1/5 8:03``), Chinese
forms (``2010年1月5日下午8时3分``), compact digits (``20100105 080300``), Excel
serials, twelve-hour clocks, offsets (``+08:00``) and ``24:00``. Where day and
month cannot be told apart the row is refused unless the profile gives a format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.faults import Faults
from etl.shapes import Shape, shapes
from etl.text import is_ascii
from geo.vocabulary import TimePrecision

DAY_S = 86_400
EARLIEST_S = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
PRECISIONS = tuple(TimePrecision)  # order of the codes in Times.precision
_MINUTE, _HOUR, _DAY = range(3)

_CLOCK = (
    r"(?:[T ] ?(?P<H>\d{1,2})(?::(?P<M>\d{1,2})(?::(?P<S>\d{1,2})(?:[.,]\d+)?)?:?)?"
    r"(?: ?(?P<p>[AaPp])\.?[Mm]\.?)?(?: ?(?:Z|(?P<zs>[+-])(?P<zh>\d{2}):?(?P<zm>\d{2})))?)?"
)
_AUTO = (
    r"(?P<Y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _CLOCK,
    r"(?P<Y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:[T ]?(?P<H>\d{2})(?P<M>\d{2})?(?P<S>\d{2})?)?(?:\.0*)?",
    r"(?P<Y>\d{4})(?P<m>\d{2})(?P<d>\d{2})" + _CLOCK,
    r"(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.](?P<Y>\d{4})" + _CLOCK,
    r"(?P<serial>\d{5})(?:\.(?P<part>\d{1,18})\d*)?",
)
_SERIAL = r"(?P<serial>\d{1,5})(?:\.(?P<part>\d{1,18})\d*)?"
# Days from 1970-01-01 to day 0 of a spreadsheet's calendar.
_SERIAL_ZERO = {"excel1900": -25_569, "excel1904": -24_107}
_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "p": r"(?P<p>[AaPp])\.?[Mm]\.?",
    "z": r"(?:Z|(?P<zs>[+-])(?P<zh>\d{2}):?(?P<zm>\d{2}))",
    "f": r"\d{1,9}",
}
KEYWORDS = ("auto", *_SERIAL_ZERO)


@dataclass(frozen=True)
class Times:
    """Parallel arrays (n,); rows with a fault hold zeros."""

    utc: np.ndarray  # int64 epoch seconds
    local: np.ndarray  # int64 wall-clock seconds since 1970-01-01 00:00 local
    precision: np.ndarray  # uint8 positions in PRECISIONS


def format_pattern(text: str) -> str:
    """The regular expression of one strptime-like format or keyword.

    Raises
    ------
    ValueError
        On a directive other than ``%Y %y %m %d %H %I %M %S %f %p %z %%``.
    """
    if text in _SERIAL_ZERO:
        return _SERIAL
    pieces, position = [], 0
    while position < len(text):
        if text[position] != "%":
            pieces.append(re.escape(text[position]))
            position += 1
            continue
        name = text[position + 1 : position + 2]
        position += 2
        if name == "%":
            pieces.append("%")
        elif name in _DIRECTIVES:
            pieces.append(_DIRECTIVES[name])
        elif name and name in "mdHIMS":
            # Digits that run into the next directive must be padded to be told apart.
            width = "{2}" if text[position : position + 1] == "%" else "{1,2}"
            pieces.append(rf"(?P<{'H' if name == 'I' else name}>\d{width})")
        else:
            raise ValueError(f"unknown directive %{name}")
    return "".join(pieces)


class Zone:
    """A time zone's offsets as arrays, 1970–2100."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._at, self._offset = _transitions(name)
        # A wall-clock time belongs to the offset before a change until the clock
        # shows the later of the two readings: times that occur twice take the
        # first, times that never occur are read with the old offset.
        self._local_at = self._at + np.maximum(self._offset[:-1], self._offset[1:])

    def to_utc(self, local: np.ndarray) -> np.ndarray:
        """UTC seconds of wall-clock seconds."""
        return local - self._offset[np.searchsorted(self._local_at, local, side="right")]

    def to_local(self, utc: np.ndarray) -> np.ndarray:
        """Wall-clock seconds of UTC seconds."""
        return utc + self._offset[np.searchsorted(self._at, utc, side="right")]


@lru_cache(maxsize=16)
def _transitions(name: str) -> tuple[np.ndarray, np.ndarray]:
    zone = ZoneInfo(name)

    def offset(second: int) -> int:
        return int(datetime.fromtimestamp(second, zone).utcoffset().total_seconds())

    at: list[int] = []
    offsets = [offset(0)]
    for day in range(1, 47_482):
        after = offset(day * DAY_S)
        if after == offsets[-1]:
            continue
        low, high = (day - 1) * DAY_S, day * DAY_S
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if offset(middle) == after else (middle, high)
        at.append(high)
        offsets.append(after)
    return np.array(at, dtype=np.int64), np.array(offsets, dtype=np.int64)


def latest_allowed(as_of: datetime) -> int:
    """The last UTC second an extract made at ``as_of`` may speak of."""
    return int((as_of + timedelta(days=2)).timestamp())


def parse_times(
    column: pa.Array,
    faults: Faults,
    *,
    formats: tuple[str, ...],
    zone: Zone,
    latest_s: int,
    precision: TimePrecision | None = None,
    epoch: int = 1900,
    field: str = "occurred_at",
) -> Times:
    """Read a normalised text column; faulty rows are entered in ``faults``.

    Parameters
    ----------
    column
        Strings (n,), already normalised; null means absent.
    formats
        strptime-like formats, ``auto``, ``excel1900`` or ``excel1904``, tried in order.
    latest_s
        UTC seconds after which a time is out of range.
    precision
        The finest precision to claim, whatever the text says.
    epoch
        The workbook's calendar, 1900 or 1904, for serials under ``auto``.
    """
    n = len(column)
    absent = pc.is_null(column).to_numpy(zero_copy_only=False)
    faults.add(absent, "TIME_MISSING", field)
    local = np.zeros(n, dtype=np.int64)
    offset = np.zeros(n, dtype=np.int64)
    has_offset = np.zeros(n, dtype=bool)
    grain = np.zeros(n, dtype=np.uint8)
    bad = ~absent
    ambiguous = np.zeros(n, dtype=bool)
    patterns = _patterns(formats, epoch)
    for shape in shapes(_plain(column)):
        for pattern, epoch in patterns:
            match = pattern.fullmatch(shape.first)
            if match is None:
                continue
            reading = _read(shape, match, epoch)
            good = reading.valid
            rows = shape.rows[good]
            local[rows] = reading.seconds[good]
            grain[rows] = reading.grain
            bad[rows] = False
            ambiguous[shape.rows[reading.ambiguous]] = True
            if reading.offset is not None:
                offset[rows] = reading.offset[good]
                has_offset[rows] = True
            break
    faults.add(ambiguous, "AMBIGUOUS_DATE", field, "give [time] formats in the profile")
    faults.add(bad, "BAD_TIME", field)
    if precision is not None:
        np.maximum(grain, PRECISIONS.index(precision), out=grain)
    utc = zone.to_utc(local)
    if has_offset.any():
        utc[has_offset] = local[has_offset] - offset[has_offset]
        local[has_offset] = zone.to_local(utc[has_offset])
    fine = ~(bad | absent)
    faults.add(fine & ((utc < EARLIEST_S) | (utc > latest_s)), "TIME_RANGE", field)
    utc[~fine] = local[~fine] = 0
    return Times(utc, local, grain)


def parse_days(
    column: pa.Array, faults: Faults, *, formats: tuple[str, ...], field: str
) -> tuple[np.ndarray, np.ndarray]:
    """Optional dates as days since 1970 (int32) and a mask of the rows that have one."""
    scratch = Faults(len(column))
    times = parse_times(
        column, scratch, formats=formats, zone=Zone("UTC"), latest_s=2**40, field=field
    )
    present = pc.is_valid(column).to_numpy(zero_copy_only=False)
    faults.add(present & ~scratch.ok, "BAD_TIME", field)
    return (times.local // DAY_S).astype(np.int32), present & scratch.ok


@lru_cache(maxsize=64)
def _patterns(formats: tuple[str, ...], epoch: int) -> tuple[tuple[re.Pattern[str], str], ...]:
    compiled: list[tuple[re.Pattern[str], str]] = []
    for text in formats:
        if text == "auto":
            compiled += [(re.compile(pattern), f"excel{epoch}") for pattern in _AUTO]
        else:
            compiled.append((re.compile(format_pattern(text)), text))
    return tuple(compiled)


def _plain(column: pa.Array) -> pa.Array:
    """Chinese forms rewritten in the ASCII form that the patterns know."""
    if is_ascii(column):
        return column
    column = _rewrite(column, _CHINESE)
    if pc.any(pc.match_substring_regex(column, _HALF_DAY)).as_py():
        column = _rewrite(column, _HALVES)
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(column, r"\s+", " "))


def _rewrite(column: pa.Array, rules: tuple[tuple[str, str], ...]) -> pa.Array:
    for pattern, plain in rules:
        column = pc.replace_substring_regex(column, pattern, plain)
    return column


_CHINESE = (
    (r"\(?\s*(?:星期|礼拜|周|週)[一二三四五六日天]\s*\)?|约|許|许|左右", " "),
    (r"\s*[年月—–]\s*", "-"),
    (r"\s*[日号號]\s*", " "),
    (r"\s*[时時点點]半", ":30"),
    (r"\s*[时時点點分]\s*", ":"),
    (r"\s*秒\s*|整$", ""),
    (r":+(\s|$)", r"\1"),
)
_HALF_DAY = "[午晨早晚夜]"
_NIGHT = r"(?:晚上|晚间|夜间|夜里|半夜|深夜|午夜|晚|夜)\s*"
# At night twelve is the end of the day named; one to five could be the next day's
# early hours and stay unreadable.
_HALVES = (
    (r"(?:上午|凌晨|清晨|早上|早晨|早)\s*(\d[\d:]*)", r"\1 AM"),
    (r"中午\s*(11[\d:]*)", r"\1 AM"),
    (r"(?:下午|傍晚|中午)\s*(\d[\d:]*)", r"\1 PM"),
    (_NIGHT + r"12\b", "24"),
    (_NIGHT + r"((?:[6-9]|1[01]|1[89]|2[0-3])(?::[\d:]*)?)", r"\1 PM"),
)


@dataclass(frozen=True)
class _Reading:
    seconds: np.ndarray
    valid: np.ndarray
    ambiguous: np.ndarray
    offset: np.ndarray | None
    grain: int


def _read(shape: Shape, match: re.Match[str], epoch: str) -> _Reading:
    groups = match.groupdict()
    none = np.zeros(len(shape.rows), dtype=bool)
    if groups.get("serial"):
        return _read_serial(shape, match, epoch)

    def number(name: str, default: int = 0) -> np.ndarray | int:
        return shape.digits(match.span(name)) if groups.get(name) else default

    if groups.get("y"):
        year = number("y")
        year = np.where(year < 70, year + 2000, year + 1900)
    else:
        year = number("Y", 1970)
    ambiguous = none
    if groups.get("first"):
        first, second = number("first"), number("second")
        month = np.where(first > 12, second, first)
        day = np.where(first > 12, first, second)
        ambiguous = (first <= 12) & (second <= 12) & (first != second)
    else:
        month, day = number("m", 1), number("d", 1)
    hour, minute, second_ = number("H"), number("M"), number("S")
    valid = (minute < 60) & (second_ < 60)
    if groups.get("p"):
        # Chinese writers also say 下午15时; only 1–12 are moved to the afternoon.
        is_pm = groups["p"] in "Pp"
        valid = valid & (hour <= (23 if is_pm else 12))
        hour = (
            np.where(hour == 12, 0, hour) if not is_pm else np.where(hour < 12, hour + 12, hour)
        )
    valid = valid & ((hour < 24) | ((hour == 24) & (minute == 0) & (second_ == 0)))
    days, is_day = _days(year, month, day)
    offset = None
    if groups.get("zs"):
        sign = -1 if groups["zs"] == "-" else 1
        offset = sign * (number("zh") * 3600 + number("zm") * 60)
        valid = valid & (np.abs(offset) <= 15 * 3600)
    elif "Z" in shape.first:
        offset = np.zeros(len(shape.rows), dtype=np.int64)
    grain = _MINUTE if groups.get("M") else _HOUR if groups.get("H") else _DAY
    valid = none | (valid & is_day & ~ambiguous)
    return _Reading(
        days * DAY_S + hour * 3600 + minute * 60 + second_, valid, ambiguous, offset, grain
    )


def _read_serial(shape: Shape, match: re.Match[str], epoch: str) -> _Reading:
    serial = shape.digits(match.span("serial"))
    seconds = np.zeros(len(serial), dtype=np.int64)
    grain = _DAY
    if match.group("part"):
        start, end = match.span("part")
        fraction = shape.digits((start, end)) / 10.0 ** (end - start)
        seconds = np.rint(fraction * DAY_S).astype(np.int64)
        grain = _MINUTE
    days = serial + _SERIAL_ZERO[epoch]
    if epoch == "excel1900":
        # Spreadsheets count a 29 February 1900 that never was: number 60 is no day.
        days = np.where(serial < 60, days + 1, days)
        valid = (serial >= 1) & (serial != 60)
    else:
        valid = np.ones(len(serial), dtype=bool)
    return _Reading(
        days * DAY_S + seconds, valid, np.zeros(len(serial), dtype=bool), None, grain
    )


def _days(
    year: np.ndarray | int, month: np.ndarray | int, day: np.ndarray | int
) -> tuple[np.ndarray, np.ndarray]:
    """Days from 1970-01-01 in the Gregorian calendar, and whether the date exists."""
    year, month, day = (np.asarray(part, dtype=np.int64) for part in (year, month, day))
    is_leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    month_in_range = (month >= 1) & (month <= 12)
    safe = np.where(month_in_range, month, 1)
    longest = _MONTH_DAYS[safe] + (is_leap & (safe == 2))
    exists = month_in_range & (day >= 1) & (day <= longest) & (year >= 1)
    # Years counted from March, so that the leap day comes last.
    shifted = year - (safe <= 2)
    from_march = (safe + 9) % 12
    days = (
        shifted * 365
        + shifted // 4
        - shifted // 100
        + shifted // 400
        + (from_march * 306 + 5) // 10
        + day
        - 719_469
    )
    return days, exists


_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
