"""Patrol strength 巡防力量 and how visible it is 见警率: head counts, never who serves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.survey import LEVEL, wilson

Floats = npt.NDArray[np.float64]


class Band(NamedTuple):
    """Establishment 编制: at least ``least``, and from above ``most`` on more than asked."""

    least: float
    most: float


# The programme's figures: 200 in the city brigade, 15 to 20 in each township team.
BANDS: Mapping[str, Band] = MappingProxyType(
    {"city_brigade": Band(200, np.inf), "township_team": Band(15, 20)}
)


class Strength(StrEnum):
    """What a head count is against its band, and the colour it is shown in."""

    SHORT = "short"  # 缺编
    MET = "met"  # 达标
    ABOVE = "above"  # 超编达标
    UNKNOWN = "unknown"

    @property
    def colour(self) -> str:
        return _COLOURS[self]


_COLOURS = {
    Strength.SHORT: "red",
    Strength.MET: "green",
    Strength.ABOVE: "blue",
    Strength.UNKNOWN: "grey",
}


def strength(
    kind: npt.ArrayLike,
    headcount: npt.ArrayLike,
    before: npt.ArrayLike,
    *,
    bands: Mapping[str, Band] = BANDS,
) -> pd.DataFrame:
    """Each team against its band and against last quarter: “只能加强、不能削弱”.

    Parameters
    ----------
    kind
        (n) keys of ``bands``.
    headcount, before
        (n) head counts of this and of the last quarter; NaN: not known.
    bands
        Least and most of each kind; both ends are within.

    Returns
    -------
    DataFrame
        ``result`` (a :class:`Strength`), ``colour``, ``missing`` heads to the least, and ``is_weakened``.

    Raises
    ------
    FrameError
        When a kind has no band, or a head count is negative or not whole.
    """
    kinds = [str(each) for each in np.asarray(kind).ravel()]
    now, past = np.asarray(headcount, dtype=float), np.asarray(before, dtype=float)
    if unknown := sorted(set(kinds) - set(bands)):
        raise FrameError(f"{unknown[0]!r} has no band of strength; use {', '.join(bands)}")
    if not len(kinds) == len(now) == len(past):
        raise FrameError("give each team a kind and two head counts")
    if any(((heads < 0) | (heads % 1 > 0)).any() for heads in (now, past)):
        raise FrameError("head counts must be whole and not negative")
    least = np.array([bands[each].least for each in kinds], dtype=float)
    most = np.array([bands[each].most for each in kinds], dtype=float)
    result = np.select(
        [np.isnan(now), now < least, now > most],
        [Strength.UNKNOWN.value, Strength.SHORT.value, Strength.ABOVE.value],
        Strength.MET.value,
    )
    return pd.DataFrame(
        {
            "result": result,
            "colour": [Strength(each).colour for each in result],
            "missing": np.maximum(least - now, 0),
            "is_weakened": now < past,
        }
    )


def total_band(teams: Mapping[str, int], *, bands: Mapping[str, Band] = BANDS) -> Band:
    """Heads of all teams together; an open band counts with its least. 200 + 26 · 15…20."""
    least = sum(n * bands[kind].least for kind, n in teams.items())
    most = sum(
        n * (bands[kind].most if np.isfinite(bands[kind].most) else bands[kind].least)
        for kind, n in teams.items()
    )
    return Band(least, most)


def visible_share(population: npt.ArrayLike, passes: npt.ArrayLike) -> Floats:
    """Share of people in whose cell a patrol passed (见警率 by exposure), shift by shift.

    Parameters
    ----------
    population
        (cells) people; cells nobody lives in weigh nothing.
    passes
        (shifts, cells) or (cells) patrol passes in the shift.

    Returns
    -------
    ndarray
        (shifts), between 0 and 1; NaN where nobody lives.

    Raises
    ------
    FrameError
        When the shapes do not match or a number is negative or unknown.
    """
    people = np.asarray(population, dtype=float)
    passed = np.atleast_2d(np.asarray(passes, dtype=float))
    if people.ndim != 1 or passed.shape[1] != len(people):
        raise FrameError("give one population and one number of passes per cell")
    if not ((people >= 0).all() and (passed >= 0).all()):
        raise FrameError("population and passes must be known and not negative")
    total = people.sum()
    seen: Floats = (passed >= 1) @ people
    return seen / total if total > 0 else np.full(len(passed), np.nan)


def visible_by_survey(
    saw: npt.ArrayLike, valid: npt.ArrayLike, *, level: float = LEVEL
) -> pd.DataFrame:
    """Share who saw police or a patrol in the last seven days (见警率 by survey), with interval.

    As :func:`geo.survey.wilson`.
    """
    return wilson(saw, valid, level=level)


def intervention_rate(found: npt.ArrayLike, shifts: npt.ArrayLike) -> Floats:
    """(n) events that patrols found per patrol shift 管事率; NaN where none was served."""
    events, served = np.asarray(found, dtype=float), np.asarray(shifts, dtype=float)
    rate: Floats = np.divide(
        events, served, out=np.full(events.shape, np.nan), where=served > 0
    )
    return rate
