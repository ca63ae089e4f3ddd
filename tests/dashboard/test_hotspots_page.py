"""The hot-spot page: every method, both languages, little data and none; files and charts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import analysis, frame
from dashboard.components import hotspot_exports
from dashboard.components.hotspot_results import Measured
from dashboard.components.layers import Drawing
from dashboard.hotspot_charts import lorenz_chart, near_repeat_chart
from dashboard.hotspot_state import CHOICES, METHODS, PANELS, HotspotView
from dashboard.i18n import speaking
from dashboard.maps.cells import CellClass, cell_keys, cells_text
from dashboard.palette import CLUSTER_COLOURS, EMERGENCE_MARKS, METHOD_MARKS, SPOT_COLOURS
from dashboard.result_words import nominal_areas, verdict
from data.settings import Settings
from geo.selection import IncidentSelection

SCRIPT = Path(dashboard.__file__).with_name("app.py")
ALL = IncidentSelection()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
    analysis._results.clear()


@pytest.fixture(scope="module")
def stores(make_store: Callable[..., Settings]) -> dict[str, Settings]:
    return {"full": make_store(400), "empty": make_store(0), "one": make_store(1)}


@pytest.fixture
def current(stores: dict[str, Settings]) -> Iterator[frame.Frame]:
    frame.configure(stores["full"])
    with speaking("zh"):
        yield frame.current_frame()


def visit(settings: Settings, **params: str) -> AppTest:
    frame.configure(settings)
    app = AppTest.from_file(SCRIPT, default_timeout=120)
    app.query_params.update(params)
    app.run()
    app.query_params.update(params)  # the first page has put its own in their place
    app.switch_page("pages/hotspots.py").run()
    assert not app.exception, app.exception[0].message
    return app


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("store", ["full", "empty", "one"])
def test_every_method_opens(
    stores: dict[str, Settings], store: str, method: str, language: str
) -> None:
    app = visit(stores[store], method=method, period="all", lang=language)
    if store == "empty":
        assert "pingan demo" in [code.value for code in app.code]
        return
    body = html(app)
    assert "pa-facts" in body
    assert {"zh": "演示数据", "en": "Demo data"}[language] in body
    assert frame.current_frame().version in body
    if method == "forecast":
        assert {"zh": "回测", "en": "Back-test"}[language] in body


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("method", METHODS)
def test_an_empty_filter_says_so(
    stores: dict[str, Settings], method: str, language: str
) -> None:
    dates = {"from": "1990-01-01", "to": "1990-01-02"}
    app = visit(stores["full"], method=method, lang=language, period="custom", **dates)
    assert {"zh": "事件太少", "en": "Too few usable incidents"}[language] in html(app)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("store", ["full", "one"])
def test_every_panel_says_what_it_shows(
    stores: dict[str, Settings], store: str, panel: str
) -> None:
    assert "pa-words" in html(visit(stores[store], panel=panel, period="all"))


def test_a_forecast_comes_with_its_verdict_and_figures(stores: dict[str, Settings]) -> None:
    body = html(visit(stores["full"], method="forecast", period="all"))
    assert 'class="pa-verdict">现用' in body
    assert "PEI*" in body
    assert body.count("<tr>") == 5
    assert "预测不学：涉毒、治安案件" in body


def test_a_forecast_learns_from_before_the_period(stores: dict[str, Settings]) -> None:
    whole = html(visit(stores["full"], method="forecast", period="all"))
    assert "学习自" in whole
    for period in ("month", "day"):
        body = html(visit(stores["full"], method="forecast", period=period))
        assert re.findall("学习自.*?</b>", body) == re.findall("学习自.*?</b>", whole)
        assert 'class="pa-verdict">现用' in body


def test_too_short_a_history_has_no_backtest_and_says_so(stores: dict[str, Settings]) -> None:
    body = html(visit(stores["one"], method="forecast", period="all"))
    assert "还无法回测" in body


def test_discovered_kinds_alone_are_not_forecast(stores: dict[str, Settings]) -> None:
    body = html(visit(stores["full"], method="forecast", period="all", kind="drug"))
    assert "靠警方主动发现" in body
    asked = visit(stores["full"], method="forecast", period="all", kind="drug", discovered="1")
    assert "靠警方主动发现" not in html(asked)


def test_a_link_restores_method_settings_and_cell(
    stores: dict[str, Settings], current: frame.Frame
) -> None:
    view = HotspotView(shape="hex", measure="cluster")
    found = analysis.significance(current, ALL, view)
    key = cell_keys(found.cells)[0]
    link = {"shape": "hex", "show": "cluster", "period": "all", "cell": key}
    app = visit(stores["full"], **link)
    assert link.items() <= dict(app.query_params).items()
    assert f"{found.cells['value'].iloc[0]:,.0f}</dd>" in html(app)


def test_a_change_of_method_closes_the_cell_and_stays_in_the_address(
    stores: dict[str, Settings],
) -> None:
    app = visit(stores["full"], period="all", cell="113.0000,34.0000")
    control = next(c for c in app.get("button_group") if c.key == "hotspot_method")
    control.set_value("emerging").run()
    assert app.query_params["method"] == "emerging"
    assert "cell" not in app.query_params


VIEWS = some.fixed_dictionaries(
    {name: some.sampled_from(choices) for name, choices in CHOICES.items()}
    | {"cell": some.sampled_from([None, "113.4500,34.1600", "-0.1200,-51.5000"])}
).map(lambda values: HotspotView(**values))


@given(VIEWS)
def test_an_address_gives_the_view_back(view: HotspotView) -> None:
    assert HotspotView.from_params(view.to_params()) == view


@pytest.mark.parametrize(
    "params", [{"method": "<script>"}, {"cell": "1,2"}, {"grid": "1e9"}, {"shift": "7"}]
)
def test_nonsense_in_the_address_is_left_out(params: dict[str, str]) -> None:
    assert HotspotView.from_params(params) == HotspotView()


def test_results_are_made_once_per_question(current: frame.Frame) -> None:
    view = HotspotView()
    first = analysis.significance(current, ALL, view)
    assert analysis.significance(current, ALL, replace(view, panel="concentration")) is first
    assert analysis.significance(current, ALL, replace(view, cell_m=1000)) is not first


def test_a_forecast_is_kept_on_disk_with_its_backtest(
    current: frame.Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, heard = HotspotView(method="forecast", cell_m=1000), []
    first = analysis.forecast(current, ALL, view, lambda *done: heard.append(done))
    windows = first.facts.parameters["windows"]
    assert heard[-1] == (windows, windows)
    analysis._results.clear()
    monkeypatch.delattr(analysis, "forecast_with_backtest")
    again = analysis.forecast(current, ALL, view, lambda *_: None)
    assert again.facts == first.facts
    pd.testing.assert_frame_equal(again.tables["scores"], first.tables["scores"])


SQUARE = shapely.box(113.0, 34.0, 113.01, 34.01)
HOLED = shapely.box(113.02, 34.0, 113.05, 34.03) - shapely.box(113.03, 34.01, 113.04, 34.02)


def test_the_text_of_cells_holds_every_ring_once() -> None:
    cells = gpd.GeoDataFrame(geometry=[SQUARE, HOLED], crs=4326)
    classes = [CellClass(label="热", colour="#B2182B"), CellClass(label="冷", colour="#DEEBF7")]
    text = json.loads(cells_text(cells, classes=classes, of=[1, 0], notes=["a", "b"]))
    assert text["keys"] == ["113.0050,34.0050", "113.0350,34.0150"]
    assert text["owners"] == [0, 1, 1]
    assert [len(ring) for ring in text["rings"]] == [10, 10, 10]
    ring = np.array(text["rings"][0]).reshape(-1, 2) / 1e5
    assert shapely.equals(shapely.polygons(ring), SQUARE)
    assert [ink for *_, ink in text["classes"]] == ["#FFFFFF", "#000000"]


def test_no_cells_are_a_text_too() -> None:
    cells = gpd.GeoDataFrame(geometry=[], crs=4326)
    text = json.loads(cells_text(cells, classes=[], of=[], notes=[]))
    assert (text["keys"], text["rings"], text["owners"]) == ([], [], [])


def test_classes_never_share_their_look() -> None:
    for marks in (SPOT_COLOURS, CLUSTER_COLOURS, EMERGENCE_MARKS, METHOD_MARKS):
        assert len(set(marks.values())) == len(marks)


def scores(low: float, high: float, *, areas: tuple[float, ...] = (0.0502,)) -> pd.DataFrame:
    rows = [
        {
            "method": method,
            "area_share": area,
            "hit_rate": 0.3,
            "baseline": "count_all",
            "difference": (low + high) / 2,
            "difference_low": low,
            "difference_high": high,
        }
        for method in ("blend", "decided")
        for area in areas
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("method", "low", "high", "words"),
    [
        ("blend", 0.01, 0.03, ("现用加权混合", "+2.0 个百分点", "确实更准")),
        ("blend", -0.01, 0.03, ("现用加权混合", "不分上下")),
        ("count_all", -0.03, -0.01, ("现用历史计数", "故未采用", "更差")),
        ("count_all", np.nan, np.nan, ("现用历史计数", "还说不出")),
    ],
)
def test_the_verdict_says_what_is_used_and_why(
    method: str, low: float, high: float, words: tuple[str, ...]
) -> None:
    tables = {"scores": scores(low, high), "decision": pd.DataFrame([{"method": method}])}
    with speaking("zh"):
        said = verdict(SimpleNamespace(tables=tables))
    assert all(word in said for word in words)


def test_areas_are_named_as_asked_though_cells_are_whole() -> None:
    table = scores(0, 0, areas=(0.0049, 0.0101, 0.0197, 0.0502, 0.1003))
    assert nominal_areas(table)["area"].tolist() == [0.01, 0.02, 0.05, 0.1] * 2


def test_near_repeats_colour_only_what_chance_does_not_explain() -> None:
    pairs = pd.DataFrame(
        {
            "from_m": [0.0, 1.0, 1.0, 200.0],
            "to_m": [1.0, 200.0, 200.0, np.inf],
            "from_days": [0.0, 0.0, 7.0, 0.0],
            "to_days": [7.0, 7.0, 14.0, 7.0],
            "observed": [2, 40, 11, 900],
            "expected": [0.2, 20.0, 10.0, 900.0],
            "ratio": [10.0, 2.0, 1.1, 1.0],
            "p": [0.01, 0.0001, 0.4, 0.5],
        }
    )
    with speaking("zh"):
        rows = near_repeat_chart(pairs).rows.to_pydict()
    assert rows["ratio"] == ["–", "2.0×", "1.1×"]
    assert rows["p"] == ["数据太少", "p < 0.001", "p = 0.4"]
    assert rows["shade"] == [1.0, 2.0, 1.0]
    assert rows["distance"] == ["同一处", "0–200 米", "0–200 米"]


def test_the_lorenz_curve_marks_its_shares() -> None:
    curve = pd.DataFrame({"share_of_places": [0.0, 0.1, 1.0], "share_of_events": [0, 0.6, 1]})
    with speaking("en"):
        rows = lorenz_chart(curve, {0.5: 0.08}).rows.to_pydict()
    assert rows["text"] == [None, None, None, "50% of incidents in 8.0% of cells"]


def test_files_hold_no_small_counts_and_every_fact(current: frame.Frame) -> None:
    found = analysis.significance(current, ALL, HotspotView())
    measured = Measured(selection=ALL, facts=found.facts, drawing=Drawing([], []), result=found)
    make = partial(hotspot_exports._result, current, HotspotView(), measured)
    file = json.loads(
        hotspot_exports._file(hotspot_exports._geojson, make, current.region, ALL)
    )
    counts = [feature["properties"]["value"] for feature in file["features"]]
    assert len(counts) == len(found.cells)
    assert all(count is None or count >= 5 or count == 0 for count in counts)
    assert file["about"]["data_version"] == current.version
    assert file["about"]["is_demo"] is True
    table = hotspot_exports._file(hotspot_exports._csv, make, current.region, ALL).decode(
        "utf-8-sig"
    )
    assert len(table.splitlines()) == 1 + len(found.cells)
    assert (
        hotspot_exports._file(partial(hotspot_exports._png, "spot"), make, current.region, ALL)[
            1:4
        ]
        == b"PNG"
    )


def test_a_density_is_handed_out_as_cells(current: frame.Frame) -> None:
    found = analysis.significance(current, ALL, HotspotView())
    measured = Measured(selection=ALL, facts=found.facts, drawing=Drawing([], []), result=None)
    made = hotspot_exports._result(current, HotspotView(), measured)
    assert (made.cells["density"] > 0).all()


@pytest.mark.parametrize(
    ("side_km", "scale"), [(1, 1), (40, 1), (100, 1), (101, 2), (190, 2), (201, 4)]
)
def test_wide_regions_have_wide_cells(side_km: float, scale: int) -> None:
    area = shapely.box(0, 0, 1000 * side_km, 1000 * side_km)
    wide = SimpleNamespace(cases=SimpleNamespace(boundary_m=area))
    assert analysis.length_scale(wide) == scale
    view = HotspotView(bandwidth_m=500).scaled(scale)
    assert (view.cell_m, view.wide_cell_m, view.bandwidth_m) == (
        500 * scale,
        1000 * scale,
        500 * scale,
    )
