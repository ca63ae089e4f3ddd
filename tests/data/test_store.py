from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from data.settings import Settings
from data.store import Store
from geo.crs import WGS84
from geo.errors import RegionError, StoreError
from geo.selection import IncidentSelection
from geo.vocabulary import RecordKind


def test_the_regions_geography_comes_back(store: Store, kit: Any) -> None:
    pack = kit.pack()
    units = store.units()
    assert units.crs == WGS84
    assert units.index.name == "unit_code"
    assert units.index.tolist() == list(kit.UNITS)
    assert units["name"].tolist() == ["乡u1", "乡u2", "乡u3"]
    assert units["population"].tolist() == [0, 1000, 2000]
    assert units.geometry.geom_equals_exact(pack.units.geometry, 0).all()
    places = store.places()
    assert places.index.tolist() == ["p1", "p2"]
    assert places["unit_code"].isna().tolist() == [False, True]
    assert places.loc["p1", "lon"] == 113.25
    routes = store.routes()
    assert routes.index.tolist() == ["G1"]
    assert routes.loc["G1", "stake_from_m"] == 0.0
    assert np.isnan(routes.loc["G1", "stake_to_m"])


def test_a_store_of_another_region_is_refused(
    store: Store, open_store: Callable[..., Store], settings: Settings, kit: Any
) -> None:
    path = settings.home / "t1.sqlite"
    shared = Settings(home=settings.home, region="t2", database=f"sqlite:///{path}")
    with pytest.raises(RegionError, match="serves region t1, not t2"):
        open_store(kit.pack(code="t2"), settings=shared)


def test_a_changed_pack_is_installed_and_the_incidents_stay(
    store: Store, open_store: Callable[..., Store], kit: Any
) -> None:
    kit.put(store, kit.incidents(50))
    again = open_store()
    assert again.version == 1
    changed = open_store(kit.pack(digest="two", units=(*kit.UNITS, "u4")))
    assert changed.version == 2
    assert changed.units().index.tolist() == [*kit.UNITS, "u4"]
    assert len(changed.columns()) == 50
    assert changed.columns().unit_codes == (*kit.UNITS, "u4")


def test_a_pack_without_a_used_unit_is_refused(
    store: Store, open_store: Callable[..., Store], kit: Any
) -> None:
    kit.put(store, kit.incidents(50))
    with pytest.raises(RegionError, match="lacks unit u3"):
        open_store(kit.pack(digest="two", units=("u1", "u2")))
    assert store.units().index.tolist() == list(kit.UNITS)


def test_an_unused_unit_may_go(
    store: Store, open_store: Callable[..., Store], kit: Any
) -> None:
    assert open_store(kit.pack(digest="two", units=("u1", "u2"))).units().index.tolist() == [
        "u1",
        "u2",
    ]


def test_an_empty_store_gives_typed_empty_frames(store: Store) -> None:
    assert store.version == 0
    assert store.is_demo is False
    incidents = store.incidents(IncidentSelection())
    for frame in (incidents, store.sites(), store.hazards(kinds=["road_section"])):
        assert isinstance(frame, gpd.GeoDataFrame)
        assert len(frame) == 0
        assert frame.crs == WGS84
    assert str(incidents["severity"].dtype) == "int64"
    assert str(incidents["lon"].dtype) == "float64"
    assert str(incidents["category"].dtype) == "str"
    assert isinstance(incidents["occurred_at"].dtype, pd.DatetimeTZDtype)
    assert pd.api.types.is_datetime64_dtype(incidents["occurred_local"].dtype)
    assert store.loads().empty
    assert store.rejected(1).empty
    columns = ["row_no", "code", "field", "detail", "raw", "resolved_load_id"]
    assert list(store.rejected(1)) == columns
    columns = store.columns()
    assert len(columns) == 0
    assert columns.mask(IncidentSelection()).shape == (0,)
    for missing in (store.incident, store.load_report):
        with pytest.raises(StoreError, match="there is no"):
            missing(1)


def test_frames_are_typed_alike_with_rows(store: Store, kit: Any) -> None:
    empty = store.incidents(IncidentSelection())
    kit.put(store, kit.incidents(30))
    frame = store.incidents(IncidentSelection())
    assert frame.dtypes.astype(str).tolist() == empty.dtypes.astype(str).tolist()
    assert frame.index.tolist() == list(range(1, 31))
    assert frame.geometry.isna().sum() == 3
    placed = frame[frame.geometry.notna()]
    assert placed.geometry.x.tolist() == placed["lon"].tolist()


def test_one_incident_says_where_it_comes_from(store: Store, kit: Any) -> None:
    kit.put(store, kit.incidents(3), is_demo=True, file_name="三月.csv")
    frame = store.incidents(IncidentSelection())
    record = store.incident(2)
    assert record["file_name"] == "三月.csv"
    assert record["profile"] == "crashes"
    assert record["row_no"] == 3
    assert record["as_of"] == datetime(2024, 1, 1, tzinfo=UTC)
    assert record["attributes"] == {"天气": "雨"}
    assert record["occurred_at"] == frame.loc[2, "occurred_at"]
    assert record["occurred_local"] == frame.loc[2, "occurred_local"]
    assert record["loaded_at"].tzinfo is not None
    assert record["is_demo"] is True
    assert store.is_demo


def test_sites_hazards_and_indicators(store: Store, kit: Any) -> None:
    keys = {"key_hash": [1, 2], "content_hash": [1, 2], "row_no": [2, 3]}
    place = {"match_code": ["A1", "U"], "r95_m": pa.array([15.0, None])}
    sites = pa.table(
        keys
        | place
        | {"site_kind": ["school", "camera"], "name": ["一小", "路口"]}
        | {"lon": pa.array([113.5, None]), "lat": pa.array([34.5, None])}
    )
    line = shapely.LineString([(113, 34), (113.5, 34.25)])
    hazards = pa.table(
        keys
        | place
        | {"hazard_kind": ["road_section", "disorder_spot"], "name": ["急弯", "市场"]}
        | {"found_on": pa.array([19_000, None], pa.int32()), "status": ["found", "closed"]}
        | {"geometry": pa.array([shapely.to_wkb(line), None], pa.binary())}
    )
    indicators = pa.table(
        keys
        | {"unit_code": ["u1", "u2"], "indicator": ["petitions"] * 2}
        | {"period": ["2024-01"] * 2, "value": [3.0, 4.5]}
    )
    kit.put(store, sites, kind=RecordKind.SITES)
    kit.put(store, hazards, kind=RecordKind.HAZARDS)
    counts = kit.put(store, indicators, kind=RecordKind.INDICATORS)
    assert counts.inserted == 2
    assert store.sites()["name"].tolist() == ["一小", "路口"]
    assert store.sites(kinds=["school"]).geometry.x.tolist() == [113.5]
    assert store.sites(kinds=[]).empty
    found = store.hazards()
    assert found.geometry.iloc[0].equals(line)
    assert found.geometry.iloc[1] is None
    assert found["found_on"].iloc[0] == pd.Timestamp(1970, 1, 1) + pd.Timedelta(days=19_000)
    assert found["found_on"].isna().tolist() == [False, True]
    assert store.hazards(kinds=["disorder_spot"])["name"].tolist() == ["市场"]
    assert store.version == 3
