"""Is what surrounds a place more than chance? Conditional permutation, without permuting.

The null hypothesis of the local measures keeps the value of place *i* and deals the other
*n − 1* values at random; the sum over its *k* neighbours is then the sum of *k* values drawn
without replacement. For counts that distribution is a coefficient of a polynomial:

    ways(k, s) = [tᵏ zˢ] ∏ᵥ (1 + t zᵛ)^hᵥ,    hᵥ = number of other places with count v,

so the p-value is **exact** and no random number is drawn (cf. Anselin 1995,
doi:10.1111/j.1538-4632.1995.tb00338.x, who permutes). The products that leave one value out are
built by halving the list of values, with sums of positive terms only: tiny p-values keep
their relative precision. Real values (rates) have no such polynomial; their null is simulated
once and shared by all places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from geo.compiled import compiled
from geo.errors import ExactCostError, FrameError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MAX_STATES = 4_000_000  # cells of the table (neighbours × largest sum), 32 MB
MAX_WORK = 1e10  # multiplications, some ten seconds


@dataclass(frozen=True, eq=False)
class Tails:
    """One-sided p-values of the sum around each place, given the place's own value.

    Parameters
    ----------
    high
        (n) P(sum ≥ observed): small where the surroundings are high.
    low
        (n) P(sum ≤ observed): small where the surroundings are low.
    """

    high: Floats
    low: Floats


def exact_tails(counts: npt.ArrayLike, sums: npt.ArrayLike, degrees: npt.ArrayLike) -> Tails:
    """Exact conditional permutation p-values of sums of counts.

    Parameters
    ----------
    counts
        (n) whole numbers, none negative.
    sums, degrees
        (n) sum over the neighbours of each place, and how many there are. A place without
        neighbours has p = 1.

    Raises
    ------
    ExactCostError
        When the counts are so large and varied that the exact answer would take more than
        some seconds: use :func:`simulated_tails` then.
    FrameError
        When the counts are not whole numbers, or the sums not those of distinct neighbours.
    """
    own = np.asarray(counts, dtype=np.float64)
    if len(own) and ((own < 0).any() or (own != np.rint(own)).any()):
        raise FrameError("exact p-values need whole counts; simulate the null for rates")
    observed = np.rint(np.asarray(sums, dtype=np.float64)).astype(np.int64)
    degree = np.asarray(degrees, dtype=np.int64)
    high, low = np.ones(len(own)), np.ones(len(own))
    if not len(own) or degree.max() == 0:
        return Tails(high, low)
    most = int(degree.max())
    if most >= len(own):
        raise FrameError(
            f"{most} neighbours among {len(own)} places; at most n − 1 are possible"
        )
    whole = own.astype(np.int64)
    values, frequency = np.unique(whole, return_counts=True)
    largest = np.sort(own)[::-1][:most].astype(np.int64).sum()
    states = (most + 1) * (int(largest) + 1)
    if states > MAX_STATES or states * len(values) * np.log2(len(values) + 1) > MAX_WORK:
        raise ExactCostError(
            f"counts up to {values[-1]} with {most} neighbours are too large for exact "
            "p-values; take smaller cells or simulate the null"
        )
    if observed.min() < 0 or observed.max() > largest:
        raise FrameError("a sum is not one of distinct neighbours; sum the same counts")
    members = np.split(np.argsort(whole, kind="stable"), np.cumsum(frequency)[:-1])
    # t is scaled by 1/n: the coefficients stay near 1/k! and never overflow.
    terms = _binomial_terms(frequency, most, len(own))
    one_less = _binomial_terms(frequency - 1, most, len(own))
    table = np.zeros((most + 1, int(largest) + 1))
    table[0, 0] = 1.0
    lengths = np.zeros(most + 1, dtype=np.int64)
    lengths[0] = 1
    for value, table_without, lengths_without in _leave_one_out(table, lengths, values, terms):
        _multiply(table_without, lengths_without, values, one_less, value, value + 1)
        places = members[value]
        _read_tails(table_without, lengths_without, places, observed, degree, high, low)
    return Tails(high, low)


def simulated_tails(
    values: npt.ArrayLike,
    sums: npt.ArrayLike,
    degrees: npt.ArrayLike,
    *,
    draws: int = 99_999,
    seed: int = 0,
) -> Tails:
    """Conditional permutation p-values of sums of real values from one shared simulation.

    Every place uses the same ``draws`` samples, less those that hold the place itself, so the
    null is the conditional one at the cost of one simulation. p is (1 + extreme) / (1 + used).

    Parameters
    ----------
    values
        (n) real values, e.g. rates.
    sums, degrees
        (n) sum over the neighbours of each place, and how many there are.
    draws, seed
        Number of samples and seed of the generator.
    """
    own = np.asarray(values, dtype=np.float64)
    observed, degree = np.asarray(sums, float), np.asarray(degrees, dtype=np.int64)
    high, low = np.ones(len(own)), np.ones(len(own))
    if not len(own) or degree.max() == 0:
        return Tails(high, low)
    if int(degree.max()) >= len(own):
        raise FrameError(f"{degree.max()} neighbours among {len(own)} places; too many")
    drawn = _draw_distinct(np.random.default_rng(seed), len(own), draws, int(degree.max()))
    partial = np.cumsum(own[drawn], axis=1)
    # Sums of the same values in another order differ in the last bits: count them as ties.
    slack = 1e-9 * max(float(np.abs(own).max()), 1e-300)
    for k in np.unique(degree[degree > 0]):
        places = np.flatnonzero(degree == k)
        total, ordered = partial[:, k - 1], np.sort(partial[:, k - 1])
        at_least = draws - np.searchsorted(ordered, observed[places] - slack, side="left")
        at_most = np.searchsorted(ordered, observed[places] + slack, side="right")
        holder = drawn[:, :k].ravel()
        repeated = np.repeat(total, k)
        holds = np.bincount(holder, minlength=len(own))[places]
        upper = repeated >= observed[holder] - slack
        lower = repeated <= observed[holder] + slack
        at_least = at_least - np.bincount(holder[upper], minlength=len(own))[places]
        at_most = at_most - np.bincount(holder[lower], minlength=len(own))[places]
        high[places] = (1 + at_least) / (1 + draws - holds)
        low[places] = (1 + at_most) / (1 + draws - holds)
    return Tails(high, low)


def benjamini_hochberg(p: npt.ArrayLike, *, family: int | None = None) -> Floats:
    """Adjusted p-values (Benjamini & Hochberg 1995): reject where ``q ≤ level``.

    Parameters
    ----------
    p
        p-values of any shape; the whole array is one family.
    family
        Size of the family when ``p`` holds only its smallest members, all those up to the
        level of interest: sorting millions of large p-values is a waste.
    """
    given = np.asarray(p, dtype=np.float64)
    flat = given.ravel()
    order = np.argsort(flat)
    scaled = flat[order] * (family or len(flat)) / np.arange(1, len(flat) + 1)
    adjusted = np.empty_like(flat)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted.reshape(given.shape)


def _binomial_terms(frequency: Integers, most: int, scale: int) -> Floats:
    """(values, most + 1) C(h, j) / scaleʲ, zero where j > h."""
    h, j = frequency[:, None].astype(float), np.arange(most + 1)[None, :].astype(float)
    possible = j <= h
    logarithm = gammaln(h + 1) - gammaln(j + 1) - gammaln(np.where(possible, h - j, 0) + 1)
    return np.where(possible, np.exp(logarithm - j * np.log(scale)), 0.0)


def _leave_one_out(
    table: Floats, lengths: Integers, values: Integers, terms: Floats
) -> Iterator[tuple[int, Floats, Integers]]:
    """For each value, the product of the factors of all the other values.

    Halving the list costs log₂(values) multiplications by each factor, all of them additive.
    """
    stack = [(0, len(values), table, lengths)]
    while stack:
        first, last, current, size = stack.pop()
        if last - first == 1:
            yield first, current, size
            continue
        middle = (first + last) // 2
        right, right_size = _copy(current, size), size.copy()
        _multiply(right, right_size, values, terms, first, middle)
        stack.append((middle, last, right, right_size))
        _multiply(current, size, values, terms, middle, last)
        stack.append((first, middle, current, size))


@compiled
def _copy(table: Floats, lengths: Integers) -> Floats:
    fresh = np.zeros(table.shape)
    for k in range(len(lengths)):
        fresh[k, : lengths[k]] = table[k, : lengths[k]]
    return fresh


@compiled
def _multiply(
    table: Floats, lengths: Integers, values: Integers, terms: Floats, first: int, last: int
) -> None:
    """Multiply in place by (1 + t zᵛ)^h for the values ``first … last − 1``."""
    most = len(lengths) - 1
    for value in range(first, last):
        v = values[value]
        for k in range(most, 0, -1):  # downwards: lower rows are still the old ones
            for j in range(1, k + 1):
                term = terms[value, j]
                if term == 0.0:
                    break
                length, shift = lengths[k - j], j * v
                for s in range(length):
                    table[k, s + shift] += term * table[k - j, s]
                if length > 0 and length + shift > lengths[k]:
                    lengths[k] = length + shift


@compiled
def _read_tails(
    table: Floats,
    lengths: Integers,
    places: Integers,
    observed: Integers,
    degrees: Integers,
    high: Floats,
    low: Floats,
) -> None:
    most = len(lengths) - 1
    used = np.zeros(most + 1, dtype=np.bool_)
    for place in places:
        used[degrees[place]] = True
    below = np.zeros(table.shape[1] + 1)
    above = np.zeros(table.shape[1] + 1)
    for k in range(1, most + 1):
        if not used[k]:
            continue
        length = lengths[k]
        below[0] = 0.0
        for s in range(length):
            below[s + 1] = below[s] + table[k, s]
        above[length:] = 0.0
        for s in range(length - 1, -1, -1):
            above[s] = above[s + 1] + table[k, s]
        for place in places:
            if degrees[place] == k:
                s = observed[place]
                high[place] = min(above[s] / above[0], 1.0)
                low[place] = min(below[min(s + 1, length)] / below[length], 1.0)


def _draw_distinct(
    generator: np.random.Generator, count: int, draws: int, size: int
) -> Integers:
    """(draws, size) positions, all different within a row, every ordered choice equally likely."""
    if size * size > count:
        shuffled = generator.permuted(np.tile(np.arange(count), (draws, 1)), axis=1)
        return np.ascontiguousarray(shuffled[:, :size])
    drawn = generator.integers(0, count, (draws, size))
    doubtful = np.arange(draws)
    while len(doubtful):
        ordered = np.sort(drawn[doubtful], axis=1)
        doubtful = doubtful[(np.diff(ordered, axis=1) == 0).any(axis=1)]
        drawn[doubtful] = generator.integers(0, count, (len(doubtful), size))
    return drawn
