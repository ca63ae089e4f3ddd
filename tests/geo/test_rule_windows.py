"""Rule windows against a search of all stretches and periods, and what a hit says."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from geo import anchored_windows
from geo.anchored_windows import anchored_counts, period_start_day
from geo.errors import FrameError
from geo.road_events import ROAD_EVENT_COLUMNS, road_events, stake_text
from geo.road_rules import Area, Condition, Measure, Op, Weights, load_rules
from geo.rule_windows import HIT_COLUMNS, screen_rules

RULES = {rule.id: rule for rule in load_rules()}
COUNT = RULES["county_2008"]


def day(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


END = day("2024-12-31")


def events_of(*chains_m, **columns):
    """Accidents of route S237 at some chains, one death each, on the last day of 2024."""
    n = len(chains_m)
    default = {
        "event_id": np.arange(n) + 1,
        "route_code": "S237",
        "chain_m": np.array(chains_m, dtype=float),
        "day": END,
        "deaths": 1,
        "injured": 0,
    }
    return pd.DataFrame(default | columns)


def at_least(n, measure=Measure.ACCIDENTS, window_m=500.0, years=1, **changes):
    return replace(
        COUNT,
        window_m=window_m,
        window_years=years,
        all_of=(Condition(measure, Op.AT_LEAST, n),),
        **changes,
    )


def screen(events, *rules, end=END, **options):
    return screen_rules(events, rules, period_end_day=end, **options)


def test_a_hit_explains_itself_down_to_the_accidents_and_the_metre():
    events = events_of(45_000, 45_320, 45_500, 45_732, 46_300, 46_400)
    events["stake_m"] = events["chain_m"] + 12_000
    (hit,) = screen(events, RULES["mps_500"]).hits.to_dict("records")
    assert (hit["rule_id"], hit["route_code"]) == ("mps_500", "S237")
    assert (hit["from_chain_m"], hit["to_chain_m"]) == (45_000, 45_732)
    assert (hit["tightest_m"], hit["found"]) == (412.0, (3.0,))
    assert stake_text(hit["tightest_from_stake_m"]) == "K57+320"
    assert stake_text(hit["tightest_to_stake_m"]) == "K57+732"
    assert hit["tightest_event_ids"] == (2, 3, 4)
    assert hit["event_ids"] == (1, 2, 3, 4)
    assert (hit["fatal_accidents"], hit["deaths"]) == (4, 4)
    assert (hit["period_from_day"], hit["period_to_day"]) == (day("2024-01-01"), END)


def test_overlapping_windows_are_one_section_longer_than_the_window():
    hits = screen(events_of(0, 300, 600, 900, 2000, 2100), at_least(2)).hits
    assert hits[["from_chain_m", "to_chain_m"]].to_numpy().tolist() == [[0, 900], [2000, 2100]]
    assert hits["tightest_m"].tolist() == [300, 100]


def test_the_edge_of_a_window_is_inside_it():
    events = events_of(100.1, 600.1, 1100.102)
    assert screen(events, at_least(2)).hits["event_ids"].tolist() == [(1, 2)]


def test_accidents_that_do_not_count_do_not_stretch_a_section():
    events = events_of(0, 100, 200, 300, deaths=[0, 1, 1, 0], injured=3)
    rule = at_least(2, Measure.FATAL_ACCIDENTS)
    (hit,) = screen(events, rule).hits.to_dict("records")
    assert (hit["from_chain_m"], hit["to_chain_m"], hit["accidents"]) == (100, 200, 2)


def test_routes_are_apart_and_directions_are_not():
    events = events_of(0, 10, 10, route_code=["A", "A", "B"], side=["left", "right", None])
    assert screen(events, at_least(2)).hits["route_code"].tolist() == ["A"]
    assert screen(events, at_least(2)).hits["side"].isna().all()
    by_side = screen(events, at_least(1), by_side=True).hits
    assert by_side[["route_code", "event_ids"]].to_numpy().tolist() == [
        ["A", (1,)],
        ["A", (2,)],
        ["B", (3,)],
    ]


def test_a_section_runs_on_over_a_broken_chain():
    events = events_of(900, 1000, 1100, piece=[0, 0, 1], stake_m=[900, 1000, 900])
    (hit,) = screen(events, at_least(3, window_m=200)).hits.to_dict("records")
    assert (hit["from_stake_m"], hit["to_stake_m"]) == (900, 900)
    assert (hit["from_piece"], hit["to_piece"], hit["tightest_m"]) == (0, 1, 200)


def test_a_period_begins_the_day_after_the_same_date():
    ends = [day("2024-12-31"), day("2024-02-29"), day("2023-03-01")]
    starts = [day("2023-12-31"), day("2023-02-28"), day("2022-03-01")]
    assert_array_equal(period_start_day(ends, 1), starts)
    events = events_of(0, 10, day=[day("2023-12-31"), END])
    assert screen(events, at_least(2)).hits.empty
    events["day"] = [day("2024-01-01"), END]
    assert len(screen(events, at_least(2)).hits) == 1
    assert screen(events, at_least(2), end=END - 1).hits.empty


def test_any_period_finds_what_the_last_one_does_not():
    days = [day(text) for text in ("2019-05-01", "2020-04-30", "2021-05-01", "2022-05-01")]
    events = events_of(0, 100, 200, 300, day=days)
    assert screen(events, at_least(2)).hits.empty
    (hit,) = screen(events, at_least(2), end=None).hits.to_dict("records")
    assert hit["event_ids"] == (1, 2)
    assert (hit["period_from_day"], hit["period_to_day"]) == (day("2019-05-01"), days[1])


def test_persons_on_foot_weigh_more_in_flanders():
    events = events_of(0, 10, 20, deaths=[1, 1, 0], injured=[0, 0, 1], serious=0)
    walking = events.assign(is_vulnerable=True)
    (hit,) = screen(walking, RULES["flanders"]).hits.to_dict("records")
    assert hit["found"] == (3.0, 18.7)
    assert hit["weighted"] == 18.7
    assert screen(events.assign(is_vulnerable=False), RULES["flanders"]).hits.empty


@pytest.mark.parametrize(("op", "hits"), [(Op.AT_LEAST, 1), (Op.MORE_THAN, 0)])
def test_weighted_sums_meet_their_number_exactly(op, hits):
    # 3 × 1.7 × 3 = 15.3 is not so in floating point.
    events = events_of(0, 10, 20, deaths=0, injured=1, serious=1, is_vulnerable=True)
    rule = replace(RULES["flanders"], all_of=(Condition(Measure.WEIGHTED, op, 15.3),))
    assert len(screen(events, rule).hits) == hits


def test_what_nobody_recorded_is_not_counted_as_none():
    events = events_of(0, 1, 2, 3, 4, deaths=0, injured=1)
    rules = ["korea_point_serious", "city_2008_4", "flanders", "korea_section_urban_fatal"]
    reports = screen(events, *map(RULES.get, rules), COUNT).reports.set_index("rule_id")
    assert reports["status"].tolist() == ["not_evaluated"] * 4 + ["evaluated"]
    assert reports["lacks"].tolist() == [
        ("serious",),
        ("procedure",),
        ("serious", "is_vulnerable"),
        ("is_urban",),
        (),
    ]
    assert reports["hits"].tolist() == [0, 0, 0, 0, 1]


def test_what_some_lack_makes_a_rule_partial():
    events = events_of(0, 1, 2, deaths=0, injured=1, serious=[1, np.nan, 1])
    screened = screen(events, at_least(2, Measure.PERSONS_SERIOUS))
    report = screened.reports.iloc[0]
    assert (report["status"], report["lacks"], report["unknown"]) == (
        "partial",
        ("serious",),
        1,
    )
    assert screened.hits["event_ids"].tolist() == [(1, 3)]
    mixed = screen(events.assign(is_urban=[True, None, True]), at_least(1, area=Area.URBAN))
    assert mixed.reports[["status", "unknown", "events"]].to_numpy().tolist() == [
        ["partial", 1, 2]
    ]


def test_a_fatal_accident_is_serious_or_fatal_whatever_is_recorded():
    events = events_of(0, 1, serious=[np.nan, 2])
    screened = screen(events, at_least(2, Measure.SERIOUS_OR_FATAL_ACCIDENTS))
    assert screened.reports["status"].tolist() == ["evaluated"]
    assert screened.hits["serious_or_fatal_accidents"].tolist() == [2]
    assert screened.hits["persons_serious"].isna().all()
    assert screened.hits["general_accidents"].isna().all()


def test_rules_for_some_roads_leave_out_the_others():
    events = events_of(0, 1, 2, road_class=["national", "county", "national"])
    rule = at_least(1, road_classes=("county",))
    assert screen(events, rule).hits["event_ids"].tolist() == [(2,)]


def test_a_whole_route_is_one_window():
    events = events_of(0, 90_000, 5, route_code=["A", "A", "B"], deaths=[6, 4, 9])
    hits = screen(events, RULES["harbin_2006_1"], RULES["harbin_2006_2"]).hits
    assert hits[["rule_id", "route_code"]].to_numpy().tolist() == [
        ["harbin_2006_1", "A"],
        ["harbin_2006_2", "A"],
        ["harbin_2006_2", "B"],
    ]


def test_no_accidents_and_no_rules_give_empty_frames():
    none = events_of()
    for screened in (screen(none, *RULES.values()), screen(none, *RULES.values(), end=None)):
        assert tuple(screened.hits.columns) == HIT_COLUMNS
        assert screened.hits.empty
        assert screened.reports["status"].eq("evaluated").all()
    assert tuple(screen(none).hits.columns) == HIT_COLUMNS


# Every stretch and period, tried one by one.


def brute_sections(events, rule, ends):
    """Sections as (route, first, last, ids, tightest length) of all stretches that qualify."""
    (need,) = rule.all_of
    value = events["deaths"] if need.measure is Measure.DEATHS else pd.Series(1, events.index)
    events = events.assign(value=value)[value > 0]
    stretches = []
    for route, line in events.groupby("route_code"):
        chain, days, worth, ids = (
            line[name].to_numpy() for name in ("chain_m", "day", "value", "event_id")
        )
        begins = np.unique(np.r_[chain, chain - rule.window_m])
        for end in ends:
            in_period = (days > period_start_day(end, rule.window_years)) & (days <= end)
            for begin in begins:
                for stop in np.unique(np.r_[chain, begin + rule.window_m]):
                    inside = in_period & (chain >= begin) & (chain <= stop)
                    if stop - begin <= rule.window_m and worth[inside].sum() >= need.n:
                        low, high = chain[inside].min(), chain[inside].max()
                        stretches.append((route, low, high, set(ids[inside]), high - low))
    sections = []
    for route, low, high, ids, length in sorted(stretches, key=lambda s: s[:3]):
        if sections and sections[-1][0] == route and low <= sections[-1][2]:
            same = sections[-1]
            same[2], same[3], same[4] = max(same[2], high), same[3] | ids, min(same[4], length)
        else:
            sections.append([route, low, high, ids, length])
    return sections


def said(hits):
    columns = ["route_code", "from_chain_m", "to_chain_m", "event_ids", "tightest_m"]
    return [[*row[:3], set(row[3]), row[4]] for row in hits[columns].to_numpy().tolist()]


accidents = st.lists(
    st.tuples(
        st.sampled_from("AB"),
        st.integers(0, 15).map(lambda k: 100.0 * k),
        st.integers(0, 12).map(lambda k: 73 * k),  # some exactly a year apart
        st.integers(0, 3),
    ),
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(rows=accidents, n=st.integers(1, 5), measure=st.sampled_from(["accidents", "deaths"]))
def test_equal_to_all_stretches_of_one_period(rows, n, measure):
    events = pd.DataFrame(rows, columns=["route_code", "chain_m", "day", "deaths"])
    events = events.assign(event_id=np.arange(len(rows)), injured=0)
    rule = at_least(n, Measure(measure), window_m=300.0)
    found = screen(events, rule, end=600)
    assert said(found.hits) == brute_sections(events, rule, [600])
    for hit in found.hits.to_dict("records"):
        tight = events[events["event_id"].isin(hit["tightest_event_ids"])]
        assert tight["chain_m"].max() - tight["chain_m"].min() == hit["tightest_m"] <= 300
        total = len(tight) if measure == "accidents" else tight["deaths"].sum()
        assert hit["found"] == (total,)
        assert total >= n


@pytest.mark.parametrize("pairs_at_once", [3, 2_000_000])
@settings(max_examples=80, deadline=None)
@given(rows=accidents, n=st.integers(1, 4))
def test_equal_to_all_stretches_of_all_periods(rows, n, pairs_at_once):
    events = pd.DataFrame(rows, columns=["route_code", "chain_m", "day", "deaths"])
    events = events.assign(event_id=np.arange(len(rows)), injured=0)
    rule = at_least(n, Measure.DEATHS, window_m=300.0)
    ends = np.unique(np.r_[events["day"], events["day"] + 364, 0, 900]).astype(int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anchored_windows, "PAIRS_AT_ONCE", pairs_at_once)
        found = screen(events, rule, end=None)
    assert said(found.hits) == brute_sections(events, rule, ends)


def test_counts_ahead_of_each_event():
    counts = anchored_counts([0, 0, 0, 1, 1], [0, 500, 500.001, 0, 1], window_m=500)
    assert_array_equal(counts, [2, 2, 1, 2, 1])


# The frame of road events.


def test_the_frame_is_completed_with_not_recorded():
    events = road_events(events_of(5.0))
    assert tuple(events.columns) == ROAD_EVENT_COLUMNS
    assert events["piece"].tolist() == [0]
    optional = ["stake_m", "side", "serious", "is_vulnerable", "procedure", "is_urban"]
    assert events[optional].isna().all().all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"chain_m": [np.nan, 1.0]}, "leave out what is not placed"),
        ({"chain_m": [-1.0, 1.0]}, "chain_m below zero"),
        ({"deaths": [0, -1]}, "deaths below zero"),
        ({"event_id": [1, 1]}, "event_id twice"),
        ({"route_code": [None, "A"]}, "route_code"),
        ({"procedure": ["general", "fast"]}, "procedure must be one of general, summary"),
        ({"deaths": ["one", "two"]}, "deaths of road events must be int64"),
    ],
)
def test_a_frame_outside_its_contract_is_refused(columns, message):
    with pytest.raises(FrameError, match=message):
        road_events(events_of(0, 1, **columns))


def test_a_missing_column_is_named():
    with pytest.raises(FrameError, match="lack the column deaths"):
        road_events(events_of(0).drop(columns="deaths"))


@pytest.mark.parametrize(
    ("stake_m", "text"),
    [(45_320, "K45+320"), (999.6, "K1+000"), (0, "K0+000"), (7.4, "K0+007"), (np.nan, "")],
)
def test_stakes_are_written_as_on_signs(stake_m, text):
    assert stake_text(stake_m) == text


def test_weights_belong_to_a_rule():
    events = events_of(0, 1, serious=0, is_vulnerable=False)
    assert screen(events, at_least(2)).hits["weighted"].isna().all()
    weights = Weights(death=2.5, serious=1, slight=1)
    assert screen(events, at_least(2, weights=weights)).hits["weighted"].tolist() == [5.0]
