"""Road sections of a hazard list: their shape, cut from the route between two stakes."""

from __future__ import annotations

import numpy as np
import shapely

from data.road_reference import RoadReference
from etl.numbers import parse_stakes
from etl.rows import Rows


def section_shapes(
    rows: Rows, wanted: np.ndarray, reference: RoadReference
) -> tuple[np.ndarray, np.ndarray]:
    """Shapes of the rows that name a route of the region and two stakes on it.

    Parameters
    ----------
    wanted
        Boolean (n,): the rows asked for.

    Returns
    -------
    Shapes (n,) in EPSG:4326, None where there is no such road; and a boolean array (n,) that
    tells the rows whose stakes are whole kilometres.
    """
    shapes = np.full(rows.n, None, dtype=object)
    columns = [rows.field(name) for name in ("route_code", "stake_from_m", "stake_to_m")]
    if any(column is None for column in columns):
        return shapes, np.zeros(rows.n, dtype=bool)
    codes = columns[0].to_pylist()
    stakes = np.column_stack(
        [
            parse_stakes(column, rows.faults, field=name)
            for column, name in zip(columns[1:], ("stake_from_m", "stake_to_m"), strict=True)
        ]
    )
    stated = wanted & rows.faults.ok & np.isfinite(stakes).all(axis=1)
    for row in np.flatnonzero(stated):
        section = reference.section(codes[row], *stakes[row])
        if not section.is_empty:
            shapes[row] = section
    return shapes, (stakes % 1000 == 0).all(axis=1)


def middle_of(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude (n,) half way along lines; NaN where there is none."""
    longest = [
        None if shape is None else max(shapely.get_parts(shape), key=shapely.length)
        for shape in shapes
    ]
    middle = shapely.line_interpolate_point(
        np.array(longest, dtype=object), 0.5, normalized=True
    )
    return shapely.get_x(middle), shapely.get_y(middle)
