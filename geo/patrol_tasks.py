"""What teams could do in a shift: tasks with prize, dwell and window, and who may do them.

Prizes are expected harm, never a 0–100 index. A dangerous place is worth a first stop in each
block of time and, at a share of it, a second one: the effect of a stop fades after ten to
fifteen minutes (Koper 1995, doi:10.1080/07418829500096231). Must-visit points and villages
that are due outweigh all else a team could do in a shift, so that they come first without
ever making a plan infeasible. Times are minutes from the start of the shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.patrol_problem import TEAM_COLUMNS, PatrolProblem, require_columns

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

CITY = "city"  # the zone of teams that go anywhere
PLACE_COLUMNS = ("location", "unit_code")
MUST_COLUMNS = ("location", "unit_code", "open_min", "close_min")
VILLAGE_COLUMNS = ("location", "unit_code", "days_since")


@dataclass(frozen=True, kw_only=True)
class TaskRules:
    """How places become tasks.

    Parameters
    ----------
    block_min
        Length of the blocks of time for which harm is forecast.
    dwell_min, must_dwell_min, village_dwell_min
        Minutes of a stop at a dangerous place, a must-visit point and a village.
    second_share
        Worth of a second stop in the same block as a share of the first; 0 for none.
    due_days
        A village not visited for so many days must be.
    village_share
        Worth of a village about to be due, as a share of the mean dangerous place.
    sample_share
        Share of places, drawn anew for each rotation, worth at least the median place,
        so that places without a forecast keep being seen.
    holdout_share
        Share of places left unpatrolled in a rotation, to measure effect; 0 for none.
    minute_cost, stop_cost
        What a minute of travel costs, and times the squared stops of each team, as shares
        of the mean dangerous place: short and even routes among equally good ones.
    """

    block_min: float = 120.0
    dwell_min: float = 15.0
    must_dwell_min: float = 10.0
    village_dwell_min: float = 8.0
    second_share: float = 0.35
    due_days: int = 7
    village_share: float = 0.1
    sample_share: float = 0.05
    holdout_share: float = 0.0
    minute_cost: float = 2e-5
    stop_cost: float = 5e-4


def build_problem(
    places: pd.DataFrame,
    harm: npt.ArrayLike,
    teams: pd.DataFrame,
    travel_min: npt.ArrayLike,
    *,
    musts: pd.DataFrame | None = None,
    villages: pd.DataFrame | None = None,
    rules: TaskRules | None = None,
    blocked: Sequence[tuple[str, str]] = (),
    rotation: int = 0,
    seed: int = 0,
) -> PatrolProblem:
    """Tasks of one shift and who may do them.

    Parameters
    ----------
    places
        Dangerous places by code: ``location``, ``unit_code``.
    harm
        (places, blocks) expected harm of each place in each block of the shift.
    teams
        By code: ``zone`` (a unit code or :data:`CITY`), ``begin``, ``finish``, ``from_min``,
        ``to_min`` of the time free for patrol; optional ``mode``, and ``break_min`` with
        ``break_from_min`` and ``break_to_min``, between which a break at the end post starts.
    travel_min
        (locations, locations), or one such matrix for each mode, whole minutes at best.
    musts
        By code: ``location``, ``unit_code``, ``open_min``, ``close_min``; optional
        ``leave_location`` of a line to be driven along, and ``service_min``.
    villages
        By code: ``location``, ``unit_code``, ``days_since`` the last visit.
    blocked
        Pairs of team code and place code that may not meet.
    rotation
        Number of the week or turn: draws another sample and another holdout.

    Raises
    ------
    FrameError
        When a column is missing or a number is outside its range.
    """
    rules = rules or TaskRules()
    expected = np.asarray(harm, dtype=float)
    require_columns(places, PLACE_COLUMNS, what="places")
    if expected.ndim != 2 or len(expected) != len(places):
        raise FrameError("harm must have the shape (places, blocks)")
    if not (np.isfinite(expected).all() and (expected >= 0).all()):
        raise FrameError("expected harm must be finite and not negative")
    require_columns(teams, TEAM_COLUMNS, what="teams")
    positive = expected[expected > 0]
    typical = float(positive.mean()) if positive.size else 1.0
    parts = [_hotspot_tasks(places, expected, rules, rotation=rotation, seed=seed)]
    if villages is not None:
        parts.append(_village_tasks(villages, rules, typical))
    if musts is not None:
        parts.append(_must_tasks(musts, rules))
    if "break_min" in teams:
        parts.append(_break_tasks(teams))
    tasks = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    weight = _must_weight(tasks, teams)
    due = tasks["is_must"] & (tasks["kind"] == "village")
    must = tasks["is_must"] & (tasks["kind"] == "must")
    tasks["prize"] = np.select([must, due], [2.0 * weight, weight], tasks["prize"])
    travel = np.asarray(travel_min, dtype=float)
    return PatrolProblem(
        tasks=tasks,
        teams=teams,
        travel_min=travel[None] if travel.ndim == 2 else travel,
        permitted=_permitted(tasks, teams, blocked),
        minute_cost=rules.minute_cost * typical,
        stop_cost=rules.stop_cost * typical,
    )


def rotating_sample(count: int, share: float, *, rotation: int, seed: int = 0) -> Booleans:
    """(count) a share of places: every place has its turn before any has another."""
    chosen = np.zeros(count, dtype=bool)
    if count and share > 0:
        turns = max(1, round(1.0 / share))
        lap, turn = divmod(rotation, turns)
        order = np.random.default_rng([seed, lap]).permutation(count)
        chosen[order[turn::turns]] = True
    return chosen


def presence_by_block(teams: pd.DataFrame, *, block_min: float, blocks: int) -> pd.DataFrame:
    """Minutes of patrol of each zone's own teams: one row per zone, one column per block."""
    edges = np.arange(blocks + 1) * block_min
    start = teams["from_min"].to_numpy(float)[:, None]
    end = teams["to_min"].to_numpy(float)[:, None]
    overlap = np.minimum(end, edges[None, 1:]) - np.maximum(start, edges[None, :-1])
    minutes = pd.DataFrame(np.clip(overlap, 0.0, None), columns=range(blocks))
    return minutes.groupby(teams["zone"].to_numpy()).sum().rename_axis("zone")


def _hotspot_tasks(
    places: pd.DataFrame, harm: Floats, rules: TaskRules, *, rotation: int, seed: int
) -> pd.DataFrame:
    count = len(harm)
    sample = rotating_sample(count, rules.sample_share, rotation=rotation, seed=seed)
    holdout = rotating_sample(count, rules.holdout_share, rotation=rotation, seed=seed + 1)
    floor = float(np.median(harm[harm > 0])) if (harm > 0).any() else 0.0
    worth = np.where(sample[:, None], np.maximum(harm, floor), harm)
    place, block = np.nonzero((worth > 0) & ~holdout[:, None])
    first = pd.DataFrame(
        {
            "place": places.index.to_numpy()[place],
            "kind": "hotspot",
            "block": block,
            "unit_code": places["unit_code"].to_numpy()[place],
            "enter": places["location"].to_numpy()[place],
            "prize": worth[place, block],
            "service_min": rules.dwell_min,
            "open_min": block * rules.block_min,
            # The stop lies in the block whose harm it is worth.
            "close_min": (block + 1) * rules.block_min - rules.dwell_min,
            "is_must": False,
        }
    )
    first["leave"] = first["enter"]
    if rules.second_share <= 0:
        return first
    second = first.assign(kind="stay", prize=first["prize"] * rules.second_share)
    return pd.concat([first, second], ignore_index=True)


def _village_tasks(villages: pd.DataFrame, rules: TaskRules, typical: float) -> pd.DataFrame:
    require_columns(villages, VILLAGE_COLUMNS, what="villages")
    days = villages["days_since"].to_numpy(float)
    if np.isnan(days).any() or (days < 0).any():
        raise FrameError("days_since of villages must be given and not negative")
    return pd.DataFrame(
        {
            "place": villages.index.to_numpy(),
            "kind": "village",
            "block": -1,
            "unit_code": villages["unit_code"].to_numpy(),
            "enter": villages["location"].to_numpy(),
            "leave": villages["location"].to_numpy(),
            "prize": rules.village_share * typical * np.minimum(days / rules.due_days, 1.0),
            "service_min": rules.village_dwell_min,
            "open_min": -np.inf,
            "close_min": np.inf,
            "is_must": days >= rules.due_days,
        }
    )


def _must_tasks(musts: pd.DataFrame, rules: TaskRules) -> pd.DataFrame:
    require_columns(musts, MUST_COLUMNS, what="musts")
    service = musts.get("service_min", pd.Series(rules.must_dwell_min, musts.index))
    return pd.DataFrame(
        {
            "place": musts.index.to_numpy(),
            "kind": "must",
            "block": -1,
            "unit_code": musts["unit_code"].to_numpy(),
            "enter": musts["location"].to_numpy(),
            "leave": musts.get("leave_location", musts["location"]).to_numpy(),
            "prize": 0.0,
            "service_min": service.to_numpy(float),
            "open_min": musts["open_min"].to_numpy(float),
            "close_min": musts["close_min"].to_numpy(float),
            "is_must": True,
        }
    )


def _break_tasks(teams: pd.DataFrame) -> pd.DataFrame:
    require_columns(teams, ("break_min", "break_from_min", "break_to_min"), what="teams")
    rest = teams[teams["break_min"] > 0]
    return pd.DataFrame(
        {
            "place": rest.index.to_numpy(),
            "kind": "break",
            "block": -1,
            "unit_code": rest["zone"].to_numpy(),
            "enter": rest["finish"].to_numpy(),
            "leave": rest["finish"].to_numpy(),
            "prize": 0.0,
            "service_min": rest["break_min"].to_numpy(float),
            "open_min": rest["break_from_min"].to_numpy(float),
            "close_min": rest["break_to_min"].to_numpy(float),
            "is_must": False,
        }
    )


def _must_weight(tasks: pd.DataFrame, teams: pd.DataFrame) -> float:
    """More than all else that one team could do in its time."""
    others = tasks.loc[~tasks["is_must"]]
    highest = float(others["prize"].max()) if len(others) else 0.0
    shortest = tasks.loc[tasks["service_min"] > 0, "service_min"].min()
    longest = (teams["to_min"] - teams["from_min"]).max() if len(teams) else 0.0
    stops = len(tasks) if np.isnan(shortest) else min(len(tasks), longest // shortest + 1)
    return max(1.0, float(stops) * (highest or 1.0))


def _permitted(
    tasks: pd.DataFrame, teams: pd.DataFrame, blocked: Sequence[tuple[str, str]]
) -> Booleans:
    zone = teams["zone"].to_numpy()[:, None]
    is_home = zone == tasks["unit_code"].to_numpy()[None, :]
    goes_there = (zone == CITY) & (tasks["kind"] != "village").to_numpy()[None, :]
    permitted = np.asarray(is_home | goes_there, dtype=bool)
    place, code = tasks["place"].to_numpy(), teams.index.to_numpy()
    is_break = (tasks["kind"] == "break").to_numpy()
    permitted[:, is_break] = code[:, None] == place[None, is_break]
    for team, barred in blocked:
        permitted[np.ix_(code == team, (place == barred) & ~is_break)] = False
    return permitted
