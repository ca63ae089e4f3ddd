"""Safety performance functions: how many accidents a stretch of such a road has.

- :func:`fit_negative_binomial` fits one to the county's own roads: NB2, log link, with the
  overdispersion k the same for all or growing as the stretch gets shorter;
- :func:`power_law` is the textbook shape μ = a·AADT^b·L;
- :func:`two_lane_spf` and :func:`two_lane_factors` are the rural two-lane segment
  model of AASHTO's Highway Safety Manual (2010), chapter 10, for comparison: it was made for North
  American roads and must be calibrated (multiply by observed/predicted) before it says anything here.

With predicted μ the accidents of like stretches scatter as Var = μ + k·μ².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import digamma, gammaln, polygamma

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]

TWO_LANE_K_MILE = 0.236  # k of a one-mile segment; k = 0.236 / length in miles (HSM 10-7)
METRES_PER_MILE = 1609.344
METRES_PER_FOOT = 0.3048

_MOST_ITERATIONS = 200
_CONVERGED = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class NegativeBinomialFit:
    """Result of :func:`fit_negative_binomial`.

    Parameters
    ----------
    names
        Of the coefficients.
    coefficients, standard_errors
        (p) on the log scale.
    k
        Overdispersion where ``dispersion_scale`` is 1; 0 when the counts scatter no more
        than chance.
    log_likelihood
        At the optimum, without the penalty.
    rows, events
        What it was fitted on.
    """

    names: tuple[str, ...]
    coefficients: Floats
    standard_errors: Floats
    k: float
    log_likelihood: float
    rows: int
    events: float

    def predict(self, design: npt.ArrayLike, *, offset: npt.ArrayLike = 0.0) -> Floats:
        """(n) expected counts of the rows of ``design``."""
        mean: Floats = np.exp(np.asarray(design) @ self.coefficients + np.asarray(offset))
        return mean


def fit_negative_binomial(
    counts: npt.ArrayLike,
    design: npt.ArrayLike,
    *,
    offset: npt.ArrayLike = 0.0,
    dispersion_scale: npt.ArrayLike = 1.0,
    penalty: npt.ArrayLike = 0.0,
    names: Sequence[str] | None = None,
) -> NegativeBinomialFit:
    """Maximum likelihood of an NB2 regression with log link.

    Coefficients (Fisher scoring) and log k (Newton) are improved in turns; they are
    asymptotically independent, so few turns are needed.

    Parameters
    ----------
    counts
        (n) accidents.
    design
        (n, p) explanatory columns, a column of ones included when an intercept is wanted.
    offset
        (n) added to the linear predictor, for example log(km · years).
    dispersion_scale
        (n) s where the overdispersion is k·s; 1/km makes k that of one kilometre.
    penalty
        (p) ridge on each coefficient: ½·penalty·β² is taken from the log-likelihood.
    names
        (p) of the coefficients.

    Raises
    ------
    FrameError
        When shapes differ, a value is not finite, nothing has happened, or columns of the
        design say the same.
    """
    y = np.asarray(counts, dtype=np.float64)
    x = np.asarray(design, dtype=np.float64)
    if x.ndim != 2 or len(x) != len(y):
        raise FrameError(f"design of shape {x.shape} for {len(y)} counts; one row per count")
    shift = np.broadcast_to(np.asarray(offset, dtype=np.float64), y.shape)
    scale = np.broadcast_to(np.asarray(dispersion_scale, dtype=np.float64), y.shape)
    ridge = np.broadcast_to(np.asarray(penalty, dtype=np.float64), x.shape[1:])
    if not (np.isfinite(x).all() and np.isfinite(shift).all() and (scale > 0).all()):
        raise FrameError("design, offset and scale must be finite; drop roads without length")
    if not y.sum() > 0 or (y < 0).any():
        raise FrameError("a performance function needs counts of accidents, and at least one")

    beta = np.linalg.lstsq(
        x, np.log(y.sum() / np.exp(shift).sum()) * np.ones(len(y)), rcond=None
    )[0]
    beta = _score_until_still(y, x, shift, scale * 0.0, ridge, beta)
    mean = np.exp(x @ beta + shift)
    k = 0.0
    # Slope of the likelihood at k = 0: where it falls, the counts scatter no more than chance.
    slope = (scale * ((y - mean) ** 2 - y)).sum() / 2
    if slope > 0:
        k = float(np.clip(2 * slope / (scale**2 * mean**2).sum(), 1e-3, 1e3))
        for _ in range(_MOST_ITERATIONS):
            before, before_beta = k, beta
            k = _newton_k(y, mean, scale, k)
            beta = _score_until_still(y, x, shift, k * scale, ridge, beta, most=2)
            mean = np.exp(x @ beta + shift)
            if (
                abs(k / before - 1) < _CONVERGED
                and np.abs(beta - before_beta).max() < _CONVERGED
            ):
                break
    weight = mean / (1 + k * scale * mean)
    information = x.T @ (weight[:, None] * x) + np.diag(ridge)
    return NegativeBinomialFit(
        names=tuple(names) if names is not None else tuple(f"x{i}" for i in range(x.shape[1])),
        coefficients=beta,
        standard_errors=np.sqrt(np.diag(np.linalg.inv(information))),
        k=k,
        log_likelihood=_log_likelihood(y, mean, k * scale),
        rows=len(y),
        events=float(y.sum()),
    )


def power_law(
    aadt: npt.ArrayLike, length_km: npt.ArrayLike, *, factor: float, exponent: float
) -> Floats:
    """Accidents per year μ = factor · AADT^exponent · km (Hauer et al. 2002, TRR 1784)."""
    mean: Floats = factor * np.asarray(aadt, dtype=float) ** exponent * np.asarray(length_km)
    return mean


def two_lane_spf(aadt: npt.ArrayLike, length_km: npt.ArrayLike) -> Floats:
    """Accidents per year on a base rural two-lane segment (HSM 10-6)."""
    miles = np.asarray(length_km, dtype=float) * 1000 / METRES_PER_MILE
    mean: Floats = np.asarray(aadt, dtype=float) * miles * 365e-6 * np.exp(-0.312)
    return mean


def two_lane_factors(roads: pd.DataFrame) -> pd.DataFrame:
    """Adjustment factors of the rural two-lane model (HSM 10-11 to 10-21), and their product.

    Parameters
    ----------
    roads
        One row per segment: ``aadt, lane_width_m, shoulder_width_m, shoulder_type``
        (paved, gravel, composite, turf), ``curve_radius_m`` (0 straight), ``curve_length_m``,
        ``spiral_share`` (0 none, 0.5 one end, 1 both), ``superelevation_lack`` (0.04 = 4 %),
        ``grade_percent, driveways_per_km, has_centre_rumble, passing_lanes`` (0, 1, 2 = both
        ways), ``roadside_rating`` (1–7), ``is_lit, has_speed_cameras``.

    Returns
    -------
    Columns ``lane, shoulder, curve, superelevation, grade, driveways, rumble, passing,
    roadside, lighting, cameras, total``.
    """
    aadt = roads["aadt"].to_numpy(float)
    lane_ft = roads["lane_width_m"].to_numpy(float) / METRES_PER_FOOT
    shoulder_ft = roads["shoulder_width_m"].to_numpy(float) / METRES_PER_FOOT
    lane = _width_factor(lane_ft, aadt, _LANE)
    width = _width_factor(shoulder_ft, aadt, _SHOULDER)
    kind = roads["shoulder_type"].to_numpy(object)
    surface = np.ones(len(roads))
    for name, values in _SHOULDER_TYPE.items():
        surface = np.where(kind == name, np.array(values)[_row(shoulder_ft, _TYPE_FT)], surface)
    radius_ft = roads["curve_radius_m"].to_numpy(float) / METRES_PER_FOOT
    arc = 1.55 * roads["curve_length_m"].to_numpy(float) / METRES_PER_MILE
    is_curve = (radius_ft > 0) & (arc > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = (
            arc
            + 80.2 / np.maximum(radius_ft, 100)
            - 0.012 * roads["spiral_share"].to_numpy(float)
        ) / arc
    lack = roads["superelevation_lack"].to_numpy(float)
    tilt = np.where(lack >= 0.02, 1.06 + 3 * (lack - 0.02), 1 + 6 * (lack - 0.01))
    grade = np.abs(roads["grade_percent"].to_numpy(float))
    driveways = roads["driveways_per_km"].to_numpy(float) * METRES_PER_MILE / 1000
    per_driveway = 0.05 - 0.005 * np.log(aadt)
    rating = roads["roadside_rating"].to_numpy(float)
    # Shares of accidents by night, and of these with injury and damage only (HSM 10-20).
    unlit_night, night_injury, night_damage = 0.370, 0.382, 0.618
    lit = 1 - (1 - 0.72 * night_injury - 0.83 * night_damage) * unlit_night
    factors = pd.DataFrame(
        {
            "lane": 1 + (lane - 1) * _RELATED_SHARE,
            "shoulder": 1 + (width * surface - 1) * _RELATED_SHARE,
            "curve": np.where(is_curve, np.maximum(bend, 1.0), 1.0),
            "superelevation": np.where(is_curve, np.maximum(tilt, 1.0), 1.0),
            "grade": np.select([grade <= 3, grade <= 6], [1.0, 1.1], 1.16),
            "driveways": np.where(
                driveways >= 5,
                (0.322 + driveways * per_driveway) / (0.322 + 5 * per_driveway),
                1.0,
            ),
            "rumble": np.where(roads["has_centre_rumble"].to_numpy(bool), 0.94, 1.0),
            "passing": np.array([1.0, 0.75, 0.65])[roads["passing_lanes"].to_numpy(int)],
            "roadside": np.exp(-0.6869 + 0.0668 * rating + 0.4865),
            "lighting": np.where(roads["is_lit"].to_numpy(bool), lit, 1.0),
            "cameras": np.where(roads["has_speed_cameras"].to_numpy(bool), 0.93, 1.0),
        },
        index=roads.index,
    )
    factors["total"] = factors.prod(axis=1)
    return factors


# Share of accidents that lane and shoulder bear on (HSM table 10-4).
_RELATED_SHARE = 0.574
# Width in feet, factor up to 400 vehicles a day, slope per vehicle, factor from 2,000 (HSM 10-8, 10-9).
_LANE = (
    (9, 1.05, 2.81e-4, 1.5),
    (10, 1.02, 1.75e-4, 1.3),
    (11, 1.01, 2.5e-5, 1.05),
    (12, 1, 0, 1),
)
_SHOULDER = (
    (0, 1.1, 2.5e-4, 1.5),
    (2, 1.07, 1.43e-4, 1.3),
    (4, 1.02, 8.125e-5, 1.15),
    (6, 1.0, 0.0, 1.0),
    (8, 0.98, -6.875e-5, 0.87),
)
_TYPE_FT = (0, 1, 2, 3, 4, 6, 8)  # HSM 10-10
_SHOULDER_TYPE = {
    "gravel": (1.0, 1.0, 1.01, 1.01, 1.01, 1.02, 1.02),
    "composite": (1.0, 1.01, 1.02, 1.02, 1.03, 1.04, 1.06),
    "turf": (1.0, 1.01, 1.03, 1.04, 1.05, 1.08, 1.11),
}


def _row(feet: Floats, table_ft: Sequence[float]) -> npt.NDArray[np.intp]:
    """Row of a table by width: the one not above it, which is the cautious side."""
    return np.maximum(np.searchsorted(table_ft, feet + 1e-6, side="right") - 1, 0)


def _width_factor(
    feet: Floats, aadt: Floats, table: tuple[tuple[float, float, float, float], ...]
) -> Floats:
    width, quiet, slope, busy = np.array(table).T
    row = _row(feet, width.tolist())
    between = quiet[row] + slope[row] * (aadt - 400)
    return np.select([aadt < 400, aadt <= 2000], [quiet[row], between], busy[row])


def _score_until_still(
    y: Floats,
    x: Floats,
    offset: Floats,
    k: Floats,
    ridge: Floats,
    beta: Floats,
    *,
    most: int = 100,
) -> Floats:
    """Fisher scoring of the coefficients at a given overdispersion."""
    for _ in range(most):
        eta = np.clip(x @ beta + offset, -30, 30)
        mean = np.exp(eta)
        weight = mean / (1 + k * mean)
        gradient = x.T @ ((y - mean) / (1 + k * mean)) - ridge * beta
        try:
            step = np.linalg.solve(x.T @ (weight[:, None] * x) + np.diag(ridge), gradient)
        except np.linalg.LinAlgError as error:
            raise FrameError(
                "columns of the design say the same; drop a class or a column"
            ) from error
        beta = beta + np.clip(step, -3, 3)
        if np.abs(step).max() < _CONVERGED:
            break
    return beta


def _newton_k(y: Floats, mean: Floats, scale: Floats, k: float) -> float:
    """One safeguarded Newton step of log k."""
    theta = 1 / (k * scale)
    total = theta + mean
    first = (
        digamma(y + theta) - digamma(theta) + np.log(theta / total) + 1 - (y + theta) / total
    )
    second = (
        polygamma(1, y + theta)
        - polygamma(1, theta)
        + mean / (theta * total)
        - (mean - y) / total**2
    )
    slope = -(theta * first).sum()
    curvature = (theta * first + theta**2 * second).sum()
    step = -slope / curvature if curvature < 0 else np.sign(slope)
    return float(np.clip(k * np.exp(np.clip(step, -1, 1)), 1e-9, 1e6))


def _log_likelihood(y: Floats, mean: Floats, k: Floats) -> float:
    poisson = y * np.log(mean) - mean - gammaln(y + 1)
    if not k.any():
        return float(poisson.sum())
    theta = 1 / k
    terms = (
        gammaln(y + theta)
        - gammaln(theta)
        - gammaln(y + 1)
        - theta * np.log1p(mean * k)
        + y * (np.log(mean) - np.log(theta + mean))
    )
    return float(terms.sum())
