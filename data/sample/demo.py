"""Seeded demo data 演示数据: messy source files that go through the real loading path.

Every place and event in them is invented, except three coal mines; there are no persons.
Volumes follow published rates (Henan 2014 and 2016). The same pack, seed, period and scale
give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xlsxwriter

from data.region import RegionPack
from data.region_layers import write_geojson
from data.sample.blemishes import NOWHERE, Columns, with_blemishes
from data.sample.crashes import draw_crashes
from data.sample.crimes import draw_crimes
from data.sample.figures import draw_patrol_staff, draw_petitions, draw_unit_figures
from data.sample.hazards import draw_danger_sections, draw_disorder_spots
from data.sample.inspections import draw_inspections, draw_site_hazards, with_details
from data.sample.sites import draw_cameras_and_posts, draw_sites
from data.sample.terrain import Terrain
from data.sample.work import draw_work_accidents
from geo.vocabulary import RecordKind

START, END = date(2010, 1, 1), date(2012, 12, 31)


@dataclass(frozen=True, kw_only=True)
class DemoFile:
    """One generated file.

    Parameters
    ----------
    kind, profile
        How it is to be loaded.
    rows
        Data rows in the file, bad ones included; filled cells of a wide sheet.
    blemishes
        Number of deliberate bad rows by the reason expected of the loader.
    """

    kind: RecordKind
    path: Path
    profile: str
    rows: int
    blemishes: Mapping[str, int] = field(default_factory=dict)


def write_demo_files(
    folder: Path,
    region: RegionPack,
    *,
    seed: int = 2010,
    start: date = START,
    end: date = END,
    scale: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> list[DemoFile]:
    """Write the demo source files, named after the day they were "extracted".

    Parameters
    ----------
    folder
        Existing folder.
    region
        A pack with roads, and seats, crossings and villages among its places.
    seed
        The same seed gives the same bytes.
    start, end
        Inclusive period of the events.
    scale
        Multiplies the number of incidents (not of sites or hazards).
    progress
        Called with (files done, files in all).

    Returns
    -------
    list of DemoFile

    Raises
    ------
    RegionError
        When the pack lacks roads or places.
    """
    terrain = Terrain(region, seed)
    day = f"{end:%Y%m%d}"

    def rng(number: int) -> np.random.Generator:
        return np.random.default_rng([seed, number])

    def crashes() -> DemoFile:
        table, counts = with_blemishes(
            draw_crashes(terrain, start, end, scale=scale, rng=rng(10)),
            Columns(
                key="事故编号", lon="经度", lat="纬度", place="事故地点", category="事故形态",
                time="事故时间", note="备注",
            ),
            rng=rng(11),
        )  # fmt: skip
        path = folder / f"traffic_accidents_{day}.csv"
        _write_csv(path, table, encoding="gb18030")
        return _file(RecordKind.INCIDENTS, path, "demo_traffic", table, counts)

    def crimes() -> DemoFile:
        table, counts = with_blemishes(
            draw_crimes(terrain, start, end, scale=scale, rng=rng(20)),
            Columns(
                key="案件编号", lon="经度", lat="纬度", place="发案地点", category="案件类别",
                time="发案时间", note="备注",
            ),
            rng=rng(21),
        )  # fmt: skip
        table.loc[table["发案地点"] == NOWHERE, "所属乡镇"] = ""
        path = folder / f"crimes_{day}.csv"
        _write_csv(path, table, encoding="utf-8-sig")
        return _file(RecordKind.INCIDENTS, path, "demo_crimes", table, counts)

    def work() -> DemoFile:
        table, counts = with_blemishes(
            draw_work_accidents(terrain, start, end, scale=scale, rng=rng(30)),
            Columns(
                key="编号", lon="经度", lat="纬度", place="事故地点", category="行业领域",
                time="事故时间", note="备注",
            ),
            rng=rng(31),
        )  # fmt: skip
        table.loc[table["事故地点"] == NOWHERE, "所属乡镇"] = ""
        path = folder / f"work_accidents_{day}.xlsx"
        _write_workbook(path, table, sheet="事故台账", created=end)
        return _file(RecordKind.INCIDENTS, path, "demo_work", table, counts)

    def sections() -> DemoFile:
        frame = draw_danger_sections(terrain, start, end, rng=rng(40))
        return _geojson(
            folder / f"danger_sections_{day}.geojson", "demo_danger_sections", frame
        )

    def spots() -> DemoFile:
        frame = draw_disorder_spots(terrain, start, end, rng=rng(50))
        return _geojson(folder / f"disorder_spots_{day}.geojson", "demo_disorder_spots", frame)

    register = with_details(draw_sites(terrain, rng=rng(60)), rng=rng(62))

    def sites() -> DemoFile:
        table, counts = with_blemishes(
            register.copy(),
            Columns(key="编号", lon="经度", lat="纬度", place="位置", category="类别"),
            rng=rng(61),
        )
        path = folder / f"key_sites_{day}.xlsx"
        _write_workbook(path, table, sheet="重点单位", created=end)
        return _file(RecordKind.SITES, path, "demo_sites", table, counts)

    def cameras() -> DemoFile:
        table, counts = with_blemishes(
            draw_cameras_and_posts(terrain, rng=rng(70)),
            Columns(key="编号", lon="经度", lat="纬度", place="位置", category="类型"),
            rng=rng(71),
        )
        path = folder / f"cameras_posts_{day}.csv"
        _write_csv(path, table, encoding="gb18030")
        return _file(RecordKind.SITES, path, "demo_cameras", table, counts)

    def inspections() -> DemoFile:
        table = draw_inspections(register, region, start, end, rng=rng(90))
        path = folder / f"inspections_{day}.csv"
        _write_csv(path, table, encoding="gb18030")
        return _file(RecordKind.INSPECTIONS, path, "demo_inspections", table, {})

    def site_hazards() -> DemoFile:
        table = draw_site_hazards(register, region, start, end, rng=rng(91))
        path = folder / f"site_hazards_{day}.csv"
        _write_csv(path, table, encoding="gb18030")
        return _file(RecordKind.HAZARDS, path, "demo_site_hazards", table, {})

    years = range(start.year, end.year + 1)

    def unit_figures() -> DemoFile:
        table = draw_unit_figures(region, years, rng=rng(80))
        path = folder / f"township_figures_{day}.xlsx"
        _write_workbook(path, table, sheet="乡镇指标", created=end)
        return _figures(path, "demo_unit_figures", table, named=2)

    def petitions() -> DemoFile:
        table = draw_petitions(region, years, rng=rng(81))
        path = folder / f"petitions_{day}.csv"
        _write_csv(path, table, encoding="gb18030")
        return _figures(path, "demo_petitions", table, named=2)

    def patrol_staff() -> DemoFile:
        table = draw_patrol_staff(region, years, rng=rng(82))
        path = folder / f"patrol_staff_{day}.csv"
        _write_csv(path, table, encoding="gb18030")
        return _figures(path, "demo_patrol_staff", table, named=1)

    makers = (
        crashes, crimes, work, sections, spots, sites, cameras, unit_figures, petitions,
        patrol_staff, inspections, site_hazards,
    )  # fmt: skip
    written: list[DemoFile] = []
    for make in makers:
        written.append(make())
        if progress is not None:
            progress(len(written), len(makers))
    return written


def _file(
    kind: RecordKind, path: Path, profile: str, table: pd.DataFrame, counts: Mapping[str, int]
) -> DemoFile:
    return DemoFile(kind=kind, path=path, profile=profile, rows=len(table), blemishes=counts)


def _figures(path: Path, profile: str, table: pd.DataFrame, *, named: int) -> DemoFile:
    """A wide sheet whose first ``named`` columns say what the cells belong to."""
    filled = int((table.iloc[:, named:] != "").to_numpy().sum())
    return DemoFile(kind=RecordKind.INDICATORS, path=path, profile=profile, rows=filled)


def _geojson(path: Path, profile: str, frame: gpd.GeoDataFrame) -> DemoFile:
    write_geojson(path, frame, decimals=6)
    return _file(RecordKind.HAZARDS, path, profile, frame, {})


def _write_csv(path: Path, table: pd.DataFrame, *, encoding: str) -> None:
    path.write_bytes(table.to_csv(index=False, lineterminator="\r\n").encode(encoding))


def _write_workbook(path: Path, table: pd.DataFrame, *, sheet: str, created: date) -> None:
    """A workbook as offices keep them: numbers and times as such, the day alone as text."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime.combine(created, time())})
        page = book.add_worksheet(sheet)
        bold = book.add_format({"bold": True})
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page.write_row(0, 0, table.columns, bold)
        for column, name in enumerate(table.columns):
            numeric = pd.to_numeric(table[name], errors="coerce")
            moment = pd.to_datetime(table[name], format="%Y-%m-%d %H:%M", errors="coerce")
            for row, text in enumerate(table[name], start=1):
                if text == "":
                    continue
                if pd.notna(numeric.iloc[row - 1]):
                    page.write_number(row, column, numeric.iloc[row - 1])
                elif pd.notna(moment.iloc[row - 1]):
                    page.write_datetime(
                        row, column, moment.iloc[row - 1].to_pydatetime(), stamp
                    )
                else:
                    page.write_string(row, column, text)
