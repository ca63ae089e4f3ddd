"""The contest page: every panel in both languages; sums, the fund, published results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import frame
from dashboard.components.contest_board import ranked, score_chart
from dashboard.contest_queries import contest, measure_names, outlook, period_shown, periods
from dashboard.contest_state import PANELS, ContestView
from dashboard.contest_words import contest_workbook
from dashboard.i18n import speaking
from data.derived.contest import ContestRun, run_contest
from data.settings import Settings

SCRIPT = Path(dashboard.__file__).with_name("app.py")


@pytest.fixture(scope="module")
def stores(make_store: Callable[..., Settings]) -> dict[str, Settings]:
    return {"full": make_store(1500), "empty": make_store(0)}


@pytest.fixture
def run(stores: dict[str, Settings]) -> ContestRun:
    frame.configure(stores["full"])
    return contest(frame.current_frame(), ContestView())


def visit(settings: Settings, **params: str) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    frame.configure(settings)
    app = AppTest.from_file(SCRIPT, default_timeout=120)
    app.query_params.update(params)
    app.run()
    app.query_params.update(params)  # the first page has put its own in their place
    app.switch_page("pages/contest.py").run()
    assert not app.exception, app.exception[0].message
    return app


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_opens(stores: dict[str, Settings], panel: str, language: str) -> None:
    body = html(visit(stores["full"], panel=panel, lang=language))
    assert {"zh": "演示数据", "en": "Demo data"}[language] in body
    assert "safety_cup v1" in body
    assert frame.current_frame().version in body
    assert {"zh": "未记录", "en": "Not recorded"}[language] in body


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_store_says_what_to_do(stores: dict[str, Settings], language: str) -> None:
    app = visit(stores["empty"], lang=language)
    assert "pingan demo" in [code.value for code in app.code]


def test_a_period_without_records_says_so(stores: dict[str, Settings]) -> None:
    assert "无法评分" in visit(stores["full"], term="2040").info[0].value


def test_the_lines_sum_to_the_score(run: ContestRun) -> None:
    for code, total in run.totals.iterrows():
        assert run.explained(str(code))["hundredths"].sum() == total["hundredths"]


def test_the_page_shows_that_sum(stores: dict[str, Settings], run: ContestRun) -> None:
    code = str(ranked(run).index[2])
    body = html(visit(stores["full"], town=code))
    assert f"{run.totals.loc[code, 'score']:.2f}</td>" in body.split("<tfoot>")[-1]


def test_bars_sum_to_the_score(run: ContestRun) -> None:
    with speaking("zh"):
        names = {str(code): str(code) for code in run.totals.index}
        rows = score_chart(run, names).rows.to_pandas()
    sums = rows.groupby("unit")["marks"].sum()
    assert sums.to_numpy() == pytest.approx(run.totals["score"].sort_index().to_numpy())


def test_the_fund_is_shared_where_it_does_not_last(run: ContestRun) -> None:
    claimed = int(run.totals["prize_yuan"].sum())
    enough, affordable = outlook(run, 0, 15_000)
    assert (enough["claimed_yuan"], enough["over_yuan"], enough["share"]) == (claimed, 0, 1)
    assert affordable == (run.definition.pot_yuan - claimed) // 15_000
    over, _ = outlook(run, affordable + 1, 15_000)
    assert over["over_yuan"] > 0
    assert over["share"] < 1
    dearer, _ = outlook(run, 10, 20_000)
    assert dearer["claimed_yuan"] == claimed + 200_000


def test_the_simulator_says_overrun(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], panel="fund")
    assert "资金够用" in html(app)
    app.slider[0].set_value(2000).run()
    assert "资金不够" in html(app)


def test_petitions_are_not_ranked(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], panel="petitions")
    said = " ".join(element.value for element in app.markdown)
    assert "默认关闭" in said
    assert "2013" in said
    assert not app.selectbox(key="contest_period").label.count("信访")


def test_periods_come_newest_first_and_the_newest_full_year_is_shown(
    stores: dict[str, Settings],
) -> None:
    frame.configure(stores["full"])
    now = frame.current_frame()
    assert period_shown(now, ContestView()) == "2025"
    assert "2025-Q4" in periods(now)
    assert not [text for text in periods(now) if len(text) > 7]


def test_every_measure_has_a_name(run: ContestRun) -> None:
    with speaking("zh"):
        names = measure_names(run.definition)
    assert set(run.measures["measure"]) <= set(names)


def test_a_published_result_opens_as_it_was(make_store: Callable[..., Settings]) -> None:
    settings = make_store(900)
    frame.configure(settings)
    now = frame.current_frame()
    made = run_contest(now.store, now.region, period="2024", publish=True)
    app = visit(settings, result=str(made.contest_id), panel="kept")
    assert f"已打开已公布结果 {made.contest_id} 号" in html(app)
    app.button(key="contest_back").click().run()
    assert not app.exception
    assert "已打开已公布结果" not in html(app)


def test_the_workbook_is_written(run: ContestRun) -> None:
    with speaking("en"):
        assert contest_workbook(run, frame.current_frame().region).startswith(b"PK")


VIEWS = some.builds(
    ContestView,
    period=some.sampled_from([None, "2012", "2012-Q3"]),
    unit=some.sampled_from([None, "411081001"]),
    panel=some.sampled_from(PANELS),
    result=some.sampled_from([None, 1, 977]),
)


@given(VIEWS)
def test_an_address_gives_the_view_back(view: ContestView) -> None:
    assert ContestView.from_params(view.to_params()) == view


@pytest.mark.parametrize(
    "params",
    [{"term": "2012-03"}, {"term": "<b>"}, {"town": "a b"}, {"result": "-1"}, {"panel": "x"}],
)
def test_nonsense_in_the_address_is_left_out(params: dict[str, str]) -> None:
    assert ContestView.from_params(params) == ContestView()
