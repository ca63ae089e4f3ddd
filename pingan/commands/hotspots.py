"""``pingan hotspots``: where incidents concentrate, to a map, a table or a file."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer

from dashboard.i18n import speaking
from data.derived import hotspots as measures
from data.derived.cases import Cases
from data.derived.density import density_cells
from data.derived.results import Result
from geo.selection import IncidentSelection
from pingan.door import RegionOption, open_store
from pingan.results import (
    FromOption,
    InternalOption,
    JsonOption,
    KindsOption,
    LanguageOption,
    OutOption,
    ToOption,
    UnitsOption,
    hand_over,
    require_out,
    selection_of,
)


class Measure(StrEnum):
    """The methods of the command."""

    SIGNIFICANCE = "significance"
    EMERGING = "emerging"
    DENSITY = "density"
    NEAR_REPEAT = "near-repeat"
    CONCENTRATION = "concentration"


def hotspots(
    method: Annotated[Measure, typer.Option(help="How to look.")] = Measure.SIGNIFICANCE,
    region: RegionOption = None,
    kinds: KindsOption = None,
    start: FromOption = None,
    end: ToOption = None,
    hours: Annotated[
        str | None, typer.Option(help="Hours of the day such as 20-23,0-5.")
    ] = None,
    units: UnitsOption = None,
    cell_m: Annotated[
        float | None,
        typer.Option(help="Width of a cell in metres; default 500, emerging 1000."),
    ] = None,
    shape: Annotated[
        Literal["square", "hex"], typer.Option(help="Shape of the cells (significance).")
    ] = "square",
    show: Annotated[
        Literal["spot", "cluster"],
        typer.Option(help="In a picture: hot and cold cells, or clusters and outliers."),
    ] = "spot",
    level: Annotated[float, typer.Option(help="False discovery rate.")] = 0.05,
    step_days: Annotated[
        int | None, typer.Option(help="Days of a step (emerging); default: by the period.")
    ] = None,
    bandwidth_m: Annotated[float, typer.Option(help="Bandwidth of the density.")] = 1000.0,
    kernel: Annotated[
        Literal["quartic", "epanechnikov", "gaussian"], typer.Option(help="Of the density.")
    ] = "quartic",
    adaptive: Annotated[
        bool, typer.Option("--adaptive", help="A bandwidth for each incident (density).")
    ] = False,
    per_people: Annotated[
        bool, typer.Option("--per-people", help="Per 10 000 residents (density).")
    ] = False,
    out: OutOption = None,
    internal: InternalOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Measure hot spots and print what went into them."""
    require_out(out)
    store, pack, _ = open_store(region)
    selection = selection_of(pack, kinds=kinds, units=units, start=start, end=end, hours=hours)
    cases = Cases.of(store, pack)

    def measured(cases: Cases, selection: IncidentSelection) -> Result:
        cell = {} if cell_m is None else {"cell_m": cell_m}
        match method:
            case Measure.SIGNIFICANCE:
                return measures.significance(cases, selection, level=level, shape=shape, **cell)
            case Measure.EMERGING:
                return measures.emerging(
                    cases, selection, step_days=step_days, level=level, **cell
                )
            case Measure.DENSITY:
                return density_cells(
                    cases,
                    selection,
                    bandwidth_m=bandwidth_m,
                    kernel=kernel,
                    is_adaptive=adaptive,
                    per_people=per_people,
                )
            case Measure.NEAR_REPEAT:
                return measures.near_repeat(cases, selection)
        return measures.concentration(cases, selection, **cell)

    with speaking(language):
        hand_over(
            measured(cases, selection),
            pack,
            selection,
            out=out,
            as_json=as_json,
            is_internal=internal,
            measure=show,
        )
