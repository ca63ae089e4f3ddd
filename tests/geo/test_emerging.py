"""Emerging classes, one by one, on written-out runs; the cube on planted places."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.emerging import Emergence, classify_runs, count_cube, emerging_hotspots
from geo.errors import FrameError
from geo.grid import SquareGrid
from geo.hotspots import getis_ord
from geo.neighbours import Neighbours

SIGNS = {"+": 1, "-": -1, ".": 0}
MIRROR = str.maketrans("+-", "-+")

# Ten steps, oldest first: + hot, - cold, . neither; then the trend of Gi*.
VECTORS = [
    (".........+", 0, "new_hot"),
    ("--.......+", 0, "new_hot"),  # never hot before, whatever else it was
    ("........++", 0, "consecutive_hot"),
    (".-..++++++", 1, "consecutive_hot"),  # one unbroken run, below 90 %
    (".+++++++++", 1, "intensifying_hot"),  # 90 % exactly
    ("++++.+++++", 1, "intensifying_hot"),
    ("++++++++++", -1, "diminishing_hot"),
    ("++++++++++", 0, "persistent_hot"),
    ("+++-++++++", 0, "persistent_hot"),  # a cold step within 90 % changes nothing
    ("+.+..+...+", 0, "sporadic_hot"),
    ("+++++++.++", 0, "persistent_hot"),
    (".+......++", -1, "sporadic_hot"),  # an earlier run rules consecutive out
    ("+-+......+", 0, "oscillating_hot"),
    ("---+...-++", 0, "oscillating_hot"),
    ("+++++++++.", 0, "historical_hot"),
    ("+++++++++-", 0, "new_cold"),  # the final step decides first
    ("++++++++..", 0, "none"),  # 80 %, and over
    ("...+++....", 0, "none"),
    ("..........", 1, "none"),
]


def steps(text: str) -> list[int]:
    return [SIGNS[sign] for sign in text]


@pytest.mark.parametrize(("run", "trend", "name"), VECTORS)
def test_each_class(run: str, trend: int, name: str) -> None:
    assert classify_runs([steps(run)], [trend]).tolist() == [name]


@pytest.mark.parametrize(("run", "trend", "name"), VECTORS)
def test_cold_classes_mirror_hot_ones(run: str, trend: int, name: str) -> None:
    swapped = name.replace("hot", "#").replace("cold", "hot").replace("#", "cold")
    assert classify_runs([steps(run.translate(MIRROR))], [-trend]).tolist() == [swapped]


def test_the_vectors_name_every_hot_class() -> None:
    named = {name for _, _, name in VECTORS}
    assert named >= {each.value for each in Emergence if each.value.endswith("_hot")}


@settings(max_examples=200)
@given(
    run=st.lists(st.sampled_from([-1, 0, 1]), min_size=2, max_size=20),
    trend=st.sampled_from([-1, 0, 1]),
)
def test_a_significant_final_step_always_has_its_class(run: list[int], trend: int) -> None:
    name = classify_runs([run], [trend])[0]
    if run[-1] == 1:
        assert name.endswith("_hot")
        assert not name.startswith("historical")
    elif run[-1] == -1:
        assert name.endswith("_cold")
    else:
        assert name == "none" or name.startswith("historical")


def test_planted_places_get_their_classes() -> None:
    rng = np.random.default_rng(2)
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=24, columns=24)
    cube = rng.poisson(1.0, (24, 24, 12)).astype(float)
    cube[2:6, 2:6, :] += 8  # always
    cube[2:6, 14:18, :] += np.arange(12) * 2 + 6  # more and more
    cube[14:18, 2:6, -1] += 14  # just now
    cube[14:18, 14:18, :-1] += 8  # not any more
    cube[14:18, 14:18, -1] = 1
    found = emerging_hotspots(cube.reshape(576, 12), grid.neighbours(), previous_steps=0)
    name = found.places["emergence"].to_numpy().reshape(24, 24)
    assert name[3, 3] == Emergence.PERSISTENT_HOT
    assert name[3, 15] == Emergence.INTENSIFYING_HOT
    assert name[15, 3] == Emergence.NEW_HOT
    assert name[15, 15] == Emergence.HISTORICAL_HOT
    # False discoveries stay few away from the planted places.
    assert (name[8:13] != Emergence.NONE).mean() < 0.1
    assert found.places["events"].sum() == cube.sum()


def test_an_even_cube_shows_nothing() -> None:
    found = emerging_hotspots(np.ones((9, 4)), Neighbours.from_lists([[1], [0]] + [[]] * 7))
    assert set(found.places["emergence"]) == {"none"}
    assert (found.gi_star == 0).all()


def test_space_time_scores_equal_gi_star_on_the_flat_cube() -> None:
    rng = np.random.default_rng(1)
    cube = rng.poisson(2.0, (5, 4)).astype(float)
    line = [[1], [0, 2], [1, 3], [2, 4], [3]]
    flat = [
        [
            (place * 4 + step)
            for place in [each, *line[each]]
            for step in (when, when - 1)
            if step >= 0 and (place, step) != (each, when)
        ]
        for each in range(5)
        for when in range(4)
    ]
    found = emerging_hotspots(cube, Neighbours.from_lists(line), previous_steps=1)
    direct = getis_ord(cube.ravel(), Neighbours.from_lists(flat)).reshape(5, 4)
    assert found.gi_star == pytest.approx(direct)


def test_count_cube_leaves_out_what_is_outside() -> None:
    cube = count_cube([0, 0, 1, -1, 2], [0, 0, 1, 0, 5], places=3, steps=2)
    assert cube.tolist() == [[2, 0], [0, 1], [0, 0]]


def test_a_cube_that_does_not_fit_is_refused() -> None:
    with pytest.raises(FrameError, match="one row per place"):
        emerging_hotspots(np.ones((3, 1)), Neighbours.from_lists([[], [], []]))
