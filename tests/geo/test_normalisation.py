"""Scores and means against published composite indices: TAI, COINr's ASEM, SVI, INFORM."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.errors import FrameError
from geo.normalisation import (
    Aggregation,
    geometric_mean,
    goalposts,
    imd_exponential,
    log_ratio,
    min_max,
    percentile,
    z_score,
)


@pytest.fixture(scope="module")
def index_oracles() -> Path:
    folder = os.environ.get("PINGAN_REALDATA")
    if folder is None:
        pytest.skip("PINGAN_REALDATA is not set")
    return Path(folder) / "oracles/index"


SCORES = arrays(float, (3, 4), elements=st.floats(0, 100))
WEIGHTS = arrays(float, 4, elements=st.floats(0.1, 10))


def test_log_ratio_counts_doublings() -> None:
    scores = log_ratio([10, 20, 40, 80, 5, 2.5, 0], reference=10)
    assert scores.tolist() == [50, 75, 100, 100, 25, 0, 0]
    assert log_ratio([10, 20, 0], reference=10, direction=-1).tolist() == [50, 25, 100]
    assert np.isnan(log_ratio([np.nan], reference=10)).all()
    with pytest.raises(FrameError, match="positive"):
        log_ratio([1.0], reference=0.0)


def test_goalposts_clip_and_turn() -> None:
    scores = goalposts([-1, 0, 5, 10, 11], lowest=0, highest=10)
    assert scores.tolist() == [0, 0, 50, 100, 100]
    turned = goalposts([[1.0, 1.0]], lowest=0, highest=4, scale=(0, 1), direction=[1, -1])
    assert turned.tolist() == [[0.25, 0.75]]
    with pytest.raises(FrameError, match="lowest < highest"):
        goalposts([1.0], lowest=2, highest=2)


def test_min_max_spans_the_scale_and_centres_a_flat_column() -> None:
    scores = min_max([[1, 7], [2, 7], [3, 7]])
    assert scores.tolist() == [[0, 50], [50, 50], [100, 50]]


def test_percentile_is_that_of_the_social_vulnerability_index() -> None:
    expected = [0.4286, 0, 0.5714, 0, 0.7143, 1, 0.2857, 0.8571]
    assert percentile([3, 1, 4, 1, 5, 9, 2, 6]) == pytest.approx(expected, abs=5e-5)
    assert percentile([3.0]).tolist() == [0]


def test_exponential_of_the_deprivation_indices() -> None:
    expected = [0, 6.5177, 15.6468, 31.0091, 50.4267, 100]
    assert imd_exponential([0, 0.25, 0.5, 0.75, 0.9, 1]) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("pair", "expected"),
    [((9, 1), 6.490973), ((5, 5), 5), ((0, 0), 0), ((10, 10), 10), ((10, 0), 7.597469)],
)
def test_inform_inverted_geometric(pair: tuple[float, float], expected: float) -> None:
    mean = Aggregation.INFORM.combine(np.multiply(pair, 10.0), [1, 1]) / 10
    assert mean == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("aggregation", [Aggregation.INFORM, Aggregation.CUBIC])
def test_one_extreme_hazard_is_not_averaged_away(aggregation: Aggregation) -> None:
    extreme, even = aggregation.combine([[90, 10], [50, 50]], [1, 1])
    assert extreme > even
    assert geometric_mean([9, 1]) < geometric_mean([5, 5])  # the wrong way round for risk


@given(SCORES, WEIGHTS)
def test_means_lie_between_and_contributions_sum(
    scores: np.ndarray, weights: np.ndarray
) -> None:
    for aggregation in Aggregation:
        mean = aggregation.combine(scores, weights)
        assert (mean >= scores.min(axis=1) - 1e-9).all()
        assert (mean <= scores.max(axis=1) + 1e-9).all()
        parts = aggregation.contributions(scores, weights)
        assert parts.sum(axis=1) == pytest.approx(mean, abs=1e-9)
        assert aggregation.combine(scores, weights * 7) == pytest.approx(mean, abs=1e-9)


def test_domains_that_do_not_apply_leave_their_weight_to_the_others() -> None:
    scores = [[80.0, np.nan, 20.0], [np.nan, np.nan, np.nan]]
    mean = Aggregation.ARITHMETIC.combine(scores, [1, 5, 3])
    assert mean[0] == 35.0
    assert np.isnan(mean[1])
    parts = Aggregation.ARITHMETIC.contributions(scores, [1, 5, 3])
    assert parts[0, [0, 2]].tolist() == [20, 15]
    assert np.isnan(parts[0, 1])


def test_technology_achievement_index(index_oracles: Path) -> None:
    """Human Development Report 2001: 22 of 23 leaders; Singapore's own data give .597."""
    data = pd.read_csv(index_oracles / "tai.csv", index_col="country")
    published = pd.read_csv(index_oracles / "tai_23.csv", index_col=0)["published"]
    highest = np.array([994, 272.6, 232.4, 80.8, np.log10(901), np.log10(6969), 12, 27.4])
    lowest = np.array([0, 0, 0, 0, 0, np.log10(22), 0.8, 0.1])
    scores = goalposts(data.to_numpy(), lowest=lowest, highest=highest, scale=(0, 1))
    index = pd.Series(scores.mean(axis=1), data.index)[published.index]
    close = (index - published).abs() <= 0.0014 + 5e-5
    assert close.sum() == 22
    assert close.index[~close].tolist() == ["Singapore"]


def test_technology_achievement_variants(index_oracles: Path) -> None:
    leaders = pd.read_csv(index_oracles / "tai.csv", index_col="country").head(23).to_numpy()
    variants = pd.read_csv(index_oracles / "tai_variants_23.csv", index_col="country")
    arithmetic = min_max(leaders, scale=(0, 1)).mean(axis=1)
    assert arithmetic == pytest.approx(variants["minmax_arith"].to_numpy(), abs=5e-7)
    standard = z_score(leaders).mean(axis=1)
    assert standard == pytest.approx(variants["z_arith"].to_numpy(), abs=5e-7)
    geometric = geometric_mean(min_max(leaders, scale=(1, 100)))
    assert geometric == pytest.approx(variants["geo(1..100)"].to_numpy(), abs=5e-7)
    assert (geometric > geometric[4]).sum() == 14  # Korea: fifth by the sum, fifteenth here


def test_asem_index_step_by_step(index_oracles: Path) -> None:
    """Sustainable connectivity of 51 countries as COINr 1.1.14 makes it, level by level."""
    treated = pd.read_csv(index_oracles / "coinr_asem_treated.csv", index_col="uCode")
    expected = pd.read_csv(index_oracles / "coinr_asem_aggregated.csv", index_col="uCode")
    published = pd.read_csv(index_oracles / "coinr_asem_results.csv", index_col="uCode")
    meta = pd.read_csv(index_oracles / "coinr_asem_imeta.csv").dropna(subset=["Level"])
    meta = meta.set_index("iCode")
    own = meta.loc[treated.columns]
    direction = own["Direction"].astype(int).to_numpy()
    values = pd.DataFrame(
        min_max(treated.to_numpy(), direction=direction), treated.index, treated.columns
    )
    normalised = pd.read_csv(index_oracles / "coinr_asem_normalised.csv", index_col="uCode")
    assert np.abs(values - normalised[values.columns]).max().max() < 1e-12
    owed = {}  # points of each indicator in the level reached so far
    share = pd.Series(1.0, own.index)
    for level in (2, 3, 4):
        for code in meta.index[meta["Level"] == level]:
            below = meta.index[meta["Parent"] == code]
            weights = meta.loc[below, "Weight"].to_numpy()
            values[code] = Aggregation.ARITHMETIC.combine(values[below].to_numpy(), weights)
            parts = Aggregation.ARITHMETIC.contributions(values[below].to_numpy(), weights)
            assert parts.sum(axis=1) == pytest.approx(values[code].to_numpy(), abs=2e-14)
            owed |= dict(zip(below, weights / weights.sum(), strict=True))
    assert np.abs(values[expected.columns] - expected).max().max() < 1e-12
    assert values.loc["CHE", "Index"] == pytest.approx(68.383724, abs=5e-7)
    assert values.loc["RUS", "Index"] == pytest.approx(35.655545, abs=5e-7)
    ranks = values["Index"].rank(ascending=False)
    assert (ranks.loc[published.index] == published["Rank"]).all()
    for code in own.index:
        at = code
        while at != "Index":
            share[code] *= owed[at]
            at = meta.loc[at, "Parent"]
    contributions = values[own.index] * share
    assert np.abs(contributions.sum(axis=1) - values["Index"]).max() < 5e-14


def test_asem_geometric_variant(index_oracles: Path) -> None:
    treated = pd.read_csv(index_oracles / "coinr_asem_treated.csv", index_col="uCode")
    meta = pd.read_csv(index_oracles / "coinr_asem_imeta.csv").dropna(subset=["Level"])
    meta = meta.set_index("iCode")
    direction = meta.loc[treated.columns, "Direction"].astype(int).to_numpy()
    values = pd.DataFrame(
        min_max(treated.to_numpy(), scale=(1, 100), direction=direction),
        treated.index,
        treated.columns,
    )
    for level in (2, 3, 4):
        for code in meta.index[meta["Level"] == level]:
            below = meta.index[meta["Parent"] == code]
            values[code] = geometric_mean(values[below], weights=meta.loc[below, "Weight"])
    expected = {"CHE": 58.006314, "DNK": 56.923842, "BEL": 56.081825}
    assert values.loc[list(expected), "Index"].to_dict() == pytest.approx(expected, abs=5e-7)
