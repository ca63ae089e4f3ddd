"""The road page in a real browser: list, map and strip together, and a hazard's whole life."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from PIL import Image

from data.region import RegionPack
from data.store import Store

expect = pytest.importorskip("playwright.sync_api").expect
SLOW_MS = 60_000


@pytest.fixture(scope="module")
def road_settings(make_road_store):
    return make_road_store()


@pytest.fixture(scope="module")
def site(serve, road_settings) -> Iterator[str]:
    with serve(road_settings) as address:
        yield address


def open_roads(page, query: str = "") -> None:
    page.goto(f"/roads?{query}")
    page.locator(".pa-facts").wait_for(timeout=SLOW_MS)
    board(page).locator("canvas").first.wait_for(timeout=SLOW_MS)
    rows(page).first.wait_for(timeout=SLOW_MS)
    settled(page)


def board(page):
    return page.frame_locator('iframe[title="streamlit_folium.st_folium"]')


def rows(page):
    return page.locator(".section[role=option]")


def settled(page) -> None:
    """Until Streamlit has stopped running and nothing loads any more."""
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState"
        " === 'notRunning'",
        timeout=SLOW_MS,
    )
    page.wait_for_load_state("networkidle", timeout=SLOW_MS)


# A point of a section that no other covers, as seen on the map: {x, y, key}.
A_SECTION = """() => {
  const { slots, map } = Atlas.state;
  const layer = slots.get('sections');
  for (const section of layer._drawn) {
    const chain = section.chains[0];
    const [u, v] = chain[Math.floor(chain.length / 2)];
    const { x, y } = map.latLngToContainerPoint(Atlas.unproject(u, v));
    const hit = layer.hit(L.point(x, y));
    const size = map.getSize();
    const inside = x > 80 && y > 60 && x < size.x - 200 && y < size.y - 60;
    if (inside && hit && hit.key === section.key) return { x, y, key: section.key };
  }
  return null;
}"""
SELECTED = "(key) => Atlas.state.slots.get('sections')?._style.selected === key"


@pytest.mark.parametrize("query", ["", "lang=en&colour=status", "colour=grade&panel=units"])
def test_the_page_opens(page, query: str) -> None:
    open_roads(page, query)
    page.locator(".st-key-road_strip canvas, .st-key-road_strip svg").first.wait_for(
        timeout=SLOW_MS
    )
    assert rows(page).count() > 20
    assert page.frames[-1].evaluate("Atlas.state.slots.get('sections')._drawn.length") > 20


def test_the_list_moves_the_map_and_the_map_the_list(page) -> None:
    open_roads(page)
    at = page.frames[-1].evaluate(A_SECTION)
    board(page).locator("#map_div").click(position={"x": at["x"], "y": at["y"]})
    chosen = page.locator('.section[aria-selected="true"]')
    expect(chosen).to_have_attribute("data-key", at["key"], timeout=SLOW_MS)
    page.frames[-1].wait_for_function(SELECTED, arg=at["key"], timeout=SLOW_MS)
    expect(page.locator(".pa-sheet-head")).to_be_visible(timeout=SLOW_MS)
    settled(page)
    zoom = page.frames[-1].evaluate("Atlas.state.map.getZoom()")
    row = page.locator('.section[aria-selected="false"]').nth(2)
    key = row.get_attribute("data-key")
    row.click()
    page.frames[-1].wait_for_function(SELECTED, arg=key, timeout=SLOW_MS)
    settled(page)
    assert page.frames[-1].evaluate("Atlas.state.map.getZoom()") > zoom
    assert f"section={key}" in unquote(page.url)


def test_filters_narrow_list_and_map_alike(page) -> None:
    open_roads(page)
    all_rows = rows(page).count()
    page.get_by_role("button", name="台账在册").click()
    expect(rows(page)).not_to_have_count(all_rows, timeout=SLOW_MS)
    page.get_by_role("button", name="清除筛选").wait_for(timeout=SLOW_MS)
    settled(page)
    there = rows(page).count()
    assert 0 < there < all_rows
    assert (
        page.frames[-1].evaluate("Atlas.state.slots.get('sections')._style.shown.length")
        == there
    )
    page.get_by_role("button", name="清除筛选").click()
    expect(rows(page)).to_have_count(all_rows, timeout=SLOW_MS)


def test_a_change_is_small(page) -> None:
    open_roads(page)
    before = page.watch.websocket_bytes
    page.get_by_role("button", name="高风险", exact=True).click()
    page.get_by_role("button", name="清除筛选").wait_for(timeout=SLOW_MS)
    settled(page)
    assert page.watch.websocket_bytes - before <= 90_000


def test_the_files_download(page, tmp_path: Path) -> None:
    open_roads(page)
    for name, suffix in (("GeoJSON", "geojson"), ("部表 Excel", "xlsx")):
        with page.expect_download(timeout=SLOW_MS) as started:
            page.get_by_role("button", name=name).click()
        started.value.save_as(tmp_path / f"roads.{suffix}")
    assert json.loads((tmp_path / "roads.geojson").read_text("utf-8"))["features"]
    book = openpyxl.load_workbook(tmp_path / "roads.xlsx")
    assert book.sheetnames == ["一二级公路", "三四级公路", "说明"]


# ---- from found to closed -------------------------------------------------------------------


def photo(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(file, "JPEG")
    return file.getvalue()


class Desk:
    """The column of forms, as an officer uses it."""

    def __init__(self, page) -> None:
        self.page = page
        self.box = page.locator(".st-key-road_steps")

    def office(self, name: str) -> None:
        self.pick("经办单位", name)

    def pick(self, label: str, option: str) -> None:
        field = self.box.get_by_role("combobox", name=label)
        field.click()
        field.fill(option)  # only options in view exist
        self.page.get_by_role("option", name=option, exact=True).click()
        settled(self.page)

    def write(self, label: str, text: str) -> None:
        field = self.box.get_by_label(label, exact=False).first
        field.fill(text)
        field.press("Tab")

    def day(self, label: str, digits: str) -> None:
        """Type year, month and day into the parts of a date field."""
        self.box.get_by_role("group", name=label).get_by_role("spinbutton").first.click()
        self.page.keyboard.type(digits)
        self.page.keyboard.press("Escape")

    def press(self, name: str) -> None:
        self.box.get_by_role("button", name=name, exact=True).click()

    def choose(self, name: str) -> None:
        self.box.get_by_role("radio", name=name, exact=True).or_(
            self.box.get_by_role("button", name=name, exact=True)
        ).first.click()
        settled(self.page)

    def attach(self, kind: str, content: bytes) -> None:
        if not self.box.locator("[data-testid=stFileUploader]").is_visible():
            self.box.get_by_text("附照片或文件").click()
        self.choose(kind)
        file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content}
        self.box.locator("input[type=file]").set_input_files(file)
        self.box.get_by_text("photo.jpg").wait_for(timeout=SLOW_MS)
        self.press("存入台账")
        self.page.locator(".pa-timeline").wait_for(timeout=SLOW_MS)
        settled(self.page)

    def is_now(self, state: str) -> None:
        expect(self.page.locator(".pa-sheet-head .pa-state")).to_have_text(
            state, timeout=SLOW_MS
        )
        settled(self.page)


def test_a_section_lives_from_found_to_closed(browser, serve, make_road_store) -> None:
    settings = make_road_store()
    with serve(settings) as address:
        page = browser.new_page(
            viewport={"width": 1366, "height": 900}, base_url=address, locale="zh-CN"
        )
        open_roads(page, "state=new")
        rows(page).first.click()
        desk = Desk(page)
        desk.is_now("未入台账")
        desk.press("列入台账")
        desk.is_now("排查")
        desk.attach("整改前", photo("#886644"))
        expect(page.locator("[data-testid=stImage] img")).to_have_count(1, timeout=SLOW_MS)
        desk.press("办理核实")
        desk.is_now("核实")

        expect(desk.box).to_contain_text("需要：挂牌级别、文号、责任单位、期限")
        desk.press("办理挂牌")
        expect(desk.box).to_contain_text("未能办理", timeout=SLOW_MS)
        settled(page)
        desk.choose("县级挂牌")
        desk.write("文号", "禹安〔2026〕7号")
        desk.pick("责任单位", "顺店镇")
        desk.day("整改期限", "20301231")
        desk.press("办理挂牌")
        desk.is_now("挂牌")

        desk.choose("加装护栏")
        desk.write("预算（万元）", "35")
        desk.press("办理立项")
        desk.is_now("立项")

        desk.day("开工日期", "20260105")
        desk.press("办理开工治理")
        desk.is_now("治理")

        expect(desk.box).to_contain_text("请先在下方附上：整改后照片")
        desk.attach("整改后", photo("#448866"))
        desk.press("办理申请验收")
        desk.is_now("申请验收")

        desk.choose("通过")
        desk.press("办理验收")
        desk.is_now("验收")

        desk.office("政府分管")
        desk.write("文号", "禹安〔2026〕9号")
        desk.press("办理销号")
        desk.is_now("销号")

        story = page.locator(".pa-timeline")
        for words in ("禹安〔2026〕7号", "顺店镇", "预算 35 万元", "加装护栏", "通过"):
            expect(story).to_contain_text(words)
        expect(page.locator("[data-testid=stImage] img")).to_have_count(2)
        page.get_by_role("radio", name="责任单位").or_(
            page.get_by_role("button", name="责任单位")
        ).first.click()
        unit = page.locator(".pa-units tr", has_text="顺店镇").first
        expect(unit).to_contain_text("无逾期", timeout=SLOW_MS)
        page.close()
    region = RegionPack.open(settings.region)
    store = Store.open(settings, region)
    closed = store.hazards(("road_section",))
    closed = closed[closed["responsible_unit"] == "顺店镇"]
    with store.ledger_reader() as reader:
        history = reader.history(int(closed.index[0]))
    store.close()
    assert history["to_status"].tolist() == [
        "found", "verified", "listed", "planned", "treating", "submitted", "accepted", "closed",
    ]  # fmt: skip
    assert history["role"].iloc[-1] == "leader"
    assert history["doc_no"].dropna().tolist() == ["禹安〔2026〕7号", "禹安〔2026〕9号"]
