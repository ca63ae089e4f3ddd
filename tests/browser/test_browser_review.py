"""A clerk places a text by a click on the map, sees the record, and takes it back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from data.region import RegionPack
from data.store import Store
from etl.pipeline import load_file
from etl.profile import Profile

expect = pytest.importorskip("playwright.sync_api").expect
SLOW_MS = 30_000
HEADER = ("案件编号", "案件类别", "发案时间", "发案地点", "所属乡镇", "经度", "纬度", "状态")


def test_click_decide_see_undo(browser, serve, make_store, tmp_path: Path) -> None:
    settings = make_store(50)
    region = RegionPack.open(settings.region)
    store = Store.open(settings, region)
    path = tmp_path / "crimes_20240601.csv"
    rows = [("1", "盗窃", "2024-05-01 08:00", "老火车站北边", "", "", "", "")]
    rows += [
        (str(n), "盗窃", "2024-05-01 08:00", "钧台街道", "", "", "", "") for n in range(2, 5)
    ]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    profile = Profile.open("demo_crimes")
    load_file(path, kind="incidents", profile=profile, region=region, store=store)
    before = len(store.columns())
    with serve(settings) as address:
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        page.goto(f"{address}/review")
        expect(page.get_by_role("link", name="核对（1）")).to_be_visible(timeout=SLOW_MS)
        board = page.frame_locator('iframe[title="streamlit_folium.st_folium"]').locator(
            "#map_div"
        )
        board.locator("canvas").first.wait_for(timeout=SLOW_MS)
        page.wait_for_load_state("networkidle", timeout=SLOW_MS)
        size = board.bounding_box()
        board.click(position={"x": size["width"] / 2, "y": size["height"] / 2})
        page.get_by_role("button", name="定在此处").click(timeout=SLOW_MS)
        expect(page.get_by_text("没有待核对的地点")).to_be_visible(timeout=SLOW_MS)
        placed = store.columns()
        assert len(placed) == before + 1
        (decision,) = store.decisions_in_force()
        record = store.incident(int(placed.incident_id.max()))
        assert (record["lon"], record["lat"]) == (decision.lon, decision.lat)
        assert (record["match_code"], record["place_text"]) == ("A2", "老火车站北边")
        page.get_by_role("button", name="撤销").click()
        expect(page.get_by_role("button", name="不是地点")).to_be_visible(timeout=SLOW_MS)
        assert len(store.columns()) == before
        page.close()
    store.close()
