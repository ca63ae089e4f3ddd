"""Geometry from vector files: its CRS, its shape, its size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.coordinates import DatumShift, datum_crs
from etl.faults import Faults
from geo.errors import SourceError
from geo.vocabulary import Datum

MOST_VERTICES = 1_000_000
# Repairs that change the area by more than this share are told in the report.
AREA_CHANGE = 0.01
_WGS84_TWINS = {4326, 4490, 4979, 4258}


def geometry_datum(stated: str, file_crs: str | None) -> str:
    """The datum of a vector file's coordinates, from the profile and the file.

    Parameters
    ----------
    stated
        The profile's datum; ``file`` means what the file itself says.
    file_crs
        The CRS the file states, or None.

    Raises
    ------
    SourceError
        ``CRS_MISSING`` when neither says; ``CRS_CONFLICT`` when they contradict.
    """
    crs = _crs(file_crs)
    if stated == "file":
        if crs is None:
            raise SourceError(
                "CRS_MISSING",
                "the file does not say its coordinate system; set [coordinates] datum in the profile",
            )
        return Datum.WGS84.value if _is_wgs84(crs) else crs.to_string()
    if crs is None or (stated in tuple(Datum) and _is_wgs84(crs)):
        # GCJ-02 and BD-09 files call themselves WGS-84: the profile knows better.
        return stated
    own = datum_crs(stated) or CRS.from_epsg(4326)
    if own == crs or (_is_wgs84(own) and _is_wgs84(crs)):
        return stated
    raise SourceError(
        "CRS_CONFLICT",
        f"the profile says {stated} but the file says {crs.to_string()}; "
        'correct [coordinates] datum, or set it to "file"',
    )


def _crs(text: str | None) -> CRS | None:
    if not text:
        return None
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise SourceError(
            "CRS_UNKNOWN",
            "the file's coordinate system cannot be read; set [coordinates] datum",
        ) from error


def _is_wgs84(crs: CRS) -> bool:
    return crs.to_epsg() in _WGS84_TWINS or crs.to_string() == "OGC:CRS84"


@dataclass(frozen=True)
class Geometries:
    """WGS-84 shapely geometries (n,), None where absent or faulty."""

    shapes: np.ndarray
    repaired: int
    changed_area: int


def parse_geometries(
    column: pa.Array, faults: Faults, *, shift: DatumShift, allowed: tuple[str, ...]
) -> Geometries:
    """WKB to checked WGS-84 geometry.

    Parameters
    ----------
    column
        WKB (n,); null is an empty geometry.
    allowed
        Geometry type names, e.g. ``("Point",)``.

    Notes
    -----
    Z and M are dropped. Invalid areas are made valid; those whose area changed by
    more than one hundredth are counted.
    """
    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    shapes = shapely.force_2d(shapes)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    faults.add(empty, "BAD_GEOM", "geometry", "empty")
    huge = shapely.get_num_coordinates(shapes) > MOST_VERTICES
    faults.add(huge, "BAD_GEOM", "geometry", f"more than {MOST_VERTICES} vertices")
    with np.errstate(all="ignore"):
        bounds = shapely.bounds(shapes)
        limit = 1e9 if shift.is_projected else 180.0
        wild = ~empty & ~(np.abs(bounds) <= limit).all(axis=1)
    faults.add(wild, "BAD_GEOM", "geometry", "coordinates beyond the globe")
    names = np.array([kind.name for kind in sorted(shapely.GeometryType, key=int)])
    kinds = shapely.get_type_id(shapes)
    wrong = ~empty & ~np.isin(
        np.char.upper(names[np.maximum(kinds, 0) + 1]), [name.upper() for name in allowed]
    )
    faults.add(wrong, "BAD_GEOM", "geometry", f"needs {' or '.join(allowed)}")
    usable = ~(empty | huge | wild | wrong)
    shapes[~usable] = None
    broken = usable & ~shapely.is_valid(shapes)
    changed = 0
    if broken.any():
        before = shapely.area(shapes[broken])
        mended = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
        lost = shapely.is_empty(mended)
        shapes[broken] = mended
        rows = np.flatnonzero(broken)[lost]
        lost_mask = np.zeros(len(shapes), dtype=bool)
        lost_mask[rows] = True
        faults.add(lost_mask, "BAD_GEOM", "geometry", "cannot be repaired")
        shapes[lost_mask] = None
        change = np.abs(shapely.area(mended) - before)
        changed = int((change > AREA_CHANGE * np.maximum(before, 1e-300)).sum())
    present = ~shapely.is_missing(shapes)

    def carry(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(shift(xy[:, 0], xy[:, 1]))

    shapes[present] = shapely.transform(shapes[present], carry)
    lost = present & ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    faults.add(lost, "BAD_GEOM", "geometry", "cannot be carried to WGS-84")
    shapes[lost] = None
    return Geometries(shapes, int(broken.sum()), changed)
