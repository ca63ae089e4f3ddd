"""Attacks through the real door: they must read nothing and dial nowhere."""

from __future__ import annotations

import dataclasses
import gzip
import http.server
import json
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point

from etl.sources import SourceOptions, isolated, open_source
from etl.sources.isolated import _environment
from geo.errors import RefusedFileError, SourceError

CANARY = "canary-4f1d"


class Listener:
    """A loopback web server that counts what reaches it."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        hits = self.hits

        class Handler(http.server.BaseHTTPRequestHandler):
            def _count(self) -> None:
                hits.append(self.path)
                self.send_response(404)
                self.end_headers()

            do_GET = do_HEAD = do_POST = _count

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text(f"name,lon,lat\n{CANARY},113.1,34.1\n")
    return path


def vrt(source: str) -> str:
    return (
        '<OGRVRTDataSource><OGRVRTLayer name="secret">'
        f"<SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )


def gdalg(source: str) -> str:
    command = f"gdal vector pipeline ! read {source}"
    return json.dumps({"type": "gdal_streamed_alg", "command_line": command})


def wfs(url: str) -> str:
    return f"<OGRWFSDataSource><URL>{url}/wfs?SERVICE=WFS</URL></OGRWFSDataSource>"


def attack(path: Path, **options) -> tuple[SourceError | None, str]:
    """What reading ended with, and all text that came out."""
    seen = ""
    try:
        with open_source(path, SourceOptions(**options)) as source:
            seen += repr(source.columns) + repr(source.notes)
            for batch in source.batches():
                seen += repr(batch.table.to_pydict()) + repr(batch.faults.to_pydict())
    except SourceError as error:
        return error, seen + str(error)
    return None, seen


@pytest.mark.parametrize("name", ["x.csv", "x.geojson", "x.json", "x.kml", "x.gpkg", "x.tsv"])
@pytest.mark.parametrize(
    "kind", ["vrt", "vrt curl", "gdalg", "wfs", "padded vrt", "utf-16 vrt"]
)
def test_disguises(tmp_path, canary, listener, name: str, kind: str) -> None:
    content = {
        "vrt": vrt(str(canary)),
        "vrt curl": vrt(f"/vsicurl/{listener.url}/x.csv"),
        "gdalg": gdalg(str(canary)),
        "wfs": wfs(listener.url),
        "padded vrt": " \n\t" + vrt(str(canary)),
        "utf-16 vrt": vrt(str(canary)),
    }[kind]
    path = tmp_path / name
    path.write_text(content, encoding="utf-16" if kind.startswith("utf-16") else "utf-8")
    error, seen = attack(path)
    assert isinstance(error, RefusedFileError)
    assert error.code == "DISGUISED"
    assert CANARY not in seen
    assert listener.hits == []


@pytest.mark.parametrize("name", ["x.vrt", "x.geojson", "x.csv", "x.kml"])
def test_a_disguise_inside_a_zip(tmp_path, canary, listener, name: str) -> None:
    path = tmp_path / "layer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, vrt(str(canary)))
    error, seen = attack(path)
    assert isinstance(error, RefusedFileError)
    assert CANARY not in seen
    assert listener.hits == []


@pytest.mark.parametrize("format", ["csv", "excel", "geojson", "gpkg", "shapefile", "kml"])
def test_naming_the_format_opens_no_door(tmp_path, canary, listener, format: str) -> None:
    path = tmp_path / "x.dat"
    path.write_text(vrt(str(canary)))
    error, seen = attack(path, format=format)
    assert isinstance(error, RefusedFileError)
    assert CANARY not in seen


def test_names_that_are_addresses(tmp_path, listener, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [
        f"/vsicurl/{listener.url}/x.geojson",
        f"{listener.url}/x.geojson",
        f"WFS:{listener.url}/wfs",
        "/vsizip/x.zip/x.geojson",
        '{"type":"FeatureCollection","features":[]}',
        "x\0.csv",
    ]
    for name in names:
        error, _ = attack(Path(name))
        assert error is not None
        assert error.code == "NOT_FOUND"
    assert listener.hits == []


def test_a_file_whose_name_is_an_address_is_only_a_file(tmp_path, listener, read) -> None:
    folder = tmp_path / "vsicurl" / "http:"
    folder.mkdir(parents=True)
    path = folder / "127.0.0.1.geojson"
    point = {"type": "Point", "coordinates": [1, 2]}
    path.write_text(json.dumps({"type": "Feature", "properties": {"a": 1}, "geometry": point}))
    assert read(path).table["a"].to_pylist() == ["1"]
    assert listener.hits == []


def test_only_regular_files(tmp_path) -> None:
    fifo = tmp_path / "x.csv"
    os.mkfifo(fifo)
    for path in (fifo, tmp_path, Path("/dev/zero")):
        assert attack(path)[0].code == "NOT_FOUND"


def test_gdal_has_one_driver_left(tmp_path) -> None:
    script = (
        "import sys, pyogrio; from etl.sources.vector import guard; guard('gpkg');"
        "print(sorted(pyogrio.list_drivers()))"
    )
    with (tmp_path / "stdin").open("w+") as stdin:
        result = subprocess.run(
            [sys.executable, "-c", script],
            stdin=stdin, env=_environment(tmp_path), capture_output=True, check=True, text=True,
        )  # fmt: skip
    assert result.stdout == "['GPKG', 'MEM']\n"


def test_the_guard_refuses_when_drivers_stay(tmp_path) -> None:
    script = "from etl.sources.vector import guard; guard('gpkg')"
    result = subprocess.run(
        [sys.executable, "-c", script],
        env=_environment(tmp_path) | {"OGR_SKIP": "CSV"}, capture_output=True, text=True,
    )  # fmt: skip
    assert "UNSAFE_READER" in result.stderr


def test_the_child_inherits_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PINGAN_SECRET", CANARY)
    assert CANARY not in repr(_environment(tmp_path))


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="needs a network namespace of its own"
)
def test_the_child_has_no_network(tmp_path, listener) -> None:
    port = int(listener.url.rsplit(":", 1)[1])
    script = (
        "import socket; from etl.sources import SourceOptions;"
        "from etl.sources.worker import confine; confine(SourceOptions());"
        f"print(socket.socket().connect_ex(('127.0.0.1', {port})) != 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert result.stdout == "True\n"


def endless_view(path: Path) -> Path:
    """A GeoPackage whose layer is a recursive view without end."""
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(1, 2)], crs=4326)
    frame.to_file(path, layer="good", driver="GPKG")
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            """
            CREATE VIEW endless AS WITH RECURSIVE n(i) AS
                (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS a FROM n WHERE i < 0;
            UPDATE gpkg_contents SET table_name = 'endless', identifier = 'endless',
                data_type = 'attributes';
            DELETE FROM gpkg_geometry_columns;
            """
        )
    return path


def test_an_endless_view_is_stopped(tmp_path) -> None:
    path = endless_view(tmp_path / "x.gpkg")
    error, _ = attack(path, timeout_s=4.0)
    assert error.code == "TIMEOUT"
    error, _ = attack(path, cpu_s=2)
    assert error.code == "TIMEOUT"


def test_memory_is_bounded(tmp_path) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[' + "[[],[]]," * 3_000_000 + "[]]}"
    )
    error, _ = attack(path, memory_mb=300)
    assert error.code in ("TOO_BIG", "READER_FAILED")
    assert "Traceback" not in str(error)
    assert "\n" not in str(error)


def test_a_dead_child_is_one_line(tmp_path, monkeypatch) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "1,2\n" * 2_000_000)
    with open_source(path) as source:
        source._child._process.kill()
        with pytest.raises(SourceError, match=r"READER_FAILED: .*SIGKILL") as caught:
            list(source.batches())
    assert "\n" not in str(caught.value)


def test_the_work_folder_is_private_and_gone_afterwards(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with open_source(path):
        (folder,) = (tmp_path / "temp").iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "work").stat().st_mode) == 0o700
    assert list((tmp_path / "temp").iterdir()) == []


def test_a_reader_left_early_is_ended(tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "1,2\n" * 5_000_000)  # several batches: it waits to hand on
    with open_source(path) as source:
        next(source.batches())
        process = source._child._process
        assert process.poll() is None
    assert process.returncode is not None


def test_a_file_that_changes_meanwhile_is_refused(tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with open_source(path) as source:
        path.write_text("a,b\n1,2\n3,4\n")
        with pytest.raises(SourceError, match="CHANGED"):
            list(source.batches())


def test_the_facts_of_a_file(tmp_path, read) -> None:
    path = tmp_path / "台账.csv"
    path.write_text("编号,地点\n1,甲\n2\n3,丙\n", encoding="gb18030")
    whole = read(path)
    assert whole.source.format == "csv"
    assert whole.source.encoding == "gb18030"
    assert whole.source.columns == ["编号", "地点"]
    assert whole.source.size_bytes == path.stat().st_size
    assert len(whole.source.sha256) == 64
    assert whole.rows == [("1", "甲"), ("3", "丙")]
    assert whole.row_nos == [2, 4]
    assert whole.faults == [
        {"row_no": 3, "code": "RAGGED_ROW", "detail": "1 fields instead of 2", "raw": "2"}
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_limit_rows_counts_faults_too(tmp_path, read, limit: int) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n3\n5,6\n")
    whole = read(path, limit_rows=limit)
    assert whole.table.num_rows + len(whole.faults) == min(limit, 3)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.csv", b"", "EMPTY_FILE"),
        ("x.pdf", b"%PDF-1.7", "UNKNOWN_FORMAT"),
        ("noname", b"a,b\n1,2\n", "UNKNOWN_FORMAT"),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "UNKNOWN_FORMAT"),
        ("x.xls", b"<html><table></table></html>", "UNKNOWN_FORMAT"),
        ("x.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "UNKNOWN_FORMAT"),
        ("x.csv", b"PK\x03\x04" + bytes(99), "DISGUISED"),
        ("x.xlsx", b"a,b\n1,2\n", "DISGUISED"),
        ("x.geojson", b"a,b\n1,2\n", "DISGUISED"),
        ("x.geojson", b'{"type":"Topology"}', "DISGUISED"),
        ("x.geojson", b'{"type":["FeatureCollection"]}', "DISGUISED"),
        ("x.shp", b"SQLite format 3\x00", "DISGUISED"),
        ("x.kml", b'<!DOCTYPE a [<!ENTITY b "c">]><kml/>', "DISGUISED"),
        ("x.kml", b"<gml/>", "DISGUISED"),
        ("x.shp.gz", b"\x1f\x8b", "UNKNOWN_FORMAT"),
    ],
)
def test_refusals_name_their_code(tmp_path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    error, _ = attack(tmp_path / name)
    assert error.code == code
    assert "\n" not in str(error)


def test_the_name_may_be_large_or_gzipped(tmp_path, read) -> None:
    path = tmp_path / "X.CSV.GZ"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read(path).rows == [("1", "2")]


def test_options_travel_as_they_are(tmp_path) -> None:
    options = SourceOptions(format="csv", limit_rows=5)
    assert SourceOptions(**json.loads(json.dumps(dataclasses.asdict(options)))) == options
    assert isolated.FRAME.size == 9
