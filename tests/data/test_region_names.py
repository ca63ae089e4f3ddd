from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import box

from data.region import RegionPack, region_from_units
from geo.errors import RegionError


@pytest.fixture
def pack(tmp_path):
    units = gpd.GeoDataFrame(
        {"code": ["1", "2"], "name": ["東區", "東區"], "county": ["甲市", "乙市"]},
        geometry=[box(121.5, 25.0, 121.6, 25.1), box(121.7, 25.1, 121.8, 25.2)],
        crs=4326,
    )
    return region_from_units(
        tmp_path / "pack", units, code="p", names={"zh": "某省"}, name_field="name",
        code_field="code", parent_field="county",
    )  # fmt: skip


def test_units_know_what_they_belong_to(pack):
    assert pack.units["parent"].to_dict() == {"1": "甲市", "2": "乙市"}
    assert RegionPack.open("yuzhou").units["parent"].eq("").all()


def test_parents_and_aliases_are_lists_of_names(pack):
    assert (pack.parents, pack.aliases) == ((), ())
    manifest = pack.folder / "region.toml"
    text = manifest.read_text(encoding="utf-8")
    named = text.replace("[files]", 'parents = ["某国"]\naliases = ["旧省"]\n[files]')
    manifest.write_text(named, encoding="utf-8")
    assert (RegionPack.open(pack.folder).parents, RegionPack.open(pack.folder).aliases) == (
        ("某国",), ("旧省",),
    )  # fmt: skip
    manifest.write_text(text.replace("[files]", 'parents = "某国"\n[files]'), encoding="utf-8")
    with pytest.raises(RegionError, match="parents must be a list"):
        RegionPack.open(pack.folder)
