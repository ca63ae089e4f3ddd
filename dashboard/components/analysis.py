"""The four charts of the selection."""

from __future__ import annotations

import streamlit as st

from dashboard.charts import categories_chart, months_chart, show, units_chart, week_chart
from dashboard.frame import Frame
from dashboard.i18n import language, t
from dashboard.queries import Summary, unit_names


def selection_charts(frame: Frame, summary: Summary) -> None:
    """Two by two: by month, by weekday and hour, by kind, by unit."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{t('chart.monthly')}**")
        show(months_chart(summary.months))
        st.markdown(f"**{t('chart.category')}**")
        show(categories_chart(summary.categories))
    with right:
        st.markdown(f"**{t('chart.week')}**")
        show(week_chart(summary.week))
        if summary.untimed:
            st.caption(t("chart.week_note", count=f"{summary.untimed:,}"))
        st.markdown(f"**{t('chart.unit')}**")
        show(units_chart(summary.units, unit_names(frame, language())))
