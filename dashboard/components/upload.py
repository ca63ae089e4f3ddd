"""Upload: choose a profile and a file, look at it, load it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from dashboard.escape import for_markdown
from dashboard.i18n import label, t
from dashboard.intake import Intake
from geo.errors import SafetyError

FILE_TYPES = ["csv", "tsv", "txt", "gz", "xlsx", "geojson", "json", "gpkg", "zip"]


def upload_panel(intake: Intake | None) -> None:
    """The way in, or a word on why there is none."""
    if intake is None:
        st.info(t("upload.disabled"))
        return
    kinds = intake.profiles()
    profile = st.selectbox(
        t("upload.profile"),
        sorted(kinds),
        format_func=lambda name: f"{name} · {label('record_kind', kinds[name])}",
    )
    upload = st.file_uploader(t("upload.file"), type=FILE_TYPES)
    if upload is None or profile is None:
        return
    # The user's file name only ends up as a suffix: the path on disk is ours alone.
    with tempfile.TemporaryDirectory(prefix="pingan-upload-") as folder:
        path = Path(folder) / f"upload{suffix_of(upload.name)}"
        path.write_bytes(upload.getbuffer())
        try:
            _preview(intake, path, profile)
            if st.button(t("upload.load"), type="primary"):
                _load(intake, path, profile)
        except SafetyError as error:
            st.error(t("upload.failed", message=for_markdown(error)))


def suffix_of(name: str) -> str:
    """The known ending of ``name``, with ``.gz`` kept after another one; else nothing."""
    endings = [ending.lower() for ending in Path(name).suffixes[-2:]]
    known = [ending for ending in endings if ending.removeprefix(".") in FILE_TYPES]
    return "".join(known if known[-1:] == [".gz"] else known[-1:])


def _preview(intake: Intake, path: Path, profile: str) -> None:
    st.markdown(f"**{t('upload.preview')}**")
    st.dataframe(intake.preview(path, profile), hide_index=True, height=220)


def _load(intake: Intake, path: Path, profile: str) -> None:
    bar = st.progress(0.0, text=t("upload.running"))

    def progress(rows: int) -> None:
        # How many rows there are is only known at the end: the bar nears it, never lies full.
        bar.progress(rows / (rows + 50_000), text=t("upload.rows", rows=f"{rows:,}"))

    report = intake.load(path, profile, progress)
    bar.empty()
    if report.get("already"):
        st.info(t("upload.already", load=report["load_id"]))
        return
    counts = {name: f"{int(report[name]):,}" for name in ("accepted", "rejected", "duplicate")}
    st.success(t("upload.done", **counts))
