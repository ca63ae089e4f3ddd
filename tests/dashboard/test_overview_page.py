"""The overview: rules of the comparison, both languages, little data and none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import frame
from dashboard.components.overview_tiles import change_words, short_change
from dashboard.i18n import speaking
from dashboard.overview_queries import SPANS, TILES, overview
from dashboard.queries import summary
from data.settings import Settings
from geo.comparison import year_on_year
from geo.selection import IncidentSelection
from geo.vocabulary import CATEGORIES, Domain

SCRIPT = Path(dashboard.__file__).with_name("app.py")


@pytest.fixture(scope="module")
def stores(make_store: Callable[..., Settings]) -> dict[str, Settings]:
    return {"full": make_store(3000), "empty": make_store(0), "one": make_store(1)}


@pytest.fixture
def current(stores: dict[str, Settings]) -> Iterator[frame.Frame]:
    frame.configure(stores["full"])
    with speaking("zh"):
        yield frame.current_frame()


def visit(settings: Settings, **params: str) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    frame.configure(settings)
    app = AppTest.from_file(SCRIPT, default_timeout=120)
    app.query_params.update(params)
    app.run()
    app.switch_page("pages/overview.py").run()
    assert not app.exception, app.exception[0].message
    return app


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("store", ["full", "one", "empty"])
def test_it_opens(stores: dict[str, Settings], store: str, language: str) -> None:
    app = visit(stores[store], lang=language)
    if store == "empty":
        assert "pingan demo" in [code.value for code in app.code]
        return
    body = html(app)
    assert body.count("pa-kpi") >= len(TILES) + 1
    assert {"zh": "零发案", "en": "No crime for"}[language] in body


@pytest.mark.parametrize("span", SPANS)
def test_every_period_opens(stores: dict[str, Settings], span: str) -> None:
    assert "overview-units" in html(visit(stores["full"], period=span))


def test_counts_can_be_mapped_instead(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"])
    control = next(c for c in app.get("button_group") if c.key == "overview_map")
    control.set_value("counts").run()
    assert not app.exception
    assert "五分位" in html(app)


def test_the_tiles_count_what_the_atlas_counts(current: frame.Frame) -> None:
    numbers = overview(current, "year")
    whole = summary(current, numbers.selection)
    assert numbers.tiles.loc["deaths", "current"] == whole.now.deaths
    assert numbers.tiles.loc["injured", "base"] == whole.before.injured
    kinds = ("crime", "traffic", "work_safety")
    assert numbers.tiles.loc[list(kinds), "current"].sum() == whole.now.incidents
    assert numbers.units["current"].sum() == whole.units.sum()
    crimes = IncidentSelection(
        categories=CATEGORIES[Domain.CRIME],
        day_from=numbers.selection.day_from,
        day_to=numbers.selection.day_to,
    )
    assert numbers.tiles.loc["crime", "current"] == summary(current, crimes).now.incidents


def test_both_fell_only_if_both(current: frame.Frame) -> None:
    fell = overview(current, "year").fell
    assert fell["both_fell"] == (
        fell["events"] < fell["events_base"] and fell["deaths"] < fell["deaths_base"]
    )


@pytest.mark.parametrize(
    ("now", "before", "words", "short"),
    [
        (3, 0, "同比 新增", "新增"),
        (0, 0, "同比 持平", "持平"),
        (4, 9, "上年同期 9", "上年同期 9"),
        (12, 10, "同比 +20.0%", "+20%"),
        (10, 10, "同比 持平", "持平"),
    ],
)
def test_changes_are_said_by_the_rules(now: int, before: int, words: str, short: str) -> None:
    row: pd.Series = year_on_year(now, before).iloc[0]
    with speaking("zh"):
        assert change_words(row)[0] == words
        assert short_change(row)[0] == short


def test_spells_end_on_the_newest_day(current: frame.Frame) -> None:
    units = overview(current, "year").units
    assert (units["streak_days"] >= 0).all()
    chance = units["chance"].dropna()
    assert ((chance > 0) & (chance <= 1)).all()
