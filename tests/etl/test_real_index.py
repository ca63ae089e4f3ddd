"""The risk index on real counts of other regions, per area: their packs know no people or roads."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.stats import spearmanr

from data.derived.risk import run_index
from etl.pipeline import load_file
from etl.profile import Profile
from geo.errors import SettingsError
from geo.index_definition import IndexDefinition

AS_OF = datetime(2024, 1, 1, tzinfo=UTC)
PER_AREA = """
[index]
id = "per_area"
version = 1
name = {{ zh = "单位面积", en = "Per area" }}
aggregation = "arithmetic"
[grades]
yellow = 50.0
orange = 62.5
red = 75.0
[[domain]]
id = "{name}"
name = {{ zh = "{name}", en = "{name}" }}
weight = 1.0
denominators = ["area_km2"]
[[domain.indicator]]
id = "events"
name = {{ zh = "起数", en = "Events" }}
harm = 1.0
categories = [{categories}]
"""


def load(path, name, region, store) -> None:
    profile = Profile.open(name)
    load_file(path, kind=profile.kind, profile=profile, region=region, store=store, as_of=AS_OF)


def test_chicago_districts(real_data, chicago, open_store):
    store = open_store(chicago)
    path = real_data / "chicago" / "chicago_aggravated_assaults.csv.gz"
    load(path, "chicago_assaults", chicago, store)
    with pytest.raises(SettingsError, match="traffic: no incidents, crime: no exposure"):
        run_index(store, chicago, period="2019", base_period="2015")
    definition = IndexDefinition.from_toml(
        PER_AREA.format(name="crime", categories='"assault", "robbery"')
    )
    run = run_index(
        store, chicago, period="2019", base_period="2015", definition=definition, draws=2_000
    )
    assert set(run.exposures["origin"]) == {"outline"}
    assert run.facts.parameters["notes"] == []
    units = run.units
    # Hundreds of events per district: nothing is left to shrink, and ranks are nearly those counted.
    raw = run.indicators.set_index("unit_code")["raw_rate"]
    assert spearmanr(raw[units.index], units["index"]).statistic > 0.99
    assert units["rank"].iloc[int(np.argmax(raw[units.index]))] == 1
    assert run.indicators["count"].sum() == run.facts.events == units["events"].sum()
    # 50 is the average of the base year: the city as a whole stands where its total went.
    trend = run.trend
    assert trend["current"].sum() / trend["base"].sum() == pytest.approx(1.0, abs=0.1)
    width = units["rank_high"] - units["rank_low"]
    assert (run.facts.events, len(units), int(width.max())) == (15_309, 23, 3)
    assert units["rank"].nsmallest(4).index.tolist() == ["11", "15", "7", "3"]
    assert units["is_unsure"].mean() < 0.3
    assert run.sensitivity["factor"].iloc[0] == "data"


def test_taiwan_towns(real_data, taiwan, open_store):
    store = open_store(taiwan)
    path = real_data / "taiwan" / "a1_fatal_2022_to_oct.csv"
    load(path, "taiwan_fatal", taiwan, store)
    kinds = (
        "crash_vehicle",
        "crash_pedestrian",
        "crash_nonmotor",
        "crash_single",
        "crash_other",
    )
    definition = IndexDefinition.from_toml(
        PER_AREA.format(name="traffic", categories=", ".join(f'"{kind}"' for kind in kinds))
    )
    options = {"definition": definition, "draws": 2_000}
    run = run_index(store, taiwan, period="2022-Q3", base_period="2022-Q1", **options)
    units, rates = run.units, run.indicators.set_index("unit_code")
    assert (run.facts.events, len(units)) == (455, 368)
    # One fatal crash a town and quarter: four towns in five are said to have too few, and the
    # rank of a typical one is open over more than half of the list.
    assert units["is_thin"].mean() == pytest.approx(0.81, abs=0.02)
    width = units["rank_high"] - units["rank_low"]
    assert width.median() > len(units) / 2
    assert rates["count"].max() == 8
    # Shrunk: the spread of the rates is far below that of the counts per area.
    assert rates["rate"].min() > 0
    year = run_index(store, taiwan, period="2022", base_period="2022", **options)
    assert year.facts.parameters["records_to"] == "2022-10-10"
    assert year.facts.parameters["notes"] == ["partial_period", "partial_base", "no_trend"]
    assert (year.facts.events, year.facts.outside) == (1_378, 1)
