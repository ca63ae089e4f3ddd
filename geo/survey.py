"""What a survey says of the public's sense of safety 群众安全感, and how surely.

A share comes with the interval of Wilson (1927, *J. Am. Stat. Assoc.* 22:209–212), which stays
inside 0–1 and is not empty at 0 or 100 %. With a hundred answers and a share of 95 % it is
some nine points wide: wider than the bands contests mark it by.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LEVEL = 0.95

# Answers to “do you feel safe here?”: 安全, 比较安全, 基本安全, 不太安全, 不安全; 不清楚 is none.
ANSWERS: tuple[str, ...] = (
    "safe",
    "fairly_safe",
    "basically_safe",
    "rather_unsafe",
    "unsafe",
    "no_answer",
)
# Wordings with and without 基本安全 differ by points: state which one was used.
POSITIVE: tuple[str, ...] = ("safe", "fairly_safe", "basically_safe")
INVALID: tuple[str, ...] = ("no_answer",)


def wilson(
    positive: npt.ArrayLike, valid: npt.ArrayLike, *, level: float = LEVEL
) -> pd.DataFrame:
    """Shares with Wilson's score interval.

    Parameters
    ----------
    positive, valid
        (n) whole counts, ``positive`` of ``valid``.
    level
        Confidence of the two-sided interval.

    Returns
    -------
    DataFrame
        ``positive``, ``valid``, ``share``, ``low``, ``high``; the last three NaN where nobody
        answered.

    Raises
    ------
    FrameError
        When a count is not whole, negative, or positive exceeds valid.
    """
    hits, size = np.broadcast_arrays(
        np.atleast_1d(np.asarray(positive, dtype=float)),
        np.atleast_1d(np.asarray(valid, dtype=float)),
    )
    is_count = (hits >= 0) & (hits <= size) & (hits % 1 == 0) & (size % 1 == 0)
    if not is_count.all():
        raise FrameError("answers must be whole counts, the positive ones no more than all")
    z = float(norm.ppf((1 + level) / 2))
    n = np.where(size > 0, size, np.nan)
    share = hits / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z / scale * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    # Both ends are exact at no and at all positive answers; round-off must not say otherwise.
    low = np.where(hits == 0, 0.0, centre - half)
    high = np.where(hits == size, 1.0, centre + half)
    return pd.DataFrame(
        {
            "positive": hits.astype(np.int64),
            "valid": size.astype(np.int64),
            "share": share,
            "low": np.where(np.isnan(n), np.nan, low),
            "high": np.where(np.isnan(n), np.nan, high),
        }
    )


def safety_feeling(
    answers: pd.DataFrame,
    *,
    positive: Collection[str] = POSITIVE,
    invalid: Collection[str] = INVALID,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Share that feels safe, of the valid answers, by unit.

    Parameters
    ----------
    answers
        One row per unit, one column of counts per answer of :data:`ANSWERS` that was offered.
    positive
        Answers that count as safe.
    invalid
        Answers left out of the base.

    Returns
    -------
    DataFrame
        As :func:`wilson`, with the index of ``answers``.

    Raises
    ------
    FrameError
        When a column is no known answer, or there is none to count.
    """
    if unknown := [name for name in answers if name not in ANSWERS]:
        raise FrameError(
            f"{unknown[0]!r} is no answer; the columns may be {', '.join(ANSWERS)}"
        )
    base = answers.drop(columns=[name for name in invalid if name in answers])
    counted = [name for name in base if name in positive]
    if not counted:
        raise FrameError(f"no positive answer was counted; one of {', '.join(positive)}")
    shares = wilson(base[counted].sum(axis=1), base.sum(axis=1), level=level)
    return shares.set_axis(answers.index)


def differs_from(shares: pd.DataFrame, value: float) -> Flags:
    """(n) whether the interval of each share excludes ``value``; else 差异不显著."""
    low, high = shares["low"].to_numpy(float), shares["high"].to_numpy(float)
    excluded: Flags = (value < low) | (value > high)
    return excluded


def mean_mark(counts: npt.ArrayLike, *, level: float = LEVEL) -> pd.DataFrame:
    """Mean of marks 1, 2, …, k, the other scale in use, with its normal interval.

    Parameters
    ----------
    counts
        (n, k) answers of each unit by mark.

    Returns
    -------
    DataFrame
        ``valid``, ``mean``, ``low``, ``high``; NaN where fewer than two answered.
    """
    table = np.atleast_2d(np.asarray(counts, dtype=float))
    marks = np.arange(1, table.shape[1] + 1)
    size = table.sum(axis=1)
    n = np.where(size > 1, size, np.nan)
    mean = table @ marks / n
    spread = table @ marks**2 / n - mean**2
    half = norm.ppf((1 + level) / 2) * np.sqrt(np.maximum(spread, 0) / (n - 1))
    return pd.DataFrame(
        {"valid": size.astype(np.int64), "mean": mean, "low": mean - half, "high": mean + half}
    )
