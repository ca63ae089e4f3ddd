"""A geocoder that is asked each different text once, within bounds of memory."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.geocode.protocol import Geocoder, Placed

REMEMBERED = 50_000  # different texts; beyond them remembering starts anew


class Memo:
    """Answers columns of texts and remembers what it was told.

    Parameters
    ----------
    geocoder
        Must give the same answer for the same text.
    limit
        How many different texts are remembered at most, besides those of one column.
    """

    def __init__(self, geocoder: Geocoder, *, limit: int = REMEMBERED) -> None:
        self._geocoder = geocoder
        self._limit = limit
        self._forget()

    def locate(self, words: pa.Array) -> Placed:
        """Answers for string column (n,); null is unmatched."""
        encoded = words.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        fresh = [word for word in texts if word not in self._position]
        if len(self._position) + len(fresh) > self._limit:
            self._forget()
            fresh = texts
        if fresh:
            start = len(self._position) + 1
            self._position |= {word: start + i for i, word in enumerate(fresh)}
            self._answers = self._answers.extended(self._geocoder.locate(fresh))
        of_word = np.array([0, *(self._position[word] for word in texts)], dtype=np.int64)
        word_of_row = pc.fill_null(pc.add(encoded.indices, 1), 0)
        return self._answers.take(of_word[word_of_row.to_numpy(zero_copy_only=False)])

    def _forget(self) -> None:
        self._position: dict[str, int] = {}
        self._answers = Placed.unmatched(1)  # the first answer is for no text at all
