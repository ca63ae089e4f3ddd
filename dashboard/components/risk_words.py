"""Numbers and names of the risk index as words: never finer than what is known of them."""

from __future__ import annotations

import math

import pandas as pd

from dashboard.escape import for_html
from dashboard.i18n import label, language, localized, t
from data.indicators import INDICATORS
from data.periods import Period
from geo.errors import SettingsError
from geo.index_definition import IndexDefinition

# A rate is said per so much exposure: people by the ten thousand, vehicle-kilometres by the
# hundred million as the traffic police do, what is counted in pieces by the hundred.
_PER = {
    "population": 10_000,
    "floating_population": 10_000,
    "motor_vehicles": 10_000,
    "industrial_staff": 10_000,
    "vehicle_km": 100_000_000,
}
_PER_ELSE = 100
NOTHING = "–"


def amount(value: float, low: float, high: float) -> str:
    """``value`` with two digits of its interval's width, no more."""
    return _with(value, decimals(low, high))


def span(low: float, high: float) -> str:
    """The interval alone."""
    places = decimals(low, high)
    return f"{_with(low, places)}–{_with(high, places)}"


def with_span(value: float, low: float, high: float) -> str:
    """``value [low–high]``."""
    if value != value:
        return NOTHING
    return f"{amount(value, low, high)} [{span(low, high)}]"


def decimals(low: float, high: float) -> int:
    """Places after the point that the width of an interval carries."""
    width = high - low
    if not (math.isfinite(width) and width > 0):
        return 0
    return min(max(1 - math.floor(math.log10(width)), 0), 6)


def significant(value: float, digits: int = 3) -> str:
    """``value`` with so many digits and no exponent."""
    if value != value:
        return NOTHING
    if value == 0:
        return "0"
    places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return _with(value, min(places, 6))


def rank_span(unit: pd.Series) -> str:
    """90 % interval of the rank, ``"1–12"``."""
    if pd.isna(unit["rank"]):
        return NOTHING
    low, high = int(unit["rank_low"]), int(unit["rank_high"])
    return f"{low}" if low == high else f"{low}–{high}"


def rank_words(unit: pd.Series, ranked: int) -> str:
    """``"3–11 / 26"`` with the rank before it."""
    if pd.isna(unit["rank"]):
        return t("risk.no_rank")
    return t("risk.rank_words", rank=int(unit["rank"]), span=rank_span(unit), of=ranked)


def score_words(unit: pd.Series) -> str:
    """Index and its interval."""
    return with_span(unit["index"], unit["index_low"], unit["index_high"])


def domain_names(definition: IndexDefinition) -> dict[str, str]:
    """Domain id → its name."""
    return {each.id: localized(each.names) for each in definition.domains}


def indicator_names(definition: IndexDefinition) -> dict[str, str]:
    """Indicator id → its name."""
    return {each.id: localized(each.names) for each in definition.indicators}


def exposure_name(code: str) -> str:
    """Name of a denominator."""
    info = INDICATORS.get(code)
    return code if info is None else localized(dict(info.names))


def exposure_words(code: str, value: float) -> str:
    """``"17.1 公里"``."""
    if value != value:
        return label("standing", "unknown_exposure")
    info = INDICATORS.get(code)
    is_whole = value >= 1_000 or value == int(value)
    number = f"{value:,.0f}" if is_whole else significant(value)
    return number if info is None else f"{number} {localized(dict(info.measure))}"


def per(code: str) -> int:
    """How much of a denominator rates are said per."""
    return _PER.get(code, _PER_ELSE)


def per_words(code: str) -> str:
    """``"每 10,000 人"``."""
    info = INDICATORS.get(code)
    measure = code if info is None else localized(dict(info.measure))
    return t("risk.per", amount=f"{per(code):,}", measure=measure)


def period_words(text: str) -> str:
    """A period as people say it."""
    try:
        period = Period.parse(text)
    except SettingsError:
        return text
    if period.length == "year":
        return t("risk.year", year=period.year)
    if period.length == "quarter":
        return t("risk.quarter", year=period.year, part=period.part)
    return t("risk.month", year=period.year, part=period.part)


def grade_letter(grade: object) -> str:
    """One sign for a grade: 红, or R."""
    return label("grade_sign", grade) if isinstance(grade, str) else NOTHING


def grade_word(grade: object) -> str:
    """红 … 蓝, or that there is too little to speak of."""
    return label("risk_grade", grade)


def grade_chip(grade: object, *, is_hatched: bool) -> str:
    """HTML of a grade: its colour, hatched where unsure, and its word."""
    if not isinstance(grade, str):
        return f'<span class="grade none">{for_html(t("risk.no_grade"))}</span>'
    css = f"grade {grade}" + (" hatched" if is_hatched else "")
    return f'<span class="{css}">{for_html(grade_word(grade))}</span>'


def colon() -> str:
    """Between a name and what is said of it."""
    return "：" if language() == "zh" else ": "


def _with(value: float, places: int) -> str:
    text = f"{value:,.{places}f}"
    return text.replace("-", "−") if text.strip("-0.,") else text.replace("-", "")
