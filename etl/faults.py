"""Why rows are refused: one code per row, the first fault found.

========================  ===================================================
code                      meaning
========================  ===================================================
BAD_TIME                  no such moment, or not a time at all
TIME_MISSING              the time is empty
TIME_RANGE                before 1990 or later than two days after the extract
AMBIGUOUS_DATE            day and month cannot be told apart
BAD_NUMBER                not a number, or outside what the field can hold
MISSING                   a required field is empty
UNKNOWN_CODE              a value absent from the profile's code table
BAD_COORD                 a coordinate that is no finite number
INCOMPLETE_COORD          one of the two coordinates is empty
NULL_ISLAND               the coordinate (0, 0)
SWAPPED_LATLON            longitude and latitude are exchanged
PROJECTED_OR_RANGE        metres where degrees are expected, or beyond the globe
OUT_OF_AREA               outside every unit of the region, or said to be elsewhere
BAD_GEOM                  empty, broken, of the wrong type or too large a geometry
AMBIGUOUS_PLACE           the text fits more than one place; the detail holds them as JSON
UNPLACED_TEXT             the text fits no place of the region
UNPLACED                  neither coordinate, unit nor text
UNKNOWN_UNIT              a unit code or name the region does not have
PERSONAL_DATA             an identity number, phone number or plate (raw not kept)
REFUSED_BY_PROFILE        a row the profile says is no record, such as a footer
CONFLICT_IN_FILE          the key of an earlier row with other content
========================  ===================================================

Faults found while parsing a file (ragged row, formula without value, ...) keep
the code given by :mod:`etl.sources`.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

REJECT_SCHEMA = pa.schema(
    [
        ("row_no", pa.int64()),
        ("code", pa.string()),
        ("field", pa.string()),
        ("detail", pa.string()),
        ("raw", pa.string()),
    ]
)


class Faults:
    """The first fault of each of the ``n`` rows of a batch."""

    def __init__(self, n: int) -> None:
        self._kind = np.full(n, -1, dtype=np.int16)
        self._kinds: list[tuple[str, str, str]] = []
        self._details: dict[int, str] = {}

    @property
    def ok(self) -> np.ndarray:
        """Boolean array (n,): rows without a fault so far."""
        return self._kind < 0

    def add(self, mask: np.ndarray, code: str, field: str, detail: str = "") -> None:
        """Give the rows of ``mask`` a fault, unless they already have one."""
        fresh = mask & (self._kind < 0)
        if fresh.any():
            self._kind[fresh] = len(self._kinds)
            self._kinds.append((code, field, detail))

    def add_each(self, rows: np.ndarray, code: str, field: str, details: list[str]) -> None:
        """Give each of ``rows`` (m,) a fault with a detail of its own, unless it has one."""
        fresh = self._kind[rows] < 0
        self._details |= {
            int(row): detail
            for row, detail, is_fresh in zip(rows, details, fresh, strict=True)
            if is_fresh
        }
        mask = np.zeros(len(self._kind), dtype=bool)
        mask[rows] = True
        self.add(mask, code, field)

    def table(self, row_no: np.ndarray, raw: pa.Array) -> pa.Table:
        """The faulty rows as a rejection table.

        Parameters
        ----------
        row_no
            Row numbers of the whole batch, int64 (n,).
        raw
            Text of the *faulty* rows only, in order.
        """
        bad = np.flatnonzero(self._kind >= 0)
        kinds = self._kind[bad]
        parts = [
            pa.array([kind[i] for kind in self._kinds], pa.string()).take(pa.array(kinds))
            for i in range(3)
        ]
        if self._details:
            own = pa.array([self._details.get(int(row)) for row in bad], pa.string())
            parts[2] = pc.coalesce(own, parts[2])
        return pa.table([pa.array(row_no[bad]), *parts, raw], schema=REJECT_SCHEMA)
