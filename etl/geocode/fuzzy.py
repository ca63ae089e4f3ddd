"""The villages a badly written name may mean, by edit distances on characters and sounds.

First all keys are ranked by the optimal string alignment distance on characters plus that
on pinyin syllables (rapidfuzz, in compiled code). Then the best few are compared by a
weighted alignment in which a character that sounds or looks alike costs less than any
other, and a type word (镇, 村, …) less than a name's own character.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from etl.geocode import names
from etl.geocode.lookalikes import LOOKALIKES

# Costs in hundredths of a wrong character.
WRONG, ADDED, MISSING, TYPE_WORD, SWAPPED = 100, 90, 60, 15, 35
SAME_SOUND, RARE_SOUND, NEAR_SOUND, LOOKALIKE = 25, 65, 70, 40
_TYPE_CHARS = frozenset("镇乡办村社区")
_SHORTLIST = 12
_CHUNK = 2_048
_MAX_QUERY = 16
# Sounds that dialect and hurry do not keep apart.
_MERGERS = (
    ("zh", "z"),
    ("ch", "c"),
    ("sh", "s"),
    ("ng", "n"),
    ("l", "n"),
    ("f", "h"),
    ("r", "l"),
)


@dataclass(frozen=True)
class Ranking:
    """Of (n) queries the ``k`` likeliest owners, best first.

    Parameters
    ----------
    key
        (n, k) position of each owner's best key; -1 where there are fewer.
    cost
        (n, k) weighted distance in hundredths of a wrong character.
    """

    key: np.ndarray
    cost: np.ndarray


class NameMatcher:
    """Ranks the keys of owners by how likely a query means them.

    Parameters
    ----------
    keys
        (m) spellings; one owner may have several.
    owners
        (m) position of each key's owner.
    handicaps
        (m) cost added to a match with the key, in hundredths.
    type_words
        (m) positions in each key of the type words, which are often left out.
    """

    def __init__(
        self,
        keys: list[str],
        owners: np.ndarray,
        handicaps: np.ndarray,
        type_words: list[tuple[int, ...]],
    ) -> None:
        self._keys = keys
        self._sounds = [names.sound(key) for key in keys]
        self._owners = owners
        self._handicaps = handicaps.astype(np.int32)
        self._key_chars = sorted(set("".join(keys)))
        column = {char: i for i, char in enumerate(self._key_chars)}
        self._length = np.array([len(key) for key in keys])
        self._columns = np.zeros((len(keys), int(self._length.max())), dtype=np.int64)
        self._drop_key = np.full(self._columns.shape, MISSING, dtype=np.int32)
        for i, (key, positions) in enumerate(zip(keys, type_words, strict=True)):
            self._columns[i, : len(key)] = [column[char] for char in key]
            self._drop_key[i, list(positions)] = TYPE_WORD
        self._features = _Features(self._key_chars)
        # Costs of query characters seen so far, one row each; row 0 is padding.
        self._row_of: dict[str, int] = {}
        self._table = np.full((1, len(self._key_chars)), WRONG, dtype=np.uint8)
        self._drop_query = np.zeros(1, dtype=np.int32)

    def rank(self, queries: list[str], k: int = 5) -> Ranking:
        """Rank the owners for each query, of which the first 16 characters are read."""
        parts = [
            self._rank([query[:_MAX_QUERY] for query in queries[at : at + _CHUNK]], k)
            for at in range(0, len(queries), _CHUNK)
        ]
        if not parts:
            return Ranking(np.empty((0, k), dtype=np.int64), np.empty((0, k)))
        return Ranking(
            np.concatenate([part.key for part in parts]),
            np.concatenate([part.cost for part in parts]),
        )

    def _rank(self, queries: list[str], k: int) -> Ranking:
        distance = cdist(queries, self._keys, scorer=OSA.distance, dtype=np.uint8)
        distance += cdist(
            [names.sound(query) for query in queries],
            self._sounds, scorer=OSA.distance, dtype=np.uint8,
        )  # fmt: skip
        width = min(_SHORTLIST, len(self._keys))
        rough = distance.astype(np.int16) * 50 + self._handicaps.astype(np.int16)
        short = np.argpartition(rough, width - 1, axis=1)[:, :width]
        cost = self._align(queries, short)
        # The cheapest key of each owner: sort by owner and cost, keep the first.
        order = np.lexsort((cost, self._owners[short]), axis=1)
        key, cost = (np.take_along_axis(a, order, axis=1) for a in (short, cost))
        owner = self._owners[key]
        cost[:, 1:][owner[:, 1:] == owner[:, :-1]] = np.inf
        best = np.argsort(cost, axis=1, kind="stable")[:, :k]
        cost = np.take_along_axis(cost, best, axis=1)
        key = np.where(np.isinf(cost), -1, np.take_along_axis(key, best, axis=1))
        pad = ((0, 0), (0, k - key.shape[1]))
        return Ranking(
            np.pad(key, pad, constant_values=-1), np.pad(cost, pad, constant_values=np.inf)
        )

    def _align(self, queries: list[str], short: np.ndarray) -> np.ndarray:
        """Weighted alignment cost (n, width) of each query with its shortlist."""
        self._learn(queries)
        n, width = short.shape
        longest = max((len(query) for query in queries), default=0)
        rows = np.zeros((n, longest), dtype=np.int64)
        for i, query in enumerate(queries):
            rows[i, : len(query)] = [self._row_of[char] for char in query]
        rows = np.repeat(rows, width, axis=0)
        query_length = np.repeat([len(query) for query in queries], width)
        keys = short.ravel()
        columns, key_length = self._columns[keys], self._length[keys]
        height = int(key_length.max())
        pairs = n * width

        drop_query = self._drop_query[rows]
        drop_key = self._drop_key[keys]
        grid = np.zeros((longest + 1, height + 1, pairs), dtype=np.int32)
        grid[1:, 0] = np.cumsum(drop_query, axis=1).T
        grid[0, 1:] = np.cumsum(drop_key[:, :height], axis=1).T
        flat, span = self._table.ravel(), len(self._key_chars)
        change = [
            [flat[rows[:, i] * span + columns[:, j]] for j in range(height)]
            for i in range(longest)
        ]
        for i in range(longest):
            for j in range(height):
                cell = np.minimum(
                    grid[i, j + 1] + drop_query[:, i], grid[i + 1, j] + drop_key[:, j]
                )
                np.minimum(cell, grid[i, j] + change[i][j], out=cell)
                if i and j:
                    swap = grid[i - 1, j - 1] + SWAPPED
                    crossed = (change[i][j - 1] == 0) & (change[i - 1][j] == 0)
                    np.minimum(cell, np.where(crossed, swap, cell), out=cell)
                grid[i + 1, j + 1] = cell
        total = grid[query_length, key_length, np.arange(pairs)] + self._handicaps[keys]
        return total.reshape(n, width).astype(float)

    def _learn(self, queries: list[str]) -> None:
        fresh = sorted(set("".join(queries)) - self._row_of.keys())
        if not fresh:
            return
        start = len(self._table)
        self._row_of |= {char: start + i for i, char in enumerate(fresh)}
        self._table = np.vstack([self._table, self._features.costs(fresh)])
        self._drop_query = np.concatenate([self._drop_query, _weights(fresh)])


class _Features:
    """What makes the characters of the keys sound or look like others."""

    def __init__(self, chars: list[str]) -> None:
        self._chars = chars
        self._exact = _ids(chars, names.readings)
        self._near = _ids(chars, _merged)
        self._column = {char: i for i, char in enumerate(chars)}

    def costs(self, chars: list[str]) -> np.ndarray:
        """Cost (u, m) of reading each of ``chars`` for each character of the keys."""
        table = np.full((len(chars), len(self._chars)), WRONG, dtype=np.uint8)
        for ids, key_ids, cost in (
            (_ids(chars, _merged), self._near, NEAR_SOUND),
            (_ids(chars, names.readings), self._exact, RARE_SOUND),
            (_ids(chars, names.readings)[:, :1], self._exact, SAME_SOUND),
        ):
            for i in range(ids.shape[1]):
                for j in range(key_ids.shape[1]):
                    same = (ids[:, i, None] == key_ids[None, :, j]) & (ids[:, i, None] > 0)
                    table[same] = np.minimum(table[same], cost)
        for i, char in enumerate(chars):
            for other in LOOKALIKES.get(char, ""):
                if (j := self._column.get(other)) is not None:
                    table[i, j] = min(table[i, j], LOOKALIKE)
            if (j := self._column.get(char)) is not None:
                table[i, j] = 0
        return table


def _ids(chars: list[str], of_char: object) -> np.ndarray:
    """The readings of each character as numbers (u, 3), 0 where there are fewer."""
    ids = np.zeros((len(chars), names.MAX_READINGS), dtype=np.int32)
    for i, char in enumerate(chars):
        for j, reading in enumerate(of_char(char)):
            ids[i, j] = ord(reading)
    return ids


def _merged(char: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(names.merged_sound(one, _MERGERS) for one in names.readings(char))
    )


def _weights(chars: list[str]) -> np.ndarray:
    """Cost of each character of a query that no key has."""
    return np.array([TYPE_WORD if c in _TYPE_CHARS else ADDED for c in chars], dtype=np.int32)
