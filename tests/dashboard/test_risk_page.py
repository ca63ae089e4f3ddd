"""The risk page: every panel in both languages, little data and none; figures, sums, files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import frame, risk_queries
from dashboard.components import risk_exports
from dashboard.components.risk_facts import beware, fact_rows
from dashboard.components.risk_list import list_text
from dashboard.components.risk_map import draw_grades
from dashboard.components.risk_panels import trend_words
from dashboard.components.risk_words import amount, decimals, significant, with_span
from dashboard.i18n import speaking
from dashboard.index_files import index_csv, index_geojson, index_workbook
from dashboard.palette import RISK_COLOURS
from dashboard.risk_charts import parts_chart, trend_chart, weights_chart
from dashboard.risk_queries import Reweighed, Risk, choices, names_of, risk
from dashboard.risk_state import PANELS, RiskView
from data.derived.risk_archive import save_index
from data.settings import Settings
from geo.comparison import CLEAR
from geo.grades import GRADES, SURE

SCRIPT = Path(dashboard.__file__).with_name("app.py")


@pytest.fixture(scope="module")
def stores(make_store: Callable[..., Settings]) -> dict[str, Settings]:
    return {"full": make_store(3000), "empty": make_store(0), "one": make_store(1)}


@pytest.fixture
def current(stores: dict[str, Settings]) -> Iterator[frame.Frame]:
    frame.configure(stores["full"])
    with speaking("zh"):
        yield frame.current_frame()


@pytest.fixture
def found(current: frame.Frame) -> Risk:
    return risk(current, RiskView())


def visit(settings: Settings, **params: str) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    frame.configure(settings)
    app = AppTest.from_file(SCRIPT, default_timeout=120)
    app.query_params.update(params)
    app.run()
    app.query_params.update(params)  # the first page has put its own in their place
    app.switch_page("pages/risk.py").run()
    assert not app.exception, app.exception[0].message
    return app


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_opens(stores: dict[str, Settings], panel: str, language: str) -> None:
    app = visit(stores["full"], panel=panel, lang=language)
    body = html(app)
    assert {"zh": "演示数据", "en": "Demo data"}[language] in body
    assert "county v1" in body
    assert frame.current_frame().version in body
    if panel == "account":
        assert {"zh": "合计", "en": "Sum"}[language] in body
        assert "log₂" in body


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_store_says_what_to_do(stores: dict[str, Settings], language: str) -> None:
    app = visit(stores["empty"], lang=language)
    assert "pingan demo" in [code.value for code in app.code]


def test_a_single_incident_is_not_dressed_up(stores: dict[str, Settings]) -> None:
    visit(stores["one"])
    with speaking("zh"):
        few = risk(frame.current_frame(), RiskView())
    assert set(few.units["colour"].dropna()) == {"thin"}
    assert any("数据不足" in word for word in beware(few))


def test_a_period_without_records_says_what_to_do(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], term="2001")
    assert "暴露量" in app.info[0].value
    assert any("pingan load indicators" in code.value for code in app.code)


def test_the_first_view_is_the_newest_full_year_against_the_first(
    current: frame.Frame,
) -> None:
    chosen = choices(current, RiskView())
    assert (str(chosen.period), str(chosen.base)) == ("2025", "2023")
    assert chosen.periods["quarter"][0] == "2025-Q4"
    month = choices(current, RiskView(period="2024-03"))
    assert (str(month.period), str(month.base), month.base_years) == (
        "2024-03",
        "2023-03",
        [2023, 2024],
    )


def test_units_come_by_rank_with_the_colour_to_show(found: Risk) -> None:
    units = found.units
    assert units["rank"].is_monotonic_increasing
    for _, unit in units.iterrows():
        assert unit["colour"] == unit["shown_grade"]
        assert unit["p_shown"] == unit[f"p_{unit['colour']}"]
        assert unit["is_hatched"] == (unit["p_shown"] < SURE)


def test_the_map_writes_stripes_and_frames(current: frame.Frame, found: Risk) -> None:
    code = str(found.units.index[3])
    drawing = draw_grades(current, found, selected=code)
    options = drawing.layers[0].options
    assert sum(len(keys) for keys in options["fills"].values()) == found.ranked
    assert set(options["fills"]) <= set(RISK_COLOURS.values())
    assert set(options["signs"]) <= {"红", "橙", "黄", "蓝"}
    hatched = found.units.index[found.units["is_hatched"]]
    assert options.get("hatched", []) == [str(each) for each in hatched]
    assert options["selected"] == code
    assert "斜纹" in drawing.legend[0] or not len(hatched)


def test_the_list_says_rank_interval_and_highest_domain(
    current: frame.Frame, found: Risk
) -> None:
    text = json.loads(list_text(current, found))
    first, unit = text["rows"][0], found.units.iloc[0]
    assert first["rank"] == ["1", f"{unit['rank_low']}–{unit['rank_high']}"]
    assert first["score"] == [
        round(unit[name], 1) for name in ("index", "index_low", "index_high")
    ]
    assert first["highest"].split()[0] == f"{unit['highest_score']:.0f}"
    assert [band[0] for band in text["bands"]] == [0, *found.run.definition.cuts]


def test_no_arrow_below_ninety_per_cent(found: Risk) -> None:
    trend = found.run.trend.set_index(["unit_code", "domain"])
    for code, arrows in found.arrows.items():
        for domain, arrow in arrows:
            p_up = trend.loc[(code, domain), "p_up"]
            assert (p_up if arrow > 0 else 1 - p_up) >= CLEAR
    assert sum(map(len, found.arrows.values())) == (found.run.trend["arrow"] != 0).sum()


def test_the_account_adds_up(found: Risk) -> None:
    for code, unit in found.units.iterrows():
        domains = found.domains_of(str(code))
        assert domains["contribution"].sum() == pytest.approx(unit["index"], abs=1e-9)
        assert domains["weight"].sum() == pytest.approx(1)
        scored = domains[domains["standing"] == "scored"]
        expected = np.clip(50 + 25 * np.log2(scored["times"]), 0, 100)
        assert scored["score"].to_numpy() == pytest.approx(expected.to_numpy())
        for _, row in scored.iterrows():
            parts = found.indicators_of(str(code), row["domain"])
            assert (parts["rate"] * parts["harm"]).sum() == pytest.approx(
                row["expected_harm_rate"]
            )


def test_the_account_shows_its_sum(stores: dict[str, Settings], found: Risk) -> None:
    body = html(visit(stores["full"], town=str(found.units.index[1])))
    assert f"<td>{found.units['index'].iloc[1]:.1f}</td></tr></tfoot>" in body


def test_facts_name_everything_a_result_rests_on(found: Risk) -> None:
    said = dict(fact_rows(found.run, found.index_id))
    assert said["校验"] == found.run.definition.digest[:12]
    assert (said["时期"], said["基期"], said["同比"]) == ("2025 年", "2023 年", "2024 年")
    assert (said["抽样"], said["种子"], said["标记"]) == ("10,000", "0", "演示数据")
    assert said["结果"] == "现算，未存"


def test_trying_weights_moves_ranks_and_saves_nothing(
    current: frame.Frame, found: Risk
) -> None:
    same = Reweighed.of(found, {})
    assert (same.moved, same.beyond) == (0, 0)
    names = [domain.id for domain in found.run.definition.domains]
    tried = Reweighed.of(found, {names[1]: 3.0, names[0]: 0.0})
    assert tried.moved > 0
    assert tried.beyond <= tried.moved
    rows = weights_chart(tried.table, names_of(current, found.run)).rows.to_pydict()
    assert rows["before"] == sorted(rows["before"])
    assert sorted(rows["after"])[0] == 1
    assert risk_queries.kept_results(current).empty


def test_a_slider_moves_the_words(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], panel="weights")
    assert "0 个的位次变了" in html(app)
    app.slider[0].set_value(3.0).run()
    assert not app.exception
    assert "0 个的位次变了" not in html(app).replace("10 个", "").replace("20 个", "")
    for slider in app.slider:
        slider.set_value(0.0)
    app.run()
    assert "大于 0" in app.info[0].value


def test_pictures_hold_every_unit(current: frame.Frame, found: Risk) -> None:
    names = names_of(current, found.run)
    domains = {each.id: each.id for each in found.run.definition.domains}
    rows = parts_chart(found.run.domains, found.units, names, domains).rows.to_pandas()
    assert rows.groupby("name")["points"].sum().to_numpy() == pytest.approx(
        rows.groupby("name")["total"].first().to_numpy()
    )
    trend = found.run.trend
    trend = trend[trend["domain"] == trend["domain"].iloc[0]]
    drawn = trend_chart(trend, names, ["" for _ in trend.index]).rows.to_pydict()
    assert set(drawn["kind"]) <= {"上升", "看不出", "下降"}
    assert len(drawn["name"]) == len(trend)


def test_the_trend_says_counts_ratio_and_probability() -> None:
    row = pd.Series(
        {"base": 12, "current": 15, "ratio": 1.41, "low": 0.88, "high": 2.13, "p_up": 0.86}
    )
    with speaking("zh"):
        assert trend_words(row) == "12 → 15 起 · ×1.4 [0.88–2.1] · 上升的概率 86%"


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (62.8, 48.8, 80.6, "63 [49–81]"),
        (1.4, 0.9, 2.1, "1.4 [0.9–2.1]"),
        (0.0333, 0.001, 0.13, "0.03 [0.00–0.13]"),
        (4572.3, 1200.0, 9800.0, "4,572 [1,200–9,800]"),
        (-0.04, -3.0, 3.0, "0.0 [−3.0–3.0]"),
    ],
)
def test_no_decimals_beyond_the_width_of_the_interval(
    value: float, low: float, high: float, text: str
) -> None:
    assert with_span(value, low, high) == text


@given(some.floats(-1e6, 1e6), some.floats(1e-6, 1e6), some.floats(0, 1))
def test_the_last_digit_is_no_finer_than_a_hundredth_of_the_width(
    low: float, width: float, at: float
) -> None:
    places = decimals(low, low + width)
    assert 0 <= places <= 6
    assert places == 0 or 10.0**-places >= width / 100.1
    assert amount(low + at * width, low, low + width)


@pytest.mark.parametrize(
    ("value", "text"), [(25.64, "25.6"), (0.001234, "0.00123"), (12345.6, "12,346"), (0, "0")]
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert significant(value) == text


VIEWS = some.builds(
    RiskView,
    period=some.sampled_from([None, "2012", "2012-Q3", "2012-03"]),
    base_year=some.sampled_from([None, 2010, 2011]),
    unit=some.sampled_from([None, "411081001", "E07.1"]),
    panel=some.sampled_from(PANELS),
    domain=some.sampled_from([None, "traffic"]),
    result=some.sampled_from([None, 1, 977]),
)


@given(VIEWS)
def test_an_address_gives_the_view_back(view: RiskView) -> None:
    assert RiskView.from_params(view.to_params()) == view


@pytest.mark.parametrize(
    "params",
    [{"term": "<script>"}, {"base": "12"}, {"town": "a b"}, {"result": "-1"}, {"panel": "x"}],
)
def test_nonsense_in_the_address_is_left_out(params: dict[str, str]) -> None:
    assert RiskView.from_params(params) == RiskView()


def test_files_hold_no_small_counts_and_every_fact(current: frame.Frame, found: Risk) -> None:
    file = json.loads(index_geojson(found.run, current.region))
    assert len(file["features"]) == len(found.units)
    assert file["about"]["counts_hidden_below"] == 5
    assert file["about"]["digest"] == found.run.definition.digest
    table = index_csv(found.run, current.region).decode("utf-8-sig")
    assert len(table.splitlines()) == 1 + len(found.units)
    assert index_workbook(found.run, current.region).startswith(b"PK")
    assert risk_exports._picture(found.run, current.region).startswith(b"\x89PNG")


def test_a_result_is_made_once_per_question(current: frame.Frame, found: Risk) -> None:
    assert risk(current, RiskView(panel="trend", unit="x")).run is found.run
    assert risk(current, RiskView(period="2024")).run is not found.run


def test_a_kept_result_opens_with_the_definition_it_was_made_with(
    make_store: Callable[..., Settings],
) -> None:
    settings = make_store(600)
    frame.configure(settings)
    now = frame.current_frame()
    made = risk(now, RiskView()).run
    heavier = replace(made.definition, version=7)
    number = save_index(now.store, replace(made, definition=heavier), publish=True)
    app = visit(settings, result=str(number), panel="kept")
    body = html(app)
    assert f"已打开存档结果 {number} 号" in body
    assert heavier.digest[:12] in body
    assert risk_queries.current_risk(frame.current_frame()).index_id == number
    app.button(key="risk_back").click().run()
    assert "现算，未存" in html(app)


def test_a_result_that_is_not_there_says_so(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], result="4711")
    assert app.info
    assert app.button(key="risk_back")


def test_the_four_colours_are_those_of_the_warning_signs() -> None:
    assert [RISK_COLOURS[grade] for grade in GRADES] == [
        "#0068B7",
        "#FFD700",
        "#F39800",
        "#E60012",
    ]
