"""The legend beside the map: marks, method, what was left out, period, data version."""

from __future__ import annotations

from dashboard.components import markup
from dashboard.components.layers import SEPARATOR, Drawing
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import t


def legend_card(frame: Frame, drawing: Drawing, start: str, end: str) -> None:
    """Card with the legend of every layer drawn, ending with period and data version."""
    words = [
        t("legend.period", start=start, end=end),
        t("mark.version", version=frame.version),
    ]
    foot = f'<div class="pa-quiet">{for_html(SEPARATOR.join(words))}</div>'
    markup.show(
        f'<div class="pa-card pa-legend"><h4>{for_html(t("legend.heading"))}</h4>'
        f"{''.join(drawing.legend)}{foot}</div>"
    )
