"""Network screening measures of the Highway Safety Manual (2010), chapter 4.

N observed accidents, μ predicted, X empirical-Bayes expected, k overdispersion. A rate or a
severity index says *how*, not *where to start*: ranking is by expected or excess accidents
(:mod:`geo.road_screening`). A rate rises without bound where traffic is thin, and a cost
weight of hundreds per death ranks chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betainc

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]

PROBABILITY_95 = 1.645  # one-sided 95 % point of the normal distribution
VULNERABLE_FACTOR = 1.7  # Flanders: pedestrians, cyclists, motorcyclists
FLANDERS_ACCIDENTS, FLANDERS_SCORE = 3, 15.0


@dataclass(frozen=True, kw_only=True)
class SeverityWeights:
    """Weights of an accident by its worst outcome: 死亡, 重伤, 轻伤 (two kinds), 财产."""

    fatal: float
    serious: float
    evident: float
    possible: float
    damage: float
    source: str

    def array(self) -> Floats:
        """(5) from fatal to damage only."""
        return np.array([self.fatal, self.serious, self.evident, self.possible, self.damage])


def _weights(
    fatal: float, serious: float, evident: float, possible: float, damage: float, source: str
) -> SeverityWeights:
    return SeverityWeights(
        fatal=fatal,
        serious=serious,
        evident=evident,
        possible=possible,
        damage=damage,
        source=source,
    )


SEVERITY_WEIGHTS: Mapping[str, SeverityWeights] = MappingProxyType(
    {
        "flanders": _weights(5, 3, 1, 1, 0, "Agentschap Wegen en Verkeer, Flanders"),
        "masshighway": _weights(10, 5, 5, 5, 1, "Massachusetts Highway Department"),
        "hsm": _weights(542, 11, 11, 11, 1, "AASHTO Highway Safety Manual 2010, ch. 4"),
        "five_level": _weights(462, 62, 12, 5, 1, "five-level cost weights in US practice"),
        "vdot_2024": _weights(1032, 53, 16, 10, 1, "Virginia DOT 2024"),
        "fhwa_2022": _weights(975, 48, 13, 8, 1, "FHWA 2022"),
        "fhwa_2025": _weights(883, 94, 21, 11, 1, "FHWA 2025"),
    }
)


def average_frequency(observed: npt.ArrayLike, years: float) -> Floats:
    """(n) accidents per year."""
    frequency: Floats = np.asarray(observed, dtype=np.float64) / years
    return frequency


def million_vehicle_km(aadt: npt.ArrayLike, length_km: npt.ArrayLike, years: float) -> Floats:
    """(n) exposure of sections; with ``length_km`` = 1, million vehicles through a junction."""
    traffic = np.asarray(aadt, dtype=np.float64) * 365 * years / 1e6
    exposure: Floats = traffic * np.asarray(length_km)
    return exposure


def accident_rate(observed: npt.ArrayLike, exposure: npt.ArrayLike) -> Floats:
    """(n) accidents per unit of exposure, NaN without any. For reading, not for ranking."""
    count, travelled = np.asarray(observed, dtype=float), np.asarray(exposure, dtype=float)
    rate: Floats = np.divide(
        count, travelled, out=np.full(np.shape(count), np.nan), where=travelled > 0
    )
    return rate


def critical_rate(
    observed: npt.ArrayLike,
    exposure: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    probability: float = PROBABILITY_95,
) -> pd.DataFrame:
    """Rate of each place against what chance allows a place of its group and exposure.

    R_c = R_a + P·√(R_a/E) + 1/(2E), R_a = ΣN/ΣE of the group.

    Returns
    -------
    Columns ``rate, average, critical, is_above``.
    """
    table = pd.DataFrame(
        {
            "observed": np.asarray(observed, dtype=float),
            "exposure": np.asarray(exposure, dtype=float),
        }
    )
    sums = table.groupby(np.asarray(group))[["observed", "exposure"]].transform("sum")
    average = (sums["observed"] / sums["exposure"]).to_numpy()
    travelled = table["exposure"].to_numpy()
    critical = average + probability * np.sqrt(average / travelled) + 1 / (2 * travelled)
    rate = accident_rate(table["observed"], travelled)
    return pd.DataFrame(
        {"rate": rate, "average": average, "critical": critical, "is_above": rate > critical}
    )


def equivalent_damage(accidents: npt.ArrayLike, weights: SeverityWeights) -> Floats:
    """(n) equivalent property-damage-only accidents (EPDO).

    Parameters
    ----------
    accidents
        (n, 5) by worst outcome, from fatal to damage only.
    weights
        One of :data:`SEVERITY_WEIGHTS`.
    """
    score: Floats = np.asarray(accidents, dtype=np.float64) @ weights.array()
    return score


def accident_weights(
    deaths: npt.ArrayLike,
    serious: npt.ArrayLike,
    injured: npt.ArrayLike,
    weights: SeverityWeights,
) -> Floats:
    """(n) weight of each accident by its worst outcome, however many persons it hit.

    Parameters
    ----------
    deaths, serious, injured
        (n) persons; serious injuries NaN where not recorded, ``injured`` counts all injured.
    """
    dead, hurt = np.asarray(deaths, dtype=float), np.asarray(injured, dtype=float)
    badly = np.nan_to_num(np.asarray(serious, dtype=float))
    return np.select(
        [dead > 0, badly > 0, hurt > 0],
        [weights.fatal, weights.serious, weights.evident],
        weights.damage,
    ).astype(np.float64)


def relative_severity_index(accidents: npt.ArrayLike, costs: npt.ArrayLike) -> Floats:
    """(n) mean cost of an accident of the place's own mix of types; NaN without accidents.

    Parameters
    ----------
    accidents
        (n, types) accidents by type.
    costs
        (types) or (n, types) cost of one accident of the type.
    """
    counts = np.asarray(accidents, dtype=np.float64)
    total = counts.sum(axis=1)
    cost = (counts * np.asarray(costs, dtype=np.float64)).sum(axis=1)
    index: Floats = np.divide(cost, total, out=np.full(len(total), np.nan), where=total > 0)
    return index


def method_of_moments(observed: npt.ArrayLike, group: npt.ArrayLike) -> pd.DataFrame:
    """Counts drawn towards their group's mean without any traffic volume.

    N_adj = N + (N̄/s²)·(N̄ − N), potential for improvement N_adj − N̄. A group that
    scatters no more than chance (s² ≤ N̄) is drawn onto its mean.

    Returns
    -------
    Columns ``adjusted, potential``.
    """
    counts = pd.Series(np.asarray(observed, dtype=np.float64))
    grouped = counts.groupby(np.asarray(group))
    mean, variance = grouped.transform("mean"), grouped.transform("var")
    pull = (mean / variance).where(variance > mean, 1.0)
    adjusted = counts + pull * (mean - counts)
    return pd.DataFrame({"adjusted": adjusted, "potential": adjusted - mean})


def level_of_service(
    observed: npt.ArrayLike, predicted: npt.ArrayLike, k: npt.ArrayLike
) -> npt.NDArray[np.int64]:
    """(n) level of service of safety, 1 (far fewer than like roads) to 4 (far more).

    σ = √(k·μ²); 1 below μ − 1.5σ, 2 below μ, 3 below μ + 1.5σ, else 4.
    """
    count, mean = np.asarray(observed, dtype=float), np.asarray(predicted, dtype=float)
    margin = 1.5 * np.sqrt(np.asarray(k, dtype=float)) * mean
    conditions = [count < mean - margin, count < mean, count < mean + margin]
    return np.select(conditions, [1, 2, 3], 4).astype(np.int64)


def excess_frequency(frequency: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats:
    """(n) observed or expected accidents beyond those predicted for such a road."""
    excess: Floats = np.asarray(frequency, dtype=np.float64) - np.asarray(predicted)
    return excess


def type_share(
    of_type: npt.ArrayLike, total: npt.ArrayLike, *, threshold: float | None = None
) -> pd.DataFrame:
    """Is one type of accident (night, run-off, …) too large a part of a place's accidents?

    The shares of the group give a Beta prior by moments from places with two or more
    accidents; ``probability`` is the posterior one that the share exceeds the threshold. It is NaN
    where the shares differ no more than chance: then no place stands out.

    Parameters
    ----------
    of_type, total
        (n) accidents of the type and of all types, the places of one group.
    threshold
        Share p*; the group's own share by default.

    Returns
    -------
    Columns ``share, probability, excess`` (share beyond the threshold, 0 where below).

    Raises
    ------
    FrameError
        When fewer than two places have two accidents.
    """
    few, all_types = np.asarray(of_type, dtype=float), np.asarray(total, dtype=float)
    if (few > all_types).any() or not all_types.sum() > 0:
        raise FrameError("accidents of the type cannot outnumber all; and there must be some")
    p_star = few.sum() / all_types.sum() if threshold is None else threshold
    is_enough = all_types >= 2
    if is_enough.sum() < 2:
        raise FrameError("shares need two places with two accidents each; widen the group")
    n, x = all_types[is_enough], few[is_enough]
    mean = (x / n).mean()
    # Scatter between places, what the binomial draws add being taken away (HSM 4-20).
    pairs = ((x**2 - x) / (n**2 - n)).sum()
    variance = (pairs - (x / n).sum() ** 2 / len(n)) / (len(n) - 1)
    probability = np.full(len(few), np.nan)
    if variance > 0:
        alpha = (mean**2 - mean**3 - variance * mean) / variance
        beta = alpha / mean - alpha
        if alpha > 0 and beta > 0:
            probability = 1 - betainc(alpha + few, beta + all_types - few, p_star)
    share = accident_rate(few, all_types)
    return pd.DataFrame(
        {
            "share": share,
            "probability": probability,
            "excess": np.clip(np.nan_to_num(share) - p_star, 0, None),
        }
    )


def flanders_score(
    deaths: npt.ArrayLike,
    serious: npt.ArrayLike,
    injured: npt.ArrayLike,
    *,
    is_vulnerable: npt.ArrayLike = False,
) -> Floats:
    """(n) score of each injury accident: 5 a death, 3 a serious, 1 a slight injury.

    1.7 times as much where a pedestrian, cyclist or motorcyclist was hit. A place is dangerous
    from three injury accidents in three years with a score of 15.

    Parameters
    ----------
    deaths, serious, injured
        (n) persons; ``injured`` counts all injured, serious NaN where not recorded.
    """
    dead, hurt = np.asarray(deaths, dtype=float), np.asarray(injured, dtype=float)
    badly = np.nan_to_num(np.asarray(serious, dtype=float))
    factor = np.where(is_vulnerable, VULNERABLE_FACTOR, 1.0)
    score: Floats = factor * (5 * dead + 3 * badly + (hurt - badly))
    return score
