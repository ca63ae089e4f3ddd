"""Where a row is: by coordinates, by the file's geometry, by text, or by unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from data.region import RegionPack
from etl import text
from etl.coordinates import DatumShift, parse_points, split_pairs
from etl.geocode import Cascade, Gazetteer, Geocoder, Placed, PlaceStatus
from etl.geocode.memo import Memo
from etl.profile import Profile
from etl.road_sections import middle_of, section_shapes
from etl.rows import Rows
from etl.validate import geometry_datum, parse_geometries
from geo.assign import UnitIndex
from geo.datum_evidence import DatumOpinion, suspect_datum
from geo.network import RoadIndex
from geo.vocabulary import R95_M, MatchCode, RecordKind

_ALLOWED = {
    RecordKind.INCIDENTS: ("Point",),
    RecordKind.SITES: ("Point", "Polygon", "MultiPolygon"),
    RecordKind.HAZARDS: (
        "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon",
    ),
    RecordKind.INDICATORS: (),
    RecordKind.INSPECTIONS: (),
}  # fmt: skip


@dataclass
class Placement:
    """Parallel arrays (n,) of where the rows of a batch are."""

    lon: np.ndarray  # WGS-84 degrees, NaN where unplaced
    lat: np.ndarray
    unit: pa.Array  # unit codes, null outside
    match: pa.Array  # match codes, null where unplaced
    r95_m: np.ndarray
    place_text: pa.Array | None
    shapes: np.ndarray | None  # shapely geometries of a vector file
    raw_x: np.ndarray  # of the rows that state a point: as given, for the datum check
    raw_y: np.ndarray
    out_of_area: int
    by_section: np.ndarray | None = None  # rows (n,) placed by a route and two stakes
    repaired: int = 0
    reshaped: int = 0


class Placer:
    """Places the batches of one file within one region.

    Parameters
    ----------
    file_crs
        What a vector file says of its coordinate system.
    geocoder
        Places texts; each different text of a file is asked for once.
    """

    def __init__(
        self,
        profile: Profile,
        region: RegionPack,
        *,
        file_crs: str | None,
        geocoder: Geocoder | None = None,
    ) -> None:
        self._profile = profile
        self._rules = profile.coordinates
        self._index = UnitIndex(region.units)
        self._roads, self._metric_crs = region.roads, region.metric_crs
        self._reference = region.road_reference
        self._codes = pa.array(region.units.index.astype(str), pa.string())
        self._geocoder = geocoder or Cascade(region)
        # The geocoder may have the region's names at hand already.
        self._gazetteer = getattr(self._geocoder, "gazetteer", None) or Gazetteer(region)
        self._found = Memo(self._geocoder)
        self._units_found: dict[str, str | None] = {}
        self.datum: str | None = None
        if self._rules is not None:
            self.datum = (
                geometry_datum(self._rules.datum, file_crs)
                if self._rules.geometry
                else self._rules.datum
            )
            self.shift = DatumShift(self.datum)

    def place(self, rows: Rows) -> Placement:
        """Place the rows; those that cannot be placed are entered in their faults."""
        stated_unit = self.unit_codes(rows)
        place_text = rows.field("place_text")
        shapes, geometries = None, None
        if self._rules is None:
            x = y = np.full(rows.n, np.nan)
        elif self._rules.geometry:
            geometries = parse_geometries(
                rows.geometry if rows.geometry is not None else pa.nulls(rows.n, pa.binary()),
                rows.faults,
                shift=self.shift,
                allowed=_ALLOWED[self._profile.kind],
            )
            shapes = geometries.shapes
            points = shapely.point_on_surface(shapes)
            x, y = shapely.get_x(points), shapely.get_y(points)
        else:
            x, y = parse_points(
                *self._texts(rows), rows.faults, is_projected=self.shift.is_projected
            )
        placement = self._by_point(rows, x, y, is_wgs84=shapes is not None)
        placement.shapes, placement.place_text = shapes, place_text
        if geometries is not None:
            placement.repaired = geometries.repaired
            placement.reshaped = geometries.changed_area
        wanting = rows.faults.ok & np.isnan(placement.lon)
        if wanting.any() and self._profile.kind is RecordKind.HAZARDS:
            self._by_section(rows, placement, wanting)
            wanting &= np.isnan(placement.lon)
        if wanting.any():
            self._by_words(rows, placement, wanting, place_text, stated_unit)
        return placement

    def unit_codes(self, rows: Rows) -> pa.Array | None:
        """Codes of the units that the rows name (n,); unknown ones are null."""
        code, name = rows.field("unit_code"), rows.field("unit_name")
        known = None
        if code is not None:
            # Spreadsheets turn a whole number into 123456001.0.
            code = pc.replace_substring_regex(code, r"^(\d+)\.0$", r"\1")
            known = pc.if_else(
                pc.is_in(code, value_set=self._codes), code, pa.scalar(None, pa.string())
            )
        if name is not None:
            encoded = name.dictionary_encode()
            words = encoded.dictionary.to_pylist()
            for word in words:
                if word not in self._units_found:
                    self._units_found[word] = self._gazetteer.unit_code(word)
            codes = pa.array([self._units_found[word] for word in words], pa.string())
            by_name = codes.take(encoded.indices)
            known = by_name if known is None else pc.coalesce(known, by_name)
        return known

    def suspect(self, x: np.ndarray, y: np.ndarray) -> DatumOpinion | None:
        """Which datum raw points (n,) seem to be in; ``None`` in a region without roads."""
        if self._roads.empty:
            return None
        roads = RoadIndex(self._roads.to_crs(self._metric_crs))
        return suspect_datum(x, y, roads=roads, units=self._index)

    def share_inside(self, x: np.ndarray, y: np.ndarray, datum: str) -> float:
        """Share of raw points (n,) that lie in the region if they are in ``datum``."""
        return float((self._index.assign(*DatumShift(datum)(x, y)) >= 0).mean())

    def _texts(self, rows: Rows) -> tuple[pa.Array, pa.Array]:
        rules = self._rules
        if rules.text is not None:
            return split_pairs(rows.value(rules.text))
        return rows.value(rules.lon), rows.value(rules.lat)

    def _by_point(
        self, rows: Rows, x: np.ndarray, y: np.ndarray, *, is_wgs84: bool
    ) -> Placement:
        stated = rows.faults.ok & np.isfinite(x)
        x, y = np.where(stated, x, np.nan), np.where(stated, y, np.nan)
        lon, lat = (x, y) if is_wgs84 or not stated.any() else self.shift(x, y)
        unit = self._index.assign(lon, lat)
        outside = stated & (unit < 0)
        rejected = 0
        if outside.any():
            far = np.flatnonzero(outside)
            # Geometry has been carried to WGS-84 already: enough to tell an exchange.
            turned_lon, turned_lat = (
                (y[far], x[far]) if is_wgs84 else self.shift(y[far], x[far])
            )
            turned_unit = self._index.assign(turned_lon, turned_lat)
            is_swapped = turned_unit >= 0
            if self._rules.fix_swapped and not is_wgs84:
                hit = far[is_swapped]
                lon, lat = lon.copy(), lat.copy()
                lon[hit], lat[hit] = turned_lon[is_swapped], turned_lat[is_swapped]
                unit[hit] = turned_unit[is_swapped]
            else:
                rows.faults.add(
                    _mask(rows.n, far[is_swapped]), "SWAPPED_LATLON", "lon, lat",
                    "exchange the columns, or set fix_swapped = true in [coordinates]",
                )  # fmt: skip
            far = far[~is_swapped]
            off_globe = ~((np.abs(lon[far]) <= 180) & (np.abs(lat[far]) <= 90))
            rows.faults.add(
                _mask(rows.n, far[off_globe]), "PROJECTED_OR_RANGE", "lon, lat",
                "set [coordinates] datum to the right EPSG:n",
            )  # fmt: skip
            far = far[~off_globe]
            rejected = len(far)
            if self._rules.outside == "reject":
                rows.faults.add(_mask(rows.n, far), "OUT_OF_AREA", "lon, lat")
        has_point = stated & rows.faults.ok
        return Placement(
            lon=np.where(has_point, lon, np.nan),
            lat=np.where(has_point, lat, np.nan),
            unit=self._codes.take(pa.array(unit, mask=unit < 0)),
            match=pa.array([MatchCode.A1.value]).take(
                pa.array(np.zeros(rows.n, dtype=np.int8), mask=~has_point)
            ),
            r95_m=np.where(has_point, R95_M[MatchCode.A1], np.nan),
            place_text=None,
            shapes=None,
            raw_x=x[stated],
            raw_y=y[stated],
            out_of_area=rejected,
        )

    def _by_section(self, rows: Rows, placement: Placement, wanting: np.ndarray) -> None:
        shapes, is_whole_km = section_shapes(rows, wanting, self._reference)
        lon, lat = middle_of(shapes)
        unit = self._index.assign(lon, lat)
        found = np.flatnonzero(unit >= 0)
        if len(found) == 0:
            return
        codes = np.where(is_whole_km, MatchCode.C1.value, MatchCode.B1.value)[found]
        placement.lon[found], placement.lat[found] = lon[found], lat[found]
        placement.r95_m[found] = [R95_M[MatchCode(code)] for code in codes]
        placement.unit = _overlay(
            placement.unit, found, self._codes.take(pa.array(unit[found]))
        )
        placement.match = _overlay(placement.match, found, codes)
        if placement.shapes is None:
            placement.shapes = np.full(rows.n, None, dtype=object)
        placement.shapes[found] = shapes[found]
        placement.by_section = _mask(rows.n, found)

    def _by_words(
        self,
        rows: Rows,
        placement: Placement,
        wanting: np.ndarray,
        place_text: pa.Array | None,
        stated_unit: pa.Array | None,
    ) -> None:
        at = np.flatnonzero(wanting)
        index = pa.array(at)
        answers = Placed.unmatched(len(at))
        said = np.zeros(len(at), dtype=bool)
        if place_text is not None:
            words = place_text.take(index)
            said = pc.is_valid(words).to_numpy(zero_copy_only=False)
            # The unit's own name ahead of the text decides between namesakes.
            scope = rows.field("unit_name")
            if scope is not None:
                words = pc.if_else(
                    pc.is_valid(words), text.join([scope.take(index), words], ""), words
                )
            answers = self._found.locate(words)
        lost = answers.status != PlaceStatus.ACCEPTED.value
        if stated_unit is not None and lost.any():
            codes = stated_unit.take(index).to_numpy(zero_copy_only=False)
            fallback = self._gazetteer.at_unit(codes[lost])
            found = np.flatnonzero(fallback.status == PlaceStatus.ACCEPTED.value)
            answers.put(np.flatnonzero(lost)[found], fallback.take(found))
            lost = answers.status != PlaceStatus.ACCEPTED.value
            unit_said = np.zeros(rows.n, dtype=bool)
            for name in ("unit_code", "unit_name"):
                column = rows.field(name)
                if column is not None:
                    unit_said |= pc.is_valid(column).to_numpy(zero_copy_only=False)
            rows.faults.add(
                _mask(rows.n, at[lost & ~said & unit_said[at]]), "UNKNOWN_UNIT", "unit_name",
                "the region has no such unit; correct it or add an alias",
            )  # fmt: skip
        ambiguous = lost & (answers.status == PlaceStatus.AMBIGUOUS.value)
        # The candidates travel with the rejected row, for whoever decides between them.
        rows.faults.add_each(
            at[ambiguous],
            "AMBIGUOUS_PLACE",
            "place_text",
            [one or "name the unit as well" for one in answers.candidates[ambiguous]],
        )
        elsewhere = lost & (answers.status == PlaceStatus.OUT_OF_AREA.value)
        rows.faults.add(
            _mask(rows.n, at[elsewhere]), "OUT_OF_AREA", "place_text",
            "the text names another county",
        )  # fmt: skip
        rows.faults.add(_mask(rows.n, at[lost & said]), "UNPLACED_TEXT", "place_text")
        rows.faults.add(_mask(rows.n, at[lost]), "UNPLACED", "lon, lat")
        hit = ~lost
        placement.lon[at[hit]], placement.lat[at[hit]] = answers.lon[hit], answers.lat[hit]
        placement.r95_m[at[hit]] = answers.r95_m[hit]
        placement.unit = _overlay(placement.unit, at[hit], answers.unit_code[hit])
        placement.match = _overlay(placement.match, at[hit], answers.match_code[hit])


def _mask(n: int, rows: np.ndarray) -> np.ndarray:
    mask = np.zeros(n, dtype=bool)
    mask[rows] = True
    return mask


def _overlay(column: pa.Array, rows: np.ndarray, values: np.ndarray) -> pa.Array:
    mask = _mask(len(column), rows)
    return pc.replace_with_mask(column, pa.array(mask), pa.array(values, pa.string()))
