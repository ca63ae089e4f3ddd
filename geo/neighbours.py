"""Who neighbours whom, as compressed sparse rows of binary weights.

One structure serves square and hexagonal cells, masked grids, administrative units and
points within a distance, so that every local measure has one code path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geo.compiled import compiled
from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Neighbours of ``n`` places; a place is never its own neighbour.

    Parameters
    ----------
    starts
        (n + 1) int64: the neighbours of ``i`` are ``targets[starts[i]:starts[i + 1]]``.
    targets
        (links) int32 positions.
    """

    starts: Integers
    targets: npt.NDArray[np.int32]

    @classmethod
    def from_links(
        cls, count: int, sources: npt.ArrayLike, targets: npt.ArrayLike
    ) -> Neighbours:
        """Directed links ``sources[k] → targets[k]``; give both directions for a symmetric one.

        Raises
        ------
        FrameError
            When a link starts or ends outside ``range(count)``, is given twice, or joins a place
            to itself.
        """
        source, target = np.asarray(sources, dtype=np.int64), np.asarray(targets, np.int64)
        if len(source) and (
            min(source.min(), target.min()) < 0 or max(source.max(), target.max()) >= count
        ):
            raise FrameError(f"a link leaves the {count} places; number them from 0")
        if (source == target).any():
            raise FrameError("a place is linked to itself; leave such links out")
        order = np.lexsort((target, source))
        source, target = source[order], target[order]
        if ((np.diff(source) == 0) & (np.diff(target) == 0)).any():
            raise FrameError("a link is given twice; drop the duplicates")
        starts = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(np.bincount(source, minlength=count), out=starts[1:])
        return cls(starts, target.astype(np.int32))

    @classmethod
    def from_lists(cls, lists: Sequence[Sequence[int]]) -> Neighbours:
        """One sequence of positions for each place."""
        sources = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
        targets = [target for each in lists for target in each]
        return cls.from_links(len(lists), sources, targets)

    @classmethod
    def within_distance(
        cls, x_m: npt.ArrayLike, y_m: npt.ArrayLike, *, distance_m: float
    ) -> Neighbours:
        """Every other point at most ``distance_m`` away (Euclidean)."""
        points = np.column_stack([np.asarray(x_m, float), np.asarray(y_m, float)])
        pairs = cKDTree(points).query_pairs(distance_m, output_type="ndarray")
        sources = np.concatenate([pairs[:, 0], pairs[:, 1]])
        return cls.from_links(len(points), sources, np.concatenate([pairs[:, 1], pairs[:, 0]]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def degrees(self) -> Integers:
        """(n) number of neighbours of each place."""
        return np.diff(self.starts)

    def sums(self, values: npt.ArrayLike) -> Floats:
        """Sum of the neighbours' values: (n) → (n), or (n, steps) → (n, steps).

        Raises
        ------
        FrameError
            When there is not one value, or one row of values, for each place.
        """
        table = np.ascontiguousarray(values, dtype=np.float64)
        if table.ndim not in (1, 2) or len(table) != len(self):
            raise FrameError(f"{table.shape} values for {len(self)} places; give one row each")
        if table.ndim == 1:
            return _sum_neighbours(self.starts, self.targets, table)
        return _sum_neighbour_rows(self.starts, self.targets, table)

    def restrict(self, mask: npt.ArrayLike) -> Neighbours:
        """Only the places where ``mask`` is true, renumbered in order."""
        keep = np.asarray(mask, dtype=bool)
        number = np.cumsum(keep) - 1
        sources = np.repeat(np.arange(len(self)), self.degrees)
        both = keep[sources] & keep[self.targets]
        return Neighbours.from_links(
            int(keep.sum()), number[sources[both]], number[self.targets[both]]
        )


@compiled
def _sum_neighbours(starts: Integers, targets: npt.NDArray[np.int32], values: Floats) -> Floats:
    sums = np.empty(len(starts) - 1)
    for place in range(len(sums)):
        total = 0.0
        for link in range(starts[place], starts[place + 1]):
            total += values[targets[link]]
        sums[place] = total
    return sums


@compiled
def _sum_neighbour_rows(
    starts: Integers, targets: npt.NDArray[np.int32], values: Floats
) -> Floats:
    sums = np.zeros(values.shape)
    for place in range(len(sums)):
        for link in range(starts[place], starts[place + 1]):
            target = targets[link]
            for step in range(values.shape[1]):
                sums[place, step] += values[target, step]
    return sums
