"""Uploads from the dashboard, handed to the ETL: the two never import each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.intake import Progress
from data.region import RegionPack
from data.store import Store
from etl.pipeline import load_file, preview_file
from etl.profile import Profile, profile_names


class EtlIntake:
    """The dashboard's way in, over one store."""

    def __init__(self, store: Store, region: RegionPack) -> None:
        self._store = store
        self._region = region

    def profiles(self) -> dict[str, str]:
        """Profile name → record kind it describes."""
        return {name: Profile.open(name).kind.value for name in profile_names()}

    def preview(self, path: Path, profile: str) -> pd.DataFrame:
        """The first rows as they would be loaded."""
        preview = preview_file(path, profile=Profile.open(profile), region=self._region)
        hidden = {"key_hash", "content_hash", "geometry"}
        kept = [name for name in preview.records.column_names if name not in hidden]
        return preview.records.select(kept).to_pandas()

    def load(self, path: Path, profile: str, progress: Progress) -> dict[str, Any]:
        """Load the whole file; the report as plain values."""
        rules = Profile.open(profile)
        report = load_file(
            path,
            kind=rules.kind,
            profile=rules,
            region=self._region,
            store=self._store,
            progress=lambda rows, _bytes_read, _bytes_in_all: progress(rows),
        )
        return {**report.to_dict(), "already": report.status == "already_loaded"}
