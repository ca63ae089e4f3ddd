import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from data import snapshot
from data.settings import Settings
from data.store import Store
from geo.selection import IncidentSelection
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES

ALL = IncidentSelection()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, kit: Any) -> Iterator[Store]:
    home = tmp_path_factory.mktemp("snapshot")
    store = Store.open(Settings(home=home, region="t1"), kit.pack())
    kit.put(store, kit.incidents(800))
    yield store
    store.close()


def test_the_snapshot_equals_the_database(filled: Store) -> None:
    columns, frame = filled.columns(), filled.incidents(ALL)
    frame = frame.loc[columns.incident_id]
    day = frame["occurred_local"].dt.floor("D")
    order = np.lexsort([columns.incident_id, columns.day])
    assert order.tolist() == list(range(800))
    assert (columns.day < 0).any()
    assert columns.day.tolist() == (day - np.datetime64("1970-01-01")).dt.days.tolist()
    hour = np.where(frame["time_precision"] == "day", 255, frame["occurred_local"].dt.hour)
    assert columns.hour.tolist() == hour.tolist()
    assert (columns.hour == 255).any()
    assert np.array(CATEGORY_CODES)[columns.category].tolist() == frame["category"].tolist()
    match = frame["match_code"].str.rstrip("~")
    assert np.array(MATCH_CODES)[columns.match].tolist() == match.tolist()
    unit = np.array([*columns.unit_codes, ""])[columns.unit]
    assert unit.tolist() == frame["unit_code"].fillna("").tolist()
    for name in ("severity", "deaths", "injured"):
        assert getattr(columns, name).tolist() == frame[name].tolist()
    for name in ("lon", "lat", "r95_m"):
        np.testing.assert_array_equal(getattr(columns, name), frame[name].to_numpy())
    dtypes = {
        name: str(getattr(columns, name).dtype) for name in ("day", "unit", "match", "r95_m")
    }
    assert dtypes == {"day": "int32", "unit": "int16", "match": "uint8", "r95_m": "float32"}


def subsets(values: Any) -> st.SearchStrategy[tuple[Any, ...] | None]:
    return st.none() | st.lists(st.sampled_from(values), max_size=8).map(tuple)


selections = st.builds(
    IncidentSelection,
    categories=subsets(CATEGORY_CODES),
    severities=subsets(range(5)),
    day_from=st.none() | st.integers(-8, 62),
    day_to=st.none() | st.integers(-8, 62),
    hours=subsets(range(24)),
    weekdays=subsets(range(7)),
    units=subsets(["u1", "u2", "u3", "elsewhere"]),
    worst_match=st.none() | st.sampled_from(MATCH_CODES),
)


@hypothesis_settings(max_examples=150, deadline=None)
@given(selection=selections)
def test_sql_and_arrays_select_the_same_incidents(
    filled: Store, selection: IncidentSelection
) -> None:
    columns = filled.columns()
    ids = np.sort(columns.incident_id[columns.mask(selection)])
    assert ids.tolist() == filled.incidents(selection).index.tolist()


def test_it_is_valid_geoparquet(filled: Store) -> None:
    path = filled.write_snapshot()
    assert path.name == "incidents-v1.parquet"
    frame = gpd.read_parquet(path)
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.isna().sum() == 80
    placed = frame[frame.geometry.notna()]
    assert placed.geometry.y.tolist() == placed["lat"].tolist()
    assert str(frame["occurred_at"].dt.tz) == "UTC"
    geo = json.loads(pq.read_schema(path).metadata[b"geo"])
    assert geo["columns"]["geometry"]["geometry_types"] == ["Point"]


def test_rows_come_in_groups(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = filled.columns()
    monkeypatch.setattr(snapshot, "ROW_GROUP_ROWS", 300)
    path = filled.write_snapshot()
    assert pq.ParquetFile(path).num_row_groups == 3
    parts = filled.columns()
    assert parts.incident_id.tolist() == whole.incident_id.tolist()
    assert parts.unit.tolist() == whole.unit.tolist()
    assert parts.category.tolist() == whole.category.tolist()


@pytest.mark.parametrize("damage", [b"", b"not parquet", None], ids=["empty", "junk", "cut"])
def test_a_damaged_snapshot_is_made_again(store: Store, kit: Any, damage: bytes | None) -> None:
    kit.put(store, kit.incidents(50))
    path = store.write_snapshot()
    path.write_bytes(path.read_bytes()[:-100] if damage is None else damage)
    assert len(store.columns()) == 50
    assert pq.read_metadata(path).num_rows == 50


def test_a_foreign_snapshot_is_made_again(store: Store, kit: Any) -> None:
    kit.put(store, kit.incidents(50))
    path = store.write_snapshot()
    pq.write_table(pa.table({"incident_id": [1]}), path)
    assert len(store.columns()) == 50


def test_a_restored_store_does_not_use_the_snapshot_of_its_other_life(
    store: Store, open_store: Callable[..., Store], settings: Settings, kit: Any
) -> None:
    kit.put(store, kit.incidents(50))
    assert len(store.columns()) == 50
    store.close()
    for path in settings.home.glob("t1.sqlite*"):
        path.unlink()
    restored = open_store()
    kit.put(restored, kit.incidents(20))
    assert restored.version == 1
    assert len(restored.columns()) == 20


def test_the_last_two_versions_are_kept(store: Store, kit: Any, settings: Settings) -> None:
    for version in range(1, 5):
        kit.put(store, kit.incidents(10 * version), sha256=str(version))
        assert len(store.columns()) == 10 * version
    folder = settings.home / "cache" / "t1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "incidents-v3.parquet",
        "incidents-v4.parquet",
    ]


def test_a_cache_that_cannot_be_written_is_one_clear_line(
    store: Store, settings: Settings, kit: Any
) -> None:
    (settings.home / "cache").write_text("in the way")
    with pytest.raises(snapshot.StoreError, match="cannot write the snapshot"):
        store.columns()


def test_the_file_is_only_a_cache(filled: Store) -> None:
    path: Path = filled.write_snapshot()
    path.unlink()
    assert len(filled.columns()) == 800
