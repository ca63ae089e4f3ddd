"""The page of mines and key sites: every panel in both languages, and none of the data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import frame
from dashboard.components.site_map import STATE_MARKS, findings
from dashboard.i18n import speaking
from dashboard.site_queries import URGENCY, board, day_shown, mines_by_urgency, order
from dashboard.site_state import PANELS, SECTORS, SiteView
from dashboard.site_words import board_workbook
from data.settings import Settings
from geo.mines import MineState

SCRIPT = Path(dashboard.__file__).with_name("app.py")


@pytest.fixture(scope="module")
def stores(make_store: Callable[..., Settings]) -> dict[str, Settings]:
    return {"full": make_store(600), "empty": make_store(0)}


def visit(settings: Settings, **params: str) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    frame.configure(settings)
    app = AppTest.from_file(SCRIPT, default_timeout=120)
    app.query_params.update(params)
    app.run()
    app.query_params.update(params)  # the first page has put its own in their place
    app.switch_page("pages/sites.py").run()
    assert not app.exception, app.exception[0].message
    return app


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_opens(stores: dict[str, Settings], panel: str, language: str) -> None:
    body = html(visit(stores["full"], panel=panel, lang=language))
    assert {"zh": "演示数据", "en": "Demo data"}[language] in body
    assert frame.current_frame().version in body
    said = {
        "mines": "无读数",
        "places": "热点网格覆盖率",
        "spots": "治安乱点",
        "strength": "不分乡镇",
    }
    if language == "zh" and panel != "spots":
        assert said[panel] in body
    assert "<script>" not in body


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_store_says_what_to_do(stores: dict[str, Settings], language: str) -> None:
    app = visit(stores["empty"], lang=language)
    assert "pingan demo" in [code.value for code in app.code]


def test_a_sector_without_sites_says_so(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], sector="flood")
    assert "没有符合条件的矿山" in app.info[0].value


def test_the_most_urgent_mines_come_first(stores: dict[str, Settings]) -> None:
    frame.configure(stores["full"])
    now = frame.current_frame()
    found = board(now, day_shown(now, SiteView()))
    states = mines_by_urgency(found, None)["state"].map(URGENCY.index)
    assert len(states)
    assert states.is_monotonic_increasing
    assert set(URGENCY) == set(MineState) == set(STATE_MARKS)
    assert len(set(STATE_MARKS.values())) == len(STATE_MARKS)
    assert board(now, day_shown(now, SiteView())) is found


def test_what_is_said_first_of_a_site() -> None:
    places = pd.DataFrame(
        {
            "is_overdue": [True, True, True, False],
            "open_hazards": [2, 1, 0, 0],
            "overdue_hazards": [1, 0, 0, 0],
        }
    )
    assert list(findings(places)) == [
        "hazard_overdue", "hazard_open", "not_visited", "watched",
    ]  # fmt: skip


def test_homicides_are_counted_for_the_city_alone(stores: dict[str, Settings]) -> None:
    frame.configure(stores["full"])
    now = frame.current_frame()
    made = order(now, day_shown(now, SiteView()))
    assert 0 <= made.solved <= made.occurred
    assert not {"homicide", "homicides"} & {*made.streaks.columns, *made.teams.teams.columns}


def test_the_workbook_holds_sites_and_facts(stores: dict[str, Settings]) -> None:
    frame.configure(stores["full"])
    now = frame.current_frame()
    with speaking("zh"):
        file = board_workbook(board(now, day_shown(now, SiteView())), now.region)
    names = openpyxl.load_workbook(BytesIO(file), read_only=True).sheetnames
    assert names[0] == "矿山与重点场所"
    assert names[-1] == "about"


VIEWS = some.builds(
    SiteView,
    as_of=some.none() | some.dates(date(1990, 1, 1), date(2100, 1, 1)),
    sector=some.sampled_from([None, *SECTORS]),
    panel=some.sampled_from(PANELS),
)


@given(VIEWS)
def test_an_address_gives_the_view_back(view: SiteView) -> None:
    assert SiteView.from_params(view.to_params()) == view


@pytest.mark.parametrize("params", [{"asof": "x"}, {"sector": "<b>"}, {"panel": "wall"}])
def test_nonsense_in_the_address_is_left_out(params: dict[str, str]) -> None:
    assert SiteView.from_params(params) == SiteView()
