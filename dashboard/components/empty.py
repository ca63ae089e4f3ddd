"""What a page shows when the store holds nothing."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import t


def empty_store() -> None:
    """Say so, and how to load something."""
    st.subheader(t("empty.store"))
    st.write(t("empty.store_help"))
    st.markdown(f"**{t('empty.demo')}**")
    st.code("pingan demo", language="bash")
    st.markdown(f"**{t('empty.load')}**")
    st.code("pingan load incidents FILE.csv --profile PROFILE", language="bash")
