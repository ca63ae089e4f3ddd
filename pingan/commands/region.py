"""``pingan region …``: region packs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.region import region_from_units
from etl.layer import read_layer


def new(
    folder: Annotated[Path, typer.Argument(help="New folder for the pack.")],
    units: Annotated[Path, typer.Option(help="Polygons of the units: GeoJSON, GPKG, KML, …")],
    name_field: Annotated[str, typer.Option(help="Field with the unit's name.")],
    code_field: Annotated[str, typer.Option(help="Field with the unit's code.")],
    crs: Annotated[
        str | None, typer.Option(help="CRS of the file where it names none, e.g. EPSG:4490.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer, when the file has several.")] = None,
    parent_field: Annotated[
        str | None, typer.Option(help="Field with the county of each unit, if several.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(help="The region's code; default: the folder's name.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The region's name; default: the folder's name.")
    ] = None,
    metric_crs: Annotated[
        str | None, typer.Option(help="Projected CRS in metres; default: chosen by place.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="IANA time zone.")] = "Asia/Shanghai",
) -> None:
    """Make a region pack from the polygons of its units."""
    title = name or folder.name
    pack = region_from_units(
        folder,
        read_layer(units, layer=layer, crs=crs),
        code=code or folder.name,
        names={"zh": title, "en": title},
        name_field=name_field,
        code_field=code_field,
        parent_field=parent_field,
        metric_crs=metric_crs,
        timezone=timezone,
        source=units.name,
    )
    typer.echo(f"{folder}: {len(pack.units)} units, measured in {pack.metric_crs}")
