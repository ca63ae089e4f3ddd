"""The real files, read whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REALDATA = os.environ.get("PINGAN_REALDATA")
pytestmark = pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is unset")
FOLDER = Path(REALDATA or "")


@pytest.mark.parametrize(
    ("name", "n_rows", "n_columns"),
    [
        ("chicago/chicago_aggravated_assaults.csv.gz", 148_636, 5),
        ("taiwan/a1_fatal_2022_to_oct.csv", 3_465, 51),
        ("taiwan/a2_injury_2022_oct_sample.csv", 1_060, 51),
        ("yuzhou/gem_coal_mines_around_yuzhou.csv", 33, 17),
        ("yuzhou/yuzhou_villages.csv", 678, 6),
        ("yuzhou/xuchang_census_2010.csv", 6, 14),
    ],
)
def test_text_files(read, name: str, n_rows: int, n_columns: int) -> None:
    whole = read(FOLDER / name)
    assert (whole.table.num_rows, len(whole.source.columns)) == (n_rows, n_columns)
    assert whole.faults == []


@pytest.mark.parametrize(
    ("name", "format", "crs", "n_rows", "layer"),
    [
        ("chicago/chicago_police_districts.kml", "kml", "EPSG:4326", 25, None),
        ("taiwan/towns-10t.json", "topojson", None, 368, "towns"),
        ("yuzhou/xuchang_counties_amap_cnmaps.geojson", "geojson", "EPSG:4326", 7, None),
        ("yuzhou/xuchang_counties_tianditu_fastgeocn.geojson", "geojson", "EPSG:4490", 6, None),
    ],
)
def test_layers(read, name: str, format: str, crs: str | None, n_rows: int, layer) -> None:
    whole = read(FOLDER / name, layer=layer)
    assert (whole.source.format, whole.source.crs) == (format, crs)
    assert whole.table.num_rows == whole.source.total_rows == n_rows
    assert whole.table["geometry"].null_count == 0
