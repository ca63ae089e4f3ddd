"""What all sessions and routes of one process share: the store and its current snapshot.

The module is imported, not re-run, by Streamlit, so its state lives once per process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import numpy as np

from dashboard.tokens import Signer
from data.derived.cases import Cases, data_version
from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from geo.selection import IncidentColumns

# From the map component's own page to the server's root, right under any base path.
ROOT_FROM_COMPONENT = "../../"


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One data version, ready to draw.

    Parameters
    ----------
    version
        The store's data version as text, see :func:`data.derived.cases.data_version`; part of every data URL.
    columns
        All incidents of that version, sorted by day.
    x_m, y_m
        (n) metric coordinates in ``region.metric_crs``; NaN where unplaced.
    """

    settings: Settings
    store: Store
    region: RegionPack
    signer: Signer
    version: str
    columns: IncidentColumns
    x_m: np.ndarray
    y_m: np.ndarray

    @cached_property
    def placed(self) -> np.ndarray:
        """(n) whether an incident has coordinates."""
        return np.isfinite(self.columns.lon) & np.isfinite(self.columns.lat)

    @cached_property
    def is_demo(self) -> bool:
        """Whether any of the data is invented."""
        return self.store.is_demo

    @cached_property
    def cases(self) -> Cases:
        """The same incidents as the measures of :mod:`data.derived` take them."""
        return Cases(
            columns=self.columns,
            x_m=self.x_m,
            y_m=self.y_m,
            region=self.region,
            version=self.version,
            is_demo=self.is_demo,
        )

    def url(self, layer: str, path: str, query: Mapping[str, object] | None = None) -> str:
        """Signed URL of ``path`` below this data version, relative to the map component."""
        return signed_url(self.signer, layer, self.version, path, query or {})


def signed_url(
    signer: Signer, layer: str, version: str, path: str, query: Mapping[str, object]
) -> str:
    """URL ``../../api/v/{version}/{path}?t={token}``; braces of tile templates are kept."""
    token = signer.sign(layer, version, query, now_s=time.time())
    return f"{ROOT_FROM_COMPONENT}api/v/{quote(version)}/{path}?t={token}"


def load_frame(settings: Settings, store: Store, region: RegionPack, signer: Signer) -> Frame:
    """Read the current snapshot of ``store`` and project it once."""
    cases = Cases.of(store, region)
    return Frame(
        settings=settings,
        store=store,
        region=region,
        signer=signer,
        version=cases.version,
        columns=cases.columns,
        x_m=cases.x_m,
        y_m=cases.y_m,
    )


class _Process:
    """The process-wide store and frame, made on first use."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.settings: Settings | None = None
        self.frame: Frame | None = None

    def configure(self, settings: Settings) -> None:
        with self.lock:
            if settings != self.settings:
                self.settings, self.frame = settings, None

    def current(self) -> Frame:
        frame = self.frame
        if frame is not None and data_version(frame.store) == frame.version:
            return frame
        with self.lock:
            frame = self.frame
            if frame is None:
                settings = self.settings = self.settings or Settings.load()
                region = RegionPack.open(settings.region)
                store = Store.open(settings, region)
                signer = Signer(settings.secret)
                self.frame = load_frame(settings, store, region, signer)
            elif data_version(frame.store) != frame.version:
                self.frame = load_frame(frame.settings, frame.store, frame.region, frame.signer)
            return self.frame


_process = _Process()


def configure(settings: Settings) -> None:
    """Use ``settings`` in this process from now on (the command line and tests)."""
    _process.configure(settings)


def current_frame() -> Frame:
    """The frame of the store's current data version; loads it when the version moved.

    One cheap version query per call; thread-safe.
    """
    return _process.current()
