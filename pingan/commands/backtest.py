"""``pingan backtest``: how good the forecast has been, on the store or on any file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import geopandas as gpd
import numpy as np
import shapely
import typer
from pyproj import Transformer

from dashboard.i18n import speaking
from data.derived.cases import Cases
from data.derived.forecasts import forecast_with_backtest
from data.derived.trials import backtest_points
from data.region_checks import default_metric_crs, require_metric_crs
from etl.layer import read_layer
from etl.point_file import PointFile, read_points
from geo.crs import WGS84
from geo.errors import SettingsError
from geo.selection import day_number
from pingan.commands.forecast import (
    CellOption,
    DiscoveredOption,
    HarmOption,
    HorizonOption,
    ShiftOption,
)
from pingan.door import RegionOption, open_store
from pingan.results import (
    FromOption,
    JsonOption,
    KindsOption,
    LanguageOption,
    ToOption,
    UnitsOption,
    hand_over,
    progress_bar,
    selection_of,
)


def backtest(
    horizon: HorizonOption = "week",
    shift: ShiftOption = None,
    region: RegionOption = None,
    kinds: KindsOption = None,
    start: FromOption = None,
    end: ToOption = None,
    units: UnitsOption = None,
    cell_m: CellOption = 500.0,
    harm: HarmOption = False,
    include_discovered: DiscoveredOption = False,
    csv: Annotated[
        Path | None, typer.Option(help="Test this file in place of the store.")
    ] = None,
    x: Annotated[str, typer.Option(help="With --csv: column of x or longitude.")] = "lon",
    y: Annotated[str, typer.Option(help="With --csv: column of y or latitude.")] = "lat",
    time: Annotated[str, typer.Option(help="With --csv: column of local times.")] = "time",
    time_format: Annotated[
        str | None, typer.Option(help="With --csv: such as %d/%m/%Y %H:%M; default: guessed.")
    ] = None,
    crs: Annotated[
        str, typer.Option(help="With --csv: of the coordinates, EPSG:n, wgs84, gcj02 or bd09.")
    ] = "EPSG:4326",
    metric_crs: Annotated[
        str | None, typer.Option(help="With --csv: CRS in metres to measure in.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="With --csv: only rows such as kind=robbery.")
    ] = None,
    boundary: Annotated[
        Path | None, typer.Option(help="With --csv: polygons of the area; default: the hull.")
    ] = None,
    horizon_days: Annotated[
        float, typer.Option(help="With --csv: length of a window in days.")
    ] = 7.0,
    first_origin: Annotated[
        datetime | None, typer.Option(help="With --csv: start of the first scored window.")
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Forecast past windows from their own past only and print the scores."""
    if csv is not None and (horizon != "week" or shift is not None):
        raise SettingsError("a file is tested in windows of --horizon-days, not in shifts")
    if csv is not None and (kinds or units or harm or include_discovered):
        raise SettingsError(
            "--kinds, --units, --harm and --include-discovered are for the store; "
            "choose rows of a file by --where"
        )
    if csv is None and (where or boundary or first_origin):
        raise SettingsError("--where, --boundary and --first-origin go with --csv")
    with speaking(language), progress_bar("back-test") as progress:
        if csv is None:
            store, pack, _ = open_store(region)
            selection = selection_of(pack, kinds=kinds, units=units, start=start, end=end)
            result = forecast_with_backtest(
                Cases.of(store, pack),
                selection,
                horizon=horizon,
                shift=shift,
                cell_m=cell_m,
                is_harm_weighted=harm,
                include_discovered=include_discovered,
                learn_from=selection.day_from,
                progress=progress,
            )
        else:
            pack = selection = None
            points = read_points(
                csv,
                x=x,
                y=y,
                time=time,
                datum=crs,
                time_format=time_format,
                where=_pair(where),
            )
            metric = _metric_crs(points, crs, metric_crs)
            to_metric = Transformer.from_crs(WGS84, metric, always_xy=True)
            x_m, y_m = to_metric.transform(points.lon, points.lat)
            since = points.time_days >= (-1e9 if start is None else day_number(start.date()))
            result = backtest_points(
                x_m[since],
                y_m[since],
                points.time_days[since],
                boundary_m=_area(boundary, metric),
                cell_m=cell_m,
                horizon_days=horizon_days,
                version=f"{csv.name} {points.sha256[:8]}",
                first_origin_days=None
                if first_origin is None
                else float(day_number(first_origin.date())),
                end_days=None if end is None else day_number(end.date()) + 1.0,
                source={
                    "rows": points.rows,
                    "without_time": points.without_time,
                    "without_place": points.without_place,
                    "metric_crs": metric,
                },
                progress=progress,
            )
    with speaking(language):
        hand_over(result, pack, selection, as_json=as_json)


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise SettingsError(f"--where {text}: write COLUMN=TEXT, for example kind=robbery")
    return name, value


def _metric_crs(points: PointFile, crs: str, metric_crs: str | None) -> str:
    """The CRS asked for, that of the file where it is metric, else the usual one there."""
    if metric_crs is not None:
        require_metric_crs(metric_crs)
        return metric_crs
    given = gpd.GeoSeries([], crs=crs if crs.upper().startswith("EPSG:") else 4326).crs
    if given.is_projected and given.axis_info[0].unit_name in {"metre", "meter"}:
        return crs
    # The middle of the points: a stray one must not choose the zone.
    middle = shapely.Point(float(np.median(points.lon)), float(np.median(points.lat)))
    around = gpd.GeoDataFrame(geometry=[middle.buffer(0.01)], crs=WGS84)
    return default_metric_crs(around, timezone="")


def _area(boundary: Path | None, metric_crs: str) -> shapely.Geometry | None:
    if boundary is None:
        return None
    polygons = read_layer(boundary, crs="EPSG:4326")
    return polygons.geometry.to_crs(metric_crs).make_valid().union_all()
