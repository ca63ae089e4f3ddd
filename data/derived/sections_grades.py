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
import numpy.typing as npt
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
_TECHNICAL = {"sharp_bend", "bend_series", "long_downhill", "steep_grade", "poor_sight"}
_LOW_GRADES = ("third", "fourth")


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


def segment_rows(
    region: RegionPack, route_codes: npt.ArrayLike, stakes_m: npt.ArrayLike
) -> npt.NDArray[np.intp]:
    """Rows of the pack's segments at (n) places; -1 where it says nothing.

    A place without a stake (NaN) has the segment of its whole route, if there is one.
    """
    given = region.segments
    route = np.asarray(route_codes, dtype=object)[:, None]
    stake = np.asarray(stakes_m, dtype=float)[:, None]
    low, high = (given[name].to_numpy() for name in ("stake_from_m", "stake_to_m"))
    inside = np.isnan(low) | ((low <= stake) & (stake < high))
    # Segments of a route do not overlap, so a place has one at most.
    place, row = np.nonzero((route == given["route_code"].to_numpy(dtype=object)) & inside)
    rows = np.full(len(route), -1, dtype=np.intp)
    rows[place] = row
    return rows


def segment_facts(region: RegionPack, route_code: str, stake_m: float) -> dict[str, Any]:
    """The pack's segment at a stake of a route; empty where it says nothing."""
    (row,) = segment_rows(region, [route_code], [stake_m])
    if row < 0:
        return {}
    return {str(name): value for name, value in region.segments.iloc[row].to_dict().items()}


def known_grades(known: pd.DataFrame) -> npt.NDArray[np.str_]:
    """(n) grades of class III and IV roads; "" where what is not known could change it.

    Parameters
    ----------
    known
        Columns :data:`geo.protection_grades.INDICATORS`, nullable booleans.
    """
    every = np.array(list(product((False, True), repeat=len(INDICATORS))))
    grades, number = np.unique(
        indicator_grade(pd.DataFrame(every, columns=list(INDICATORS))), return_inverse=True
    )
    given = known[list(INDICATORS)]
    is_known = given.notna().to_numpy()[:, None, :]
    value = given.fillna(False).to_numpy(dtype=bool)[:, None, :]
    is_possible = (~is_known | (value == every)).all(axis=2)
    least = np.where(is_possible, number, len(grades)).min(axis=1)
    most = np.where(is_possible, number, -1).max(axis=1)
    return np.where(least == most, grades[least], "")


def section_grades(
    sections: pd.DataFrame, hazards: gpd.GeoDataFrame, region: RegionPack
) -> list[str]:
    """Grade of each section: that of its hazard in the ledger, else by what is known.

    Parameters
    ----------
    sections
        ``route_code, stake_from_m, stake_to_m, rules, hazard_id``.
    """
    # Hazards are numbered from 1: 0 is none of them.
    numbers = sections["hazard_id"].fillna(0).astype("int64")
    own = hazards[["protection_grade", "attributes"]].reindex(numbers)
    grades = own["protection_grade"].fillna("").to_numpy(dtype=object)
    middle = (sections["stake_from_m"] + sections["stake_to_m"]) / 2
    row = segment_rows(region, sections["route_code"], middle)
    segment = region.segments.reset_index(drop=True).reindex(row)
    is_open = (grades == "") & segment["tech_grade"].isin(_LOW_GRADES).to_numpy()
    surveys = own["attributes"][is_open]
    named = [set(features(survey_text({"attributes": text}))) for text in surveys]
    known = pd.DataFrame(
        {
            "has_bus": segment["is_bus_route"].array[is_open],
            "is_technical": [bool(words & _TECHNICAL) or pd.NA for words in named],
            "is_roadside": ["roadside" in words or pd.NA for words in named],
            "has_accidents": sections["rules"].map(len).to_numpy()[is_open] > 0,
            "is_environment": ["environment" in words or pd.NA for words in named],
            "has_traffic": pd.NA,
        },
        dtype="boolean",
    )
    grades[is_open] = known_grades(known)
    return [str(grade) for grade in grades]
