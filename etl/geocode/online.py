"""Asking a map service about texts the region's own names cannot place.

Off unless asked for by name. The service is told the place text and the region's name,
nothing else of the record. What it answers is taken only inside the region, at the radius
the service can vouch for, and kept in a file, so that no text is asked twice.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from data.region import RegionPack
from etl.coordinates import DatumShift
from etl.geocode.protocol import Answer, Geocoder, Placed, PlaceStatus
from geo.assign import UnitIndex
from geo.errors import SettingsError
from geo.vocabulary import R95_M, Datum, MatchCode

PROVIDERS = ("nominatim", "baidu")
ONLINE_SCORE = 60.0
SECONDS_BETWEEN = 1.1
# A service that does not say how sure it is knows the village at best.
UNSTATED_R95_M = 1_500.0


@dataclass(frozen=True, slots=True)
class OnlinePlace:
    """A service's answer in its own datum, with the radius it vouches for."""

    lon: float
    lat: float
    datum: str
    r95_m: float


Service = Callable[[str], OnlinePlace | None]


class OnlineFallback:
    """A geocoder that asks a service about what another one leaves unmatched.

    Parameters
    ----------
    local
        Asked first; only its ``unmatched`` texts are passed on.
    service
        Given one place text headed by the region's name.
    region
        Answers outside its units are not taken.
    cache
        JSON file of the answers so far.
    """

    def __init__(
        self, local: Geocoder, service: Service, region: RegionPack, *, cache: Path
    ) -> None:
        self._local = local
        self._service = service
        self._head = "".join([*region.parents, region.names.get("zh", "")])
        self._index = UnitIndex(region.units)
        self._codes = region.units.index.astype(str).to_numpy()
        self._cache = cache
        self._known: dict[str, dict[str, Any] | None] = (
            json.loads(cache.read_text(encoding="utf-8")) if cache.exists() else {}
        )

    def locate(self, texts: list[str]) -> Placed:
        """Place each text; see :class:`etl.geocode.Geocoder`."""
        placed = self._local.locate(texts)
        open_rows = np.flatnonzero(placed.status == PlaceStatus.UNMATCHED.value)
        wanted = [row for row in open_rows.tolist() if texts[row].strip()]
        fresh = [texts[row] for row in wanted if texts[row] not in self._known]
        for text in dict.fromkeys(fresh):
            found = self._service(self._head + text)
            self._known[text] = None if found is None else asdict(found)
        if fresh:
            self._save()
        for row in wanted:
            kept = self._known[texts[row]]
            if kept is not None:
                answer = self._answer(OnlinePlace(**kept), texts[row])
                if answer is not None:
                    # Route and stakes stay what the text says.
                    for name in ("route", "stake_from_m", "stake_to_m"):
                        answer = replace(answer, **{name: getattr(placed, name)[row]})
                    placed.put(np.array([row]), Placed.of([answer]))
        return placed

    def _answer(self, found: OnlinePlace, text: str) -> Answer | None:
        lon, lat = DatumShift(found.datum)(np.array([found.lon]), np.array([found.lat]))
        unit = int(self._index.assign(lon, lat)[0])
        if unit < 0:
            return None
        code = MatchCode.C2 if found.r95_m <= 2 * R95_M[MatchCode.C2] else MatchCode.D1
        return Answer(
            lon=float(lon[0]), lat=float(lat[0]), match_code=f"{code.value}~",
            r95_m=max(found.r95_m, R95_M[code]), unit_code=str(self._codes[unit]),
            place_name=text, score=ONLINE_SCORE, status=PlaceStatus.ACCEPTED.value,
        )  # fmt: skip

    def _save(self) -> None:
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        draft = self._cache.with_suffix(".part")
        draft.write_text(json.dumps(self._known, ensure_ascii=False), encoding="utf-8")
        draft.replace(self._cache)


def geopy_service(provider: str, *, key: str = "", domain: str = "") -> Service:
    """A service of the geopy package, at most one question a second.

    Parameters
    ----------
    provider
        One of :data:`PROVIDERS`.
    key
        Access key, for ``baidu``.
    domain
        Host of a Nominatim of one's own.

    Raises
    ------
    SettingsError
        When the provider is unknown, geopy is not installed, or the key is missing.
    """
    if provider not in PROVIDERS:
        raise SettingsError(f"no online provider {provider!r}; use {' or '.join(PROVIDERS)}")
    if provider == "baidu" and not key:
        raise SettingsError("baidu wants an access key; set PINGAN_ONLINE_KEY")
    try:
        from geopy.extra.rate_limiter import RateLimiter
        from geopy.geocoders import BaiduV3, Nominatim
    except ImportError as error:
        raise SettingsError("online look-ups need geopy: pip install '.[online]'") from error
    if provider == "baidu":
        asked, datum = BaiduV3(api_key=key), Datum.BD09
    else:
        options = {"domain": domain} if domain else {}
        asked, datum = Nominatim(user_agent="pingan-atlas", **options), Datum.WGS84
    ask = RateLimiter(asked.geocode, min_delay_seconds=SECONDS_BETWEEN)

    def service(text: str) -> OnlinePlace | None:
        found = ask(text)
        if found is None:
            return None
        radius = _vouched_m(found.raw)
        return OnlinePlace(found.longitude, found.latitude, datum.value, radius)

    return service


def service_from_environment(provider: str) -> Service:
    """The provider with the key and host of ``PINGAN_ONLINE_KEY`` and ``PINGAN_ONLINE_HOST``.

    Raises
    ------
    SettingsError
        See :func:`geopy_service`.
    """
    return geopy_service(
        provider,
        key=os.environ.get("PINGAN_ONLINE_KEY", ""),
        domain=os.environ.get("PINGAN_ONLINE_HOST", ""),
    )


def _vouched_m(raw: dict[str, Any]) -> float:
    """Half the diagonal of the box the service gives, else a cautious radius."""
    box = raw.get("boundingbox")
    if not box:
        return UNSTATED_R95_M
    south, north, west, east = (float(edge) for edge in box)
    middle = math.radians((south + north) / 2)
    return 111_320.0 * math.hypot(north - south, (east - west) * math.cos(middle)) / 2
