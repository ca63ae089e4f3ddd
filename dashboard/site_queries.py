"""What the page of mines and key sites shows, measured once per data version, ledger and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard.frame import Frame
from dashboard.lru import ByteLru
from dashboard.site_state import SiteView
from dashboard.state import day_of
from data.derived.order import StrengthBoard, city_homicides, crime_streaks, strength_board
from data.derived.order_spots import SpotBoard, spot_board
from data.derived.sites import SiteBoard, site_board
from data.periods import Period
from geo.death_rates import Homicides
from geo.inspection import as_days
from geo.mines import MineState

# What is looked at first. The rest of a mine's states follow as they endanger less.
URGENCY: tuple[str, ...] = (
    MineState.COVERT,
    MineState.REVIVED,
    MineState.STOP_INCOMPLETE,
    MineState.OVERDUE,
    MineState.CLOSURE_DUE,
    MineState.UNKNOWN,
    MineState.MERGING,
    MineState.CONTROLLED,
    MineState.OPERATING,
    MineState.CLOSED,
)
# Cameras and posts are watched otherwise; they are no sites that somebody inspects.
NOT_INSPECTED = ("camera", "patrol_post", "police_station")


@dataclass(frozen=True, kw_only=True, eq=False)
class Order:
    """Public order on one day: spells without a crime, teams and the homicides of the whole city."""

    streaks: pd.DataFrame
    teams: StrengthBoard
    homicides: Homicides
    occurred: int
    solved: int
    period: str


_boards: ByteLru[SiteBoard] = ByteLru(
    32 << 20, lambda board: int(board.sites.memory_usage(deep=True).sum()) + 200_000
)
_spots: ByteLru[SpotBoard] = ByteLru(8 << 20, lambda _: 100_000)
_order: ByteLru[Order] = ByteLru(4 << 20, lambda _: 50_000)
_days: ByteLru[date] = ByteLru(1 << 16, lambda _: 64)


def clear() -> None:
    """Forget everything kept."""
    for kept in (_boards, _spots, _order, _days):
        kept.clear()


def day_shown(frame: Frame, view: SiteView) -> date:
    """The day chosen, else the last one that any record tells of; there must be incidents."""
    if view.as_of is not None:
        return view.as_of
    return _days.get((frame.region.digest, frame.version), lambda: _last_day(frame))


def board(frame: Frame, day: date) -> SiteBoard:
    """The board of all key sites."""
    return _boards.get(
        _key(frame, day), lambda: site_board(frame.store, frame.region, day, cases=frame.cases)
    )


def spots(frame: Frame, day: date) -> SpotBoard:
    """The register of disorder spots."""
    return _spots.get(
        _key(frame, day), lambda: spot_board(frame.store, frame.region, day, cases=frame.cases)
    )


def order(frame: Frame, day: date) -> Order:
    """Teams of the day's quarter, homicides of its year, spells up to it."""
    return _order.get(_key(frame, day), lambda: _made(frame, day))


def mines_by_urgency(found: SiteBoard, sector: str | None) -> pd.DataFrame:
    """Mines of a sector, the most urgent first."""
    rank = {str(state): at for at, state in enumerate(URGENCY)}
    mines = found.mines.join(
        found.sites[["sector", "last_visit", "open_hazards", "overdue_hazards"]]
    )
    if sector is not None:
        mines = mines[mines["sector"] == sector]
    order_of = mines["state"].map(rank)
    return mines.assign(order=order_of).sort_values(["order", "name"], kind="stable")


def places_by_urgency(found: SiteBoard, sector: str | None) -> pd.DataFrame:
    """Inspected sites that are no mines, those with overdue hazards first, then those not visited."""
    sites = found.sites
    chosen = sites[~sites.index.isin(found.mines.index)]
    chosen = chosen[~chosen["site_kind"].isin(NOT_INSPECTED)]
    if sector is not None:
        chosen = chosen[chosen["sector"] == sector]
    return chosen.sort_values(
        ["overdue_hazards", "open_hazards", "is_overdue", "d", "name"],
        ascending=[False, False, False, False, True],
        kind="stable",
    )


def _made(frame: Frame, day: date) -> Order:
    quarter = Period(day.year, "quarter", (day.month - 1) // 3 + 1)
    tile, occurred, solved = city_homicides(frame.store, str(day.year))
    return Order(
        streaks=crime_streaks(frame.cases, day)[1],
        teams=strength_board(frame.store, frame.region, str(quarter)),
        homicides=tile,
        occurred=occurred,
        solved=solved,
        period=str(day.year),
    )


def _last_day(frame: Frame) -> date:
    inspected = as_days(frame.store.inspections()["inspected_on"]).astype(np.int64)
    return day_of(int(max([int(frame.columns.day[-1]), *inspected.tolist()])))


def _key(frame: Frame, day: date) -> tuple[object, ...]:
    return frame.region.digest, frame.version, frame.store.ledger_version, day
