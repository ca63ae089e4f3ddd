"""Vector layers: attributes as text, flat WKB, CRS, encodings, broken files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon

from etl.sources.dbf import dbf_encoding
from geo.errors import RefusedFileError, SourceError


@pytest.fixture
def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["神垕镇", "火龙镇"],
            "n": [1, 2],
            "big": [1.2e15, 0.25],
            "at": pd.to_datetime(["2024-03-05 08:30:00", "2024-12-31 23:59:59"]),
        },
        geometry=[Point(113.22, 34.12, 250.0), Point(113.39, 34.09, 180.0)],
        crs=4326,
    )


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_layers_come_as_text_and_flat_wkb(tmp_path, frame, read, suffix: str) -> None:
    path = tmp_path / f"layer{suffix}"
    frame.to_file(path, layer="layer" if suffix == ".gpkg" else None)
    whole = read(path)
    assert whole.source.format == suffix[1:]
    assert whole.source.crs == "EPSG:4326"
    assert whole.source.total_rows == 2
    assert whole.source.columns == ["name", "n", "big", "at"]
    assert whole.table.drop_columns(["geometry"]).to_pydict() == {
        "name": ["神垕镇", "火龙镇"],
        "n": ["1", "2"],
        "big": ["1200000000000000", "0.25"],
        "at": ["2024-03-05 08:30:00", "2024-12-31 23:59:59"],
    }
    shapes = shapely.from_wkb(whole.table["geometry"].to_pylist())
    assert shapely.to_wkt(shapes).tolist() == ["POINT (113.22 34.12)", "POINT (113.39 34.09)"]
    assert whole.row_nos == [1, 2]


def shapefile(folder: Path, frame: gpd.GeoDataFrame, codec: str) -> Path:
    path = folder / "路段.shp"
    frame.drop(columns="at").to_file(path, encoding=codec)
    return path


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
@pytest.mark.parametrize("keep_cpg", [True, False])
@pytest.mark.parametrize("zipped", [True, False])
def test_shapefiles_in_both_encodings(tmp_path, frame, read, codec, keep_cpg, zipped) -> None:
    path = shapefile(tmp_path, frame, codec)
    if not keep_cpg:
        path.with_suffix(".cpg").unlink()
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[29] = 0  # the language driver
        path.with_suffix(".dbf").write_bytes(table)
    if zipped:
        with zipfile.ZipFile(tmp_path / "layer.zip", "w") as archive:
            for part in tmp_path.glob("路段.*"):
                archive.write(part, part.name)
        path = tmp_path / "layer.zip"
    whole = read(path)
    assert whole.source.format == "shapefile"
    assert whole.source.crs == "EPSG:4326"
    assert whole.source.encoding == codec
    assert whole.table["name"].to_pylist() == ["神垕镇", "火龙镇"]
    assert whole.table["n"].to_pylist() == ["1", "2"]


def test_a_field_name_cut_within_a_character(tmp_path, frame, read) -> None:
    path = shapefile(tmp_path, frame.rename(columns={"name": "ten_letter"}), "utf-8")
    table = path.with_suffix(".dbf")
    cut = "发生时间".encode()[:10]
    table.write_bytes(table.read_bytes().replace(b"ten_letter", cut))
    whole = read(path)
    assert whole.table["发生时"].to_pylist() == ["神垕镇", "火龙镇"]


def test_a_missing_prj_is_silence_not_a_guess(tmp_path, frame, read) -> None:
    path = shapefile(tmp_path, frame, "utf-8")
    path.with_suffix(".prj").unlink()
    whole = read(path)
    assert whole.source.crs is None
    assert "names no coordinate reference system" in whole.source.notes[0]


def test_a_projected_crs_is_named(tmp_path, frame, read) -> None:
    path = shapefile(tmp_path, frame.to_crs(4547), "utf-8")
    assert read(path).source.crs == "EPSG:4547"


def test_a_shapefile_without_its_table_is_refused(tmp_path, frame, read) -> None:
    path = shapefile(tmp_path, frame, "utf-8")
    path.with_suffix(".dbf").unlink()
    with pytest.raises(SourceError, match=r"INCOMPLETE_SHAPEFILE: .*\.dbf"):
        read(path)


def test_dbf_encodings(tmp_path, frame) -> None:
    path = shapefile(tmp_path, frame, "gb18030")
    cpg = path.with_suffix(".cpg")
    for name, codec in [("GBK", "gb18030"), ("936", "gb18030"), ("CP936", "gb18030")]:
        cpg.write_text(name)
        assert dbf_encoding(path) == codec
    cpg.write_text("UTF-8")
    with pytest.raises(SourceError, match="ENCODING: the attribute table is not valid utf-8"):
        dbf_encoding(path)
    assert dbf_encoding(path, "gb18030") == "gb18030"


def test_a_character_cut_by_the_field_width_is_no_fault(tmp_path, frame) -> None:
    path = shapefile(tmp_path, frame, "utf-8")
    path.with_suffix(".cpg").unlink()
    table = path.with_suffix(".dbf").read_bytes()
    whole = "神垕镇".encode()
    path.with_suffix(".dbf").write_bytes(table.replace(whole, whole[:-1] + b" "))
    assert dbf_encoding(path) == "utf-8"


def test_hostile_numbers_do_no_harm(tmp_path, read) -> None:
    path = tmp_path / "far.geojson"
    shapes = [Point(1e308, -1e308), Point(0, 0), LineString([(0, 0), (1e308, 1)]), Polygon()]
    features = [
        {"type": "Feature", "properties": {"i": i}, "geometry": shapely.geometry.mapping(shape)}
        for i, shape in enumerate(shapes)
    ] + [{"type": "Feature", "properties": {"i": 4}, "geometry": None}]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    whole = read(path)
    found = shapely.from_wkb(np.array(whole.table["geometry"].to_pylist(), dtype=object))
    assert whole.table["i"].to_pylist() == ["0", "1", "2", "3", "4"]
    assert (found[0].x, found[0].y) == (1e308, -1e308)
    assert found[3].is_empty
    assert found[4] is None


def test_layers_must_be_chosen(tmp_path, frame, read) -> None:
    path = tmp_path / "two.gpkg"
    frame.to_file(path, layer="a")
    frame.head(1).to_file(path, layer="b")
    with pytest.raises(SourceError, match=r"LAYER_CHOICE: .*\(a, b\)"):
        read(path)
    assert read(path, layer="b").table.num_rows == 1
    with pytest.raises(SourceError, match="LAYER_CHOICE: no layer is called 'c'"):
        read(path, layer="c")


def test_kml(tmp_path, read) -> None:
    path = tmp_path / "units.kml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        "<Document><Placemark><name>甲</name><Point><coordinates>113.1,34.1,9</coordinates>"
        "</Point></Placemark></Document></kml>"
    )
    whole = read(path)
    assert whole.source.format == "kml"
    assert whole.table["Name"].to_pylist() == ["甲"]
    assert shapely.from_wkb(whole.table["geometry"][0].as_py()).wkt == "POINT (113.1 34.1)"


def test_topojson(tmp_path, read) -> None:
    path = tmp_path / "units.json"
    triangle = {"type": "Polygon", "arcs": [[0]], "properties": {"name": "甲"}}
    layer = {"type": "GeometryCollection", "geometries": [triangle]}
    arcs = [[[0, 0], [1, 0], [0, 1], [0, 0]]]
    path.write_text(json.dumps({"type": "Topology", "objects": {"u": layer}, "arcs": arcs}))
    whole = read(path)
    assert whole.source.format == "topojson"
    assert whole.table["name"].to_pylist() == ["甲"]
    assert shapely.from_wkb(whole.table["geometry"][0].as_py()).area == 0.5


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.geojson", b'{"type":"FeatureCollection","features":[', "DAMAGED"),
        ("a.geojson", b"{" * 100_000, "DAMAGED"),
        ("a.geojson", '{"type":"FeatureCollection","名":"甲"}'.encode("gbk"), "ENCODING"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[]}', "EMPTY_FILE"),
        ("a.gpkg", b"SQLite format 3\x00" + bytes(4_000), "DAMAGED"),
        ("a.kml", b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>', "DAMAGED"),
    ],
)
def test_broken_layers(tmp_path, read, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read(tmp_path / name)
    assert caught.value.code == code
    assert not isinstance(caught.value, RefusedFileError)
