from __future__ import annotations

import pytest

from etl.profile import Profile, profile_names
from geo.errors import ProfileError

MINIMAL = """
kind = "incidents"
[constants]
category = "assault"
[time]
column = "t"
"""


def parse(extra="", base=MINIMAL):
    return Profile.parse(base + extra, name="p")


@pytest.mark.parametrize("name", profile_names())
def test_built_in_profiles_are_right(name):
    profile = Profile.open(name)
    assert profile.name == name
    assert {"zh", "en"} <= set(profile.title)
    assert profile.source
    assert profile.licence
    assert profile.is_demo == name.startswith("demo_")


def test_defaults():
    profile = parse()
    assert profile.source == "p"
    assert profile.time.formats == ("auto",)
    assert profile.reject_share == 0.5
    assert profile.source_columns == ("t",)


def test_digest_follows_the_meaning_not_the_layout():
    same = Profile.parse(
        "# note\n" + MINIMAL.replace('column = "t"', 'column="t" # x'), name="p"
    )
    assert same.digest == parse().digest
    assert parse('formats = ["%Y"]').digest != parse().digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind = [", "not TOML"),
        ("", "kind is missing; one of incidents, sites"),
        ('kind = "crimes"', "'crimes' is not one of incidents"),
        ('kind = "incidents"', "category needs an entry"),
        ('kind = "incidents"\n[constants]\ncategory = "assault"', "need a [time] section"),
        ('kind = "sites"\n[constants]\nsite_kind = "shop"', "'shop' is not one of coal_mine"),
        ('kind = "sites"\n[constants]\nsite_kind = "school"', "name needs an entry"),
        (MINIMAL + "[colums]", "unknown key 'colums'; allowed are name, kind"),
        (MINIMAL + 'zone = "Mars/Base"', "unknown zone 'Mars/Base'"),
        (MINIMAL + 'formats = ["%Q"]', "unknown directive %Q"),
        (MINIMAL + 'precision = "second"', "is not one of minute, hour, day"),
        (MINIMAL + 'parts = { hour = "h" }', "either column or parts"),
        (MINIMAL.replace('column = "t"', 'parts = { hour = "h" }'), "parts need date, or year"),
        (MINIMAL + '[coordinates]\nlon = "x"\nlat = "y"', "datum is missing; one of wgs84"),
        (
            MINIMAL + '[coordinates]\nlon = "x"\nlat = "y"\ndatum = "mars"',
            "unknown datum 'mars'",
        ),
        (MINIMAL + '[coordinates]\nlon = "x"\ndatum = "wgs84"', "lon and lat go together"),
        (MINIMAL + '[coordinates]\ndatum = "wgs84"', "give lon and lat, or text, or geometry"),
        (MINIMAL + '[coordinates]\ntext = "x"\ndatum = "file"', "needs geometry = true"),
        (MINIMAL + '[codes.category.values]\na = "murder"', "'murder' is not one of"),
        (MINIMAL + '[codes.colour]\ndefault = "red"', "unknown field 'colour'"),
        (MINIMAL + '[columns]\ncategory = "c"', "both [columns] and [constants]"),
        (MINIMAL + "[columns]\ndeaths = 3", "deaths must be a text or a list of texts"),
        (MINIMAL + '[casualties]\ncolumn = "c"', "column and pattern go together"),
        (MINIMAL + '[casualties]\ncolumn = "c"\npattern = "("', "no regular expression"),
        (MINIMAL + '[casualties]\ncolumn = "c"\npattern = "x"', "groups deaths and injured"),
        (MINIMAL + "[key]\nfold = true", "fold needs columns"),
        (MINIMAL + "[key]\nfold = 1", "fold must be true or false"),
        (MINIMAL + "[limits]\nreject_share = 1.5", "reject_share must be above 0"),
        (MINIMAL + '[[refuse]]\npattern = "x"', "reason is missing"),
        (MINIMAL + '[severity]\nrule = "dice"', "is not one of casualties, category"),
        (MINIMAL + '[severity.by_category]\nassault = "bad"', "'bad' is not one of unknown"),
        (MINIMAL + '[attributes]\nwho = "报警人电话"', "'报警人电话' describes persons"),
        (MINIMAL + '[attributes]\na = "b"\n[drop]\ncolumns = ["b"]', "'b' describes persons"),
        (MINIMAL + '[file]\nformat = "pdf"', "'pdf' is not one of csv"),
        (MINIMAL + "[file]\nas_of_pattern = '(?P<year>x)'", "groups year, month and day"),
    ],
)
def test_what_is_wrong_is_named(text, told):
    with pytest.raises(ProfileError) as caught:
        Profile.parse(text, name="p")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_open_by_path_and_by_name(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL, encoding="utf-8-sig")
    assert Profile.open(path).name == "mine"
    with pytest.raises(ProfileError, match="built in are"):
        Profile.open("nothing")
    with pytest.raises(ProfileError, match="check the path"):
        Profile.open(tmp_path / "other.toml")
    path.write_bytes("标题".encode("gb18030"))
    with pytest.raises(ProfileError, match="UTF-8"):
        Profile.open(path)
