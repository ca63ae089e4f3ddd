import gzip
import struct
from dataclasses import replace

import numpy as np
import pytest

from dashboard import points
from dashboard.points import WORLD, encode, mercator


def decode(payload):
    """The format's table read back, independently of the encoder."""
    assert payload[:4] == b"PAP1"
    n, day, x0, y0 = struct.unpack_from("<IiII", payload, 4)
    at, columns = 20, {}
    for name, kind in [
        ("x", "<u4"),
        ("y", "<u4"),
        ("id", "<u4"),
        ("day", "<u2"),
        ("unit", "<u2"),
        ("category", "u1"),
        ("rank", "u1"),
        ("hour", "u1"),
    ]:
        columns[name] = np.frombuffer(payload, kind, n, at)
        at += columns[name].nbytes
    assert at == len(payload)
    return columns, day, x0, y0


def test_every_placed_incident_is_in_the_payload(frame):
    columns = frame.columns
    placed = np.isfinite(columns.lon)
    assert 0 < placed.sum() < len(columns)
    got, day, x0, y0 = decode(encode(columns))
    assert got["id"].tolist() == columns.incident_id[placed].tolist()
    assert (got["day"].astype(int) + day).tolist() == columns.day[placed].tolist()
    assert got["category"].tolist() == columns.category[placed].tolist()
    assert (got["rank"] >> 4).tolist() == columns.severity[placed].tolist()
    assert (got["rank"] & 15).tolist() == columns.match[placed].tolist()
    assert got["unit"].tolist() == columns.unit[placed].tolist()
    x, y = mercator(columns.lon[placed], columns.lat[placed])
    assert np.abs((got["x"] + np.float64(x0)) / WORLD - x).max() <= 1 / WORLD
    assert np.abs((got["y"] + np.float64(y0)) / WORLD - y).max() <= 1 / WORLD


def test_mercator_corners():
    x, y = mercator(np.array([-180.0, 0.0, 180.0]), np.array([0.0, 85.05112878, -85.05112878]))
    assert x.tolist() == [0.0, 0.5, 1.0]
    assert y == pytest.approx([0.5, 0.0, 1.0], abs=1e-9)


def test_outside_every_unit_is_65535(frame):
    outside = replace(frame.columns, unit=np.full(len(frame.columns), -1, np.int16))
    assert set(decode(encode(outside))[0]["unit"].tolist()) == {65535}


def test_no_incidents_is_a_bare_head(frame):
    nowhere = replace(frame.columns, lon=np.full(len(frame.columns), np.nan))
    assert len(encode(nowhere)) == 20


def test_an_id_beyond_32_bits_is_refused(frame):
    ids = frame.columns.incident_id + (1 << 32)
    with pytest.raises(OverflowError):
        encode(replace(frame.columns, incident_id=ids))


def test_packed_is_the_same_bytes_every_time(frame):
    assert gzip.decompress(points.packed(frame)) == encode(frame.columns)
