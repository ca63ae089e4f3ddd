"""Where invented events happen: villages, seats, crossings and roads of a pack, in metres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree

from data.region import RegionPack
from geo.errors import RegionError
from geo.road_prediction import volume_of_class

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

HOT_CENTRES = 6  # crossings around which street crime gathers
HOT_SECTIONS = 8
# The first hot sections are treated: found and closed at these shares of the period, and
# from then on with this share of their crashes.
TREATED = 2
TREATED_FROM, TREATED_TO = 0.40, 0.62
TREATED_FACTOR = 0.4
# Crashes grow with this power of the traffic among roads of a class.
TRAFFIC_POWER = 0.7
# Crashes per kilometre relative to a county road.
CLASS_RATE = {"expressway": 0.5, "provincial": 2.5, "county": 1.0, "street": 6.0}


@dataclass(frozen=True)
class Terrain:
    """The places of one region, projected once.

    Parameters
    ----------
    region
        Must hold seats, crossings, villages and roads with stakes.
    seed
        Chooses which crossings and road sections are hot, the same for every file.
    """

    region: RegionPack
    seed: int

    def __post_init__(self) -> None:
        kinds = set(self.region.places["kind"])
        if not {"seat", "crossing", "village"} <= kinds or self.region.roads.empty:
            raise RegionError(
                "demo data needs a pack with roads and with seats, crossings and villages among "
                "its places; use the bundled sample"
            )

    @cached_property
    def county(self) -> shapely.Geometry:
        """The whole region in metres, a hair smaller so that rounding stays inside."""
        union = self.region.units.to_crs(self.region.metric_crs).union_all()
        prepared = shapely.buffer(union, -20.0)
        shapely.prepare(prepared)
        return prepared

    @cached_property
    def villages(self) -> gpd.GeoDataFrame:
        """Villages and communities with ``label`` (unit and own name) and ``weight``."""
        places = self._places({"village", "community"})
        units = self.region.units
        share = units["population"].fillna(1).astype(float)
        per_unit = places["unit_code"].map(places["unit_code"].value_counts())
        places["weight"] = places["unit_code"].map(share) / per_unit
        places["label"] = places["unit_code"].map(units["name"]) + places["name"]
        return places

    @cached_property
    def seats(self) -> gpd.GeoDataFrame:
        """Township seats with ``weight``."""
        places = self._places({"seat"})
        population = self.region.units["population"].fillna(1).astype(float)
        places["weight"] = places["unit_code"].map(population)
        return places

    @cached_property
    def crossings(self) -> gpd.GeoDataFrame:
        """Street crossings."""
        return self._places({"crossing"})

    @cached_property
    def hot_centres(self) -> Floats:
        """Crossings around which street crime gathers, (HOT_CENTRES, 2) metres."""
        rng = np.random.default_rng([self.seed, 1])
        xy = shapely.get_coordinates(self.crossings.geometry)
        return np.asarray(xy[rng.choice(len(xy), min(HOT_CENTRES, len(xy)), replace=False)])

    @cached_property
    def roads(self) -> gpd.GeoDataFrame:
        """Roads in metres with ``length_m``."""
        roads = self.region.roads.to_crs(self.region.metric_crs)
        roads["length_m"] = roads.geometry.length
        return roads

    @cached_property
    def traffic(self) -> Floats:
        """Traffic of each road relative to the mean of its class; 1 where not known."""
        roads, segments = self.roads, self.region.segments
        volume = segments["aadt_class"].map(volume_of_class).groupby(segments["route_code"])
        known = roads["route_code"].map(volume.mean())
        mean = known.groupby(roads["road_class"]).transform("mean")
        return np.asarray((known / mean).fillna(1.0), dtype=float)

    @cached_property
    def hot_sections(self) -> pd.DataFrame:
        """Road sections on which crashes gather: ``road`` (position), ``from_m``, ``to_m``."""
        rng = np.random.default_rng([self.seed, 2])
        roads = self.roads
        staked = np.flatnonzero(roads["stake_from_m"].notna() & (roads["length_m"] > 6000))
        # Where much traffic runs, much goes wrong.
        traffic = self.traffic[staked]
        road = rng.choice(staked, HOT_SECTIONS, replace=False, p=traffic / traffic.sum())
        length = roads["length_m"].to_numpy()[road]
        extent = rng.uniform(500.0, 1400.0, HOT_SECTIONS)
        start = rng.uniform(0.05, 0.85, HOT_SECTIONS) * (length - extent)
        return pd.DataFrame({"road": road, "from_m": start, "to_m": start + extent})

    def around(
        self,
        centres: Floats,
        weights: Floats,
        n: int,
        *,
        sigma_m: float,
        rng: np.random.Generator,
    ) -> Floats:
        """n points (n, 2) scattered normally around weighted centres, all in the region."""
        chosen = rng.choice(len(centres), n, p=weights / weights.sum())
        points = centres[chosen] + rng.normal(0.0, sigma_m, (n, 2))
        outside = ~self.contains(points)
        points[outside] = centres[chosen[outside]]
        return np.asarray(points)

    def contains(self, points: Floats) -> NDArray[np.bool_]:
        """Which points (n, 2) lie in the region."""
        return np.asarray(shapely.contains_xy(self.county, points[:, 0], points[:, 1]))

    def nearest_village(self, points: Floats) -> Ints:
        """Position in :attr:`villages` of the one nearest to each point."""
        tree = cKDTree(shapely.get_coordinates(self.villages.geometry))
        return np.asarray(tree.query(points)[1], dtype=np.intp)

    def treated(self, road: Ints, along_m: Floats) -> NDArray[np.bool_]:
        """Which positions along roads lie in a section that is treated."""
        sections = self.hot_sections.head(TREATED)
        inside = np.zeros(len(road), dtype=bool)
        for code, low, high in sections.itertuples(index=False):
            inside |= (road == code) & (along_m >= low) & (along_m <= high)
        return inside

    def on_roads(self, n: int, *, hot_share: float, rng: np.random.Generator) -> pd.DataFrame:
        """n positions on roads: ``road``, ``along_m``, ``x``, ``y`` (metres, a lane aside)."""
        roads, hot = self.roads, self.hot_sections
        weight = (roads["length_m"] * roads["road_class"].map(CLASS_RATE)).to_numpy(dtype=float)
        weight = weight * self.traffic**TRAFFIC_POWER
        road = rng.choice(len(roads), n, p=weight / weight.sum())
        along = rng.random(n) * roads["length_m"].to_numpy()[road]
        is_hot = rng.random(n) < hot_share
        section = hot.iloc[rng.integers(0, len(hot), int(is_hot.sum()))]
        road[is_hot] = section["road"].to_numpy()
        along[is_hot] = rng.uniform(section["from_m"], section["to_m"])
        points = shapely.line_interpolate_point(roads.geometry.to_numpy()[road], along)
        xy = shapely.get_coordinates(points) + rng.normal(0.0, 4.0, (n, 2))
        return pd.DataFrame({"road": road, "along_m": along, "x": xy[:, 0], "y": xy[:, 1]})

    def stakes(self, road: Ints, along_m: Floats) -> Floats:
        """Stakes in metres of positions along roads; NaN where a road carries none."""
        roads = self.roads.iloc[road]
        share = along_m / roads["length_m"].to_numpy()
        start, stop = roads["stake_from_m"].to_numpy(), roads["stake_to_m"].to_numpy()
        return np.asarray(start + share * (stop - start))

    def degrees(self, points: Floats) -> tuple[Floats, Floats]:
        """WGS-84 longitudes and latitudes of metric points (n, 2)."""
        change = Transformer.from_crs(self.region.metric_crs, "EPSG:4326", always_xy=True)
        lon, lat = change.transform(points[:, 0], points[:, 1])
        return np.asarray(lon), np.asarray(lat)

    def _places(self, kinds: set[str]) -> gpd.GeoDataFrame:
        places = self.region.places
        chosen = places[places["kind"].isin(kinds)].reset_index(drop=True)
        return chosen.to_crs(self.region.metric_crs)


def stake_text(stake_m: Floats) -> NDArray[np.object_]:
    """``K45+300`` of stakes in metres; empty where NaN."""
    known = np.isfinite(stake_m)
    whole = np.where(known, stake_m, 0.0).round().astype(int)
    text = [f"K{m // 1000}+{m % 1000:03d}" for m in whole.tolist()]
    return np.where(known, np.array(text, dtype=object), "")
