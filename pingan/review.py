"""Decisions from the dashboard, handed to the ETL: the two never import each other."""

from __future__ import annotations

from dashboard.intake import Option
from data.decisions import PlaceDecision, Verdict
from data.region import RegionPack
from data.store import Store
from etl.candidates import Options, PlaceOption
from etl.geocode import Cascade
from etl.review import decide
from geo.errors import StoreError
from geo.vocabulary import R95_M, MatchCode

# A click on a county's map is as sharp as a named point, never as a survey.
CLICKED = MatchCode.A2


class EtlReviewer:
    """The dashboard's way to decide on texts, over one store."""

    def __init__(self, store: Store, region: RegionPack) -> None:
        self._store = store
        self._region = region
        self._geocoder = Cascade(region)
        self._options = Options(region, self._geocoder)

    def options(self, text: str) -> list[PlaceOption]:
        """Places the text may mean, best first."""
        return self._options.of(text)

    def choose(self, text: str, option: Option, role: str) -> int:
        """Decide for an option; the number of rows brought in."""
        return self._decide(
            PlaceDecision(
                place_text=text,
                verdict=Verdict.PLACED.value,
                role=role,
                lon=option.lon,
                lat=option.lat,
                place_code=option.place_code,
                unit_code=option.unit_code,
                match_code=option.match_code,
                r95_m=option.r95_m,
            )
        )

    def point(self, text: str, lon: float, lat: float, role: str) -> int:
        """Decide for a point on the map; the number of rows brought in.

        Raises
        ------
        StoreError
            When the point lies outside every unit of the region.
        """
        unit = self._options.unit_at(lon, lat)
        if unit is None:
            raise StoreError("the point lies outside the region; choose one inside it")
        return self._decide(
            PlaceDecision(
                place_text=text,
                verdict=Verdict.PLACED.value,
                role=role,
                lon=lon,
                lat=lat,
                unit_code=unit,
                match_code=CLICKED.value,
                r95_m=R95_M[CLICKED],
            )
        )

    def dismiss(self, text: str, role: str) -> None:
        """Decide that the text is no place."""
        self._decide(
            PlaceDecision(place_text=text, verdict=Verdict.UNPLACEABLE.value, role=role)
        )

    def undo(self, decision_id: int) -> int:
        """Take a decision back; the number of rows that wait again."""
        return self._store.undo(decision_id).rows

    def _decide(self, decision: PlaceDecision) -> int:
        _, reports = decide(
            decision, store=self._store, region=self._region, geocoder=self._geocoder
        )
        return sum(report.accepted for report in reports)
