"""All placed incidents of a data version as one compact binary, filtered in the browser.

Little-endian, n records as columns one after the other:

| bytes | content |
|---|---|
| 4 | ``PAP1`` |
| 4 | n, uint32 |
| 4 | first local day since 1970-01-01, int32 |
| 4 + 4 | origin of x and y in units of 2⁻²⁸ world widths, uint32 |
| 4n, 4n | x, y from that origin, Web Mercator, uint32 (one step is 15 cm or less) |
| 4n | incident id, uint32 |
| 2n | days after the first, uint16 |
| 2n | unit position, uint16; 65535 outside every unit |
| n | category position, uint8 |
| n | severity · 16 + match position, uint8 |
| n | local hour, uint8; 255 where unknown |
"""

from __future__ import annotations

import gzip
import struct

import numpy as np

from dashboard.frame import Frame
from dashboard.lru import ByteLru
from geo.selection import IncidentColumns

MAGIC = b"PAP1"
WORLD = 1 << 28
_NO_UNIT = 0xFFFF
_packed: ByteLru[bytes] = ByteLru(64 << 20, len)


def mercator(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World fractions 0–1, x east and y south, of WGS-84 degrees."""
    sine = np.sin(np.radians(lat))
    return lon / 360 + 0.5, 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)


def encode(columns: IncidentColumns) -> bytes:
    """The payload of the table above; incidents without coordinates are left out.

    Raises
    ------
    OverflowError
        When an id exceeds 32 bits or the days span more than 179 years.
    """
    kept = np.flatnonzero(np.isfinite(columns.lon) & np.isfinite(columns.lat))
    fractions = mercator(columns.lon[kept], columns.lat[kept])
    x, y = (np.floor(fraction * WORLD).astype(np.int64) for fraction in fractions)
    ids, day = columns.incident_id[kept], columns.day[kept].astype(np.int64)
    first = [int(values.min()) if len(kept) else 0 for values in (day, x, y)]
    if len(kept) and (ids.max() >= 1 << 32 or day.max() - first[0] >= 1 << 16):
        raise OverflowError("incident ids or days do not fit the points payload")
    unit = columns.unit[kept].astype(np.int32)
    parts = (
        (x - first[1]).astype("<u4"),
        (y - first[2]).astype("<u4"),
        ids.astype("<u4"),
        (day - first[0]).astype("<u2"),
        np.where(unit < 0, _NO_UNIT, unit).astype("<u2"),
        columns.category[kept].astype("u1"),
        (columns.severity[kept].astype("u1") << 4 | columns.match[kept]).astype("u1"),
        columns.hour[kept].astype("u1"),
    )
    head = MAGIC + struct.pack("<IiII", len(kept), *first)
    return head + b"".join(part.tobytes() for part in parts)


def packed(frame: Frame) -> bytes:
    """The payload of ``frame``, gzip-compressed once per data version."""
    key = (frame.region.digest, frame.version)
    return _packed.get(key, lambda: gzip.compress(encode(frame.columns), 3, mtime=0))
