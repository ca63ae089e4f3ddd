"""The county's own performance function: what it rests on, and what it predicts."""

import numpy as np
import pandas as pd
import pytest

from geo.errors import FrameError
from geo.road_axis import RoadAxis
from geo.road_prediction import RoadPrediction, predict_roads, volume_of_class


def county(seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two classes of 100 km each with traffic that matters, three years, kilometres differing with k = 0.5."""
    rng = np.random.default_rng(seed)
    segments = pd.DataFrame(
        {
            "route_code": np.repeat(["S1", "X1"], 100),
            "from_chain_m": np.tile(np.arange(100) * 1000.0, 2),
            "road_class": np.repeat(["S", "X"], 100),
            "is_urban": False,
            "aadt": np.exp(rng.normal(np.repeat([8.3, 7.0], 100), 0.5)),
        }
    )
    segments["to_chain_m"] = segments["from_chain_m"] + 1000
    mean = 3 * 0.002 * segments["aadt"] ** 0.8
    count = rng.poisson(mean * rng.gamma(2, 0.5, 200))
    at = np.repeat(np.arange(200), count)
    events = pd.DataFrame(
        {
            "route_code": segments["route_code"].to_numpy()[at],
            "chain_m": segments["from_chain_m"].to_numpy()[at] + rng.uniform(0, 1000, len(at)),
        }
    )
    return events, segments


def predicted(events: pd.DataFrame, segments: pd.DataFrame) -> RoadPrediction:
    axis = RoadAxis.of(segments)
    position, stretch = axis.locate(events["route_code"], events["chain_m"])
    return predict_roads(axis, segments, position[stretch >= 0], years=3.0)


def test_traffic_and_its_exponent_are_found() -> None:
    events, segments = county()
    found = predicted(events, segments)
    assert found.basis == "aadt"
    assert found.aadt_share == 1.0
    slope = found.coefficients.set_index("name").loc["log_aadt"]
    assert slope["value"] == pytest.approx(0.8, abs=3 * slope["standard_error"])
    # Places differ by the kilometre: both halves alike, k = 0.5 for 500 m too.
    assert found.k_km / 0.5 == pytest.approx(0.5, rel=0.3)
    total = found.between(found.axis.from_m, found.axis.to_m)[0].sum()
    assert total == pytest.approx(len(events), rel=0.03)
    assert found.classes["events"].sum() == len(events)
    assert found.classes["km"].tolist() == [100.0, 100.0]


def test_each_lesser_knowledge_has_its_basis() -> None:
    events, segments = county()
    bands = pd.cut(segments["aadt"], [0, 1000, 2000, 4000, np.inf], labels=False)
    names = np.array(["<1000", "1000-2000", "2000-4000", "4000+"], dtype=object)
    classes = segments.drop(columns="aadt").assign(aadt_class=names[bands])
    found = predicted(events, classes)
    assert found.basis == "aadt_class"
    assert found.coefficients.set_index("name").loc["log_aadt", "value"] == pytest.approx(
        0.8, abs=0.25
    )
    few = segments.assign(aadt=segments["aadt"].where(np.arange(200) % 5 == 0))
    assert predicted(events, few).basis == "class_mean"
    assert predicted(events, few).aadt_share == pytest.approx(0.2)
    by_class = predicted(events, segments.drop(columns="aadt"))
    assert by_class.basis == "class_mean"
    per_km = by_class.classes["events"] / 100
    first = by_class.between(by_class.axis.from_m, by_class.axis.from_m + 1000)[0]
    assert first == pytest.approx(per_km.to_numpy(), rel=0.03)
    alone = predicted(events, segments[["route_code", "from_chain_m", "to_chain_m"]])
    assert alone.basis == "one_mean"
    assert alone.between([0.0], [500.0])[0] == pytest.approx(len(events) / 400, rel=1e-6)


def test_missing_volumes_get_an_effect_of_their_own() -> None:
    events, segments = county()
    some = segments.assign(aadt=segments["aadt"].where(np.arange(200) % 4 != 0))
    found = predicted(events, some)
    assert found.basis == "aadt"
    assert "aadt_unknown" in found.coefficients["name"].tolist()
    assert np.isfinite(found.density).all()


def test_cutting_segments_finer_changes_nothing() -> None:
    events, segments = county()
    halves = pd.concat(
        [
            segments.assign(to_chain_m=segments["from_chain_m"] + 370),
            segments.assign(from_chain_m=segments["from_chain_m"] + 370),
        ]
    )
    whole, cut = predicted(events, segments), predicted(events, halves)
    assert cut.k_km == pytest.approx(whole.k_km, rel=1e-9)
    at = np.linspace(0, 90_000, 50)
    for first, second in zip(
        whole.between(at, at + 750), cut.between(at, at + 750), strict=True
    ):
        assert first == pytest.approx(second)


def test_a_window_over_a_border_is_the_sum_of_its_parts() -> None:
    found = predicted(*county())
    parts = found.between([2_700.0, 3_000.0], [3_000.0, 3_200.0])
    mean, k = found.between([2_700.0], [3_200.0])
    assert mean[0] == pytest.approx(parts[0].sum())
    assert k[0] * mean[0] ** 2 == pytest.approx((parts[1] * parts[0] ** 2).sum())
    # On one road alone k is that of a kilometre over its length.
    assert found.between([2_100.0], [2_600.0])[1][0] == pytest.approx(found.k_km / 0.5)


def test_towns_are_compared_with_towns() -> None:
    events, segments = county()
    urban = predicted(events, segments.assign(is_urban=np.arange(200) % 2 == 0))
    assert urban.peer_classes == ("S", "S urban", "X", "X urban")
    assert urban.class_at([100.0, 1500.0]).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        ("2000-8000", 4000), ("2,000–8,000", 4000), ("0-400", 200), ("<400", 200), ("400以下", 200),
        (">10000", 15000), ("10000+", 15000), ("10000以上", 15000), ("3000", 3000), ("?", np.nan),
    ],
)  # fmt: skip
def test_volume_of_a_class(text: str, volume: float) -> None:
    assert volume_of_class(text) == pytest.approx(volume, nan_ok=True)


def test_nothing_to_learn_from_is_refused() -> None:
    events, segments = county()
    with pytest.raises(FrameError, match="no accident"):
        predicted(events[:0], segments)
    axis = RoadAxis.of(segments)
    with pytest.raises(FrameError, match="years"):
        predict_roads(axis, segments, [1.0], years=0.0)
