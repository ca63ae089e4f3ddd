from __future__ import annotations

import csv

import pytest
from typer.testing import CliRunner

from etl.geocoding_file import COLUMNS, GeocodingOptions, geocode_file
from geo.datum import wgs84_to_gcj02
from geo.errors import ProfileError, SourceError
from pingan.cli import app

ROWS = [
    ("1", "城关镇东村", "", "", "=1+1"),
    ("2", "S200线K19+200处", "", "", "甲,乙"),
    ("3", "连片", "113.05", "34.05", 'say "hi"'),
    ("4", "长葛市坡胡镇", "", "", ""),
    ("5", "人民路与环城路交叉口", "", "", ""),
    ("6", "", "110.0", "20.0", ""),
]


def write(path, rows=ROWS, *, encoding="utf-8", header="编号,地点,经度,纬度,备注"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def read(path):
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_input_columns_stay_and_answers_follow(tmp_path, roads_pack, toy, encoding):
    source, out = write(tmp_path / "in.csv", encoding=encoding), tmp_path / "out.csv"
    steps = []
    report = geocode_file(
        source, out, region=roads_pack, geocoder=toy,
        options=GeocodingOptions(column="地点"), progress=lambda *step: steps.append(step),
    )  # fmt: skip
    rows = read(out)
    assert list(rows[0]) == ["编号", "地点", "经度", "纬度", "备注", *COLUMNS]
    assert [tuple(row.values())[:5] for row in rows] == ROWS
    assert [row["status"] for row in rows] == [
        "accepted", "accepted", "unmatched", "out_of_area", "ambiguous", "unmatched",
    ]  # fmt: skip
    assert (rows[0]["match_code"], rows[0]["place_code"], rows[0]["unit_code"]) == (
        "C2", "11001", "11",
    )  # fmt: skip
    assert (rows[1]["route"], rows[1]["stake_from_m"], rows[1]["stake_to_m"]) == (
        "S200", "19200", "",
    )  # fmt: skip
    assert rows[4]["candidates"].startswith('[{"place_code": null')
    assert rows[3]["lon"] == ""
    assert report.rows == steps[-1][0] == 6
    assert report.hit_rate == pytest.approx(2 / 6)
    assert report.to_text() == (
        "6 rows | hit rate 33.3% | B1 1 C2 1 | ambiguous 1 unmatched 2 out_of_area 1"
    )


def test_coordinates_come_first(tmp_path, roads_pack, toy):
    lon, lat = wgs84_to_gcj02(113.05, 34.05)
    source = write(
        tmp_path / "in.csv", [("3", "高坡乡", f"{lon:.6f}", f"{lat:.6f}", ""), *ROWS[5:]]
    )
    geocode_file(
        source, tmp_path / "out.csv", region=roads_pack, geocoder=toy,
        options=GeocodingOptions(
            column="地点", lon_column="经度", lat_column="纬度", datum="gcj02"
        ),
    )  # fmt: skip
    first, far = read(tmp_path / "out.csv")
    assert (first["match_code"], first["unit_code"], first["r95_m"]) == ("A1", "11", "15")
    assert float(first["lon"]) == pytest.approx(113.05, abs=1e-5)
    assert (far["status"], far["match_code"], far["lon"]) == ("out_of_area", "U", "")


def test_a_name_already_taken_gets_a_prefix(tmp_path, roads_pack, toy):
    source = write(tmp_path / "in.csv", [("东村", "x")], header="status,route")
    geocode_file(
        source, tmp_path / "out.csv", region=roads_pack, geocoder=toy,
        options=GeocodingOptions(column="status"),
    )  # fmt: skip
    (row,) = read(tmp_path / "out.csv")
    assert (row["status"], row["route"], row["geo_status"]) == ("东村", "x", "accepted")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column": "位置"}, "no column '位置'"),
        ({"column": "地点", "lon_column": "经度"}, "give both"),
        ({"column": "地点", "lon_column": "经度", "lat_column": "纬度"}, "--datum"),
    ],
)
def test_wrong_options_leave_nothing_behind(tmp_path, roads_pack, toy, options, message):
    source = write(tmp_path / "in.csv")
    with pytest.raises(ProfileError, match=message):
        geocode_file(
            source, tmp_path / "out.csv", region=roads_pack, geocoder=toy,
            options=GeocodingOptions(**options),
        )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_failure_keeps_the_old_file(tmp_path, roads_pack):
    class Failing:
        def locate(self, texts):
            raise SourceError("BROKEN", "no answer")

    source, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    out.write_text("old", encoding="utf-8")
    with pytest.raises(SourceError, match="BROKEN"):
        geocode_file(
            source, out, region=roads_pack, geocoder=Failing(),
            options=GeocodingOptions(column="地点"),
        )  # fmt: skip
    assert out.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]
    with pytest.raises(SourceError, match="OUT_IS_FILE"):
        geocode_file(
            source, source, region=roads_pack, geocoder=Failing(),
            options=GeocodingOptions(column="地点"),
        )  # fmt: skip


def test_the_command(tmp_path, roads_pack, monkeypatch):
    monkeypatch.setenv("PINGAN_HOME", str(tmp_path / "home"))
    source, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    arguments = ["geocode", str(source), "--column", "地点", "--out", str(out)]
    result = CliRunner().invoke(app, [*arguments, "--region", str(roads_pack.folder)])
    assert result.exit_code == 0, result.output
    assert "hit rate 33.3%" in result.output
    assert len(read(out)) == 6
    wrong = CliRunner().invoke(app, [*arguments[:3], "无", *arguments[4:]])
    assert wrong.exit_code == 2
