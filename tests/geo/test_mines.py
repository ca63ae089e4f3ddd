"""Mines under a stop order and in the merger."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from geo.errors import FrameError
from geo.mines import Merger, MineState, activity_signs, merger_stages, mine_states

NAN = float("nan")
QUIET = {
    "status": "double_stop",
    "is_production_stopped": True,
    "is_building_stopped": True,
    "has_activity": False,
    "is_watched": True,
    "is_deadline_passed": False,
}


@pytest.mark.parametrize(
    ("changed", "state", "colour"),
    [
        # Row by row of the table.
        ({}, MineState.CONTROLLED, "blue"),
        ({"is_watched": False}, MineState.OVERDUE, "orange"),
        ({"has_activity": True}, MineState.COVERT, "red"),
        ({"has_activity": True, "is_watched": False}, MineState.COVERT, "red"),
        ({"has_activity": True, "is_production_stopped": False}, MineState.COVERT, "red"),
        ({"status": "merging", "is_deadline_passed": True}, MineState.CLOSURE_DUE, "orange"),
        ({"status": "closed", "has_activity": True}, MineState.REVIVED, "red"),
        # What the rows leave open.
        ({"is_production_stopped": False}, MineState.STOP_INCOMPLETE, "orange"),
        ({"is_building_stopped": False}, MineState.STOP_INCOMPLETE, "orange"),
        ({"status": "merging"}, MineState.MERGING, "yellow"),
        ({"status": "closed"}, MineState.CLOSED, "blue"),
        ({"status": "operating", "has_activity": True}, MineState.OPERATING, "blue"),
        ({"status": None}, MineState.UNKNOWN, "grey"),
        ({"status": "mothballed"}, MineState.UNKNOWN, "grey"),
    ],
)
def test_states(changed: dict, state: MineState, colour: str) -> None:
    row = mine_states(pd.DataFrame([QUIET | changed], index=["m"])).loc["m"]
    assert (row["state"], row["colour"]) == (state, colour)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FrameError, match="'is_watched'"):
        mine_states(pd.DataFrame([QUIET]).drop(columns="is_watched"))


@pytest.mark.parametrize(
    ("reading", "has_activity", "readings"),
    [
        ({"power_kwh": 100, "base_kwh": 100}, False, 1),
        ({"power_kwh": 100.1, "base_kwh": 100}, True, 1),
        ({"power_kwh": 500, "base_kwh": NAN}, False, 0),
        ({"explosives_kg": 0, "haulage_trips": 0}, False, 2),
        ({"explosives_kg": 0.5, "haulage_trips": NAN}, True, 1),
        ({"haulage_trips": 1}, True, 1),
        ({"has_thermal_change": True, "has_ground_change": False}, True, 2),
        ({"has_ground_change": NAN}, False, 0),
    ],
)
def test_signs(reading: dict, has_activity: bool, readings: int) -> None:
    row = activity_signs(pd.DataFrame([reading])).iloc[0]
    assert (row["has_activity"], row["readings"]) == (has_activity, readings)


def test_power_may_exceed_its_base_by_a_factor() -> None:
    reading = pd.DataFrame({"power_kwh": [110.0, 121.0], "base_kwh": [100.0, 100.0]})
    assert activity_signs(reading, base_factor=1.2)["has_activity"].tolist() == [False, True]


@pytest.mark.parametrize("reading", [{"power_kwh": 1}, {"rumours": 3}])
def test_readings_must_be_known_ones(reading: dict) -> None:
    with pytest.raises(FrameError, match="readings need"):
        activity_signs(pd.DataFrame([reading]))


BEFORE, DEADLINE, AFTER = date(2010, 6, 1), date(2010, 12, 31), date(2011, 1, 1)


@pytest.mark.parametrize(
    ("capacity", "is_new", "is_fit", "group", "as_of", "expected"),
    [
        (449, True, True, NAN, BEFORE, Merger.REFUSED),
        (450, True, True, NAN, BEFORE, Merger.ADMITTED),
        (300, False, True, NAN, BEFORE, Merger.ALONE),
        (300, False, True, NAN, AFTER, Merger.ALONE),
        (299, False, True, NAN, BEFORE, Merger.TO_MERGE),
        (299, False, True, NAN, DEADLINE, Merger.TO_MERGE),
        (299, False, True, NAN, AFTER, Merger.CLOSE),
        (150, False, True, 1000, BEFORE, Merger.MERGED),
        (150, False, True, 1000, AFTER, Merger.MERGED),
        (150, False, True, 999, BEFORE, Merger.TO_MERGE),
        (150, False, True, 999, AFTER, Merger.CLOSE),
        (500, False, False, NAN, BEFORE, Merger.TO_MERGE),
        (500, False, False, 5000, AFTER, Merger.CLOSE),
    ],
)
def test_merger(
    capacity: float, is_new: bool, is_fit: bool, group: float, as_of: date, expected: Merger
) -> None:
    mines = pd.DataFrame(
        {
            "capacity_kt": [capacity],
            "is_new": [is_new],
            "is_fit": [is_fit],
            "group_kt": [group],
        },
        index=["m"],
    )
    assert merger_stages(mines, as_of)["m"] == expected


def test_merger_faults() -> None:
    mines = pd.DataFrame(
        {"capacity_kt": [np.nan], "is_new": [False], "is_fit": [True], "group_kt": [np.nan]}
    )
    with pytest.raises(FrameError, match="capacity"):
        merger_stages(mines, BEFORE)
    with pytest.raises(FrameError, match="'group_kt'"):
        merger_stages(mines.drop(columns="group_kt"), BEFORE)
