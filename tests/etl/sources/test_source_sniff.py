"""Claims against contents, for files too large to be parsed for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.sources import sniff
from geo.errors import RefusedFileError


@pytest.mark.parametrize(
    ("head", "format"),
    [
        ('{"type":"FeatureCollection","features":[', "geojson"),
        (' {\n "name" : "a\\"b", "n":-1.5e3, "type" : "Feature",', "geojson"),
        ('\ufeff{"type":"Topology","arcs":[', "topojson"),
    ],
)
def test_large_json_is_known_by_its_head(tmp_path: Path, monkeypatch, head, format) -> None:
    monkeypatch.setattr(sniff, "_PARSE_WHOLE", 0)
    path = tmp_path / "x.json"
    path.write_text(head, encoding="utf-8")
    assert sniff.detect(path) == format


@pytest.mark.parametrize(
    "head",
    [
        '{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read x"}',
        '{"properties":{"type":"FeatureCollection"},"type":"gdal_streamed_alg"}',
        '{"note":"\\"type\\":\\"FeatureCollection\\"","type":"gdal_streamed_alg"}',
        '{"a":' * 10_000,
    ],
)
def test_large_disguises_are_refused(tmp_path: Path, monkeypatch, head: str) -> None:
    monkeypatch.setattr(sniff, "_PARSE_WHOLE", 0)
    path = tmp_path / "x.geojson"
    path.write_text(head)
    with pytest.raises(RefusedFileError, match="DISGUISED"):
        sniff.detect(path)
