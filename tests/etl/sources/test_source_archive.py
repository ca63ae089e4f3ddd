"""Zip rules: every breach refused before anything lies on the disk."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from etl.sources.archive import MAX_BYTES, check_workbook, extract_layer
from geo.errors import RefusedFileError, SourceError

CSV = b"a,b\n1,2\n"
PARTS = {"路.shp": b"s", "路.shx": b"x", "路.dbf": b"d", "路.prj": b"p", "路.cpg": b"c"}


def pack(path: Path, members: dict[str, bytes] | list[tuple[str, bytes]], **options) -> Path:
    pairs = members.items() if isinstance(members, dict) else members
    with zipfile.ZipFile(path, "w", options.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, data in pairs:
            archive.writestr(name, data)
    return path


@pytest.fixture
def zip_path(tmp_path: Path) -> Path:
    return tmp_path / "layer.zip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def refused(zip_path: Path, folder: Path, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        extract_layer(zip_path, folder)
    assert caught.value.code == code
    assert "\n" not in str(caught.value)
    if code != "ARCHIVE_DAMAGED":
        assert list(folder.iterdir()) == []


def patch_directory(path: Path, offset: int, value: bytes) -> None:
    """Overwrite bytes of the first entry of the central directory."""
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02")
    data[start + offset : start + offset + len(value)] = value
    path.write_bytes(data)


def test_a_shapefile_is_unpacked_under_random_names(zip_path: Path, folder: Path) -> None:
    extra = {"路.sbn": b"i", "readme.txt": b"r", "__MACOSX/路.shp": b"m", "路.shp.xml": b"x"}
    layer = extract_layer(pack(zip_path, PARTS | extra), folder)
    assert layer.suffix == ".shp"
    assert {p.suffix: p.read_bytes() for p in folder.iterdir()} == {
        Path(name).suffix: data for name, data in PARTS.items()
    }
    assert {p.stem for p in folder.iterdir()} == {layer.stem}
    assert "路" not in layer.name


def test_a_single_layer_is_unpacked(zip_path: Path, folder: Path) -> None:
    layer = extract_layer(pack(zip_path, {"a/b/台账.CSV": CSV}), folder)
    assert (layer.suffix, layer.read_bytes()) == (".csv", CSV)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"../a.csv": CSV}, "ARCHIVE_PATH"),
        ({"x/../../a.csv": CSV}, "ARCHIVE_PATH"),
        ({"/etc/a.csv": CSV}, "ARCHIVE_PATH"),
        ({"C:\\a.csv": CSV}, "ARCHIVE_PATH"),
        ({"..\\a.csv": CSV}, "ARCHIVE_PATH"),
        ({f"{i}.csv": CSV for i in range(65)}, "ARCHIVE_MEMBERS"),
        ({"a.csv": bytes(2 << 20)}, "ARCHIVE_RATIO"),
        ({"a.csv": CSV, "b.zip": b"PK"}, "ARCHIVE_NESTED"),
        ({"a.csv": CSV, "b.kmz": b"PK"}, "ARCHIVE_NESTED"),
        ({"a.vrt": b"<OGRVRTDataSource/>"}, "ARCHIVE_TYPE"),
        ({"a.csv": CSV, "b.exe": b"MZ"}, "ARCHIVE_TYPE"),
        ({"a.csv": CSV, "b.csv": CSV}, "ARCHIVE_LAYERS"),
        ({"a.csv": CSV} | PARTS, "ARCHIVE_LAYERS"),
        ({}, "ARCHIVE_LAYERS"),
        ({k: v for k, v in PARTS.items() if ".dbf" not in k}, "INCOMPLETE_SHAPEFILE"),
        ({k: v for k, v in PARTS.items() if ".shx" not in k}, "INCOMPLETE_SHAPEFILE"),
    ],
)
def test_breaches(zip_path: Path, folder: Path, members: dict[str, bytes], code: str) -> None:
    refused(pack(zip_path, members), folder, code)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices(zip_path: Path, folder: Path, mode: int) -> None:
    member = zipfile.ZipInfo("a.csv")
    member.external_attr = (mode | 0o777) << 16
    with zipfile.ZipFile(zip_path, "w") as archive:
        archive.writestr(member, "/etc/hostname")
    refused(zip_path, folder, "ARCHIVE_LINK")


def test_a_claim_of_two_gigabytes_writes_nothing(zip_path: Path, folder: Path) -> None:
    pack(zip_path, {"a.csv": CSV}, method=zipfile.ZIP_STORED)
    size = (2 << 30) - 1
    patch_directory(zip_path, 20, struct.pack("<II", size // 50, size))
    refused(zip_path, folder, "ARCHIVE_SIZE")
    assert size > MAX_BYTES


def test_a_lying_size_is_found_while_unpacking(zip_path: Path, folder: Path) -> None:
    pack(zip_path, {"a.csv": CSV * 1_000})
    patch_directory(zip_path, 24, struct.pack("<I", 386))
    refused(zip_path, folder, "ARCHIVE_DAMAGED")
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 386


def test_encryption_and_rare_methods(zip_path: Path, folder: Path) -> None:
    pack(zip_path, {"a.csv": CSV})
    patch_directory(zip_path, 8, struct.pack("<H", 1))
    refused(zip_path, folder, "ARCHIVE_ENCRYPTED")
    pack(zip_path, {"a.csv": CSV}, method=zipfile.ZIP_BZIP2)
    refused(zip_path, folder, "ARCHIVE_METHOD")


def test_overlapping_members(zip_path: Path, folder: Path) -> None:
    data = bytearray(pack(zip_path, {"a.shp": CSV, "a.dbf": CSV}).read_bytes())
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = bytes(4)  # points at the first member's data
    zip_path.write_bytes(data)
    refused(zip_path, folder, "ARCHIVE_OVERLAP")


def test_a_member_twice(zip_path: Path, folder: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        pack(zip_path, [("a.csv", CSV), ("a.csv", CSV)])
    refused(zip_path, folder, "ARCHIVE_OVERLAP")


@pytest.mark.parametrize("cut", [10, 60, -1])
def test_truncated(zip_path: Path, folder: Path, cut: int) -> None:
    whole = pack(zip_path, {"a.csv": CSV * 100}).read_bytes()
    zip_path.write_bytes(whole[:cut])
    refused(zip_path, folder, "ARCHIVE_DAMAGED")


def test_workbooks_obey_the_same_rules(tmp_path: Path) -> None:
    bomb = pack(
        tmp_path / "bomb.xlsx", {"[Content_Types].xml": b"<Types/>", "x.xml": bytes(4 << 20)}
    )
    with pytest.raises(RefusedFileError, match="ARCHIVE_RATIO"):
        check_workbook(bomb)
    with pytest.raises(RefusedFileError, match="DISGUISED"):
        check_workbook(pack(tmp_path / "csv.xlsx", {"a.csv": CSV}))
    entities = io.BytesIO(b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>').read()
    members = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": entities}
    with pytest.raises(RefusedFileError, match="entities"):
        check_workbook(pack(tmp_path / "entities.xlsx", members))
