"""Who is rewarded 以奖代补, and whether the fund covers it.

Vetoed: no award and no eligibility. Below the pass mark: accountability. In a group with a quota
the best are rewarded, winners of last year are recommended upward; in a group without one
(villages) all that pass are. So the claims have no limit while the fund has: the simulator
shows the overrun and what each would get in proportion.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.contest_definition import ContestDefinition
from geo.errors import FrameError
from geo.ladder import competition_ranks

Ints = npt.NDArray[np.int64]


class Award(StrEnum):
    """Result of the contest year for a unit."""

    VETOED = "vetoed"  # 一票否决
    FAILED = "failed"  # 未达标, 责任追究
    PASSED = "passed"  # 达标无奖
    REWARDED = "rewarded"  # 达标奖励, in a group without a quota
    WON = "won"  # 夺杯
    WON_AGAIN = "won_again"  # 连续夺杯


def award_units(
    definition: ContestDefinition, totals: pd.DataFrame, *, won_before: Collection[str] = ()
) -> pd.DataFrame:
    """Awards of a contest year.

    Parameters
    ----------
    totals
        Of :class:`geo.contest.Scoreboard`: ``group``, ``hundredths``, ``has_passed``, ``is_vetoed``.
    won_before
        Units that won (or won again) the year before.

    Returns
    -------
    DataFrame
        With the same index: ``rank`` among the units of the group that are not vetoed (competition
        rank: equals share a place, so the last place of a quota may be taken by several; 0
        for the vetoed), ``award`` (an :class:`Award`), ``prize_yuan`` and ``is_recommended``.

    Raises
    ------
    FrameError
        When a unit is of a group that is not in the definition.
    """
    group = totals["group"].to_numpy(dtype=object)
    if unknown := sorted(set(map(str, group)) - {each.id for each in definition.groups}):
        raise FrameError(f"group {unknown[0]!r} is not in the definition; add it there")
    vetoed = totals["is_vetoed"].to_numpy(dtype=bool)
    passed = totals["has_passed"].to_numpy(dtype=bool)
    again = totals.index.isin(list(won_before))
    eligible = np.where(vetoed, np.nan, totals["hundredths"].to_numpy(dtype=float))
    rank = np.zeros(len(totals), dtype=np.int64)
    has_quota = np.zeros(len(totals), dtype=bool)
    in_quota, prize, recommends = has_quota.copy(), rank.copy(), has_quota.copy()
    for each in definition.groups:
        own = group == each.id
        rank[own] = competition_ranks(eligible[own])
        has_quota[own] = each.quota is not None
        in_quota[own] = rank[own] <= (each.quota or 0)
        prize[own], recommends[own] = each.prize_yuan, each.is_recommended
    award = np.select(
        [vetoed, ~passed, ~has_quota, ~in_quota, ~again],
        [
            each.value
            for each in (Award.VETOED, Award.FAILED, Award.REWARDED, Award.PASSED, Award.WON)
        ],
        Award.WON_AGAIN.value,
    )
    is_paid = np.isin(award, [Award.REWARDED, Award.WON, Award.WON_AGAIN])
    return pd.DataFrame(
        {
            "rank": rank,
            "award": award,
            "prize_yuan": np.where(is_paid, prize, 0),
            "is_recommended": (award == Award.WON_AGAIN.value) & recommends,
        },
        index=totals.index,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Fund:
    """The fund of a year, in whole yuan.

    Parameters
    ----------
    claimed_yuan
        All prizes together.
    over_yuan
        How much of that the pot does not cover 超支; 0 when it does.
    paid
        By unit: the prize itself, or its share in proportion, rounded down.
    left_yuan
        What stays in the pot after ``paid``.
    """

    pot_yuan: int
    claimed_yuan: int
    over_yuan: int
    paid: pd.Series
    left_yuan: int


def share_fund(prize_yuan: pd.Series, pot_yuan: int) -> Fund:
    """Pay the prizes in full, or in proportion where the pot does not cover them.

    Parameters
    ----------
    prize_yuan
        Whole yuan by unit.
    pot_yuan
        Whole yuan.

    Raises
    ------
    FrameError
        When a prize or the pot is negative or not whole.
    """
    claims = [int(each) for each in prize_yuan]
    if pot_yuan < 0 or any(each < 0 for each in claims) or claims != list(prize_yuan):
        raise FrameError("prizes and the pot must be whole yuan and not negative")
    total = sum(claims)
    # Whole numbers throughout: no share can be rounded up beyond the pot.
    paid = claims if total <= pot_yuan else [each * pot_yuan // total for each in claims]
    return Fund(
        pot_yuan=pot_yuan,
        claimed_yuan=total,
        over_yuan=max(total - pot_yuan, 0),
        paid=pd.Series(paid, index=prize_yuan.index, name="paid_yuan", dtype=np.int64),
        left_yuan=pot_yuan - sum(paid),
    )


def fund_by_number(
    numbers: npt.ArrayLike, *, prize_yuan: int, other_yuan: int, pot_yuan: int
) -> pd.DataFrame:
    """What the fund would do if so many of a group without a quota qualified.

    Parameters
    ----------
    numbers
        (k) how many qualify.
    prize_yuan
        The prize of each.
    other_yuan
        Prizes of all other groups together.
    pot_yuan
        The pot.

    Returns
    -------
    DataFrame
        ``number``, ``claimed_yuan``, ``over_yuan`` and ``share``, the part of each prize that could be paid.
    """
    number: Ints = np.asarray(numbers, dtype=np.int64)
    claimed = other_yuan + number * prize_yuan
    share = np.minimum(pot_yuan / np.maximum(claimed, 1), 1.0)
    return pd.DataFrame(
        {
            "number": number,
            "claimed_yuan": claimed,
            "over_yuan": np.maximum(claimed - pot_yuan, 0),
            "share": share,
        }
    )


def affordable_number(*, prize_yuan: int, other_yuan: int, pot_yuan: int) -> int:
    """How many prizes of one kind the pot pays in full after all others."""
    if prize_yuan <= 0:
        raise FrameError("the number that can be paid needs a positive prize")
    return max(pot_yuan - other_yuan, 0) // prize_yuan
