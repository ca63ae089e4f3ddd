"""How many accidents each stretch of a county's roads would have if it were like its peers.

A negative-binomial performance function is fitted to the county's own accidents, on blocks
of roughly one screening window that never cross a border of class or traffic:

    log μ = intercept + class effect + b·log(AADT) + log(km · years)

with what is known: without traffic volumes, classes alone; without classes, one mean. Class
effects carry a prior of one unit on the log scale, so that a class with few accidents leans
on the others. k of a block is that of one kilometre divided by its km, as in the Highway Safety Manual;
so prior variances of pieces add up, and a window over a border is the sum of its pieces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.performance_functions import NegativeBinomialFit, fit_negative_binomial
from geo.road_axis import RoadAxis, running_total

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Basis = Literal["aadt", "aadt_class", "class_mean", "one_mean"]

# Traffic enters where it is known for this share of the road and there is so much to learn from.
_LEAST_AADT_SHARE = 0.5
_LEAST_EVENTS = 30
_CLASS_PRIOR = 1.0  # precision of class effects on the log scale


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadPrediction:
    """Result of :func:`predict_roads`.

    Parameters
    ----------
    axis
        The roads.
    peer_classes, peer_class
        Names, and (segments, in the order of the axis) the number of each segment's class.
    density
        (segments) predicted accidents of the period per metre.
    k_km
        Overdispersion of one kilometre; 0 when blocks differ no more than chance.
    basis
        What the prediction rests on.
    aadt_share
        Share of the road with a traffic volume or volume class.
    coefficients
        Frame ``name, value, standard_error`` on the log scale.
    classes
        Frame ``peer_class, km, events, per_km_year``.
    fit
        The regression itself.
    """

    axis: RoadAxis
    peer_classes: tuple[str, ...]
    peer_class: Integers
    density: Floats
    k_km: float
    basis: Basis
    aadt_share: float
    coefficients: pd.DataFrame
    classes: pd.DataFrame
    fit: NegativeBinomialFit

    def between(self, from_m: npt.ArrayLike, to_m: npt.ArrayLike) -> tuple[Floats, Floats]:
        """(n) predicted accidents of the period, and k, of pieces of the axis."""
        knots, mean = running_total(self.axis, self.density)
        variance = running_total(self.axis, self.k_km * 1000 * self.density**2)[1]
        first, last = np.asarray(from_m, dtype=float), np.asarray(to_m, dtype=float)
        predicted: Floats = np.interp(last, knots, mean) - np.interp(first, knots, mean)
        spread: Floats = np.interp(last, knots, variance) - np.interp(first, knots, variance)
        return predicted, spread / predicted**2

    def class_at(self, position_m: npt.ArrayLike) -> Integers:
        """(n) number of the peer class at positions on the axis."""
        at = np.searchsorted(self.axis.segment_from_m, position_m, side="right") - 1
        return self.peer_class[np.maximum(at, 0)]


def predict_roads(
    axis: RoadAxis,
    segments: pd.DataFrame,
    position_m: npt.ArrayLike,
    *,
    years: float,
    block_m: float = 500.0,
) -> RoadPrediction:
    """Fit a county's performance function and apply it to its roads.

    Parameters
    ----------
    segments
        The segments the axis is made of; optional columns ``road_class, is_urban, aadt`` (NaN
        unknown) and ``aadt_class`` (text such as ``2000-5000``, ``<400``, ``>10000``).
    position_m
        (n) accidents on the axis, none off it.
    years
        Length of the period.

    Raises
    ------
    FrameError
        When there is no accident or the period has no length.
    """
    position = np.asarray(position_m, dtype=np.float64)
    if not len(position):
        raise FrameError("no accident lies on these roads; choose a longer period")
    if not years > 0:
        raise FrameError(f"years = {years} must be positive")
    ordered = segments.iloc[axis.order]
    length = axis.segment_to_m - axis.segment_from_m
    names, peer = _peer_classes(ordered)
    volume, is_banded = _volumes(ordered)
    is_known = np.isfinite(volume)
    aadt_share = float(length[is_known].sum() / length.sum())
    basis: Basis = "class_mean" if len(names) > 1 else "one_mean"
    log_volume = np.zeros(len(volume))
    if aadt_share >= _LEAST_AADT_SHARE and len(position) >= _LEAST_EVENTS:
        centred = np.log(volume[is_known] / np.median(volume[is_known]))
        if np.ptp(centred) > 0.1:
            banded_share = length[is_known & is_banded].sum() / length[is_known].sum()
            basis = "aadt_class" if banded_share > 0.5 else "aadt"
            log_volume[is_known] = centred
    # Segments that differ in nothing the regression sees are one road.
    is_border = np.r_[
        True,
        (peer[1:] != peer[:-1])
        | (log_volume[1:] != log_volume[:-1])
        | (is_known[1:] != is_known[:-1])
        | (axis.segment_from_m[1:] > axis.segment_to_m[:-1] + 1e-2),
    ]
    design, columns, penalty = _design(peer, names, log_volume, is_known, basis)
    counts, block_km, run_of = _blocks(axis, is_border, position, block_m)
    fit = fit_negative_binomial(
        counts,
        design[np.flatnonzero(is_border)][run_of],
        offset=np.log(block_km * years),
        dispersion_scale=1 / block_km,
        penalty=penalty,
        names=columns,
    )
    density = fit.predict(design, offset=np.log(years / 1000))
    segment = np.searchsorted(axis.segment_from_m, position, side="right") - 1
    km = np.bincount(peer, length, minlength=len(names)) / 1000
    events = np.bincount(peer[segment], minlength=len(names))
    return RoadPrediction(
        axis=axis,
        peer_classes=names,
        peer_class=peer,
        density=density,
        k_km=fit.k,
        basis=basis,
        aadt_share=aadt_share,
        coefficients=pd.DataFrame(
            {
                "name": fit.names,
                "value": fit.coefficients,
                "standard_error": fit.standard_errors,
            }
        ),
        classes=pd.DataFrame(
            {
                "peer_class": names,
                "km": km,
                "events": events,
                "per_km_year": events / km / years,
            }
        ),
        fit=fit,
    )


def volume_of_class(text: str) -> float:
    """Traffic volume that stands for a class: ``2000-5000`` its geometric middle.

    ``<400`` half of the bound, ``>10000`` or ``10000+`` one and a half times; NaN without a number.
    """
    numbers = [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]
    if not numbers:
        return float("nan")
    if len(numbers) == 1:
        is_top = any(mark in text for mark in (">", "≥", "+", "以上"))
        is_bottom = any(mark in text for mark in ("<", "≤", "以下"))
        return numbers[0] * (1.5 if is_top else 0.5 if is_bottom else 1.0)
    low, high = numbers[:2]
    return float(np.sqrt(low * high)) if low > 0 else high / 2


def _peer_classes(segments: pd.DataFrame) -> tuple[tuple[str, ...], Integers]:
    """Roads are compared with those of their class, in towns and outside apart."""
    if "road_class" in segments:
        label = segments["road_class"].fillna("").astype(str).to_numpy(object)
    else:
        label = np.full(len(segments), "", dtype=object)
    if "is_urban" in segments:
        is_urban = segments["is_urban"].fillna(False).to_numpy(bool)
        label = np.where(is_urban, label + " urban", label)
    code, names = pd.factorize(pd.Series(label), sort=True)
    return tuple(str(name).strip() for name in names), code.astype(np.int64)


def _volumes(segments: pd.DataFrame) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """AADT where counted, else that of its class; and whether it is from a class."""
    volume = np.full(len(segments), np.nan)
    if "aadt" in segments:
        volume = segments["aadt"].to_numpy(dtype=np.float64, na_value=np.nan).copy()
    volume[~(volume > 0)] = np.nan
    is_banded = np.zeros(len(segments), dtype=bool)
    if "aadt_class" in segments:
        text = segments["aadt_class"]
        middles = {name: volume_of_class(str(name)) for name in text.dropna().unique()}
        banded = text.map(middles).to_numpy(dtype=np.float64, na_value=np.nan)
        is_banded = np.isnan(volume) & (banded > 0)
        volume = np.where(is_banded, banded, volume)
    return volume, is_banded


def _design(
    peer: Integers,
    names: tuple[str, ...],
    log_volume: Floats,
    is_known: npt.NDArray[np.bool_],
    basis: Basis,
) -> tuple[Floats, list[str], Floats]:
    """Columns of the regression, their names, and the ridge on each."""
    columns, labels, ridge = [np.ones(len(peer))], ["intercept"], [0.0]
    if len(names) > 1:
        for number, name in enumerate(names):
            columns.append((peer == number).astype(np.float64))
            labels.append(name)
            ridge.append(_CLASS_PRIOR)
    if basis in ("aadt", "aadt_class"):
        columns.append(log_volume)
        labels.append("log_aadt")
        ridge.append(0.0)
        if not is_known.all():
            columns.append((~is_known).astype(np.float64))
            labels.append("aadt_unknown")
            ridge.append(_CLASS_PRIOR)
    return np.column_stack(columns), labels, np.array(ridge)


def _blocks(
    axis: RoadAxis, is_border: npt.NDArray[np.bool_], position: Floats, block_m: float
) -> tuple[Floats, Floats, Integers]:
    """Accidents, km and run of each block; runs are cut into equal blocks near ``block_m``."""
    opens = np.flatnonzero(is_border)
    run_from = axis.segment_from_m[opens]
    run_to = axis.segment_to_m[np.r_[opens[1:], len(is_border)] - 1]
    length = run_to - run_from
    number = np.maximum(np.rint(length / block_m), 1).astype(np.int64)
    first = np.cumsum(number) - number
    run = np.searchsorted(run_from, position, side="right") - 1
    nth = ((position - run_from[run]) / length[run] * number[run]).astype(np.int64)
    block = first[run] + np.minimum(nth, number[run] - 1)
    run_of = np.repeat(np.arange(len(number)), number)
    counts = np.bincount(block, minlength=len(run_of)).astype(np.float64)
    return counts, (length / number)[run_of] / 1000, run_of
