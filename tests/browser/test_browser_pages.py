"""The pages in a real browser; the page fixture checks that nothing leaves or fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
SLOW_MS = 30_000


def open_atlas(page, address: str = "/") -> None:
    page.goto(address)
    map_frame(page).locator("canvas").first.wait_for(timeout=SLOW_MS)
    settled(page)


def map_frame(page):
    return page.frame_locator('iframe[title="streamlit_folium.st_folium"]')


def settled(page) -> None:
    """Until Streamlit has stopped running and the map has stopped loading."""
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState"
        " === 'notRunning'",
        timeout=SLOW_MS,
    )
    page.wait_for_load_state("networkidle", timeout=SLOW_MS)


def kpi(page, place: int = 0) -> str:
    return page.locator(".pa-kpi .value").nth(place).inner_text()


def option(page, key: str):
    return page.locator(f'.option[data-id="{key}"]')


def no_script_ran(page) -> bool:
    return all(not frame.evaluate("'pwned' in window") for frame in page.frames)


@pytest.mark.parametrize("address", ["/", "/loads", "/wall", "/?lang=en", "/loads?lang=en"])
def test_pages_open(page, address: str) -> None:
    page.goto(address)
    page.locator(".pa-title, .wall-head").first.wait_for(timeout=SLOW_MS)
    settled(page)
    expect(
        page.get_by_text("Demo data" if "en" in address else "演示数据").first
    ).to_be_visible()


def test_a_filter_changes_numbers_address_and_map(page) -> None:
    open_atlas(page, "/?period=all")
    total = kpi(page)
    counter = map_frame(page).locator(".atlas-counter")
    expect(counter).to_contain_text("显示")
    drawn = counter.inner_text()
    expected = option(page, "categories:traffic").locator(".count").inner_text()
    option(page, "categories:traffic").click()
    expect(page.locator(".pa-kpi .value").first).to_have_text(expected)
    settled(page)
    assert total != expected
    expect(counter).not_to_have_text(drawn)
    assert "kind=crash_vehicle" in page.url.replace("%2C", ",")


def test_an_address_restores_the_view(page) -> None:
    open_atlas(page, "/?period=all&severity=3&kind=robbery,theft&layers=cases")
    expect(option(page, "categories:robbery")).to_have_attribute("aria-checked", "true")
    expect(option(page, "categories:crime")).to_have_attribute("aria-checked", "mixed")
    expect(option(page, "layers:accidents")).to_have_attribute("aria-checked", "false")
    page.locator(".reset").click()
    expect(option(page, "categories:robbery")).to_have_attribute("aria-checked", "false")
    settled(page)
    assert "kind=" not in page.url


def test_quick_clicks_all_count(page) -> None:
    open_atlas(page, "/?period=all")
    for code in ("robbery", "theft", "assault", "fraud"):
        option(page, f"categories:{code}").click()
    counts = [
        int(option(page, f"categories:{code}").locator(".count").inner_text().replace(",", ""))
        for code in ("robbery", "theft", "assault", "fraud")
    ]
    expect(page.locator(".pa-kpi .value").first).to_have_text(f"{sum(counts):,}")
    settled(page)
    assert "kind=robbery,theft,fraud,assault" in page.url.replace("%2C", ",")


def test_a_click_on_a_unit_opens_its_record(page) -> None:
    open_atlas(page, "/?layers=units")
    frame = map_frame(page).locator("#map_div")
    box = frame.bounding_box()
    frame.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(page.locator(".pa-record")).to_contain_text("当前筛选内事件")


def test_a_click_on_a_point_opens_an_incident(page) -> None:
    open_atlas(page, "/?layers=accidents,cases&period=all")
    frame = page.frames[-1]
    spot = frame.evaluate(
        """() => {
          const layer = Atlas.state.slots.get('points');
          const size = Atlas.state.map.getSize();
          for (let y = 40; y < size.y - 40; y += 3)
            for (let x = 60; x < size.x - 60; x += 3) {
              const found = layer.hit(L.point(x, y));
              if (found) return [x, y, found.key];
            }
        }"""
    )
    map_frame(page).locator("#map_div").click(position={"x": spot[0], "y": spot[1]})
    expect(page.locator(".pa-record h4")).to_contain_text("事件")
    settled(page)
    assert "at=incident" in page.url


def test_the_language_switch(page) -> None:
    open_atlas(page)
    page.get_by_text("English", exact=True).click()
    expect(page.locator(".pa-kpi .name").first).to_have_text("Incidents")
    expect(page.locator(".facets .heading")).to_have_text("Filters")
    settled(page)
    assert "lang=en" in page.url


@pytest.mark.parametrize("place", ["incident:1", "site:1", "site:2", "site:5", "hazard:1"])
def test_hostile_texts_stay_text(page, place: str) -> None:
    open_atlas(page, f"/?at={place}&layers=sites,mines,cameras,posts,sections&period=all")
    expect(page.locator(".pa-record")).to_contain_text("pwned")
    assert no_script_ran(page)


def test_hostile_texts_in_the_quarantine(page) -> None:
    page.goto("/loads")
    page.locator("[data-testid=stDataFrame]").last.wait_for(timeout=SLOW_MS)
    settled(page)
    assert no_script_ran(page)


def test_a_change_is_small(page) -> None:
    open_atlas(page, "/?period=all")
    before = page.watch.websocket_bytes
    option(page, "categories:theft").click()
    expect(option(page, "categories:theft")).to_have_attribute("aria-checked", "true")
    settled(page)
    assert page.watch.websocket_bytes - before <= 20_000


def test_the_selection_downloads(page, tmp_path: Path) -> None:
    open_atlas(page, "/?period=all&kind=theft")
    with page.expect_download() as started:
        page.get_by_role("button", name="GeoJSON").click()
    file = tmp_path / "selection.geojson"
    started.value.save_as(file)
    collection = json.loads(file.read_text(encoding="utf-8"))
    assert collection["about"]["is_demo"] is True
    assert len(collection["features"]) == int(kpi(page).replace(",", ""))


def test_the_wall_fills_the_screen_and_moves_on(browser, page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/wall?every=600")
    page.locator(".wall-head").wait_for(timeout=SLOW_MS)
    settled(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "19.2px"
    page.get_by_role("button", name="下一场").click()
    expect(page.locator(".wall-head em")).to_have_text("道路交通")
    page.get_by_role("button", name="暂停").click()
    expect(page.get_by_role("button", name="继续")).to_be_visible()
    settled(page)
