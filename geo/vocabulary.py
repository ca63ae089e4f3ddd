"""The words of the field as stable codes. Labels live in the dashboard's locales.

Codes never change once stored; the tuples below are ordered, and that order is
the byte encoding used in snapshots and in the browser, so append only.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class RecordKind(StrEnum):
    """What one row of a file describes; the KIND of ``pingan load``."""

    INCIDENTS = "incidents"
    SITES = "sites"
    HAZARDS = "hazards"
    INDICATORS = "indicators"
    INSPECTIONS = "inspections"


# Records that lie somewhere; the others are of a unit.
PLACED_KINDS: tuple[RecordKind, ...] = (
    RecordKind.INCIDENTS,
    RecordKind.SITES,
    RecordKind.HAZARDS,
)


class Domain(StrEnum):
    """The three families of incidents."""

    TRAFFIC = "traffic"
    CRIME = "crime"
    WORK_SAFETY = "work_safety"


CATEGORIES: dict[Domain, tuple[str, ...]] = {
    Domain.TRAFFIC: (
        "crash_vehicle",
        "crash_pedestrian",
        "crash_nonmotor",
        "crash_single",
        "crash_other",
    ),
    Domain.CRIME: (
        "robbery",
        "snatching",
        "burglary",
        "vehicle_theft",
        "theft",
        "fraud",
        "assault",
        "homicide",
        "arson",
        "damage",
        "drug",
        "public_order",
        "crime_other",
    ),
    # The thirteen sector codes; sites and hazards use the same list.
    Domain.WORK_SAFETY: (
        "coal",
        "noncoal",
        "fire",
        "school_bus",
        "firework",
        "hazchem",
        "construct",
        "food",
        "tourism",
        "forest_fire",
        "flood",
        "work_other",
    ),
}

CATEGORY_CODES: tuple[str, ...] = tuple(code for codes in CATEGORIES.values() for code in codes)
DOMAIN_OF: dict[str, Domain] = {
    code: domain for domain, codes in CATEGORIES.items() for code in codes
}


class Severity(IntEnum):
    """Ordered severity shared by all domains, so that one filter serves them all."""

    UNKNOWN = 0
    SLIGHT = 1  # property damage only; a public-order case
    MODERATE = 2  # somebody injured; an ordinary criminal case
    SERIOUS = 3  # somebody killed; a grave criminal case
    MAJOR = 4  # 较大 or worse: three or more deaths, or ten or more seriously injured


class MatchCode(StrEnum):
    """How surely a record has been placed, best first (``~`` appended when fuzzy)."""

    A1 = "A1"  # surveyed or GPS coordinate
    A2 = "A2"  # exact point of interest
    B1 = "B1"  # calibrated stake with metres
    B2 = "B2"  # unique road crossing
    B3 = "B3"  # interpolated house number
    C1 = "C1"  # whole-kilometre or uncalibrated stake
    C2 = "C2"  # village or community
    D1 = "D1"  # township
    E = "E"  # county only
    U = "U"  # unplaced: counted, never drawn


MATCH_CODES: tuple[str, ...] = tuple(MatchCode)

# Default 95 % radius in metres; a unit's or village's own size replaces C2 and D1.
R95_M: dict[MatchCode, float] = {
    MatchCode.A1: 15.0,
    MatchCode.A2: 100.0,
    MatchCode.B1: 100.0,
    MatchCode.B2: 50.0,
    MatchCode.B3: 400.0,
    MatchCode.C1: 600.0,
    MatchCode.C2: 810.0,
    MatchCode.D1: 4100.0,
    MatchCode.E: 21000.0,
}

SITE_KINDS: tuple[str, ...] = (
    "coal_mine",
    "noncoal_mine",
    "school",
    "hazchem_site",
    "firework_site",
    "fuel_station",
    "construction_site",
    "market",
    "scenic_spot",
    "reservoir",
    "camera",
    "patrol_post",
    "police_station",
    "other_site",
)

# A visit, one unannounced, a guard who stays, or a reading that nobody came for.
INSPECTION_KINDS: tuple[str, ...] = ("inspection", "secret_visit", "guard", "reading")

# Who inspects: 市级, 乡级, 村级.
INSPECTION_LEVELS: tuple[str, ...] = ("city", "township", "village")

HAZARD_KINDS: tuple[str, ...] = ("road_section", "disorder_spot", "site_hazard")

# 排查 → 核实 → 挂牌 → 立项 → 治理 → 申请验收 → 验收 → 销号 → 监测, or back to 反弹;
# the last two end a hazard. Which step may follow which: geo.hazard_states.
HAZARD_STATUSES: tuple[str, ...] = (
    "found",
    "planned",
    "treating",
    "listed",
    "accepted",
    "closed",
    "relapsed",
    "verified",
    "submitted",
    "monitoring",
    "merged",
    "rejected",
)

HAZARD_GRADES: tuple[str, ...] = ("major", "considerable", "general", "low")

# Who lists a hazard for supervision (省级, 市级, 县级挂牌).
HAZARD_LEVELS: tuple[str, ...] = ("province", "city", "county")

# Offices that take steps with a hazard; never a person.
HAZARD_ROLES: tuple[str, ...] = ("police", "transport", "township", "emergency", "leader")

# Kinds of works on a road section, as the transport ministry's form groups them.
MEASURE_KINDS: tuple[str, ...] = (
    "alignment",  # 线形与土建
    "roadside",  # 边坡、边沟、路域整治
    "signs_markings",  # 标志标线
    "junction",  # 交叉口综合整治
    "guardrail",  # 加装护栏
    "warning",  # 警示与视线诱导
    "other_works",
)

EVIDENCE_KINDS: tuple[str, ...] = ("before", "during", "after", "doc")

TECH_GRADES: tuple[str, ...] = (
    "expressway",
    "first",
    "second",
    "third",
    "fourth",
    "unclassed",
)

TERRAINS: tuple[str, ...] = ("plain", "rolling", "mountain")

CALIBRATION_KINDS: tuple[str, ...] = (
    "km_post",
    "hm_post",
    "break",
    "bridge",
    "boundary",
    "other",
)


class Datum(StrEnum):
    """Which datum a file's coordinates are in; any ``EPSG:n`` text is also accepted."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class TimePrecision(StrEnum):
    """What a time means: an hour-of-day chart may only use MINUTE and HOUR."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
