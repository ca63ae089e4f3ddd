"""Every page, both languages, over full, empty and one-row stores and an empty filter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import frame, intake
from dashboard.components.upload import suffix_of
from data.settings import Settings

SCRIPT = Path(dashboard.__file__).with_name("app.py")
PAGES = ("atlas", "loads", "review", "wall")
NOTHING = {"zh": "没有符合条件的事件", "en": "No incidents match"}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    intake.register(None)


@pytest.fixture(scope="session")
def stores(make_store: Callable[..., Settings]) -> dict[str, Settings]:
    return {"full": make_store(400), "empty": make_store(0), "one": make_store(1)}


def visit(settings: Settings, page: str, **params: str) -> AppTest:
    frame.configure(settings)
    app = AppTest.from_file(SCRIPT, default_timeout=60)
    app.query_params.update(params)
    app.run()
    if page != "atlas":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception[0].message
    return app


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("store", ["full", "empty", "one"])
def test_pages_open(stores: dict[str, Settings], store: str, page: str, language: str) -> None:
    app = visit(stores[store], page, lang=language)
    if store != "empty":
        assert {"zh": "演示数据", "en": "Demo data"}[language] in html(app)
    assert {"zh": "示意边界", "en": "Schematic borders"}[language] in html(app) or (
        page == "wall" and store == "empty"
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_filter_says_so(stores: dict[str, Settings], language: str) -> None:
    app = visit(
        stores["full"],
        "atlas",
        lang=language,
        period="custom",
        **{"from": "1990-01-01", "to": "1990-01-02"},
    )
    assert NOTHING[language] in [info.value for info in app.info]
    assert '<div class="value">0</div>' in html(app)


def test_an_empty_store_says_how_to_fill_it(stores: dict[str, Settings]) -> None:
    app = visit(stores["empty"], "atlas")
    assert "pingan demo" in [code.value for code in app.code]


def test_the_address_filters(stores: dict[str, Settings]) -> None:
    columns = frame_columns(stores["full"])
    app = visit(stores["full"], "atlas", period="all", severity="3")
    expected = int((columns.severity == 3).sum())
    assert f'<div class="value">{expected}</div>' in html(app)
    assert app.query_params["severity"] == "3"


def test_nonsense_in_the_address_is_dropped(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], "atlas", period="never", kind="<script>", at="incident:x")
    assert "<script>" not in html(app)


@pytest.mark.parametrize("panel", ["charts", "list"])
def test_the_list_and_the_charts(stores: dict[str, Settings], panel: str) -> None:
    app = visit(stores["full"], "atlas", period="all")
    app.get("button_group")[-1].set_value([panel]).run()
    assert not app.exception


@pytest.mark.parametrize("place", ["incident:2", "site:1", "hazard:1", "unit:411081001"])
def test_records_show_their_source_as_text(stores: dict[str, Settings], place: str) -> None:
    body = html(visit(stores["full"], "atlas", at=place))
    assert "pa-record" in body
    assert "<script>" not in body
    assert "<img" not in body


def test_a_vanished_record_is_no_error(stores: dict[str, Settings]) -> None:
    assert "该对象已不在库中" in html(visit(stores["full"], "atlas", at="site:999999"))


def test_the_loads_page_shows_reasons(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], "loads")
    assert "不在本区域内" in app.dataframe[-1].value["原因"].tolist()


def test_uploads_are_closed_without_an_intake(stores: dict[str, Settings]) -> None:
    assert any("pingan load" in info.value for info in visit(stores["full"], "loads").info)


def test_the_wall_moves_on(stores: dict[str, Settings]) -> None:
    app = visit(stores["full"], "wall")
    assert "全域态势" in html(app)
    next_button = [button for button in app.button if button.label == "下一场"]
    next_button[0].click().run()
    assert "道路交通" in html(app)


def frame_columns(settings: Settings):
    frame.configure(settings)
    return frame.current_frame().columns


def test_a_first_visit_to_a_deep_link_still_runs_the_entry() -> None:
    # In a process of its own: Streamlit's test harness sets the same switch.
    code = (
        "import dashboard.server\n"
        "from streamlit.runtime.pages_manager import PagesManager\n"
        "assert PagesManager.uses_pages_directory is False"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class FakeIntake:
    """An intake that accepts everything and remembers the path it was given."""

    path: Path | None = None

    def profiles(self) -> dict[str, str]:
        return {"crimes": "incidents"}

    def preview(self, path: Path, profile: str) -> pd.DataFrame:
        self.path = path
        return pd.DataFrame({"案件编号": ["1"]})

    def load(self, path: Path, profile: str, progress: intake.Progress) -> dict[str, int]:
        progress(1)
        return {"load_id": 1, "accepted": 1, "rejected": 0, "duplicate": 0}


def test_an_upload_is_previewed_then_loaded(stores: dict[str, Settings]) -> None:
    fake = FakeIntake()
    intake.register(fake)
    app = visit(stores["full"], "loads")
    app.get("file_uploader")[0].set_value(
        [("../../evil name.csv", b"a\n1\n", "text/csv")]
    ).run()
    assert app.dataframe[-2].value.columns.tolist() == ["案件编号"]
    assert fake.path is not None
    assert fake.path.name == "upload.csv"
    assert not fake.path.exists()
    next(button for button in app.button if button.label == "入库").click().run()
    assert any("接收 1 行" in success.value for success in app.success)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.csv", ".csv"),
        ("a.CSV.gz", ".csv.gz"),
        ("a.exe", ""),
        ("/vsicurl/x", ""),
        ("a.b.zip", ".zip"),
    ],
)
def test_only_a_known_ending_is_kept(name: str, suffix: str) -> None:
    assert suffix_of(name) == suffix
