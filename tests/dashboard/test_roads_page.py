"""The road page: screening, filters, reasons, steps of the ledger, files; little data and none."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import frame, road_queries
from dashboard.components import road_exports
from dashboard.components.road_actions import enter_hazard
from dashboard.components.road_effect import effect_words
from dashboard.components.road_facts import fact_rows, rules_table
from dashboard.components.road_list import list_text
from dashboard.components.road_strip import strip_route
from dashboard.i18n import messages, speaking
from dashboard.maps.sections import sections_text
from dashboard.road_charts import effect_chart, strip_chart
from dashboard.road_looks import RANKS, classes, colours, rank_colour
from dashboard.road_state import (
    COLOURINGS,
    GRADES,
    KINDS,
    PANELS,
    STATES,
    YEARS,
    RoadView,
    has_filters,
)
from dashboard.road_words import place, reason_line, reason_text
from data.derived.sections_effect import HazardEffect
from data.ledger import NewHazard
from data.settings import Settings
from geo.hazard_states import HazardEvent
from geo.road_rules import load_rules

SCRIPT = Path(dashboard.__file__).with_name("app.py")
TODAY = date(2013, 6, 1)
AT = datetime(2026, 1, 2, tzinfo=UTC)
VIEW = RoadView()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def settings(make_road_store: Callable[[], Settings]) -> Settings:
    return make_road_store()


@pytest.fixture
def current(settings: Settings) -> Iterator[frame.Frame]:
    frame.configure(settings)
    with speaking("zh"):
        yield frame.current_frame()


@pytest.fixture
def found(current: frame.Frame) -> road_queries.Roads:
    return road_queries.roads(current, VIEW)


def visit(settings: Settings, **params: str) -> AppTest:
    frame.configure(settings)
    app = AppTest.from_file(SCRIPT, default_timeout=120)
    app.query_params.update(params)
    app.run()
    app.query_params.update(params)  # the first page has put its own in their place
    app.switch_page("pages/roads.py").run()
    assert not app.exception, app.exception[0].message
    return app


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception, app.exception[0].message
    return app


# ---- the page -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_what_it_shows(settings: Settings, language: str) -> None:
    body = html(visit(settings, lang=language))
    version = frame.current_frame().version
    assert "pa-facts" in body
    assert version in body
    assert {"zh": "经验贝叶斯", "en": "empirical-Bayes"}[language] in body
    assert {"zh": "草案，待确认", "en": "draft, to be confirmed"}[language] in body
    assert {"zh": "逾期", "en": "overdue"}[language] in body


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_store_says_how_to_fill_it(
    make_store: Callable[..., Settings], language: str
) -> None:
    app = visit(make_store(0), lang=language)
    assert "pingan demo" in [code.value for code in app.code]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_accidents_that_no_road_holds_say_so(
    make_store: Callable[..., Settings], language: str
) -> None:
    body = html(visit(make_store(60), lang=language))
    assert messages(language)["road_note.no_events"] in body.replace("&#x27;", "'")
    assert {"zh": "定位太粗", "en": "too coarse"}[language] in body


def test_a_link_opens_a_section_with_its_reasons(
    settings: Settings, found: road_queries.Roads
) -> None:
    item = found.items.iloc[0]
    app = visit(settings, section=item["key"])
    body = html(app)
    assert "为什么列入" in body
    assert reason_text(item["rules"][0]) in body
    assert len(app.dataframe[0].value) == len(item["event_ids"])
    assert list(app.dataframe[0].value.columns) == ["rule", "day", "stake", "deaths", "injured"]
    assert app.query_params["section"] == item["key"]


def test_units_show_who_is_late(settings: Settings) -> None:
    body = html(visit(settings, panel="units"))
    assert 'class="pa-late">● 逾期' in body


# ---- the address ----------------------------------------------------------------------------

VIEWS = some.fixed_dictionaries(
    {
        "years": some.sampled_from(YEARS),
        "until": some.none() | some.integers(0, 40_000),
        "kinds": some.lists(some.sampled_from(KINDS), unique=True),
        "states": some.lists(some.sampled_from(STATES), unique=True),
        "grades": some.lists(some.sampled_from(GRADES), unique=True),
        "route": some.sampled_from(["", "S237", "X008"]),
        "unit": some.sampled_from(["", "411081101", "县公路局"]),
        "colour": some.sampled_from(COLOURINGS),
        "panel": some.sampled_from(PANELS),
        "section": some.sampled_from(["", "h12", "S237@30200-31700"]),
    }
)


@given(VIEWS)
def test_an_address_gives_the_view_back(values: dict[str, object]) -> None:
    for name, known in (("kinds", KINDS), ("states", STATES), ("grades", GRADES)):
        values[name] = tuple(code for code in known if code in values[name])
    view = RoadView(**values)
    assert RoadView.from_params(view.to_params()) == view


@pytest.mark.parametrize(
    "params", [{"years": "99"}, {"until": "x"}, {"why": "<script>"}, {"colour": "1e9"}]
)
def test_nonsense_in_the_address_is_left_out(params: dict[str, str]) -> None:
    assert RoadView.from_params(params) == RoadView()


def test_what_is_open_is_no_filter() -> None:
    assert not has_filters(RoadView(section="h1", panel="units", colour="grade"))
    assert has_filters(RoadView(years=1))


# ---- what is listed -------------------------------------------------------------------------


def test_every_hazard_and_every_section_is_listed_once(
    current: frame.Frame, found: road_queries.Roads
) -> None:
    items = found.items
    assert items["key"].is_unique
    hazards = current.store.hazards(("road_section",))
    assert set(items["hazard_id"].dropna()) == set(hazards.index)
    assert len(items) >= len(found.run.sections)
    ranks = items["rank"].dropna().to_numpy()
    assert (ranks[1:] >= ranks[:-1]).all()
    assert set(items.loc[items["hazard_id"].isna(), "status"]) == {"new"}


def test_the_first_sight_is_screened_beforehand(
    current: frame.Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    road_queries.clear()
    road_queries.warm_roads(current)
    monkeypatch.delattr(road_queries, "screen_sections")
    assert len(road_queries.roads(current, VIEW).items)


def test_filters_choose_and_never_compute(found: road_queries.Roads) -> None:
    items = found.items

    def shown(**values: object) -> pd.DataFrame:
        return items.iloc[road_queries.filtered(items, RoadView(**values))]

    assert len(shown()) == len(items)
    route = items["route_code"].iloc[0]
    assert set(shown(route=route)["route_code"]) == {route}
    assert (shown(kinds=("rule",))["rules"].map(len) > 0).all()
    assert shown(kinds=("risk",))["is_risky"].all()
    assert shown(kinds=("ledger",))["hazard_id"].notna().all()
    assert len(shown(kinds=KINDS)) == len(items)
    status = items["status"].iloc[0]
    assert set(shown(states=(status,))["status"]) == {status}
    grade = next(g for g in items["grade"] if g)
    assert set(shown(grades=(grade,))["grade"]) == {grade}
    unit = items["unit_codes"].iloc[0][0]
    assert all(unit in codes for codes in shown(unit=unit)["unit_codes"])


def test_a_section_is_found_again_when_its_limits_move(found: road_queries.Roads) -> None:
    item = found.items.iloc[0]
    low, high = item["chain_from_m"] + 40, item["chain_to_m"] + 40
    assert found.find(item["key"]) == 0
    assert found.find(f"{item['route_code']}@{low:.0f}-{high:.0f}") == 0
    at = int(found.items["hazard_id"].notna().to_numpy().argmax())
    assert found.find(f"h{found.items['hazard_id'].iloc[at]}") == at
    for nonsense in ("", "h", "h99999", "S237", "S237@x-y", "NO@0-10"):
        assert found.find(nonsense) is None


def test_overdue_is_counted_from_the_deadline(found: road_queries.Roads) -> None:
    items = found.items.head(4).copy()
    items["status"] = ["treating", "closed", "listed", "new"]
    items["due_on"] = pd.to_datetime(["2013-05-30", "2012-01-01", "2013-06-01", None])
    assert road_queries.days_overdue(items, TODAY).tolist() == [2, 0, 0, 0]


def test_units_add_up_to_all_hazards_in_force(current: frame.Frame) -> None:
    figures = road_queries.office_figures(current, TODAY)
    hazards = current.store.hazards(("road_section",))
    live = ~hazards["status"].isin(["merged", "rejected"])
    assert figures["hazards"].sum() == live.sum()
    late = hazards["status"].isin(["found", "listed", "planned", "treating", "relapsed"])
    assert figures["overdue"].sum() == (late & (hazards["due_on"] < "2013-06-01")).sum()


def test_a_reason_names_rule_metres_and_accidents() -> None:
    rule = next(rule for rule in load_rules() if rule.id == "city_2008_3")
    reason = {
        "rule_id": rule.id,
        "name": dict(rule.name),
        "conditions": [{"measure": "fatal_accidents", "op": ">=", "n": 3.0, "found": 3.0}],
        "tightest_m": 412.4,
    }
    with speaking("zh"):
        assert reason_text(reason) == "市级第三款：412 米内 3 起死亡事故"
    with speaking("en"):
        assert reason_text(reason) == "City level (3): 3 fatal accidents within 412 m"
    unknown = reason | {"rule_id": "old", "name": {"zh": "旧规则"}}
    with speaking("zh"):
        assert reason_text(unknown).startswith("旧规则：")


def test_list_and_map_say_the_same(current: frame.Frame, found: road_queries.Roads) -> None:
    rows = json.loads(list_text(current, VIEW, found, TODAY))
    records = found.items.drop(columns="geometry").to_dict("records")
    assert [row["key"] for row in rows] == found.items["key"].tolist()
    assert [row["title"] for row in rows] == [place(current, item) for item in records]
    assert [row["reason"] for row in rows] == [reason_line(item) for item in records]
    assert [row["colour"] for row in rows] == colours(found.items)["rank"]
    late = road_queries.days_overdue(found.items, TODAY)
    assert [bool(row["late"]) for row in rows] == (late > 0).tolist()


def test_every_colour_on_the_map_is_in_the_legend(found: road_queries.Roads) -> None:
    for name in COLOURINGS:
        used = set(colours(found.items)[name])
        assert {tint for tint, _ in classes(found.items, name)} == used
    best = found.items.iloc[0].to_dict()
    assert rank_colour(best) == RANKS[0][1]
    assert rank_colour(best | {"is_risky": False}) not in [tint for _, tint in RANKS]


def test_the_text_of_the_map_holds_every_line() -> None:
    lines = [
        shapely.LineString([(113.0, 34.0), (113.01, 34.0), (113.02, 34.01)]),
        shapely.MultiLineString([[(113.1, 34.0), (113.2, 34.0)], [(113.3, 34), (113.4, 34)]]),
        shapely.Point(113.5, 34.5),
    ]
    frame = gpd.GeoDataFrame({"key": ["a", "b", "c"]}, geometry=lines, crs=4326)
    looks = {"rank": ["#111111", "#222222", "#333333"]}
    text = json.loads(sections_text(frame, classes=looks, notes=[["x"], ["y"], ["z"]]))
    assert text["keys"] == ["a", "b", "c"]
    assert [len(parts) for parts in text["lines"]] == [1, 2, 1]
    assert text["lines"][0][0] == [11300000, 3400000, 11301000, 3400000, 11302000, 3401000]
    assert text["lines"][2][0] == [11350000, 3450000]


# ---- charts ---------------------------------------------------------------------------------


def test_the_strip_holds_every_accident_of_its_route(
    current: frame.Frame, found: road_queries.Roads
) -> None:
    route, selected = strip_route(current, VIEW, found)
    assert (route, selected) == (found.items["route_code"].iloc[0], None)
    parts = road_queries.road_strip(current, VIEW, route)
    years = found.run.facts.years
    own = found.items[found.items["route_code"] == route]
    chart = strip_chart(parts, own, years=years, selected=(100.0, 300.0))
    rows = chart.rows.to_pandas()
    bars = rows[rows["part"] == "bar"]
    counted = (bars["top"] - bars["bottom"]) * (bars["high"] - bars["low"]) / 1000 * years
    assert counted.sum() == pytest.approx(len(parts["accidents"]))
    assert (rows["part"] == "fatal").sum() == (parts["accidents"]["deaths"] > 0).sum()
    assert rows.loc[rows["part"] == "open", ["low", "high"]].to_numpy().tolist() == [[100, 300]]
    words = chart.spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"]
    assert "K" in words


def test_the_strip_of_a_street_counts_from_its_start(
    current: frame.Frame, found: road_queries.Roads
) -> None:
    street = next(code for code in found.items["route_code"] if code.startswith("ST"))
    parts = road_queries.road_strip(current, VIEW, street)
    chart = strip_chart(parts, found.items.head(0), years=3.0, selected=None)
    assert "500 m" in chart.spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"]


def test_works_are_judged_beside_the_plain_figure(current: frame.Frame) -> None:
    hazards = current.store.hazards(("road_section",))
    effects = [road_queries.road_effect(current, int(at), 1) for at in hazards.index]
    found = next(effect for effect in effects if isinstance(effect, HazardEffect))
    words = effect_words(found)
    assert "不治理也会发生" in words[1]
    assert f"{found.effect.expected_after:.1f}" in words[2]
    values = effect_chart(found).rows.to_pydict()["value"]
    assert values[1] == pytest.approx(found.effect.expected_after / found.years_after)
    assert {e for e in effects if isinstance(e, str)} <= {
        "evaluation_too_early", "evaluation_period", "evaluation_impossible",
    }  # fmt: skip


# ---- facts and files ------------------------------------------------------------------------


def test_facts_name_everything_left_out(found: road_queries.Roads) -> None:
    facts = found.run.facts
    with speaking("zh"):
        rows = dict(fact_rows(facts))
    lost = sum(facts.placed(code) for code in ("ambiguous", "unmatched"))
    assert rows["未计入"].startswith(f"{lost:,}（")
    assert rows["纳入"] == f"{facts.events:,}"
    with speaking("zh"):
        nothing = dict(fact_rows(replace(facts, links=[], risk={}, note="no_events")))
    assert nothing["未计入"] == "无"


def test_a_rule_that_lacks_data_says_what(found: road_queries.Roads) -> None:
    facts = found.run.facts
    report = facts.rules[0] | {
        "status": "not_evaluated", "lacks": ["serious"], "unknown": 7, "hits": 0,
    }  # fmt: skip
    with speaking("zh"):
        table = rules_table(replace(facts, rules=[report]))
    assert "无法判定：7 起缺重伤人数" in table
    assert "文献常引，须核对原文" in table


def test_files_are_made_in_the_language_asked(
    current: frame.Frame, found: road_queries.Roads
) -> None:
    for make in (road_exports._ministry, road_exports._police):
        book = openpyxl.load_workbook(io.BytesIO(make(current, VIEW, found)))
        facts = dict(book["说明"].iter_rows(values_only=True))
        assert facts["版本"] == current.version
        assert facts["标记"] == "演示数据 · 示意边界"
    file = json.loads(road_exports._geojson(current, VIEW, found))
    assert len(file["features"]) == len(found.run.sections)
    view = RoadView(section=found.items["key"].iloc[0])
    paper = road_exports._sheet(current, view, found)
    assert paper.startswith(b"%PDF")


# ---- the ledger -----------------------------------------------------------------------------


@pytest.fixture
def own(make_road_store: Callable[[], Settings]) -> Iterator[frame.Frame]:
    # Copies of one store differ in their ledgers alone.
    road_queries.clear()
    frame.configure(make_road_store())
    with speaking("zh"):
        yield frame.current_frame()
    road_queries.clear()


def enter(current: frame.Frame) -> tuple[int, str]:
    """A hazard entered from the best ranked stretch outside the ledger, and its key."""
    roads = road_queries.roads(current, VIEW)
    at = int((roads.items["status"] == "new").to_numpy().argmax())
    key = str(roads.items["key"].iloc[at])
    done = enter_hazard(current, roads, at, name="新路段", role="police", on=TODAY, note="现场")
    assert done
    after = road_queries.roads(current, VIEW)
    return int(after.items["hazard_id"].iloc[after.find(key)]), key


def test_what_is_entered_is_seen_at_once_with_its_screening(own: frame.Frame) -> None:
    hazard_id, key = enter(own)
    roads = road_queries.roads(own, VIEW)
    item = roads.items.iloc[roads.find(key)]
    assert (item["status"], item["name"]) == ("found", "新路段")
    with own.store.ledger_reader() as reader:
        section_id = reader.history(hazard_id)["facts"].iloc[0]["section_id"]
        runs = reader.runs()
        section = reader.sections(int(runs.index[0])).loc[section_id]
    assert section["chain_from_m"] == pytest.approx(item["chain_from_m"])
    enter(own)
    with own.store.ledger_reader() as reader:
        assert len(reader.runs()) == len(runs) == 1


def test_a_form_shows_what_is_missing_and_takes_the_step(own: frame.Frame) -> None:
    hazard_id, key = enter(own)
    app = visit(own.settings, section=key)
    assert "整改前照片，或写明现场情况" in html(app)
    press(app, "办理核实")
    assert "未能办理" in app.error[0].value
    note = next(text for text in app.text_input if text.label.startswith("现场情况"))
    note.set_value("弯急坡陡")
    press(app, "办理核实")
    with own.store.ledger_reader() as reader:
        assert reader.state(hazard_id).status == "verified"
    assert "弯急坡陡" in html(app)
    assert "需要：挂牌级别、文号、责任单位、期限" in html(app)


def test_an_office_that_may_not_is_told_who_may(own: frame.Frame) -> None:
    hazard_id, key = enter(own)
    with own.store.ledger() as desk:
        event = HazardEvent(kind="verified", role="police", on=TODAY, note="急弯")
        desk.advance(hazard_id, event, at=AT)
    app = visit(own.settings, section=key)
    office = next(box for box in app.selectbox if box.label == "经办单位")
    office.set_value("transport").run()
    assert "此步由公安、应急管理" in html(app)
    button = next(button for button in app.button if button.label == "办理挂牌")
    assert button.disabled


def test_hostile_words_in_the_ledger_stay_words(own: frame.Frame) -> None:
    hostile = "<img src=x onerror=window.pwned=1>${window.pwned=1}"
    with own.store.ledger() as desk:
        new = NewHazard(
            name=hostile, route_code="S237", stake_from_m=30_000.0, stake_to_m=30_600.0
        )
        number = desk.open_hazard(new, role="police", on=TODAY, at=AT)
        event = HazardEvent(kind="verified", role="police", on=TODAY, note=hostile)
        desk.advance(number, event, at=AT)
    body = html(visit(own.settings, section=f"h{number}"))
    assert "<img" not in body
    assert "&lt;img" in body


def test_a_rejected_section_leaves_the_list_but_can_be_asked_for(own: frame.Frame) -> None:
    hazard_id, _ = enter(own)
    with own.store.ledger() as desk:
        desk.reject(hazard_id, reason="查无此况", role="police", on=TODAY, at=AT)
    items = road_queries.roads(own, VIEW).items
    rows = items[items["hazard_id"] == hazard_id]
    assert rows["status"].tolist() == ["rejected"]
    at = int(rows.index[0])
    assert at not in road_queries.filtered(items, VIEW)
    assert at in road_queries.filtered(items, RoadView(states=("rejected",)))
