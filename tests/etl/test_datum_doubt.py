"""A file whose points lie on the roads only in another datum is doubted."""

import csv

import numpy as np
import pytest
import shapely

from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from etl.pipeline import load_file
from etl.profile import Profile
from geo.datum import wgs84_to_bd09, wgs84_to_gcj02

PROFILE = """
kind = "incidents"
source = "roadside"
[constants]
category = "crash_vehicle"
[time]
column = "time"
[coordinates]
lon = "lon"
lat = "lat"
datum = "wgs84"
[severity]
rule = "casualties"
"""


@pytest.mark.parametrize(
    ("shift", "seems"),
    [(wgs84_to_gcj02, "gcj02"), (wgs84_to_bd09, "bd09"), (lambda x, y: (x, y), None)],
)
def test_the_roads_tell_the_datum(tmp_path, shift, seems) -> None:
    region = RegionPack.open("yuzhou")
    inside = shapely.buffer(region.units.union_all(), -0.03)
    lines = shapely.intersection(region.roads.geometry.values, inside)
    lines = lines[shapely.length(lines) > 0]
    spots = np.random.default_rng(3).uniform(0, 1, 400)
    points = shapely.line_interpolate_point(
        lines[np.arange(400) % len(lines)], spots, normalized=True
    )
    lon, lat = shift(shapely.get_x(points), shapely.get_y(points))
    file = tmp_path / "roadside.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["time", "lon", "lat"])
        writer.writerows(
            [f"2012-03-0{n % 9 + 1} 08:00", f"{x:.6f}", f"{y:.6f}"]
            for n, (x, y) in enumerate(zip(lon, lat, strict=True))
        )
    settings = Settings.load(environ={"PINGAN_HOME": str(tmp_path)})
    store = Store.open(settings, region)
    report = load_file(
        file,
        kind="incidents",
        profile=Profile.parse(PROFILE, name="roadside"),
        region=region,
        store=store,
    )
    doubts = [item.detail for item in report.warnings if item.code == "DATUM_DOUBT"]
    if seems is None:
        assert doubts == []
    else:
        assert len(doubts) == 1
        assert f"seem to be in {seems}, not in wgs84" in doubts[0]
