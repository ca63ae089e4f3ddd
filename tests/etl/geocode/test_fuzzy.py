from __future__ import annotations

import json

import numpy as np
import pytest

from etl.geocode import names
from etl.geocode.fuzzy import NameMatcher
from etl.geocode.noise import KINDS, noisy_addresses


@pytest.fixture(scope="module")
def noisy(yuzhou):
    """What became of one seed of noise, as parallel arrays."""
    written = noisy_addresses(yuzhou.gazetteer, seed=20)
    placed = yuzhou.locate([one.text for one in written])
    accepted = (placed.status == "accepted") & np.array(
        [code is not None for code in placed.place_code]
    )
    first = [json.loads(one)[0]["place_code"] if one else None for one in placed.candidates]
    truth = np.array([one.place_code for one in written])
    best = np.where(accepted, placed.place_code, np.array(first, dtype=object))
    kind = np.array([one.kind for one in written])
    return kind, accepted, accepted & (placed.place_code == truth), best == truth


def test_the_noise_covers_all_villages_and_kinds(yuzhou):
    written = noisy_addresses(yuzhou.gazetteer, seed=1)
    assert {one.kind for one in written} == set(KINDS)
    assert len({one.place_code for one in written}) == 678
    assert written == noisy_addresses(yuzhou.gazetteer, seed=1)
    assert written != noisy_addresses(yuzhou.gazetteer, seed=2)


def test_most_noisy_addresses_are_accepted_and_nearly_all_of_these_are_right(noisy):
    _, accepted, right, best = noisy
    assert accepted.mean() >= 0.94
    assert right.sum() / accepted.sum() >= 0.998
    assert best.mean() >= 0.98


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("clean", 1.0),
        ("suffix", 1.0),
        ("no_type_word", 1.0),
        ("homophone", 0.99),
        ("swap", 0.97),
    ],
)
def test_kinds_of_noise(noisy, kind, share):
    kinds, accepted, right, _ = noisy
    here = kinds == kind
    assert right[here].mean() >= share
    assert right[here].sum() >= 0.998 * accepted[here].sum()


@pytest.fixture(scope="module")
def matcher():
    keys = ["神垕镇关爷庙村", "神垕镇苗家湾村", "方山镇张庄村", "方山镇王庄村"]
    nothing = np.zeros(len(keys))
    return NameMatcher(keys, np.arange(4), nothing, [(2, len(key) - 1) for key in keys])


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("神垕镇关爷庙村", 0),
        ("神后镇关爷庙村", 25),  # sounds alike
        ("神垕镇美爷庙村", 40),  # looks alike
        ("神垕镇关爷的村", 100),
        ("神垕关爷庙村", 15),  # a type word
        ("神垕镇关庙村", 60),
        ("神垕镇关爷爷庙村", 90),
        ("神垕镇爷关庙村", 35),
    ],
)
def test_costs(matcher, query, cost):
    ranking = matcher.rank([query])
    assert (ranking.key[0, 0], ranking.cost[0, 0]) == (0, cost)


def test_ranking_is_padded_and_ordered(matcher):
    ranking = matcher.rank(["方山镇李庄村", "神垕镇"], k=6)
    assert ranking.key.shape == (2, 6)
    assert set(ranking.key[0, :2]) == {2, 3}
    assert (ranking.key[:, 4:] == -1).all()
    assert np.isinf(ranking.cost[:, 4:]).all()
    assert (np.diff(ranking.cost[:, :4], axis=1) >= 0).all()
    assert matcher.rank([]).key.shape == (0, 5)


def test_one_owner_is_ranked_once():
    keys = ["张得镇大槐树赵村", "大槐树赵村", "张得镇孔楼村"]
    matcher = NameMatcher(
        keys, np.array([0, 0, 1]), np.array([0, 60, 0]), [(2, 7), (4,), (2, 5)]
    )
    ranking = matcher.rank(["大槐树赵村"])
    assert ranking.key[0].tolist() == [1, 2, -1, -1, -1]
    assert ranking.cost[0, 0] == 60


def test_readings():
    assert names.sound("神后") == names.sound("神垕")
    assert set(names.readings("长")) & set(names.readings("苌"))
    assert names.readings("K") == ("K",)
    assert len(names.sounds("长长", limit=3)) == 3


def test_spellings():
    full, stems = names.unit_spellings("褚河街道", ["褚河镇"])
    assert {"褚河街道", "褚河镇", "褚河乡", "褚河办", "褚河街道办事处"} <= full
    assert stems == {"褚河"}
    full, stems = names.village_spellings("扒村", [])
    assert "扒村" in full
    assert stems == set()  # one character is no name by itself
    assert names.normalise("（神垕镇） 关爷庙村，") == "神垕镇关爷庙村"
    assert names.normalise("臺中市") == "台中市"
