"""What has been decided about texts, in front of any geocoder."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.decisions import PlaceDecision
from data.records import LEARNED_SCHEMA
from etl.geocode import Gazetteer, Geocoder, Placed, PlaceStatus
from etl.text import place_key

LEARNED_TABLE = pa.schema(
    [(name.removesuffix("?"), kind) for name, kind in LEARNED_SCHEMA.items()]
).empty_table()


class LearnedPlaces:
    """A geocoder that first remembers what somebody has decided about the same text.

    Parameters
    ----------
    geocoder
        Asked for every other text.
    decisions
        In force, at most one for each text.
    """

    def __init__(self, geocoder: Geocoder, decisions: Iterable[PlaceDecision]) -> None:
        self._geocoder = geocoder
        self.gazetteer: Gazetteer | None = getattr(geocoder, "gazetteer", None)
        self._decisions = {decision.place_text: decision for decision in decisions}
        placed = [decision for decision in self._decisions.values() if decision.is_placed]
        self._texts = pa.array([decision.place_text for decision in placed], pa.string())
        self._ids = pa.array([decision.decision_id for decision in placed], pa.int64())
        self._codes = pa.array([decision.code for decision in placed], pa.string())

    def locate(self, texts: list[str]) -> Placed:
        """Place each text; see :class:`etl.geocode.Geocoder`."""
        answers = self._geocoder.locate(texts)
        for at, key in enumerate(place_key(pa.array(texts, pa.string())).to_pylist()):
            if (decision := self._decisions.get(key)) is not None:
                _overwrite(answers, at, decision)
        return answers

    def decisions_on(self, keys: pa.Array) -> pa.Array:
        """Numbers of the decisions that place ``keys`` (n,), null where there is none."""
        return self._ids.take(pc.index_in(keys, value_set=self._texts))

    def codes_of(self, decision_ids: pa.Array) -> pa.Array:
        """Why the texts of these decisions had been refused before."""
        return self._codes.take(pc.index_in(decision_ids, value_set=self._ids))


def _overwrite(answers: Placed, at: int, decision: PlaceDecision) -> None:
    is_placed = decision.is_placed
    answers.lon[at] = decision.lon if is_placed else np.nan
    answers.lat[at] = decision.lat if is_placed else np.nan
    answers.r95_m[at] = decision.r95_m if is_placed else np.nan
    answers.match_code[at] = decision.match_code
    answers.unit_code[at] = decision.unit_code
    answers.place_code[at] = decision.place_code
    status = PlaceStatus.ACCEPTED if is_placed else PlaceStatus.UNMATCHED
    answers.status[at] = status.value
    answers.score[at] = 100.0 if is_placed else 0.0
    answers.candidates[at] = None
