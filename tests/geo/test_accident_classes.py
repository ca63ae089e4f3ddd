"""Accident classes on every boundary of the two texts."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from geo.accident_classes import Class493, Class1991, class_493, class_1991
from geo.errors import FrameError

C, D = Class1991, Class493


@pytest.mark.parametrize(
    ("deaths", "serious", "slight", "loss", "expected"),
    [
        (0, 0, 0, 0, C.MINOR),
        (0, 0, 1, 0, C.MINOR),
        (0, 0, 2, 999, C.MINOR),
        (0, 0, 3, 0, C.ORDINARY),
        (0, 0, 0, 1_000, C.ORDINARY),
        (0, 1, 0, 0, C.ORDINARY),
        (0, 2, 0, 29_999, C.ORDINARY),
        (0, 0, 0, 30_000, C.GRAVE),
        (0, 3, 0, 0, C.GRAVE),
        (0, 10, 0, 0, C.GRAVE),
        (1, 0, 0, 0, C.GRAVE),
        (2, 0, 0, 59_999, C.GRAVE),
        (1, 7, 0, 0, C.GRAVE),
        (2, 4, 0, 0, C.GRAVE),
        (0, 11, 0, 0, C.MOST_GRAVE),
        (1, 8, 0, 0, C.MOST_GRAVE),
        (2, 5, 0, 0, C.MOST_GRAVE),
        (3, 0, 0, 0, C.MOST_GRAVE),
        (0, 0, 0, 60_000, C.MOST_GRAVE),
    ],
)
def test_classes_of_1991(deaths, serious, slight, loss, expected):
    classes = class_1991([deaths], [serious], [slight], [loss])
    assert classes.at_least.tolist() == [expected]
    assert classes.is_certain.all()


def test_small_damage_without_a_motor_vehicle():
    classes = class_1991(0, 0, 0, [199, 200, 999, 999], is_nonmotor=[True, True, True, False])
    assert_array_equal(classes.at_least, [C.MINOR, C.ORDINARY, C.ORDINARY, C.MINOR])


@pytest.mark.parametrize(
    ("deaths", "serious", "loss", "expected"),
    [
        (0, 0, 0, D.ORDINARY),
        (2, 9, 9_999_999, D.ORDINARY),
        (3, 0, 0, D.CONSIDERABLE),
        (9, 49, 49_999_999, D.CONSIDERABLE),
        (0, 10, 0, D.CONSIDERABLE),
        (0, 0, 1e7, D.CONSIDERABLE),
        (10, 0, 0, D.MAJOR),
        (29, 99, 99_999_999, D.MAJOR),
        (0, 50, 0, D.MAJOR),
        (0, 0, 5e7, D.MAJOR),
        (30, 0, 0, D.EXTRAORDINARY),
        (0, 100, 0, D.EXTRAORDINARY),
        (0, 0, 1e8, D.EXTRAORDINARY),
    ],
)
def test_classes_of_order_493(deaths, serious, loss, expected):
    assert class_493([deaths], [serious], [loss]).at_least.tolist() == [expected]


def test_what_is_not_known_can_only_raise_the_class():
    classes = class_1991([0, 1, 3, 1], [np.nan, 0, np.nan, 8], 0, [0, np.nan, np.nan, np.nan])
    assert_array_equal(classes.at_least, [C.MINOR, C.GRAVE, C.MOST_GRAVE, C.MOST_GRAVE])
    assert_array_equal(classes.is_certain, [False, False, True, True])


def test_negative_numbers_are_refused():
    with pytest.raises(FrameError, match="negative"):
        class_493([-1], [0], [0])
