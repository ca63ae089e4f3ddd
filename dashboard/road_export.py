"""The official forms as workbooks: the transport ministry's two, and the police's list.

Headings, their order and groups are those of the forms; codes are the forms' own. Cells that
nobody has recorded stay empty.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import pandas as pd
import shapely
import xlsxwriter

from dashboard.escape import for_cell
from dashboard.state import day_of
from data.derived.sections_runs import SectionRun
from data.region import RegionPack
from geo.road_events import stake_text

# Group heading ("" none) → columns under it.
Form = Sequence[tuple[str, Sequence[str]]]

_PLACE = (
    *("省", "市", "县", "公路编号", "技术等级"),
    *("方向(1桩号大到小 2桩号小到大 3不分方向)", "桩号起点", "桩号终点"),
    *("排查时间(年/月)", "路段分类"),
)
_TREATMENT: Form = (
    ("既有安全设施", ("护栏", "标志标线", "警示和视线诱导", "其他")),
    (
        "拟采取措施",
        (
            *("线形土建", "边坡边沟路域整治", "标志标线", "交叉口综合", "加装护栏"),
            *("警示诱导", "其他"),
        ),
    ),
    ("", ("投资估算(万元)", "计划实施年份")),
)
MINISTRY_HIGH: Form = (
    (
        "",
        (
            *_PLACE,
            "交通事故排查方法(1风险评估 2多发点段识别)",
            "事故风险等级或是否多发点段(0/6)",
            "公路条件排查方法",
            "公路风险等级或是否高风险(0/6)",
        ),
    ),
    (
        "公路条件",
        (
            *("小半径圆曲线", "连续下坡", "陡坡", "视距不良", "路侧险要", "环境复杂"),
            *("交叉口不规范", "AADT", "通行校车或班线车", "运行车速/限速/设计速度"),
        ),
    ),
    *_TREATMENT,
)
MINISTRY_LOW: Form = (
    ("", _PLACE),
    (
        "综合指标",
        (
            *("符合事故判别", "单个急弯", "连续急弯", "连续下坡", "陡坡", "视距不良"),
            *("路侧", "环境", "交通量", "校车班线"),
        ),
    ),
    *_TREATMENT,
)
POLICE: Form = (
    ("", ("序号", "辖区", "名称及路段", "危险或多发", "排查时间")),
    ("公路技术状况", ("道路线形", "路面类型", "技术等级", "设施状况")),
    (
        "",
        (
            *("事故情况", "隐患描述", "整改措施", "整改责任单位", "整改完成时间"),
            "督办等级",
        ),
    ),
)
GRADE_WORDS = {
    "expressway": "高速",
    "first": "一级",
    "second": "二级",
    "third": "三级",
    "fourth": "四级",
    "unclassed": "等外",
}
LEVEL_WORDS = {"province": "省级", "city": "市级", "county": "县级"}
FEATURE_NAMES = {
    "sharp_bend": "急弯",
    "bend_series": "连续急弯",
    "long_downhill": "连续下坡",
    "steep_grade": "陡坡",
    "poor_sight": "视距不良",
    "roadside": "路侧险要",
    "environment": "环境复杂",
    "junction": "平面交叉",
}
_ALIGNMENT = ("sharp_bend", "bend_series", "long_downhill", "steep_grade", "poor_sight")
WORK_NAMES = {
    "alignment": "线形土建",
    "roadside": "边坡边沟路域整治",
    "signs_markings": "标志标线",
    "junction": "交叉口综合整治",
    "guardrail": "加装护栏",
    "warning": "警示和视线诱导",
    "other_works": "其他",
}
# 1 from large stakes to small, 2 from small to large, 3 both: traffic keeps to the right.
DIRECTIONS = {"left": 1, "right": 2, "both": 3}
_HIGH_GRADES = ("expressway", "first", "second")
_HIGH_CLASSES = ("expressway", "national", "provincial")
_PRONE, _NOT_PRONE, _BY_IDENTIFICATION = 6, 0, 2


def ministry_workbook(rows: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    """The ministry's forms for class I and II, and for class III and IV roads.

    A road without a technical grade is on the form of its class, the grade left empty.

    Parameters
    ----------
    rows
        :data:`data.derived.sections_forms.FORM_COLUMNS`.
    about
        Facts for the last sheet.
    """
    records = rows.to_dict("records")
    high = [row for row in records if _is_high(row)]
    low = [row for row in records if not _is_high(row)]
    return _workbook(
        {
            "一二级公路": (MINISTRY_HIGH, [_high(row) for row in high]),
            "三四级公路": (MINISTRY_LOW, [_low(row) for row in low]),
        },
        about,
    )


def police_workbook(rows: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    """The police's list of dangerous sections under supervision 督办."""
    numbered = enumerate(rows.to_dict("records"), start=1)
    return _workbook({"督办台账": (POLICE, [_police(n, row) for n, row in numbered])}, about)


def sections_geojson(run: SectionRun, region: RegionPack) -> bytes:
    """RFC 7946 collection of the sections with the member ``about``."""
    table = pd.DataFrame(run.sections.drop(columns="geometry"))
    table = table.astype(object).where(table.notna(), None)
    names = region.roads.set_index("route_code")["name"]
    features = [
        {
            "type": "Feature",
            "id": int(number),
            "geometry": json.loads(shapely.to_geojson(shapely.set_precision(shape, 1e-6))),
            "properties": {"route_name": names.get(row["route_code"], "")} | row,
        }
        for number, shape, row in zip(
            table.index, run.sections.geometry, table.to_dict("records"), strict=True
        )
    ]
    facts = asdict(run.facts) | {
        "region": region.code,
        "is_schematic": region.is_schematic,
        "run_id": run.run_id,
        "period": [day_of(d).isoformat() for d in (run.facts.day_from, run.facts.day_to)],
        "crs": "WGS-84",
    }
    collection = {"type": "FeatureCollection", "about": facts, "features": features}
    return json.dumps(collection, ensure_ascii=False, default=_plain).encode()


def _is_high(row: Mapping[str, Any]) -> bool:
    if row["tech_grade"]:
        return row["tech_grade"] in _HIGH_GRADES
    return row["road_class"] in _HIGH_CLASSES


def _place(row: Mapping[str, Any]) -> list[Any]:
    return [
        *(row[name] for name in ("province", "city", "county", "route_code")),
        GRADE_WORDS.get(row["tech_grade"]),
        DIRECTIONS.get(row["side"]),
        _stake(row["stake_from_m"]),
        _stake(row["stake_to_m"]),
        _day(row["found_on"], "%Y/%m"),
        row["protection_grade"] or None,
    ]


def _high(row: Mapping[str, Any]) -> list[Any]:
    prone = row["is_prone"]
    method = None if prone is None else _BY_IDENTIFICATION
    found = None if prone is None else _PRONE if prone else _NOT_PRONE
    speed = row["design_speed_kmh"]
    named = ("sharp_bend", "long_downhill", "steep_grade", "poor_sight", "roadside")
    return [
        *_place(row),
        *(method, found, None, None),
        *_flags(row, (*named, "environment", "junction")),
        row["aadt"] or None,
        _yes(row["has_bus"]),
        None if speed is None else f"设计速度{speed:g}",
        *_treatment(row),
    ]


def _low(row: Mapping[str, Any]) -> list[Any]:
    named = ("sharp_bend", "bend_series", "long_downhill", "steep_grade", "poor_sight")
    return [
        *_place(row),
        _yes(row["is_prone"]),
        *_flags(row, (*named, "roadside", "environment")),
        row["aadt"] or None,
        _yes(row["has_bus"]),
        *_treatment(row),
    ]


def _treatment(row: Mapping[str, Any]) -> list[Any]:
    works = row["works"] or {}
    return [
        *(row["guard"] or None, None, None, None),
        *(_amount(works[kind]) if kind in works else None for kind in WORK_NAMES),
        row["budget_wan"],
        row["plan_year"],
    ]


def _police(number: int, row: Mapping[str, Any]) -> list[Any]:
    named = row["features"] or ()
    is_danger = bool(named) or row["hazard_id"] is not None
    kinds = [word for word, holds in (("危险", is_danger), ("多发", row["is_prone"])) if holds]
    works = row["works"] or {}
    return [
        number,
        row["unit"] or row["county"],
        row["name"] or _stretch(row),
        "、".join(kinds) or None,
        _day(row["found_on"], "%Y-%m-%d"),
        "、".join(FEATURE_NAMES[f] for f in named if f in _ALIGNMENT) or None,
        None,
        GRADE_WORDS.get(row["tech_grade"]),
        row["guard"] or None,
        _accidents(row),
        row["survey"] or None,
        "；".join(
            WORK_NAMES[kind] + (f" {amount}" if (amount := _amount(work)) != 1 else "")
            for kind, work in works.items()
        )
        or None,
        row["responsible_unit"],
        _day(row["due_on"], "%Y-%m-%d"),
        LEVEL_WORDS.get(row["level"]),
    ]


def _accidents(row: Mapping[str, Any]) -> str | None:
    if row["accidents"] is None:
        return None
    start, end = day_of(int(row["day_from"])), day_of(int(row["day_to"]))
    return (
        f"{start}至{end}共发生事故{row['accidents']}起，"
        f"死亡{row['deaths']}人，受伤{row['injured']}人"
    )


def _stretch(row: Mapping[str, Any]) -> str:
    stakes = [_stake(row[name]) for name in ("stake_from_m", "stake_to_m")]
    name = " ".join(part for part in (row["route_code"], row["route_name"]) if part)
    return name if None in stakes else f"{name} {stakes[0]}至{stakes[1]}"


def _flags(row: Mapping[str, Any], names: Sequence[str]) -> list[int | None]:
    """1 where the survey names a feature, else empty: it has not said that there is none."""
    return [1 if name in (row["features"] or ()) else None for name in names]


def _yes(value: object) -> int | None:
    return None if value is None or value is pd.NA else int(bool(value))


def _amount(work: Mapping[str, Any]) -> str | int:
    """How much, or 1 where only the kind of works is said."""
    quantity = work["quantity"]
    return 1 if quantity is None or quantity != quantity else f"{quantity:g}{work['unit']}"


def _stake(metres: float | None) -> str | None:
    return None if metres is None or metres != metres else stake_text(metres)


def _day(day: date | pd.Timestamp | None, pattern: str) -> str | None:
    return None if day is None or day is pd.NaT else day.strftime(pattern)


def _plain(value: object) -> object:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _workbook(
    sheets: Mapping[str, tuple[Form, list[list[Any]]]], about: Mapping[str, str]
) -> bytes:
    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(buffer, options) as book:
        frame = {"border": 1, "valign": "vcenter", "text_wrap": True, "font_size": 10}
        head = book.add_format(frame | {"bold": True, "align": "center", "bg_color": "#EEF1F5"})
        cell = book.add_format(frame)
        for title, (form, rows) in sheets.items():
            _sheet(book.add_worksheet(title), form, rows, head=head, cell=cell)
        facts = book.add_worksheet("说明")
        facts.set_column(0, 0, 18)
        facts.set_column(1, 1, 90, book.add_format({"text_wrap": True}))
        for at, (name, text) in enumerate(about.items()):
            facts.write_string(at, 0, str(for_cell(name)))
            facts.write_string(at, 1, str(for_cell(text)))
    return buffer.getvalue()


def _sheet(sheet: Any, form: Form, rows: list[list[Any]], *, head: Any, cell: Any) -> None:
    """Two heading rows with merged groups, then the rows."""
    at = 0
    merge: Callable[..., Any] = sheet.merge_range
    for group, columns in form:
        if group:
            merge(0, at, 0, at + len(columns) - 1, group, head)
        for name in columns:
            if group:
                sheet.write_string(1, at, name, head)
            else:
                merge(0, at, 1, at, name, head)
            widest = max((_width(row[at]) for row in rows), default=0)
            sheet.set_column(at, at, min(max(widest + 2, 9), 44))
            at += 1
    sheet.set_row(1, 48)
    sheet.freeze_panes(2, 0)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 1)
    for line, row in enumerate(rows, start=2):
        for column, value in enumerate(row):
            if value is None:
                sheet.write_blank(line, column, None, cell)
            else:
                sheet.write(line, column, for_cell(value), cell)


def _width(value: object) -> int:
    """Columns a text takes: a Chinese character two."""
    text = "" if value is None else str(value)
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
