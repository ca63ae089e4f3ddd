"""Awards and the fund."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.contest_awards import (
    Award,
    affordable_number,
    award_units,
    fund_by_number,
    share_fund,
)
from geo.contest_definition import ContestDefinition
from geo.errors import FrameError

CUP = ContestDefinition.default()


def totals(*rows: tuple[str, float, bool]) -> pd.DataFrame:
    group, score, is_vetoed = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {"group": group, "is_vetoed": is_vetoed}, index=[f"u{k}" for k in range(len(rows))]
    )
    hundredths = [round(each * 100) for each in score]
    return frame.assign(hundredths=hundredths, has_passed=[each >= 8000 for each in hundredths])


def field_of(group: str, best: int) -> list[tuple[str, float, bool]]:
    """So many units of a group at 99, above whoever is looked at."""
    return [(group, 99.0, False)] * best


@pytest.mark.parametrize(
    ("group", "is_vetoed", "score", "better", "won_before", "award", "prize", "recommended"),
    [
        # Row by row of the table.
        ("township", True, 95, 0, True, Award.VETOED, 0, False),
        ("township", True, 70, 0, False, Award.VETOED, 0, False),
        ("village", True, 95, 0, False, Award.VETOED, 0, False),
        ("township", False, 79.99, 0, True, Award.FAILED, 0, False),
        ("village", False, 79.99, 0, False, Award.FAILED, 0, False),
        ("township", False, 80, 10, False, Award.PASSED, 0, False),
        ("bureau", False, 80, 10, True, Award.PASSED, 0, False),
        ("village", False, 80, 300, False, Award.REWARDED, 15_000, False),
        ("township", False, 80, 9, False, Award.WON, 200_000, False),
        ("bureau", False, 80, 0, False, Award.WON, 100_000, False),
        ("township", False, 80, 9, True, Award.WON_AGAIN, 200_000, True),
        ("village", False, 80, 0, True, Award.REWARDED, 15_000, False),
    ],
)
def test_awards(
    group: str,
    is_vetoed: bool,
    score: float,
    better: int,
    won_before: bool,
    award: Award,
    prize: int,
    recommended: bool,
) -> None:
    table = totals((group, score, is_vetoed), *field_of(group, better))
    row = award_units(CUP, table, won_before=["u0"] if won_before else []).loc["u0"]
    assert row["award"] == award
    assert (row["prize_yuan"], row["is_recommended"]) == (prize, recommended)
    assert row["rank"] == (0 if is_vetoed else better + 1)


def test_the_vetoed_take_no_place() -> None:
    table = totals(("township", 90, False), *[("township", 99, True)] * 10)
    assert award_units(CUP, table).loc["u0", ["rank", "award"]].tolist() == [1, Award.WON]


def test_groups_do_not_compete() -> None:
    table = totals(("township", 85, False), *field_of("village", 20))
    assert award_units(CUP, table)["rank"].iloc[0] == 1


def test_equals_share_the_last_place() -> None:
    table = totals(*[("township", 90, False)] * 11)
    awards = award_units(CUP, table)
    assert awards["rank"].tolist() == [1] * 11
    assert (awards["award"] == Award.WON).all()


def test_unknown_groups() -> None:
    with pytest.raises(FrameError, match="'city'"):
        award_units(CUP, totals(("city", 90, False)))


def test_all_villages_overrun_the_pot() -> None:
    prizes = pd.Series(15_000, index=range(678))
    fund = share_fund(prizes, CUP.pot_yuan)
    assert (fund.claimed_yuan, fund.over_yuan) == (10_170_000, 170_000)
    assert set(fund.paid) == {14_749}
    assert fund.paid.sum() + fund.left_yuan == CUP.pot_yuan


@pytest.mark.parametrize("pot", [45_000, 45_001])
def test_what_the_pot_covers_is_paid_in_full(pot: int) -> None:
    fund = share_fund(pd.Series([15_000, 30_000], index=["a", "b"]), pot)
    assert fund.paid.to_dict() == {"a": 15_000, "b": 30_000}
    assert (fund.over_yuan, fund.left_yuan) == (0, pot - 45_000)


@given(st.lists(st.integers(0, 10**9), max_size=40), st.integers(0, 10**9))
def test_the_fund_never_pays_more_than_the_pot(prizes: list[int], pot: int) -> None:
    claims = pd.Series(prizes, dtype="int64")
    fund = share_fund(claims, pot)
    paid = int(fund.paid.sum())
    assert paid <= pot
    assert paid + fund.left_yuan == pot
    assert ((fund.paid >= 0) & (fund.paid <= claims)).all()
    assert fund.over_yuan == max(sum(prizes) - pot, 0)
    if fund.over_yuan:
        # Rounded down, so less than a yuan a head stays behind.
        assert fund.left_yuan < len(prizes)


def test_an_empty_fund() -> None:
    fund = share_fund(pd.Series([], dtype="int64"), 5)
    assert (fund.claimed_yuan, fund.over_yuan, fund.left_yuan) == (0, 0, 5)


@pytest.mark.parametrize(("prizes", "pot"), [([-1], 5), ([1.5], 5), ([1], -5)])
def test_faults(prizes: list, pot: int) -> None:
    with pytest.raises(FrameError):
        share_fund(pd.Series(prizes), pot)


def test_fund_by_number_of_villages() -> None:
    table = fund_by_number(
        [0, 466, 467, 678], prize_yuan=15_000, other_yuan=3_000_000, pot_yuan=10**7
    )
    assert table["over_yuan"].tolist() == [0, 0, 5_000, 3_170_000]
    assert table["share"].tolist() == pytest.approx([1, 1, 10 / 10.005, 10 / 13.17])


@pytest.mark.parametrize(
    ("other", "expected"), [(3_000_000, 466), (0, 666), (10_000_000, 0), (11_000_000, 0)]
)
def test_affordable_number(other: int, expected: int) -> None:
    assert (
        affordable_number(prize_yuan=15_000, other_yuan=other, pot_yuan=10_000_000) == expected
    )


def test_a_number_needs_a_prize() -> None:
    with pytest.raises(FrameError):
        affordable_number(prize_yuan=0, other_yuan=0, pot_yuan=1)
