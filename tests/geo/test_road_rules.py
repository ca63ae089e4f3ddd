"""The bundled table of rules, and how a wrong one is refused."""

from datetime import date

import pytest

from geo.errors import SettingsError
from geo.road_rules import Certainty, Measure, Op, Status, load_rules, parse_rules

RULE = """
[[rule]]
id = "own"
name = { zh = "本地规则", en = "Own rule" }
window_m = 500
window_years = 3
all_of = [{ measure = "accidents", op = ">=", n = 5 }]
clause = { zh = "五起", en = "five" }
source = "大队"
certainty = "verified"
status = "draft"
"""


def test_the_bundled_rules_are_those_of_their_sources():
    rules = {rule.id: rule for rule in load_rules()}
    said = {
        name: (
            r.window_m,
            r.window_years,
            *((c.measure.value, c.op.value, c.n) for c in r.all_of),
        )
        for name, r in rules.items()
    }
    infinite = float("inf")
    assert said == {
        "mps_500": (500, 1, ("fatal_accidents", ">=", 3)),
        "mps_2000": (2000, 1, ("fatal_accidents", ">=", 5)),
        "city_2008_1": (500, 3, ("accidents_ge3_deaths", ">=", 1)),
        "city_2008_2": (500, 3, ("accidents_ge3_deaths", ">=", 2)),
        "city_2008_3": (500, 3, ("fatal_accidents", ">=", 3)),
        "city_2008_4": (500, 3, ("general_accidents", ">=", 5)),
        "county_2008": (500, 3, ("accidents", ">=", 5)),
        "harbin_2006_1": (infinite, 2, ("deaths", ">=", 10)),
        "harbin_2006_2": (infinite, 2, ("deaths", ">=", 5)),
        "harbin_2006_frequent": (infinite, 2, ("injury_accidents", ">=", 20)),
        "korea_point_fatal": (300, 3, ("fatal_accidents", ">=", 3)),
        "korea_point_serious": (300, 3, ("serious_or_fatal_accidents", ">=", 10)),
        "korea_section_urban_fatal": (600, 3, ("fatal_accidents", ">=", 3)),
        "korea_section_urban_serious": (600, 3, ("serious_or_fatal_accidents", ">=", 10)),
        "korea_section_rural_fatal": (1000, 3, ("fatal_accidents", ">=", 3)),
        "korea_section_rural_serious": (1000, 3, ("serious_or_fatal_accidents", ">=", 10)),
        "korea_frequent_point": (100, 3, ("accidents", ">=", 5)),
        "flanders": (100, 3, ("injury_accidents", ">=", 3), ("weighted", ">=", 15)),
        "norway_point": (100, 5, ("injury_accidents", ">=", 4)),
        "norway_section": (1000, 5, ("injury_accidents", ">=", 10)),
        "portugal": (200, 1, ("accidents", ">=", 5), ("weighted", ">", 20)),
    }
    assert rules["korea_point_fatal"].radius_m == 150
    assert rules["flanders"].weights.vulnerable_factor == 1.7


def test_no_bundled_rule_claims_more_than_its_source():
    for rule in load_rules():
        is_foreign = rule.family.startswith(("korea", "flanders"))
        assert (rule.status is Status.CONFIRMED) == is_foreign
        assert set(rule.name) == set(rule.clause) == {"zh", "en"}
    uncertain = {rule.id for rule in load_rules() if rule.certainty is Certainty.CITED}
    assert uncertain == {"mps_500", "mps_2000"}
    unstated = {rule.family for rule in load_rules() if not rule.is_length_stated}
    assert unstated == {"city_2008", "flanders"}


def test_a_file_replaces_the_bundled_rules(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(RULE, encoding="utf-8")
    (rule,) = load_rules(path)
    assert rule.name["zh"] == "本地规则"
    assert rule.family == "own"
    assert rule.all_of[0].measure is Measure.ACCIDENTS
    assert rule.all_of[0].op is Op.AT_LEAST
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read"):
        load_rules(tmp_path / "none.toml")


def test_a_rule_is_in_force_from_its_first_day_to_before_its_last():
    dated = RULE + "valid_from = 2020-01-01\nvalid_to = 2021-01-01\n"
    (rule,) = parse_rules(dated.encode(), name="r")
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2020, 12, 31), date(2021, 1, 1)]
    assert [rule.in_force(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("window_m = 500", "windw_m = 500", "give one of window_m, radius_m"),
        ("window_m = 500", "window_m = 500\nradius_m = 9", "give one of"),
        ("window_m = 500", "window_m = -5", "window_m must be above zero, not -5"),
        ("window_m = 500", 'window_m = "500"', "window_m = '500' is of the wrong type"),
        ("window_m = 500", "window_m = true", "window_m = True is of the wrong type"),
        ("window_years = 3", "window_years = 0", "window_years must be 1 or more, not 0"),
        ('source = "大队"', "", "source is missing"),
        ('source = "大队"', 'source = "大队"\ncolour = "red"', "unknown key 'colour'; allowed"),
        ('measure = "accidents"', 'measure = "crashes"', "'crashes' is not one of accidents, "),
        ('op = ">="', 'op = "<"', "op = '<' is not one of >=, >"),
        ("n = 5", "n = 0", "n must be above zero"),
        ("[{ measure", "[{ speed = 3, measure", "unknown key 'speed'"),
        ('[{ measure = "accidents", op = ">=", n = 5 }]', "[]", "at least one condition"),
        ('measure = "accidents"', 'measure = "weighted"', "belong together"),
        ('status = "draft"', 'status = "confirmed"\nfoo = 1', "unknown key 'foo'"),
        (
            'certainty = "verified"',
            'certainty = "cited"\narea = "sea"',
            "one of any, urban, rural",
        ),
        (
            '{ zh = "五起", en = "five" }',
            '{ zh = "五起" }',
            "clause must be a text in zh and in en",
        ),
        ("[[rule]]", 'title = "x"\n[[rule]]', "unknown key 'title'"),
        ("[[rule]]", "[[rule", "not a TOML file"),
        ('status = "draft"', 'status = "draft"\nroad_classes = [1]', "list of texts"),
    ],
)
def test_a_wrong_rule_says_what_is_wrong_in_one_line(old, new, message):
    with pytest.raises(SettingsError) as caught:
        parse_rules(RULE.replace(old, new, 1).encode(), name="rules.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("rules.toml")
    assert "\n" not in str(caught.value)


def test_what_nobody_has_read_cannot_be_confirmed():
    text = RULE.replace('"draft"', '"confirmed"').replace('"verified"', '"cited"')
    with pytest.raises(SettingsError, match="confirmed rule must be verified"):
        parse_rules(text.encode(), name="r")


def test_an_id_stands_once():
    with pytest.raises(SettingsError, match="rule own stands twice"):
        parse_rules((RULE + RULE).encode(), name="r")
