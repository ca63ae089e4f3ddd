"""The official forms, opened again and compared cell by cell."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pandas as pd
import pytest

from dashboard.i18n import LANGUAGES, speaking
from dashboard.road_export import ministry_workbook, police_workbook
from dashboard.section_words import reason_text, span
from data.derived.sections_forms import FORM_COLUMNS
from geo.selection import day_number

ABOUT = {"1": "2023-01-01 至 2025-12-31"}
HIGH = (
    "省 市 县 公路编号 技术等级 方向(1桩号大到小|2桩号小到大|3不分方向) 桩号起点 桩号终点 排查时间(年/月) 路段分类 "
    "交通事故排查方法(1风险评估|2多发点段识别) 事故风险等级或是否多发点段(0/6) 公路条件排查方法 公路风险等级或是否高风险(0/6) "
    "小半径圆曲线 连续下坡 陡坡 视距不良 路侧险要 环境复杂 交叉口不规范 AADT 通行校车或班线车 运行车速/限速/设计速度 "
    "护栏 标志标线 警示和视线诱导 其他 线形土建 边坡边沟路域整治 标志标线 交叉口综合 加装护栏 警示诱导 其他 "
    "投资估算(万元) 计划实施年份"
)
LOW = (
    "省 市 县 公路编号 技术等级 方向(1桩号大到小|2桩号小到大|3不分方向) 桩号起点 桩号终点 排查时间(年/月) 路段分类 "
    "符合事故判别 单个急弯 连续急弯 连续下坡 陡坡 视距不良 路侧 环境 交通量 校车班线 "
    "护栏 标志标线 警示和视线诱导 其他 线形土建 边坡边沟路域整治 标志标线 交叉口综合 加装护栏 警示诱导 其他 "
    "投资估算(万元) 计划实施年份"
)
POLICE = (
    "序号 辖区 名称及路段 危险或多发 排查时间 道路线形 路面类型 技术等级 设施状况 "
    "事故情况 隐患描述 整改措施 整改责任单位 整改完成时间 督办等级"
)


def form_row(**known: Any) -> dict[str, Any]:
    return dict.fromkeys(FORM_COLUMNS) | known


ROWS = pd.DataFrame(
    [
        form_row(
            hazard_id=7, code="411081-2025-0007", name="省道237线K45段", province="河南省",
            city="许昌市", county="禹州市", unit="神垕镇", route_code="S237",
            route_name="省道237线", road_class="provincial", tech_grade="second", side="both",
            stake_from_m=45_320.4, stake_to_m=45_731.6, found_on=pd.Timestamp("2025-03-09"),
            protection_grade="B", is_prone=True, features=("sharp_bend", "roadside"),
            survey="急弯，临崖落差大于30米", aadt="5000-10000", has_bus=True,
            design_speed_kmh=60.0, guard="波形梁",
            works={
                "guardrail": {"quantity": 400.0, "unit": "m"},
                "warning": {"quantity": float("nan"), "unit": ""},
            },
            budget_wan=12.5, plan_year=2026, accidents=5, deaths=2, injured=3,
            day_from=day_number(pd.Timestamp("2023-01-01").date()),
            day_to=day_number(pd.Timestamp("2025-12-31").date()),
            responsible_unit="市公路段", due_on=pd.Timestamp("2026-09-01"), level="city",
        ),
        form_row(
            hazard_id=8, name='=HYPERLINK("http://x")', province="河南省", city="许昌市",
            county="禹州市", unit="鸠山镇", route_code="X006", route_name="方鸠路",
            road_class="county", tech_grade="third", side="left", stake_from_m=0.0,
            stake_to_m=950.0, is_prone=False, features=("bend_series",), has_bus=False,
            survey="@SUM(A1)", works={},
        ),
        form_row(
            province="河南省", city="许昌市", county="禹州市", route_code="Y1",
            road_class="county", tech_grade="", features=(), works={},
        ),
    ],
    dtype=object,
)  # fmt: skip


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def cells(sheet: Any, line: int) -> list[Any]:
    return [cell.value for cell in sheet[line]]


def headings(sheet: Any) -> list[Any]:
    """The lower heading of each column, or the one that spans both rows."""
    return [low or high for high, low in zip(cells(sheet, 1), cells(sheet, 2), strict=True)]


def test_the_ministry_form_for_high_roads_is_exact() -> None:
    sheet = opened(ministry_workbook(ROWS, ABOUT))["一二级公路"]
    assert headings(sheet) == [name.replace("|", " ") for name in HIGH.split()]
    assert sheet.max_row == 3
    assert cells(sheet, 3) == [
        "河南省", "许昌市", "禹州市", "S237", "二级", 3, "K45+320", "K45+732", "2025/03", "B",
        2, 6, None, None,
        1, None, None, None, 1, None, None, "5000-10000", 1, "设计速度60",
        "波形梁", None, None, None,
        None, None, None, None, "400m", 1, None,
        12.5, 2026,
    ]  # fmt: skip
    groups = {
        str(area): sheet.cell(area.min_row, area.min_col).value
        for area in sheet.merged_cells.ranges
    }
    assert groups["O1:X1"] == "公路条件"
    assert groups["Y1:AB1"] == "既有安全设施"
    assert groups["AC1:AI1"] == "拟采取措施"
    assert groups["A1:A2"] == "省"


def test_the_ministry_form_for_low_roads_is_exact() -> None:
    sheet = opened(ministry_workbook(ROWS, ABOUT))["三四级公路"]
    assert headings(sheet) == [name.replace("|", " ") for name in LOW.split()]
    blank = [None] * 13
    assert cells(sheet, 3) == [
        "河南省", "许昌市", "禹州市", "X006", "三级", 1, "K0+000", "K0+950", None, None,
        0, None, 1, None, None, None, None, None, None, 0, *blank,
    ]  # fmt: skip
    # Nothing is known of the third road; nothing is said of it.
    assert cells(sheet, 4) == ["河南省", "许昌市", "禹州市", "Y1", *[None] * 29]


def test_the_police_list_is_exact_and_text_stays_text() -> None:
    sheet = opened(police_workbook(ROWS, ABOUT))["督办台账"]
    assert headings(sheet) == POLICE.split()
    assert cells(sheet, 3) == [
        1, "神垕镇", "省道237线K45段", "危险、多发", "2025-03-09", "急弯", None, "二级", "波形梁",
        "2023-01-01至2025-12-31共发生事故5起，死亡2人，受伤3人", "急弯，临崖落差大于30米",
        "加装护栏 400m；警示和视线诱导", "市公路段", "2026-09-01", "市级",
    ]  # fmt: skip
    name, survey = sheet["C4"], sheet["K4"]
    assert (name.value, name.data_type) == ('\'=HYPERLINK("http://x")', "s")
    assert (survey.value, survey.data_type) == ("'@SUM(A1)", "s")
    assert sheet["C5"].value == "Y1"
    assert sheet["J5"].value is None


def test_the_facts_stand_on_the_last_sheet() -> None:
    book = opened(police_workbook(ROWS, ABOUT))
    assert book.sheetnames == ["督办台账", "说明"]
    assert book["说明"]["B1"].value == ABOUT["1"]


REASON = {
    "rule_id": "r",
    "name": {"zh": "规则三", "en": "Rule three"},
    "conditions": [{"measure": "fatal_accidents", "op": ">=", "n": 3.0, "found": 3.0}],
    "tightest_m": 412.2,
    "tightest_from_stake_m": 45_320.0,
    "tightest_to_stake_m": 45_732.0,
    "tightest_from_chain_m": 20_320.0,
    "tightest_to_chain_m": 20_732.0,
}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh", "规则三：412 m 内 3 起死亡事故，S237 K45+320–K45+732"),
        ("en", "Rule three: 3 fatal accidents within 412 m, S237 K45+320–K45+732"),
    ],
)
def test_a_reason_says_how_much_within_what(language: str, expected: str) -> None:
    assert language in LANGUAGES
    with speaking(language):
        assert reason_text(REASON, "S237") == expected


def test_a_road_without_stakes_is_measured_from_its_beginning() -> None:
    with speaking("en"):
        assert span((float("nan"), 1.0), (900.0, 120.0)) == "120–900 m from its beginning"
        assert span((500.0, 500.0), (1.0, 1.0)) == "K0+500"
