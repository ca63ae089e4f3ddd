"""A small region and small files to load."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from data.loading import LoadRequest, WriteCounts
from data.road_layers import read_calibration, read_segments
from data.road_reference import RoadReference
from data.settings import Settings
from data.store import Store
from geo.vocabulary import CATEGORY_CODES, RecordKind

NO_ROADS = gpd.GeoDataFrame({"route_code": []})
UNITS = ("u1", "u2", "u3")


@dataclass(frozen=True)
class Pack:
    """What the store asks of a region pack."""

    code: str
    digest: str
    units: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    calibration: pd.DataFrame = field(
        default_factory=lambda: read_calibration(None, roads=NO_ROADS)
    )
    segments: pd.DataFrame = field(default_factory=lambda: read_segments(None, roads=NO_ROADS))
    metric_crs: str = "EPSG:4547"

    @property
    def road_reference(self) -> RoadReference:
        return RoadReference.of(self)


def make_pack(*, code: str = "t1", digest: str = "one", units: tuple[str, ...] = UNITS) -> Pack:
    west = np.arange(len(units)) + 113.0
    return Pack(
        code=code,
        digest=digest,
        units=gpd.GeoDataFrame(
            {
                "unit_code": units,
                "name": [f"乡{n}" for n in units],
                "aliases": "",
                "population": np.arange(len(units)) * 1000,
            },
            geometry=shapely.box(west, 34.0, west + 1, 35.0),
            crs=4326,
        )
        .astype({"population": "Int64"})
        .set_index("unit_code"),
        roads=gpd.GeoDataFrame(
            {
                "route_code": ["G1"],
                "name": ["路"],
                "stake_from_m": [0.0],
                "stake_to_m": [float("nan")],
            },
            geometry=[shapely.LineString([(113, 34), (114, 35)])],
            crs=4326,
        ),
        places=gpd.GeoDataFrame(
            {"place_code": ["p2", "p1"], "name": ["村二", "村一"], "unit_code": ["", units[0]]},
            geometry=shapely.points([[113.5, 34.5], [113.25, 34.25]]),
            crs=4326,
        ),
    )


def make_request(**changes: object) -> LoadRequest:
    values: dict[str, object] = {
        "kind": RecordKind.INCIDENTS,
        "profile": "crashes",
        "profile_digest": "d1",
        "file_name": "crashes.csv",
        "sha256": "aa",
        "as_of": datetime(2024, 1, 1, tzinfo=UTC),
        "source": "crashes",
        "is_demo": False,
        "loader_version": "1",
    }
    return LoadRequest(**(values | changes))


def make_incidents(n: int, *, seed: int = 0, content: int = 0) -> pa.Table:
    """``n`` incidents with keys 0 … n-1; the last tenth is not placed."""
    rng = np.random.default_rng(seed)
    local = rng.integers(-5 * 86_400, 60 * 86_400, n)
    is_placed = np.arange(n) < n - n // 10
    return pa.table(
        {
            "key_hash": np.arange(n),
            "content_hash": np.full(n, content),
            "row_no": np.arange(n) + 2,
            "category": np.array(CATEGORY_CODES)[rng.integers(0, len(CATEGORY_CODES), n)],
            "severity": rng.integers(0, 5, n).astype(np.uint8),
            "occurred_at": local - 8 * 3600,
            "occurred_local": local,
            "time_precision": np.array(["minute", "hour", "day"])[rng.integers(0, 3, n)],
            "unit_code": pa.array(
                [(*UNITS, None)[i] for i in rng.integers(0, 4, n)], type=pa.string()
            ),
            "match_code": np.where(
                is_placed, np.array(["A1", "B2~", "C2", "D1"])[rng.integers(0, 4, n)], "U"
            ),
            "r95_m": np.where(is_placed, 15.0, np.nan),
            "deaths": rng.integers(0, 3, n).astype(np.int16),
            "injured": rng.integers(0, 9, n).astype(np.int16),
            "lon": np.where(is_placed, rng.uniform(113, 116, n), np.nan),
            "lat": np.where(is_placed, rng.uniform(34, 35, n), np.nan),
            "attributes": ['{"天气": "雨"}'] * n,
        }
    )


def report_of(n: int) -> dict[str, int]:
    return {"read": n, "accepted": n, "rejected": 0, "duplicate": 0}


def put(store: Store, records: pa.Table, **changes: object) -> WriteCounts:
    """Load ``records`` as one file."""
    request = make_request(**changes)
    with store.load(request) as load:
        counts = load.write(request.kind, records)
        load.finish(report_of(len(records)))
    return counts


class Kit:
    """The makers above, for tests."""

    UNITS = UNITS
    pack = staticmethod(make_pack)
    request = staticmethod(make_request)
    incidents = staticmethod(make_incidents)
    report = staticmethod(report_of)
    put = staticmethod(put)


@pytest.fixture(scope="session")
def kit() -> type[Kit]:
    return Kit


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", region="t1")


@pytest.fixture
def open_store(settings: Settings) -> Iterator[Callable[..., Store]]:
    stores: list[Store] = []

    def opened(pack: Pack | None = None, settings: Settings = settings) -> Store:
        stores.append(Store.open(settings, pack or make_pack()))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    return open_store()
