"""The contest as text: what is read, and every fault as one line."""

from importlib.resources import files

import pytest

from geo.contest_definition import Band, ContestDefinition, Kind
from geo.errors import SettingsError

TEXT = files("geo").joinpath("contest_default.toml").read_text(encoding="utf-8")


def test_the_bundled_contest() -> None:
    contest = ContestDefinition.default()
    assert [(each.id, each.weight) for each in contest.sections] == [
        ("safety", 40),
        ("petition", 20),
        ("order", 40),
    ]
    assert (contest.full_score, contest.pass_score, contest.pot_yuan) == (100, 80, 10_000_000)
    assert [(each.id, each.quota) for each in contest.groups] == [
        ("township", 10),
        ("bureau", 10),
        ("village", None),
    ]
    assert [(each.measure, each.at_least) for each in contest.vetoes] == [
        ("accident", 3),
        ("homicide_unsolved", 1),
    ]
    items = {item.id: item for section in contest.sections for item in section.items}
    assert {item.kind for item in items.values()} == set(Kind)
    assert items["safety_feeling"].bands == (Band(96, 0.25), Band(90, 0.5))
    assert items["accident"].bands[1:] == (Band(3, 5), Band(6, 10), Band(10, 30))


def test_petition_volume_is_not_marked() -> None:
    measures = [i.measure for s in ContestDefinition.default().sections for i in s.items]
    assert not [measure for measure in measures if "petition" in measure]


def test_each_item_says_where_it_comes_from() -> None:
    assert all(i.source for s in ContestDefinition.default().sections for i in s.items)


def test_the_digest_is_of_the_content() -> None:
    contest = ContestDefinition.default()
    assert ContestDefinition.from_toml("# other words\n" + TEXT).digest == contest.digest
    changed = TEXT.replace("points = 0.5 }", "points = 0.6 }")
    assert ContestDefinition.from_toml(changed).digest != contest.digest


def test_group_by_id() -> None:
    assert ContestDefinition.default().group("village").prize_yuan == 15_000


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[contest]", "[contest", "not readable as TOML"),
        ("pass_score = 80.0", "", "'pass_score' is missing"),
        ("pass_score = 80.0", "pass_score = 101.0", "must lie in 0–100"),
        ("pot_yuan = 10_000_000", "pot_yuan = 1.5", "pot_yuan must be a whole number"),
        ("version = 1", "version = 0", "version must be a whole number from 1"),
        ("weight = 20.0", "weight = 0", "weight must be a number from"),
        ('kind = "peers"', 'kind = "envy"', "kind must be one of events, peers"),
        ("per_percent = 1.0", "", "item preventable_crime: 'per_percent' is missing"),
        ("per_percent = 1.0", "per_percent = 1.0\nplaces = 2", "'places' is unknown"),
        ("special_factor = 2.0 #", "special_factor = 0.5 #", "special_factor must be a number"),
        ("cap = 5.0", "cap = 0", "cap must be a number"),
        ("{ below = 96.0", "{ below = 80.0", "limits of its bands must fall"),
        ("{ above = 10.0", "{ above = 30.0", "limits of its bands must rise"),
        ("{ at_least = 6", "{ at_least = 3", "limits of its bands must rise"),
        ("{ above = 10.0", "{ below = 10.0", "'above' is missing"),
        ('groups = ["township"]', 'groups = ["town"]', "group 'town' does not exist"),
        ('id = "fire_change"', 'id = "accident"', "id 'accident' is used twice"),
        ('id = "bureau"', 'id = "township"', "id 'township' is used twice"),
        ('id = "village"', 'id = "Village"', "must be lower-case"),
        ("is_recommended = true", 'is_recommended = "yes"', "must be true or false"),
        ("quota = 10", "quota = -1", "quota must be a whole number from 0"),
        ("places = 2", "places = 0", "places must be a whole number from 1"),
        ('name = { zh = "平安杯", en = "Safety Cup" }', 'name = "cup"', "name must be like"),
    ],
)
def test_faults(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(SettingsError, match=message) as caught:
        ContestDefinition.from_toml(TEXT.replace(old, new, 1))
    assert "\n" not in str(caught.value).strip()


def test_a_contest_may_do_without_vetoes() -> None:
    start, end = TEXT.index("[[veto]]"), TEXT.index("# -------")
    assert ContestDefinition.from_toml(TEXT[:start] + TEXT[end:]).vetoes == ()
