"""Real files with their exact numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.region import RegionPack
from etl.pipeline import load_file
from etl.profile import Profile

AS_OF = datetime(2023, 1, 1, tzinfo=UTC)


def test_chicago_assaults(real_data, chicago, open_store):
    store = open_store(chicago)
    report = load_file(
        real_data / "chicago" / "chicago_aggravated_assaults.csv.gz",
        kind="incidents",
        profile=Profile.open("chicago_assaults"),
        region=chicago,
        store=store,
        as_of=AS_OF,
    )
    print(report.to_text("en"))
    assert report.read == 148_636
    assert report.in_file == 111
    assert report.rejected_by_code == {"OUT_OF_AREA": 91}
    assert report.inserted == 148_636 - 111 - 91
    assert report.is_balanced


def test_taiwan_fatal_crashes(real_data, taiwan, open_store):
    store = open_store(taiwan)
    report = load_file(
        real_data / "taiwan" / "a1_fatal_2022_to_oct.csv",
        kind="incidents",
        profile=Profile.open("taiwan_fatal"),
        region=taiwan,
        store=store,
        as_of=AS_OF,
    )
    print(report.to_text("zh"))
    assert report.read == 3_465
    assert report.is_balanced


def test_gem_coal_mines(real_data, open_store):
    region = RegionPack.open("yuzhou")
    store = open_store(region)
    report = load_file(
        real_data / "yuzhou" / "gem_coal_mines_around_yuzhou.csv",
        kind="sites",
        profile=Profile.open("gem_coal_mines"),
        region=region,
        store=store,
        as_of=AS_OF,
    )
    print(report.to_text("zh"))
    assert report.is_balanced
