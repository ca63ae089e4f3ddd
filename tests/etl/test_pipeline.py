from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.clean import Cleaner
from etl.ledger import Ledger
from etl.pipeline import ahead, extract_time, load_file, preview_file
from etl.profile_rules import RefuseRule
from etl.report import LoadRefusedError
from etl.rows import QUARANTINE_SCHEMA
from etl.sources.model import FAULT_SCHEMA, SourceBatch
from etl.times import latest_allowed
from geo.datum import wgs84_to_bd09, wgs84_to_gcj02
from geo.errors import ProfileError, SourceError
from geo.selection import IncidentSelection

AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
HEADER = ("编号", "时间", "乡镇", "地点", "经度", "纬度", "死亡", "受伤", "备注")
GOOD = ("1", "2024-01-05 08:03", "神垕镇", "", "113.1", "34.1", "0", "2", "雨")


def row(**changes: str) -> tuple[str, ...]:
    values = dict(zip(HEADER, GOOD, strict=True)) | changes
    return tuple(values.values())


def write(path: Path, rows, *, header=HEADER, encoding="utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


@pytest.fixture
def load(tmp_path, region, profile, open_store):
    """Loads rows into one store; returns the report and the store."""
    store = open_store(region)

    def run(rows, *, name="a.csv", as_of=AS_OF, profile=profile, **options):
        path = write(tmp_path / name, rows, **options)
        report = load_file(
            path, kind="incidents", profile=profile, region=region, store=store, as_of=as_of
        )
        return report, store

    return run


def rejected(report, store) -> dict[int, str]:
    frame = store.rejected(report.load_id)
    return dict(zip(frame["row_no"].tolist(), frame["code"].tolist(), strict=True))


def test_a_good_row_arrives_whole(load):
    report, store = load([row(受伤="2", 死亡="1")])
    assert (report.read, report.inserted, report.rejected, report.duplicate) == (1, 1, 0, 0)
    record = store.incident(1)
    assert record["category"] == "crash_vehicle"
    assert record["severity"] == 3
    assert (record["deaths"], record["injured"]) == (1, 2)
    assert (record["lon"], record["lat"]) == (113.1, 34.1)
    assert (record["unit_code"], record["match_code"], record["r95_m"]) == ("101", "A1", 15.0)
    assert record["attributes"] == {"remark": "雨"}
    assert report.totals == {"deaths": 1, "injured": 2}
    assert (report.time_from, report.units) == ("2024-01-05 08:03", {"101": 1})
    assert store.load_report(report.load_id)["accepted"] == 1


@pytest.mark.parametrize(
    ("deaths", "injured", "severity"),
    [("0", "0", 1), ("0", "1", 2), ("1", "0", 3), ("2", "9", 3), ("3", "0", 4), ("0", "10", 4)],
)
def test_severity_follows_the_casualties(load, deaths, injured, severity):
    report, store = load([row(死亡=deaths, 受伤=injured)])
    assert store.incident(report.load_id)["severity"] == severity


def test_faulty_rows_are_kept_with_their_reason(load):
    faulty = {
        "BAD_TIME": row(编号="2", 时间="2024-02-30"),
        "TIME_RANGE": row(编号="3", 时间="2204-01-05"),
        "AMBIGUOUS_DATE": row(编号="4", 时间="03/04/2024"),
        "TIME_MISSING": row(编号="5", 时间=""),
        "SWAPPED_LATLON": row(编号="6", 经度="34.1", 纬度="113.1"),
        "NULL_ISLAND": row(编号="7", 经度="0", 纬度="0"),
        "BAD_COORD": row(编号="8", 经度="inf", 纬度="34.1"),
        "PROJECTED_OR_RANGE": row(编号="9", 经度="38512345", 纬度="3780123"),
        "OUT_OF_AREA": row(编号="10", 经度="116.4", 纬度="39.9"),
        "INCOMPLETE_COORD": row(编号="11", 纬度="NaN"),
        "BAD_NUMBER": row(编号="12", 受伤="很多"),
        "AMBIGUOUS_PLACE": row(编号="13", 经度="", 纬度="", 乡镇="", 地点="连庄村"),
        "UNPLACED_TEXT": row(编号="14", 经度="", 纬度="", 乡镇="", 地点="北京路"),
        "UNPLACED": row(编号="15", 经度="", 纬度="", 乡镇="", 地点=""),
        "UNKNOWN_UNIT": row(编号="16", 经度="", 纬度="", 乡镇="火星镇", 地点=""),
        "CONFLICT_IN_FILE": row(受伤="3"),
    }
    report, store = load([GOOD, *faulty.values()])
    assert rejected(report, store) == dict(enumerate(faulty, start=3))
    assert (report.read, report.accepted, report.rejected) == (17, 1, 16)
    assert report.is_balanced
    raw = store.rejected(report.load_id)["raw"].dropna()
    assert json.loads(raw.iloc[0])["时间"] == "2024-02-30"


def test_writing_of_coordinates(load):
    rows = [
        row(编号="1", 经度="113°6′0″", 纬度="34°6′0″"),
        row(编号="2", 经度="东经113度6分", 纬度="北纬34度6分"),
        row(编号="3", 经度="113,1", 纬度="34,1"),
        row(编号="4", 经度="１１３．１", 纬度="３４．１"),
        row(编号="5", 经度="北纬34.1", 纬度="东经113.1"),
    ]
    report, store = load(rows)
    assert report.inserted == 5
    for incident_id in range(1, 6):
        record = store.incident(incident_id)
        assert (record["lon"], record["lat"]) == pytest.approx((113.1, 34.1))


def test_exchanged_coordinates_only_when_allowed(load, profile):
    fixing = replace(profile, coordinates=replace(profile.coordinates, fix_swapped=True))
    report, store = load([row(经度="34.1", 纬度="113.1")], profile=fixing)
    assert report.inserted == 1
    assert store.incident(1)["lon"] == 113.1


def test_rows_without_coordinates_are_placed_by_words(load):
    rows = [
        row(编号="1", 经度="", 纬度="", 乡镇="", 地点="方山镇连庄村东"),
        row(编号="2", 经度="", 纬度="", 乡镇="方山镇", 地点="连庄村"),
        row(编号="3", 经度="", 纬度="", 乡镇="神后镇", 地点=""),
        row(编号="4", 经度="", 纬度="", 乡镇="神垕镇", 地点="某某路口"),
    ]
    report, store = load(rows)
    assert report.matches == {"C2": 2, "D1": 2}
    assert store.incident(1)["unit_code"] == store.incident(2)["unit_code"] == "102"
    assert store.incident(3)["unit_code"] == store.incident(4)["unit_code"] == "101"


def test_the_same_file_again_adds_nothing(load):
    first, store = load([GOOD])
    again, _ = load([GOOD], name="renamed.csv")
    assert again.status == "already_loaded"
    assert again.load_id == first.load_id
    assert store.version == first.data_version
    assert store.loads()["status"].tolist() == ["already_loaded", "loaded"]


def test_only_changed_rows_are_updated(load):
    later = AS_OF.replace(month=7)
    rows = [row(编号="1"), row(编号="2"), row(编号="3")]
    load(rows)
    report, store = load(
        [rows[0], row(编号="2", 受伤="5"), row(编号="4")], name="b.csv", as_of=later
    )
    assert (report.inserted, report.updated, report.unchanged, report.stale) == (1, 1, 1, 0)
    assert store.incident(2)["injured"] == 5
    assert store.incident(2)["load_id"] == report.load_id
    assert store.incident(1)["load_id"] != report.load_id


def test_an_older_extract_changes_nothing(load):
    load([row(受伤="5")])
    report, store = load([GOOD], name="older.csv", as_of=AS_OF.replace(month=2))
    assert (report.stale, report.accepted, report.duplicate) == (1, 0, 1)
    assert store.incident(1)["injured"] == 5


def test_no_row_is_later_than_its_extract(load):
    report, store = load([GOOD], as_of=datetime(2024, 1, 1, tzinfo=UTC))
    assert rejected(report, store) == {2: "TIME_RANGE"}


def test_repeats_within_a_file(load):
    report, store = load([GOOD, GOOD, row(受伤="9")])
    assert (report.inserted, report.in_file, report.rejected) == (1, 1, 1)
    assert rejected(report, store) == {4: "CONFLICT_IN_FILE"}


def test_party_rows_are_folded(load, profile):
    report, store = load(
        [GOOD, row(备注="第二当事者"), row(编号="2")], profile=replace(profile, fold=True)
    )
    assert (report.inserted, report.folded, report.in_file) == (2, 1, 0)
    assert store.incident(1)["attributes"]["remark"] == "雨"


def test_a_file_without_a_key_is_its_own_key(load, profile):
    keyless = replace(profile, key=())
    report, _ = load([GOOD, GOOD, row(备注="晴")], profile=keyless)
    assert (report.inserted, report.in_file) == (2, 1)


def test_personal_rows_lose_their_text(load):
    rows = [row(编号=str(number)) for number in range(2, 300)]
    report, store = load(
        [row(备注="请致电13800000000"), row(编号="1000", 经度="13800000000"), *rows]
    )
    frame = store.rejected(report.load_id)
    assert frame["code"].tolist() == ["PERSONAL_DATA", "PROJECTED_OR_RANGE"]
    assert frame["raw"].isna().all()
    assert "13800000000" not in json.dumps(store.load_report(report.load_id))


def test_refused_rows_keep_only_the_columns_the_profile_uses(load, profile):
    bad = row(时间="?", 备注="甲与乙")
    report, store = load([GOOD, bad], profile=replace(profile, attributes={}))
    (raw,) = store.rejected(report.load_id)["raw"]
    assert json.loads(raw)["时间"] == "?"
    assert "甲与乙" not in raw


def test_a_file_full_of_persons_is_refused(load):
    rows = [row(编号=str(number)) for number in range(2, 100)]
    with pytest.raises(LoadRefusedError, match="PERSONAL_DATA") as caught:
        load([row(备注="豫K12345"), *rows])
    assert caught.value.report.rejected_by_code == {"PERSONAL_DATA": 1}
    assert caught.value.report.status == "refused"


def test_person_columns_are_dropped_and_counted(load):
    report, store = load([(*GOOD, "某某", "41")], header=(*HEADER, "驾驶人姓名", "年龄"))
    assert report.dropped_columns == ("驾驶人姓名", "年龄")
    assert "某某" not in str(store.incident(1))


def test_dropped_columns_are_not_part_of_the_key(load, profile):
    rows = [(*GOOD, "甲"), (*GOOD, "乙")]
    report, _ = load(rows, header=(*HEADER, "姓名"), profile=replace(profile, key=()))
    assert (report.inserted, report.in_file) == (1, 1)


def test_footers_are_refused_with_their_reason(load, profile):
    rule = RefuseRule(column="编号", pattern="^合计", reason="footer")
    report, store = load([GOOD, row(编号="合计")], profile=replace(profile, refuse=(rule,)))
    frame = store.rejected(report.load_id)
    assert frame[["code", "detail"]].to_numpy().tolist() == [["REFUSED_BY_PROFILE", "footer"]]


def test_too_many_bad_rows_refuse_the_whole_file(load, profile):
    strict = replace(profile, reject_share=0.5)
    rows = [row(编号="1"), row(编号="2", 时间="x"), row(编号="3", 时间="x")]
    with pytest.raises(LoadRefusedError, match="TOO_MANY_REJECTED") as caught:
        load(rows, profile=strict)
    assert caught.value.report.rejected_by_code == {"BAD_TIME": 2}
    report, _ = load(rows[:2], profile=strict)
    assert (report.load_id, report.inserted) == (1, 1)  # nothing of the first attempt remains


def test_missing_columns_are_named(load):
    with pytest.raises(
        SourceError, match="MISSING_COLUMN: the file has no column '经度', '纬度'"
    ):
        load([GOOD[:4] + GOOD[6:]], header=HEADER[:4] + HEADER[6:])


def test_wrong_kind(region, profile, open_store, tmp_path):
    path = write(tmp_path / "a.csv", [GOOD])
    with pytest.raises(ProfileError, match="reads incidents, not sites"):
        load_file(path, kind="sites", profile=profile, region=region, store=open_store(region))


def test_gb18030_file(load):
    report, store = load([row(备注="雨夹雪𠮷")], encoding="gb18030")
    assert report.encoding == "gb18030"
    assert store.incident(1)["attributes"]["remark"] == "雨夹雪𠮷"


@pytest.mark.parametrize(
    ("datum", "forward"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)]
)
def test_a_wrong_datum_is_suspected(load, profile, datum, forward):
    rng = np.random.default_rng(3)
    # All along the eastern border, where a shift of a few hundred metres shows.
    lon, lat = forward(rng.uniform(113.394, 113.3999, 200), rng.uniform(34.02, 34.18, 200))
    rows = [
        row(编号=str(number), 经度=f"{x:.6f}", 纬度=f"{y:.6f}")
        for number, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]
    report, _ = load(rows)
    finding = next(item for item in report.warnings if item.code == "OUT_OF_AREA")
    assert f"if the datum were {datum}" in finding.detail
    right = replace(profile, coordinates=replace(profile.coordinates, datum=datum))
    report, _ = load(rows, profile=right, name="right.csv")
    assert report.rejected == 0


def test_preview_writes_nothing(tmp_path, region, profile):
    path = write(tmp_path / "a.csv", [GOOD, row(编号="2", 时间="x"), *[row(编号="3")] * 5])
    preview = preview_file(path, profile=profile, region=region, limit=3)
    assert preview.report.status == "preview"
    assert (preview.report.read, preview.records.num_rows, preview.rejects.num_rows) == (
        3,
        2,
        1,
    )
    assert preview.report.is_balanced
    assert preview.columns == HEADER


def test_extract_time(tmp_path, region, profile):
    path = tmp_path / "案件_20240305.csv"
    path.touch()
    rules = replace(
        profile.file, as_of_pattern=r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    )
    named = replace(profile, file=rules)
    assert extract_time(path, named, region).isoformat() == "2024-03-05T00:00:00+08:00"
    assert extract_time(path, profile, region).timestamp() == int(path.stat().st_mtime)
    with pytest.raises(SourceError, match="AS_OF"):
        extract_time(tmp_path / "x_20241305.csv", named, region)


def test_report_speaks_both_languages(load):
    report, _ = load([GOOD, row(编号="2", 时间="x")])
    assert "读取 2 = 接收 1 + 拒收 1 + 重复 0" in report.to_text("zh")
    assert "read 2 = accepted 1 + rejected 1 + duplicate 0" in report.to_text("en")
    assert json.loads(report.to_json())["rejected_by_code"] == {"BAD_TIME": 1}


def test_ahead_hands_on_errors_and_stops_early():
    def failing():
        yield 1
        raise SourceError("X", "y")

    items = ahead(failing())
    assert next(items) == 1
    with pytest.raises(SourceError, match="X: y"):
        next(items)
    endless = ahead(iter(int, 1))
    assert next(endless) == 0
    endless.close()


DIRTY = st.one_of(
    st.sampled_from(
        ["", "0", "1", "113.1", "34.1", "2024-01-05 08:03", "神垕镇", "连庄村", "豫K12345", "NaN",
         "1e308", "113°6′", "2024年1月5日", "-", "合计", "\x00", "　", "'", '"', "\\", "１"]
    ),
    st.text(max_size=12),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.lists(st.one_of(st.just(GOOD), st.tuples(*[DIRTY] * len(HEADER))), max_size=12),
        max_size=4,
    ),
    st.booleans(),
)
def test_every_row_is_accounted_for(region, profile, batches, fold):
    cleaner = Cleaner(profile, region, HEADER, latest_allowed(AS_OF))
    ledger = Ledger(cleaner.placer)
    stored = 0
    row_numbers: list[int] = []
    for number, rows in enumerate(batches):
        columns = list(zip(*rows, strict=True)) or [[] for _ in HEADER]
        table = pa.table(
            {
                name: pa.array(column, pa.string())
                for name, column in zip(HEADER, columns, strict=True)
            }
        )
        faults = FAULT_SCHEMA.empty_table()
        batch = SourceBatch(table, np.arange(len(rows)) + 100 * number, faults, 0)
        records, rejects = ledger.enter(cleaner.clean(batch), fold=fold)
        assert rejects.schema.equals(QUARANTINE_SCHEMA)
        stored += records.num_rows
        row_numbers += records["row_no"].to_pylist() + rejects["row_no"].to_pylist()
        for raw in rejects["raw"].drop_null().to_pylist():
            json.loads(raw)
    read = sum(len(rows) for rows in batches)
    assert ledger.read == read
    assert read == stored + sum(ledger.codes.values()) + ledger.in_file + ledger.folded
    assert len(set(row_numbers)) == len(row_numbers)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from etl.pipeline import load_file
from etl.profile import Profile

def die(rows, read_bytes, all_bytes):
    os.kill(os.getpid(), signal.SIGKILL)

path, pack, home, profile = map(Path, sys.argv[1:])
region = RegionPack.open(pack)
store = Store.open(Settings(home=home, region=region.code), region)
load_file(path, kind="incidents", profile=Profile.open(profile), region=region, store=store,
          as_of=datetime(2024, 6, 1, tzinfo=UTC), progress=die)
"""


def test_a_load_killed_half_way_leaves_nothing(tmp_path, region, profile_text, load):
    report, store = load([row(编号=str(number)) for number in range(300)])
    path = write(tmp_path / "b.csv", [row(编号=f"b{number}") for number in range(300)])
    (tmp_path / "toy.toml").write_text(profile_text, encoding="utf-8")
    command = [sys.executable, "-c", KILLED, path, region.folder, tmp_path / "home0"]
    died = subprocess.run([*command, tmp_path / "toy.toml"], capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert store.version == report.data_version
    assert len(store.incidents(IncidentSelection())) == 300
    assert store.loads()["status"].tolist() == ["loaded"]
    again, _ = load([row(编号=f"b{number}") for number in range(300)], name="b.csv")
    assert again.inserted == 300


def test_two_loads_at_once_both_arrive(tmp_path, region, profile, load):
    _, store = load([row(编号="first")])
    paths = [
        write(tmp_path / f"{name}.csv", [row(编号=f"{name}{number}") for number in range(200)])
        for name in "ab"
    ]
    with ThreadPoolExecutor(2) as pool:
        reports = list(
            pool.map(
                lambda path: load_file(
                    path,
                    kind="incidents",
                    profile=profile,
                    region=region,
                    store=store,
                    as_of=AS_OF,
                ),
                paths,
            )
        )
    assert [report.inserted for report in reports] == [200, 200]
    assert len(store.incidents(IncidentSelection())) == 401
