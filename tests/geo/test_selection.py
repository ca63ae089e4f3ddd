"""The selection: canonical text, and a mask that equals a plain reading row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.selection import IncidentColumns, IncidentSelection
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES

UNITS = ("a", "b", "c")


def columns(seed: int, count: int) -> IncidentColumns:
    rng = np.random.default_rng(seed)
    return IncidentColumns(
        incident_id=np.arange(count),
        category=rng.integers(0, len(CATEGORY_CODES), count).astype(np.uint8),
        severity=rng.integers(0, 5, count).astype(np.uint8),
        day=np.sort(rng.integers(14_000, 14_030, count)).astype(np.int32),
        hour=rng.choice(np.r_[0:24, 255], count).astype(np.uint8),
        unit=rng.integers(-1, len(UNITS), count).astype(np.int16),
        match=rng.integers(0, len(MATCH_CODES), count).astype(np.uint8),
        lon=np.zeros(count),
        lat=np.zeros(count),
        r95_m=np.zeros(count, dtype=np.float32),
        deaths=np.zeros(count, dtype=np.int16),
        injured=np.zeros(count, dtype=np.int16),
        unit_codes=UNITS,
    )


def some(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | st.lists(values, max_size=4).map(tuple)


selections = st.builds(
    IncidentSelection,
    categories=some(st.sampled_from(CATEGORY_CODES)),
    severities=some(st.integers(0, 4)),
    day_from=st.none() | st.integers(13_990, 14_040),
    day_to=st.none() | st.integers(13_990, 14_040),
    hours=some(st.integers(0, 23)),
    weekdays=some(st.integers(0, 6)),
    units=some(st.sampled_from(UNITS)),
    worst_match=st.none() | st.sampled_from(MATCH_CODES),
)


@given(selection=selections, seed=st.integers(0, 1000))
def test_mask_equals_a_row_by_row_reading(selection: IncidentSelection, seed: int) -> None:
    data = columns(seed, 60)

    def keeps(row: int) -> bool:
        unit = UNITS[data.unit[row]] if data.unit[row] >= 0 else None
        day = int(data.day[row])
        return all(
            [
                selection.categories is None
                or CATEGORY_CODES[data.category[row]] in selection.categories,
                selection.severities is None or data.severity[row] in selection.severities,
                selection.day_from is None or day >= selection.day_from,
                selection.day_to is None or day <= selection.day_to,
                selection.hours is None or data.hour[row] in selection.hours,
                selection.weekdays is None or data.weekday[row] in selection.weekdays,
                selection.units is None or unit in selection.units,
                selection.worst_match is None
                or data.match[row] <= MATCH_CODES.index(selection.worst_match),
            ]
        )

    assert data.mask(selection).tolist() == [keeps(row) for row in range(len(data))]


@given(selection=selections)
def test_text_form_is_canonical(selection: IncidentSelection) -> None:
    text = selection.to_json()
    again = IncidentSelection.from_json(text)
    assert again == selection
    assert again.to_json() == text


def test_epoch_weekday() -> None:
    # 2010-01-01 (day 14,610) was a Friday.
    data = columns(0, 1)
    data.day[0] = 14_610
    assert data.weekday.tolist() == [4]


@pytest.mark.parametrize("text", ["", "[]", '{"people":1}', '{"categories":["nobody"]}'])
def test_foreign_text_is_refused(text: str) -> None:
    with pytest.raises(FrameError):
        IncidentSelection.from_json(text)
