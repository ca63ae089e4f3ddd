"""What the ledger says: history, deadlines, figures of the offices, screenings."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table, func, select

from data.frames import read_layer, read_table
from data.ledger.evidence import EvidenceFolder
from data.ledger.sections import SAME_SHARE, chain_spans, same_sections
from data.ledger.texts import day_of
from data.models import (
    Hazard,
    HazardEvaluation,
    HazardEvent,
    HazardEvidence,
    HazardMeasure,
    ScreenRun,
    ScreenSection,
    table,
)
from data.region import RegionPack
from geo.errors import HazardError
from geo.hazard_states import ENDED, REJECTED, UNSETTLED, HazardState

hazard, event, evidence = table(Hazard), table(HazardEvent), table(HazardEvidence)
measure, evaluation = table(HazardMeasure), table(HazardEvaluation)
run, section = table(ScreenRun), table(ScreenSection)


class LedgerReader:
    """Reads the ledger in one unchanging view; made by :meth:`data.store.Store.ledger_reader`."""

    def __init__(
        self, connection: Connection, region: RegionPack, files: EvidenceFolder
    ) -> None:
        self._connection = connection
        self._region = region
        self._files = files

    def state(self, hazard_id: int) -> HazardState:
        """Where a hazard stands, for :func:`geo.hazard_states.check`.

        Raises
        ------
        HazardError
            When there is no such hazard.
        """
        row = self._connection.execute(
            select(hazard.c.status, hazard.c.due_on).where(hazard.c.hazard_id == int(hazard_id))
        ).one_or_none()
        if row is None:
            raise HazardError(f"there is no hazard {hazard_id} in this store")
        events = self._connection.execute(
            select(event.c.seq, event.c.kind, event.c.to_status, event.c.happened_on)
            .where(event.c.hazard_id == int(hazard_id))
            .order_by(event.c.seq)
        ).all()
        accepted = [e.happened_on for e in events if e.kind == e.to_status == "accepted"]
        return HazardState(
            hazard_id=int(hazard_id),
            status=row.status or "found",
            deadline=_date(row.due_on),
            accepted_on=_date(accepted[-1] if accepted else None),
            photos_before=self._pictures(
                hazard_id, "before", _last(events, ("found", "relapsed"))
            ),
            # Works sent back are shown anew.
            photos_after=self._pictures(
                hazard_id, "after", _last(events, ("treating", "accepted"))
            ),
            last_on=_date(events[-1].happened_on if events else None),
        )

    def history(self, hazard_id: int) -> pd.DataFrame:
        """All events of a hazard, oldest first, indexed by ``event_id``.

        ``happened_on`` is a day, ``recorded_at`` UTC, ``facts`` a dict.
        """
        statement = select(event).where(event.c.hazard_id == int(hazard_id))
        frame = self._frame(statement.order_by(event.c.seq), event, "event_id")
        return frame.assign(facts=[json.loads(text) for text in frame["facts"]])

    def measures(self, hazard_id: int) -> pd.DataFrame:
        """Works planned on a hazard and, with ``done_on``, done, in the order given."""
        statement = select(measure).where(measure.c.hazard_id == int(hazard_id))
        return self._frame(statement.order_by(measure.c.measure_id), measure, "measure_id")

    def evaluations(self, hazard_id: int | None = None) -> pd.DataFrame:
        """Evaluations before–after of one hazard, or of all, oldest first."""
        statement = select(evaluation).order_by(evaluation.c.evaluation_id)
        if hazard_id is not None:
            statement = statement.where(evaluation.c.hazard_id == int(hazard_id))
        return self._frame(statement, evaluation, "evaluation_id")

    def evidence(self, hazard_id: int) -> pd.DataFrame:
        """Pictures and documents of a hazard, oldest first, indexed by ``evidence_id``."""
        statement = select(evidence).where(evidence.c.hazard_id == int(hazard_id))
        return self._frame(statement.order_by(evidence.c.evidence_id), evidence, "evidence_id")

    def evidence_file(self, evidence_id: int) -> tuple[bytes, str]:
        """Bytes and media type of one file; hand it out as a download, never inline.

        Raises
        ------
        HazardError
            When there is no such file, or it is missing or changed.
        """
        row = self._connection.execute(
            select(evidence.c.sha256, evidence.c.mime_type).where(
                evidence.c.evidence_id == int(evidence_id)
            )
        ).one_or_none()
        if row is None:
            raise HazardError(f"there is no evidence {evidence_id} in this store")
        return self._files.read(row.sha256), row.mime_type

    def overdue(self, on: date) -> gpd.GeoDataFrame:
        """Hazards whose deadline has passed unsettled, longest first, with ``days_overdue``."""
        late = read_layer(
            self._connection,
            hazard,
            hazard.c.due_on < day_of(on),
            func.coalesce(hazard.c.status, "found").in_(UNSETTLED),
            index="hazard_id",
        )
        late["days_overdue"] = (pd.Timestamp(on) - late["due_on"]).dt.days.astype("int64")
        return late.sort_values("days_overdue", ascending=False, kind="stable")

    def unit_figures(self, on: date) -> pd.DataFrame:
        """Figures of each office that treats hazards.

        Returns
        -------
        DataFrame
            Indexed by ``responsible_unit``: ``hazards``, ``listed`` (ever), ``open``, ``closed``,
            ``overdue`` on that day, and ``median_days_<status>``: days spent in a state, over
            all stays that have ended.
        """
        columns = [
            hazard.c.hazard_id,
            hazard.c.status,
            hazard.c.due_on,
            hazard.c.responsible_unit,
        ]
        rows = self._frame(
            select(*columns).where(hazard.c.responsible_unit.is_not(None)), columns, "hazard_id"
        )
        events = self._frame(
            select(event).order_by(event.c.hazard_id, event.c.seq), event, "event_id"
        )
        unit = rows["responsible_unit"]
        is_open = rows["status"].isin(UNSETTLED)
        listed = events.loc[events["kind"] == "listed", "hazard_id"]
        flags = pd.DataFrame(
            {
                "hazards": True,
                "listed": rows.index.isin(listed),
                "open": is_open,
                "closed": rows["status"].isin(["closed", "monitoring"]),
                "overdue": is_open & (rows["due_on"] < pd.Timestamp(on)),
            },
            index=rows.index,
        )
        figures = flags.groupby(unit).sum().astype("int64")
        steps = events[events["from_status"] != events["to_status"]]
        until = steps.groupby("hazard_id")["happened_on"].shift(-1)
        stays = steps.assign(
            unit=steps["hazard_id"].map(unit), days=(until - steps["happened_on"]).dt.days
        ).dropna(subset=["unit", "days"])
        medians = stays.pivot_table(
            index="unit", columns="to_status", values="days", aggfunc="median"
        )
        return figures.join(medians.add_prefix("median_days_")).rename_axis("responsible_unit")

    def hazard_sections(self, *, with_rejected: bool = False) -> pd.DataFrame:
        """Where the road hazards in force lie today; see :func:`data.ledger.sections.chain_spans`.

        Indexed by ``hazard_id``, with ``status`` and ``code``. Stakes are those of the
        calibration in force, whatever was written when the hazard was found.
        """
        left_out = ENDED - {REJECTED} if with_rejected else ENDED
        rows = read_layer(
            self._connection,
            hazard,
            hazard.c.route_code.is_not(None),
            func.coalesce(hazard.c.status, "found").not_in(left_out),
            index="hazard_id",
        )
        spans = chain_spans(rows, self._region.road_reference)
        return spans.assign(status=rows["status"].fillna("found"), code=rows["code"])

    def runs(self) -> pd.DataFrame:
        """All screenings, newest first, indexed by ``run_id``; ``parameters`` as a dict."""
        frame = self._frame(select(run).order_by(run.c.run_id.desc()), run, "run_id")
        return frame.assign(parameters=[json.loads(text) for text in frame["parameters"]])

    def sections(self, run_id: int) -> gpd.GeoDataFrame:
        """Sections of a screening by rank, EPSG:4326 lines indexed by ``section_id``.

        ``measures`` is a dict, ``event_ids`` a list.
        """
        found = read_layer(
            self._connection, section, section.c.run_id == int(run_id), index="section_id"
        )
        found["measures"] = [json.loads(text) for text in found["measures"]]
        found["event_ids"] = [json.loads(text) for text in found["event_ids"]]
        return found.sort_values("rank", kind="stable", na_position="last")

    def match_sections(self, run_id: int, *, least_share: float = SAME_SHARE) -> pd.DataFrame:
        """Which sections of a screening are hazards of the ledger already, rejected ones too.

        Compared on the roads of today, by shape: a hazard stays the same when stakes change.

        Returns
        -------
        ``section_id``, ``hazard_id`` (null where new), ``shared_m``, ``share`` of the shorter;
        every section at least once, in order of rank.
        """
        found = self.sections(run_id)
        low, high = self._region.road_reference.chain_interval(
            found["route_code"].tolist(), found.geometry.to_numpy()
        )
        # A road that is gone from the pack leaves the section where it was measured.
        here = found.assign(
            chain_from_m=np.where(np.isnan(low), found["chain_from_m"], low),
            chain_to_m=np.where(np.isnan(high), found["chain_to_m"], high),
        )
        known = self.hazard_sections(with_rejected=True)
        pairs = same_sections(here, known, least_share=least_share)
        ranked = pd.DataFrame({"section_id": found.index})
        matched = ranked.merge(pairs, on="section_id", how="left")
        return matched.astype({"hazard_id": "Int64"})

    def _frame(self, statement: Any, source: Table | list[Any], index: str) -> pd.DataFrame:
        columns = source if isinstance(source, list) else list(source.c)
        return read_table(self._connection, statement, columns=columns, index=index)

    def _pictures(self, hazard_id: int, kind: str, since_seq: int) -> int:
        return int(
            self._connection.execute(
                select(func.count()).where(
                    evidence.c.hazard_id == int(hazard_id),
                    evidence.c.evidence_kind == kind,
                    evidence.c.mime_type.startswith("image/"),
                    evidence.c.after_seq >= since_seq,
                )
            ).scalar_one()
        )


def _last(events: Any, statuses: tuple[str, ...]) -> int:
    """Number of the newest event that led into one of some states; 0 where there is none."""
    return max(
        (e.seq for e in events if e.to_status in statuses and e.kind in statuses), default=0
    )


def _date(day: int | None) -> date | None:
    return None if day is None else date.fromordinal(date(1970, 1, 1).toordinal() + day)
