"""The definition file: the bundled one, round trips, checksums, one-line refusals."""

import re
from dataclasses import replace

import numpy as np
import pytest

from geo.errors import SettingsError
from geo.index_definition import IndexDefinition, Reference
from geo.normalisation import Aggregation
from geo.training import DISCOVERED_CATEGORIES
from geo.vocabulary import CATEGORY_CODES, Severity

SMALL = """
[index]
id = "small"
version = 3
name = { zh = "小", en = "Small" }
aggregation = "inform"
[grades]
yellow = 50
orange = 62.5
red = 75
[[domain]]
id = "traffic"
name = { zh = "交通", en = "Traffic" }
weight = 2
denominators = ["vehicle_km", "road_km"]
[[domain.indicator]]
id = "crash_fatal"
name = { zh = "亡人", en = "Fatal" }
harm = 1095
categories = ["crash_vehicle"]
severities = ["serious", "major"]
[[domain.indicator]]
id = "crash_other"
name = { zh = "其他", en = "Other" }
harm = 30
categories = ["crash_pedestrian"]
[[domain]]
id = "checks"
name = { zh = "检查", en = "Checks" }
weight = 1
direction = -1
denominators = ["key_sites"]
[[domain.indicator]]
id = "fire_checks"
name = { zh = "检查", en = "Checks" }
harm = 1
categories = ["fire"]
"""
REFERENCE = Reference(
    period="2009",
    denominators={"traffic": "road_km", "checks": "key_sites"},
    harm_rates={"traffic": 12.25, "checks": 1e-05},
)


def test_the_bundled_definition() -> None:
    definition = IndexDefinition.default()
    assert [domain.names["zh"] for domain in definition.domains] == [
        "交通",
        "治安",
        "矿山工贸",
        "重点场所",
    ]
    assert definition.reference is None
    assert definition.aggregation is Aggregation.ARITHMETIC
    assert definition.cuts == (50.0, 62.5, 75.0)
    units, severities = len(CATEGORY_CODES), len(Severity)
    category, severity = (grid.ravel() for grid in np.mgrid[:units, :severities])
    counted = definition.counts(np.zeros(len(category)), category, severity, units=1)
    left_out = len(DISCOVERED_CATEGORIES) * severities
    assert counted.sum() == len(category) - left_out
    assert (counted > 0).all()


def test_reading() -> None:
    definition = IndexDefinition.from_toml(SMALL)
    assert (definition.id, definition.version) == ("small", 3)
    assert definition.aggregation is Aggregation.INFORM
    assert [domain.direction for domain in definition.domains] == [1, -1]
    assert definition.domains[0].denominators == ("vehicle_km", "road_km")
    assert [indicator.harm for indicator in definition.indicators] == [1095, 30, 1]
    assert len(definition.indicators[1].severities) == len(Severity)


def test_counts_by_unit_and_indicator() -> None:
    definition = IndexDefinition.from_toml(SMALL)
    code = CATEGORY_CODES.index
    category = [code("crash_vehicle")] * 3 + [
        code("crash_pedestrian"),
        code("theft"),
        code("fire"),
    ]
    severity = [3, 4, 1, 0, 2, 2]
    counts = definition.counts([0, 0, 0, 1, 1, -1], category, severity, units=3)
    assert counts.tolist() == [[2, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_round_trip_with_reference() -> None:
    definition = IndexDefinition.from_toml(SMALL).with_reference(REFERENCE)
    again = IndexDefinition.from_toml(definition.to_toml())
    assert again == definition
    assert again.digest == definition.digest
    assert again.reference == REFERENCE


def test_the_digest_names_what_bears_on_the_numbers() -> None:
    definition = IndexDefinition.from_toml(SMALL)
    assert re.fullmatch("[0-9a-f]{64}", definition.digest)
    assert IndexDefinition.from_toml("# a remark\n" + SMALL).digest == definition.digest
    changed = {
        IndexDefinition.from_toml(SMALL.replace(old, new)).digest
        for old, new in [
            ("harm = 30", "harm = 31"),
            ("weight = 2", "weight = 2.5"),
            ("red = 75", "red = 76"),
            ('"inform"', '"cubic"'),
            ("version = 3", "version = 4"),
            ("direction = -1", "direction = 1"),
            ('["serious", "major"]', '["major"]'),
        ]
    }
    changed.add(definition.with_reference(REFERENCE).digest)
    assert len(changed | {definition.digest}) == 9


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[index]", "[index", "not readable as TOML"),
        ('id = "small"', 'id = "Small one"', "lower-case"),
        ("version = 3", "version = 0", "whole number"),
        ("version = 3", "version = true", "whole number"),
        ('"inform"', '"median"', "aggregation must be one of arithmetic, inform, cubic"),
        ("version = 3", "version = 3\ncolour = 1", "'colour' is unknown"),
        ("weight = 2\n", "", "'weight' is missing"),
        ("weight = 2", "weight = -1", "number from 0"),
        ("weight = 2", 'weight = "2"', "must be a number"),
        ("harm = 30", "harm = 0", "harm must be a number"),
        ("harm = 30", "harm = inf", "harm must be a number"),
        ("direction = -1", "direction = 0", "1 or -1"),
        ('["crash_pedestrian"]', '["crash"]', "category 'crash' does not exist"),
        ('["serious", "major"]', '["grave"]', "severity 'grave' does not exist"),
        ('["serious", "major"]', '["major", "major"]', "twice"),
        ('["crash_pedestrian"]', '["crash_vehicle"]', "counted already"),
        ('id = "crash_other"', 'id = "crash_fatal"', "used twice"),
        ('id = "checks"', 'id = "traffic"', "used twice"),
        ("orange = 62.5", "orange = 80", "yellow < orange < red"),
        ('{ zh = "小", en = "Small" }', '"Small"', "name must be like"),
        ('["key_sites"]', "[]", "one or more"),
    ],
)
def test_refusals_are_one_line(old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        IndexDefinition.from_toml(SMALL.replace(old, new, 1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"harm_rates": {"traffic": 0.0, "checks": 1.0}}, "positive"),
        ({"denominators": {"traffic": "people", "checks": "key_sites"}}, "no denominator"),
        ({"denominators": {"traffic": "road_km"}}, "same domains"),
        (
            {"harm_rates": {"mine": 1.0}, "denominators": {"mine": "road_km"}},
            "'mine' is no domain",
        ),
    ],
)
def test_references_are_checked(change: dict[str, dict[str, float]], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        IndexDefinition.from_toml(SMALL).with_reference(replace(REFERENCE, **change))
