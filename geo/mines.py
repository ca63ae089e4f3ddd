"""Mines under a stop order 双停 and in the merger 兼并重组: what each is to be shown as.

双停 is read as 停产 and 停建. A stopped mine that works in secret (明停暗开) and a closed one that
comes back to life (死灰复燃) are told by readings of the *site*: power, explosives, haulage, ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError

Flags = npt.NDArray[np.bool_]

# Readings, and from what value on each is a sign that a mine works; see activity_signs.
SIGNS: tuple[str, ...] = (
    "power_kwh",
    "explosives_kg",
    "haulage_trips",
    "has_thermal_change",
    "has_ground_change",
)


class MineState(StrEnum):
    """What a mine is shown as, with its colour where it has one."""

    CONTROLLED = "controlled"  # 正常管控
    OVERDUE = "overdue"  # 巡查超期
    STOP_INCOMPLETE = "stop_incomplete"  # listed as stopped, an order is missing
    COVERT = "covert"  # 疑似明停暗开: field check
    REVIVED = "revived"  # 死灰复燃
    MERGING = "merging"  # 整合中
    CLOSURE_DUE = "closure_due"  # 依法关闭退出
    CLOSED = "closed"
    OPERATING = "operating"
    UNKNOWN = "unknown"

    @property
    def colour(self) -> str:
        return _COLOURS.get(self, "grey")


_COLOURS = {
    MineState.CONTROLLED: "blue",
    MineState.OVERDUE: "orange",
    MineState.STOP_INCOMPLETE: "orange",
    MineState.COVERT: "red",
    MineState.REVIVED: "red",
    MineState.MERGING: "yellow",
    MineState.CLOSURE_DUE: "orange",
    MineState.CLOSED: "blue",
    MineState.OPERATING: "blue",
}


def activity_signs(readings: pd.DataFrame, *, base_factor: float = 1.0) -> pd.DataFrame:
    """Signs that a mine works.

    Parameters
    ----------
    readings
        One row per mine; any of the columns of :data:`SIGNS`, and ``base_kwh`` with ``power_kwh``: what
        pumps and fans take of a mine at rest. NaN: no reading.
    base_factor
        Power above ``base_factor`` times the base is a sign.

    Returns
    -------
    DataFrame
        With the same index: a column of flags per reading given, ``has_activity`` (any of
        them), and ``readings``, how many were known. None known is no proof of rest.

    Raises
    ------
    FrameError
        When no column is a reading, or power comes without its base.
    """
    given = [name for name in SIGNS if name in readings]
    if not given or ("power_kwh" in given and "base_kwh" not in readings):
        raise FrameError(
            f"readings need one of {', '.join(SIGNS)}, and power_kwh needs base_kwh beside it"
        )
    values = readings[given].astype(float)
    limits = pd.DataFrame(0.0, index=values.index, columns=given)
    if "power_kwh" in given:
        limits["power_kwh"] = readings["base_kwh"].astype(float) * base_factor
    known = values.notna() & limits.notna()
    signs = (values > limits) & known
    return signs.assign(has_activity=signs.any(axis=1), readings=known.sum(axis=1))


def mine_states(mines: pd.DataFrame) -> pd.DataFrame:
    """State and colour of each mine; what endangers most decides.

    Parameters
    ----------
    mines
        ``status`` (``double_stop``, ``merging``, ``closed``, ``operating``), and flags ``is_production_stopped``,
        ``is_building_stopped``, ``has_activity``, ``is_watched`` (a guard, or an inspection within the
        interval), ``is_deadline_passed`` (of the merger).

    Returns
    -------
    DataFrame
        With the same index: ``state`` (a :class:`MineState`) and ``colour``.

    Raises
    ------
    FrameError
        When a column is missing.
    """
    names = (
        "is_production_stopped",
        "is_building_stopped",
        "has_activity",
        "is_watched",
        "is_deadline_passed",
    )
    if missing := [name for name in ("status", *names) if name not in mines]:
        raise FrameError(f"the column {missing[0]!r} of the mines is missing; add it")
    status = mines["status"].to_numpy(dtype=object)
    production, building, active, watched, late = (
        mines[name].to_numpy(dtype=bool) for name in names
    )
    stopped, closed = status == "double_stop", status == "closed"
    state = np.select(
        [
            stopped & active,
            closed & active,
            stopped & ~(production & building),
            stopped & ~watched,
            stopped,
            (status == "merging") & late,
            status == "merging",
            closed,
            status == "operating",
        ],
        [
            each.value
            for each in (
                MineState.COVERT,
                MineState.REVIVED,
                MineState.STOP_INCOMPLETE,
                MineState.OVERDUE,
                MineState.CONTROLLED,
                MineState.CLOSURE_DUE,
                MineState.MERGING,
                MineState.CLOSED,
                MineState.OPERATING,
            )
        ],
        MineState.UNKNOWN.value,
    )
    colours = [MineState(each).colour for each in state]
    return pd.DataFrame({"state": state, "colour": colours}, index=mines.index)


class Merger(StrEnum):
    """Where a mine stands in the merger of small mines."""

    REFUSED = "refused"  # a new mine too small
    ADMITTED = "admitted"  # a new mine large enough
    ALONE = "alone"  # large enough to run by itself
    MERGED = "merged"
    TO_MERGE = "to_merge"  # must still join, or become fit
    CLOSE = "close"  # not joined or not fit by the deadline


@dataclass(frozen=True, kw_only=True)
class MergerRule:
    """Capacities in thousand tonnes a year, of the merger in Henan in 2010."""

    least_new_kt: float = 450.0
    least_alone_kt: float = 300.0
    least_group_kt: float = 1000.0
    deadline: date = date(2010, 12, 31)


def merger_stages(
    mines: pd.DataFrame, as_of: date, *, rule: MergerRule | None = None
) -> pd.Series:
    """Stage of each mine on a day.

    Parameters
    ----------
    mines
        ``capacity_kt`` (thousand tonnes a year), ``is_new``, ``is_fit`` (meets the conditions), and
        ``group_kt``, the capacity of the group it has joined (NaN: none).
    as_of
        The deadline itself still counts as in time.

    Returns
    -------
    Series
        :class:`Merger` codes with the index of ``mines``.

    Raises
    ------
    FrameError
        When a column is missing or a capacity is not known.
    """
    rule = rule or MergerRule()
    needed = ("capacity_kt", "is_new", "is_fit", "group_kt")
    if missing := [name for name in needed if name not in mines]:
        raise FrameError(f"the column {missing[0]!r} of the mines is missing; add it")
    capacity = mines["capacity_kt"].to_numpy(dtype=float)
    if not (capacity >= 0).all():
        raise FrameError("each mine of the merger needs its capacity; fill in those missing")
    new, fit = mines["is_new"].to_numpy(dtype=bool), mines["is_fit"].to_numpy(dtype=bool)
    joined: Flags = mines["group_kt"].to_numpy(dtype=float) >= rule.least_group_kt
    is_late = np.full(len(mines), as_of > rule.deadline)
    stage = np.select(
        [
            new & (capacity < rule.least_new_kt),
            new,
            fit & joined,
            fit & (capacity >= rule.least_alone_kt),
            is_late,
        ],
        [
            Merger.REFUSED.value,
            Merger.ADMITTED.value,
            Merger.MERGED.value,
            Merger.ALONE.value,
            Merger.CLOSE.value,
        ],
        Merger.TO_MERGE.value,
    )
    return pd.Series(stage, index=mines.index, name="stage")
