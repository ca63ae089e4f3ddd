"""Square and hexagonal cells, and the neighbours drawn from them."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.grid import OUTSIDE, HexGrid, SquareGrid
from geo.neighbours import Neighbours

BOUNDS = (1_000.0, 2_000.0, 4_100.0, 3_900.0)


@pytest.mark.parametrize("kind", [SquareGrid, HexGrid])
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_each_point_lies_in_the_polygon_of_its_cell(kind: type, seed: int) -> None:
    grid = kind.covering(BOUNDS, cell_m=170.0)
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(1_000, 4_100, 300), rng.uniform(2_000, 3_900, 300)
    cell = grid.assign(x, y)
    assert (cell != OUTSIDE).all()
    assert shapely.distance(grid.polygons()[cell], shapely.points(x, y)).max() < 1e-6


@pytest.mark.parametrize("kind", [SquareGrid, HexGrid])
def test_centres_lie_in_their_own_cells_and_nan_in_none(kind: type) -> None:
    grid = kind.covering(BOUNDS, cell_m=170.0)
    assert grid.assign(*grid.centres_m().T).tolist() == list(range(len(grid)))
    assert grid.assign([np.nan, -9e9, 1_500.0], [2_500.0, 0.0, np.inf]).tolist() == [-1] * 3


def test_cells_of_a_hexagonal_grid_do_not_overlap() -> None:
    grid = HexGrid.covering(BOUNDS, cell_m=170.0)
    union = shapely.unary_union(grid.polygons())
    assert union.area == pytest.approx(len(grid) * grid.area_m2, rel=1e-9)
    # Shared edges differ in the last bits: slivers, not gaps.
    assert shapely.box(*BOUNDS).difference(union).area < 1e-6


def test_counts_and_weights_leave_out_what_is_outside() -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=10.0, rows=2, columns=2)
    x, y = [5.0, 5.0, 15.0, -1.0, 20.0], [5.0, 5.0, 15.0, 5.0, 5.0]
    assert grid.count(x, y).tolist() == [2, 0, 0, 1]
    assert grid.count(x, y, weights=[1, 2, 3, 4, 5]).tolist() == [3, 0, 0, 3]


def test_touching_cells() -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=10.0, rows=2, columns=3)
    assert grid.touching(shapely.box(2, 2, 12, 8)).tolist() == [True, True] + [False] * 4


def test_queen_and_rook() -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=3, columns=3)
    assert grid.neighbours().degrees.tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert grid.neighbours(has_corners=False).degrees.tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]
    assert grid.neighbours(reach=2).degrees.tolist() == [8] * 9


@pytest.mark.parametrize(("reach", "most"), [(1, 6), (2, 18), (3, 36)])
def test_hexagon_neighbours_are_the_near_centres(reach: int, most: int) -> None:
    grid = HexGrid.covering(BOUNDS, cell_m=170.0)
    made = grid.neighbours(reach=reach)
    assert made.degrees.max() == most
    # The corners of ring r are r cells away, the nearest of ring r + 1 at (r + 1)·√3/2.
    x, y = grid.centres_m().T
    near = Neighbours.within_distance(x, y, distance_m=170.0 * (reach + 1e-3))
    assert (made.degrees <= near.degrees).all()
    if reach == 1:
        assert made.targets.tolist() == near.targets.tolist()


def test_grids_refuse_what_cannot_be() -> None:
    with pytest.raises(FrameError, match="clip stray points"):
        SquareGrid.covering((0, 0, 1e7, 1e7), cell_m=100.0)
    with pytest.raises(FrameError, match="empty"):
        HexGrid.covering((0, 0, 0, 1), cell_m=100.0)


def test_sums_over_neighbours_in_one_and_two_dimensions() -> None:
    line = Neighbours.from_lists([[1], [0, 2], [1], []])
    assert line.sums([1, 2, 4, 8]).tolist() == [2, 5, 2, 0]
    assert line.sums([[1, 10], [2, 20], [4, 40], [8, 80]])[1].tolist() == [5, 50]
    with pytest.raises(FrameError, match="one row each"):
        line.sums([1, 2])


def test_restriction_renumbers() -> None:
    line = Neighbours.from_lists([[1], [0, 2], [1, 3], [2]])
    kept = line.restrict([True, False, True, True])
    assert kept.degrees.tolist() == [0, 1, 1]
    assert kept.targets.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("lists", "message"),
    [([[1], [2]], "leaves"), ([[0]], "itself"), ([[1, 1], [0]], "twice")],
)
def test_wrong_links_are_refused(lists: list[list[int]], message: str) -> None:
    with pytest.raises(FrameError, match=message):
        Neighbours.from_lists(lists)
