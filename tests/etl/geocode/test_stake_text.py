from __future__ import annotations

import csv
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.geocode.stake_text import parse_stakes, route_code, spoken_number


def read(text):
    (found,) = parse_stakes([text])
    if found is None:
        return None
    return found.route, *(None if math.isnan(m) else m for m in (found.from_m, found.to_m))


@pytest.mark.parametrize(
    ("text", "route", "start", "end"),
    [
        ("S237线K45+300处", "S237", 45_300, None),
        ("237省道45公里300米", "S237", 45_300, None),
        ("省道237线45公里加300米", "S237", 45_300, None),
        ("省道103线K86+500", "S103", 86_500, None),
        ("Ｓ２３７　Ｋ４５＋３００", "S237", 45_300, None),
        ("国道311 123公里", "G311", 123_000, None),
        ("X012 k8+050", "X012", 8_050, None),
        ("Y003乡道3公里", "Y003", 3_000, None),
        ("G1503 K9+9", "G1503", 9_009, None),
        ("G15W 常台高速282K-284K", "G15W", 282_000, 284_000),
        ("S103线12.5公里处", "S103", 12_500, None),
        ("二三七省道四十五公里三百米", "S237", 45_300, None),
        ("许洛线57至60公里+200米", None, 57_000, 60_200),
        ("0至15.5公里青南路", None, None, None),
        ("青南路0至15.5公里", None, 0, 15_500),
        ("G205线2456KM+000M-300M", "G205", 2_456_000, 2_456_300),
        ("K45+300-500", None, 45_300, 45_500),
        ("S329省道77公里加800米至66公里加400米", "S329", 77_800, 66_400),
        ("S10 绕城高速", "S10", None, None),
        ("嵩待线省道77公里", None, 77_000, None),
        ("台3線270.85公里", None, 270_850, None),
    ],
)
def test_every_way_of_writing(text, route, start, end):
    if start is None and route is None:
        assert read(text) is None
    else:
        assert read(text) == (route, start, end)


@pytest.mark.parametrize(
    "text",
    [
        "电话13800138000", "0374-8161234", "距县城12公里", "许洛公路向北3公里", "许禹路东3公里处",
        "限速60公里", "豫K12345", "神垕镇5公里", "第3组12号", "十里铺", "AK0+300", "", "57公里",
    ],
)  # fmt: skip
def test_what_is_no_stake(text):
    assert read(text) is None


def test_a_length_is_no_stake_of_the_route_it_follows():
    assert read("S237线全长12公里") == ("S237", None, None)
    assert read("S237线45公里长的路段") == ("S237", None, None)
    assert read("S103路西50米") == ("S103", None, None)


@given(st.integers(0, 9_998_999), st.integers(1, 1_000), st.sampled_from("GSX"))
def test_stakes_keep_their_order(metres, more, letter):
    first, second = (
        parse_stakes([f"{letter}237线K{m // 1000}+{m % 1000:03d}处"])[0]
        for m in (metres, metres + more)
    )
    assert first.from_m == metres
    assert second.from_m - first.from_m == more


@given(st.integers(0, 9_999), st.integers(0, 999), st.integers(0, 9_999), st.integers(0, 999))
def test_forms_agree(km, m, to_km, to_m):
    written = read(f"S237线K{km}+{m:03d}至K{to_km}+{to_m:03d}")
    spoken = read(f"237省道{km}公里{m}米至{to_km}公里{to_m}米")
    assert written == spoken == ("S237", km * 1000 + m, to_km * 1000 + to_m)


@given(st.integers(1, 9_999))
def test_chinese_numerals(number):
    words, rest = "", number
    for value, name in ((1000, "千"), (100, "百"), (10, "十")):
        digit, rest = divmod(rest, value)
        if digit:
            words += "零一二三四五六七八九"[digit] + name
        elif words and rest and not words.endswith("零"):
            words += "零"
    words = words.rstrip("零") if not rest else words
    words += "零一二三四五六七八九"[rest] if rest else ""
    assert spoken_number(words) == number


def test_codes_compare_by_number():
    assert route_code("X12") == route_code("X012")
    assert route_code("G15W") != route_code("G15")


def test_the_development_stakes(real_data):
    with (real_data / "oracles/roads/stakes_dev.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 28
    for row in rows:
        expected = tuple(row[name] for name in ("route", "stake_from_m", "stake_to_m"))
        found = read(row["text"])
        assert tuple("" if x is None else str(x).removesuffix(".0") for x in found) == expected
