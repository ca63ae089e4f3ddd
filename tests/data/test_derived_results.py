"""Kept results: equal when they come back, missing when damaged, whole when shared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from data.derived.results import (
    KEPT_VERSIONS,
    Facts,
    Result,
    ResultStore,
    empty_cells,
    result_key,
)
from geo.selection import IncidentSelection

FACTS = Facts(
    method="significance",
    parameters={"cell_m": 500.0, "null": "exact", "harm": {"0": 1.0}, "days": [7.0, 14.0]},
    events=3,
    too_coarse=1,
    outside=2,
    day_from=15_000,
    day_to=15_099,
    version="1-k",
    is_demo=True,
    left_out={"drug": "found"},
    snapped_share=0.25,
)


def make_result(seed: int = 0) -> Result:
    cells = gpd.GeoDataFrame(
        {"value": [1.0, np.nan], "spot": ["hot", "cold"], "rank": [seed, 2]},
        geometry=[shapely.box(113, 34, 113.1, 34.1), shapely.box(113.1, 34, 113.2, 34.1)],
        crs=4326,
    )
    tables = {
        "scores": pd.DataFrame({"area_share": [0.05], "high": [np.inf], "method": ["blend"]}),
        "drift": pd.DataFrame(columns=["origin_days", "unchanged"], dtype=float),
    }
    return Result(facts=FACTS, cells=cells, tables=tables)


def key(version: str = "1-k", **parameters: object) -> str:
    return result_key(version, "significance", parameters, IncidentSelection(hours=(1, 2)))


def test_a_result_comes_back_equal(tmp_path: Path) -> None:
    store, result = ResultStore(tmp_path), make_result()
    store.put(key(), result)
    back = ResultStore(tmp_path).get(key())
    assert back.facts == result.facts
    assert_geodataframe_equal(back.cells, result.cells, check_crs=True)
    assert back.tables.keys() == result.tables.keys()
    for name, table in result.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], table)


def test_no_cells_come_back_as_no_cells(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.put(key(), replace(make_result(), cells=empty_cells("value"), tables={}))
    back = store.get(key())
    assert back.cells.empty
    assert list(back.cells.columns) == ["value", "geometry"]
    assert back.cells.crs.to_epsg() == 4326


def test_another_question_is_another_key() -> None:
    selection = IncidentSelection(hours=(1, 2))
    keys = {
        key(),
        key("2-k"),
        key(cell_m=500.0),
        result_key("1-k", "emerging", {}, selection),
        result_key("1-k", "significance", {}, IncidentSelection()),
    }
    assert len(keys) == 5
    assert key(a=1, b=2) == key(b=2, a=1)


def test_unknown_is_a_miss(tmp_path: Path) -> None:
    assert ResultStore(tmp_path / "none").get(key()) is None


@pytest.mark.parametrize("keep", [0, 10, 200, -1])
def test_a_damaged_file_is_a_miss_and_is_replaced(tmp_path: Path, keep: int) -> None:
    store = ResultStore(tmp_path)
    store.put(key(), make_result())
    (path,) = tmp_path.rglob("*.zip")
    path.write_bytes(path.read_bytes()[:keep])
    assert store.get(key()) is None
    store.put(key(), make_result())
    assert store.get(key()) is not None


def test_flipped_bytes_are_a_miss(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.put(key(), make_result())
    (path,) = tmp_path.rglob("*.zip")
    content = bytearray(path.read_bytes())
    at = content.find(b"PAR1") + 8
    content[at : at + 16] = bytes(16)
    path.write_bytes(content)
    assert store.get(key()) is None


def test_writers_and_readers_at_once_only_see_whole_files(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.put(key(), make_result())

    def work(number: int) -> bool:
        if number % 2:
            ResultStore(tmp_path).put(key(), make_result(number))
            return True
        return ResultStore(tmp_path).get(key()) is not None

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".zip"]


def test_older_versions_are_dropped(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    for number in range(4):
        store.put(key(f"{number}-k"), make_result())
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["2-k", "3-k"][-KEPT_VERSIONS:]
    assert store.get(key("0-k")) is None


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = ResultStore(tmp_path / "file")
    store.put(key(), make_result())
    assert store.get(key()) is None
