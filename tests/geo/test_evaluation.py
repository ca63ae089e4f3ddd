"""The back-test: its scores, its choice of method, and odd cities."""

import numpy as np
import pytest

from geo.accuracy import accuracy_curve
from geo.errors import FrameError
from geo.evaluation import Backtest, backtest, decide, drift, methods_in_use, score
from geo.forecast import forecast
from geo.training import History, harm_weights, shift_histories


def planted(seed: int = 0, n: int = 3_000) -> History:
    rng = np.random.default_rng(seed)
    rate = rng.pareto(1.2, 400) + 0.05
    cells = rng.choice(400, n, p=rate / rate.sum())
    inside = np.ones((20, 20), dtype=bool)
    return History(cell=cells, time_days=rng.uniform(0, 280, n), inside=inside)


def test_backtest_agrees_with_single_forecasts() -> None:
    data = planted()
    result = backtest(data, horizon_days=7.0, first_origin_days=210.0, end_days=280.0)
    assert result.origins_days.tolist() == list(range(210, 280, 7))
    assert result.area_shares.tolist() == [0.005, 0.01, 0.02, 0.05, 0.1]
    made = forecast(data, origin_days=224.0, horizon_days=7.0)
    seen = data.counts(224.0, 231.0)
    assert result.observed[2] == seen.sum()
    assert result.hits["blend"][2, 3] == pytest.approx(seen[made.top(0.05)].sum())
    assert result.oracle[2, 3] == np.sort(seen.ravel())[-20:].sum()
    curve = accuracy_curve(forecast(data, origin_days=210.0, horizon_days=7.0, method="count_all").expected.ravel(), data.counts(210.0, 217.0).ravel())  # fmt: skip
    assert result.hits["count_all"][0, 4] == pytest.approx(curve["hits"].iloc[39])


def test_score_reports_rates_of_sums_and_an_interval_around_them() -> None:
    scores = score(backtest(planted(), horizon_days=7.0, first_origin_days=140.0, end_days=280))
    row = scores[(scores["method"] == "blend") & (scores["area_share"] == 0.05)].iloc[0]
    assert row["hit_rate_low"] < row["hit_rate"] < row["hit_rate_high"]
    assert row["pai"] == pytest.approx(row["hit_rate"] / 0.05)
    assert row["difference_low"] <= row["difference"] <= row["difference_high"]
    assert row["windows"] == 20
    base = scores[scores["method"] == "count_all"]
    assert not base[["difference", "difference_low", "difference_high"]].to_numpy().any()


def made_up(hits: np.ndarray, base: np.ndarray) -> Backtest:
    pair = {"blend": hits[:, None], "count_all": base[:, None]}
    return Backtest(
        horizon_days=7.0,
        origins_days=np.arange(len(hits)) * 7.0,
        observed=np.full(len(hits), 50.0),
        hits=pair,
        in_use=methods_in_use(pair),
        oracle=np.full((len(hits), 1), 40.0),
        area_shares=np.array([0.05]),
        cells=100,
    )


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    covered = 0
    for _ in range(200):
        hits = rng.binomial(50, 0.3, 40).astype(float)
        row = score(made_up(hits, hits), replicates=400).iloc[0]
        covered += row["hit_rate_low"] <= 0.3 <= row["hit_rate_high"]
    assert 0.86 <= covered / 200 <= 0.99


@pytest.mark.parametrize(
    ("gain", "method", "is_better", "is_worse"),
    [
        (4.0, "blend", True, False),
        (0.0, "count_all", False, False),
        (-4.0, "count_all", False, True),
    ],
)
def test_the_blend_is_used_where_it_leads(
    gain: float, method: str, is_better: bool, is_worse: bool
) -> None:
    base = np.random.default_rng(1).binomial(50, 0.3, 40).astype(float)
    noise = np.random.default_rng(2).normal(0, 1, 40)
    result = made_up(base + gain + noise - noise.mean(), base)
    decision = decide(result, score(result))
    assert (decision.method, decision.is_better, decision.is_worse) == (
        method,
        is_better,
        is_worse,
    )
    assert (decision.events, decision.windows) == (2_000.0, 40)


def test_each_window_is_decided_by_the_windows_before_it() -> None:
    lead = np.array([[1.0, 1], [1, 1], [-1, 3], [-2, 0], [2, 2], [9, 9]])
    hits = {"blend": 10 + lead, "count_all": np.full(lead.shape, 10.0)}
    # z after each window: (1, 1), (1.4, 1.4), (0.6, 1.5), (-0.4, 1.5), (0.3, 1.8), (1, 1.4).
    in_use = methods_in_use(hits)
    assert in_use == ("count_all", "count_all", "blend", "blend", "count_all", "blend", "blend")
    # What comes later changes no earlier choice.
    for windows in range(1, 6):
        known = {method: rows[:windows] for method, rows in hits.items()}
        assert methods_in_use(known) == in_use[: windows + 1]


def test_the_blend_must_lead_the_count_that_is_in_use() -> None:
    hits = {name: np.full((8, 2), held) for name, held in
            (("count_all", 5.0), ("count_shift", 7.0), ("blend", 6.0))}  # fmt: skip
    assert methods_in_use(hits) == ("count_all",) * 2 + ("count_shift",) * 7
    hits["blend"] += 2
    assert methods_in_use(hits) == ("count_all",) * 2 + ("blend",) * 7


@pytest.mark.parametrize("kind", ["uniform", "skewed", "concentrated"])
@pytest.mark.parametrize("per_week", [5, 40, 200])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_decided_method_is_not_worse_in_cities_without_structure(
    kind: str, per_week: int, seed: int
) -> None:
    rng = np.random.default_rng(10_000 * seed + per_week)
    rate = {
        "uniform": np.ones(900),
        "skewed": rng.gamma(0.5, 1.0, 900),
        "concentrated": np.where(np.arange(900) % 30 == 0, rng.pareto(1.0, 900), 1e-4),
    }[kind]
    n = rng.poisson(per_week * 100)
    data = History(
        cell=rng.choice(900, n, p=rate / rate.sum()),
        time_days=rng.uniform(0, 700, n),
        inside=np.ones((30, 30), dtype=bool),
    )
    result = backtest(
        data,
        horizon_days=7.0,
        first_origin_days=336.0,
        end_days=700.0,
        methods=("blend", "count_all"),
    )
    scores = score(result)
    decided = scores[scores["method"] == "decided"]
    assert len(decided) == 5
    assert (decided["difference_high"] >= 0).all()
    assert not (decide(result, scores).method == "blend" and decided["difference"].min() < 0)


def test_without_events_the_plain_count_is_used() -> None:
    nothing = np.zeros(5)
    result = made_up(nothing, nothing)
    result.observed[:] = 0
    assert decide(result, score(result)).method == "count_all"


def test_few_windows_with_events_give_rates_but_no_interval() -> None:
    result = made_up(np.arange(8.0), np.zeros(8))
    result.observed[5:] = 0
    row = score(result).iloc[0]
    assert row["hit_rate"] == pytest.approx(28 / 250)
    assert np.isnan(row["hit_rate_low"])
    decision = decide(result, score(result))
    assert (decision.is_better, decision.is_worse) == (False, False)


def test_progress_is_told_after_each_window() -> None:
    told: list[tuple[int, int]] = []
    backtest(
        planted(),
        horizon_days=7.0,
        first_origin_days=252.0,
        end_days=280.0,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_shift_is_scored_against_the_stronger_of_its_counts() -> None:
    rng = np.random.default_rng(11)
    data = planted(4, 9_000)
    hour = rng.integers(0, 24, len(data.cell))
    own, every = shift_histories(
        data.cell, np.floor(data.time_days), hour, inside=data.inside, start_hour=8
    )
    result = backtest(
        own, horizon_days=1.0, first_origin_days=200.0, end_days=280.0, background=every
    )
    assert result.observed.sum() == ((own.time_days >= 200) & (own.time_days < 280)).sum()
    scores = score(result)
    assert set(scores["method"]) == {
        "blend", "count_all", "count_shift", "count_recent", "kde", "decided"
    }  # fmt: skip
    rates = scores.pivot_table(index="area_share", columns="method", values="hit_rate")
    best = rates[["count_all", "count_shift"]].max(axis=1)
    blend = scores[scores["method"] == "blend"].set_index("area_share")
    assert blend["difference"].to_numpy() == pytest.approx(
        (blend["hit_rate"] - best).to_numpy()
    )
    assert (blend["baseline"] == rates[["count_all", "count_shift"]].idxmax(axis=1)).all()


N = 900


RNG = np.random.default_rng(12)


ANYWHERE, WHENEVER = RNG.integers(0, 400, N), RNG.uniform(0, 1_095, N)


ODD_CITIES = {
    "fifty incidents": (ANYWHERE[:50], WHENEVER[:50] / 3, 7.0, 180.0, 365.0),
    "one year": (ANYWHERE, WHENEVER / 3, 7.0, 90.0, 365.0),
    "months only": (ANYWHERE, np.floor(WHENEVER / 30.44) * 30, 7.0, 365.0, 1_080.0),
    "huge horizon": (ANYWHERE, WHENEVER, 400.0, 500.0, 900.0),
    "one cell": (np.full(N, 77), WHENEVER, 7.0, 365.0, 1_095.0),
    "nothing lately": (ANYWHERE, WHENEVER * 0.8, 28.0, 365.0, 1_095.0),
    "nothing scored": (ANYWHERE, WHENEVER * 0.3, 7.0, 700.0, 1_095.0),
}


@pytest.mark.parametrize("name", ODD_CITIES)
@pytest.mark.parametrize("is_harm", [False, True])
def test_odd_cities_are_scored_without_gaps(name: str, is_harm: bool) -> None:
    cell, days, horizon, first, end = ODD_CITIES[name]
    severity = np.random.default_rng(13).choice(5, len(cell), p=[0.1, 0.6, 0.2, 0.08, 0.02])
    weight = harm_weights(severity) if is_harm else np.ones(len(cell))
    data = History(
        cell=cell, time_days=days, weight=weight, inside=np.ones((20, 20), dtype=bool)
    )
    result = backtest(data, horizon_days=horizon, first_origin_days=first, end_days=end)
    scores = score(result)
    decision = decide(result, scores)
    figures = ["hit_rate", "pai", "pei_star", "difference"]
    bounds = ["hit_rate_low", "hit_rate_high", "difference_low", "difference_high"]
    assert scores[figures].notna().all(axis=None) == (decision.events > 0)
    assert scores[bounds].notna().all(axis=None) == ((result.observed > 0).sum() >= 6)
    live = forecast(data, origin_days=end, horizon_days=horizon, method=decision.method)
    assert np.isfinite(live.expected).all()
    assert live.expected.sum() > 0
    if name in ("nothing scored", "huge horizon", "one cell"):
        assert (decision.method, decision.is_better, decision.is_worse) == (
            "count_all", False, False
        )  # fmt: skip


def test_drift_tells_an_area_that_never_changes() -> None:
    data = planted(3)
    made = [forecast(data, origin_days=o, horizon_days=7.0) for o in (210.0, 217.0, 224.0)]
    still = drift([made[0], made[0]], data)
    assert np.isnan(still["unchanged"].iloc[0])
    assert still["unchanged"].iloc[1] == 1.0
    moving = drift(made, data)
    assert moving["unchanged"].iloc[1:].between(0, 1).all()
    seen = data.counts(210.0, 217.0)
    assert moving["capture"].iloc[0] == pytest.approx(
        seen[made[0].top(0.05)].sum() / seen.sum()
    )


def test_impossible_backtests_are_refused() -> None:
    with pytest.raises(FrameError, match="whole window"):
        backtest(planted(), horizon_days=7.0, first_origin_days=278.0, end_days=280.0)
    with pytest.raises(FrameError, match="baseline"):
        backtest(
            planted(), horizon_days=7.0, first_origin_days=210, end_days=280, methods=("blend",)
        )
