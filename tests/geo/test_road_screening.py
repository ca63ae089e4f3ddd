"""Screening of a network: its forecast holds, its list is what it says."""

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.road_screening import Screening, ScreeningRules, screen
from geo.window_list import list_optimism

ROUTES, PER_ROUTE = 40, 100
WITHOUT_DRAWS = ScreeningRules(step_m=500.0, chance_runs=0, rank_draws=0, optimism_runs=0)


def network(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """4,000 windows of 500 m on 2,000 km with class-dependent traffic, and their true means.

    Three years bring some 1,050 accidents; windows of equal prediction differ with k = 0.7.
    """
    road_class = np.repeat(rng.choice(4, ROUTES, p=[0.1, 0.2, 0.3, 0.4]), PER_ROUTE)
    log_aadt = np.log(np.array([5000, 3000, 1500, 700]))[road_class]
    log_aadt = log_aadt + np.repeat(rng.normal(0, 0.4, ROUTES * 5), PER_ROUTE // 5)
    mean = np.exp(np.array([0.0, 0.2, 0.3, 0.1])[road_class] + 0.8 * log_aadt)
    mean *= 1050 / mean.sum()
    segments = pd.DataFrame(
        {
            "route_code": np.repeat([f"R{i:02d}" for i in range(ROUTES)], PER_ROUTE),
            "from_chain_m": np.tile(np.arange(PER_ROUTE) * 500.0, ROUTES),
            "road_class": np.array(["G", "S", "X", "Y"])[road_class],
            "is_urban": False,
            "aadt": np.exp(log_aadt),
        }
    )
    segments["to_chain_m"] = segments["from_chain_m"] + 500
    return segments, mean * rng.gamma(1 / 0.7, 0.7, len(mean))


def accidents(
    segments: pd.DataFrame, true_mean: np.ndarray, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    count = rng.poisson(true_mean)
    at = np.repeat(np.arange(len(count)), count)
    events = pd.DataFrame(
        {
            "route_code": segments["route_code"].to_numpy()[at],
            "chain_m": segments["from_chain_m"].to_numpy()[at] + rng.uniform(0, 500, len(at)),
            "deaths": rng.random(len(at)) < 0.1,
            "serious": np.where(rng.random(len(at)) < 0.2, 1.0, np.nan),
            "injured": rng.integers(0, 3, len(at)),
        }
    )
    return events, count


@lru_cache(maxsize=1)
def example() -> tuple[pd.DataFrame, pd.DataFrame, Screening]:
    rng = np.random.default_rng(1)
    segments, true_mean = network(rng)
    events, _ = accidents(segments, true_mean, rng)
    rules = ScreeningRules(chance_runs=99, rank_draws=200, optimism_runs=10)
    return events, segments, screen(events, segments, years=3.0, rules=rules)


def test_the_list_keeps_its_promise_where_the_plain_count_does_not() -> None:
    promised, true, plain, plain_true = [], [], [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        segments, true_mean = network(rng)
        events, count = accidents(segments, true_mean, rng)
        again = rng.poisson(true_mean)
        listed = screen(events, segments, years=3.0, rules=WITHOUT_DRAWS).sections().head(50)
        at = (
            listed["route_code"].str[1:].astype(int) * PER_ROUTE + listed["from_chain_m"] / 500
        ).astype(int)
        promised.append(listed["expected"].sum())
        true.append(again[at].sum())
        top = np.argsort(-count, kind="stable")[:50]
        plain.append(count[top].sum())
        plain_true.append(again[top].sum())
    assert np.mean(promised) == pytest.approx(np.mean(true), rel=0.10)
    assert np.mean(plain) > 2 * np.mean(plain_true)
    assert np.mean(true) > np.mean(plain_true)


def test_windows_chosen_among_overlapping_ones_need_the_correction() -> None:
    flattering, corrected, true = [], [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        segments, true_mean = network(rng)
        events, _ = accidents(segments, true_mean, rng)
        rules = ScreeningRules(chance_runs=0, rank_draws=0, optimism_runs=20)
        listed = screen(events, segments, years=3.0, rules=rules).sections().head(50)
        edges = np.arange(PER_ROUTE + 1) * 500.0
        running = np.zeros((ROUTES, PER_ROUTE + 1))
        running[:, 1:] = true_mean.reshape(ROUTES, PER_ROUTE).cumsum(axis=1)
        true.append(
            sum(
                np.interp(end, edges, running[route]) - np.interp(begin, edges, running[route])
                for route, begin, end in zip(
                    listed["route_code"].str[1:].astype(int),
                    listed["from_chain_m"],
                    listed["to_chain_m"],
                    strict=True,
                )
            )
        )
        flattering.append(listed["expected"].sum())
        corrected.append(listed["forecast"].sum())
    assert np.mean(flattering) > 1.10 * np.mean(true)
    assert np.mean(corrected) == pytest.approx(np.mean(true), rel=0.10)


def test_fixed_windows_hardly_need_it() -> None:
    _, _, found = example()
    factors = list_optimism(found.prediction, window_m=500.0, step_m=500.0, runs=60)
    assert factors[:200] == pytest.approx(np.ones(200), abs=0.08)
    sliding = list_optimism(found.prediction, window_m=500.0, step_m=100.0, runs=20)
    assert sliding[0] < 0.92
    assert (list_optimism(found.prediction, window_m=500.0, step_m=500.0, runs=0) == 1).all()


@pytest.mark.parametrize(
    ("known", "basis"),
    [(["road_class", "is_urban"], "class_mean"), ([], "one_mean")],
)
def test_without_traffic_the_forecast_still_holds(known: list[str], basis: str) -> None:
    promised, true = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        segments, true_mean = network(rng)
        events, _ = accidents(segments, true_mean, rng)
        plain = segments[["route_code", "from_chain_m", "to_chain_m", *known]]
        found = screen(events, plain, years=3.0, rules=WITHOUT_DRAWS)
        listed = found.sections().head(50)
        at = listed["route_code"].str[1:].astype(int) * PER_ROUTE + listed["from_chain_m"] / 500
        promised.append(listed["expected"].sum())
        true.append(true_mean[at.astype(int)].sum())
        assert found.prediction.basis == basis
    # Less knowledge draws the best places too near to the mean: the promise is too small.
    assert -0.2 < np.mean(promised) / np.mean(true) - 1 < 0.05


def test_columns_agree_with_each_other() -> None:
    events, _, found = example()
    table = found.windows
    assert list(table.columns) == [
        "route_code", "from_chain_m", "to_chain_m", "peer_class", "observed", "predicted",
        "expected", "variance", "excess", "loss", "cv", "severity_score", "p_chance",
        "rank", "rank_low", "rank_high", "forecast",
    ]  # fmt: skip
    assert len(table) == ROUTES * (PER_ROUTE * 5 - 4)
    low = table[["observed", "predicted"]].min(axis=1)
    high = table[["observed", "predicted"]].max(axis=1)
    assert table["expected"].between(low - 1e-9, high + 1e-9).all()
    assert table["excess"].to_numpy() == pytest.approx(table["expected"] - table["predicted"])
    assert table["cv"].to_numpy() == pytest.approx(
        np.sqrt(table["variance"]) / table["expected"]
    )
    assert (table["severity_score"] <= 5 * table["observed"]).all()
    assert table["p_chance"].between(0.01, 1).all()
    assert (table.loc[table["observed"] < 2, "p_chance"] == 1).all()
    assert set(table["loss"]) <= {1, 2, 3, 4}
    assert (
        table.loc[table["loss"] == 4, "observed"] > table.loc[table["loss"] == 4, "predicted"]
    ).all()
    assert (found.outside, found.prediction.basis) == (0, "aadt")
    row = table.iloc[1234]
    inside = events["chain_m"].between(row["from_chain_m"], row["to_chain_m"], inclusive="left")
    assert row["observed"] == (inside & (events["route_code"] == row["route_code"])).sum()


def test_the_list_has_no_overlaps_and_its_ranks_are_right() -> None:
    _, _, found = example()
    listed = found.sections()
    assert (listed["expected"].diff().dropna() <= 1e-8).all()
    assert (listed["rank_low"] <= listed["rank"]).all()
    assert (listed["rank"] <= listed["rank_high"]).all()
    # The interval tells a sure place from an unsure one.
    width = listed["rank_high"] - listed["rank_low"]
    assert width.head(3).max() < width.iloc[200:].median()
    for _, road in listed.groupby("route_code"):
        along = road.sort_values("from_chain_m")
        assert (
            along["from_chain_m"].to_numpy()[1:] >= along["to_chain_m"].to_numpy()[:-1] - 1e-6
        ).all()
    best = found.windows["expected"].idxmax()
    assert found.windows.loc[best, "rank"] == 1


def test_ties_at_the_cut_are_kept() -> None:
    segments = pd.DataFrame(
        {"route_code": ["A"], "from_chain_m": [0.0], "to_chain_m": [5_000.0]}
    )
    events = pd.DataFrame(
        {
            "route_code": "A",
            "chain_m": [250.0] * 5 + [1250.0] * 3 + [2250.0] * 3 + [3250.0] * 3,
            "deaths": 0,
            "serious": np.nan,
            "injured": 1,
        }
    )
    found = screen(events, segments, years=1.0, rules=ScreeningRules(chance_runs=0))
    assert found.sections(1)["rank"].tolist() == [1]
    cut = found.sections(2)
    assert cut["rank"].tolist() == [1, 2, 2, 2]
    assert cut["observed"].tolist() == [5, 3, 3, 3]
    assert (cut["rank_high"] >= 2).all()


def test_excess_is_the_other_key_and_a_rate_is_none() -> None:
    events, segments, _ = example()
    rules = ScreeningRules(chance_runs=0, rank_draws=100, rank_by="excess")
    listed = screen(events, segments, years=3.0, rules=rules).sections()
    assert (listed["excess"].diff().dropna() <= 1e-8).all()
    assert (listed["rank_low"] <= listed["rank"]).all()
    with pytest.raises(FrameError, match="rank by expected or excess"):
        screen(events, segments, years=3.0, rules=ScreeningRules(rank_by="rate"))


def test_peaks_of_segments_are_inside_and_precise_where_they_say() -> None:
    _, segments, found = example()
    peaks = found.peaks()
    assert len(peaks) == len(segments)
    ordered = segments.sort_values(["route_code", "from_chain_m"])
    assert (peaks["from_chain_m"].to_numpy() >= ordered["from_chain_m"].to_numpy() - 1e-6).all()
    assert (peaks["to_chain_m"].to_numpy() <= ordered["to_chain_m"].to_numpy() + 1e-6).all()
    assert (peaks.loc[peaks["is_precise"], "cv"] <= 0.5).all()
    assert peaks["is_precise"].any()


def test_events_off_the_roads_are_told() -> None:
    events, segments, _ = example()
    stray = pd.concat([events, events.head(3).assign(route_code="Z9")], ignore_index=True)
    found = screen(stray, segments, years=3.0, rules=WITHOUT_DRAWS)
    assert found.outside == 3
    assert np.isnan(found.position_m[-3:]).all()
    assert found.windows["observed"].sum() == len(events)


@settings(deadline=None, max_examples=25)
@given(
    chain=st.lists(st.integers(0, 4_000), min_size=1, max_size=40),
    border=st.integers(300, 3_700),
    seed=st.integers(0, 99),
)
def test_any_small_county_can_be_screened(chain: list[int], border: int, seed: int) -> None:
    segments = pd.DataFrame(
        {
            "route_code": ["A", "A", "B"],
            "from_chain_m": [0.0, border, 0.0],
            "to_chain_m": [border, 4_000.0, 150.0],
            "road_class": ["S", "X", "X"],
            "is_urban": [True, False, False],
        }
    )
    events = pd.DataFrame(
        {"route_code": "A", "chain_m": chain, "deaths": 0, "serious": 0.0, "injured": 1}
    )
    rules = ScreeningRules(chance_runs=9, rank_draws=20, optimism_runs=2, seed=seed)
    found = screen(events, segments, years=2.0, rules=rules)
    table = found.windows
    assert np.isfinite(table.drop(columns="forecast").select_dtypes("number")).all().all()
    assert (table["forecast"].notna() == (table["rank"] > 0)).all()
    assert (table["expected"] > 0).all()
    low, high = (
        table[["observed", "predicted"]].min(axis=1),
        table[["observed", "predicted"]].max(axis=1),
    )
    assert table["expected"].between(low - 1e-9, high + 1e-9).all()
    listed = found.sections()
    assert (listed["rank_low"] <= listed["rank"]).all()
    assert (listed["rank"] <= listed["rank_high"]).all()
