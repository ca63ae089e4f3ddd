"""Hit rates of sources, domains and townships against the least that can be relied on."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.escape import for_markdown
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.palette import BLUE
from dashboard.queries import unit_names
from data.hits import LEAST_HIT_RATE, rates
from geo.vocabulary import DOMAIN_OF

LOW = "#D55E00"
NAMED = 6


def hit_rate_panel(frame: Frame) -> None:
    """Chart of the rates with their line at 85 %, and a banner when some lie below it."""
    hits = _hits(frame)
    if hits.empty:
        return
    st.markdown(f"#### {t('hits.heading')}")
    names = unit_names(frame, language())
    hits = hits.assign(domain=hits["category"].map(DOMAIN_OF))
    by_source, by_domain, by_unit = (
        rates(hits, by) for by in ("source", "domain", "unit_code")
    )
    by_domain.index = [label("domain", code) for code in by_domain.index]
    by_unit.index = [names.get(code, str(code)) for code in by_unit.index]
    _banner([*_low(by_source), *_low(by_domain), *_low(by_unit)])
    st.caption(t("hits.method"))
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(t("hits.by_source"))
        st.altair_chart(hit_chart(by_source))
        if len(by_domain):
            st.caption(t("hits.by_domain"))
            st.altair_chart(hit_chart(by_domain))
    with right:
        st.caption(t("hits.by_unit"))
        st.altair_chart(hit_chart(by_unit))


# Counted once for a data version and a state of the queue.
@st.cache_data(
    max_entries=4,
    show_spinner=False,
    hash_funcs={Frame: lambda frame: (frame.version, frame.store.waiting())},
)
def _hits(frame: Frame) -> pd.DataFrame:
    return frame.store.hits()


def hit_chart(table: pd.DataFrame) -> alt.LayerChart:
    """One bar per row of :func:`data.hits.rates`, worst first, with the line at 85 %."""
    shown = pd.DataFrame(
        {
            "name": [str(name) for name in table.index],
            "rate": table["rate"].to_numpy(),
            "rows": table["rows"].to_numpy(),
            "text": [
                f"{rate:.0%} · {rows:,}"
                for rate, rows in zip(table["rate"], table["rows"], strict=True)
            ],
        }
    )
    base = alt.Chart(shown).encode(
        x=alt.X(
            "rate:Q",
            title=None,
            scale=alt.Scale(domain=[0, 1.18], nice=False),
            axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
        ),
        y=alt.Y(
            "name:N", title=None, sort=None, axis=alt.Axis(labelLimit=170, labelOverlap=False)
        ),
    )
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        color=alt.condition(f"datum.rate < {LEAST_HIT_RATE}", alt.value(LOW), alt.value(BLUE)),
        tooltip=[
            alt.Tooltip("name:N", title=t("record.name")),
            alt.Tooltip("rate:Q", title=t("hits.rate"), format=".1%"),
            alt.Tooltip("rows:Q", title=t("hits.rows"), format=","),
        ],
    )
    texts = base.mark_text(align="left", dx=4).encode(text="text:N")
    line = (
        alt.Chart(pd.DataFrame({"least": [LEAST_HIT_RATE]}))
        .mark_rule(strokeDash=[5, 4], color="#333333")
        .encode(x="least:Q")
    )
    return alt.layer(bars, texts, line).properties(height=40 + 20 * len(shown))


def _low(table: pd.DataFrame) -> list[str]:
    below = table[table["rate"] < LEAST_HIT_RATE]
    return [f"{name} {rate:.0%}" for name, rate in below["rate"].items()]


def _banner(low: list[str]) -> None:
    if low:
        more = f" · +{len(low) - NAMED}" if len(low) > NAMED else ""
        words = " · ".join(map(for_markdown, low[:NAMED])) + more
        st.warning(t("hits.low", least=f"{LEAST_HIT_RATE:.0%}", names=words))
