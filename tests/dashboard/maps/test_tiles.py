import io
import math

import numpy as np
import pytest
from PIL import Image
from pyproj import Transformer

from dashboard import tiles
from dashboard.tiles import BLANK_PNG, TILE_PX, HeatRequest, heat_breaks, heat_grid, heat_tile
from geo.selection import IncidentSelection

ALL = IncidentSelection()


def request(bandwidth_m=500.0, selection=ALL, theme="dark"):
    return HeatRequest(selection=selection, bandwidth_m=bandwidth_m, theme=theme)


def tile_at(frame, x_m, y_m, z):
    """Tile holding a point, and the point's pixel in it."""
    to_mercator = Transformer.from_crs(frame.region.metric_crs, 3857, always_xy=True)
    half = math.pi * 6378137
    x, y = to_mercator.transform(x_m, y_m)
    column, row = (x + half) / (2 * half) * 2**z, (half - y) / (2 * half) * 2**z
    return int(column), int(row), int(column % 1 * TILE_PX), int(row % 1 * TILE_PX)


def alpha_of(png):
    image = Image.open(io.BytesIO(png))
    assert image.size == (TILE_PX, TILE_PX)
    return np.asarray(image.convert("RGBA"))[:, :, 3]


@pytest.mark.parametrize("z", [11, 13, 15])
def test_a_lone_event_is_drawn_where_it_is_and_nowhere_else(frame_of, centre_m, z):
    frame = frame_of([centre_m[0]], [centre_m[1]], version=f"lone-{z}")
    x, y, column, row = tile_at(frame, *centre_m, z)
    alpha = alpha_of(heat_tile(frame, request(), z, x, y))
    rows, columns = np.nonzero(alpha)
    metres_per_px = 2 * math.pi * 6378137 / 2**z / TILE_PX * math.cos(math.radians(34.2))
    # The kernel ends at the bandwidth; one grid cell of interpolation may be added.
    reach_px = 600 / metres_per_px + 1
    assert alpha[row, column] == alpha.max() > 60
    assert np.hypot(rows - row, columns - column).max() <= reach_px


def test_density_at_the_event_is_the_kernel_peak(frame_of, centre_m):
    frame = frame_of([centre_m[0]] * 10, [centre_m[1]] * 10, version="peak")
    grid = heat_grid(frame, ALL, 500.0)
    peak = 10 * 3 / (math.pi * 0.5**2)
    assert grid.values.max() == pytest.approx(peak, rel=0.12)  # spread over four cells
    assert grid.values.sum() * (grid.cell_m / 1000) ** 2 == pytest.approx(10)


def test_neighbouring_tiles_join_without_a_seam(frame_of, centre_m):
    random = np.random.default_rng(5)
    spread = random.normal(0, 3000, (2, 4000))
    frame = frame_of(centre_m[0] + spread[0], centre_m[1] + spread[1], version="seam")
    x, y, *_ = tile_at(frame, *centre_m, 13)
    left, right = (alpha_of(heat_tile(frame, request(), 13, x + i, y)) for i in (0, 1))
    step = np.abs(left[:, -1].astype(int) - right[:, 0])
    inside = np.abs(np.diff(left.astype(int), axis=1))
    assert step.max() <= inside.max() + 8


def test_breaks_do_not_move_with_the_filter(frame):
    before = heat_breaks(frame, 800.0)
    heat_grid(frame, IncidentSelection(severities=(3,)), 800.0)
    assert heat_breaks(frame, 800.0) == before
    assert list(before) == sorted(before)
    assert before[0] == pytest.approx(3 / (math.pi * 0.8**2) / 2)


def test_places_coarser_than_the_bandwidth_stay_out(frame_of, centre_m):
    frame = frame_of([centre_m[0]], [centre_m[1]], version="coarse", r95_m=810.0)
    assert not tiles.sharp_enough(frame, 500.0).any()
    assert heat_grid(frame, ALL, 500.0).count == 0
    assert heat_grid(frame, ALL, 1000.0).count == 1


def test_far_away_and_empty_tiles_share_one_blank(frame):
    assert heat_tile(frame, request(), 5, 0, 0) is BLANK_PNG
    nothing = IncidentSelection(categories=())
    x, y, *_ = tile_at(frame, *_middle(frame), 12)
    assert heat_tile(frame, request(selection=nothing), 12, x, y) is BLANK_PNG


def test_a_tile_is_small(frame):
    x, y, *_ = tile_at(frame, *_middle(frame), 11)
    assert len(heat_tile(frame, request(), 11, x, y)) < 40_000


def test_themes_differ(frame):
    x, y, *_ = tile_at(frame, *_middle(frame), 11)
    dark, light = (
        heat_tile(frame, request(theme=name), 11, x, y) for name in ("dark", "light")
    )
    assert dark != light


def _middle(frame):
    return float(np.nanmean(frame.x_m)), float(np.nanmean(frame.y_m))
