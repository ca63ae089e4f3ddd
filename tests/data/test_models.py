import re

import numpy as np
import pytest
import shapely
from sqlalchemy import Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from data.geometry import point_wkb
from data.models import RECORD_TABLES, Base, Incident, Unit, table
from geo.vocabulary import RecordKind

TABLES = Base.metadata.sorted_tables
NAMED = {"place", "unit", "site", "route", "hazard"}
PERSONAL = re.compile(
    r"person|victim|suspect|driver|owner|contact|id_?card|identity|passport|phone|mobile|"
    r"plate|licen[cs]e|birth|gender|sex$|^age$|ethnic|address|email|surname|full_?name|wechat"
)


@pytest.mark.parametrize("source", TABLES, ids=str)
def test_no_table_can_hold_a_person(source: Table) -> None:
    names = {column.name for column in source.columns}
    assert {name for name in names if PERSONAL.search(name)} == set()
    if source.name not in NAMED:
        assert not names & {"name", "name_en", "aliases"}


@pytest.mark.parametrize("source", TABLES, ids=str)
def test_the_same_models_serve_postgis(source: Table) -> None:
    ddl = str(CreateTable(source).compile(dialect=postgresql.dialect()))
    kinds = re.findall(r"geometry geometry\((\w+),4326\)", ddl)
    assert kinds == [c.type.kind for c in source.c if c.name == "geometry"]
    assert "BLOB" not in ddl


def test_geometry_is_converted_on_postgis_only() -> None:
    incident, unit = table(Incident), table(Unit)
    put, get = insert(incident).values(geometry=b"x"), select(unit.c.geometry)
    there, here = postgresql.dialect(), sqlite.dialect()
    assert "ST_GeomFromWKB(%(geometry)s, 4326)" in str(put.compile(dialect=there))
    assert "ST_AsBinary(unit.geometry)" in str(get.compile(dialect=there))
    assert "VALUES (?)" in str(put.compile(dialect=here))
    assert "ST_" not in str(get.compile(dialect=here))


def test_every_record_kind_has_a_table_with_its_key() -> None:
    assert set(RECORD_TABLES) == set(RecordKind)
    for source in RECORD_TABLES.values():
        unique = [[c.name for c in index.columns] for index in source.indexes if index.unique]
        assert unique == [["key_hash", "source"]]


def test_point_wkb_is_what_shapely_writes() -> None:
    lon, lat = np.array([113.25, np.nan, -0.0]), np.array([34.5, 1.0, 90.0])
    points = point_wkb(lon, lat)
    assert points[1] is None
    expected = shapely.to_wkb(shapely.points(lon[[0, 2]], lat[[0, 2]]), byte_order=1)
    assert points[[0, 2]].tolist() == expected.tolist()
