"""Which figures of units are known for a period, and where they lack."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.indicators import (
    INDICATOR_CODES,
    INDICATORS,
    IndicatorKind,
    figures_for,
    indicator_code,
    indicator_gaps,
)
from data.periods import Period
from data.region import RegionPack
from data.settings import Settings
from data.store import LoadRequest, Store
from geo.errors import SettingsError
from geo.vocabulary import RecordKind

Row = tuple[str, str, str, float]
A, B = "411081001", "411081002"


def put(store: Store, rows: list[Row], *, source: str = "a", day: int = 1) -> None:
    unit, indicator, period, value = (list(column) for column in zip(*rows, strict=True))
    key = np.arange(len(rows), dtype=np.int64)
    table = pa.table(
        {"key_hash": key, "content_hash": key, "row_no": key}
        | {"unit_code": unit, "indicator": indicator, "period": period, "value": value}
    )
    request = LoadRequest(
        kind=RecordKind.INDICATORS, profile=source, profile_digest="0", file_name="f.csv",
        sha256=f"{source}{day}", as_of=datetime(2025, 1, day, tzinfo=UTC), source=source,
        is_demo=False, loader_version="1",
    )  # fmt: skip
    with store.load(request) as load:
        load.write(RecordKind.INDICATORS, table)
        n = len(rows)
        load.finish({"read": n, "accepted": n, "rejected": 0, "duplicate": 0})


@pytest.fixture
def new_store(tmp_path: Path) -> Callable[[], Store]:
    def make() -> Store:
        settings = Settings.load(environ={"PINGAN_HOME": str(tmp_path)})
        return Store.open(settings, RegionPack.open(settings.region))

    return make


def known(store: Store, period: str) -> dict[tuple[str, str], tuple[float, str, str]]:
    table = figures_for(store, period)
    return {
        (row.unit_code, row.indicator): (row.value, row.status, row.of_period)
        for row in table.itertuples()
    }


def test_the_registry_is_sound() -> None:
    assert len(INDICATOR_CODES) == len(set(INDICATOR_CODES)) >= 30
    words = [
        word
        for info in INDICATORS.values()
        for word in {
            text.casefold() for text in (info.code, *info.names.values(), *info.aliases)
        }
    ]
    assert sorted(words) == sorted(set(words)), "a word of two indicators"
    assert all(info.measure["zh"] and info.measure["en"] for info in INDICATORS.values())
    assert {info.kind for info in INDICATORS.values()} == set(IndicatorKind)
    for domain_exposure in ("population", "road_km", "vehicle_km", "industrial_staff"):
        assert domain_exposure in INDICATORS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("population", "population"),
        ("常住人口（人）", "population"),
        (" 常住 人口 ", "population"),
        ("ＧＤＰ", "gdp_100m_yuan"),
        ("Sense of safety", "safety_feeling"),
        ("信访", "petitions"),
        ("身高", None),
        ("", None),
    ],
)
def test_indicators_are_known_by_their_names(text: str, code: str | None) -> None:
    assert indicator_code(text) == code


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2010", "2010"), ("2010年", "2010"), ("2010年度", "2010"), ("2010-03", "2010-03"),
        ("2010年3月", "2010-03"), ("2010 3月份", "2010-03"), ("201003", "2010-03"), ("2010/3", "2010-03"),
        ("2010.10", "2010-10"), ("2010-Q1", "2010-Q1"), ("2010q4", "2010-Q4"), ("2010年第三季度", "2010-Q3"),
        ("2010年2季度", "2010-Q2"), ("２０１０", "2010"), ("2010-03-01 00:00", "2010-03"),
    ],
)  # fmt: skip
def test_periods_as_offices_write_them(text: str, period: str) -> None:
    assert str(Period.parse(text)) == period


@pytest.mark.parametrize(
    "text",
    ["", "2010-13", "2010-00", "2010.1", "20101", "2010-Q5", "0010", "上半年", "2010-03-02"],
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(SettingsError, match="is no period; write 2010, 2010-Q1 or 2010-03"):
        Period.parse(text)


@given(st.integers(1950, 2099), st.sampled_from([("year", 1), ("quarter", 4), ("month", 12)]))
def test_periods_tile_the_calendar(year: int, shape: tuple[str, int]) -> None:
    length, parts = shape
    periods = [Period(year, length, part) for part in range(1, parts + 1)]
    for period in periods:
        assert Period.parse(str(period)) == period
        assert period.before.last_day + 1 == period.first_day
        assert period.before.after == period
        assert period.year_before.year == year - 1
    first, last = periods[0].first_day, periods[-1].last_day
    assert last - first + 1 in (365, 366)
    assert first == (np.datetime64(f"{year}-01-01") - np.datetime64("1970-01-01")).astype(int)


def test_present_carried_and_missing(new_store: Callable[[], Store]) -> None:
    store = new_store()
    put(
        store,
        [
            (A, "population", "2010", 100),
            (A, "population", "2012", 120),
            (B, "population", "2012", 50),
            (A, "cameras", "2011-03", 7),
            (A, "cameras", "2011-11", 9),
        ],
    )
    assert known(store, "2011") == {
        (A, "population"): (100, "carried", "2010"),
        (A, "cameras"): (9, "present", "2011-11"),
    }
    # A figure of later is no figure of now; a year's stock stands for its months.
    assert known(store, "2012-05")[A, "population"] == (120, "present", "2012")
    assert known(store, "2012-05")[A, "cameras"] == (9, "carried", "2011-11")
    assert known(store, "2009") == {}
    gaps = indicator_gaps(store, "2011")
    assert list(gaps.columns) == ["population", "cameras"]
    assert gaps.index.tolist() == store.units().index.tolist()
    assert gaps.loc[A].tolist() == ["carried", "present"]
    assert gaps.loc[B].tolist() == ["missing", "missing"]
    assert (gaps.drop(index=A) == "missing").to_numpy().all()
    assert list(indicator_gaps(store, "2012", indicators=["households"]).columns) == [
        "households"
    ]


def test_flows_add_up_only_when_they_are_whole(new_store: Callable[[], Store]) -> None:
    store = new_store()
    months = [(A, "petitions", f"2011-{month:02d}", 1.0 + month) for month in range(1, 13)]
    put(store, [*months, (B, "petitions", "2011-01", 5.0), (B, "petitions", "2010", 30.0)])
    assert known(store, "2011") == {
        (A, "petitions"): (90, "present", "2011"),
        (B, "petitions"): (30, "carried", "2010"),
    }
    assert known(store, "2011-Q1")[A, "petitions"] == (9, "present", "2011-Q1")
    # A month is no year's flow, and a year none of a month.
    assert (B, "petitions") not in known(store, "2011-Q1")
    assert known(store, "2012-03")[B, "petitions"] == (5, "carried", "2011-01")


def test_the_newest_extract_counts_among_sources(new_store: Callable[[], Store]) -> None:
    store = new_store()
    put(store, [(A, "population", "2012", 1)], source="a", day=5)
    put(store, [(A, "population", "2012", 2)], source="b", day=3)
    assert known(store, "2012")[A, "population"][0] == 1
    put(store, [(A, "population", "2012", 3)], source="c", day=7)
    assert known(store, "2012")[A, "population"][0] == 3


def test_nothing_loaded_is_all_gaps(new_store: Callable[[], Store]) -> None:
    store = new_store()
    assert figures_for(store, "2012").empty
    gaps = indicator_gaps(store, "2012", indicators=["population"])
    assert set(gaps["population"]) == {"missing"}
    assert isinstance(gaps, pd.DataFrame)
