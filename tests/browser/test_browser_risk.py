"""Risk and overview pages in a real browser: drawn, linked, tried, handed out; nothing fails."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
SLOW_MS = 60_000


def open_risk(page, query: str = "") -> None:
    page.goto(f"/risk?{query}")
    page.locator(".pa-facts").first.wait_for(timeout=SLOW_MS)
    page.locator(".ranking .unit").first.wait_for(timeout=SLOW_MS)
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


# The colours of single pixels inside a unit, and where its name is written.
UNIT = """(at) => {
  const { slots, map } = Atlas.state;
  const unit = slots.get('units')._features[at];
  const [lon, lat] = unit.middle;
  const { x, y } = map.latLngToContainerPoint([lat, lon]);
  return { x, y, key: unit.key, name: unit.name };
}"""
HUES = """() => {
  const layer = Atlas.state.slots.get('units');
  if (!layer || !layer._features) return 0;
  const { width, height } = layer._container;
  const data = layer._context.getImageData(0, 0, width, height).data;
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 150) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  }
  return seen.size;
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_grades_are_painted_and_ranked(page, language: str) -> None:
    open_risk(page, f"lang={language}")
    page.frames[-1].wait_for_function(f"({HUES})() > 1", timeout=SLOW_MS)
    units = page.frames[-1].evaluate("Atlas.state.slots.get('units')._features.length")
    expect(page.locator(".ranking .unit")).to_have_count(units)
    expect(page.locator(".ranking [aria-selected=true] .rank")).to_contain_text("1")
    expect(page.locator(".pa-legend .mark").first).to_be_visible()


def test_a_row_and_a_unit_on_the_map_open_the_same_account(page) -> None:
    open_risk(page)
    name = page.locator(".ranking .unit .name").nth(3).inner_text()
    page.locator(".ranking .unit").nth(3).click()
    expect(page.locator(".risk-head b")).to_have_text(name)
    settled(page)
    at = page.frames[-1].evaluate(UNIT, 0)
    map_frame(page).locator("#map_div").click(position={"x": at["x"], "y": at["y"]})
    expect(page.locator(".risk-head b")).to_have_text(at["name"], timeout=SLOW_MS)
    expect(page.locator(".ranking [aria-selected=true] .name")).to_have_text(at["name"])
    settled(page)
    assert parse_qs(urlsplit(page.url).query)["town"] == [at["key"]]


def test_a_slider_redraws_little_and_is_no_address(page) -> None:
    open_risk(page, "panel=weights")
    words = page.locator(".pa-words p").first
    expect(words).to_contain_text(" 0 个")
    before, address = page.watch.websocket_bytes, page.url
    page.get_by_role("slider").first.focus()
    page.keyboard.press("End")
    expect(words).not_to_contain_text(" 0 个")
    settled(page)
    assert page.watch.websocket_bytes - before <= 12_000
    assert page.url == address
    page.get_by_role("button", name="恢复原权重").click()
    expect(words).to_contain_text(" 0 个")


@pytest.mark.parametrize("panel", ["parts", "trend", "sensitivity"])
def test_pictures_are_drawn(page, panel: str) -> None:
    open_risk(page, f"panel={panel}")
    chart = page.locator('[data-testid="stVegaLiteChart"] :is(canvas, svg)').first
    expect(chart).to_be_visible(timeout=SLOW_MS)


def test_another_period_is_another_index(page) -> None:
    open_risk(page)
    page.get_by_role("radio", name="季", exact=True).click()
    expect(page.locator(".pa-facts").first).to_contain_text("季度", timeout=SLOW_MS)
    settled(page)
    assert "term=2025-Q4" in page.url


def test_the_index_downloads(page, tmp_path: Path) -> None:
    open_risk(page)
    with page.expect_download() as started:
        page.get_by_role("button", name="GeoJSON").click()
    file = tmp_path / "index.geojson"
    started.value.save_as(file)
    collection = json.loads(file.read_text(encoding="utf-8"))
    assert collection["about"]["counts_hidden_below"] == 5
    assert collection["features"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_overview_shows_grades_counts_and_every_unit(page, language: str) -> None:
    page.goto(f"/overview?lang={language}")
    page.locator(".overview-units tbody tr").first.wait_for(timeout=SLOW_MS)
    map_frame(page).locator("canvas").first.wait_for(timeout=SLOW_MS)
    settled(page)
    page.frames[-1].wait_for_function(f"({HUES})() > 1", timeout=SLOW_MS)
    expect(page.locator(".pa-kpi")).to_have_count(6)
    page.get_by_role("radio", name={"zh": "事件数", "en": "Counts"}[language]).click()
    settled(page)
    expect(page.locator(".pa-legend")).to_contain_text(
        {"zh": "起数", "en": "incidents"}[language]
    )


def test_a_unit_chosen_in_the_overview_is_open_on_the_risk_page(page) -> None:
    page.goto("/overview")
    map_frame(page).locator("canvas").first.wait_for(timeout=SLOW_MS)
    settled(page)
    page.frames[-1].wait_for_function(f"({HUES})() > 1", timeout=SLOW_MS)
    at = page.frames[-1].evaluate(UNIT, 2)
    map_frame(page).locator("#map_div").click(position={"x": at["x"], "y": at["y"]})
    expect(page.locator(".overview-units tr.open")).to_contain_text(at["name"])
    settled(page)
    page.locator('[data-testid="stPageLink"] a').click()
    expect(page.locator(".risk-head b")).to_have_text(at["name"], timeout=SLOW_MS)
    settled(page)
