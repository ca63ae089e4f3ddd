"""The same record twice in one file.

Rows are compared by two 64-bit hashes, of the natural key and of the content.
With 10⁷ rows the chance that any two different keys share a hash is 3 in 10⁶.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def hash_texts(column: pa.Array) -> np.ndarray:
    """SipHash of each text as uint64 (n,), the same in every run; null hashes as empty."""
    texts = column.fill_null("").to_numpy(zero_copy_only=False)
    return pd.util.hash_array(texts, categorize=False)


def hash_objects(column: pa.Array) -> np.ndarray:
    """SipHash of each binary value as uint64 (n,); null hashes as empty."""
    values = column.fill_null(b"").to_numpy(zero_copy_only=False)
    return pd.util.hash_array(values, categorize=False)


def hash_column(column: pa.Array) -> np.ndarray:
    """A 64-bit image (n,) of any canonical column: numbers by their bits, texts hashed."""
    if pa.types.is_binary(column.type):
        return hash_objects(column)
    if pa.types.is_string(column.type):
        if len(column) and len(pc.unique(column.slice(0, 1000))) < min(len(column), 1000) // 4:
            codes = column.dictionary_encode()
            words = np.append(hash_texts(codes.dictionary), hash_texts(pa.array([""])))
            return words[codes.indices.fill_null(len(words) - 1).to_numpy()]
        return hash_texts(column)
    if pa.types.is_floating(column.type):
        return column.fill_null(float("nan")).to_numpy(zero_copy_only=False).astype(np.float64)
    return column.cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy()


def mix(*parts: np.ndarray) -> np.ndarray:
    """One int64 hash (n,) of several 64-bit columns; order matters.

    Each part is folded in by the SplitMix64 finaliser (Steele, Lea and Flood 2014).
    """
    state = np.full(len(parts[0]), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for part in parts:
        state ^= np.ascontiguousarray(part).view(np.uint64)
        state ^= state >> np.uint64(30)
        state *= np.uint64(0xBF58476D1CE4E5B9)
        state ^= state >> np.uint64(27)
        state *= np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
        state += np.uint64(0x9E3779B97F4A7C15)
    return state.view(np.int64)


class SeenKeys:
    """The keys met so far with their content, 16 bytes a row.

    Kept as sorted levels of doubling size, so that adding n rows in batches costs
    O(n log n) in all and a look-up one binary search per level.
    """

    def __init__(self) -> None:
        self._levels: list[tuple[np.ndarray, np.ndarray]] = []

    def __len__(self) -> int:
        return sum(len(keys) for keys, _ in self._levels)

    def add(self, keys: np.ndarray, contents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Enter a batch of int64 hashes (n,), first come first kept.

        Returns
        -------
        is_repeat
            Rows whose key was seen before, in this batch or an earlier one.
        is_same
            Of those, the rows whose content equals the row kept.
        """
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        is_first = np.ones(len(keys), dtype=bool)
        is_first[1:] = ranked[1:] != ranked[:-1]
        # Every row looks at the first row of its run in this batch ...
        leader = order[np.maximum.accumulate(np.where(is_first, np.arange(len(keys)), 0))]
        kept = np.empty(len(keys), dtype=np.int64)
        kept[order] = contents[leader]
        is_repeat = np.empty(len(keys), dtype=bool)
        is_repeat[order] = ~is_first
        # ... unless an earlier batch holds the key already.
        first_keys = ranked[is_first]
        known = np.zeros(len(first_keys), dtype=bool)
        known_content = np.zeros(len(first_keys), dtype=np.int64)
        for level_keys, level_contents in self._levels:
            at = np.minimum(np.searchsorted(level_keys, first_keys), len(level_keys) - 1)
            hit = level_keys[at] == first_keys
            known |= hit
            known_content[hit] = level_contents[at[hit]]
        if known.any():
            run = np.cumsum(is_first) - 1
            is_known_row = np.empty(len(keys), dtype=bool)
            is_known_row[order] = known[run]
            content_of_row = np.empty(len(keys), dtype=np.int64)
            content_of_row[order] = known_content[run]
            is_repeat |= is_known_row
            kept[is_known_row] = content_of_row[is_known_row]
        fresh = ~known
        self._push(first_keys[fresh], contents[order[is_first]][fresh])
        return is_repeat, is_repeat & (kept == contents)

    def _push(self, keys: np.ndarray, contents: np.ndarray) -> None:
        if len(keys) == 0:
            return
        while self._levels and len(self._levels[-1][0]) <= 2 * len(keys):
            older_keys, older_contents = self._levels.pop()
            keys = np.concatenate([older_keys, keys])
            contents = np.concatenate([older_contents, contents])
            order = np.argsort(keys, kind="stable")
            keys, contents = keys[order], contents[order]
        self._levels.append((keys, contents))
