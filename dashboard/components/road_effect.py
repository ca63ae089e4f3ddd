"""Did the works help: the honest figure, and the plain one beside it."""

from __future__ import annotations

from dashboard.charts import show
from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.road_charts import effect_chart
from dashboard.road_queries import road_effect
from data.derived.sections_effect import HazardEffect
from geo.hazard_states import EVALUATION_YEARS


def effect_panel(frame: Frame, hazard_id: int) -> None:
    """Picture and sentences of the longest evaluation there is, or why there is none."""
    found: HazardEffect | str = ""
    for years in sorted(EVALUATION_YEARS, reverse=True):
        found = road_effect(frame, hazard_id, years)
        if isinstance(found, HazardEffect):
            break
    if isinstance(found, str):
        title = for_html(t("effect.title"))
        why = for_html(label("missing", found))
        markup.show(
            f'<div class="pa-card"><h4>{title}</h4><div class="pa-quiet">{why}</div></div>'
        )
        return
    markup.card(t("effect.title"), effect_words(found))
    show(effect_chart(found))


def effect_words(found: HazardEffect) -> list[str]:
    """What works did, what a plain comparison claims, and what would have come anyway."""
    effect, kept = found.effect, found.evaluation
    return [
        t(
            "effect.works",
            effect=_change(-effect.effect_percent),
            low=_change(-effect.high_percent),
            high=_change(-effect.low_percent),
            significance=label("significance", effect.significance),
        ),
        t(
            "effect.naive",
            naive=_change(-effect.naive_percent),
            anyway=_change(-effect.regression_percent),
        ),
        t(
            "effect.periods",
            before=f"{kept.before_from} – {kept.before_to}",
            observed_before=kept.observed_before,
            after=f"{kept.after_from} – {kept.after_to}",
            observed_after=kept.observed_after,
            expected=f"{effect.expected_after:.1f}",
        ),
    ]


def _change(percent: float) -> str:
    """A change in per cent with its sign; a dash where there was nothing before."""
    return "–" if percent != percent else f"{percent:+.0f}%"
