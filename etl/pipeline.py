"""One file into the store: read, clean, deduplicate and write at the same time.

Reading runs in a child process, cleaning in a thread, writing in the caller's
thread; short queues between them keep memory flat. Either the whole file ends
up in the store with a report that balances, or nothing of it does.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from data.decisions import PlaceDecision
from data.loading import LoadRequest, StoreLoad
from data.region import RegionPack
from data.store import Store
from data.writing import WriteCounts
from etl.clean import Cleaner
from etl.geocode import Cascade, Geocoder
from etl.learned import LearnedPlaces
from etl.ledger import Ledger
from etl.profile import Profile
from etl.report import LoadRefusedError, LoadReport
from etl.sources import Source, SourceOptions, open_source
from etl.times import latest_allowed
from geo.errors import ProfileError, SourceError
from geo.vocabulary import RecordKind

# Another version may load the same file again: raise it when rows come out differently.
LOADER_VERSION = "2"
PERSONAL_SHARE = 0.01
_QUEUED = 2

Item = TypeVar("Item")
Progress = Callable[[int, int, int], None]  # rows read, bytes read, bytes in all


def load_file(
    path: str | Path,
    *,
    kind: RecordKind | str,
    profile: Profile,
    region: RegionPack,
    store: Store,
    as_of: datetime | None = None,
    geocoder: Geocoder | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Load one file, all of it or nothing.

    Parameters
    ----------
    path
        The file.
    kind
        What its rows describe; must be the profile's kind.
    as_of
        When the extract was made. Default: from the file name by the profile's
        pattern, else the file's modification time.
    geocoder
        Places texts; default is the region's cascade.
    progress
        Called after each batch.

    Returns
    -------
    LoadReport
        With ``status`` ``loaded`` or ``already_loaded``.

    Raises
    ------
    SourceError
        When the file cannot be used; as :class:`~etl.report.LoadRefusedError`, with the
        report, when too many of its rows are refused or hold personal data.
    StoreError
        When the store cannot be written.
    """
    path = Path(path)
    _require_kind(profile, kind)
    started = time.perf_counter()
    with open_source(path, source_options(profile)) as source:
        extracted = as_of or extract_time(path, profile, region)
        request = LoadRequest(
            kind=profile.kind,
            profile=profile.name,
            profile_digest=profile.digest,
            file_name=path.name,
            sha256=source.sha256,
            as_of=extracted,
            source=profile.source,
            is_demo=profile.is_demo,
            loader_version=LOADER_VERSION,
            profile_text=profile.text,
        )
        with store.load(request) as load:
            geocoder = remembering(geocoder, load.decisions(), region)
            cleaner = _cleaner(source, profile, region, extracted, geocoder)
            ledger = Ledger(cleaner.placer)
            report = _opening(source, path, profile, cleaner, extracted)
            if load.already is not None:
                report = replace(report, status="already_loaded", load_id=load.already)
            else:
                _transfer(source, cleaner, load, ledger, profile, progress)
                report = replace(
                    ledger.close(report),
                    seconds=time.perf_counter() - started,
                    load_id=load.load_id,
                )
                _judge(report, profile, ledger)
                load.finish(report.to_dict())
    return replace(report, data_version=store.version, seconds=time.perf_counter() - started)


@dataclass(frozen=True)
class Preview:
    """The first rows of a file as they would be loaded; nothing is written."""

    report: LoadReport
    records: pa.Table
    rejects: pa.Table
    columns: tuple[str, ...]


def preview_file(
    path: str | Path,
    *,
    profile: Profile,
    region: RegionPack,
    limit: int = 200,
    as_of: datetime | None = None,
) -> Preview:
    """Clean the first ``limit`` rows of a file without a store.

    The report's ``inserted`` counts the rows that would be handed to the store.

    Raises
    ------
    SourceError
        When the file cannot be used.
    """
    path = Path(path)
    options = replace(source_options(profile), limit_rows=limit)
    with open_source(path, options) as source:
        extracted = as_of or extract_time(path, profile, region)
        cleaner = _cleaner(source, profile, region, extracted, None)
        ledger = Ledger(cleaner.placer)
        records, rejects = [], []
        for batch in source.batches():
            kept, refused = ledger.enter(cleaner.clean(batch), fold=profile.fold)
            ledger.counts += WriteCounts(inserted=kept.num_rows)
            records.append(kept)
            rejects.append(refused)
        report = ledger.close(_opening(source, path, profile, cleaner, extracted))
        columns = tuple(source.columns)
    return Preview(
        replace(report, status="preview"),
        pa.concat_tables(records) if records else pa.table({}),
        pa.concat_tables(rejects) if rejects else pa.table({}),
        columns,
    )


def extract_time(path: Path, profile: Profile, region: RegionPack) -> datetime:
    """When the extract was made: by its name, else by its modification time.

    Raises
    ------
    SourceError
        ``AS_OF`` when the name shows a date that does not exist.
    """
    pattern = profile.file.as_of_pattern
    found = re.search(pattern, path.name) if pattern else None
    if found is None:
        return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    numbers = {name: int(text) for name, text in found.groupdict().items() if text}
    try:
        return datetime(**numbers, tzinfo=ZoneInfo(region.timezone))
    except ValueError as error:
        raise SourceError("AS_OF", f"{path.name} shows no true date; give --as-of") from error


def source_options(profile: Profile) -> SourceOptions:
    """How the profile says to open a file."""
    rules = profile.file
    return SourceOptions(
        format=rules.format,
        encoding=rules.encoding,
        delimiter=rules.delimiter,
        sheet=rules.sheet,
        layer=rules.layer,
        header_row=rules.header_row,
    )


def _require_kind(profile: Profile, kind: RecordKind | str) -> None:
    if profile.kind != kind:
        raise ProfileError(
            f"profile {profile.name} reads {profile.kind.value}, not {kind}; choose another profile"
        )


def _cleaner(
    source: Source,
    profile: Profile,
    region: RegionPack,
    extracted: datetime,
    geocoder: Geocoder | None,
) -> Cleaner:
    return Cleaner(
        profile,
        region,
        tuple(source.columns),
        latest_allowed(extracted),
        file_crs=source.crs,
        epoch=source.epoch,
        geocoder=geocoder,
    )


def _opening(
    source: Source, path: Path, profile: Profile, cleaner: Cleaner, extracted: datetime
) -> LoadReport:
    return LoadReport(
        status="loaded",
        file_name=path.name,
        kind=profile.kind.value,
        profile=profile.name,
        sha256=source.sha256,
        size_bytes=source.size_bytes,
        format=source.format,
        encoding=source.encoding,
        datum=cleaner.placer.datum,
        as_of=extracted.isoformat(),
        is_demo=profile.is_demo,
        dropped_columns=cleaner.dropped,
        notes=tuple(source.notes),
        epoch=source.epoch,
    )


def _transfer(
    source: Source,
    cleaner: Cleaner,
    load: StoreLoad,
    ledger: Ledger,
    profile: Profile,
    progress: Progress | None,
) -> None:
    def cleaned() -> Iterator[tuple[pa.Table, pa.Table, pa.Table, int]]:
        for batch in source.batches():
            clean = cleaner.clean(batch)
            records, rejects = ledger.enter(clean, fold=profile.fold)
            yield records, rejects, still_there(clean.learned, records), clean.bytes_read

    with closing(ahead(cleaned())) as batches:
        for records, rejects, learned, bytes_read in batches:
            if learned.num_rows:
                load.keep(profile.kind, learned)
            if records.num_rows:
                ledger.counts += load.write(profile.kind, records)
            if rejects.num_rows:
                load.reject(rejects)
            if progress is not None:
                progress(ledger.read, bytes_read, source.size_bytes)


def still_there(learned: pa.Table, records: pa.Table) -> pa.Table:
    """The learned rows whose record was not dropped as a repetition."""
    if learned.num_rows == 0:
        return learned
    return learned.filter(
        pc.is_in(learned["row_no"], value_set=records["row_no"].combine_chunks())
    )


def remembering(
    geocoder: Geocoder | None, decisions: Sequence[PlaceDecision], region: RegionPack
) -> Geocoder | None:
    """``geocoder`` (the region's cascade if ``None``) behind what has been decided."""
    if not decisions:
        return geocoder
    return LearnedPlaces(geocoder or Cascade(region), decisions)


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Run ``items`` in a thread of its own, at most a few ahead of the consumer."""
    line: queue.Queue[tuple[str, Any]] = queue.Queue(_QUEUED)
    stop = threading.Event()

    def put(entry: tuple[str, Any]) -> bool:
        while not stop.is_set():
            try:
                line.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def run() -> None:
        try:
            for item in items:
                if not put(("item", item)):
                    return
        except BaseException as error:  # handed to the consumer, who raises it
            put(("error", error))
        else:
            put(("end", None))

    thread = threading.Thread(target=run, name="clean", daemon=True)
    thread.start()
    try:
        while True:
            what, value = line.get()
            if what == "end":
                return
            if what == "error":
                raise value
            yield value
    finally:
        stop.set()
        thread.join()


def _judge(report: LoadReport, profile: Profile, ledger: Ledger) -> None:
    """Refuse the whole file when it is empty, personal or mostly unusable."""
    refused = replace(report, status="refused", load_id=None)
    if report.read == 0:
        raise LoadRefusedError("EMPTY_FILE", "the file has a header but no rows", refused)
    if ledger.personal > PERSONAL_SHARE * report.read:
        raise LoadRefusedError(
            "PERSONAL_DATA",
            f"{ledger.personal:,} of {report.read:,} rows hold identity numbers, phone numbers "
            "or plates; remove them at the source",
            refused,
        )
    if report.rejected > profile.reject_share * report.read:
        worst = max(report.rejected_by_code, key=lambda code: report.rejected_by_code[code])
        raise LoadRefusedError(
            "TOO_MANY_REJECTED",
            f"{report.rejected:,} of {report.read:,} rows are refused, most for {worst}; correct "
            "the profile or the file, or raise reject_share in its [limits]",
            refused,
        )
