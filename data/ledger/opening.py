"""A hazard before it is entered: what it says, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from data.ledger.texts import clean_text
from data.region import RegionPack
from geo.errors import HazardError
from geo.vocabulary import HAZARD_GRADES, HAZARD_KINDS

SIDES = ("left", "right", "both")
# A hazard may lie this far beyond the region, in degrees: boundaries are drawn roughly.
_SLACK_DEG = 0.1


@dataclass(frozen=True, kw_only=True)
class NewHazard:
    """A hazard to be opened: from a screened section, by stakes, or by a shape.

    Parameters
    ----------
    name
        Of the place.
    section_id
        Section of a screening; gives route, stakes and shape.
    route_code, stake_from_m, stake_to_m
        Stretch of road in the calibration in force.
    geometry
        EPSG:4326; without it the shape is cut from the road.
    """

    name: str
    kind: str = "road_section"
    section_id: int | None = None
    route_code: str | None = None
    stake_from_m: float | None = None
    stake_to_m: float | None = None
    geometry: shapely.Geometry | None = None
    side: str | None = None
    grade: str | None = None
    protection_grade: str | None = None
    note: str = ""


def checked(new: NewHazard) -> NewHazard:
    """The hazard with clean texts.

    Raises
    ------
    HazardError
        When it has no name, or says something that is not known.
    """
    for value, known in (
        (new.kind, HAZARD_KINDS),
        (new.side, (None, *SIDES)),
        (new.grade, (None, *HAZARD_GRADES)),
    ):
        if value not in known:
            words = ", ".join(str(one) for one in known if one is not None)
            raise HazardError(f"{value!r} is unknown; use one of {words}")
    name = clean_text(new.name, what="the name")
    if not name:
        raise HazardError("a hazard needs the name of its place")
    grade = clean_text(new.protection_grade or "", what="the protection grade")
    note = clean_text(new.note, what="the note")
    return replace(new, name=name, note=note, protection_grade=grade or None)


def placed(new: NewHazard, region: RegionPack) -> NewHazard:
    """The hazard with its shape, cut from the road where it has none of its own.

    Raises
    ------
    HazardError
        When it has no place in the region.
    """
    if new.route_code is not None and new.route_code not in set(region.roads["route_code"]):
        raise HazardError(f"the region has no route {new.route_code}; check its code")
    shape = new.geometry
    stakes = (new.stake_from_m, new.stake_to_m)
    if shape is None and new.route_code is not None and None not in stakes:
        low, high = (float(stake) for stake in stakes if stake is not None)
        shape = region.road_reference.section(new.route_code, low, high)
    if shape is None or shape.is_empty or not np.isfinite(shapely.bounds(shape)).all():
        raise HazardError(
            "the hazard has no place: give a shape, or a route with two stakes that it has"
        )
    if not shapely.box(*region.bounds).buffer(_SLACK_DEG).intersects(shape):
        raise HazardError("the hazard lies outside the region; check its place")
    return replace(new, geometry=shapely.force_2d(shape))


def unit_of(shape: shapely.Geometry, region: RegionPack) -> str | None:
    """Code of the unit that holds the middle of a shape."""
    at = np.flatnonzero(region.units.covers(shapely.point_on_surface(shape)).to_numpy())
    return str(region.units.index[at[0]]) if len(at) else None
