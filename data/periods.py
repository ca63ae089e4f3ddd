"""Periods that figures and indexes are given for: a year, a quarter or a month."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from geo.errors import SettingsError
from geo.selection import day_number

Length = Literal["year", "quarter", "month"]

MONTHS: dict[Length, int] = {"year": 12, "quarter": 3, "month": 1}
_QUARTERS = "一二三四"
_FIRST, _LAST = 1949, 2100
# As offices write them; the first that fits. A spreadsheet makes 2010.1 of 2010.10 (October): a
# month after a point needs both digits.
_FORMS: tuple[tuple[Length, str], ...] = (
    ("year", r"(\d{4})\s*(?:年|年度)?"),
    ("quarter", rf"(\d{{4}})\s*[-年]?\s*(?:q|第)\s*([1-4{_QUARTERS}])\s*(?:季度?)?"),
    ("quarter", rf"(\d{{4}})\s*[-年]?\s*([1-4{_QUARTERS}])\s*季度?"),
    ("month", r"(\d{4})\s*(?:[-/年]|\s)\s*(\d{1,2})\s*月?(?:份)?"),
    ("month", r"(\d{4})[.]?(\d{2})"),
    ("month", r"(\d{4})-(\d{2})-01(?:[ t]00:00(?::00)?)?"),
)


@dataclass(frozen=True, order=True)
class Period:
    """One calendar period.

    Parameters
    ----------
    year
        1949–2100.
    length
        ``year``, ``quarter`` or ``month``.
    part
        Number of the quarter or month in its year, from 1; 1 for a year.
    """

    year: int
    length: Length = "year"
    part: int = 1

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``2010``, ``2010-Q1``, ``2010-03`` and what offices write for them (2010年3月).

        Raises
        ------
        SettingsError
            When the text is no such period. One line.
        """
        plain = unicodedata.normalize("NFKC", text).strip().lower()
        for length, form in _FORMS:
            found = re.fullmatch(form, plain)
            if found is None:
                continue
            year, part = int(found[1]), 1
            if length != "year":
                part = _QUARTERS.find(found[2]) + 1 or int(found[2])
            if _FIRST <= year <= _LAST and 1 <= part <= 12 // MONTHS[length]:
                return cls(year, length, part)
        raise SettingsError(f"{text!r} is no period; write 2010, 2010-Q1 or 2010-03")

    def __str__(self) -> str:
        if self.length == "year":
            return f"{self.year}"
        if self.length == "quarter":
            return f"{self.year}-Q{self.part}"
        return f"{self.year}-{self.part:02d}"

    @cached_property
    def first_day(self) -> int:
        """First local day, counted from 1970-01-01."""
        return day_number(date(self.year, (self.part - 1) * MONTHS[self.length] + 1, 1))

    @cached_property
    def last_day(self) -> int:
        """Last local day, inclusive."""
        return self.after.first_day - 1

    @property
    def before(self) -> Period:
        """The period of equal length that ends where this one begins."""
        return self._moved(-1)

    @property
    def after(self) -> Period:
        """The period of equal length that begins where this one ends."""
        return self._moved(1)

    @property
    def year_before(self) -> Period:
        """The same part of the year before (同期)."""
        return Period(self.year - 1, self.length, self.part)

    @property
    def parts(self) -> dict[Length, int]:
        """How many periods of each shorter length make up this one."""
        whole = MONTHS[self.length]
        return {name: whole // months for name, months in MONTHS.items() if months < whole}

    def _moved(self, step: int) -> Period:
        parts = 12 // MONTHS[self.length]
        year, part = divmod(self.year * parts + self.part - 1 + step, parts)
        return Period(year, self.length, part + 1)
