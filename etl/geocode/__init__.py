"""Places for texts: the protocol and its first implementation."""

from etl.geocode.gazetteer import Gazetteer
from etl.geocode.protocol import Geocoder, Placed, PlaceStatus

__all__ = ["Gazetteer", "Geocoder", "PlaceStatus", "Placed"]
