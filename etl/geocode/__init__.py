"""Places for texts: the protocol and the region's own cascade."""

from etl.geocode.cascade import Cascade
from etl.geocode.gazetteer import Gazetteer
from etl.geocode.protocol import Answer, Candidate, Geocoder, Placed, PlaceStatus
from etl.geocode.villages import AcceptRule

__all__ = [
    "AcceptRule",
    "Answer",
    "Candidate",
    "Cascade",
    "Gazetteer",
    "Geocoder",
    "PlaceStatus",
    "Placed",
]
