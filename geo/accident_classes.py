"""Classes of an accident by the persons killed and hurt and by its loss.

Two scales are in use in China. The four classes of road accidents of 1991 (道路交通事故等级
划分标准, 公安部) are read in old ledgers and named in old rules; the four classes of State
Council Order 493 of 2007 (生产安全事故报告和调查处理条例, art. 3) are what is reported today.
In both 以上 includes the number and 以下 does not, and the gravest criterion decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import FrameError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Grade = Callable[..., NDArray[np.int8]]


class Class1991(IntEnum):
    """Road accident classes of 1991."""

    MINOR = 1  # 轻微
    ORDINARY = 2  # 一般
    GRAVE = 3  # 重大
    MOST_GRAVE = 4  # 特大


class Class493(IntEnum):
    """Accident classes of State Council Order 493."""

    ORDINARY = 1  # 一般
    CONSIDERABLE = 2  # 较大
    MAJOR = 3  # 重大
    EXTRAORDINARY = 4  # 特别重大


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes of (n) accidents.

    Parameters
    ----------
    at_least
        (n) the class that the known numbers alone require.
    is_certain
        (n) False where an unknown number might raise the class.
    """

    at_least: NDArray[np.int8]
    is_certain: Flags


def class_1991(
    deaths: ArrayLike,
    serious: ArrayLike,
    slight: ArrayLike,
    loss_yuan: ArrayLike,
    *,
    is_nonmotor: ArrayLike = False,
) -> Classes:
    """Classes of 1991.

    Parameters
    ----------
    deaths, serious, slight
        (n) persons killed, seriously and slightly hurt; NaN: not known.
    loss_yuan
        (n) damage to property; NaN: not known.
    is_nonmotor
        (n) True where no motor vehicle took part: damage below 200 yuan, not 1,000, is
        then minor.

    Raises
    ------
    FrameError
        When a number is negative.
    """

    def grade(dead: Floats, hurt: Floats, lightly: Floats, loss: Floats) -> NDArray[np.int8]:
        most_grave = (
            (dead >= 3)
            | (hurt >= 11)
            | ((dead >= 1) & (hurt >= 8))
            | ((dead >= 2) & (hurt >= 5))
            | (loss >= 60_000)
        )
        grave = (dead >= 1) | (hurt >= 3) | (loss >= 30_000)
        small = np.where(np.asarray(is_nonmotor, bool), 200.0, 1_000.0)
        ordinary = (hurt >= 1) | (lightly >= 3) | (loss >= small)
        return _first(most_grave, grave, ordinary)

    return _classes(grade, deaths, serious, slight, loss_yuan)


def class_493(deaths: ArrayLike, serious: ArrayLike, loss_yuan: ArrayLike) -> Classes:
    """Classes of Order 493.

    Parameters
    ----------
    deaths, serious
        (n) persons killed and seriously hurt; NaN: not known.
    loss_yuan
        (n) direct loss; NaN: not known.

    Raises
    ------
    FrameError
        When a number is negative.
    """

    def grade(dead: Floats, hurt: Floats, loss: Floats) -> NDArray[np.int8]:
        return _first(
            (dead >= 30) | (hurt >= 100) | (loss >= 1e8),
            (dead >= 10) | (hurt >= 50) | (loss >= 5e7),
            (dead >= 3) | (hurt >= 10) | (loss >= 1e7),
        )

    return _classes(grade, deaths, serious, loss_yuan)


def _first(fourth: Flags, third: Flags, second: Flags) -> NDArray[np.int8]:
    return np.select([fourth, third, second], [4, 3, 2], default=1).astype(np.int8)


def _classes(grade: Grade, *numbers: ArrayLike) -> Classes:
    """The class with every unknown number at zero, and whether any size would change it."""
    known = np.broadcast_arrays(*(np.atleast_1d(np.asarray(n, dtype=float)) for n in numbers))
    if any((n < 0).any() for n in known):
        raise FrameError("numbers of persons and losses must not be negative")
    least = grade(*(np.where(np.isnan(n), 0.0, n) for n in known))
    most = grade(*(np.where(np.isnan(n), np.inf, n) for n in known))
    return Classes(at_least=least, is_certain=least == most)
