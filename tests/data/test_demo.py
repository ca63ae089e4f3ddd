import dataclasses
import json
import re
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial import cKDTree

from data.region import RegionPack
from data.sample.blemishes import identity_like
from data.sample.demo import write_demo_files
from data.sample.terrain import Terrain
from data.settings import Settings
from data.store import Store
from etl.pipeline import load_file
from etl.profile import Profile
from geo.assign import UnitIndex
from geo.datum import bd09_to_wgs84, gcj02_to_wgs84
from geo.errors import RegionError


@pytest.fixture(scope="module")
def region():
    return RegionPack.open("yuzhou")


@pytest.fixture(scope="module")
def files(region, tmp_path_factory):
    written = write_demo_files(tmp_path_factory.mktemp("demo"), region)
    return {file.profile: file for file in written}


def read(file):
    if file.path.suffix == ".xlsx":
        return pd.read_excel(file.path, dtype=str, keep_default_na=False)
    encoding = "utf-8-sig" if file.profile == "demo_crimes" else "gb18030"
    return pd.read_csv(file.path, dtype=str, keep_default_na=False, encoding=encoding)


def good(table, key):
    return table[~table[key].str.endswith("X")].drop_duplicates(key)


def local_time(texts):
    plain = texts.str.replace(r"[年月/]", "-", regex=True).str.replace("日", " ")
    plain = plain.str.replace("时", ":").str.replace("分", "").str.strip()
    return pd.to_datetime(plain, format="mixed")


@pytest.fixture(scope="module")
def crimes(files):
    table = good(read(files["demo_crimes"]), "案件编号")
    return table.assign(time=local_time(table["发案时间"]))


@pytest.fixture(scope="module")
def crashes(files):
    table = good(read(files["demo_traffic"]), "事故编号")
    return table.assign(time=local_time(table["事故时间"]))


def test_the_same_seed_gives_the_same_bytes(region, files, tmp_path):
    again = write_demo_files(tmp_path, region)
    for file in again:
        assert file.path.read_bytes() == files[file.profile].path.read_bytes(), file.profile
    other = write_demo_files(tmp_path, region, seed=7)[0]
    assert other.path.read_bytes() != files["demo_traffic"].path.read_bytes()


def test_the_file_forms_are_mixed(files):
    head = {name: file.path.read_bytes()[:3] for name, file in files.items()}
    assert head["demo_crimes"] == b"\xef\xbb\xbf"
    assert head["demo_traffic"].decode("gb18030", errors="ignore").startswith("事")
    assert head["demo_work"] == head["demo_sites"] == b"PK\x03"
    assert json.loads(files["demo_danger_sections"].path.read_text("utf-8"))["type"]


def test_volumes_follow_the_published_rates(crashes, crimes):
    general = crashes["处理程序"] == "一般程序"
    assert general.sum() / 3 == pytest.approx(70, abs=1)
    assert (~general).sum() / 3 == pytest.approx(1200, abs=2)
    assert len(crimes) / 3 == pytest.approx(5000, rel=0.005)
    assert crimes["案件类别"].value_counts(normalize=True)["入室盗窃"] == pytest.approx(
        0.22, abs=0.01
    )


def test_deaths_and_injuries_only_in_general_procedure(crashes):
    harm = crashes["死亡人数"].astype(int) + crashes["受伤人数"].astype(int)
    assert (harm[crashes["处理程序"] == "一般程序"] > 0).all()
    assert (harm[crashes["处理程序"] == "简易程序"] == 0).all()


def test_the_period_is_kept_and_the_trend_falls(crashes, crimes):
    for table in (crashes, crimes):
        per_year = table["time"].dt.year.value_counts().sort_index()
        assert per_year.index.tolist() == [2010, 2011, 2012]
        assert per_year.is_monotonic_decreasing
        assert 0.85 < per_year.iloc[2] / per_year.iloc[0] < 0.97


def test_burglary_peaks_before_the_spring_festival_and_by_night(crimes):
    burglary = crimes[crimes["案件类别"] == "入室盗窃"]["time"].dt
    month = burglary.month.value_counts()
    assert month[[12, 1]].mean() > 1.4 * month[[4, 5, 6]].mean()
    hour = burglary.hour.value_counts()
    assert hour[[1, 2, 3]].mean() > 2.5 * hour[[18, 19, 20]].mean()


def test_fraud_keeps_office_hours_and_assault_the_weekend(crimes):
    fraud = crimes[crimes["案件类别"] == "诈骗"]["time"].dt.hour
    assert fraud.between(8, 17).mean() > 0.75
    assault = crimes[crimes["案件类别"] == "故意伤害"]["time"].dt.day_of_week
    assert assault.isin([4, 5]).mean() > 2 / 7


def test_crashes_peak_in_the_evening_rush(crashes):
    hour = crashes["time"].dt.hour.value_counts()
    assert hour.idxmax() in {17, 18}
    assert hour[[17, 18]].mean() > 4 * hour[[2, 3]].mean()


def test_crimes_gather_where_the_terrain_says(region, crimes):
    terrain = Terrain(region, 2010)
    placed = crimes[crimes["经度"] != ""]
    lon, lat = gcj02_to_wgs84(placed["经度"].astype(float), placed["纬度"].astype(float))
    assert (UnitIndex(region.units).assign(lon, lat) >= 0).all()
    xy = shapely.get_coordinates(
        gpd.points_from_xy(lon, lat, crs=4326).to_crs(region.metric_crs)
    )
    distance = cKDTree(terrain.hot_centres).query(xy)[0]
    near = distance < 500.0
    # Six discs are 0.3 % of the county and hold a third of all placed crime.
    assert near.mean() > 0.25
    snatching = (placed["案件类别"] == "抢夺").to_numpy()
    burglary = (placed["案件类别"] == "入室盗窃").to_numpy()
    assert near[snatching].mean() > 2 * near[burglary].mean()


def test_burglaries_repeat_near_and_soon(region, crimes):
    burglary = crimes[(crimes["案件类别"] == "入室盗窃") & (crimes["经度"] != "")]
    lon, lat = burglary["经度"].astype(float), burglary["纬度"].astype(float)
    xy = np.column_stack([(lon - 113.4) * 92_000, (lat - 34.1) * 111_000])
    day = burglary["time"].to_numpy().astype("datetime64[h]").astype(int) / 24

    def close_pairs(days):
        pairs = cKDTree(xy).query_pairs(200.0, output_type="ndarray")
        return (np.abs(days[pairs[:, 0]] - days[pairs[:, 1]]) <= 14).sum()

    rng = np.random.default_rng(1)
    by_chance = np.mean([close_pairs(rng.permutation(day)) for _ in range(20)])
    assert close_pairs(day) > 2.5 * by_chance


def test_homicides_carry_no_point_and_only_their_township(region, crimes):
    homicide = crimes[crimes["案件类别"] == "命案"]
    assert len(homicide) == 30
    assert (homicide["经度"] == "").all()
    assert set(homicide["发案地点"]) <= set(region.units["name"])


def test_crashes_lie_on_the_roads_and_gather_on_hot_sections(region, crashes):
    terrain = Terrain(region, 2010)
    placed = crashes[crashes["经度"] != ""]
    points = gpd.GeoSeries.from_xy(
        placed["经度"].astype(float), placed["纬度"].astype(float), crs=4326
    ).to_crs(region.metric_crs)
    assert points.distance(terrain.roads.union_all()).max() < 25.0
    hot = terrain.hot_sections
    on_hot = pd.Series(False, index=placed.index)
    for road, start, stop in hot.itertuples(index=False):
        route = terrain.roads.iloc[road]
        along = (
            placed["桩号"]
            .str.extract(r"K(\d+)\+(\d+)")
            .astype(float)
            .mul([1000, 1])
            .sum(axis=1)
            - route["stake_from_m"]
        )
        on_hot |= (placed["路线编号"] == route["route_code"]) & along.between(
            start - 5, stop + 5
        )
    assert 0.25 < on_hot.mean() < 0.4


def test_stakes_agree_with_the_coordinates(region, crashes):
    roads = region.roads.to_crs(region.metric_crs).set_index("route_code")
    placed = crashes[(crashes["经度"] != "") & (crashes["桩号"] != "")].head(200)
    points = gpd.GeoSeries.from_xy(
        placed["经度"].astype(float), placed["纬度"].astype(float), crs=4326
    ).to_crs(region.metric_crs)
    route = roads.loc[placed["路线编号"]]
    along = shapely.line_locate_point(route.geometry.to_numpy(), points.to_numpy())
    stakes = route["stake_from_m"].to_numpy() + along
    stated = (
        placed["桩号"].str.extract(r"K(\d+)\+(\d+)").astype(float).mul([1000, 1]).sum(axis=1)
    )
    # A bend, or the rounding of the drawn line, moves a stake by metres.
    assert np.median(np.abs(stakes - stated)) < 10.0
    assert np.max(np.abs(stakes - stated)) < 120.0


def test_sites_hold_the_real_mines_and_the_67_township_mines(files):
    sites = good(read(files["demo_sites"]), "编号")
    mines = sites[sites["类别"] == "煤矿"]
    assert len(mines) == 70
    assert (mines["状态"] == "双停").sum() == 67
    real = mines[mines["来源"].str.startswith("Global Energy Monitor")]
    assert set(real["名称"]) == {"梁北煤矿", "梁北二井", "平禹一矿"}
    assert real["经度"].astype(float).between(113.4, 113.6).all()
    assert (sites["类别"] == "派出所").sum() == 26


def test_cameras_are_in_the_third_datum(region, files):
    table = good(read(files["demo_cameras"]), "编号")
    lon, lat = bd09_to_wgs84(table["经度"].astype(float), table["纬度"].astype(float))
    assert (UnitIndex(region.units).assign(lon, lat) >= 0).all()
    assert table["类型"].value_counts().to_dict() == {"监控": 420, "巡防岗": 32}


def test_dangerous_sections_follow_their_stakes(region, files):
    frame = gpd.read_file(files["demo_danger_sections"].path).to_crs(region.metric_crs)
    assert len(frame) == 24
    ends = frame[["起点桩号", "终点桩号"]].apply(
        lambda text: text.str.extract(r"K(\d+)\+(\d+)").astype(float).mul([1000, 1]).sum(axis=1)
    )
    np.testing.assert_allclose(
        ends["终点桩号"] - ends["起点桩号"], frame.length, rtol=0.01, atol=3
    )
    closed = frame["整治状态"] == "销号"
    assert (frame["销号日期"].fillna("") != "").equals(closed)


def test_no_file_speaks_of_persons(files):
    for file in files.values():
        header = (
            read(file).columns if file.path.suffix != ".geojson" else gpd.read_file(file.path)
        )
        assert not [
            name for name in header if re.search("姓名|身份证|电话|车牌|性别|年龄", name)
        ]


def test_the_identity_like_number_belongs_to_nobody():
    number = identity_like()
    assert number.startswith("999999")
    assert len(number) == 18


def test_scale_and_period_change_the_volume(region, tmp_path):
    small = write_demo_files(
        tmp_path, region, scale=0.1, start=date(2011, 1, 1), end=date(2011, 12, 31)
    )
    crimes = good(read(small[1]), "案件编号")
    assert len(crimes) == pytest.approx(500, abs=10)
    assert set(local_time(crimes["发案时间"]).dt.year) == {2011}
    assert small[0].path.name == "traffic_accidents_20111231.csv"
    assert {file.profile: bool(file.blemishes) for file in small}["demo_work"] is False


def test_a_pack_without_places_is_refused(region, tmp_path):
    bare = dataclasses.replace(region, places=region.places.iloc[:0])
    with pytest.raises(RegionError, match="bundled sample"):
        write_demo_files(tmp_path, bare)


def test_the_loader_refuses_exactly_the_blemishes(region, tmp_path, monkeypatch):
    monkeypatch.setenv("PINGAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PINGAN_REGION", "yuzhou")
    monkeypatch.delenv("PINGAN_DB", raising=False)
    store = Store.open(Settings.load(), region)
    for file in write_demo_files(tmp_path, region, scale=0.6):
        report = load_file(
            file.path, kind=file.kind, profile=Profile.open(file.profile), region=region,
            store=store,
        )  # fmt: skip
        expected = dict(file.blemishes)
        duplicates = expected.pop("DUPLICATE", 0)
        assert report.read == file.rows
        assert report.rejected_by_code == expected, file.profile
        assert report.duplicate == duplicates
    assert store.is_demo
