"""A pack of one calibrated road, its ledger, and the steps of a hazard's life."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from data.ledger import Ledger, NewHazard
from data.region import RegionPack
from data.region_layers import write_geojson
from data.settings import Settings
from data.store import Store
from geo.hazard_states import HazardEvent, Measure

MANIFEST = """
[region]
code = "t9"
name = { zh = "试" }
metric_crs = "EPSG:4547"
timezone = "Asia/Shanghai"
[files]
units = "units.geojson"
roads = "roads.geojson"
calibration = "calibration.csv"
"""
SURVEYS = {
    "old": "route_code,piece,stake_m,chain_m\nS1,0,10000,0\nS1,0,20000,10000\n",
    # Resurveyed: the zero point moved by 7 km, and 400 m less between the signs.
    "new": "route_code,piece,stake_m,chain_m\nS1,0,17000,0\nS1,0,26600,10000\n",
}
X, Y = 500_000.0, 3_770_000.0
AT = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
DAY = date(2026, 6, 1)


def write_pack(folder: Path, survey: str) -> RegionPack:
    folder.mkdir(exist_ok=True)
    (folder / "region.toml").write_text(MANIFEST, encoding="utf-8")
    units = gpd.GeoDataFrame(
        {"unit_code": ["a"], "name": ["甲"]}, geometry=[shapely.box(113, 33, 115, 35)], crs=4326
    )
    write_geojson(folder / "units.geojson", units, decimals=5)
    roads = gpd.GeoDataFrame(
        {
            "route_code": ["S1", "N1"],
            "name": ["一路", "街"],
            "stake_from_m": [10_000.0, np.nan],
            "stake_to_m": [20_000.0, np.nan],
        },
        geometry=[
            shapely.LineString([(X, Y), (X + 4000, Y), (X + 8000, Y + 4000)]),
            shapely.LineString([(X, Y + 2000), (X + 900, Y + 2000)]),
        ],
        crs="EPSG:4547",
    ).to_crs(4326)
    roads.loc[0, ["stake_from_m", "stake_to_m"]] = [10_000.0, 19_656.0]
    write_geojson(folder / "roads.geojson", roads, decimals=9)
    length = roads.to_crs(4547).length.iloc[0]
    calibration = SURVEYS[survey].replace(",10000\n", f",{length:.3f}\n")
    (folder / "calibration.csv").write_text(calibration, encoding="utf-8")
    return RegionPack.open(folder)


@pytest.fixture
def open_ledger(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    stores: list[Store] = []

    def opened(survey: str = "old") -> Store:
        pack = write_pack(tmp_path / "pack", survey)
        stores.append(Store.open(Settings(home=tmp_path / "home", region="t9"), pack))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(open_ledger: Callable[..., Store]) -> Store:
    return open_ledger()


def picture(kind: str = "JPEG", *, exif: bool = True, colour: int = 90) -> bytes:
    image = Image.new("RGB", (40, 20), (colour, 120, 30))
    notes = Image.Exif()
    notes[0x010F] = "SecretCam"
    notes[0x9C9D] = "owner".encode("utf-16-le")
    notes[0x0112] = 6  # stored lying on its side
    notes.get_ifd(0x8825)[2] = (34.0, 9.0, 0.0)
    out = BytesIO()
    image.save(out, kind, **({"exif": notes} if exif else {}))
    return out.getvalue()


def make(desk: Ledger, **changes: Any) -> int:
    values: dict[str, Any] = {
        "name": "S1 急弯",
        "route_code": "S1",
        "stake_from_m": 12_000.0,
        "stake_to_m": 12_500.0,
    }
    return desk.open_hazard(NewHazard(**(values | changes)), role="police", on=DAY, at=AT)


LISTED = HazardEvent(
    kind="listed",
    role="leader",
    on=date(2026, 6, 3),
    level="county",
    doc_no="安委〔2026〕3号",
    responsible_unit="县公路事业发展中心",
    deadline=date(2026, 9, 30),
)
PLANNED = HazardEvent(
    kind="planned",
    role="transport",
    on=date(2026, 6, 10),
    measures=(
        Measure(kind="guardrail", quantity=400, quantity_unit="m", cost_wan=12.5),
        Measure(kind="warning", quantity=6, quantity_unit="块", cost_wan=0.35),
    ),
    budget_wan=13.0,
)
TREATING = HazardEvent(
    kind="treating", role="transport", on=date(2026, 7, 1), started_on=date(2026, 6, 28)
)
SUBMITTED = HazardEvent(kind="submitted", role="transport", on=date(2026, 9, 1))
ACCEPTED = HazardEvent(
    kind="accepted",
    role="emergency",
    on=date(2026, 9, 10),
    checked_by=("transport", "police", "emergency"),
    result="pass",
)
CLOSED = HazardEvent(
    kind="closed", role="emergency", on=date(2026, 9, 20), doc_no="安委〔2026〕9号"
)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def take(desk: Ledger, hazard_id: int, *steps: HazardEvent) -> str:
    status = ""
    for step in steps:
        status = desk.advance(hazard_id, step, at=noon(step.on))
    return status


def verify(desk: Ledger, hazard_id: int) -> None:
    desk.attach(hazard_id, picture(), kind="before", role="police", at=AT, taken_on=DAY)
    take(desk, hazard_id, HazardEvent(kind="verified", role="police", on=DAY))


def treat(desk: Ledger, hazard_id: int) -> None:
    verify(desk, hazard_id)
    take(desk, hazard_id, LISTED, PLANNED, TREATING)


class Casework:
    """A hazard's days, papers and steps, for tests."""

    AT = AT
    DAY = DAY
    LISTED = LISTED
    PLANNED = PLANNED
    TREATING = TREATING
    SUBMITTED = SUBMITTED
    ACCEPTED = ACCEPTED
    CLOSED = CLOSED
    write_pack = staticmethod(write_pack)
    picture = staticmethod(picture)
    make = staticmethod(make)
    noon = staticmethod(noon)
    take = staticmethod(take)
    verify = staticmethod(verify)
    treat = staticmethod(treat)


@pytest.fixture(scope="session")
def case() -> type[Casework]:
    return Casework
