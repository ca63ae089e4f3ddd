"""The atlas in a real browser at 10⁴, 10⁵ and 10⁶ incidents, against plain folium.

For each size a store is filled, served by ``pingan serve``'s own server and driven in Chromium:
time to the first map, then ``CHANGES`` filter changes. Printed per change: bytes on the
websocket, CPU of the server, wall time until the points and until the heat follow, and the
share of animation frames in which a layer was missing; then the browser's heap after forty changes.

The peer, in the same run, is the usual way to build such a page: a folium map with
FastMarkerCluster and HeatMap rendered anew for each filter. Its bytes and processor time are those
of rendering alone, before anything has reached a browser.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import folium
import numpy as np
import pyarrow as pa
from folium.plugins import FastMarkerCluster, HeatMap
from playwright.sync_api import Page, sync_playwright

from data.region import RegionPack
from data.settings import Settings
from data.store import LoadRequest, Store
from geo.vocabulary import CATEGORY_CODES, RecordKind

SIZES = (10_000, 100_000, 1_000_000)
CHANGES = 10
LONG_RUN = 40
SERVE = (
    "import sys; from data.settings import Settings; from dashboard.server import serve; "
    "serve(Settings.load(), port=int(sys.argv[1]))"
)
KINDS = ("theft", "fraud", "robbery", "burglary", "assault")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--enable-precise-memory-info",
]

# Counts the animation frames in which points or heat are not on the map.
SAMPLER = """() => {
  const seen = { frames: 0, missing: 0 };
  window.__seen = seen;
  const look = () => {
    const heat = [...document.querySelectorAll('.leaflet-atlas-heat-pane .leaflet-layer')]
      .some(layer => Number(getComputedStyle(layer).opacity) > 0.1);
    seen.frames += 1;
    if (!heat || !document.querySelector('canvas')) seen.missing += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def fill(home: Path, count: int) -> Settings:
    """A store with ``count`` incidents clustered around the units of the sample."""
    settings = Settings.load(environ={"PINGAN_HOME": str(home)})
    region = RegionPack.open(settings.region)
    store = Store.open(settings, region)
    rng = np.random.default_rng(1)
    seats = region.units.geometry.representative_point()
    unit = rng.integers(0, len(seats), count)
    local = np.sort(rng.integers(14_610, 15_705, count)) * 86_400
    local += rng.integers(0, 24, count) * 3_600
    number = np.arange(count, dtype=np.int64)
    table = pa.table(
        {
            "key_hash": number,
            "content_hash": number,
            "row_no": number,
            "category": np.array(CATEGORY_CODES)[rng.integers(0, 18, count)],
            "severity": rng.integers(1, 4, count).astype(np.uint8),
            "occurred_at": local - 8 * 3_600,
            "occurred_local": local,
            "time_precision": np.full(count, "minute"),
            "unit_code": region.units.index.to_numpy().astype(str)[unit],
            "match_code": np.full(count, "A1"),
            "r95_m": np.full(count, 15.0),
            "deaths": np.zeros(count, dtype=np.int16),
            "injured": np.zeros(count, dtype=np.int16),
            "lon": seats.x.to_numpy()[unit] + rng.normal(0, 0.01, count),
            "lat": seats.y.to_numpy()[unit] + rng.normal(0, 0.01, count),
        }
    )
    request = LoadRequest(
        kind=RecordKind.INCIDENTS,
        profile="bench",
        profile_digest="0",
        file_name="bench",
        sha256=str(count),
        as_of=datetime(2013, 1, 1, tzinfo=UTC),
        source="bench",
        is_demo=True,
        loader_version="1",
    )
    with store.load(request) as load:
        load.write(RecordKind.INCIDENTS, table)
        load.finish({"read": count, "accepted": count, "rejected": 0, "duplicate": 0})
    store.columns()
    store.close()
    return settings


@contextmanager
def served(command: list[str], environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Start a server on a free port; yields its address and process number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    filled = [part.replace("{port}", str(port)) for part in command]
    process = subprocess.Popen(
        filled, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(20)


def cpu_ms(pid: int) -> float:
    """Processor time a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1_000 / os.sysconf("SC_CLK_TCK")


def heap_mb(page: Page) -> float:
    """JavaScript heap of the page after a full collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / 1e6


def idle(page: Page) -> None:
    """Until the script has ended and no request is under way."""
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState"
        " === 'notRunning'",
        timeout=300_000,
    )
    page.wait_for_load_state("networkidle", timeout=300_000)


def watched(page: Page) -> list[int]:
    """A list that grows by the size of each frame the websocket receives."""
    sizes: list[int] = []
    page.on(
        "websocket", lambda ws: ws.on("framereceived", lambda data: sizes.append(len(data)))
    )
    return sizes


def atlas(page: Page, address: str, pid: int) -> dict[str, float]:
    """Measure the atlas; milliseconds, kB, MB."""
    sizes = watched(page)
    start = time.perf_counter()
    page.goto(f"{address}/?period=all&layers=cases,hotspots")
    frame = page.frame_locator('iframe[title="streamlit_folium.st_folium"]')
    counter = frame.locator(".atlas-counter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('iframe')].some(f =>"
        " /\\d/.test(f.contentDocument?.querySelector('.atlas-counter')?.textContent || ''))",
        timeout=120_000,
    )
    first_ms = (time.perf_counter() - start) * 1_000
    idle(page)
    inner = next(f for f in page.frames if "st_folium" in f.url)
    inner.evaluate(SAMPLER)
    rows, before_heap = [], heap_mb(page)
    for change in range(LONG_RUN):
        option = page.locator(f'.option[data-id="categories:{KINDS[change % len(KINDS)]}"]')
        shown = counter.inner_text()
        wire, busy, start = sum(sizes), cpu_ms(pid), time.perf_counter()
        option.click()
        page.wait_for_function(
            "(shown) => [...document.querySelectorAll('iframe')].some(f => {"
            " const c = f.contentDocument?.querySelector('.atlas-counter');"
            " return c && c.innerText !== shown; })",
            arg=shown,
            timeout=120_000,
        )
        points_ms = (time.perf_counter() - start) * 1_000
        inner.wait_for_function(
            "() => { const l = Atlas.state.slots.get('heat'); return l && !l._coming; }",
            timeout=120_000,
        )
        heat_ms = (time.perf_counter() - start) * 1_000
        idle(page)
        if change < CHANGES:
            rows.append((points_ms, heat_ms, (sum(sizes) - wire) / 1e3, cpu_ms(pid) - busy))
    seen = inner.evaluate("() => window.__seen")
    points_ms, heat_ms, wire_kb, server_ms = (median(c) for c in zip(*rows, strict=True))
    return {
        "first map ms": first_ms,
        "points ms": points_ms,
        "heat ms": heat_ms,
        "websocket kB": wire_kb,
        "server CPU ms": server_ms,
        "frames without a layer %": 100 * seen["missing"] / max(seen["frames"], 1),
        "heap MB before": before_heap,
        f"heap MB after {LONG_RUN}": heap_mb(page),
    }


def plain_folium(count: int) -> dict[str, float]:
    """Bytes and processor time of one change when the layers carry the points themselves."""
    rng = np.random.default_rng(1)
    points = np.round(rng.uniform((34.0, 113.1), (34.4, 113.6), (count // 5, 2)), 5).tolist()
    start = time.process_time()
    page = folium.Map((34.2, 113.35))
    HeatMap(points).add_to(page)
    FastMarkerCluster(points).add_to(page)
    text = page.get_root().render()
    return {
        "websocket kB": len(text) / 1e3,
        "server CPU ms": (time.process_time() - start) * 1e3,
    }


def rounded(figures: dict[str, float]) -> str:
    """One line of figures."""
    return json.dumps({name: round(value, 1) for name, value in figures.items()})


def main() -> None:
    """Print one line per size and system."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        for count in SIZES:
            with tempfile.TemporaryDirectory() as home:
                fill(Path(home), count)
                command = [sys.executable, "-c", SERVE, "{port}"]
                with served(command, {"PINGAN_HOME": home}) as (address, pid):
                    page = browser.new_page(viewport={"width": 1920, "height": 1080})
                    figures = atlas(page, address, pid)
                    page.close()
            usual = plain_folium(count)
            print(f"atlas {count:>9,}", rounded(figures))
            print(f"plain {count:>9,}", rounded(usual))
            ratios = {f"{name} ratio": usual[name] / figures[name] for name in usual}
            print(f"      {count:>9,}", rounded(ratios), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
