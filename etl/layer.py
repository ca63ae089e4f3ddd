"""A whole vector file as a GeoDataFrame, read as safely as any other source."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.sources import SourceOptions, open_source
from geo.errors import SourceError


def read_layer(
    path: str | Path, *, layer: str | None = None, crs: str | None = None
) -> gpd.GeoDataFrame:
    """Every feature of one layer: text attributes and geometry.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, zipped shapefile, KML or TopoJSON.
    layer
        Needed when the file holds several.
    crs
        Where the file names none; it does not override the file's own.

    Raises
    ------
    SourceError
        When the file cannot be read or holds no geometry.
    """
    with open_source(path, SourceOptions(layer=layer)) as source:
        tables = [batch.table for batch in source.batches()]
        file_crs = source.crs
    table = pa.concat_tables(tables) if tables else pa.table({})
    if "geometry" not in table.column_names:
        raise SourceError(
            "NO_GEOMETRY", f"{Path(path).name} holds no shapes; give a vector file"
        )
    if file_crs is None and crs is not None:
        try:
            CRS.from_user_input(crs)
        except CRSError:
            raise SourceError(
                "CRS_UNKNOWN", f"no coordinate system is called {crs!r}; use e.g. EPSG:4490"
            ) from None
    attributes = table.drop_columns(["geometry"]).to_pandas()
    geometry = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    return gpd.GeoDataFrame(
        pd.DataFrame(attributes), geometry=geometry, crs=file_crs or crs or None
    )
