"""``pingan geocode``: where the places of a file are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from data.region import RegionPack
from data.settings import Settings
from etl.geocode import Cascade, Geocoder
from etl.geocode.online import OnlineFallback, service_from_environment
from etl.geocoding_file import GeocodingOptions, geocode_file
from pingan.door import RegionOption


def geocode(
    file: Annotated[Path, typer.Argument(help="CSV, Excel, GeoJSON, GPKG, zipped shapefile.")],
    column: Annotated[str, typer.Option(help="The column of place texts.")],
    out: Annotated[Path, typer.Option(help="The CSV to write.")],
    region: RegionOption = None,
    lon_column: Annotated[str | None, typer.Option(help="Column of longitudes.")] = None,
    lat_column: Annotated[str | None, typer.Option(help="Column of latitudes.")] = None,
    datum: Annotated[
        str | None,
        typer.Option(help="Of the coordinates: wgs84, cgcs2000, gcj02, bd09 or EPSG:n."),
    ] = None,
    online: Annotated[
        str | None,
        typer.Option(
            help="Ask this service about the rest: nominatim or baidu. Default: none."
        ),
    ] = None,
) -> None:
    """Find each row's place and write the file again with the answers appended."""
    settings = Settings.load(region)
    pack = RegionPack.open(settings.region)
    geocoder: Geocoder = Cascade(pack)
    if online is not None:
        geocoder = OnlineFallback(
            geocoder,
            service_from_environment(online),
            pack,
            cache=settings.home / "cache" / f"online-{pack.code}-{online}.json",
        )
    options = GeocodingOptions(
        column=column, lon_column=lon_column, lat_column=lat_column, datum=datum
    )
    with tqdm(unit="B", unit_scale=True, desc=file.name, leave=False) as bar:

        def advance(rows: int, bytes_read: int, bytes_in_all: int) -> None:
            bar.total = bytes_in_all
            bar.set_postfix_str(f"{rows:,}", refresh=False)
            bar.update(bytes_read - bar.n)

        report = geocode_file(
            file, out, region=pack, geocoder=geocoder, options=options, progress=advance
        )
    typer.echo(report.to_text())
