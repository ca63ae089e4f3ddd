"""The hot-spot page in a real browser: each method is drawn, nothing leaves or fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
SLOW_MS = 60_000


def open_hotspots(page, query: str) -> None:
    page.goto(f"/hotspots?period=all&{query}")
    page.locator(".pa-facts").wait_for(timeout=SLOW_MS)
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


PAINTED = """() => {
  const layer = Atlas.state.slots.get('cells');
  if (!layer || !layer._cells) return 0;
  const { width, height } = layer._container;
  const data = layer._context.getImageData(0, 0, width, height).data;
  let painted = 0;
  for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
  return painted;
}"""

# The middle of a drawn cell, as seen on the map.
A_CELL = """() => {
  const { slots, map } = Atlas.state;
  const cell = slots.get('cells')._cells[0];
  const [lon, lat] = cell.key.split(',').map(Number);
  const { x, y } = map.latLngToContainerPoint([lat, lon]);
  return { x, y, key: cell.key };
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "query", ["method=significance", "method=significance&show=cluster&shape=hex"]
)
def test_cells_are_painted(page, query: str, language: str) -> None:
    open_hotspots(page, f"{query}&lang={language}")
    page.frames[-1].wait_for_function(f"({PAINTED})() > 0", timeout=SLOW_MS)
    expect(page.locator(".pa-legend .mark").first).to_be_visible()


@pytest.mark.parametrize("more", ["", "&adaptive=1&kernel=gaussian", "&perpeople=1"])
def test_densities_are_tiles(page, more: str) -> None:
    open_hotspots(page, f"method=density{more}")
    tiles = map_frame(page).locator(".leaflet-atlas-heat-pane img.leaflet-tile-loaded")
    tiles.first.wait_for(state="attached", timeout=SLOW_MS)
    assert "cells" not in page.frames[-1].evaluate("[...Atlas.state.slots.keys()]")


def test_emerging_hot_spots_open(page) -> None:
    open_hotspots(page, "method=emerging&coarse=2000")
    expect(page.locator(".pa-facts")).to_contain_text("新兴热点")


@pytest.mark.parametrize("horizon", ["week", "shift"])
def test_a_forecast_never_comes_without_its_backtest(page, horizon: str) -> None:
    open_hotspots(page, f"method=forecast&horizon={horizon}")
    expect(page.locator(".pa-verdict")).to_be_visible()
    expect(page.locator(".pa-table tbody tr")).to_have_count(4)
    panel = page.locator(".st-key-backtest")
    panel.locator("canvas, svg").first.wait_for(timeout=SLOW_MS)
    page.frames[-1].wait_for_function(f"({PAINTED})() > 0", timeout=SLOW_MS)
    top = page.locator('iframe[title="streamlit_folium.st_folium"]').bounding_box()
    beside = page.locator(".pa-verdict").bounding_box()
    assert beside["x"] >= top["x"] + top["width"]


def test_a_click_on_a_cell_opens_its_numbers_and_links_to_it(page) -> None:
    open_hotspots(page, "method=significance")
    before = page.frames[-1].evaluate("Atlas.state.fit")
    page.get_by_role("button", name="放大到格子").click()
    # The frame arrives with the answer of the server: a place read before it has moved on.
    page.frames[-1].wait_for_function(
        "before => Atlas.state.fit !== before && !Atlas.state.map._animatingZoom",
        arg=before,
        timeout=SLOW_MS,
    )
    settled(page)
    page.frames[-1].wait_for_function(f"({PAINTED})() > 0", timeout=SLOW_MS)
    at = page.frames[-1].evaluate(A_CELL)
    map_frame(page).locator("#map_div").click(position={"x": at["x"], "y": at["y"]})
    expect(page.locator(".pa-record")).to_contain_text("Gi* z 值", timeout=SLOW_MS)
    settled(page)
    assert f"cell={at['key']}" in page.url.replace("%2C", ",")


@pytest.mark.parametrize(("method", "most"), [("significance", 20_000), ("forecast", 32_000)])
def test_a_change_is_small(page, method: str, most: int) -> None:
    open_hotspots(page, f"method={method}")
    before = page.watch.websocket_bytes
    option = page.locator('.option[data-id="categories:theft"]')
    option.click()
    expect(option).to_have_attribute("aria-checked", "true")
    settled(page)
    assert page.watch.websocket_bytes - before <= most


def test_methods_follow_one_another_on_one_map(page) -> None:
    open_hotspots(page, "method=significance")
    for word, slots in (("密度", "heat"), ("预测", "cells"), ("显著热点", "cells")):
        page.get_by_role("radio", name=word, exact=True).click()
        expect(page.locator(".pa-facts")).to_contain_text(word, timeout=SLOW_MS)
        settled(page)
        there = page.frames[-1].evaluate("[...Atlas.state.slots.keys()]")
        assert there == ["units", slots]


def test_the_cells_download(page, tmp_path: Path) -> None:
    open_hotspots(page, "method=significance")
    with page.expect_download() as started:
        page.get_by_role("button", name="GeoJSON").click()
    file = tmp_path / "cells.geojson"
    started.value.save_as(file)
    collection = json.loads(file.read_text(encoding="utf-8"))
    assert collection["about"]["counts_hidden_below"] == 5
    assert collection["features"]
