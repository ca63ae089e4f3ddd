"""What several test folders share: small stores filled through the store's own door."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from playwright.sync_api import Browser, sync_playwright

from data.region import RegionPack
from data.sample.demo import write_demo_files
from data.settings import Settings
from data.store import LoadRequest, Store
from etl.pipeline import load_file
from etl.profile import Profile
from geo.vocabulary import CATEGORY_CODES, RecordKind, Severity

DAY_S = 86_400
FIRST_DAY = 19_358  # 2023-01-01
LAST_DAY = 20_453  # 2025-12-31

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "${window.pwned=1}",
    "`+(window.pwned=1)+`",
    "\"'><svg onload=window.pwned=1>",
    "{{7*7}} \\u003cb\\u003e",
    '=HYPERLINK("http://evil.example","x")',
    "警情 😀 </script>",
    "![x](http://evil.example/x.png) $x$ :red[y]",
)


# Without these Chromium looks for hosts of its own at every start.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps an event loop running in this thread."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for all tests."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("Chromium is missing; `make test` installs it")
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


def incident_table(region: RegionPack, n: int, seed: int = 7) -> pa.Table:
    """``n`` invented incidents inside the units, newest one on :data:`LAST_DAY`."""
    random = np.random.default_rng(seed)
    units = region.units
    inside = units.geometry.representative_point()
    unit = random.integers(0, len(units), n)
    day = np.sort(random.integers(FIRST_DAY, LAST_DAY + 1, n))
    day[-1:] = LAST_DAY
    hour = random.integers(0, 24, n)
    severity = random.choice(4, n, p=[0.05, 0.5, 0.35, 0.1]).astype(np.uint8)
    unplaced = random.random(n) < 0.05
    local = day * DAY_S + hour * 3600
    lon = inside.x.to_numpy()[unit] + random.normal(0, 0.006, n)
    lat = inside.y.to_numpy()[unit] + random.normal(0, 0.006, n)
    texts = [PAYLOADS[i % len(PAYLOADS)] if i % 9 == 0 else f"第{i}处" for i in range(n)]
    return pa.table(
        {
            "key_hash": np.arange(n, dtype=np.int64),
            "content_hash": np.arange(n, dtype=np.int64),
            "row_no": np.arange(n, dtype=np.int64) + 2,
            "category": np.array(CATEGORY_CODES)[random.integers(0, len(CATEGORY_CODES), n)],
            "severity": severity,
            "occurred_at": local - 8 * 3600,
            "occurred_local": local,
            "time_precision": np.where(random.random(n) < 0.1, "day", "minute"),
            "unit_code": units.index.to_numpy().astype(str)[unit],
            "match_code": np.where(unplaced, "U", np.where(random.random(n) < 0.5, "A1", "C2")),
            "r95_m": np.where(unplaced, np.nan, 500.0),
            "place_text": texts,
            "deaths": (severity == Severity.SERIOUS).astype(np.int16),
            "injured": (severity == Severity.MODERATE).astype(np.int16),
            "lon": pa.array(lon, mask=unplaced),
            "lat": pa.array(lat, mask=unplaced),
            "attributes": [json.dumps({"备注": text}, ensure_ascii=False) for text in texts],
        }
    )


def site_table(region: RegionPack) -> pa.Table:
    """One site per payload, cycling through the kinds."""
    kinds = ["coal_mine", "school", "camera", "patrol_post"]
    points = region.units.geometry.representative_point()
    n = len(PAYLOADS)
    return pa.table(
        {
            "key_hash": np.arange(n, dtype=np.int64),
            "content_hash": np.arange(n, dtype=np.int64),
            "row_no": np.arange(n, dtype=np.int64) + 2,
            "site_kind": [kinds[i % len(kinds)] for i in range(n)],
            "name": list(PAYLOADS),
            "unit_code": region.units.index[:n].astype(str).tolist(),
            "match_code": ["A1"] * n,
            "r95_m": np.full(n, 15.0),
            "lon": points.x.to_numpy()[:n],
            "lat": points.y.to_numpy()[:n],
        }
    )


def hazard_table(region: RegionPack) -> pa.Table:
    """Two road sections and a disorder spot."""
    west, south, east, north = region.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    shapes = [
        shapely.LineString([(lon, lat), (lon + 0.05, lat + 0.02)]),
        shapely.LineString([(lon - 0.08, lat), (lon - 0.04, lat - 0.03)]),
        shapely.Point(lon, lat + 0.05),
    ]
    return pa.table(
        {
            "key_hash": np.arange(3, dtype=np.int64),
            "content_hash": np.arange(3, dtype=np.int64),
            "row_no": np.arange(3, dtype=np.int64) + 2,
            "hazard_kind": ["road_section", "road_section", "disorder_spot"],
            "name": [PAYLOADS[0], "北环急弯", "站前乱点"],
            "grade": ["major", "general", None],
            "status": ["treating", "found", "listed"],
            "found_on": pa.array([20_000, 20_100, None], pa.int32()),
            "route_code": ["S103", "S237", None],
            "stake_from_m": [12_300.0, None, None],
            "stake_to_m": [13_500.0, None, None],
            "unit_code": [str(region.units.index[0])] * 3,
            "match_code": ["B1", "C1", "C2"],
            "r95_m": [100.0, 600.0, 810.0],
            "geometry": [shapely.to_wkb(shape) for shape in shapes],
        }
    )


def load(store: Store, kind: RecordKind, table: pa.Table, *, is_demo: bool = False) -> None:
    """Write ``table`` as one finished load with two refused rows."""
    request = LoadRequest(
        kind=kind,
        profile=f"test_{kind}",
        profile_digest="0",
        file_name=f"{kind}<b>.csv",
        sha256=f"{kind}-{len(table)}",
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        source="测试来源",
        is_demo=is_demo,
        loader_version="1",
    )
    refused = pa.table(
        {
            "row_no": pa.array([98, 99], pa.int64()),
            "code": ["OUT_OF_AREA", "BAD_TIME"],
            "field": ["lon", "occurred"],
            "detail": ["", "31 February"],
            "raw": ["113.9,34.1", '=HYPERLINK("http://evil.example","x")'],
        }
    )
    with store.load(request) as batch:
        batch.write(kind, table)
        batch.reject(refused)
        n = len(table)
        batch.finish(
            {
                "read": n + 3,
                "accepted": n,
                "rejected": 2,
                "duplicate": 1,
                "dropped_columns": list(PAYLOADS),
                "warnings": [{"code": PAYLOADS[0], "detail": PAYLOADS[-1]}],
                "matches": {"A1": n // 2, "C2~": n - n // 2},
            }
        )


MakeStore = Callable[..., Settings]


@pytest.fixture(scope="session")
def make_store(tmp_path_factory: pytest.TempPathFactory) -> MakeStore:
    """``make_store(n, is_demo=…)``: settings of a new store with ``n`` incidents.

    ``n = 0`` leaves the store empty; otherwise sites and hazards are there as well.
    """

    def make(n: int, *, is_demo: bool = True) -> Settings:
        home: Path = tmp_path_factory.mktemp("home")
        settings = Settings.load(environ={"PINGAN_HOME": str(home)})
        region = RegionPack.open(settings.region)
        store = Store.open(settings, region)
        if n:
            load(store, RecordKind.INCIDENTS, incident_table(region, n), is_demo=is_demo)
            load(store, RecordKind.SITES, site_table(region), is_demo=is_demo)
            load(store, RecordKind.HAZARDS, hazard_table(region), is_demo=is_demo)
        store.close()
        return settings

    return make


@pytest.fixture(scope="session")
def make_road_store(
    make_store: MakeStore, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Settings]:
    """``make_road_store()``: a store of its own with the sample's crashes and road hazards."""
    made = make_store(0)
    region = RegionPack.open(made.region)
    with closing(Store.open(made, region)) as store:
        for file in write_demo_files(tmp_path_factory.mktemp("demo"), region, scale=0.4):
            if file.profile in ("demo_traffic", "demo_danger_sections"):
                profile = Profile.open(file.profile)
                load_file(
                    file.path, kind=file.kind, profile=profile, region=region, store=store
                )
        store.columns()

    def make() -> Settings:
        home = tmp_path_factory.mktemp("roads") / "home"
        shutil.copytree(made.home, home)
        return Settings.load(environ={"PINGAN_HOME": str(home)})

    return make
