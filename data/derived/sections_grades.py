"""What the ministry's forms ask of a section, as far as the ledger and the pack know it.

Nothing is guessed: a feature is there when the survey says so, else it is not known. A
grade of the protection programme is given only when what is not known cannot change it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data.region import RegionPack
from geo.protection_grades import INDICATORS, indicator_grade

# Features of the forms, and the words by which a survey names them.
FEATURE_WORDS: Mapping[str, tuple[str, ...]] = {
    "sharp_bend": ("急弯", "小半径"),
    "bend_series": ("连续急弯", "连续弯道"),
    "long_downhill": ("连续下坡", "长下坡", "长大下坡"),
    "steep_grade": ("陡坡",),
    "poor_sight": ("视距不良", "视线不良", "盲区"),
    "roadside": ("路侧险要", "临水", "临崖", "高填方"),
    "environment": ("环境复杂", "穿村", "穿镇", "街道化"),
    "junction": ("平交路口", "交叉口", "平交道口", "路口"),
}
_TECHNICAL = ("sharp_bend", "bend_series", "long_downhill", "steep_grade", "poor_sight")
LOW_GRADES = ("third", "fourth")


def survey_text(hazard: Mapping[str, Any]) -> str:
    """What the survey of a hazard says of the road, as its file has it; "" where nothing."""
    attributes = hazard.get("attributes")
    said = json.loads(attributes).get("danger") if isinstance(attributes, str) else None
    return str(said or "").strip()


def features(text: str) -> tuple[str, ...]:
    """Features named in the text of a survey, in the order of the forms."""
    found = set()
    # The longer words first, and each only once: 连续急弯 is no single 急弯.
    words = [(word, feature) for feature, own in FEATURE_WORDS.items() for word in own]
    for word, feature in sorted(words, key=lambda pair: -len(pair[0])):
        if word in text:
            found.add(feature)
            text = text.replace(word, " ")
    return tuple(feature for feature in FEATURE_WORDS if feature in found)


def segment_facts(region: RegionPack, route_code: str, stake_m: float | None) -> dict[str, Any]:
    """The pack's segment at a stake of a route; empty where it says nothing."""
    own = region.segments[region.segments["route_code"] == route_code]
    if own.empty:
        return {}
    whole = own["stake_from_m"].isna()
    if stake_m is None or np.isnan(stake_m):
        at = own[whole]
    else:
        at = own[whole | ((own["stake_from_m"] <= stake_m) & (own["stake_to_m"] > stake_m))]
    return {} if at.empty else {str(k): v for k, v in at.iloc[0].to_dict().items()}


def known_grade(
    *, has_bus: bool | None, named: tuple[str, ...], has_accidents: bool | None
) -> str:
    """Grade of a class III or IV road by what is known; "" where the rest could change it."""
    known: dict[str, bool | None] = dict.fromkeys(INDICATORS)
    known |= {
        "has_bus": has_bus,
        "is_technical": True if set(named) & set(_TECHNICAL) else None,
        "is_roadside": True if "roadside" in named else None,
        "has_accidents": has_accidents,
        "is_environment": True if "environment" in named else None,
    }
    cases = pd.DataFrame(
        list(
            product(
                *([value] if value is not None else [False, True] for value in known.values())
            )
        ),
        columns=list(INDICATORS),
    )
    grades = set(indicator_grade(cases).tolist())
    return grades.pop() if len(grades) == 1 else ""


def section_grades(
    sections: pd.DataFrame, hazards: gpd.GeoDataFrame, region: RegionPack
) -> list[str]:
    """Grade of each section: that of its hazard in the ledger, else by what is known.

    Parameters
    ----------
    sections
        ``route_code, stake_from_m, stake_to_m, rules, hazard_id``.
    """
    grades = []
    for section in sections[
        ["route_code", "stake_from_m", "stake_to_m", "rules", "hazard_id"]
    ].to_dict("records"):
        hazard: dict[str, Any] = {}
        if section["hazard_id"] is not pd.NA and section["hazard_id"] in hazards.index:
            hazard = {str(k): v for k, v in hazards.loc[section["hazard_id"]].items()}
        grade = hazard.get("protection_grade")
        if isinstance(grade, str) and grade:
            grades.append(grade)
            continue
        middle = (section["stake_from_m"] + section["stake_to_m"]) / 2
        segment = segment_facts(region, section["route_code"], middle)
        if segment.get("tech_grade") not in LOW_GRADES:
            grades.append("")
            continue
        bus = segment["is_bus_route"]
        grades.append(
            known_grade(
                has_bus=None if bus is pd.NA else bool(bus),
                named=features(survey_text(hazard)),
                has_accidents=len(section["rules"]) > 0,
            )
        )
    return grades
