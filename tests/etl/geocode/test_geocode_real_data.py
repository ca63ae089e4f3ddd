"""The development addresses, and a year of addresses of another country's crashes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.region import region_from_units
from etl.geocode import Cascade
from geo.assign import UnitIndex


def test_the_development_addresses(yuzhou, real_data):
    rows = pd.read_csv(
        real_data / "yuzhou" / "addresses_dev.csv", dtype=str, keep_default_na=False,
        encoding="utf-8-sig",
    )  # fmt: skip
    placed = yuzhou.locate(rows["address"].tolist())
    accepted = placed.status == "accepted"
    has_town = (rows["town_code"] != "").to_numpy()
    right = accepted & (placed.unit_code == rows["town_code"].to_numpy())
    assert right[has_town].mean() >= 0.98
    assert not (accepted & has_town & ~right).any()
    stem = rows["village_stem_or_code"]
    has_village = ((stem != "") & ~stem.str.isdigit()).to_numpy()
    called = [
        wanted in (name or "") for wanted, name in zip(stem, placed.place_name, strict=True)
    ]
    assert np.array(called)[has_village].mean() >= 0.95


def test_addresses_lead_to_the_town_of_their_coordinate(real_data, tmp_path):
    folder = real_data / "taiwan"
    towns = gpd.read_file(folder / "towns-10t.json", layer="towns").set_crs(
        4326, allow_override=True
    )
    pack = region_from_units(
        tmp_path / "towns", towns, code="towns", names={"zh": "臺灣"}, name_field="TOWNNAME",
        code_field="TOWNCODE", parent_field="COUNTYNAME", timezone="Asia/Taipei",
    )  # fmt: skip
    assert len(pack.units) == 368
    parties = pd.read_csv(folder / "a1_fatal_2022_to_oct.csv", dtype=str, encoding="utf-8-sig")
    crashes = parties[parties["經度"].notna() & parties["緯度"].notna()]
    crashes = crashes.drop_duplicates(["發生日期", "發生時間", "發生地點", "經度", "緯度"])
    placed = Cascade(pack).locate(crashes["發生地點"].tolist())
    at = UnitIndex(pack.units).assign(
        crashes["經度"].astype(float).to_numpy(), crashes["緯度"].astype(float).to_numpy()
    )
    codes = pack.units.index.astype(str).to_numpy()
    truth = np.where(at >= 0, codes[at], "")
    agrees = placed.unit_code == truth
    others = pd.DataFrame(
        {
            "text": crashes["發生地點"].to_numpy(),
            "said": placed.place_name,
            "coordinate_in": pack.units["name"].reindex(truth).to_numpy(),
        }
    )[~agrees]
    assert (placed.status == "accepted").mean() >= 0.99
    assert agrees.mean() >= 0.94, others.to_string()
    # Where they differ the text names a town all the same: it is the coordinate that is off.
    assert others["said"].notna().all()
