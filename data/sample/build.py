"""Draw the bundled pack from its fact files: ``python -m data.sample.build [FOLDER]``.

The facts are small tables anyone can check; everything in the pack that is not a fact is
drawn from them with fixed seeds, so that the same facts always give the same bytes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from data.region_layers import UNIT_COLUMNS, write_geojson
from data.sample.facts import PACK, fact
from data.sample.geometry import draw_units
from data.sample.places import place_villages
from data.sample.roads import crossing_points, draw_roads
from data.sample.segments import draw_segments
from geo.assign import UnitIndex
from geo.crs import WGS84

METRIC_CRS = "EPSG:4547"
SEED = 2024

COUNTY_KM2 = 1467.0  # published: 1,461 to 1,472
CENSUS_2010 = 1_131_896
# Residents of a town community and of a city community for each one in a village.
TOWN_WEIGHT, CITY_WEIGHT = 1.5, 4.0


def build(folder: Path) -> None:
    """Write ``region.toml`` and the files it names: units, roads, places and segments."""
    folder.mkdir(parents=True, exist_ok=True)
    units = draw_units(
        fact("outline"), fact("units"), area_km2=COUNTY_KM2, rng=np.random.default_rng(SEED)
    )
    villages = place_villages(
        fact("villages"), units, metric_crs=METRIC_CRS, rng=np.random.default_rng(SEED)
    )
    units["population"] = _populations(units, villages)
    roads = draw_roads(
        fact("routes"),
        fact("streets"),
        units.to_crs(METRIC_CRS).union_all(),
        metric_crs=METRIC_CRS,
        rng=np.random.default_rng(SEED),
    )
    segments = draw_segments(
        roads, units, metric_crs=METRIC_CRS, rng=np.random.default_rng(SEED)
    )
    places = pd.concat(
        [villages, _seats(units), _crossings(roads, units), _landmarks(units)],
        ignore_index=True,
    )
    write_geojson(folder / "units.geojson", units[[*UNIT_COLUMNS, "geometry"]], decimals=5)
    write_geojson(folder / "roads.geojson", roads, decimals=5)
    places.to_csv(folder / "places.csv", index=False, lineterminator="\n", float_format="%.5f")
    segments.to_csv(folder / "segments.csv", index=False, lineterminator="\n")
    if folder.resolve() != PACK.resolve():
        shutil.copyfile(PACK / "region.toml", folder / "region.toml")


def _populations(units: gpd.GeoDataFrame, villages: pd.DataFrame) -> pd.Series[int]:
    """The census total shared out by weighted communities, summing exactly."""
    is_city = villages["unit_code"].map(units.set_index("unit_code")["kind"]).eq("街道")
    is_community = villages["kind"].eq("community")
    weight = pd.Series(
        np.select([is_city & is_community, is_community], [CITY_WEIGHT, TOWN_WEIGHT], 1.0)
    )
    share = weight.groupby(villages["unit_code"]).sum().reindex(units["unit_code"])
    exact = (share / share.sum() * CENSUS_2010).to_numpy()
    whole = np.floor(exact).astype(int)
    short = CENSUS_2010 - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:short]] += 1
    return pd.Series(whole, index=units.index)


def _seats(units: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place_code": "SEAT" + units["unit_code"],
            "name": units["name"] + "政府",
            "unit_code": units["unit_code"],
            "kind": "seat",
            "aliases": units["name"] + "人民政府",
            "lon": units["seat_lon"],
            "lat": units["seat_lat"],
        }
    )


def _crossings(roads: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> pd.DataFrame:
    points = crossing_points(fact("crossings"), roads)
    return pd.DataFrame(
        {
            "place_code": [f"CROSS{n:02d}" for n in range(1, len(points) + 1)],
            "name": points["street"] + "与" + points["other"] + "交叉口",
            "unit_code": _units_at(points.geometry.x, points.geometry.y, units),
            "kind": "crossing",
            "aliases": points["other"] + "与" + points["street"] + "交叉口",
            "lon": points.geometry.x,
            "lat": points.geometry.y,
        }
    )


def _landmarks(units: gpd.GeoDataFrame) -> pd.DataFrame:
    marks = fact("landmarks")
    marks.insert(0, "place_code", [f"MARK{n:02d}" for n in range(1, len(marks) + 1)])
    return marks.assign(unit_code=_units_at(marks["lon"], marks["lat"], units))


def _units_at(
    lon: pd.Series[float], lat: pd.Series[float], units: gpd.GeoDataFrame
) -> pd.Series[str]:
    at = UnitIndex(gpd.GeoSeries(units.geometry, crs=WGS84)).assign(lon, lat)
    codes = pd.Series([*units["unit_code"], ""])
    return pd.Series(codes.iloc[at].to_numpy(), index=lon.index)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else PACK)
