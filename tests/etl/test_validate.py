from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import shapely
from pyproj import CRS

from etl.coordinates import DatumShift
from etl.faults import Faults
from etl.validate import geometry_datum, parse_geometries
from geo.errors import SourceError

BOW_TIE = "POLYGON ((113.1 34.1, 113.2 34.2, 113.2 34.1, 113.1 34.2, 113.1 34.1))"


def check(geometries, *, allowed=("Point", "LineString", "Polygon"), datum="wgs84"):
    faults = Faults(len(geometries))
    found = parse_geometries(
        pa.array(
            [None if g is None else shapely.to_wkb(shapely.from_wkt(g)) for g in geometries]
        ),
        faults,
        shift=DatumShift(datum),
        allowed=allowed,
    )
    return found, faults


def test_good_geometry_loses_only_its_height():
    found, faults = check(["POINT Z (113.1 34.1 120)", "LINESTRING M (113 34 1, 113.1 34.1 2)"])
    assert faults.ok.all()
    assert not shapely.has_z(found.shapes).any()
    assert found.shapes[0].wkt == "POINT (113.1 34.1)"


def test_bad_geometry_is_refused():
    found, faults = check(
        [
            None,
            "POINT EMPTY",
            "POINT (1e308 34)",
            "GEOMETRYCOLLECTION (POINT (113 34))",
            "MULTIPOINT ((113 34))",
            "POINT (512345 3780123)",
        ]
    )
    assert not faults.ok.any()
    assert shapely.is_missing(found.shapes).all()


def test_bow_ties_are_mended_and_counted():
    found, faults = check(
        [BOW_TIE, "POLYGON ((113 34, 113.1 34, 113.1 34.1, 113 34))"],
        allowed=("Polygon", "MultiPolygon"),
    )
    assert faults.ok.all()
    assert shapely.is_valid(found.shapes).all()
    assert found.repaired == 1


def test_too_many_vertices():
    line = shapely.linestrings(np.column_stack([np.linspace(113, 114, 1_000_001)] * 2) % 90)
    faults = Faults(1)
    parse_geometries(
        pa.array([shapely.to_wkb(line)]),
        faults,
        shift=DatumShift("wgs84"),
        allowed=("LineString",),
    )
    assert not faults.ok[0]


def test_datum_is_applied_to_every_vertex():
    found, _ = check(["LINESTRING (113.45 34.15, 113.46 34.16)"], datum="gcj02")
    moved = shapely.get_coordinates(found.shapes[0])
    assert (np.abs(moved - [[113.45, 34.15], [113.46, 34.16]]) > 1e-3).all(axis=1).all()


@pytest.mark.parametrize(
    ("stated", "file_crs", "datum"),
    [
        ("file", "EPSG:4326", "wgs84"),
        ("file", "EPSG:4490", "wgs84"),
        ("file", "OGC:CRS84", "wgs84"),
        ("file", "EPSG:4547", "EPSG:4547"),
        ("gcj02", "EPSG:4326", "gcj02"),
        ("bd09", None, "bd09"),
        ("wgs84", "EPSG:4490", "wgs84"),
        ("cgcs2000", "EPSG:4326", "cgcs2000"),
        ("EPSG:4490", "EPSG:4326", "EPSG:4490"),
        ("EPSG:4547", "EPSG:4547", "EPSG:4547"),
        ("EPSG:4547", None, "EPSG:4547"),
    ],
)
def test_datum_of_a_vector_file(stated, file_crs, datum):
    assert geometry_datum(stated, file_crs) == datum


@pytest.mark.parametrize(
    ("stated", "file_crs", "code"),
    [
        ("file", None, "CRS_MISSING"),
        ("wgs84", "EPSG:4547", "CRS_CONFLICT"),
        ("gcj02", "EPSG:4547", "CRS_CONFLICT"),
        ("EPSG:4547", "EPSG:4326", "CRS_CONFLICT"),
        ("file", "nonsense", "CRS_UNKNOWN"),
    ],
)
def test_contradictions_are_refused(stated, file_crs, code):
    with pytest.raises(SourceError) as caught:
        geometry_datum(stated, file_crs)
    assert caught.value.code == code


def test_unnamed_projected_crs_from_a_file_is_usable():
    wkt = CRS.from_epsg(4547).to_wkt()
    datum = geometry_datum("file", wkt)
    assert DatumShift(datum).is_projected
