"""Compile, or load from the disk cache, everything compiled that the hot-spot page needs."""

from __future__ import annotations

import numpy as np

from geo.emerging import emerging_hotspots
from geo.grid import SquareGrid
from geo.hotspots import hotspots
from geo.near_repeat import near_repeat_table, repeat_roles


def warm_hotspots() -> None:
    """Run each measure once on a toy map, so that no user waits for the compiler."""
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=3, columns=3)
    neighbours = grid.neighbours()
    counts = np.arange(9.0)
    hotspots(counts, neighbours)
    emerging_hotspots(np.stack([counts, counts[::-1]], axis=1), neighbours)
    near_repeat_table(counts, counts, counts)
    repeat_roles(counts, counts, counts, distance_m=2.0, days_apart=2.0)
