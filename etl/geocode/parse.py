"""What a place text says: units, villages, points, roads, stake, house number, offsets.

Names are read from the region's own gazetteer, from the left: what the region belongs to,
the unit, the village. Nothing is guessed here: a name is known as written, or by its
sound, or it is left for :mod:`etl.geocode.fuzzy`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from etl.geocode import names, words
from etl.geocode.gazetteer import Gazetteer
from etl.geocode.offsets import offsets
from etl.geocode.stake_text import Stake, parse_stake, stake_form

MAX_TEXT = 160


@dataclass(slots=True)
class RoadMention:
    """A road named in a text: positions in the pack's roads, and how it is written."""

    end: int
    owners: frozenset[int]
    spelling: str
    fuzzy: bool


@dataclass(slots=True)
class Parsed:
    """What one text says; places are those of the gazetteer."""

    text: str
    stake: Stake | None = None
    moves: tuple[tuple[float, float], ...] = ()
    near_m: float = 0.0
    is_outside: bool = False
    says_region: bool = False
    parent: str | None = None
    units: frozenset[str] = frozenset()
    unit_is_sure: bool = False  # written in full, or a stem followed by what lies in it
    unit_is_heard: bool = False
    other_units: frozenset[str] = frozenset()
    rest: str = ""
    villages: frozenset[str] = frozenset()
    village_is_full: bool = False
    village_is_heard: bool = False
    village_is_bare: bool = False  # a stem with no unit before it
    village_score: float = 0.0  # of a fuzzy match
    second: frozenset[str] = frozenset()
    points: list[str] = field(default_factory=list)
    roads: list[RoadMention] = field(default_factory=list)
    is_crossing: bool = False
    house_no: int | None = None
    core: str | None = None  # what a fuzzy search should be given, without a unit known


class Parser:
    """Reads texts with the names of one region."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._names = gazetteer

    def parse(self, raw: str) -> Parsed:
        """Read one text."""
        raw = raw[:MAX_TEXT]
        text = names.normalise(raw)
        said = Parsed(text)
        spoken = stake_form(raw)
        if (
            spoken != raw
            or any(char.isdigit() for char in spoken)
            or "里" in spoken
            or "米" in spoken
        ):
            self._read_numbers(said, spoken)
        head = self._read_region(said)
        if said.is_outside:
            return said
        self._read_points(said)
        self._read_roads(said, spoken)
        end = self._read_unit(said, head)
        self._read_village(said, end)
        if not said.units and not said.says_region and not said.villages:
            self._read_outside(said, head)
        if not said.is_outside:
            self._set_core(said, head, end)
        return said

    def _read_numbers(self, said: Parsed, spoken: str) -> None:
        said.stake = parse_stake(spoken)
        if said.stake is not None and not math.isnan(said.stake.from_m):
            start, stop = said.stake.span
            spoken = f"{spoken[:start]}|{spoken[stop:]}"
        said.moves, said.near_m = offsets(spoken.replace(" ", ""))

    def _read_region(self, said: Parsed) -> int:
        """Skip what the region belongs to and its own name; tell other counties."""
        text, position = said.text, 0
        while position < len(text):
            foreign = self._names.divisions.at(text, position)
            if foreign:
                local = self._names.unit_full_scanner.at(text, position)
                if local is None or len(local) < len(foreign):
                    said.is_outside = not any(
                        name in text for name in self._names.region_names if len(name) > 2
                    )
                    return position
            name = self._names.head_scanner.at(text, position)
            if name is None or names.NOT_THE_PLACE.match(text, position + len(name)):
                break
            said.says_region |= name in self._names.region_names
            position += len(name)
            position = words.FILLER.match(text, position).end()
        if (parent := self._names.parent_scanner.at(text, position)) is not None:
            said.parent = parent
            position += len(parent)
        if not said.says_region:
            said.says_region = any(
                name in text for name in self._names.region_names if len(name) > 2
            )
        return position

    def _read_unit(self, said: Parsed, head: int) -> int:
        """Find the unit; return where the text behind it begins."""
        known, text = self._names, said.text
        scope = known.units_of_parent.get(said.parent or "")
        name = known.unit_scanner.at(text, head)
        village = known.village_full_scanners[""].at(text, head) if known.villages else None
        if name and village and len(village) > len(name):
            name = None  # 方山村 is the village, whatever the township is called
        if (
            name
            and name not in known.unit_full
            and names.NOT_THE_PLACE.match(text, head + len(name))
        ):
            name = None
        if name and name.endswith("办") and text.startswith("公", head + len(name)):
            name = None
        if name:
            full = known.unit_full.get(name)
            said.units = _scoped(full or known.unit_stems[name], scope)
            said.unit_is_sure = full is not None
            end = head + len(name)
        elif village is None and (heard := self._heard_unit(text, head)):
            spelling, codes = heard
            said.units, said.unit_is_heard = _scoped(codes, scope), True
            said.unit_is_sure = True
            end = head + len(spelling)
        else:
            end = head
            for at, found in known.unit_full_scanner.scan(text[head:]):
                codes = _scoped(known.unit_full[found], scope)
                if not said.units and len(found) >= 3:
                    said.units, said.unit_is_sure = codes, True
                    end = head + at + len(found)
        if said.units:
            self._read_other_units(said, end)
            while (again := known.unit_full_scanner.at(text, end)) and (
                known.unit_full[again] & said.units
            ):
                end += len(again)
            end = words.FILLER.match(text, end).end()
        return end

    def _heard_unit(self, text: str, head: int) -> tuple[str, set[str]] | None:
        window = text[head : head + 8]
        for heard in names.sounds(window, limit=4):
            if (spelling := self._names.unit_sound_scanner.at(heard)) is not None:
                # The type word itself must be written right: 神后镇, not 神后真.
                written = window[: len(spelling)]
                if names.UNIT_SUFFIX.search(written):
                    return spelling, self._names.unit_sounds[spelling]
        return None

    def _read_other_units(self, said: Parsed, end: int) -> None:
        """Units joined to the first one: 神垕镇与方山镇交界."""
        found = words.AND.match(said.text, end)
        if found.end() > end and (
            other := self._names.unit_full_scanner.at(said.text, found.end())
        ):
            codes = self._names.unit_full[other]
            if not codes & said.units:
                said.other_units = frozenset(codes)

    def _read_village(self, said: Parsed, end: int) -> None:
        known = self._names
        if not known.villages:
            return
        units = said.units
        if len(units) > 1:
            return
        unit = next(iter(units)) if units else ""
        scanner = known.village_scanners.get(unit)
        said.rest = said.text[end:]
        if scanner is None or not said.rest:
            return
        rest = said.rest
        if self._village_at(said, unit, rest, 0):
            return
        heard_at = known.village_sound_scanners[unit]
        for heard in names.sounds(rest[:8], limit=4):
            spelling = heard_at.at(heard)
            if spelling is None or (not unit and len(spelling) < 3):
                continue
            if words.GOES_ON.match(rest, len(spelling)):
                continue
            written = rest[: len(spelling)]
            full = bool(names.VILLAGE_SUFFIX.search(written))
            ends = unit and len(spelling) >= 2 and words.TAIL.match(rest, len(spelling))
            if full or (ends and not names.NOT_THE_PLACE.match(rest, len(spelling))):
                # Whether another village is as likely is for the fuzzy search to say.
                said.core = written
                return
        if unit:
            for at, name in known.village_full_scanners[unit].scan(rest):
                if words.BEFORE_VILLAGE.search(rest, 0, at):
                    said.villages = frozenset(known.village_full[unit][name])
                    said.village_is_full = True
                    return

    def _village_at(self, said: Parsed, unit: str, rest: str, position: int) -> bool:
        known = self._names
        name = known.village_scanners[unit].at(rest, position)
        if name is None:
            return False
        after = position + len(name)
        codes = known.village_full[unit].get(name)
        full = codes is not None
        if words.GOES_ON.match(rest, after):
            return False
        if codes is None:
            codes = known.village_stems[unit][name]
            if names.NOT_THE_PLACE.match(rest, after):
                return False
            next_too = unit and known.village_scanners[unit].at(rest, after)
            if not (next_too or words.TAIL.match(rest, after)):
                return False
        said.villages, said.village_is_full = frozenset(codes), full
        said.village_is_bare = not unit and not full
        if said.units:
            said.unit_is_sure = True
        self._read_second(said, unit, rest, after)
        return True

    def _read_second(self, said: Parsed, unit: str, rest: str, after: int) -> None:
        """The other village of 翟村与前郭村之间."""
        known = self._names
        if rest.startswith("村", after) and not said.village_is_full:
            after += 1
        position = words.AND.match(rest, after).end()
        has_joint = position > after
        if not has_joint and words.BETWEEN.search(rest, after) is None:
            return
        other_unit = known.unit_full_scanner.at(rest, position)
        if other_unit is not None and len(known.unit_full[other_unit]) == 1:
            unit = next(iter(known.unit_full[other_unit]))
            position += len(other_unit)
        scanner = known.village_scanners.get(unit)
        name = scanner.at(rest, position) if scanner else None
        if name is None or names.NOT_THE_PLACE.match(rest, position + len(name)):
            return
        codes = known.village_full[unit].get(name) or known.village_stems[unit].get(name, set())
        if words.BETWEEN.search(rest, position) and not codes & said.villages:
            said.second = frozenset(codes)

    def _read_points(self, said: Parsed) -> None:
        for at, name in self._names.point_scanner.scan(said.text):
            after = at + len(name)
            if not (
                names.NOT_THE_PLACE.match(said.text, after)
                or said.text.startswith(("村", "社区", "居委会"), after)
            ):
                said.points.append(name)

    def _read_roads(self, said: Parsed, spoken: str) -> None:
        known, text = self._names, said.text
        if not known.roads or not any(char in text for char in "路街道线速巷"):
            return
        for at, name in known.road_scanner.scan(text):
            end = at + len(name)
            if name.endswith("街") and (
                text.startswith("道", end) or name[:-1] in known.unit_stems
            ):
                continue
            owners = known.road_names.get(name) or known.road_variants[name]
            said.roads.append(
                RoadMention(end, frozenset(owners), name, name not in known.road_names)
            )
        wants_two = words.CROSSING.search(text) is not None
        if len(said.roads) < (2 if wants_two else 1):
            self._hear_roads(said)
        if said.roads:
            last = said.roads[-1]
            said.is_crossing = (
                len({road.owners for road in said.roads}) >= 2
                and words.CROSSING.search(text, said.roads[0].end - 1, last.end + 10)
                is not None
            )
            number = words.HOUSE.search(
                names.normalise(spoken).partition(last.spelling)[2][:14]
            )
            if number and number.start() == 0:
                said.house_no = int(number[1])

    def _hear_roads(self, said: Parsed) -> None:
        taken = {road.spelling for road in said.roads}
        for at, heard in self._names.road_sound_scanner.scan(names.sound(said.text)):
            written = said.text[at : at + len(heard)]
            if written in taken or not names.ROAD_SUFFIX.search(written):
                continue
            if written.endswith("街") and (
                said.text.startswith("道", at + len(heard))
                or heard[:-1] in self._names.unit_stem_sounds
            ):
                continue
            said.roads.append(
                RoadMention(
                    at + len(heard), frozenset(self._names.road_sounds[heard]), written, True
                )
            )
        said.roads.sort(key=lambda road: road.end)

    def _read_outside(self, said: Parsed, head: int) -> None:
        """Another county named further on, or named at the head without its type word."""
        text = said.text
        for at, _ in self._names.divisions.scan(text[head:]):
            local = (
                self._names.village_scanners[""].at(text, head + at)
                if self._names.villages
                else None
            )
            if local is None:
                said.is_outside = True
                return
        stem = self._names.division_stems.at(text, head)
        if stem is None or words.NO_COUNTY.match(text, head + len(stem)):
            return
        if not said.points and not said.roads:
            said.is_outside = True

    def _set_core(self, said: Parsed, head: int, end: int) -> None:
        """What is left to be found by likeness, if it looks like a village's name."""
        if (said.villages and not said.village_is_bare) or not self._names.villages:
            return
        if said.villages or said.core or len(said.units) > 1 or said.other_units:
            return
        text = said.text[head:]
        if said.units and not said.unit_is_sure and words.BROKEN_WORD.match(said.rest):
            said.units = frozenset()  # 顺店茁镇刘村: the type word comes later
        rest = said.rest if said.units else text
        if said.units:
            if not rest or not words.PLACE_WORD.match(rest):
                return
            near = rest[:10]
            if not words.VILLAGE_END.search(near) and len(rest) > 5:
                return
        elif (
            (said.roads and not words.VILLAGE_END.search(text))
            or said.stake is not None
            or len(text) < 2
        ):
            return
        window = rest[:16]
        ends = [
            found.end() for found in words.VILLAGE_END.finditer(window) if found.start() > 0
        ]
        stop = words.STOP.search(window, 1)
        limit = stop.start() if stop else len(window)
        end = max((one for one in ends if one <= limit), default=limit)
        if words.STRAY.match(window, end):
            end += 1
        if end >= 2 or (said.units and len(rest) == 1):
            said.core = window[:end]


def _scoped(codes: set[str], scope: set[str] | None) -> frozenset[str]:
    return frozenset(codes if scope is None else codes & scope)
