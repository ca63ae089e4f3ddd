"""The words by which columns and codes are guessed, in Chinese and English.

Patterns are matched anywhere in a header or value, upper and lower case alike; of their
alternatives the earlier one is the better evidence.
"""

from geo.vocabulary import RecordKind

# Canonical field → header words, best first.
HEADERS: dict[str, str] = {
    "category": r"案件类别|案件類別|案由|案别|事故类型|事故類型|事故形态|类别|類別|类型|類型|种类|category|offen[cs]e|crime|primary.?type|\btype\b",
    "deaths": r"死亡|亡人|fatal|death|killed",
    "injured": r"受伤|受傷|伤人|重伤|injur|wounded",
    "loss_yuan": r"损失|損失|loss",
    "unit_code": r"(?:乡镇|街道|区划|辖区|行政区|单位)(?:代码|编码)|town.?code|unit.?code|district.?code",
    "unit_name": r"乡镇|街道|镇办|辖区|town(?:ship)?(?:.?name)?$|unit.?name",
    "place_text": r"地点|地點|地址|位置|场所|路段|address|location|place",
    "name": r"名称|名稱|企业|单位|name",
    "capacity": r"产能|能力|规模|库容|capacity",
    "status": r"状态|狀態|整改情况|进度|status",
    "grade": r"等级|級別|级别|grade",
    "found_on": r"排查日期|发现日期|发现时间|found",
    "due_on": r"期限|due",
    "closed_on": r"销号|完成日期|closed",
    "indicator": r"指标|indicator",
    "period": r"年份|年度|期间|period|year",
    "value": r"数值|指标值|value",
}  # fmt: skip
TIME = r"发生时间|發生時間|发案时间|报警时间|案发|事发|时间|時間|日期|date|time|occurred"
DATE = r"日期|date"
CLOCK = r"时间|時間|time"
LON = r"经度|經度|^lon(?:g(?:itude)?)?$|^lng$|longitude|^x$|东经|东坐标|横坐标|^x.?坐标|easting"
LAT = r"纬度|緯度|^lat(?:itude)?$|latitude|^y$|北纬|北坐标|纵坐标|^y.?坐标|northing"
PAIR = r"经纬度|經緯度|坐标|坐標|位置|lon.?lat|lat.?lon|coord|wkt"
KEY = (
    r"编号|編號|案号|案件号|事故号|序列号|record.?id|case.?(?:id|no|number)|\bid\b|^code$|代码$"
)
KINDS = (
    (RecordKind.INDICATORS, r"指标|indicator"),
    (RecordKind.INSPECTIONS, r"巡查|检查|暗访|用电量|inspect"),
    (RecordKind.HAZARDS, r"隐患|整改|治理|销号|hazard"),
)
# Values → codes, the first that is found.
CATEGORIES = (
    ("crash_pedestrian", r"行人|人与|人與|pedestrian"),
    ("crash_nonmotor", r"非机动|电动车碰|自行车|cycl"),
    ("crash_single", r"单车|單車|本身|翻车|坠车|single"),
    ("crash_vehicle", r"车与车|車與車|追尾|碰撞|刮擦|collision"),
    ("crash_other", r"交通|crash|accident"),
    ("robbery", r"抢劫|搶劫|robbery"),
    ("snatching", r"抢夺|搶奪|snatch"),
    ("burglary", r"入室|入户|burglar"),
    ("vehicle_theft", r"盗.*车|盜.*車|vehicle theft|motor.?vehicle"),
    ("fraud", r"诈|詐|fraud|decept"),
    ("homicide", r"杀人|殺人|命案|homicide|murder"),
    ("assault", r"伤害|殴打|傷害|assault|battery"),
    ("arson", r"放火|纵火|縱火|arson"),
    ("damage", r"毁坏|毀損|damage|vandal"),
    ("drug", r"毒|narcotic|drug"),
    ("public_order", r"寻衅|滋事|扰乱|赌|disorder|public"),
    ("theft", r"盗窃|偷|竊|扒窃|theft|larceny|steal"),
    ("coal", r"煤矿|瓦斯|coal"),
    ("noncoal", r"非煤|矿山|quarry"),
    ("fire", r"火灾|消防|\bfire\b"),
    ("school_bus", r"校车|school.?bus"),
    ("firework", r"烟花|爆竹|firework"),
    ("hazchem", r"危化|危险化学|hazchem|chemical"),
    ("construct", r"建筑|施工|坍塌|construct"),
    ("food", r"食品|food"),
    ("tourism", r"旅游|景区|touris"),
    ("forest_fire", r"森林|forest"),
    ("flood", r"洪|汛|内涝|flood"),
)
FALLBACKS = (
    ("crash_other", r"交通|事故形态|车|車|crash|vehicle|traffic"),
    ("work_other", r"安全生产|生产安全|企业|work"),
)
GRADES = (
    ("major", r"重大|特大|major"),
    ("considerable", r"较大|considerable"),
    ("low", r"低|较小|low"),
    ("general", r"一般|general"),
)
STATUSES = (
    ("found", r"未|排查|found"),
    ("relapsed", r"反弹|relapse"),
    ("closed", r"销号|完成|办结|已整改|closed|done"),
    ("accepted", r"验收|accepted"),
    ("listed", r"挂牌|listed"),
    ("treating", r"治理|整治|整改|进行|treat"),
    ("planned", r"立项|计划|plan"),
)
SITES = (
    ("coal_mine", r"煤|coal"),
    ("noncoal_mine", r"矿|mine"),
    ("school", r"学校|小学|中学|school"),
    ("hazchem_site", r"危化|化工|chem"),
    ("firework_site", r"烟花|爆竹|firework"),
    ("fuel_station", r"加油|加气|fuel"),
    ("construction_site", r"工地|construct"),
    ("market", r"市场|超市|market"),
    ("scenic_spot", r"景区|景点|scenic"),
    ("reservoir", r"水库|reservoir"),
    ("camera", r"监控|卡口|camera"),
    ("patrol_post", r"巡逻|patrol"),
    ("police_station", r"派出所|police"),
)
