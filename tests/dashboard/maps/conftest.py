"""A frame over a small real store, and one with columns of one's own making."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pyproj import Transformer

from dashboard.frame import Frame, load_frame
from dashboard.tokens import Signer
from data.region import RegionPack
from data.store import Store
from geo.selection import IncidentColumns


@pytest.fixture(scope="session")
def frame(make_store) -> Frame:
    """400 invented incidents, some without a place, and sites and hazards with hostile names."""
    settings = make_store(400)
    region = RegionPack.open(settings.region)
    store = Store.open(settings, region)
    return load_frame(settings, store, region, Signer(settings.secret))


@pytest.fixture
def frame_of(frame) -> Callable[..., Frame]:
    """``frame_of(x_m, y_m, version=…, r95_m=…)``: incidents at metric coordinates."""

    def make(x_m, y_m, *, version: str, r95_m: float = 15.0, category: int = 0) -> Frame:
        x_m, y_m = np.asarray(x_m, float), np.asarray(y_m, float)
        n = len(x_m)
        to_degrees = Transformer.from_crs(frame.region.metric_crs, 4326, always_xy=True)
        lon, lat = to_degrees.transform(x_m, y_m)
        columns = IncidentColumns(
            incident_id=np.arange(1, n + 1),
            category=np.full(n, category, np.uint8),
            severity=np.ones(n, np.uint8),
            day=np.arange(n, dtype=np.int32) + 20_000,
            hour=np.full(n, 255, np.uint8),
            unit=np.zeros(n, np.int16),
            match=np.zeros(n, np.uint8),
            lon=np.asarray(lon),
            lat=np.asarray(lat),
            r95_m=np.full(n, r95_m, np.float32),
            deaths=np.zeros(n, np.int16),
            injured=np.zeros(n, np.int16),
            unit_codes=frame.columns.unit_codes,
        )
        return replace(frame, version=version, columns=columns, x_m=x_m, y_m=y_m)

    return make


@pytest.fixture(scope="session")
def centre_m(frame) -> tuple[float, float]:
    """Middle of the region in metres."""
    west, south, east, north = frame.region.bounds
    to_metric = Transformer.from_crs(4326, frame.region.metric_crs, always_xy=True)
    return to_metric.transform((west + east) / 2, (south + north) / 2)
