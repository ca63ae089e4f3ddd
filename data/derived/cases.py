"""The incidents of one data version, ready to be measured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

from data.derived.results import Facts
from data.region import RegionPack
from data.store import Store
from geo.assign import UnitIndex
from geo.crs import WGS84
from geo.selection import IncidentColumns, IncidentSelection
from geo.snap_points import find_snap_points

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

KEPT_AREAS = 16


def data_version(store: Store) -> str:
    """Name of what ``store`` holds now; never the same for other data, on any machine."""
    return f"{store.version}-{store.version_key[:8]}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Cases:
    """All incidents of one data version with their county.

    Parameters
    ----------
    columns
        The incidents, sorted by day.
    x_m, y_m
        (n) coordinates in ``region.metric_crs``; NaN where unplaced.
    version
        Data version as text, see :func:`data_version`.
    is_demo
        Whether any of the data is invented.
    """

    columns: IncidentColumns
    x_m: Floats
    y_m: Floats
    region: RegionPack
    version: str
    is_demo: bool
    _areas: dict[tuple[str, ...] | None, tuple[shapely.Geometry, Mask]] = field(
        default_factory=dict, init=False, repr=False
    )

    @classmethod
    def of(cls, store: Store, region: RegionPack) -> Cases:
        """Read the current snapshot of ``store`` and project it once."""
        version = data_version(store)
        columns = store.columns()
        to_metric = Transformer.from_crs(WGS84, region.metric_crs, always_xy=True)
        x_m, y_m = to_metric.transform(columns.lon, columns.lat)
        placed = np.isfinite(x_m) & np.isfinite(y_m)
        return cls(
            columns=columns,
            x_m=np.where(placed, x_m, np.nan),
            y_m=np.where(placed, y_m, np.nan),
            region=region,
            version=version,
            is_demo=store.is_demo,
        )

    @cached_property
    def boundary_m(self) -> shapely.Geometry:
        """Union of the units in the metric CRS, prepared for many point tests."""
        return _ready(self.region.units.geometry.to_crs(self.region.metric_crs).union_all())

    def area_m(self, units: tuple[str, ...] | None) -> shapely.Geometry:
        """Area of the chosen units in the metric CRS; of all when None or none is known.

        A selection of units is measured against these units alone: among the empty cells
        of the others every place in them would look hot.
        """
        return self._area(units)[0]

    def is_inside(self, units: tuple[str, ...] | None) -> Mask:
        """(n) which incidents lie in :meth:`area_m`; not to be changed."""
        return self._area(units)[1]

    @cached_property
    def is_snapped(self) -> Mask:
        """(n) which incidents lie on artefact points, judged among all that are placed."""
        snapped = np.isfinite(self.x_m)
        snapped[snapped] = find_snap_points(self.x_m[snapped], self.y_m[snapped]).is_stacked
        return snapped

    def _area(self, units: tuple[str, ...] | None) -> tuple[shapely.Geometry, Mask]:
        """An area and which incidents lie in it; the last ones asked for are kept."""
        known = self.region.units.index.isin(units or ())
        if units is None or not known.any():
            units, area = None, self.boundary_m
        kept = self._areas.get(units)
        if kept is None:
            if units is not None:
                chosen = self.region.units.geometry[known].to_crs(self.region.metric_crs)
                area = _ready(chosen.union_all())
            inside = UnitIndex(gpd.GeoSeries([area])).assign(self.x_m, self.y_m) >= 0
            if len(self._areas) >= KEPT_AREAS:
                self._areas.clear()
            kept = self._areas[units] = area, inside
        return kept

    @cached_property
    def unit_rows(self) -> Rows:
        """Row in ``region.units`` of each code of the columns, to be indexed by their ``unit``.

        One more at the end answers ``unit == -1``; -1 where there is no such unit.
        """
        rows = self.region.units.index.get_indexer(pd.Index(self.columns.unit_codes))
        return np.append(rows, -1).astype(np.int64)

    def days(self, first: int, last: int) -> slice:
        """Positions of the incidents of inclusive local days."""
        start, stop = np.searchsorted(self.columns.day, [first, last + 1])
        return slice(int(start), int(stop))

    def rows(self, selection: IncidentSelection) -> Rows:
        """Positions of the selected incidents, ascending."""
        return np.flatnonzero(self.columns.mask(selection)).astype(np.int64)

    def period(self, selection: IncidentSelection) -> tuple[int, int]:
        """First and last local day of a selection, within those the data cover.

        Nothing is known of the days before the first record and after the last: they are
        neither quiet days nor the past of a forecast.
        """
        day = self.columns.day
        known = (int(day[0]), int(day[-1])) if len(day) else (0, 0)
        first = known[0] if selection.day_from is None else max(known[0], selection.day_from)
        last = known[1] if selection.day_to is None else min(known[1], selection.day_to)
        if first <= last:
            return first, last
        # Nothing in common with the data: the period as it was asked for.
        asked = [each for each in (selection.day_from, selection.day_to) if each is not None]
        return min(asked), max(asked)


def _ready(area: shapely.Geometry) -> shapely.Geometry:
    """Prepare an area for many tests, from several threads at once.

    GEOS completes a preparation at the first test of each kind, and not safely when two
    threads come first: one of each kind is asked here.
    """
    shapely.prepare(area)
    west, south, east, north = shapely.bounds(area).tolist()
    corner = shapely.box(west, south, (west + east) / 2, (south + north) / 2)
    shapely.intersects_xy(area, west, south)
    shapely.contains_xy(area, west, south)
    shapely.intersects(area, corner)
    shapely.covers(area, corner)
    return area


@dataclass(frozen=True, kw_only=True, eq=False)
class Events:
    """The selected incidents that are placed exactly enough for a scale.

    Parameters
    ----------
    rows
        (n) their positions in the columns.
    too_coarse, outside
        Selected incidents left out: placed too coarsely; unplaced or outside the county.
    day_from, day_to
        Inclusive local days of the selection.
    """

    cases: Cases
    selection: IncidentSelection
    rows: Rows
    too_coarse: int
    outside: int
    day_from: int
    day_to: int

    @classmethod
    def of(cls, cases: Cases, selection: IncidentSelection, *, coarsest_m: float) -> Events:
        """Those with a 95 % radius of at most ``coarsest_m`` metres."""
        rows = cases.rows(selection)
        placed = rows[np.isfinite(cases.x_m[rows])]
        exact = placed[cases.columns.r95_m[placed] <= coarsest_m]
        day_from, day_to = cases.period(selection)
        return cls(
            cases=cases,
            selection=selection,
            rows=exact,
            too_coarse=len(placed) - len(exact),
            outside=len(rows) - len(placed),
            day_from=day_from,
            day_to=day_to,
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def x_m(self) -> Floats:
        """(n) metric coordinates."""
        x_m: Floats = self.cases.x_m[self.rows]
        return x_m

    @property
    def y_m(self) -> Floats:
        """(n) metric coordinates."""
        y_m: Floats = self.cases.y_m[self.rows]
        return y_m

    @property
    def day(self) -> npt.NDArray[np.int64]:
        """(n) local days since 1970-01-01."""
        return self.cases.columns.day[self.rows].astype(np.int64)

    def in_area(self) -> Events:
        """Only those in the area of the selected units; the others are counted as outside."""
        return self.inside(self.cases.is_inside(self.selection.units)[self.rows])

    def inside(self, mask: Mask) -> Events:
        """Only those inside the county; the others are counted as outside."""
        kept = self.rows[mask]
        return replace(self, rows=kept, outside=self.outside + len(self) - len(kept))

    def only(self, mask: Mask) -> Events:
        """Only those of a narrower question; the others are not counted."""
        return replace(self, rows=self.rows[mask])

    def since(self, day: int) -> Events:
        """Only those from ``day`` on; the period begins there."""
        kept = self.rows[self.day >= day]
        return replace(self, rows=kept, day_from=day)

    def facts(
        self,
        method: str,
        parameters: dict[str, object],
        *,
        left_out: dict[str, str] | None = None,
    ) -> Facts:
        """What every map and table of these events prints."""
        return Facts(
            method=method,
            parameters=parameters,
            events=len(self),
            too_coarse=self.too_coarse,
            outside=self.outside,
            day_from=self.day_from,
            day_to=self.day_to,
            version=self.cases.version,
            is_demo=self.cases.is_demo,
            left_out=left_out or {},
            snapped_share=float(self.cases.is_snapped[self.rows].mean()) if len(self) else 0.0,
        )
