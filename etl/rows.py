"""One batch of source rows under a profile: normalised texts, values, faults."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.decisions import REVIEWABLE
from etl import text
from etl.deduplication import hash_objects, hash_texts, mix
from etl.faults import REJECT_SCHEMA, Faults
from etl.privacy import personal_rows, redact
from etl.profile import Profile
from etl.sources.model import GEOMETRY, SourceBatch

QUARANTINE_SCHEMA = REJECT_SCHEMA.append(pa.field("place_text", pa.string())).append(
    pa.field("key_hash", pa.int64())
)
_SEPARATOR = "\x1f"


class Rows:
    """The rows of one batch.

    Parameters
    ----------
    batch
        As read from the file.
    profile
        How to understand it.
    kept
        Text columns that are neither dropped nor personal, in file order.
    """

    def __init__(self, batch: SourceBatch, profile: Profile, kept: tuple[str, ...]) -> None:
        self.n = batch.table.num_rows
        self.row_no = np.asarray(batch.row_nos, dtype=np.int64)
        self.faults = Faults(self.n)
        self._profile = profile
        self._texts = {name: text.normalise(batch.table[name]) for name in kept}
        self._values: dict[str, pa.Array] = {}
        self.geometry = (
            batch.table[GEOMETRY].combine_chunks()
            if GEOMETRY in batch.table.column_names
            else None
        )

    def value(self, column: str) -> pa.Array:
        """A source column with missing spellings and sentinels as null."""
        if column not in self._values:
            spellings = (*self._profile.missing, *self._profile.sentinels.get(column, ()))
            self._values[column] = text.blank(self._texts[column], spellings)
        return self._values[column]

    def field(self, name: str) -> pa.Array | None:
        """A canonical field as text (n,) from its columns or constant; None if unstated."""
        if name in self._profile.constants:
            return pa.repeat(pa.scalar(self._profile.constants[name], pa.string()), self.n)
        sources = self._profile.columns.get(name)
        if sources is None:
            return None
        if len(sources) == 1:
            return self.value(sources[0])
        joined = text.join([self.value(source) for source in sources], " ")
        return text.blank(pc.utf8_trim_whitespace(joined), [""])

    def refuse(self) -> None:
        """Enter the rows that the profile says are no records."""
        for rule in self._profile.refuse:
            names = [rule.column] if rule.column else list(self._texts)
            found = np.zeros(self.n, dtype=bool)
            for name in names:
                match = pc.match_substring_regex(self._texts[name], rule.pattern)
                found |= pc.fill_null(match, False).to_numpy(zero_copy_only=False)
            self.faults.add(found, "REFUSED_BY_PROFILE", rule.column or "", rule.reason)

    def refuse_personal(self, exempt: frozenset[str]) -> np.ndarray:
        """Enter the rows that hold something personal; returns their mask."""
        personal = np.zeros(self.n, dtype=bool)
        for name, column in self._texts.items():
            if name not in exempt:
                found = personal_rows(column, is_key=name in self._profile.key)
                self.faults.add(found, "PERSONAL_DATA", name, "the values are not kept")
                personal |= found
        return personal

    def key_hash(self, rows: np.ndarray) -> np.ndarray:
        """int64 hash of the natural key of the rows at these positions."""
        names = self._profile.key or tuple(self._texts)
        index = pa.array(rows)
        columns = [self._texts[name].take(index) for name in names]
        parts = [hash_texts(text.join(columns, _SEPARATOR))] if columns else []
        if not self._profile.key and self.geometry is not None:
            parts.append(hash_objects(self.geometry.take(index)))
        return mix(*parts)

    def asked_place(self) -> pa.Array | None:
        """What a geocoder is asked for each row (n,): the place behind its unit's name."""
        place = self.field("place_text")
        scope = self.field("unit_name")
        if place is None or scope is None:
            return place
        return pc.if_else(pc.is_valid(place), text.join([scope, place], ""), place)

    def rejects(self) -> pa.Table:
        """The refused rows with their raw text, unless that is personal.

        Only columns that the profile uses are kept: nobody has looked at the others. Rows
        that a decision on their place may yet bring in also carry the text it would be
        about, and the hash of their key.
        """
        bad = np.flatnonzero(~self.faults.ok)
        table = self.faults.table(self.row_no, self.raw(bad))
        is_personal = pc.equal(table["code"], "PERSONAL_DATA")
        hidden = pc.if_else(is_personal, pa.scalar(None, pa.string()), table["raw"])
        table = table.set_column(table.schema.get_field_index("raw"), "raw", hidden)
        keys = pa.nulls(len(bad), pa.int64())
        asked = self.asked_place()
        places = pa.nulls(len(bad), pa.string())
        is_open = pc.and_(
            pc.is_in(table["code"], value_set=pa.array(REVIEWABLE)), pc.is_valid(hidden)
        ).to_numpy()
        if asked is not None and is_open.any():
            mask = pa.array(is_open)
            places = pc.if_else(mask, text.place_key(asked.take(pa.array(bad))), places)
            keys = pc.replace_with_mask(keys, mask, pa.array(self.key_hash(bad[is_open])))
        columns = [*table.columns, places, keys]
        return pa.table(columns, schema=QUARANTINE_SCHEMA)

    def raw(self, rows: np.ndarray) -> pa.Array:
        """The rows at these positions as JSON; null where that would look personal.

        Only columns that the profile uses are kept: nobody has looked at the others.
        """
        index = pa.array(rows)
        texts = {
            name: text.blank(column.take(index), [""])
            for name, column in self._texts.items()
            if name in self._profile.source_columns
        }
        if not texts:
            return pa.nulls(len(rows), pa.string())
        return redact(text.json_objects(texts))
