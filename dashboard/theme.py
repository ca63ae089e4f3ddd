"""The look of Streamlit's own parts, as configuration options."""

from __future__ import annotations

from dashboard.palette import BLUE, OKABE_ITO

# Fonts of the machine: nothing is fetched, and rare characters fall back by themselves.
_FONTS = (
    "'Noto Sans SC', 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', "
    "'Microsoft YaHei', 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"
)

THEME: dict[str, object] = {
    "theme.base": "light",
    "theme.primaryColor": BLUE,
    "theme.backgroundColor": "#F7F9FB",
    "theme.secondaryBackgroundColor": "#EBF0F5",
    "theme.textColor": "#1C2636",
    "theme.borderColor": "#D5DDE6",
    "theme.baseRadius": "0.4rem",
    "theme.font": _FONTS,
    "theme.headingFont": _FONTS,
    "theme.chartCategoricalColors": list(OKABE_ITO),
}
