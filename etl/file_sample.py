"""The first rows of a file, column by column, to guess from."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl import text
from etl.coordinates import parse_points, split_pairs
from etl.faults import Faults
from etl.guess_words import KEY
from etl.numbers import parse_quantities
from etl.privacy import is_personal_header, personal_rows
from etl.sources import Source
from etl.sources.model import GEOMETRY, SourceBatch
from etl.times import Zone, parse_times
from geo.errors import SourceError

_PERSONAL_SHARE = 0.01  # a load with more is refused
CHECK_SHARE = 0.8  # of the values that must read as what the header says


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern, outermost only, in order."""
    return re.split(r"\|(?![^()]*\))", pattern)


def _why(batches: list[SourceBatch]) -> str:
    """What keeps the rows of a sample from being read, most of all."""
    codes = Counter(code for batch in batches for code in batch.faults["code"].to_pylist())
    if not codes:
        return "; check delimiter and header_row"
    (code, count), *_ = codes.most_common(1)
    what = {
        "FORMULA_NO_VALUE": "open the workbook in Excel or WPS and save it there",
        "RAGGED_ROW": "check delimiter and header_row",
    }.get(code, "export it again")
    return f", {count:,} for {code}; {what}"


class FileSample:
    """The first rows of a file, without the columns on persons.

    Attributes
    ----------
    columns, personal, open
        All column names; those that describe persons, by header or by values; the others.
    n_rows, has_geometry, epoch
        Size of the sample, whether it is a vector layer, the workbook's calendar.

    Raises
    ------
    SourceError
        ``EMPTY_FILE`` when no row of the sample could be read.
    """

    def __init__(self, source: Source) -> None:
        batches = list(source.batches())
        tables = [batch.table for batch in batches]
        self.n_rows = sum(table.num_rows for table in tables)
        if self.n_rows == 0:
            raise SourceError("EMPTY_FILE", f"no row could be read{_why(batches)}")
        table = pa.concat_tables(tables)
        self.epoch = source.epoch or 1900
        self.has_geometry = GEOMETRY in table.column_names
        self.columns = list(source.columns)
        self._values = {
            name: text.blank(text.normalise(table[name]), text.MISSING) for name in self.columns
        }
        self.personal = [name for name in self.columns if self._is_personal(name)]
        self.open = [name for name in self.columns if name not in self.personal]

    def _is_personal(self, name: str) -> bool:
        if is_personal_header(name):
            return True
        values = self._values[name].drop_null()
        share = personal_rows(values).mean() if len(values) else 0.0
        return share > _PERSONAL_SHARE and not re.search(KEY, name, re.IGNORECASE)

    def find(self, pattern: str, taken: set[str]) -> str | None:
        """The free column whose header shows the earliest word of ``pattern``."""
        for word in alternatives(pattern):
            for name in self.open:
                if name not in taken and re.search(word, name, re.IGNORECASE):
                    return name
        return None

    def counts(self, name: str) -> Counter[str]:
        """How often each value occurs, without values on persons."""
        values = self._values[name].drop_null()
        return Counter(values.filter(pa.array(~personal_rows(values))).to_pylist())

    def is_identifying(self, name: str) -> bool:
        """Whether most rows have a value of their own."""
        return pc.count_distinct(self._values[name]).as_py() > self.n_rows / 2

    def is_time(self, name: str) -> bool:
        """Whether nearly all values can be read as times, even if day and month cannot be told apart."""
        values = self._values[name].drop_null()
        faults = Faults(len(values))
        parse_times(
            values,
            faults,
            formats=("auto",),
            zone=Zone("UTC"),
            latest_s=2**40,
            epoch=self.epoch,
        )
        raw = pa.nulls(int(np.count_nonzero(~faults.ok)), pa.string())
        codes = faults.table(np.arange(len(values)), raw)["code"].to_pylist()
        return len(values) > 0 and codes.count("BAD_TIME") < (1 - CHECK_SHARE) * len(values)

    def is_numeric(self, name: str) -> bool:
        """Whether nearly all values are numbers."""
        _, bad = parse_quantities(self._values[name])
        return bool(bad.mean() < 1 - CHECK_SHARE)

    def middle(self, lon: str, lat: str | None = None) -> tuple[float, float]:
        """Median coordinates of two columns, or of one that holds pairs; NaN when few rows have any."""
        pair = split_pairs(self._values[lon])
        if lat is not None:
            pair = self._values[lon], self._values[lat]
        x, y = parse_points(*pair, Faults(self.n_rows), is_projected=True)
        has_pair = np.isfinite(x + y)
        if has_pair.mean() < CHECK_SHARE / 2:
            return math.nan, math.nan
        return float(np.median(x[has_pair])), float(np.median(y[has_pair]))
