"""Text columns grouped by shape, so that a regular expression runs once per shape.

Two texts have one shape when they have one length and differ only in which
digits they hold. A column of times or numbers has a handful of shapes; matching
the first text of a shape tells where the digits of all the others lie, and
those are then read as numbers by array arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 64  # no time or coordinate is longer
_ZERO, _NINE = ord("0"), ord("9")
# Odd random weights: the sum of shape bytes times weights tells shapes apart.
_WEIGHTS = np.random.default_rng(20240501).integers(1, 2**63, LONGEST).astype(
    np.uint64
) | np.uint64(1)


@dataclass(frozen=True)
class Shape:
    """Texts of one shape: row positions (m,), bytes (m, length), the first text."""

    rows: np.ndarray
    matrix: np.ndarray
    first: str

    def digits(self, span: tuple[int, int]) -> np.ndarray:
        """The digits in ``span`` read as int64 (m,); spans of up to 18 digits."""
        value = np.zeros(len(self.matrix), dtype=np.int64)
        for column in range(*span):
            value *= 10
            value += self.matrix[:, column]
            value -= _ZERO
        return value


def shapes(column: pa.Array) -> Iterator[Shape]:
    """Group the values of an ASCII string column by shape.

    Null, empty, non-ASCII and overlong values belong to no group.
    """
    if len(column) == 0:
        return
    usable = pc.and_(
        pc.string_is_ascii(column), pc.less_equal(pc.binary_length(column), LONGEST)
    )
    usable = pc.fill_null(usable, False).to_numpy(zero_copy_only=False)
    _, offsets_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int32)[column.offset :][: len(column) + 1]
    data = np.frombuffer(data_buffer or b"", np.uint8)
    lengths = np.diff(offsets)
    for length in np.unique(lengths[usable & (lengths > 0)]):
        rows = np.flatnonzero(usable & (lengths == length))
        starts = offsets[rows]
        if len(rows) == len(column):
            matrix = data[starts[0] : starts[0] + len(rows) * int(length)].reshape(-1, length)
        else:
            matrix = data[starts[:, None] + np.arange(length)]
        yield from _split(rows, matrix)


def _split(rows: np.ndarray, matrix: np.ndarray) -> Iterator[Shape]:
    is_digit = (matrix >= _ZERO) & (matrix <= _NINE)
    form = np.where(is_digit, np.uint8(_ZERO), matrix)
    if (form == form[0]).all():
        yield Shape(rows, matrix, bytes(matrix[0]).decode("ascii"))
        return
    label = form.astype(np.uint64) @ _WEIGHTS[: form.shape[1]]
    order = np.argsort(label, kind="stable")
    bounds = np.flatnonzero(np.diff(label[order])) + 1
    for members in np.split(order, bounds):
        chosen = matrix[members]
        yield Shape(rows[members], chosen, bytes(chosen[0]).decode("ascii"))
