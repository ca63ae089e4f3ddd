"""The monthly ladder 月排名: how often in a row, and in a year, a unit is among the worst.

A rule of a contest year, usable on any monthly figure of units. A month among the worst three
earns a yellow card 黄牌警告, a second in a row key management 重点管理, a third in a row or a
fourth in the calendar year organisational adjustment 组织调整. On petitions it is history: it was
reported that from March 2013 provinces no longer got the monthly ranking by volume, and that
several places gave theirs up, since it had tied offices' standing to who travelled to complain.
It ranks units, never persons, and small counts are not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SMALL = 5  # counts from 1 to 4 are shown as “<5”

# 五个零, all of one city and period: 进京零集体访, 进京零非访, 进京零重复访, 到省委省政府门口零集体访,
# 到省信访局接待大厅零集体访.
FIVE_ZEROS: tuple[str, ...] = (
    "capital_collective",
    "capital_irregular",
    "capital_repeated",
    "province_gate_collective",
    "province_office_collective",
)


class Step(IntEnum):
    """Steps of the ladder, mildest first."""

    NONE = 0
    YELLOW_CARD = 1  # 黄牌警告
    KEY_MANAGEMENT = 2  # 重点管理
    ADJUSTMENT = 3  # 组织调整


@dataclass(frozen=True, kw_only=True)
class LadderRule:
    """Numbers of the rule.

    Parameters
    ----------
    top
        Ranks that count as worst.
    run_for_key, run_for_adjustment
        Months in a row for the second and third step.
    times_for_adjustment
        Months of one calendar year for the third step.
    direction
        1 where a high figure is bad, -1 where a low one is.
    only_positive
        A figure of zero never ranks (nothing happened). Set it off where zero is a bad result.
    """

    top: int = 3
    run_for_key: int = 2
    run_for_adjustment: int = 3
    times_for_adjustment: int = 4
    direction: Literal[1, -1] = 1
    only_positive: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Ladder:
    """The ladder of (units, months): every array has that shape.

    ``rank`` is the competition rank, 1 the worst, 0 where a unit does not rank; ``is_top``
    whether it is among the worst; ``run`` how many months in a row up to this one, across
    New Year; ``times`` how many so far in the calendar year; ``step`` a :class:`Step`.
    """

    rank: Ints
    is_top: Flags
    run: Ints
    times: Ints
    step: Ints


def competition_ranks(values: npt.ArrayLike) -> Ints:
    """Ranks along the first axis, 1 the largest: equals share the best, and the next are skipped.

    [9, 7, 7, 7, 1] ranks [1, 2, 2, 2, 5]. NaN does not rank and gets 0.
    """
    figures = np.asarray(values, dtype=float)
    columns = figures[:, np.newaxis] if figures.ndim == 1 else figures
    ranks = np.zeros(columns.shape, dtype=np.int64)
    for column, rank in zip(columns.T, ranks.T, strict=True):
        known = ~np.isnan(column)
        ordered = np.sort(-column[known])
        rank[known] = np.searchsorted(ordered, -column[known], side="left") + 1
    return ranks.reshape(figures.shape)


def monthly_ladder(
    values: npt.ArrayLike, months: npt.ArrayLike, *, rule: LadderRule | None = None
) -> Ladder:
    """The ladder of every unit and month.

    Parameters
    ----------
    values
        (units, months) the monthly figure; NaN where a unit's is not known: it does not rank
        then, and its run ends, since nobody is marked on what is not known.
    months
        (months) successive months, ``datetime64[M]`` or text like 2010-01. The first months have
        no past: begin three months and at least in January before the first one shown.
    rule
        Default: the rule of the module's head.

    Raises
    ------
    FrameError
        When the months do not follow one another, or do not match the values.
    """
    rule = rule or LadderRule()
    figures = np.asarray(values, dtype=float)
    when = np.asarray(months, dtype="datetime64[M]").astype(np.int64)
    if figures.ndim != 2 or figures.shape[1] != len(when):
        raise FrameError("give one row per unit and one column per month")
    if (np.diff(when) != 1).any():
        raise FrameError("months must follow one another; put in those that are missing as NaN")
    ranked = np.where((figures > 0) | (not rule.only_positive), figures, np.nan)
    rank = competition_ranks(rule.direction * ranked)
    is_top = (rank >= 1) & (rank <= rule.top)
    run = _run(is_top)
    times = _times(is_top, when // 12)
    step = np.select(
        [
            ~is_top,
            (run >= rule.run_for_adjustment) | (times >= rule.times_for_adjustment),
            run >= rule.run_for_key,
        ],
        [Step.NONE, Step.ADJUSTMENT, Step.KEY_MANAGEMENT],
        Step.YELLOW_CARD,
    ).astype(np.int64)
    return Ladder(rank=rank, is_top=is_top, run=run, times=times, step=step)


def _run(is_top: Flags) -> Ints:
    """(units, months) length of the run of True that ends at each month."""
    at = np.arange(1, is_top.shape[1] + 1)
    last_miss = np.maximum.accumulate(np.where(is_top, 0, at), axis=1)
    return np.where(is_top, at - last_miss, 0).astype(np.int64)


def _times(is_top: Flags, years: Ints) -> Ints:
    """(units, months) True so far in the calendar year."""
    so_far = np.cumsum(is_top, axis=1)
    before: Ints = so_far - is_top
    january = np.searchsorted(years, years, side="left")
    return (so_far - before[:, january]).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class FiveZeros:
    """Whether all five counters stand at zero 五个零, and if not, which do not.

    ``broken`` gives the number of each that is not zero, None where it is from 1 to 4 and is not
    to be shown.
    """

    is_met: bool
    broken: Mapping[str, int | None]


def five_zeros(counts: Mapping[str, int]) -> FiveZeros:
    """The five zeros of one city and period; a single event of a township would tell of a person.

    Raises
    ------
    FrameError
        When one of :data:`FIVE_ZEROS` is missing or negative.
    """
    if missing := [name for name in FIVE_ZEROS if counts.get(name, -1) < 0]:
        raise FrameError(
            f"the count of {missing[0]} is missing or negative; all five are needed"
        )
    broken = {name: counts[name] for name in FIVE_ZEROS if counts[name] > 0}
    return FiveZeros(
        is_met=not broken,
        broken={name: n if n >= SMALL else None for name, n in broken.items()},
    )


def shown_counts(counts: npt.ArrayLike) -> list[str]:
    """Counts as they may be shown: 1 to 4 as “<5”, unknown as “–”."""
    return [
        "–" if np.isnan(n) else f"<{SMALL}" if 0 < n < SMALL else f"{n:.0f}"
        for n in np.asarray(counts, dtype=float).ravel()
    ]


def falls_each_year(volumes: npt.ArrayLike) -> Flags:
    """(years - 1) whether each year's total is below the one before 逐年下降; equal is not.

    The target of several years is met where all are: ``falls_each_year(v).all()``.

    Parameters
    ----------
    volumes
        (years) totals of whole successive years; the first is the base.

    Raises
    ------
    FrameError
        When a total is unknown or there is only one.
    """
    totals = np.asarray(volumes, dtype=float)
    if totals.ndim != 1 or len(totals) < 2 or np.isnan(totals).any():
        raise FrameError("give the known totals of two or more successive years")
    return np.diff(totals) < 0


def is_over_share(part: int, whole: int, *, one_of: int = 3) -> bool:
    """Whether a city makes up more than one third (or one ``one_of``-th) of its prefecture."""
    if not 0 <= part <= whole:
        raise FrameError("a part must lie between zero and its whole")
    return one_of * part > whole
