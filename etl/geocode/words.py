"""The words around place names: what follows, joins, divides and ends them."""

from __future__ import annotations

import re

from etl.geocode import names

FILLER = re.compile(r"(?:境内|辖区内?|镇区|城区|市区|地界内?)?的?")
# What follows a village's bare stem where the stem is the whole name.
TAIL = re.compile(
    r"$|村|社区|[东西南北](?:侧|面|边|头|口|门|约|\d|[东西南北]|偏|方)|[路街桥河坡](?:口|上|边|头|段|旁|东|西|南|北)"
    r"|[口旁段处内里前后附向往至到与和及、/~\-约距第\dA-Z]|附近|境内|交界|之间|门[口前]"
    r"|(?:完全)?小学|中学|初中|高中|学校|幼儿园|卫生[室所院]|医院|诊所|超市|商店|加油站|饭店|酒店"
    r"|红绿灯|十字|丁字|路口|交叉|煤[矿窑]|矿|砖?厂|砂石|石料|工地|工业|广场|市场|集市|集|大队|党群"
    r"|水库|水塘|坑塘|鱼塘|林[区场]|山[上坡]|田|地里|家|组|公园|政府|派出所|信用社|邮局|敬老院|养殖|养鸡|养猪|养牛"
)
POINT_WORD = re.compile(
    r"煤矿|矿|厂|公司|学校|小学|中学|高中|初中|幼儿园|医院|卫生[室所院]|诊所|水库|大坝|景区|公园|市场|超市|商场|广场"
    r"|加油站|收费站|车站|派出所|政府|法院|银行|信用社|饭店|酒店|宾馆|工地|小区|花园|家属院|林区|山庄|桥|寺|庙会|祠|陵|高速|路|街|线"
)
# A known name that goes on is another name: 董村店村 is not 董村.
GOES_ON = re.compile(
    r"(?!村|社区|[与和至到及跟同])[\u4e00-\u9fff]{1,2}(?:村(?!委)|社区)"
    r"|(?![东西南北村口旁段处内里前后外上下附路边街头])[\u4e00-\u9fff]$"
)
# A last character that may have changed places with 村.
STRAY = re.compile(r"(?![口旁段处内里前后外上下附路边街头])[\u4e00-\u9fff]$")
BEFORE_VILLAGE = re.compile(r"[东西南北府近旁路至到与和、口线段号米站面侧边道街处]$|\d$")
AND = re.compile(r"(?:[东南西北][头侧口]?)?(?:与|和|至|到|、|及|跟|同|[/~—-])?")
BETWEEN = re.compile(r"之间|中间|交界|[两二]村|接壤|之交|路段|段")
CROSSING = re.compile(r"交叉|十字|丁字|路口|交汇|交会|相交|交口|交界|岔口|口|红绿灯|/")
HOUSE = re.compile(
    r"(?:[东西南北中一二三四五六七八九\d]{1,2}段)?(?:\d{1,4}[巷弄])?(?:附|门牌)?"
    r"(\d{1,5})(?:-\d{1,4})?(?:号|號)(?!线|楼|矿|井|公路|国道|省道)"
)
VILLAGE_END = re.compile(
    r"村民委员会|社区居民委员会|居民委员会|社区居委会|村委会|居委会|社区|村"
)
STOP = re.compile(r"[\dA-Z、与/+~—-]|附近|东侧|西侧|南侧|北侧")
# Behind the name of a county these make it the name of a road or a township.
NO_COUNTY = re.compile(names.NOT_THE_PLACE.pattern + r"|镇|乡|街道|办|村|社区")
BROKEN_WORD = re.compile(r".{0,2}[镇乡街道办族]")
PLACE_WORD = re.compile(r"[\u4e00-\u9fff]")


def has_point_word(text: str) -> bool:
    """Whether a text names some institution, works or building."""
    return POINT_WORD.search(text) is not None
