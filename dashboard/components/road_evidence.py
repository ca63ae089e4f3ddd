"""Pictures and documents of a hazard: small pictures to look at, files to download."""

from __future__ import annotations

from datetime import date
from functools import partial
from io import BytesIO

import pandas as pd
import streamlit as st
from PIL import Image

from dashboard.components.road_actions import act, now
from dashboard.components.road_office import office
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.lru import ByteLru
from geo.errors import HazardError
from geo.hazard_states import ENDED
from geo.vocabulary import EVIDENCE_KINDS

THUMBNAIL_PX = 260
FILE_TYPES = ["jpg", "jpeg", "png", "pdf"]
_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
_thumbnails: ByteLru[bytes] = ByteLru(16 << 20, len)


def evidence_panel(frame: Frame, hazard_id: int) -> None:
    """Thumbnails, and a button for each document."""
    with frame.store.ledger_reader() as reader:
        files = reader.evidence(hazard_id)
    if files.empty:
        return
    is_picture = files["mime_type"].str.startswith("image/")
    columns = st.columns(3, gap="small")
    for place, (number, row) in enumerate(files[is_picture].iterrows()):
        with columns[place % 3]:
            _picture(frame, int(number), row)
    for number, row in files[~is_picture].iterrows():
        st.download_button(
            _caption(row),
            data=partial(_file, frame, int(number)),
            file_name=f"{frame.region.code}-{number}.{_SUFFIX[row['mime_type']]}",
            mime=row["mime_type"],
            on_click="ignore",
            key=f"road_file_{number}",
        )


def attach_form(frame: Frame, hazard_id: int, status: str, today: date) -> None:
    """Put a photo or a document on file."""
    if status in ENDED:
        return
    with (
        st.expander(t("evidence.attach"), expanded=False, key=f"road_attach_{hazard_id}"),
        st.form(f"road_evidence_{hazard_id}", clear_on_submit=True, border=False),
    ):
        usual = "after" if status in ("treating", "submitted", "accepted") else "before"
        kind = st.segmented_control(
            t("evidence.kind"),
            EVIDENCE_KINDS,
            format_func=lambda code: label("evidence_kind", code),
            default=usual,
            required=True,
            key=f"evidence_kind_{hazard_id}_{status}",
        )
        upload = st.file_uploader(
            t("evidence.file"), type=FILE_TYPES, key=f"evidence_file_{hazard_id}"
        )
        taken = st.date_input(
            t("evidence.taken_on"), value=None, max_value=today, key=f"evidence_on_{hazard_id}"
        )
        caption = st.text_input(
            t("evidence.caption"), max_chars=200, key=f"evidence_caption_{hazard_id}"
        )
        if st.form_submit_button(t("evidence.save")):
            if upload is None:
                st.warning(t("evidence.no_file"))
                return
            content = upload.getvalue()
            done = act(
                frame,
                lambda desk: desk.attach(
                    hazard_id,
                    content,
                    kind=kind,
                    role=office(),
                    at=now(),
                    taken_on=taken,
                    caption=caption,
                ),
                t("evidence.saved"),
            )
            if done:
                st.rerun()


def _picture(frame: Frame, evidence_id: int, row: pd.Series) -> None:
    try:
        content = _thumbnails.get(row["sha256"], lambda: _small(frame, evidence_id))
    except HazardError:
        st.caption(t("evidence.gone", file=_caption(row)))
        return
    st.image(content, caption=_caption(row))


def _small(frame: Frame, evidence_id: int) -> bytes:
    picture = Image.open(BytesIO(_file(frame, evidence_id)))
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    small = BytesIO()
    picture.convert("RGB").save(small, "JPEG", quality=82)
    return small.getvalue()


def _file(frame: Frame, evidence_id: int) -> bytes:
    with frame.store.ledger_reader() as reader:
        return reader.evidence_file(evidence_id)[0]


def _caption(row: pd.Series) -> str:
    day = row["taken_on"]
    parts = [label("evidence_kind", row["evidence_kind"])]
    if pd.notna(day):
        parts.append(pd.Timestamp(day).date().isoformat())
    if isinstance(row["caption"], str):
        parts.append(row["caption"])
    return " · ".join(parts)
