"""Real files with their exact numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from etl.pipeline import load_file
from etl.profile import Profile
from etl.report import LoadReport
from geo.selection import IncidentSelection

AS_OF = datetime(2024, 1, 1, tzinfo=UTC)


def load(path: Path, name: str, region, store) -> LoadReport:
    profile = Profile.open(name)
    report = load_file(
        path, kind=profile.kind, profile=profile, region=region, store=store, as_of=AS_OF
    )
    assert report.is_balanced
    return report


def test_chicago_assaults(real_data, chicago, open_store):
    path = real_data / "chicago" / "chicago_aggravated_assaults.csv.gz"
    store = open_store(chicago)
    report = load(path, "chicago_assaults", chicago, store)
    assert report.read == 148_636
    # Of the 111 exact repeats one repeats a row that lies outside: both are refused.
    assert int(pd.read_csv(path, dtype=str).duplicated().sum()) == 111
    assert (report.in_file, report.rejected_by_code) == (110, {"OUT_OF_AREA": 91})
    assert report.inserted == 148_636 - 110 - 91
    assert report.dropped_columns == ()
    assert (report.time_from, report.time_to) == ("2010-01-01 00:05", "2019-12-31 23:54")
    incidents = store.incidents(IncidentSelection())
    stated = pd.Series([json.loads(text)["district"] for text in incidents["attributes"]])
    agreed = int((stated.to_numpy() == incidents["unit_code"].to_numpy()).sum())
    assert agreed / report.read == pytest.approx(0.984, abs=5e-4)
    assert set(incidents["severity"]) == {3}


def test_taiwan_fatal_crashes(real_data, taiwan, open_store):
    path = real_data / "taiwan" / "a1_fatal_2022_to_oct.csv"
    store = open_store(taiwan)
    report = load(path, "taiwan_fatal", taiwan, store)
    assert report.read == 3_465
    assert report.inserted == 1_379
    assert report.folded == 3_465 - 2 - 1_379
    assert report.rejected_by_code == {"REFUSED_BY_PROFILE": 2}
    footers = store.rejected(report.load_id)
    assert footers["detail"].tolist() == [
        "footer: date of supply",
        "footer: class of the crashes",
    ]
    assert report.totals == {"deaths": 1_409, "injured": 558}
    assert {"當事者屬-性-別名稱", "當事者事故發生時年齡"} <= set(report.dropped_columns)
    # 23000 is half past two in the night.
    assert report.time_from == "2022-01-01 02:30"
    incidents = store.incidents(IncidentSelection())
    assert incidents["severity"].isin([3, 4]).all()
    assert (incidents["time_precision"] == "minute").all()


def test_gem_coal_mines(real_data, yuzhou_outline, open_store):
    path = real_data / "yuzhou" / "gem_coal_mines_around_yuzhou.csv"
    store = open_store(yuzhou_outline)
    report = load(path, "gem_coal_mines", yuzhou_outline, store)
    assert (report.read, report.inserted) == (33, 3)
    assert report.rejected_by_code == {"OUT_OF_AREA": 30}
    mines = store.sites()
    assert sorted(mines["capacity"]) == [1.2, 1.5, 2.4]
    assert set(mines["status"]) == {"operating"}
    assert (mines["sector"] == "coal").all()
