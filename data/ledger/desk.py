"""Where steps are taken: each checked, written once, and never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Integer, cast, func, insert, select, update

from data.ledger.opening import NewHazard, checked, placed, unit_of
from data.ledger.reader import (
    LedgerReader,
    evaluation,
    event,
    evidence,
    hazard,
    measure,
    run,
    section,
)
from data.ledger.screenings import section_rows
from data.ledger.steps import cleaned, evaluation_row, facts_of, measure_rows
from data.ledger.texts import clean_text, day_of, to_json, utc_seconds
from geo.errors import HazardError
from geo.hazard_states import (
    CONTROLLED,
    ENDED,
    EXTENDED,
    HazardEvent,
    HazardState,
    check,
    next_status,
)
from geo.vocabulary import EVIDENCE_KINDS, HAZARD_ROLES, R95_M, MatchCode

SOURCE = "ledger"


class Ledger(LedgerReader):
    """Takes steps in one transaction; made by :meth:`data.store.Store.ledger` only.

    ``at`` is the moment a step is recorded, with its time zone; ``on`` the day it was taken.
    """

    has_changed = False

    def open_hazard(self, new: NewHazard, *, role: str, on: date, at: datetime) -> int:
        """Enter a hazard as found; its number.

        Raises
        ------
        HazardError
            When it has no place in the region, or something it says is not allowed.
        """
        recorded_at = self._require_step(role, on, at)
        new = self._placed(checked(new))
        code = self._new_code(on)
        key = int.from_bytes(hashlib.sha256(code.encode()).digest()[:8], "big", signed=True)
        low, high = sorted((new.stake_from_m, new.stake_to_m), key=_first_known)
        west, south, east, north = shapely.bounds(new.geometry).tolist()
        hazard_id: int = self._connection.execute(
            insert(hazard)
            .values(
                source=SOURCE,
                key_hash=key,
                content_hash=key,
                as_of=recorded_at,
                hazard_kind=new.kind,
                name=new.name,
                code=code,
                grade=new.grade,
                status="found",
                found_on=day_of(on),
                route_code=new.route_code,
                stake_from_m=low,
                stake_to_m=high,
                side=new.side,
                protection_grade=new.protection_grade,
                unit_code=unit_of(new.geometry, self._region),
                match_code=MatchCode.B1.value if new.route_code else MatchCode.A2.value,
                r95_m=R95_M[MatchCode.B1 if new.route_code else MatchCode.A2],
                geometry=shapely.to_wkb(new.geometry),
                minx=west,
                miny=south,
                maxx=east,
                maxy=north,
            )
            .returning(hazard.c.hazard_id)
        ).scalar_one()
        self._write_event(
            HazardState(hazard_id=hazard_id),
            HazardEvent(kind="found", role=role, on=on, note=new.note),
            recorded_at=recorded_at,
            to_status="found",
            facts={"section_id": new.section_id},
        )
        return hazard_id

    def advance(self, hazard_id: int, step: HazardEvent, *, at: datetime) -> str:
        """Take a step; the state it leads to.

        A hazard that was loaded from a file enters the ledger with its first step, and is
        from then on changed here only.

        Raises
        ------
        HazardError
            When the step is not allowed or lacks something: ``error.missing`` holds the
            codes of :func:`geo.hazard_states.check`.
        """
        state = self.state(hazard_id)
        step = cleaned(step)
        missing = check(state, step)
        if missing:
            raise HazardError(
                f"hazard {hazard_id} ({state.status}) cannot be {step.kind}: "
                f"{', '.join(missing)}",
                missing,
            )
        recorded_at = self._require_step(step.role, step.on, at)
        if step.into is not None and step.kind == "merged":
            self._require_live(step.into)
        status = next_status(state, step)
        changes: dict[str, Any] = {"status": status}
        # Whatever may be refused comes before the first row is written.
        facts, works = facts_of(step), measure_rows(step.measures)
        if state.last_on is None:
            changes["code"] = func.coalesce(hazard.c.code, self._new_code(step.on))
        if step.kind == "listed":
            changes |= {"level": step.level, "responsible_unit": step.responsible_unit}
        if step.kind in ("listed", EXTENDED):
            facts["old_deadline"] = state.deadline
            changes["due_on"] = day_of(step.deadline)
        if step.kind == CONTROLLED:
            changes["controlled_on"] = day_of(step.on)
            changes["control_until_on"] = day_of(step.control_until)
        if step.kind == "closed":
            changes["closed_on"] = day_of(step.on)
        if step.kind == "relapsed":
            changes |= {"closed_on": None, "due_on": None}
        if step.kind == "merged":
            changes["merged_into"] = step.into
        event_id = self._write_event(
            state, step, recorded_at=recorded_at, to_status=status, facts=facts
        )
        self._connection.execute(
            update(hazard).where(hazard.c.hazard_id == int(hazard_id)).values(changes)
        )
        ids = {"hazard_id": int(hazard_id), "event_id": event_id}
        if works:
            self._connection.execute(insert(measure), [row | ids for row in works])
        if step.kind == "monitoring" and step.evaluation is not None:
            row = evaluation_row(step.evaluation)
            self._connection.execute(insert(evaluation).values(row | ids))
        return status

    def extend_deadline(
        self, hazard_id: int, *, deadline: date, role: str, reason: str, on: date, at: datetime
    ) -> None:
        """Give a hazard more time; ``role`` is the office that approves it.

        Raises
        ------
        HazardError
            As :meth:`advance`.
        """
        step = HazardEvent(kind=EXTENDED, role=role, on=on, note=reason, deadline=deadline)
        self.advance(hazard_id, step, at=at)

    def merge(
        self, hazard_id: int, *, into: int, role: str, on: date, at: datetime, note: str = ""
    ) -> None:
        """Say that a hazard is part of another, which goes on.

        Raises
        ------
        HazardError
            As :meth:`advance`, and when the other one has ended.
        """
        step = HazardEvent(kind="merged", role=role, on=on, note=note, into=into)
        self.advance(hazard_id, step, at=at)

    def reject(self, hazard_id: int, *, reason: str, role: str, on: date, at: datetime) -> None:
        """Say that a hazard is none, and why.

        Raises
        ------
        HazardError
            As :meth:`advance`.
        """
        self.advance(
            hazard_id, HazardEvent(kind="rejected", role=role, on=on, note=reason), at=at
        )

    def attach(
        self,
        hazard_id: int,
        content: bytes,
        *,
        kind: str,
        role: str,
        at: datetime,
        taken_on: date | None = None,
        caption: str = "",
    ) -> int:
        """Put a picture or document on file; its ``evidence_id``.

        Raises
        ------
        HazardError
            When the hazard has ended, or the file is not one that may be kept; see
            :meth:`data.ledger.evidence.EvidenceFolder.keep`.
        """
        self._require_live(hazard_id)
        if kind not in EVIDENCE_KINDS:
            raise HazardError(f"{kind!r} is unknown; use one of {', '.join(EVIDENCE_KINDS)}")
        added_at = self._require_step(role, taken_on, at)
        caption = clean_text(caption, what="the caption")
        kept = self._files.keep(content)
        self.has_changed = True
        evidence_id: int = self._connection.execute(
            insert(evidence)
            .values(
                hazard_id=int(hazard_id),
                after_seq=self._last_seq(hazard_id),
                evidence_kind=kind,
                sha256=kept.sha256,
                mime_type=kept.mime_type,
                size_bytes=kept.size_bytes,
                taken_on=day_of(taken_on),
                added_at=added_at,
                role=role,
                caption=_or_none(caption),
            )
            .returning(evidence.c.evidence_id)
        ).scalar_one()
        return evidence_id

    def save_run(
        self,
        method: str,
        parameters: Mapping[str, Any],
        sections: pd.DataFrame,
        *,
        data_version: str,
        at: datetime,
        is_demo: bool = False,
    ) -> int:
        """Keep a screening with all its sections; its number.

        Parameters
        ----------
        method
            Name of the rule or measure.
        parameters
            All that is needed to run it again.
        sections
            ``route_code``, ``chain_from_m``, ``chain_to_m``; optional ``rule``, ``measures``
            (dicts), ``event_ids`` (lists), ``p_chance``, ``rank``, ``rank_low``, ``rank_high``.
            Stakes and shapes are read from the roads in force.
        data_version
            Of the accidents measured, as text.

        Raises
        ------
        HazardError
            When a column is missing, or a section is not on a road of the region.
        """
        rows = section_rows(sections, self._region)
        run_id: int = self._connection.execute(
            insert(run)
            .values(
                method=clean_text(method, what="the method"),
                parameters=to_json(dict(parameters)),
                data_version=data_version,
                region_digest=self._region.digest,
                made_at=utc_seconds(at),
                is_demo=is_demo,
            )
            .returning(run.c.run_id)
        ).scalar_one()
        if rows:
            self._connection.execute(
                insert(section), [row | {"run_id": run_id} for row in rows]
            )
        self.has_changed = True
        return run_id

    def _placed(self, new: NewHazard) -> NewHazard:
        if new.section_id is None:
            return placed(new, self._region)
        row = self._connection.execute(
            select(
                section.c.route_code,
                section.c.stake_from_m,
                section.c.stake_to_m,
                section.c.geometry,
            ).where(section.c.section_id == int(new.section_id))
        ).one_or_none()
        if row is None:
            raise HazardError(f"there is no screened section {new.section_id} in this store")
        screened = row._asdict() | {"geometry": shapely.from_wkb(row.geometry)}
        return replace(new, **screened)

    def _new_code(self, on: date) -> str:
        start = f"{self._region.code}-{on.year}-"
        newest = self._connection.execute(
            select(func.max(cast(func.substr(hazard.c.code, len(start) + 1), Integer))).where(
                hazard.c.code.startswith(start, autoescape=True)
            )
        ).scalar_one()
        return f"{start}{(newest or 0) + 1:04d}"

    def _require_step(self, role: str, on: date | None, at: datetime) -> int:
        """The moment in UTC seconds, for an office and a day that has come."""
        if role not in HAZARD_ROLES:
            raise HazardError(
                f"{role!r} is no office; use one of {', '.join(HAZARD_ROLES)}", ("role",)
            )
        recorded_at = utc_seconds(at)
        today = at.astimezone(ZoneInfo(self._region.timezone)).date()
        if on is not None and on > today:
            raise HazardError(f"{on} lies in the future; give the day it was done", ("on",))
        return recorded_at

    def _require_live(self, hazard_id: int) -> None:
        if (status := self.state(hazard_id).status) in ENDED:
            raise HazardError(f"hazard {hazard_id} is {status}; nothing can be added to it")

    def _last_seq(self, hazard_id: int) -> int:
        return int(
            self._connection.execute(
                select(func.coalesce(func.max(event.c.seq), 0)).where(
                    event.c.hazard_id == int(hazard_id)
                )
            ).scalar_one()
        )

    def _write_event(
        self,
        state: HazardState,
        step: HazardEvent,
        *,
        recorded_at: int,
        to_status: str,
        facts: dict[str, Any],
    ) -> int:
        self.has_changed = True
        event_id: int = self._connection.execute(
            insert(event)
            .values(
                hazard_id=state.hazard_id,
                seq=self._last_seq(state.hazard_id) + 1,
                kind=step.kind,
                from_status=None if step.kind == "found" else state.status,
                to_status=to_status,
                happened_on=day_of(step.on),
                recorded_at=recorded_at,
                role=step.role,
                doc_no=_or_none(step.doc_no),
                note=_or_none(step.note),
                facts=to_json({k: v for k, v in facts.items() if v not in (None, "", ())}),
            )
            .returning(event.c.event_id)
        ).scalar_one()
        return event_id


def _or_none(text: str) -> str | None:
    return text or None


def _first_known(stake: float | None) -> float:
    return np.inf if stake is None else stake
