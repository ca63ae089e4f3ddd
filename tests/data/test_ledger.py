"""The ledger: steps in the store, proofs on the disk, history that stays, places that last."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from alembic import command
from PIL import Image
from sqlalchemy import text

from data.decisions import PlaceDecision
from data.engine import alembic_config, make_engine, writing
from data.ledger import Ledger, NewHazard
from data.ledger.evidence import EvidenceFolder
from data.ledger.sections import same_sections
from data.ledger.texts import clean_text
from data.region import RegionPack
from data.region_layers import write_geojson
from data.settings import Settings
from data.store import Store
from geo.errors import HazardError, SafetyError, StoreError
from geo.hazard_states import Evaluation, HazardEvent, Measure
from geo.vocabulary import RecordKind

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


def test_a_whole_life(store: Store) -> None:
    version = store.version
    with store.ledger() as desk:
        one = make(desk)
        treat(desk, one)
        desk.attach(
            one, picture(colour=10), kind="after", role="transport", at=noon(date(2026, 8, 30))
        )
        assert take(desk, one, SUBMITTED, ACCEPTED, CLOSED) == "closed"
        evaluation = Evaluation(
            years=1,
            before_from=date(2023, 1, 1),
            before_to=date(2025, 12, 31),
            after_from=date(2026, 10, 1),
            after_to=date(2027, 9, 30),
            observed_before=9,
            observed_after=1,
            expected_after=2.2,
            odds_ratio=0.45,
            standard_error=0.3,
            naive_change=-0.67,
        )
        watch = HazardEvent(
            kind="monitoring", role="police", on=date(2027, 10, 8), evaluation=evaluation
        )
        assert take(desk, one, watch) == "monitoring"
    with store.ledger_reader() as ledger:
        history = ledger.history(one)
        works, looked = ledger.measures(one), ledger.evaluations(one)
    assert history["kind"].tolist() == [
        "found", "verified", "listed", "planned", "treating", "submitted", "accepted", "closed",
        "monitoring",
    ]  # fmt: skip
    assert history["seq"].tolist() == list(range(1, 10))
    assert history["to_status"].tolist() == history["kind"].tolist()
    assert history["from_status"].tolist()[1:] == history["to_status"].tolist()[:-1]
    assert history["facts"].iloc[2] == {
        "level": "county",
        "responsible_unit": "县公路事业发展中心",
        "deadline": "2026-09-30",
    }
    assert history["facts"].iloc[3] == {"budget_yuan": 130_000.0}
    assert history["facts"].iloc[6]["checked_by"] == ["emergency", "police", "transport"]
    assert history["happened_on"].iloc[4] == pd.Timestamp("2026-07-01")
    assert works["cost_yuan"].tolist() == [125_000.0, 3500.0]
    assert works["measure_kind"].tolist() == ["guardrail", "warning"]
    assert looked[["observed_before", "odds_ratio"]].values.tolist() == [[9, 0.45]]
    row = store.hazards().loc[one]
    assert (row["status"], row["level"], row["code"]) == (
        "monitoring",
        "county",
        "t9-2026-0001",
    )
    assert row["due_on"] == pd.Timestamp("2026-09-30")
    assert row["closed_on"] == pd.Timestamp("2026-09-20")
    assert (row["unit_code"], row["match_code"], row["source"]) == ("a", "B1", "ledger")
    assert row["load_id"] is pd.NA
    # What is measured on incidents stays valid.
    assert store.version == version
    assert store.ledger_version == 1


def test_a_step_that_lacks_something_changes_nothing(store: Store) -> None:
    with store.ledger() as desk:
        one = make(desk)
    before = store.ledger_version
    with (
        pytest.raises(HazardError, match="cannot be verified: photo_or_reason") as caught,
        store.ledger() as desk,
    ):
        take(desk, one, HazardEvent(kind="verified", role="police", on=DAY))
    assert caught.value.missing == ("photo_or_reason",)
    with pytest.raises(HazardError) as caught, store.ledger() as desk:
        take(desk, one, LISTED)
    assert caught.value.missing == ("transition",)
    # Also when the error is caught within the block.
    with store.ledger() as desk:
        verify(desk, one)
        take(desk, one, LISTED)
        endless = replace(PLANNED, measures=(Measure(kind="warning", quantity=1e12),))
        with pytest.raises(HazardError, match="a quantity is"):
            take(desk, one, endless)
    with store.ledger_reader() as ledger:
        assert ledger.history(one)["kind"].tolist() == ["found", "verified", "listed"]
        assert ledger.measures(one).empty
    assert store.ledger_version == before + 1


def test_a_document_is_no_picture_of_the_place(store: Store) -> None:
    with store.ledger() as desk:
        one = make(desk)
        desk.attach(one, b"%PDF-1.4\n%%EOF", kind="before", role="police", at=AT)
        with pytest.raises(HazardError, match="photo_or_reason"):
            take(desk, one, HazardEvent(kind="verified", role="police", on=DAY))


def test_rework_needs_new_pictures(store: Store) -> None:
    with store.ledger() as desk:
        one = make(desk)
        treat(desk, one)
        desk.attach(one, picture(), kind="after", role="transport", at=noon(SUBMITTED.on))
        rework = replace(ACCEPTED, result="rework", note="护栏端头未处理")
        assert take(desk, one, SUBMITTED, rework) == "treating"
        again = replace(SUBMITTED, on=date(2026, 9, 25))
        with pytest.raises(HazardError, match="photo_after"):
            take(desk, one, again)
        desk.attach(one, picture(colour=1), kind="after", role="transport", at=noon(again.on))
        last = replace(ACCEPTED, on=date(2026, 9, 28))
        assert take(desk, one, again, last) == "accepted"


def test_a_relapse_begins_anew(store: Store) -> None:
    with store.ledger() as desk:
        one = make(desk)
        treat(desk, one)
        desk.attach(one, picture(), kind="after", role="transport", at=noon(SUBMITTED.on))
        take(desk, one, SUBMITTED, ACCEPTED, CLOSED)
        back = HazardEvent(
            kind="relapsed", role="police", on=date(2026, 12, 1), note="又两起死亡"
        )
        assert take(desk, one, back) == "relapsed"
        seen = HazardEvent(kind="verified", role="police", on=date(2026, 12, 2))
        with pytest.raises(HazardError, match="photo_or_reason"):
            take(desk, one, seen)
    row = store.hazards().loc[one]
    assert row["closed_on"] is pd.NaT
    assert row["due_on"] is pd.NaT


def test_deadlines_extensions_and_who_is_late(store: Store) -> None:
    with store.ledger() as desk:
        one, two = make(desk), make(desk, stake_from_m=15_000.0, stake_to_m=15_200.0)
        for each in (one, two):
            verify(desk, each)
            take(desk, each, LISTED)
        desk.extend_deadline(
            two,
            deadline=date(2026, 11, 30),
            role="leader",
            reason="汛期停工",
            on=date(2026, 9, 1),
            at=noon(date(2026, 9, 1)),
        )
        with pytest.raises(HazardError) as caught:
            desk.extend_deadline(
                one,
                deadline=date(2026, 12, 31),
                role="transport",
                reason="忙",
                on=date(2026, 9, 1),
                at=noon(date(2026, 9, 1)),
            )
        assert caught.value.missing == ("role",)
    with store.ledger_reader() as ledger:
        assert ledger.overdue(date(2026, 9, 30)).empty
        late = ledger.overdue(date(2026, 10, 3))
        assert late.index.tolist() == [one]
        assert late["days_overdue"].tolist() == [3]
        late = ledger.overdue(date(2026, 12, 2))
        assert late["days_overdue"].to_dict() == {one: 63, two: 2}
        extension = ledger.history(two).iloc[-1]
        figures = ledger.unit_figures(date(2026, 10, 3))
    assert (extension["kind"], extension["from_status"], extension["to_status"]) == (
        "extended",
        "listed",
        "listed",
    )
    assert extension["facts"] == {"deadline": "2026-11-30", "old_deadline": "2026-09-30"}
    assert figures.loc["县公路事业发展中心", ["hazards", "listed", "open", "closed", "overdue"]].tolist() == [
        2, 2, 2, 0, 1,
    ]  # fmt: skip
    assert figures["median_days_verified"].tolist() == [2.0]
    assert figures["median_days_found"].tolist() == [0.0]


def test_interim_control_is_a_flag_and_no_state(store: Store) -> None:
    with store.ledger() as desk:
        one = make(desk)
        control = HazardEvent(
            kind="controlled", role="police", on=DAY, note="限速 40, 专人值守",
            control_until=date(2026, 8, 1),
        )  # fmt: skip
        assert take(desk, one, control) == "found"
    row = store.hazards().loc[one]
    assert row["controlled_on"] == pd.Timestamp(DAY)
    assert row["control_until_on"] == pd.Timestamp("2026-08-01")


def test_merging_and_rejecting_end_a_hazard(store: Store) -> None:
    with store.ledger() as desk:
        one, two, three = make(desk), make(desk), make(desk)
        desk.merge(one, into=two, role="police", on=DAY, at=AT)
        desk.reject(three, reason="已改线, 不在路上", role="transport", on=DAY, at=AT)
        for ended in (one, three):
            with pytest.raises(HazardError, match="transition"):
                take(desk, ended, HazardEvent(kind="verified", role="police", on=DAY, note="x"))
            with pytest.raises(HazardError, match="nothing can be added"):
                desk.attach(ended, picture(), kind="before", role="police", at=AT)
        with pytest.raises(HazardError, match="is merged"):
            desk.merge(two, into=one, role="police", on=DAY, at=AT)
        with pytest.raises(HazardError, match="no hazard 99"):
            desk.merge(two, into=99, role="police", on=DAY, at=AT)
    rows = store.hazards()
    assert rows["status"].tolist() == ["merged", "found", "rejected"]
    assert rows.loc[one, "merged_into"] == two
    assert rows["code"].tolist() == ["t9-2026-0001", "t9-2026-0002", "t9-2026-0003"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, "needs the name"),
        ({"name": "电话 13812345678"}, "phone or a plate"),
        ({"kind": "dragon"}, "unknown"),
        ({"side": "up"}, "unknown"),
        ({"grade": "A+"}, "unknown"),
        ({"route_code": "S9"}, "no route S9"),
        ({"stake_from_m": 90_000.0, "stake_to_m": 91_000.0}, "no place"),
        ({"stake_to_m": None}, "no place"),
        ({"route_code": None}, "no place"),
        ({"geometry": shapely.Point(0, 0)}, "outside the region"),
        ({"section_id": 7}, "no screened section 7"),
    ],
)
def test_what_cannot_be_opened(store: Store, changes: dict[str, Any], message: str) -> None:
    with store.ledger() as desk, pytest.raises(HazardError, match=message) as caught:
        make(desk, **changes)
    assert "\n" not in str(caught.value)
    assert store.hazards().empty


def test_offices_times_and_days_are_checked(store: Store) -> None:
    new = NewHazard(name="x", geometry=shapely.Point(114.0, 34.0))
    with store.ledger() as desk:
        with pytest.raises(HazardError, match="no office"):
            desk.open_hazard(new, role="王警官", on=DAY, at=AT)
        with pytest.raises(HazardError, match="time zone"):
            desk.open_hazard(new, role="police", on=DAY, at=datetime(2026, 6, 1))
        with pytest.raises(HazardError, match="in the future"):
            desk.open_hazard(new, role="police", on=date(2026, 6, 2), at=AT)
        # At 17:00 UTC it is tomorrow already where the region is.
        late = datetime(2026, 6, 1, 17, tzinfo=UTC)
        one = desk.open_hazard(new, role="police", on=date(2026, 6, 2), at=late)
    row = store.hazards().loc[one]
    assert (row["match_code"], row["r95_m"], row.geometry.geom_type) == ("A2", 100.0, "Point")


@pytest.mark.parametrize(
    "said",
    ["请联系 13812345678", "身份证11010519491231002X", "豫K12345 撞护栏", "豫K·D1234F"],
)
def test_texts_about_persons_are_refused(said: str) -> None:
    with pytest.raises(HazardError, match="places only"):
        clean_text(said, what="the note")


@pytest.mark.parametrize(
    "said", ["S103 K12+300", "安委〔2026〕3号 2026-06-01", "豫K段路口 12345 号"]
)
def test_texts_about_places_are_kept(said: str) -> None:
    assert clean_text(f" {said} ", what="the note") == said


# --- evidence -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pictures_lose_the_cameras_notes(store: Store, kind: str) -> None:
    raw = picture(kind)
    assert b"SecretCam" in raw
    with store.ledger() as desk:
        one = make(desk)
        number = desk.attach(one, raw, kind="before", role="police", at=AT, caption="弯道")
        content, mime = desk.evidence_file(number)
        listed = desk.evidence(one)
    assert mime == f"image/{kind.lower()}"
    assert b"SecretCam" not in content
    with Image.open(BytesIO(content)) as image:
        assert dict(image.getexif()) == {}
        assert image.size == (20, 40)  # turned upright before the note on that was dropped
    assert listed["size_bytes"].tolist() == [len(content)]
    assert listed["caption"].tolist() == ["弯道"]
    assert raw != content


def test_the_same_file_is_kept_once(store: Store, tmp_path: Path) -> None:
    with store.ledger() as desk:
        one = make(desk)
        for kind in ("before", "during"):
            desk.attach(one, picture(), kind=kind, role="police", at=AT)
        hashes = desk.evidence(one)["sha256"].unique().tolist()
    folder = tmp_path / "home" / "evidence" / "t9"
    assert [path.name for path in folder.iterdir()] == hashes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JPEG, PNG or PDF"),
        (b"GIF89a" + bytes(20), "no JPEG, PNG or PDF"),
        (b"<svg onload=alert(1)>", "no JPEG, PNG or PDF"),
        (b"PK\x03\x04" + bytes(20), "no JPEG, PNG or PDF"),
        (b"\xff\xd8\xff" + bytes(100), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged"),
        (picture()[:300], "damaged"),
        (b"%PDF-1.7 cut", "cut off"),
        (b"%PDF-" + bytes(20 * 1024 * 1024), "at most 20 MB"),
    ],
    ids=["empty", "gif", "svg", "zip", "jpeg", "png", "half", "pdf", "large"],
)
def test_what_is_no_evidence(tmp_path: Path, content: bytes, message: str) -> None:
    folder = EvidenceFolder(tmp_path / "e")
    with pytest.raises(HazardError, match=message):
        folder.keep(content)
    assert not (tmp_path / "e").exists()


def test_a_picture_of_too_many_pixels_is_not_unpacked(tmp_path: Path) -> None:
    out = BytesIO()
    Image.new("1", (10_000, 7_000)).save(out, "PNG")
    with pytest.raises(HazardError, match="pixels"):
        EvidenceFolder(tmp_path / "e").keep(out.getvalue())


def test_a_changed_or_missing_file_is_told(store: Store, tmp_path: Path) -> None:
    with store.ledger() as desk:
        one = make(desk)
        number = desk.attach(one, picture(), kind="before", role="police", at=AT)
        (path,) = (tmp_path / "home" / "evidence" / "t9").iterdir()
        path.write_bytes(b"other")
        with pytest.raises(HazardError, match="has been changed"):
            desk.evidence_file(number)
        path.unlink()
        with pytest.raises(HazardError, match="is missing"):
            desk.evidence_file(number)
        with pytest.raises(HazardError, match="no evidence 9"):
            desk.evidence_file(9)


def test_an_unwritable_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "e").write_bytes(b"")
    with pytest.raises(HazardError, match="cannot be stored"):
        EvidenceFolder(tmp_path / "e").keep(picture())


# --- history ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hazard_event SET note = 'x'",
        "UPDATE hazard_event SET role = 'leader' WHERE seq = 1",
        "DELETE FROM hazard_event",
        "INSERT OR REPLACE INTO hazard_event SELECT event_id, hazard_id, seq, kind, from_status,"
        " to_status, happened_on, recorded_at, 'leader', doc_no, note, facts FROM hazard_event"
        " WHERE seq = 2",
        "INSERT OR REPLACE INTO hazard_event SELECT event_id + 100, hazard_id, seq, kind,"
        " from_status, to_status, happened_on, recorded_at, 'leader', doc_no, note, facts"
        " FROM hazard_event WHERE seq = 2",
        "UPDATE hazard_evidence SET sha256 = 'x'",
        "DELETE FROM hazard_evidence",
        "DELETE FROM hazard_measure",
        "DELETE FROM hazard WHERE hazard_id = 1",
    ],
)
def test_history_cannot_be_edited(store: Store, statement: str, tmp_path: Path) -> None:
    with store.ledger() as desk:
        one = make(desk)
        treat(desk, one)
        before = desk.history(one)
    with pytest.raises(StoreError), writing(store._engine) as connection:
        connection.execute(text(statement))
    # Nor by another program at the file.
    with closing(sqlite3.connect(tmp_path / "home" / "t9.sqlite")) as other:
        other.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            other.execute(statement)
    with store.ledger_reader() as ledger:
        pd.testing.assert_frame_equal(ledger.history(one), before)
        assert len(ledger.evidence(one)) == 1


# --- screenings and identity --------------------------------------------------------------


def screened(**changes: Any) -> pd.DataFrame:
    values: dict[str, Any] = {
        "route_code": ["S1", "S1", "N1"],
        "chain_from_m": [2100.0, 7000.0, 0.0],
        "chain_to_m": [2400.0, 7400.0, 300.0],
        "rule": ["R3", "R3", None],
        "measures": [{"fatal": np.int64(3), "p": np.nan}, {}, {}],
        "event_ids": [[4, 5, 6], [7], []],
        "p_chance": [0.004, np.nan, np.nan],
        "rank": [1, 2, np.nan],
    }
    return pd.DataFrame(values | changes)


def save(desk: Ledger, sections: pd.DataFrame) -> int:
    return desk.save_run("R-MPS-500", {"window_m": 500}, sections, data_version="1-ab", at=AT)


def test_a_screening_is_kept_whole(store: Store) -> None:
    with store.ledger() as desk:
        number = save(desk, screened())
        runs, sections = desk.runs(), desk.sections(number)
    assert runs["parameters"].tolist() == [{"window_m": 500}]
    assert runs["made_at"].tolist() == [pd.Timestamp(AT)]
    assert sections["measures"].tolist()[0] == {"fatal": 3, "p": None}
    assert sections["event_ids"].tolist() == [[4, 5, 6], [7], []]
    assert sections["rank"].tolist()[:2] == [1, 2]
    assert sections["rank"].isna().tolist() == [False, False, True]
    first = sections.iloc[0]
    assert first["stake_from_m"] == pytest.approx(10_000 + 2100 * 10_000 / 9656.854, abs=0.1)
    assert first.geometry.geom_type == "LineString"
    assert np.isnan(sections["stake_from_m"].iloc[2])


def test_a_hazard_is_opened_from_a_section(store: Store) -> None:
    with store.ledger() as desk:
        section_id = int(desk.sections(save(desk, screened())).index[0])
        one = make(
            desk, section_id=section_id, route_code=None, stake_from_m=None, stake_to_m=None
        )
        assert desk.history(one)["facts"].tolist() == [{"section_id": section_id}]
        spans = desk.hazard_sections()
    assert spans.loc[one, "chain_from_m"] == pytest.approx(2100, abs=0.01)
    assert spans.loc[one, "chain_to_m"] == pytest.approx(2400, abs=0.01)
    assert store.hazards().loc[one, "route_code"] == "S1"


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (screened().drop(columns="chain_to_m"), "lack the column chain_to_m"),
        (screened(route_code=["S1", "S7", "N1"]), "section 1 is not on route S7"),
        (screened(chain_to_m=[2400.0, 99_000.0, 300.0]), "section 1 is not on route S1"),
        (screened(chain_to_m=[2000.0, 7400.0, 300.0]), "section 0"),
        (screened(chain_to_m=[np.nan, 7400.0, 300.0]), "section 0"),
    ],
)
def test_sections_off_the_road_are_refused(
    store: Store, sections: pd.DataFrame, message: str
) -> None:
    with store.ledger() as desk, pytest.raises(HazardError, match=message):
        save(desk, sections)


def test_a_hazard_stays_the_same_when_stakes_change(open_ledger: Callable[..., Store]) -> None:
    store = open_ledger("old")
    with store.ledger() as desk:
        one = make(desk)
        before = desk.hazard_sections().loc[one]
        run_id = save(desk, screened())
    store.close()
    resurveyed = open_ledger("new")
    assert resurveyed.hazards().loc[one, "stake_from_m"] == 12_000.0  # as it was written
    with resurveyed.ledger() as desk:
        after = desk.hazard_sections().loc[one]
        matches = desk.match_sections(run_id).set_index("section_id")["hazard_id"]
        # The same place found again, now with stakes of the new survey.
        again = desk.sections(save(desk, screened()))
        rematched = desk.match_sections(int(again["run_id"].iloc[0]))
    assert after["chain_from_m"] == pytest.approx(before["chain_from_m"], abs=0.02)
    assert before["stake_from_m"] == pytest.approx(12_000, abs=0.1)
    # K12+000 is a fifth of the way: 17000 + 0.2 · 9600.
    assert after["stake_from_m"] == pytest.approx(18_920, abs=0.1)
    assert after["stake_to_m"] == pytest.approx(19_400, abs=0.1)
    assert matches.tolist() == [one, pd.NA, pd.NA]
    assert rematched["hazard_id"].tolist() == [one, pd.NA, pd.NA]
    assert rematched["share"].iloc[0] == 1.0


@pytest.mark.parametrize(
    ("low", "high", "share"),
    [
        (100, 200, 1.0),  # within
        (0, 1000, 1.0),  # around: the shorter counts
        (250, 350, 0.5),
        (251, 351, None),
        (300, 400, None),
        (150, 150, 1.0),  # a point
        (500, 500, None),
    ],
)
def test_how_much_is_the_same(low: float, high: float, share: float | None) -> None:
    def frame(code: str, start: float, end: float) -> pd.DataFrame:
        return pd.DataFrame(
            {"route_code": [code], "chain_from_m": [start], "chain_to_m": [end]}, index=[9]
        )

    section, hazard = frame("S1", 100.0, 300.0), frame("S1", low, high)
    found = same_sections(section, hazard)["share"].tolist()
    assert found == ([] if share is None else [share])
    assert same_sections(hazard, section)["share"].tolist() == found
    assert same_sections(section, frame("S2", low, high)).empty
    assert same_sections(section, frame("S1", np.nan, np.nan)).empty


# --- files and the ledger -----------------------------------------------------------------


def hazards_of(**changes: Any) -> pa.Table:
    values: dict[str, Any] = {
        "key_hash": [1, 2, 3],
        "content_hash": [1, 2, 3],
        "row_no": [2, 3, 4],
        "hazard_kind": ["road_section"] * 3,
        "name": ["甲弯", "乙坡", "丙口"],
        "status": ["found", "treating", None],
        "due_on": pa.array([20_700, 20_700, None], pa.int32()),
        "route_code": ["S1", "S1", "S1"],
        "stake_from_m": [11_000.0, 13_000.0, 15_000.0],
        "stake_to_m": [11_300.0, 13_300.0, 15_300.0],
        "match_code": ["D1", "D1", "B1"],
        "r95_m": [4100.0] * 3,
        "geometry": [shapely.to_wkb(shapely.Point(113.9, 34.0))] * 3,
    }
    return pa.table(values | changes)


def load(store: Store, kit: Any, table: pa.Table, **changes: Any) -> Any:
    return kit.put(store, table, kind=RecordKind.HAZARDS, source="bureau", **changes)


def test_loaded_hazards_enter_the_ledger_where_they_stand(store: Store, kit: Any) -> None:
    load(store, kit, hazards_of())
    with store.ledger() as desk:
        assert [desk.state(n).status for n in (1, 2, 3)] == ["found", "treating", "found"]
        desk.attach(2, picture(), kind="after", role="transport", at=AT)
        assert take(desk, 2, SUBMITTED) == "submitted"
        assert desk.history(2)["from_status"].tolist() == ["treating"]
        # A village's middle says nothing of the road; the stakes do.
        spans = desk.hazard_sections()
    assert spans["stake_from_m"].tolist() == pytest.approx([11_000, 13_000, 15_000], abs=0.1)
    assert store.hazards()["code"].isna().tolist() == [True, False, True]


def test_the_ledger_wins_over_a_file(store: Store, kit: Any) -> None:
    load(store, kit, hazards_of())
    with store.ledger() as desk:
        verify(desk, 1)
    newer = hazards_of(
        content_hash=[11, 12, 3],
        status=["closed", "accepted", None],
        name=["甲弯改", "乙坡改", "丙口"],
    )
    counts = load(store, kit, newer, sha256="bb", as_of=datetime(2026, 12, 1, tzinfo=UTC))
    assert (counts.updated, counts.stale, counts.unchanged) == (1, 1, 1)
    rows = store.hazards()
    assert rows["status"].fillna("").tolist() == ["verified", "accepted", ""]
    assert rows["name"].tolist() == ["甲弯", "乙坡改", "丙口"]
    with store.ledger_reader() as ledger:
        assert ledger.history(1)["kind"].tolist() == ["verified"]
        assert len(ledger.evidence(1)) == 1


def test_an_undone_place_leaves_what_the_ledger_holds(store: Store, kit: Any) -> None:
    with store.review() as desk:
        decision = desk.decide(
            PlaceDecision(
                place_text="老桥",
                verdict="placed",
                role="clerk",
                lon=113.9,
                lat=34.0,
                match_code="A2",
                r95_m=100.0,
            )
        )
    learned = pa.table(
        {
            "row_no": [2, 3],
            "code": ["UNPLACED_TEXT"] * 2,
            "raw": ["{}"] * 2,
            "place_text": ["老桥"] * 2,
            "key_hash": [1, 2],
            "decision_id": [decision.decision_id] * 2,
        }
    )
    request = kit.request(kind=RecordKind.HAZARDS, source="bureau")
    with store.load(request) as batch:
        batch.keep(RecordKind.HAZARDS, learned)
        batch.write(RecordKind.HAZARDS, hazards_of().slice(0, 2))
        batch.finish(kit.report(2))
    with store.ledger() as desk:
        verify(desk, 1)
    undone = store.undo(decision.decision_id)
    assert (undone.withdrawn, undone.unplaced, undone.rows) == (1, 0, 2)
    rows = store.hazards()
    assert rows.index.tolist() == [1]
    assert rows.geometry.iloc[0].geom_type == "Point"


def test_a_store_of_earlier_keeps_its_hazards(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'home' / 't9.sqlite'}"
    engine = make_engine(url)
    pack = write_pack(tmp_path / "pack", "old")
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0002")
        for statement in (
            "INSERT INTO store_state VALUES (1, 't9', '{digest}', 3, 'k')",
            "INSERT INTO load_batch (load_id, kind, profile, profile_digest, loader_version,"
            " file_name, sha256, source, as_of, is_demo, status, started_at, inserted, updated,"
            " unchanged, stale, rejected) VALUES (1, 'hazards', 'p', 'd', '1', 'f', 's', 'q', 0,"
            " 0, 'loaded', 0, 1, 0, 0, 0, 0)",
            "INSERT INTO hazard (hazard_id, source, key_hash, content_hash, as_of, load_id,"
            " row_no, hazard_kind, name, status, match_code)"
            " VALUES (7, 'q', 1, 1, 0, 1, 2, 'road_section', '甲弯', 'planned', 'U')",
        ):
            connection.exec_driver_sql(statement.replace("{digest}", pack.digest))
    engine.dispose()
    store = Store.open(Settings(home=tmp_path / "home", region="t9"), pack)
    assert store.version == 4  # the pieces of the routes have been put in
    assert store.hazards().loc[7, ["name", "status", "load_id"]].tolist() == [
        "甲弯",
        "planned",
        1,
    ]
    with store.ledger() as desk:
        start = replace(TREATING, on=DAY, started_on=DAY)
        assert desk.advance(7, start, at=AT) == "treating"
    store.close()
    again = Store.open(Settings(home=tmp_path / "home", region="t9"), pack)
    assert again.version == 4
    with writing(again._engine) as connection:
        command.downgrade(alembic_config(connection), "0002")
        names = connection.exec_driver_sql("SELECT name, load_id FROM hazard").all()
    again.close()
    assert [tuple(row) for row in names] == [("甲弯", 1)]


def test_late_hazards_of_a_file_are_overdue_too(store: Store, kit: Any) -> None:
    load(store, kit, hazards_of(status=["found", "accepted", None]))
    with store.ledger_reader() as ledger:
        assert ledger.overdue(date(2027, 1, 1)).index.tolist() == [1]


def test_an_empty_ledger_gives_typed_empty_frames(store: Store) -> None:
    with store.ledger() as desk:
        assert desk.history(1).empty
        assert desk.measures(1).empty
        assert desk.evaluations().empty
        assert desk.overdue(DAY).empty
        assert desk.unit_figures(DAY).empty
        assert desk.runs().empty
        assert desk.hazard_sections().empty
        number = save(desk, screened().iloc[:0])
        assert desk.sections(number).empty
        assert desk.match_sections(number).empty
        with pytest.raises(SafetyError, match="no hazard 5"):
            desk.state(5)
