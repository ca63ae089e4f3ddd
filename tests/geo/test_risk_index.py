"""The index: fixed reference, exact contributions, ranks that hold, and the awkward places."""

import numpy as np
import pandas as pd
import pytest

from geo.comparison import trend
from geo.errors import FrameError
from geo.harm_rates import HarmModel
from geo.index_definition import IndexDefinition
from geo.index_uncertainty import competition_ranks
from geo.normalisation import Aggregation, log_ratio
from geo.risk_index import base_reference, harm_draws, risk_index

DEFINITION = IndexDefinition.default()
DENOMINATORS = ("road_km", "population", "active_mines_plants", "key_sites")
DENOMINATOR_OF = {
    indicator.id: denominator
    for domain, denominator in zip(DEFINITION.domains, DENOMINATORS, strict=True)
    for indicator in domain.indicators
}
EXPECTED = dict(
    zip(
        DENOMINATOR_OF,
        (0.05, 0.5, 2, 4, 0.2, 2, 1, 60, 80, 0.05, 0.3, 1, 0.1, 0.5, 2),
        strict=True,
    )
)


def county(seed: int, *, units: int = 26) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts, exposures and true rates of a synthetic county."""
    rng = np.random.default_rng(seed)
    index = pd.Index([f"{at:03d}" for at in range(units)], name="unit_code")
    exposures = pd.DataFrame(
        {
            "road_km": rng.lognormal(4, 0.5, units),
            "population": rng.lognormal(10.5, 0.5, units),
            "active_mines_plants": rng.poisson(3, units) + 1.0,
            "key_sites": rng.poisson(40, units) + 1.0,
        },
        index,
    )
    rates = pd.DataFrame(
        {
            name: mean / exposures[DENOMINATOR_OF[name]].mean() * rng.gamma(3, 1 / 3, units)
            for name, mean in EXPECTED.items()
        },
        index,
    )
    at_risk = exposures[[DENOMINATOR_OF[name] for name in EXPECTED]].to_numpy()
    counts = pd.DataFrame(rng.poisson(rates.to_numpy() * at_risk), index, list(EXPECTED))
    return counts, exposures, rates


def scored_definition(counts: pd.DataFrame, exposures: pd.DataFrame) -> IndexDefinition:
    return DEFINITION.with_reference(
        base_reference(counts, exposures, DEFINITION, period="2009")
    )


@pytest.fixture(scope="module")
def plain() -> tuple[pd.DataFrame, pd.DataFrame, IndexDefinition]:
    counts, exposures, _ = county(1)
    return counts, exposures, scored_definition(counts, exposures)


@pytest.mark.parametrize("aggregation", list(Aggregation))
def test_everything_adds_up(
    plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition], aggregation: Aggregation
) -> None:
    counts, exposures, definition = plain
    text = definition.to_toml().replace('"arithmetic"', f'"{aggregation}"')
    result = risk_index(counts, exposures, IndexDefinition.from_toml(text), draws=500)
    by_unit = result.domains.groupby("unit_code")
    index = result.units["index"]
    assert np.abs(by_unit["contribution"].sum() - index).max() < 1e-9
    assert by_unit["weight"].sum().to_numpy() == pytest.approx(1)
    shares = result.indicators.groupby(["unit_code", "domain"])["share"].sum()
    assert shares.to_numpy() == pytest.approx(1)
    harm = result.indicators.groupby(["unit_code", "domain"])["harm_rate"].sum()
    expected = result.domains.set_index(["unit_code", "domain"])["expected_harm_rate"]
    assert harm[expected.index].to_numpy() == pytest.approx(expected.to_numpy())
    assert (by_unit["score"].max() == result.units["highest_score"]).all()
    colours = result.units[["p_blue", "p_yellow", "p_orange", "p_red"]]
    assert colours.sum(axis=1).to_numpy() == pytest.approx(1)
    assert sorted(result.units["rank"]) == list(range(1, 27))
    assert (result.units["rank"] == index.rank(ascending=False)).all()


def test_a_score_can_be_checked_by_hand(
    plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition],
) -> None:
    counts, exposures, definition = plain
    result = risk_index(counts, exposures, definition, draws=500)
    row = result.domains.iloc[30]
    ratio = row["harm_rate"] / row["reference_rate"]
    assert row["score"] == pytest.approx(np.clip(50 + 25 * np.log2(ratio), 0, 100))
    assert row["score_low"] < row["score"] < row["score_high"]
    counted = result.indicators.pivot(index="unit_code", columns="indicator", values="count")
    assert (counted[counts.columns] == counts).all().all()
    assert definition.reference is not None
    assert row["reference_rate"] == definition.reference.harm_rates[row["domain"]]


def test_the_base_year_averages_fifty() -> None:
    counts, exposures, _ = county(2)
    definition = scored_definition(counts, exposures)
    result = risk_index(counts, exposures, definition, draws=10_000)
    for _, rows in result.domains.groupby("domain"):
        mean = np.average(rows["harm_rate"], weights=rows["exposure"])
        assert mean == pytest.approx(rows["reference_rate"].iloc[0], rel=0.02)


def test_same_seed_same_numbers(
    plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition],
) -> None:
    first = risk_index(*plain, draws=300, seed=5)
    second = risk_index(*plain, draws=300, seed=5)
    pd.testing.assert_frame_equal(first.units, second.units)
    pd.testing.assert_frame_equal(first.sensitivity(base=32), second.sensitivity(base=32))


def test_rank_intervals_hold_the_true_rank() -> None:
    held = []
    definition = scored_definition(*county(100)[:2])
    assert definition.reference is not None
    for seed in range(20):
        counts, exposures, rates = county(200 + seed)
        result = risk_index(counts, exposures, definition, draws=600, seed=seed)
        scores = np.column_stack(
            [
                log_ratio(
                    sum(each.harm * rates[each.id].to_numpy() for each in domain.indicators),
                    reference=definition.reference.harm_rates[domain.id],
                )
                for domain in definition.domains
            ]
        )
        true = competition_ranks(definition.aggregation.combine(scores, np.ones(4)))
        held.append((result.units["rank_low"] <= true) & (true <= result.units["rank_high"]))
    assert np.mean(held) >= 0.88


@pytest.mark.parametrize("seed", range(6))
def test_one_fatal_crash_in_a_hamlet_is_not_rank_one(seed: int) -> None:
    counts, exposures, _ = county(seed)
    definition = scored_definition(counts, exposures)
    hamlet = "005"
    exposures.loc[hamlet] *= 0.05
    counts.loc[hamlet] = 0
    counts.loc[hamlet, ["crash_fatal", "crime_ordinary", "crime_minor"]] = [1, 3, 4]
    crashes = [indicator.id for indicator in DEFINITION.domains[0].indicators]
    harms = [indicator.harm for indicator in DEFINITION.domains[0].indicators]
    raw = counts[crashes] @ harms / exposures["road_km"]
    assert raw.idxmax() == hamlet
    row = risk_index(counts, exposures, definition, draws=2_000).units.loc[hamlet]
    assert row["rank"] > 1
    assert row["grade"] != "red"
    assert row["p_red"] < 0.2


def test_another_township_moves_no_score_but_through_the_pooled_prior(
    plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition],
) -> None:
    """The reference is fixed; what is learned from all places moves by a fraction of a point."""
    counts, exposures, definition = plain
    before = risk_index(counts, exposures, definition, draws=10_000)
    more, wider = counts.copy(), exposures.copy()
    more.loc["new"], wider.loc["new"] = counts.loc["003"], exposures.loc["003"]
    after = risk_index(more, wider, definition, draws=10_000)
    moved = after.units["index"].drop("new") - before.units["index"]
    assert moved.abs().max() < 2
    assert moved.abs().mean() < 0.5
    # Given the same harm, a score depends on nothing else, however extreme a newcomer.
    harm = np.linspace(1, 9, 26 * 4).reshape(26, 4)
    scores = after.scoring.scores(np.vstack([harm, [[1e9] * 4]]))
    assert (before.scoring.scores(harm) == scores[:-1]).all()


def test_a_domain_that_does_not_apply_is_dropped_and_says_so(
    plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition],
) -> None:
    counts, exposures, definition = plain
    counts, exposures = counts.copy(), exposures.copy()
    mine = [indicator.id for indicator in DEFINITION.domains[2].indicators]
    exposures.loc[["000", "001"], "active_mines_plants"] = 0
    counts.loc["000", mine] = 0
    counts.loc["001", mine] = [0, 1, 0]
    exposures.loc["002", "active_mines_plants"] = np.nan
    exposures.loc["003"] = 0
    counts.loc["003"] = 0
    result = risk_index(counts, exposures, definition, draws=400)
    mines = result.domains[result.domains["domain"] == "mines_industry"].set_index("unit_code")
    assert mines["standing"].iloc[:5].tolist() == [
        "no_exposure",
        "events_without_exposure",
        "unknown_exposure",
        "no_exposure",
        "scored",
    ]
    assert mines.loc["000":"003", ["score", "weight", "contribution"]].isna().all().all()
    others = result.domains[result.domains["unit_code"] == "000"].set_index("domain")
    assert others["weight"].dropna().tolist() == pytest.approx([1 / 3] * 3)
    assert others["contribution"].sum() == pytest.approx(result.units.loc["000", "index"])
    nothing = result.units.loc["003"]
    assert np.isnan(nothing["index"])
    assert nothing[["grade", "rank", "rank_low", "highest_domain"]].isna().all()
    assert result.units["rank"].max() == 25
    assert len(result.sensitivity(base=16)) == 7


def test_a_region_without_mines() -> None:
    counts, exposures, _ = county(3)
    exposures["active_mines_plants"] = 0.0
    counts[[indicator.id for indicator in DEFINITION.domains[2].indicators]] = 0
    definition = scored_definition(counts, exposures)
    assert definition.reference is not None
    assert set(definition.reference.harm_rates) == {"traffic", "crime", "key_sites"}
    result = risk_index(counts, exposures, definition, draws=300)
    mines = result.domains.query("domain == 'mines_industry'")
    assert set(mines["standing"]) == {"no_exposure"}
    exposures["active_mines_plants"] = 2.0  # opened after the base year
    result = risk_index(counts, exposures, definition, draws=300)
    mines = result.domains.query("domain == 'mines_industry'")
    assert set(mines["standing"]) == {"no_reference"}
    assert result.units["index"].notna().all()


def test_nothing_happened_anywhere(
    plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition],
) -> None:
    counts, exposures, definition = plain
    quiet = risk_index(counts * 0, exposures, definition, draws=400)
    assert (quiet.units["index"] < 30).all()
    assert set(quiet.units["grade"]) == {"blue"}
    assert quiet.units["is_thin"].all()
    itself = scored_definition(counts * 0, exposures)  # even as a base year
    assert risk_index(counts * 0, exposures, itself, draws=400).units["index"].notna().all()


def test_one_unit() -> None:
    counts, exposures, _ = county(4, units=1)
    result = risk_index(counts, exposures, scored_definition(counts, exposures), draws=2_000)
    assert result.units["index"].iloc[0] == pytest.approx(50, abs=3)
    row = result.units.iloc[0]
    assert (row["rank"], row["rank_low"], row["rank_high"]) == (1, 1, 1)
    assert (result.sensitivity(base=16)["total_effect"] == 0).all()


def test_a_red_domain_makes_at_least_orange() -> None:
    counts, exposures, _ = county(6)
    definition = scored_definition(counts, exposures)
    counts.loc["010", "crash_fatal"] = 60
    counts.loc["010", counts.columns[4:]] = 0
    unit = risk_index(counts, exposures, definition, draws=500).units.loc["010"]
    assert unit["highest_domain"] == "traffic"
    assert unit["highest_score"] >= 75
    assert unit["index"] < 62.5
    assert unit["grade"] == "orange"
    assert unit["p_blue"] + unit["p_yellow"] < 0.05


def test_where_less_is_worse() -> None:
    """Fire checks per site: direction -1 turns the score round."""
    text = DEFINITION.to_toml()
    before, after = text.split('id = "key_sites"')
    turned = IndexDefinition.from_toml(
        before + 'id = "key_sites"' + after.replace("direction = 1", "direction = -1", 1)
    )
    counts, exposures, _ = county(7)
    counts["site_slight"] = 200
    counts.loc["000", ["site_fatal", "site_injury", "site_slight"]] = 0
    reference = base_reference(counts, exposures, turned, period="2009")
    result = risk_index(counts, exposures, turned.with_reference(reference), draws=500)
    rows = result.domains.query("domain == 'key_sites'").set_index("unit_code")
    assert rows["score"].idxmax() == "000"
    known = rows[["score_low", "score", "score_high"]].to_numpy()
    assert (np.diff(known, axis=1) >= 0).all()


def test_sensitivity_names_what_moves_the_ranks(
    plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition],
) -> None:
    counts, exposures, definition = plain
    few = risk_index(counts, exposures, definition, draws=300).sensitivity()
    assert few.iloc[0]["factor"] == "data"
    assert few["total_effect"].between(0, 1.5).all()
    assert set(few["kind"]) == {"data", "method", "weight"}
    # With very many events the data are certain, and only method and weights are left.
    many = scored_definition(counts * 10_000, exposures)
    sure = risk_index(counts * 10_000, exposures, many, draws=300).sensitivity()
    assert sure.set_index("factor").loc["data", "total_effect"] < 0.05
    assert sure.iloc[0]["kind"] == "method"


def test_trend_between_two_years(
    plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition],
) -> None:
    counts, exposures, definition = plain
    worse = counts.copy()
    worse.loc["004"] = counts.loc["004"] * 4 + 10
    now = harm_draws(worse, exposures, definition, seed=1)
    base = harm_draws(counts, exposures, definition, seed=2)
    assert now.shape == (2_000, 26, 4)
    crime = trend(now[:, :, 1], base[:, :, 1])
    assert crime.arrow[4] == 1
    assert crime.low[4] > 1
    assert (np.delete(crime.arrow, 4) == 0).all()


def test_competition_ranks() -> None:
    assert competition_ranks([9, 7, 7, 7, 1]).tolist() == [1, 2, 2, 2, 5]
    assert competition_ranks([[1, 2], [2, 1]]).tolist() == [[2, 1], [1, 2]]


def test_refusals(plain: tuple[pd.DataFrame, pd.DataFrame, IndexDefinition]) -> None:
    counts, exposures, definition = plain
    with pytest.raises(FrameError, match="no reference rates"):
        risk_index(counts, exposures, DEFINITION)
    with pytest.raises(FrameError, match="lack the indicator 'crash_major'"):
        risk_index(counts.drop(columns="crash_major"), exposures, definition)
    with pytest.raises(FrameError, match="same units"):
        risk_index(counts, exposures.iloc[::-1], definition)
    with pytest.raises(FrameError, match="'road_km' is negative"):
        risk_index(counts, exposures.assign(road_km=-1.0), definition)
    with pytest.raises(FrameError, match="no unit"):
        HarmModel.fit(counts.iloc[:0], exposures.iloc[:0], definition)


def test_blocks_do_not_thin_the_intervals() -> None:
    """A region of many units is drawn in blocks; its intervals still come from enough draws."""
    counts, exposures, _ = county(8, units=600)
    definition = scored_definition(*county(8)[:2])
    result = risk_index(counts, exposures, definition, draws=1_500)
    width = result.indicators["rate_high"] - result.indicators["rate_low"]
    assert (width > 0).all()
    minor = result.indicators.query("indicator == 'crime_minor'")
    exact = HarmModel.fit(counts, exposures, definition).domains[1].posteriors[-1]
    assert minor["rate_high"].to_numpy() == pytest.approx(exact.quantile(0.95), rel=0.05)
    assert result.units["rank_high"].max() > 500
