"""The running account of one load: what to store, what to refuse, what to tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.hits import LEAST_HIT_RATE, UNPLACED_CODES, hit_rate
from data.writing import WriteCounts
from etl.clean import CleanBatch
from etl.deduplication import SeenKeys
from etl.placing import Placer
from etl.report import Finding, LoadReport
from geo.vocabulary import Datum

WARN_REJECT_SHARE = 0.01
WARN_OUTSIDE_SHARE = 0.02
_SAMPLED_POINTS = 20_000
_LEAST_POINTS = 50
_EXPLAINED = 0.5  # share of the points outside that another datum must put inside


@dataclass
class Ledger:
    """The running account of one load."""

    placer: Placer
    counts: WriteCounts = field(default_factory=WriteCounts)
    read: int = 0
    in_file: int = 0
    folded: int = 0
    personal: int = 0
    out_of_area: int = 0
    repaired: int = 0
    reshaped: int = 0
    points: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    matches: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    outside: int = 0
    learned: int = 0
    earliest_s: int | None = None
    latest_s: int | None = None
    seen: SeenKeys = field(default_factory=SeenKeys)
    sample: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def enter(self, clean: CleanBatch, *, fold: bool) -> tuple[pa.Table, pa.Table]:
        """Book one batch; returns the rows to store and the rows to refuse."""
        self.read += clean.read
        self.personal += clean.personal
        self.out_of_area += clean.out_of_area
        self.repaired += clean.repaired
        self.reshaped += clean.reshaped
        self.learned += clean.learned.num_rows
        self._sample(clean)
        records, rejects = self._deduplicate(clean, fold=fold)
        _tally(self.codes, rejects, "code")
        _tally(self.matches, records, "match_code")
        _tally(self.units, records, "unit_code")
        if "match_code" in records.column_names:
            self.outside += records["unit_code"].null_count
        for name in ("deaths", "injured"):
            if name in records.column_names and records.num_rows:
                self.totals[name] += pc.sum(records[name]).as_py()
        if "occurred_local" in records.column_names and records.num_rows:
            span = pc.min_max(records["occurred_local"]).as_py()
            self.earliest_s = min(span["min"], self.earliest_s or span["min"])
            self.latest_s = max(span["max"], self.latest_s or span["max"])
        return records, rejects

    def close(self, report: LoadReport) -> LoadReport:
        """The account as a report."""
        counts = self.counts
        return replace(
            report,
            read=self.read,
            inserted=counts.inserted,
            updated=counts.updated,
            unchanged=counts.unchanged,
            stale=counts.stale,
            in_file=self.in_file,
            folded=self.folded,
            rejected_by_code=dict(self.codes),
            matches=dict(self.matches),
            hit_rate=self._hit_rate(),
            learned=self.learned,
            units=dict(sorted(self.units.items())),
            outside=self.outside,
            totals=dict(self.totals),
            time_from=_moment(self.earliest_s),
            time_to=_moment(self.latest_s),
            warnings=tuple(self._findings()),
        )

    def _deduplicate(self, clean: CleanBatch, *, fold: bool) -> tuple[pa.Table, pa.Table]:
        records, rejects = clean.records, clean.rejects
        if records.num_rows == 0:
            return records, rejects
        is_repeat, is_same = self.seen.add(
            records["key_hash"].to_numpy(), records["content_hash"].to_numpy()
        )
        if not is_repeat.any():
            return records, rejects
        if fold:
            self.folded += int(is_repeat.sum())
        else:
            self.in_file += int(is_same.sum())
            conflict = records["row_no"].filter(pa.array(is_repeat & ~is_same))
            if len(conflict):
                columns = {
                    "row_no": conflict,
                    "code": pa.repeat("CONFLICT_IN_FILE", len(conflict)),
                    "field": pa.repeat("key", len(conflict)),
                    "detail": pa.repeat("an earlier row has this key", len(conflict)),
                    "raw": pa.nulls(len(conflict), pa.string()),
                    "place_text": pa.nulls(len(conflict), pa.string()),
                    "key_hash": pa.nulls(len(conflict), pa.int64()),
                }
                rejects = pa.concat_tables([rejects, pa.table(columns, schema=rejects.schema)])
        return records.filter(pa.array(~is_repeat)), rejects

    def _sample(self, clean: CleanBatch) -> None:
        room = _SAMPLED_POINTS - sum(len(x) for x, _ in self.sample)
        self.points += len(clean.raw_x)
        if room > 0 and len(clean.raw_x):
            self.sample.append((clean.raw_x[:room], clean.raw_y[:room]))

    def _findings(self) -> Iterator[Finding]:
        rejected = sum(self.codes.values())
        if rejected > WARN_REJECT_SHARE * self.read:
            yield Finding(
                "MANY_REJECTED", f"{rejected / self.read:.1%} of the rows are refused"
            )
        rate = self._hit_rate()
        if rate is not None and rate < LEAST_HIT_RATE:
            yield Finding(
                "LOW_HIT_RATE",
                f"{rate:.1%} of the rows are placed to the village or better, less than "
                f"{LEAST_HIT_RATE:.0%}: patterns on the map may come from the rest",
            )
        if self.repaired:
            yield Finding(
                "REPAIRED",
                f"{self.repaired} invalid geometries have been repaired, "
                f"{self.reshaped} of them with more than 1 % change of area",
            )
        if self.out_of_area > WARN_OUTSIDE_SHARE * max(self.points, 1):
            share = self.out_of_area / self.points
            yield Finding(
                "OUT_OF_AREA", f"{share:.1%} of the points lie outside the region{self._hint()}"
            )
        yield from self._doubt()

    def _doubt(self) -> Iterator[Finding]:
        """Another datum than the stated one, if the roads speak clearly for it."""
        if self.points < _LEAST_POINTS or self.placer.datum not in tuple(Datum):
            return
        x, y = (np.concatenate(part) for part in zip(*self.sample, strict=True))
        opinion = self.placer.suspect(x, y)
        stated = Datum(self.placer.datum)
        stated = Datum.WGS84 if stated is Datum.CGCS2000 else stated
        if opinion is None or opinion.proposed in (None, stated):
            return
        near = {fit.datum: fit.share_near for fit in opinion.fits}
        yield Finding(
            "DATUM_DOUBT",
            f"the points seem to be in {opinion.proposed.value}, not in {self.placer.datum}: "
            f"{near[opinion.proposed]:.1%} instead of {near[stated]:.1%} would lie on roads; "
            "ask the source, then correct [coordinates] datum and load again",
        )

    def _hit_rate(self) -> float | None:
        return hit_rate(self.matches, sum(self.codes[code] for code in UNPLACED_CODES))

    def _hint(self) -> str:
        """Which datum would put more of the points inside, if one clearly would."""
        used = self.placer.datum
        if used not in tuple(Datum) or self.points < _LEAST_POINTS:
            return ""
        x, y = (np.concatenate(part) for part in zip(*self.sample, strict=True))
        others = {Datum.WGS84, Datum.GCJ02, Datum.BD09} - {Datum(used)}
        if used == Datum.CGCS2000:
            others -= {Datum.WGS84}
        inside = {datum: self.placer.share_inside(x, y, datum.value) for datum in others}
        best = max(inside, key=lambda datum: (inside[datum], datum))
        now = self.placer.share_inside(x, y, used)
        # Some datum is always a little better; the right one explains most of the points.
        if inside[best] - now < _EXPLAINED * (1 - now):
            return ""
        return (
            f"; {inside[best]:.1%} instead of {now:.1%} would lie inside if the datum "
            f"were {best.value}: ask the source, then correct [coordinates] datum"
        )


def _tally(counter: Counter[str], table: pa.Table, name: str) -> None:
    if name in table.column_names and table.num_rows:
        for item in pc.value_counts(table[name].drop_null()):
            counter[item["values"].as_py()] += item["counts"].as_py()


def _moment(local_s: int | None) -> str | None:
    if local_s is None:
        return None
    return datetime.fromtimestamp(local_s, UTC).strftime("%Y-%m-%d %H:%M")
