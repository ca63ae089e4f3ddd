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
from pyproj import Transformer

from dashboard.tokens import Signer
from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from geo.crs import WGS84
from geo.selection import IncidentColumns

# From the map component's own page to the server's root, right under any base path.
ROOT_FROM_COMPONENT = "../../"


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One data version, ready to draw.

    Parameters
    ----------
    version
        The store's data version as text, see :func:`data_version`; part of every data URL.
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

    def url(self, layer: str, path: str, query: Mapping[str, object] | None = None) -> str:
        """Signed URL of ``path`` below this data version, relative to the map component."""
        return signed_url(self.signer, layer, self.version, path, query or {})


def signed_url(
    signer: Signer, layer: str, version: str, path: str, query: Mapping[str, object]
) -> str:
    """URL ``../../api/v/{version}/{path}?t={token}``; braces of tile templates are kept."""
    token = signer.sign(layer, version, query, now_s=time.time())
    return f"{ROOT_FROM_COMPONENT}api/v/{quote(version)}/{path}?t={token}"


def data_version(store: Store) -> str:
    """Name of what ``store`` holds now; never the same for other data, on any machine."""
    return f"{store.version}-{store.version_key[:8]}"


def load_frame(settings: Settings, store: Store, region: RegionPack, signer: Signer) -> Frame:
    """Read the current snapshot of ``store`` and project it once."""
    version = data_version(store)
    columns = store.columns()
    to_metric = Transformer.from_crs(WGS84, region.metric_crs, always_xy=True)
    x_m, y_m = to_metric.transform(columns.lon, columns.lat)
    placed = np.isfinite(x_m) & np.isfinite(y_m)
    return Frame(
        settings=settings,
        store=store,
        region=region,
        signer=signer,
        version=version,
        columns=columns,
        x_m=np.where(placed, x_m, np.nan),
        y_m=np.where(placed, y_m, np.nan),
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
