"""Places and times of a foreign file, and nothing else of it: enough to test a forecast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.coordinates import DatumShift
from etl.faults import Faults
from etl.numbers import parse_numbers
from etl.sources import SourceOptions, open_source
from etl.text import normalise
from etl.times import Zone, format_pattern, parse_times
from geo.errors import SourceError

DAY_S = 86_400
_NO_LIMIT_S = 1 << 40


@dataclass(frozen=True, kw_only=True, eq=False)
class PointFile:
    """Events of a file, one per usable row.

    Parameters
    ----------
    lon, lat
        (n) WGS-84 degrees.
    time_days
        (n) wall-clock days since 1970-01-01, with fractions.
    rows
        Rows that were asked for.
    without_time, without_place
        Rows left out because their time, or their coordinates, could not be read.
    sha256
        Of the file.
    """

    lon: np.ndarray
    lat: np.ndarray
    time_days: np.ndarray
    rows: int
    without_time: int
    without_place: int
    sha256: str


def read_points(
    path: str | Path,
    *,
    x: str,
    y: str,
    time: str,
    datum: str,
    time_format: str | None = None,
    where: tuple[str, str] | None = None,
) -> PointFile:
    """Read the coordinates and times of a CSV, Excel or other table.

    Parameters
    ----------
    x, y, time
        Names of the columns.
    datum
        Of the coordinates: ``wgs84``, ``gcj02``, … or ``EPSG:n``.
    time_format
        strptime-like, where day and month cannot be told apart.
    where
        Column and text: only rows that hold it.

    Raises
    ------
    SourceError
        When the file cannot be read, a column is missing or no row is usable.
    ProfileError
        When the datum is unknown.
    """
    shift = DatumShift(datum)
    formats = ("auto",) if time_format is None else (_checked(time_format),)
    zone = Zone("UTC")  # wall-clock times stay as they are
    wanted = [x, y, time, *([] if where is None else [where[0]])]
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    with open_source(path, SourceOptions()) as source:
        missing = [name for name in wanted if name not in source.columns]
        if missing:
            raise SourceError(
                "MISSING_COLUMN",
                f"{Path(path).name} has no column {missing[0]!r}; it has "
                + ", ".join(source.columns[:20]),
            )
        for batch in source.batches():
            table = batch.table
            if where is not None:
                table = table.filter(pc.equal(normalise(table[where[0]]), where[1]))
            parts.append(_read(table, x, y, time, shift, formats, zone, source.epoch))
        sha256 = source.sha256
    lon, lat, seconds = (
        np.concatenate([part[i] for part in parts]) if parts else np.empty(0) for i in range(3)
    )
    is_placed, is_timed = (np.abs(lon) <= 180) & (np.abs(lat) <= 90), np.isfinite(seconds)
    usable = is_placed & is_timed
    if not usable.any():
        raise SourceError(
            "NO_EVENTS",
            f"{Path(path).name}: of {len(lon):,} rows none has both a place and a time; "
            "check the columns (x is the longitude), --crs and --time-format",
        )
    return PointFile(
        lon=lon[usable],
        lat=lat[usable],
        time_days=seconds[usable] / DAY_S,
        rows=len(lon),
        without_time=int((~is_timed).sum()),
        without_place=int((is_timed & ~is_placed).sum()),
        sha256=sha256,
    )


def _read(
    table: pa.Table,
    x: str,
    y: str,
    time: str,
    shift: DatumShift,
    formats: tuple[str, ...],
    zone: Zone,
    epoch: int | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitudes, latitudes and seconds of a batch, NaN where they cannot be read."""
    east, north = (parse_numbers(normalise(table[name]))[0] for name in (x, y))
    # Missing coordinates written as zero would lie in the Gulf of Guinea.
    is_zero = (east == 0) & (north == 0)
    lon, lat = shift(np.where(is_zero, np.nan, east), np.where(is_zero, np.nan, north))
    faults = Faults(len(table))
    times = parse_times(
        normalise(table[time]),
        faults,
        formats=formats,
        zone=zone,
        latest_s=_NO_LIMIT_S,
        epoch=epoch or 1900,
    )
    return lon, lat, np.where(faults.ok, times.local, np.nan)


def _checked(time_format: str) -> str:
    try:
        format_pattern(time_format)
    except ValueError as error:
        raise SourceError("TIME_FORMAT", f"--time-format {time_format}: {error}") from error
    return time_format
