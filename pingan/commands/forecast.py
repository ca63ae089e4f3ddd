"""``pingan forecast``: the next week or shift, beside the score of such forecasts so far."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from dashboard.i18n import speaking
from data.derived.cases import Cases
from data.derived.forecasts import forecast_with_backtest
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
    progress_bar,
    require_out,
    selection_of,
)

HorizonOption = Annotated[Literal["week", "shift"], typer.Option(help="What to forecast.")]
ShiftOption = Annotated[
    int | None,
    typer.Option(min=0, max=2, help="With shift: 0 is 0–8 h, 1 is 8–16 h, 2 is 16–24 h."),
]
CellOption = Annotated[float, typer.Option(help="Width of a cell in metres.")]
HarmOption = Annotated[
    bool, typer.Option("--harm", help="Weigh incidents by severity: crime and crashes at once.")
]
DiscoveredOption = Annotated[
    bool,
    typer.Option(
        "--include-discovered", help="Also learn from kinds found because officers look."
    ),
]


def forecast(
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
    out: OutOption = None,
    internal: InternalOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Forecast from the period and print its back-test beside it."""
    require_out(out)
    store, pack, _ = open_store(region)
    selection = selection_of(pack, kinds=kinds, units=units, start=start, end=end)
    with speaking(language):
        with progress_bar("back-test") as progress:
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
        hand_over(result, pack, selection, out=out, as_json=as_json, is_internal=internal)
