"""The review page over real stores: empty, waiting, decided, undone, without a reviewer."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import frame, intake
from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from etl.pipeline import load_file
from etl.profile import Profile
from pingan.review import EtlReviewer

SCRIPT = Path(dashboard.__file__).with_name("app.py")
HOSTILE = "<img src=x onerror=window.pwned=1>"
HEADER = ("案件编号", "案件类别", "发案时间", "发案地点", "所属乡镇", "经度", "纬度", "状态")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    intake.register(None)


@pytest.fixture
def office(make_store: Callable[..., Settings], tmp_path: Path) -> Callable[..., Store]:
    """A store into which crimes at the given places have been loaded, with its reviewer."""

    def make(*places: str, is_open: bool = True) -> Store:
        settings = make_store(0)
        region = RegionPack.open(settings.region)
        store = Store.open(settings, region)
        if places:
            path = tmp_path / "crimes_20240601.csv"
            rows = [
                (str(number), "盗窃", "2024-05-01 08:00", place, "", "", "", "")
                for number, place in enumerate([*places, *["钧台街道"] * 4 * len(places)])
            ]
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows([HEADER, *rows])
            load_file(
                path,
                kind="incidents",
                profile=Profile.open("demo_crimes"),
                region=region,
                store=store,
                as_of=datetime(2024, 6, 1, tzinfo=UTC),
            )
        frame.configure(settings)
        intake.register(None, EtlReviewer(store, region) if is_open else None)
        return store

    return make


def visit(language: str = "zh") -> AppTest:
    app = AppTest.from_file(SCRIPT, default_timeout=60)
    app.query_params.update({"lang": language})
    app.run()
    app.switch_page("pages/review.py").run()
    assert not app.exception, app.exception[0].message
    return app


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception, app.exception[0].message


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "没有待核对的地点"), ("en", "No place waits for review")]
)
def test_an_empty_queue_says_so(office, language: str, words: str) -> None:
    office()
    assert [success.value for success in visit(language).success] == [words]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_namesake_is_chosen_and_taken_back(office, language: str) -> None:
    store = office("连庄村口", "连庄村口")
    before = len(frame.current_frame().columns)
    app = visit(language)
    assert "<b>钧台街道连庄社区</b>" in html(app)
    assert "<b>鸠山镇连庄村</b>" in html(app)
    assert app.dataframe[0].value.iloc[0, :2].tolist() == ["连庄村口", 2]
    app.selectbox(key="role").select("township").run()
    press(app, "choose_2")
    assert store.waiting() == (0, 0)
    decision = store.decisions().iloc[0]
    assert (decision["role"], decision["match_code"], decision["rows"]) == ("township", "C2", 2)
    assert len(frame.current_frame().columns) == before + 2
    assert {"zh": "已核对，2 行入库", "en": r"Decided; 2 rows"}[language] in (
        app.toast[0].value.replace("\\", "")
    )
    press(app, "undo_1")
    assert store.waiting() == (1, 2)
    assert len(frame.current_frame().columns) == before
    assert 'class="pa-decision undone"' in html(app)


def test_no_place_leaves_the_queue(office) -> None:
    store = office(HOSTILE)
    app = visit()
    assert "<img" not in html(app)
    assert "没有候选地点" in "".join(caption.value for caption in app.caption)
    press(app, "dismiss")
    assert store.waiting() == (0, 0)
    assert "<img" not in html(app)
    assert store.decisions()["verdict"].tolist() == ["unplaceable"]


def test_two_clerks_cannot_decide_the_same_text(office) -> None:
    store = office("连庄村口")
    first, second = visit(), visit()
    press(first, "choose_1")
    press(second, "choose_2")
    assert "has been decided already" in second.error[0].value.replace("\\", "")
    assert len(store.decisions()) == 1


def test_without_a_reviewer_the_page_only_shows(office) -> None:
    office("连庄村口", is_open=False)
    app = visit()
    assert any("pingan serve" in info.value for info in app.info)
    assert app.dataframe[0].value.iloc[0, 0] == "连庄村口"
    assert [button.key for button in app.button if button.key] == []


def test_hit_rates_below_the_line_are_named(office) -> None:
    office("连庄村口")
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    app.switch_page("pages/loads.py").run()
    assert any("demo_crimes 0%" in warning.value.replace("\\", "") for warning in app.warning)
