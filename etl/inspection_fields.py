"""Fields that only inspections have: what was seen to change, and problems counted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.faults import Faults
from etl.profile_rules import CHANGES

COUNTS = ("problems", "unfixed")


def as_readings(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """The same columns with the texts "0" and "1" of changes as numbers."""
    changes = {name: columns[name].cast(pa.float64()) for name in CHANGES if name in columns}
    return columns | changes


def require_counts(columns: dict[str, pa.Array], faults: Faults) -> dict[str, pa.Array]:
    """The same columns; problems that are no whole number are faults."""
    for name in COUNTS:
        if name in columns:
            parts = pc.not_equal(columns[name], pc.floor(columns[name]))
            is_part = pc.fill_null(parts, False).to_numpy(zero_copy_only=False)
            faults.add(np.asarray(is_part), "BAD_NUMBER", name, "problems are counted")
    return columns
