"""Scores of the contest, item by item."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from geo.contest import score_contest
from geo.contest_definition import ContestDefinition
from geo.contest_marks import ContestFacts
from geo.errors import FrameError

NAN = float("nan")


HEAD = """
[contest]
id = "cup"
version = 1
name = { zh = "杯", en = "Cup" }
pass_score = 80.0
pot_yuan = 1000
[[group]]
id = "township"
name = { zh = "乡镇", en = "Townships" }
quota = 2
prize_yuan = 100
[[group]]
id = "village"
name = { zh = "村", en = "Villages" }
prize_yuan = 10
[[veto]]
id = "grave"
name = { zh = "较大事故", en = "Grave" }
measure = "accident"
at_least = 3
[[section]]
id = "all"
name = { zh = "全部", en = "All" }
weight = 100.0
"""


EVENTS = """kind = "events"
bands = [{ at_least = 1, points = 1.0 }, { at_least = 3, points = 5.0 },
    { at_least = 6, points = 10.0 }]
repeat_factor = 2.0
special_factor = 2.0"""


PEERS = """kind = "peers"
bands = [{ above = 0.0, points = 1.0 }, { above = 5.0, points = 2.0 }]"""


PAST = """kind = "past"
per_percent = 1.0"""


LEVEL = """kind = "level"
bands = [{ above = 1.0, points = 1.0 }, { above = 2.0, points = 3.0 }]"""


SURVEY = """kind = "survey"
bands = [{ below = 96.0, points = 0.25 }, { below = 90.0, points = 0.5 }]"""


LAST = """kind = "last_places"
monthly = 0.5
yearly = 1.0"""


def contest(*items: str) -> ContestDefinition:
    text = HEAD
    for at, item in enumerate(items):
        text += f"""
[[section.item]]
id = "item{at}"
name = {{ zh = "项", en = "Item" }}
measure = "accident"
source = "test"
{item}
"""
    return ContestDefinition.from_toml(text)


def townships(*units: str) -> pd.Series:
    return pd.Series("township", index=list(units), dtype=object)


def lost(item: str, facts: ContestFacts) -> dict[str, float | None]:
    """Marks lost by each unit; None where not judged."""
    lines = score_contest(contest(item), facts).lines
    own = lines[lines["item"] == "item0"]
    return {
        row.unit: None if row.status == "not_judged" else -row.hundredths / 100
        for row in own.itertuples()
    }


def events(*rows: tuple) -> pd.DataFrame:
    columns = ["unit", "day", "size", "is_aggravated"]
    return pd.DataFrame(list(rows), columns=columns).assign(measure="accident")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], 0),
        ([("2010-03-01", 0, False)], 0),
        ([("2010-03-01", 1, False)], 1),
        ([("2010-03-01", 2, False)], 1),
        ([("2010-03-01", 3, False)], 5),
        ([("2010-03-01", 5, False)], 5),
        ([("2010-03-01", 6, False)], 10),
        # The second of the year doubles, whichever size.
        ([("2010-03-01", 3, False), ("2010-09-01", 3, False)], 5 + 10),
        ([("2010-09-01", 3, False), ("2010-03-01", 1, False)], 1 + 10),
        ([("2010-03-01", 1, False)] * 3, 1 + 2 + 2),
        # What is too small to count is no first time.
        ([("2010-03-01", 0, False), ("2010-09-01", 3, False)], 5),
        # In a special period, or aggravated: double, and not double again for the repeat.
        ([("2010-10-01", 3, False)], 10),
        ([("2010-10-07", 3, False)], 10),
        ([("2010-10-08", 3, False)], 5),
        ([("2010-03-01", 3, True)], 10),
        ([("2010-03-01", 3, True), ("2010-10-02", 3, True)], 10 + 10),
        # On one day the milder one is the first.
        ([("2010-03-01", 1, True), ("2010-03-01", 1, False)], 1 + 2),
    ],
)
def test_events(rows: list, expected: float) -> None:
    facts = ContestFacts(
        groups=townships("a", "b"),
        events=events(*(("a", *row) for row in rows)),
        special=[(date(2010, 10, 1), date(2010, 10, 7))],
    )
    assert lost(EVENTS, facts) == {"a": expected, "b": 0}


def test_a_cap_limits_an_item() -> None:
    rows = events(*[("a", "2010-03-01", 6, False)] * 9)
    facts = ContestFacts(groups=townships("a"), events=rows)
    assert lost(EVENTS + "\ncap = 12.5", facts) == {"a": 12.5}


def test_events_that_nobody_records_are_not_judged() -> None:
    facts = ContestFacts(groups=townships("a"), recorded=frozenset({"fire"}))
    assert lost(EVENTS, facts) == {"a": None}


@pytest.mark.parametrize(
    ("values", "reference", "expected"),
    [
        # Mean 10: at the mean nothing, to five above one, beyond two.
        ([10, 10, 10], None, [0, 0, 0]),
        ([4, 10, 16], None, [0, 0, 2]),
        ([5, 10, 15], None, [0, 0, 1]),
        ([9.9, 10, 10.1], None, [0, 0, 1]),
        ([10, NAN, 12], None, [0, None, 1]),  # the mean is of those known
        ([10, NAN, NAN], None, [None, None, None]),  # nobody to be held against
        ([10, NAN, NAN], 8.0, [1, None, None]),  # the prefecture's mean from outside
    ],
)
def test_peers(values: list, reference: float | None, expected: list) -> None:
    facts = ContestFacts(
        groups=townships("a", "b", "c"),
        figures=pd.DataFrame({"accident": values}, index=["a", "b", "c"]),
        references={} if reference is None else {"accident": reference},
    )
    assert list(lost(PEERS, facts).values()) == expected


def test_peers_are_those_of_the_group() -> None:
    facts = ContestFacts(
        groups=pd.Series(["township", "township", "village", "village"], index=list("abcd")),
        figures=pd.DataFrame({"accident": [1.0, 3, 100, 102]}, index=list("abcd")),
    )
    assert lost(PEERS, facts) == {"a": 0, "b": 1, "c": 0, "d": 1}


@pytest.mark.parametrize(
    ("value", "past", "expected"),
    [
        (110, [100, 100], 10),
        (105.5, [120, 80], 5.5),
        (100, [100, 100], 0),
        (50, [100, 100], 0),
        (100, [90, 90], 11.11),  # a third of a hundredth is rounded
        (12, [10, 10], 20),  # a base of ten is judged
        (12, [9, 10], None),  # below ten it is not: one case would be ten per cent
        (5, [0, 0], None),
        (NAN, [100, 100], None),
        (110, [100, NAN], None),
        (110, [100], None),
    ],
)
def test_past(value: float, past: list, expected: float | None) -> None:
    def frame(number: float) -> pd.DataFrame:
        return pd.DataFrame({"accident": [number]}, index=["a"])

    facts = ContestFacts(
        groups=townships("a"), figures=frame(value), past=[frame(each) for each in past]
    )
    assert lost(PAST, facts) == {"a": expected}


@pytest.mark.parametrize(
    ("value", "expected"), [(0.5, 0), (1, 0), (1.01, 1), (2, 1), (2.01, 3), (NAN, None)]
)
def test_level(value: float, expected: float | None) -> None:
    facts = ContestFacts(
        groups=townships("a"), figures=pd.DataFrame({"accident": [value]}, index=["a"])
    )
    assert lost(LEVEL, facts) == {"a": expected}


@pytest.mark.parametrize(
    ("positive", "valid", "expected", "is_clear"),
    [
        (960, 1000, 0, False),
        (959, 1000, 0.03, False),  # 0.1 point: a fortieth of a mark, half a hundredth up
        (950, 1000, 0.25, False),
        (95, 100, 0.25, False),  # 差异不显著
        (930, 1000, 0.75, True),
        (900, 1000, 1.5, True),
        (880, 1000, 2.5, True),
        (0, 1000, 46.5, True),
        (0, 0, None, False),
    ],
)
def test_survey(positive: int, valid: int, expected: float | None, is_clear: bool) -> None:
    answers = pd.DataFrame({"positive": [positive], "valid": [valid]}, index=["a"])
    facts = ContestFacts(groups=townships("a"), surveys={"accident": answers})
    assert lost(SURVEY, facts) == {"a": expected}
    lines = score_contest(contest(SURVEY), facts).lines
    assert lines.loc[lines["item"] == "item0", "is_clear"].tolist() == [is_clear]


def test_a_survey_may_be_asked_to_be_clear() -> None:
    answers = pd.DataFrame({"positive": [95, 800], "valid": [100, 1000]}, index=["a", "b"])
    facts = ContestFacts(groups=townships("a", "b", "c"), surveys={"accident": answers})
    found = lost(SURVEY + "\nneeds_significance = true", facts)
    assert found == {"a": 0, "b": 6.5, "c": None}


def monthly(*rows: list[float]) -> ContestFacts:
    units = [chr(ord("a") + at) for at in range(len(rows))]
    table = pd.DataFrame(list(rows), index=units)
    return ContestFacts(groups=townships(*units), monthly={"accident": table})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Last two of each of two months, and of the year.
        ([[4, 4], [3, 3], [2, 2], [1, 1]], [0, 0, 2, 2]),
        ([[4, 1], [3, 2], [2, 3], [1, 4]], [0.5, 0.5, 0.5, 0.5]),  # all equal in the year
        ([[1], [1], [1]], [0, 0, 0]),  # where all are equal nobody is last
        ([[9], [5], [5], [5]], [0, 1.5, 1.5, 1.5]),  # equals share the place
        ([[9], [5], [5], [4]], [0, 1.5, 1.5, 1.5]),
        ([[9], [6], [5], [4]], [0, 0, 1.5, 1.5]),
        ([[9], [6], [NAN], [4]], [0, 1.5, None, 1.5]),
    ],
)
def test_last_places(rows: list, expected: list) -> None:
    assert list(lost(LAST, monthly(*rows)).values()) == expected


@pytest.mark.parametrize("item", [PEERS, PAST, LEVEL, SURVEY, LAST])
def test_what_is_not_known_takes_nothing_off(item: str) -> None:
    board = score_contest(contest(item), ContestFacts(groups=townships("a")))
    assert board.totals["score"].tolist() == [100]
    assert board.lines["status"].tolist() == ["full", "not_judged"]


def test_an_item_is_for_its_groups() -> None:
    facts = ContestFacts(
        groups=pd.Series(["township", "village"], index=["a", "b"]),
        figures=pd.DataFrame({"accident": [5.0, 5.0]}, index=["a", "b"]),
    )
    assert lost(LEVEL + '\ngroups = ["village"]', facts) == {"b": 3}
    board = score_contest(contest(LEVEL + '\ngroups = ["village"]'), facts)
    assert board.totals["score"].to_dict() == {"a": 100, "b": 97}


def test_a_section_ends_at_none_and_the_lines_say_so() -> None:
    rows = events(*[("a", "2010-03-01", 6, False)] * 9)
    board = score_contest(contest(EVENTS), ContestFacts(groups=townships("a"), events=rows))
    assert board.lines["status"].tolist() == ["full", "deducted", "floor"]
    assert board.lines["hundredths"].tolist() == [10_000, -17_000, 7_000]
    assert board.totals["score"].tolist() == [0]


@pytest.mark.parametrize(("size", "is_vetoed"), [(2, False), (3, True), (30, True)])
def test_vetoes(size: int, is_vetoed: bool) -> None:
    rows = events(("a", "2010-03-01", size, False))
    board = score_contest(contest(LEVEL), ContestFacts(groups=townships("a", "b"), events=rows))
    assert board.totals["is_vetoed"].to_dict() == {"a": is_vetoed, "b": False}
    assert board.vetoes["veto"].tolist() == ["grave"] * is_vetoed
    # The veto takes the award, not the marks.
    assert board.totals["score"].tolist() == [100, 100]


@pytest.mark.parametrize(("value", "has_passed"), [(1.0, True), (2.0, True), (2.01, False)])
def test_the_pass_mark_is_within(value: float, has_passed: bool) -> None:
    item = """kind = "level"
    bands = [{ above = 1.0, points = 20.0 }, { above = 2.0, points = 20.01 }]"""
    facts = ContestFacts(
        groups=townships("a"), figures=pd.DataFrame({"accident": [value]}, index=["a"])
    )
    board = score_contest(contest(item), facts)
    assert board.totals["has_passed"].tolist() == [has_passed]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (ContestFacts(groups=townships("a", "a")), "stands twice"),
        (ContestFacts(groups=pd.Series(["city"], index=["a"])), "'city' is not in"),
        (
            ContestFacts(groups=townships("a"), events=events(("b", "2010-03-01", 1, False))),
            "needs a unit",
        ),
        (
            ContestFacts(groups=townships("a"), events=events(("a", None, 1, False))),
            "and a day",
        ),
        (
            ContestFacts(groups=townships("a"), events=events(("a", "2010-03-01", NAN, False))),
            "size of an event",
        ),
        (
            ContestFacts(groups=townships("a"), events=pd.DataFrame({"unit": ["a"]})),
            "'measure'",
        ),
        (
            ContestFacts(
                groups=townships("a"), surveys={"accident": pd.DataFrame({"valid": [1]})}
            ),
            "'positive'",
        ),
    ],
)
def test_faults(facts: ContestFacts, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        score_contest(contest(SURVEY), facts)


def test_survey_marks_rise_without_a_jump() -> None:
    answers = pd.DataFrame(
        {"positive": np.arange(1001), "valid": 1000}, index=[f"u{k}" for k in range(1001)]
    )
    facts = ContestFacts(groups=townships(*answers.index), surveys={"accident": answers})
    marks = list(lost(SURVEY, facts).values())
    steps = [round(low - high, 2) for low, high in pairwise(marks)]
    assert all(0 <= step <= 0.06 for step in steps)
