"""The risk index of a store: its inputs, its reasons, its memory."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from data.derived.cases import Cases
from data.derived.risk import IndexRun, reweigh, run_index
from data.derived.risk_archive import TABLES, open_index, published_index, save_index
from data.derived.risk_exposures import area_km2, exposures_for, road_km
from data.periods import Period
from data.region import RegionPack
from data.store import LoadRequest, Store
from geo.errors import SettingsError, StoreError
from geo.grades import GRADES
from geo.index_definition import IndexDefinition
from geo.risk_index import risk_index
from geo.vocabulary import RecordKind

DRAWS = 400


@pytest.fixture(scope="module")
def region() -> RegionPack:
    return RegionPack.open("yuzhou")


def put_figures(store: Store, rows: list[tuple[str, str, str, float]]) -> None:
    unit, indicator, period, value = (list(column) for column in zip(*rows, strict=True))
    key = np.arange(len(rows), dtype=np.int64)
    table = pa.table(
        {"key_hash": key, "content_hash": key, "row_no": key}
        | {"unit_code": unit, "indicator": indicator, "period": period, "value": value}
    )
    request = LoadRequest(
        kind=RecordKind.INDICATORS, profile="figures", profile_digest="0", file_name="f.csv",
        sha256=f"{rows}", as_of=datetime(2026, 1, 1, tzinfo=UTC), source="figures",
        is_demo=False, loader_version="1",
    )  # fmt: skip
    with store.load(request) as load:
        load.write(RecordKind.INDICATORS, table)
        n = len(rows)
        load.finish({"read": n, "accepted": n, "rejected": 0, "duplicate": 0})


@pytest.fixture(scope="module")
def store(make_store, region: RegionPack) -> Store:
    """1,500 incidents of 2023–2025; staff of all units but one, of 2023 only."""
    store = Store.open(make_store(1_500), region)
    put_figures(
        store, [(code, "industrial_staff", "2023", 500.0) for code in region.units.index[1:]]
    )
    return store


@pytest.fixture(scope="module")
def run(store: Store, region: RegionPack) -> IndexRun:
    return run_index(store, region, period="2025", base_period="2023", draws=DRAWS)


def assert_same(one: IndexRun, other: IndexRun) -> None:
    assert one.definition.digest == other.definition.digest
    assert one.facts == other.facts
    for name in TABLES:
        assert_frame_equal(getattr(one, name), getattr(other, name), check_dtype=False)


def test_counts_are_those_of_the_incidents(run: IndexRun, store: Store, region: RegionPack):
    incidents = store.incidents(_whole_year(2025))
    counted = {
        (category, severity.upper())
        for indicator in run.definition.indicators
        for category in indicator.categories
        for severity in indicator.severities
    }
    from geo.vocabulary import Severity

    is_counted = [
        (category, Severity(severity).name) in counted
        for category, severity in zip(incidents["category"], incidents["severity"], strict=True)
    ]
    expected = incidents[is_counted]["unit_code"].value_counts()
    expected = expected.reindex(region.units.index, fill_value=0)
    assert run.units["events"].tolist() == expected.tolist()
    assert run.facts.events == len(incidents[is_counted])
    assert run.facts.outside == 0
    assert run.indicators["count"].sum() == run.facts.events


def _whole_year(year: int):
    from geo.selection import IncidentSelection

    period = Period(year)
    return IncidentSelection(day_from=period.first_day, day_to=period.last_day)


def test_every_number_can_be_taken_apart(run: IndexRun):
    points = run.domains.groupby("unit_code")["contribution"].sum()
    assert np.allclose(points.reindex(run.units.index), run.units["index"], atol=1e-9)
    harm = {i.id: i.harm for i in run.definition.indicators}
    table = run.indicators.assign(harm=run.indicators["indicator"].map(harm))
    summed = (
        (table["harm"] * table["rate"]).groupby([table["unit_code"], table["domain"]]).sum()
    )
    domains = run.domains.set_index(["unit_code", "domain"])["expected_harm_rate"].dropna()
    assert np.allclose(summed.loc[domains.index], domains)


def test_the_same_inputs_give_the_same_numbers(run, store, region):
    again = run_index(
        store,
        region,
        period="2025",
        base_period="2023",
        draws=DRAWS,
        cases=Cases.of(store, region),
    )
    assert_same(run, again)
    other = run_index(store, region, period="2025", base_period="2023", draws=DRAWS, seed=1)
    assert not run.units["index_low"].equals(other.units["index_low"])


def test_exposures_say_where_they_come_from(run: IndexRun, region: RegionPack):
    origins = run.exposures.set_index(["exposure", "unit_code"])
    assert set(origins.loc["population", "origin"]) == {"pack"}
    assert origins.loc["population", "value"].tolist() == region.units["population"].tolist()
    assert set(origins.loc["road_km", "origin"]) == {"roads"}
    staff = origins.loc["industrial_staff"]
    assert staff["origin"].tolist() == ["unknown"] + ["carried"] * (len(region.units) - 1)
    assert staff["of_period"].iloc[1] == "2023"
    missing = run.facts.parameters["without_score"]["unknown_exposure"]
    assert missing["mines_industry"] == [region.units.index[0]]
    assert run.facts.parameters["origins"]["industrial_staff"] == {"carried": 25, "unknown": 1}
    assert run.facts.parameters["denominators"]["traffic"] == "road_km"


def test_computed_exposures(region: RegionPack):
    length = road_km(region)
    roads = region.roads.to_crs(region.metric_crs).geometry
    inside = roads.intersection(region.units.to_crs(region.metric_crs).union_all())
    # A road along a border may count on both sides.
    assert length.sum() == pytest.approx(inside.length.sum() / 1000, rel=0.02)
    assert area_km2(region).sum() == pytest.approx(1467, rel=0.01)


def test_a_figure_comes_before_the_pack(make_store, region: RegionPack):
    store = Store.open(make_store(0), region)
    first, second = region.units.index[:2]
    put_figures(store, [(first, "population", "2024", 7.0), (second, "road_km", "2022", 9.0)])
    found = exposures_for(store, region, Period(2024), ["population", "road_km", "key_sites"])
    assert found.values.loc[first, "population"] == 7
    assert found.values.loc[second, "population"] == region.units.loc[second, "population"]
    assert found.values.loc[second, "road_km"] == 9
    assert found.values["key_sites"].isna().all()
    with pytest.raises(SettingsError, match="'moons' is no indicator to divide by"):
        exposures_for(store, region, Period(2024), ["moons"])


def test_the_trend_is_against_the_year_before(run: IndexRun, store: Store, region: RegionPack):
    past = run_index(store, region, period="2024", base_period="2023", draws=DRAWS)
    crime = run.trend.query("domain == 'crime'").set_index("unit_code")
    for column, source in (("current", run), ("base", past)):
        counts = (
            source.indicators.query("domain == 'crime'").groupby("unit_code")["count"].sum()
        )
        assert crime[column].tolist() == counts.reindex(crime.index).tolist()
    assert (crime["low"] <= crime["ratio"]).all()
    assert (crime["ratio"] <= crime["high"]).all()
    assert (crime.loc[crime["current"] > 3 * crime["base"], "p_up"] > 0.5).all()
    unexposed = run.trend.query("domain == 'mines_industry'")["ratio"].isna()
    assert unexposed.sum() == 1
    first = run_index(store, region, period="2023", base_period="2023", draws=DRAWS)
    assert first.trend.empty
    assert "no_trend" in first.facts.parameters["notes"]
    assert run.facts.parameters["notes"] == []


def test_two_equal_periods_draw_apart(store, region, monkeypatch):
    """Independent draws: the ratio of a period to itself still has a width."""
    monkeypatch.setattr(Period, "year_before", property(lambda self: self))
    run = run_index(store, region, period="2025", base_period="2023", draws=DRAWS)
    crime = run.trend.query("domain == 'crime'")
    assert (crime["high"] / crime["low"] > 1.2).all()
    assert crime["ratio"].median() == pytest.approx(1, abs=0.1)


def test_quarters_and_months(store, region):
    run = run_index(store, region, period="2025-Q2", base_period="2024-Q2", draws=DRAWS)
    assert run.facts.parameters["compared_with"] == "2024-Q2"
    month = run_index(store, region, period="2025-02", base_period="2024-02", draws=DRAWS)
    assert month.units["events"].sum() < run.units["events"].sum()


def test_a_domain_without_any_event_in_the_base_is_not_scored(store, region):
    run = run_index(store, region, period="2025-02", base_period="2023-02", draws=DRAWS)
    base_counts = run_index(store, region, period="2023-02", base_period="2023-02", draws=DRAWS)
    events = base_counts.indicators.groupby("domain")["count"].sum()
    for domain in run.definition.domains:
        is_scored = domain.id in run.definition.reference.harm_rates
        assert is_scored <= (events[domain.id] > 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"period": "2031"}, "2031 holds no incident .* 2023-01-0"),
        ({"period": "year"}, "is no period"),
        ({"period": "2025-Q1"}, "2025-Q1 and 2023 differ in length"),
        ({"base_period": None}, "give the base period"),
        ({"base_period": "1999"}, "1999 holds no incident"),
    ],
)
def test_what_cannot_be_indexed_is_one_line(store, region, changes, message):
    options = {"period": "2025", "base_period": "2023", "draws": 100} | changes
    with pytest.raises(SettingsError, match=message) as caught:
        run_index(store, region, **options)
    assert "\n" not in str(caught.value)


def test_an_empty_store_is_one_line(make_store, region):
    store = Store.open(make_store(0), region)
    with pytest.raises(SettingsError, match="there are none at all"):
        run_index(store, region, period="2025", base_period="2023")


def test_a_definition_keeps_its_reference(run, store, region):
    again = run_index(store, region, period="2025", definition=run.definition, draws=DRAWS)
    assert_same(run, again)
    with pytest.raises(SettingsError, match="holds the rates of 2023"):
        run_index(store, region, period="2025", base_period="2024", definition=run.definition)


def test_what_if_weights(run: IndexRun):
    same = reweigh(run, {})
    assert np.allclose(same["index"], run.units["index"])
    assert (same["moved"] == 0).all()
    assert same["grade"].tolist() == run.units["grade"].tolist()
    only = reweigh(
        run, {domain.id: 0.0 for domain in run.definition.domains if domain.id != "crime"}
    )
    assert np.allclose(only["index"], run.scores["crime"])
    assert (only["rank"] == only["index"].rank(ascending=False, method="min")).all()
    assert only["moved"].sum() == (only["rank_before"] - only["rank"]).sum()
    nothing = reweigh(run, {domain.id: 0.0 for domain in run.definition.domains})
    assert nothing["rank"].isna().all()
    started = time.process_time()
    for weight in range(20):
        reweigh(run, {"traffic": float(weight)})
    assert (time.process_time() - started) / 20 < 0.05
    with pytest.raises(SettingsError, match="'moon' is no domain"):
        reweigh(run, {"moon": 1.0})
    with pytest.raises(SettingsError, match="must be 0 or more"):
        reweigh(run, {"crime": -1.0})


def test_results_are_kept_as_they_were(run, store, region):
    number = save_index(store, run)
    assert_same(open_index(store, number), run)
    kept = open_index(store, number)
    # What is kept suffices to make it again, from its own counts, exposures and definition.
    counts = kept.indicators.pivot(index="unit_code", columns="indicator", values="count")
    exposures = kept.exposures.pivot(index="unit_code", columns="exposure", values="value")
    units = run.units.index
    made = risk_index(
        counts.reindex(units),
        exposures.reindex(units),
        kept.definition,
        draws=kept.facts.parameters["draws"],
        seed=kept.facts.parameters["seed"],
    )
    assert_frame_equal(made.units, kept.units[made.units.columns], check_dtype=False)
    listed = store.indexes.listed().loc[number]
    assert (listed["period"], listed["base_period"], listed["draws"]) == ("2025", "2023", DRAWS)
    assert listed["digest"] == run.definition.digest
    assert pd.isna(listed["published_at"])
    with pytest.raises(StoreError, match="there is no index 999"):
        open_index(store, 999)
    with pytest.raises(StoreError, match="there is no index 999"):
        store.indexes.publish(999)


def test_old_results_keep_their_definition(run, store, region):
    number = save_index(store, run)
    default = IndexDefinition.default()
    heavier = replace(
        default,
        version=2,
        domains=tuple(
            replace(domain, weight=domain.weight + 1) for domain in default.domains[:1]
        )
        + default.domains[1:],
    )
    newer = run_index(
        store, region, period="2025", base_period="2023", definition=heavier, draws=DRAWS
    )
    other = save_index(store, newer)
    assert open_index(store, number).definition.version == 1
    assert open_index(store, other).definition.version == 2
    assert (
        open_index(store, number).definition.digest
        != open_index(store, other).definition.digest
    )


def test_published_colours_hold_until_it_is_sure(make_store, region):
    store = Store.open(make_store(1_500), region)
    past = run_index(store, region, period="2024", base_period="2023", draws=DRAWS)
    fresh = run_index(store, region, period="2025", base_period="2023", draws=DRAWS)
    assert fresh.facts.parameters["shown_from"] == "computed"
    # The year before was published all red, and surely so.
    red = past.units.assign(shown_grade="red")
    red[[f"p_{grade}" for grade in GRADES]] = [0.0, 0.0, 0.0, 1.0]
    number = save_index(store, replace(past, units=red))
    assert published_index(store, "2024") is None
    store.indexes.publish(number)
    assert published_index(store, "2024")[0] == number
    held = run_index(store, region, period="2025", base_period="2023", draws=DRAWS)
    assert held.facts.parameters["shown_from"] == f"published {number}"
    # One quiet period does not change a colour: it takes two running.
    assert set(held.units["shown_grade"].dropna()) == {"red"}
    assert held.units["grade"].equals(fresh.units["grade"])
    later = run_index(store, region, period="2025", base_period="2023", draws=DRAWS)
    assert later.units["shown_grade"].equals(held.units["shown_grade"])
