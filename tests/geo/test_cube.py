"""The counts cube answers exactly what a scan of the columns answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cube import CountsCube
from geo.errors import FrameError
from geo.selection import IncidentColumns, IncidentSelection
from geo.vocabulary import CATEGORY_CODES

UNITS = ("a", "b", "c")
CATEGORIES = ("assault", "burglary", "crash_single")


def columns(n: int, seed: int) -> IncidentColumns:
    rng = np.random.default_rng(seed)
    return IncidentColumns(
        incident_id=np.arange(n),
        category=rng.integers(0, len(CATEGORY_CODES), n).astype(np.uint8),
        severity=np.zeros(n, np.uint8),
        day=np.sort(rng.integers(16_000, 16_040, n)).astype(np.int32),
        hour=np.zeros(n, np.uint8),
        unit=rng.integers(-1, len(UNITS), n).astype(np.int16),
        match=np.zeros(n, np.uint8),
        lon=np.zeros(n),
        lat=np.zeros(n),
        r95_m=np.zeros(n, np.float32),
        deaths=np.zeros(n, np.int16),
        injured=np.zeros(n, np.int16),
        unit_codes=UNITS,
    )


selections = st.builds(
    IncidentSelection,
    categories=st.none() | st.lists(st.sampled_from(CATEGORIES), max_size=3).map(tuple),
    units=st.none() | st.lists(st.sampled_from((*UNITS, "unknown")), max_size=3).map(tuple),
    day_from=st.none() | st.integers(15_990, 16_050),
    day_to=st.none() | st.integers(15_990, 16_050),
)


@settings(deadline=None)
@given(n=st.integers(0, 300), seed=st.integers(0, 10**6), selection=selections)
def test_equals_a_scan_of_the_columns(n: int, seed: int, selection: IncidentSelection) -> None:
    data = columns(n, seed)
    cube, mask = CountsCube.from_columns(data), data.mask(selection)
    unit = data.unit[mask]
    assert cube.total(selection) == mask.sum()
    assert (
        cube.per_unit(selection).tolist()
        == np.bincount(unit[unit >= 0], minlength=len(UNITS)).tolist()
    )


@pytest.mark.parametrize(
    "selection",
    [
        IncidentSelection(hours=(3,)),
        IncidentSelection(severities=(2,)),
        IncidentSelection(weekdays=(0,)),
        IncidentSelection(worst_match="C2"),
    ],
)
def test_finer_filters_are_refused(selection: IncidentSelection) -> None:
    assert not CountsCube.answers(selection)
    with pytest.raises(FrameError, match="filter the columns"):
        CountsCube.from_columns(columns(10, 0)).total(selection)
