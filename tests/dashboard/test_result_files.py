"""Files of a result: nothing small leaves, everything says what it is."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dashboard import pictures
from dashboard.disclosure import RULES, SMALLEST_SHOWN, suppressed, suppressed_tables
from dashboard.i18n import LANGUAGES, language, speaking
from dashboard.pictures import chinese_font, map_picture
from dashboard.result_files import about, json_text, result_csv, result_geojson
from dashboard.result_words import result_text
from data.derived.results import Facts, Result
from data.region import RegionPack
from data.settings import Settings
from geo.errors import SettingsError
from geo.selection import IncidentSelection

COLUMNS: dict[str, dict[str, object]] = {
    "significance": {
        "value": 0.0,
        "around": 9.0,
        "gi_star": 3.0,
        "local_moran": 2.0,
        "p_high": 0.00012345,
        "p_low": 1.0,
        "q_high": 0.00412345,
        "q_low": 1.0,
        "spot": "hot",
        "cluster": "high_high",
    },
    "emerging": {
        "emergence": "new_hot",
        "trend_z": 1.0,
        "trend_p": 0.3,
        "hot_steps": 1,
        "cold_steps": 0,
        "events": 0.0,
    },
    "concentration": {"value": 0.0},
    "forecast": {"expected": 0.7, "rank": 3, "band": 0.01, "events": 0},
    "density": {"density": 2.5, "events": 0},
}


def make_result(method: str, counts: list[int]) -> Result:
    n = len(counts)
    table = pd.DataFrame({name: [value] * n for name, value in COLUMNS[method].items()})
    table[RULES[method].counted] = counts
    west = 113 + 0.01 * np.arange(n)
    cells = gpd.GeoDataFrame(
        table, geometry=shapely.box(west, 34.0, west + 0.01, 34.01), crs=4326
    )
    facts = Facts(
        method=method,
        parameters={"cell_m": 500.0, "per_people": None},
        events=40,
        too_coarse=1,
        outside=2,
        day_from=15_000,
        day_to=15_099,
        version="1-k",
        is_demo=True,
    )
    empty = {name: pd.DataFrame() for name in ("scores", "decision", "drift", "components")}
    empty["drift"] = pd.DataFrame({"unchanged": [np.nan]})
    return Result(facts=facts, cells=cells, tables=empty if method == "forecast" else {})


@pytest.fixture(scope="module")
def region() -> RegionPack:
    return RegionPack.open(Settings.load(environ={}).region)


@pytest.mark.parametrize("method", RULES)
@settings(deadline=None, max_examples=40)
@given(counts=st.lists(st.integers(0, 12), min_size=1, max_size=8))
def test_no_small_count_and_nothing_that_gives_it_away(method: str, counts: list[int]) -> None:
    rule = RULES[method]
    safe = suppressed(make_result(method, counts))
    assert not set(rule.dropped) & set(safe.columns)
    least = 0 if rule.is_none_small else 1
    is_small = [least <= count < SMALLEST_SHOWN for count in counts]
    assert safe["suppressed"].tolist() == is_small
    for name in {rule.counted, *rule.hidden} - set(rule.dropped):
        assert safe[name].isna().tolist() == is_small
    if rule.counted not in rule.dropped:
        shown = safe[rule.counted].dropna()
        assert not ((shown > 0) & (shown < SMALLEST_SHOWN)).any()


def test_q_values_are_blunt() -> None:
    assert suppressed(make_result("significance", [9]))["q_high"].tolist() == [0.01]


def test_geojson_says_what_it_is(region: RegionPack) -> None:
    result = make_result("significance", [3, 7])
    facts = about(result, region, IncidentSelection(categories=("theft",)))
    collection = json.loads(result_geojson(result, facts))
    assert collection["about"]["method"] == "significance"
    assert collection["about"]["mark"] == ["演示数据", "示意边界"]
    assert collection["about"]["selection"] == {"categories": ["theft"]}
    assert collection["about"]["counts_hidden_below"] == 5
    assert collection["about"]["period"] == ["2011-01-26", "2011-05-05"]
    small, large = (feature["properties"] for feature in collection["features"])
    assert (small["value"], small["suppressed"]) == (None, True)
    assert (large["value"], large["suppressed"]) == (7, False)
    assert "around" not in large
    assert gpd.read_file(io.BytesIO(result_geojson(result, facts))).crs.to_epsg() == 4326


def test_inside_the_police_everything_is_kept(region: RegionPack) -> None:
    result = make_result("significance", [3, 7])
    facts = about(result, region, None, is_internal=True)
    features = json.loads(result_geojson(result, facts, is_internal=True))["features"]
    assert [feature["properties"]["value"] for feature in features] == [3, 7]
    assert features[0]["properties"]["around"] == 9
    assert facts["is_internal"]
    assert facts["counts_hidden_below"] is None


def test_csv_opens_in_excel_and_carries_its_mark(region: RegionPack) -> None:
    result = make_result("forecast", [3, 7])
    content = result_csv(result, about(result, region, None))
    assert content.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(io.BytesIO(content))
    assert table["events"].isna().tolist() == [True, False]
    assert table["rank"].isna().tolist() == [True, False]
    assert table["band"].tolist() == [0.01, 0.01]
    assert table["lon"].tolist() == [113.005, 113.015]
    assert set(table["mark"]) == {"演示数据 · 示意边界"}
    assert set(table["data_version"]) == {"1-k"}


def test_json_has_no_infinity(region: RegionPack) -> None:
    result = make_result("concentration", [7])
    result.tables["near_repeat"] = pd.DataFrame({"to_m": [np.inf], "z": [np.nan]})
    facts = about(result, region, None, is_internal=True)
    assert facts["tables"] == {"near_repeat": [{"to_m": None, "z": None}]}
    json_text(facts)


def with_tables(**tables: pd.DataFrame) -> Result:
    return replace(make_result("concentration", [7]), tables=tables)


@given(st.lists(st.integers(0, 12), min_size=2, max_size=9))
def test_no_count_of_a_table_follows_from_the_total(counts: list[int]) -> None:
    table = pd.DataFrame({"role": list(map(str, counts)), "events": counts})
    shown = suppressed_tables(with_tables(roles=table))["roles"]["events"]
    assert all(value >= SMALLEST_SHOWN or value == 0 for value in shown.dropna())
    hidden = np.array(counts)[shown.isna().to_numpy(dtype=bool)]
    is_alone = len(hidden) == 1
    assert not is_alone or not (np.array(counts) > 0).sum() > 1
    assert len(hidden) == 0 or (hidden < SMALLEST_SHOWN).any()


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40).filter(any))
def test_the_lorenz_curve_names_no_small_count(counts: list[int]) -> None:
    ranked = np.sort(counts)[::-1]
    curve = np.concatenate([[0], np.cumsum(ranked)]) / ranked.sum()
    lorenz = pd.DataFrame(
        {"share_of_places": np.arange(len(curve)) / len(ranked), "share_of_events": curve}
    )
    row = pd.DataFrame([{"places": len(ranked), "events": float(ranked.sum())}])
    kept = suppressed_tables(with_tables(lorenz=lorenz, concentration=row))["lorenz"]
    per_place = kept["share_of_events"].diff() * ranked.sum()
    assert kept["share_of_events"].iloc[-1] == 1
    assert (per_place[1:-1].round() >= SMALLEST_SHOWN).all()


def test_a_density_keeps_two_digits() -> None:
    result = make_result("density", [9, 9, 9])
    result.cells["density"] = [123.456, 0.012345, 9.96]
    assert suppressed(result)["density"].tolist() == pytest.approx([120, 0.012, 10])


@pytest.mark.parametrize("tongue", LANGUAGES)
@pytest.mark.parametrize("method", RULES)
def test_a_picture_of_every_method(method: str, tongue: str, region: RegionPack) -> None:
    with speaking(tongue):
        content = map_picture(make_result(method, [3, 7, 30]), region, IncidentSelection())
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        assert image.size == (1_500, 1_230)
        assert len(image.convert("RGB").getcolors(1 << 20)) > 50


def test_clusters_are_another_picture(region: RegionPack) -> None:
    result = make_result("significance", [3, 7, 30])
    assert map_picture(result, region, measure="cluster") != map_picture(result, region)


@pytest.mark.parametrize("method", ["significance", "density", "forecast"])
def test_a_picture_without_cells(method: str, region: RegionPack) -> None:
    result = make_result(method, [7])
    empty = Result(facts=result.facts, cells=result.cells.iloc[:0], tables=result.tables)
    assert map_picture(empty, region).startswith(b"\x89PNG")


def test_equal_results_give_equal_pictures(region: RegionPack) -> None:
    result = make_result("emerging", [7])
    assert map_picture(result, region) == map_picture(result, region)


def test_a_table_has_no_picture(region: RegionPack) -> None:
    facts = Facts(**(vars(make_result("density", [1]).facts) | {"method": "near_repeat"}))
    with pytest.raises(SettingsError, match=r"\.csv"):
        map_picture(Result(facts=facts, cells=make_result("density", [1]).cells), region)


def test_without_a_chinese_font_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        pictures, "font_manager", SimpleNamespace(fontManager=SimpleNamespace(ttflist=[]))
    )
    with pytest.raises(SettingsError, match="fonts-noto-cjk"):
        chinese_font()


def test_words_follow_the_language_and_give_it_back(region: RegionPack) -> None:
    result = make_result("forecast", [7])
    before = language()
    with speaking("en"):
        text = result_text(result, region, IncidentSelection(hours=(1,)))
    assert language() == before
    assert "Demo data" in text
    assert "N = 40" in text
    assert "no ground to suspect" in text
