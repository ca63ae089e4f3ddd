"""The one door to the database: read frames, open loads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Engine, exists, select, update

from data.archive import ContestArchive, IndexArchive
from data.decisions import (
    PlaceDecision,
    count_waiting,
    decisions_in_force,
    read_decisions,
    read_queue,
)
from data.engine import make_engine, migrate, reading, writing
from data.frames import read_layer, read_rows, read_table, selected
from data.hits import read_hits
from data.installation import install_region
from data.ledger import Ledger, LedgerReader
from data.ledger.evidence import EvidenceFolder
from data.loading import LoadRequest, StoreLoad, bump_version
from data.models import (
    Hazard,
    Incident,
    Indicator,
    Inspection,
    LoadBatch,
    Place,
    RejectedRow,
    Route,
    Site,
    StoreState,
    Unit,
    table,
)
from data.region import RegionPack
from data.review import Desk, Undone
from data.settings import Settings
from data.snapshot import current_version, read_snapshot, write_snapshot
from geo.errors import StoreError
from geo.selection import IncidentColumns, IncidentSelection

__all__ = ["LoadRequest", "Store", "StoreLoad"]


class Store:
    """The records of one region.

    Thread-safe: each call uses a connection of its own.
    """

    def __init__(
        self, engine: Engine, cache: Path, *, region: RegionPack, evidence: Path
    ) -> None:
        self._engine = engine
        self._cache = cache
        self._region = region
        self._files = EvidenceFolder(evidence)

    @classmethod
    def open(cls, settings: Settings, region: RegionPack) -> Store:
        """Open the store of ``region``: made, migrated and given its geography as needed.

        Raises
        ------
        RegionError
            When the store serves another region.
        StoreError
            When it is damaged, of a newer product, busy or cannot be written.
        """
        engine = make_engine(settings.database_url(region.code))
        migrate(engine)
        install_region(engine, region)
        name = Path(engine.url.database or region.code).stem
        return cls(
            engine,
            settings.home / "cache" / name,
            region=region,
            evidence=settings.home / "evidence" / region.code,
        )

    def close(self) -> None:
        """Give back the pooled connections."""
        self._engine.dispose()

    @property
    def version(self) -> int:
        """Number of the data version: 0 in a new store, moved by each change."""
        with reading(self._engine) as connection:
            return current_version(connection).number

    @property
    def version_key(self) -> str:
        """Random text drawn with each version: tells two stores at the same number apart."""
        with reading(self._engine) as connection:
            return current_version(connection).key

    @property
    def ledger_version(self) -> int:
        """Number that each change in the ledger of hazards moves; ``version`` stays."""
        with reading(self._engine) as connection:
            return int(
                connection.execute(select(table(StoreState).c.ledger_version)).scalar_one()
            )

    @property
    def is_demo(self) -> bool:
        """Whether any load of invented data is present."""
        batch = table(LoadBatch).c
        with reading(self._engine) as connection:
            found = select(
                exists().where(batch.is_demo, batch.status.in_(("loaded", "review")))
            )
            return bool(connection.execute(found).scalar())

    def units(self) -> gpd.GeoDataFrame:
        """Units, EPSG:4326 polygons indexed by ``unit_code``."""
        with reading(self._engine) as connection:
            return read_layer(connection, table(Unit), index="unit_code")

    def places(self) -> gpd.GeoDataFrame:
        """The gazetteer, EPSG:4326 points indexed by ``place_code``."""
        with reading(self._engine) as connection:
            return read_layer(connection, table(Place), index="place_code")

    def routes(self) -> gpd.GeoDataFrame:
        """Roads, EPSG:4326 lines indexed by ``route_code``; stakes in metres."""
        with reading(self._engine) as connection:
            return read_layer(connection, table(Route), index="route_code")

    def sites(self, kinds: Iterable[str] | None = None) -> gpd.GeoDataFrame:
        """Key sites, EPSG:4326 points indexed by ``site_id``; of ``kinds`` only if given."""
        site = table(Site)
        where = [] if kinds is None else [site.c.site_kind.in_(list(kinds))]
        with reading(self._engine) as connection:
            return read_layer(connection, site, *where, index="site_id")

    def hazards(self, kinds: Iterable[str] | None = None) -> gpd.GeoDataFrame:
        """Listed hazards, EPSG:4326 shapes indexed by ``hazard_id``; of ``kinds`` if given."""
        hazard = table(Hazard)
        where = [] if kinds is None else [hazard.c.hazard_kind.in_(list(kinds))]
        with reading(self._engine) as connection:
            return read_layer(connection, hazard, *where, index="hazard_id")

    def indicators(self) -> pd.DataFrame:
        """Figures of units, indexed by ``indicator_id``; see :mod:`data.indicators`."""
        names = ("indicator_id", "unit_code", "indicator", "period", "value", "as_of", "source")
        with reading(self._engine) as connection:
            return read_rows(connection, table(Indicator), index=names[0], names=names)

    def inspections(self) -> pd.DataFrame:
        """Inspections and readings of sites, indexed by ``inspection_id``."""
        with reading(self._engine) as connection:
            return read_rows(connection, table(Inspection), index="inspection_id")

    @property
    def contests(self) -> ContestArchive:
        """Published scoreboards of the contest."""
        return ContestArchive(self._engine)

    @property
    def indexes(self) -> IndexArchive:
        """Kept results of the risk index."""
        return IndexArchive(self._engine)

    def incidents(self, selection: IncidentSelection) -> gpd.GeoDataFrame:
        """Selected incidents with all their columns, straight from the database.

        Returns
        -------
        GeoDataFrame
            EPSG:4326 points (``None`` where unplaced) indexed by ``incident_id``, in
            its order; ``occurred_at`` in UTC, ``occurred_local`` as the clock showed it.
        """
        with reading(self._engine) as connection:
            return read_layer(
                connection, table(Incident), *selected(selection), index="incident_id"
            )

    def incident(self, incident_id: int) -> dict[str, Any]:
        """One incident and where it comes from.

        Returns
        -------
        dict
            The columns of :meth:`incidents` but the geometry, with ``attributes`` as a
            dict, and ``profile``, ``file_name``, ``loaded_at`` and ``is_demo`` of the
            load that last changed it.

        Raises
        ------
        StoreError
            When there is no such incident.
        """
        incident, batch = table(Incident), table(LoadBatch)
        hidden = {"geometry", "key_hash", "content_hash"}
        columns = [c for c in incident.c if c.name not in hidden]
        loaded = [batch.c.profile, batch.c.file_name, batch.c.is_demo]
        statement = (
            select(*columns, *loaded, batch.c.finished_at.label("loaded_at"))
            .join(batch, batch.c.load_id == incident.c.load_id)
            .where(incident.c.incident_id == int(incident_id))
        )
        with reading(self._engine) as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            raise StoreError(f"there is no incident {incident_id} in this store")
        record: dict[str, Any] = dict(row._mapping)
        for name in ("occurred_at", "as_of", "loaded_at"):
            record[name] = pd.Timestamp(record[name], unit="s", tz="UTC")
        record["occurred_local"] = pd.Timestamp(record["occurred_local"], unit="s")
        record["attributes"] = json.loads(record["attributes"] or "{}")
        return record

    def columns(self) -> IncidentColumns:
        """All incidents of the current version as arrays, from the snapshot.

        Raises
        ------
        StoreError
            When a missing snapshot cannot be made.
        """
        return read_snapshot(self._engine, self._cache)

    def write_snapshot(self) -> Path:
        """Write the current version's snapshot, e.g. right after a load; its path.

        Raises
        ------
        StoreError
            When it cannot be written.
        """
        return write_snapshot(self._engine, self._cache)

    def loads(self) -> pd.DataFrame:
        """All attempts to load a file, newest first, indexed by ``load_id``; times in UTC."""
        batch = table(LoadBatch)
        columns = [c for c in batch.c if c.name not in {"report", "profile_text"}]
        with reading(self._engine) as connection:
            return read_table(
                connection,
                select(*columns).order_by(batch.c.load_id.desc()),
                columns=columns,
                index="load_id",
            )

    def load_report(self, load_id: int) -> dict[str, Any]:
        """The report of a load; of a repeated one, that of the load it repeats.

        Raises
        ------
        StoreError
            When there is no such load.
        """
        batch = table(LoadBatch).c
        with reading(self._engine) as connection:
            row = connection.execute(
                select(batch.report, batch.repeats_load_id).where(batch.load_id == int(load_id))
            ).one_or_none()
        if row is None:
            raise StoreError(f"there is no load {load_id} in this store")
        if row.report is None:
            return self.load_report(row.repeats_load_id)
        report: dict[str, Any] = json.loads(row.report)
        return report

    def rejected(self, load_id: int) -> pd.DataFrame:
        """Refused rows of a load in the order of its file.

        Returns
        -------
        DataFrame
            row_no, code, field, detail, raw, and ``resolved_load_id``: the load through
            which a decision on the place has brought the row in since.
        """
        rejected = table(RejectedRow)
        names = ("rejected_id", "row_no", "code", "field", "detail", "raw", "resolved_load_id")
        columns = [rejected.c[name] for name in names]
        # A row resolved by its own load was never refused; it is kept for an undo.
        statement = (
            select(*columns)
            .where(
                rejected.c.load_id == int(load_id),
                rejected.c.resolved_load_id.is_distinct_from(rejected.c.load_id),
            )
            .order_by(rejected.c.row_no, rejected.c.rejected_id)
        )
        with reading(self._engine) as connection:
            return read_table(connection, statement, columns=columns, index="rejected_id")

    def review_queue(self, limit: int = 500) -> pd.DataFrame:
        """Texts that wait for somebody to say where they are, those of the newest load first.

        Returns
        -------
        DataFrame
            place_text, rows, code (why), loads, load_id and file_name (the newest).
        """
        with reading(self._engine) as connection:
            return read_queue(connection, limit)

    def waiting(self) -> tuple[int, int]:
        """How many texts, and how many rows, wait for review."""
        with reading(self._engine) as connection:
            return count_waiting(connection)

    def decisions(self) -> pd.DataFrame:
        """All decisions on places, newest first, indexed by ``decision_id``.

        ``rows`` counts the rows each has brought in; ``undone_at`` is ``NaT`` while it is
        in force.
        """
        with reading(self._engine) as connection:
            return read_decisions(connection)

    def decisions_in_force(self) -> list[PlaceDecision]:
        """What is known of texts by decision, oldest first."""
        with reading(self._engine) as connection:
            return decisions_in_force(connection)

    @contextmanager
    def review(self) -> Iterator[Desk]:
        """Decide and bring rows in, all in one transaction.

        Raises
        ------
        StoreError
            When another load does not end in time, or the database refuses.
        """
        with writing(self._engine) as connection:
            yield Desk(connection)

    def undo(self, decision_id: int) -> Undone:
        """Take a decision back: its records go, its rows wait again.

        Raises
        ------
        StoreError
            When there is no such decision in force.
        """
        with writing(self._engine) as connection:
            undone = Desk(connection).undo(decision_id)
            if undone.withdrawn + undone.unplaced:
                bump_version(connection)
            return undone

    def hits(self) -> pd.DataFrame:
        """How surely each source's rows have been placed; see :func:`data.hits.read_hits`."""
        with reading(self._engine) as connection:
            return read_hits(connection)

    @contextmanager
    def ledger_reader(self) -> Iterator[LedgerReader]:
        """The ledger of hazards, to read, in one unchanging view."""
        with reading(self._engine) as connection:
            yield LedgerReader(connection, self._region, self._files)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger of hazards, to take steps, all in one transaction.

        Raises
        ------
        StoreError
            When another writer does not end in time, or the database refuses.
        """
        with writing(self._engine) as connection:
            desk = Ledger(connection, self._region, self._files)
            yield desk
            if desk.has_changed:
                state = table(StoreState)
                connection.execute(
                    update(state).values(ledger_version=state.c.ledger_version + 1)
                )

    @contextmanager
    def load(self, request: LoadRequest) -> Iterator[StoreLoad]:
        """Open a load: committed at the end of the block, undone by any exception in it.

        Raises
        ------
        StoreError
            When another load does not end in time, the database refuses a row, or the
            block ends without ``finish``.
        """
        with writing(self._engine) as connection:
            load = StoreLoad(connection, request)
            yield load
            load.close()
