"""The geometry column: WKB on SQLite, ``geometry(<kind>,4326)`` on PostGIS."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import LargeBinary, UserDefinedType

SRID = 4326
POINT_WKB = np.dtype(
    [("order", "u1"), ("type", "<u4"), ("lon", "<f8"), ("lat", "<f8")]
)  # packed: 1 + 4 + 8 + 8 = 21 bytes


class Geom(UserDefinedType[bytes]):
    """Geometry in EPSG:4326 that travels as WKB bytes in both directions.

    Parameters
    ----------
    kind
        OGC type name such as ``POINT``; ``GEOMETRY`` takes any.
    """

    cache_ok = True

    def __init__(self, kind: str = "GEOMETRY") -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        return "BLOB"

    def bind_expression(self, bindvalue: BindParameter[bytes]) -> ColumnElement[bytes]:
        return _FromWkb(bindvalue)

    def column_expression(self, colexpr: ColumnElement[Any]) -> ColumnElement[bytes]:
        return _ToWkb(colexpr)


class _FromWkb(GenericFunction[bytes]):
    type = LargeBinary()
    inherit_cache = True


class _ToWkb(GenericFunction[bytes]):
    type = LargeBinary()
    inherit_cache = True


@compiles(_FromWkb)
@compiles(_ToWkb)
def _as_it_is(element: GenericFunction[bytes], compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(_FromWkb, "postgresql")
def _from_wkb(element: GenericFunction[bytes], compiler: SQLCompiler, **kw: Any) -> str:
    return f"ST_GeomFromWKB({compiler.process(element.clauses, **kw)}, {SRID})"


@compiles(_ToWkb, "postgresql")
def _to_wkb(element: GenericFunction[bytes], compiler: SQLCompiler, **kw: Any) -> str:
    return f"ST_AsBinary({compiler.process(element.clauses, **kw)})"


@compiles(Geom, "postgresql")
def _column_type(element: Geom, _compiler: Any, **_: Any) -> str:
    return f"geometry({element.kind},{SRID})"


def point_wkb(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.object_]:
    """Little-endian WKB of points.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,). NaN in either means "no point".

    Returns
    -------
    ndarray of object, shape (n,)
        ``bytes`` of length 21, or ``None`` where there is no point.
    """
    packed = np.empty(len(lon), dtype=POINT_WKB)
    packed["order"] = 1
    packed["type"] = 1
    packed["lon"] = lon
    packed["lat"] = lat
    points = packed.view("V21").astype(object)
    points[np.isnan(lon) | np.isnan(lat)] = None
    return points
