"""Quarantined rows brought in by a decision on their place."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.decisions import PlaceDecision
from data.loading import LoadRequest
from data.region import RegionPack
from data.review import Desk, WaitingRows
from data.store import Store
from data.writing import WriteCounts
from etl.clean import CleanBatch, Cleaner
from etl.geocode import Geocoder
from etl.learned import LearnedPlaces
from etl.ledger import Ledger
from etl.pipeline import LOADER_VERSION
from etl.profile import Profile
from etl.report import LoadReport
from etl.sources.model import FAULT_SCHEMA, SourceBatch
from etl.times import latest_allowed
from geo.errors import ProfileError
from geo.vocabulary import RecordKind


def decide(
    decision: PlaceDecision, *, store: Store, region: RegionPack, geocoder: Geocoder
) -> tuple[PlaceDecision, list[LoadReport]]:
    """Put a decision into force and bring in the rows that waited for it.

    Both happen in one transaction, with one load for each load the rows came with.

    Parameters
    ----------
    decision
        Its ``place_text`` is as the queue shows it; ``decision_id`` is given here.
    geocoder
        Places the other texts of the rows, if they have any.

    Returns
    -------
    PlaceDecision, list of LoadReport
        The decision with its number, and one report for each load; none for a text
        that is no place.

    Raises
    ------
    StoreError
        When the text has been decided already or the store cannot be written.
    ProfileError
        When the profile of a waiting row was not kept.
    """
    with store.review() as desk:
        decision = desk.decide(decision)
        return decision, _bring_in(desk, decision, region, geocoder)


def reprocess(
    place_text: str, *, store: Store, region: RegionPack, geocoder: Geocoder
) -> list[LoadReport]:
    """Bring in what still waits for a decision in force; nothing when called again."""
    known = [one for one in store.decisions_in_force() if one.place_text == place_text]
    if not known:
        return []
    with store.review() as desk:
        return _bring_in(desk, known[0], region, geocoder)


def _bring_in(
    desk: Desk, decision: PlaceDecision, region: RegionPack, geocoder: Geocoder
) -> list[LoadReport]:
    if not decision.is_placed:
        return []
    learned = LearnedPlaces(geocoder, [decision])
    return [
        _load(desk, decision, rows, region, learned)
        for rows in desk.waiting(decision.place_text)
    ]


def _load(
    desk: Desk,
    decision: PlaceDecision,
    rows: WaitingRows,
    region: RegionPack,
    learned: LearnedPlaces,
) -> LoadReport:
    started = time.perf_counter()
    origin = rows.batch
    if origin["profile_text"] is None:
        raise ProfileError(
            f"load {rows.load_id} was made before profiles were kept; load its file again"
        )
    profile = Profile.parse(origin["profile_text"], name=origin["profile"])
    as_of = datetime.fromtimestamp(origin["as_of"], UTC)
    batch = _batch(rows, profile)
    cleaner = Cleaner(
        profile,
        region,
        tuple(batch.table.column_names),
        latest_allowed(as_of),
        epoch=json.loads(origin["report"]).get("epoch"),
        geocoder=learned,
    )
    ledger = Ledger(cleaner.placer)
    clean = _with_own_keys(cleaner.clean(batch), rows)
    # The rows stay in quarantine under their first load; these are not kept twice.
    clean = replace(clean, learned=clean.learned.slice(0, 0))
    records, rejects = ledger.enter(clean, fold=profile.fold)
    mark = f"{decision.decision_id}:{rows.load_id}:{rows.row_no}"
    request = LoadRequest(
        kind=RecordKind(origin["kind"]),
        profile=origin["profile"],
        profile_digest=origin["profile_digest"],
        file_name=origin["file_name"],
        sha256=hashlib.sha256(mark.encode()).hexdigest(),
        as_of=as_of,
        source=origin["source"],
        is_demo=origin["is_demo"],
        loader_version=LOADER_VERSION,
        profile_text=origin["profile_text"],
        is_review=True,
    )
    with desk.load(request) as load:
        known = load.known(request.kind, rows.key_hash)
        ledger.counts += load.write(request.kind, records) if len(records) else WriteCounts()
        if len(rejects):
            load.reject(rejects)
        report = replace(
            ledger.close(_opening(request, cleaner)),
            load_id=load.load_id,
            seconds=time.perf_counter() - started,
        )
        load.finish(report.to_dict())
        desk.resolve(
            decision,
            rows,
            load_id=load.load_id,
            updates=[key in known for key in rows.key_hash],
        )
    return report


def _batch(rows: WaitingRows, profile: Profile) -> SourceBatch:
    """The rows as they were read; a column blank in all of them comes back as blank."""
    raws = [json.loads(raw) for raw in rows.raw]
    names = dict.fromkeys([*profile.source_columns, *(name for raw in raws for name in raw)])
    columns = {name: [raw.get(name, "") for raw in raws] for name in names}
    return SourceBatch(
        table=pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}),
        row_nos=np.array(rows.row_no, dtype=np.int64),
        faults=FAULT_SCHEMA.empty_table(),
        bytes_read=0,
    )


def _with_own_keys(clean: CleanBatch, rows: WaitingRows) -> CleanBatch:
    """The keys the rows had in their file: a key may hold columns that were not kept."""
    keys = pa.array(rows.key_hash, pa.int64())
    at = pc.index_in(clean.records["row_no"], value_set=pa.array(rows.row_no, pa.int64()))
    place = clean.records.schema.get_field_index("key_hash")
    records = clean.records.set_column(place, "key_hash", keys.take(at.combine_chunks()))
    return replace(clean, records=records)


def _opening(request: LoadRequest, cleaner: Cleaner) -> LoadReport:
    return LoadReport(
        status="review",
        file_name=request.file_name,
        kind=request.kind.value,
        profile=request.profile,
        sha256=request.sha256,
        size_bytes=0,
        format="review",
        encoding=None,
        datum=cleaner.placer.datum,
        as_of=request.as_of.isoformat(),
        is_demo=request.is_demo,
        epoch=cleaner.epoch,
    )
