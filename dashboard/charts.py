"""Charts of the selection, drawn by Streamlit's own Vega: small specs, no outside host."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from dashboard.i18n import label, t
from dashboard.palette import BLUE, DOMAIN_COLOURS, ramp_hex
from geo.vocabulary import MATCH_CODES, Domain

HEIGHT_PX = 210
_FAINT, _PAPER = "#A9B4C4", "#FDF6E9"


def months_chart(months: pd.DataFrame) -> alt.LayerChart:
    """Columns for the last twelve months, a line for the same months a year before."""
    table = months.assign(label=months["month"].dt.strftime("%y-%m"))
    this_year, previous = t("chart.this_year"), t("chart.previous_year")
    colour = alt.Scale(domain=[this_year, previous], range=[BLUE, _FAINT])
    base = alt.Chart(table).encode(
        x=alt.X("label:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    )
    bars = base.transform_calculate(series=f"'{this_year}'").mark_bar(
        cornerRadiusTopLeft=2, cornerRadiusTopRight=2
    )
    line = base.transform_calculate(series=f"'{previous}'").mark_line(
        point=alt.OverlayMarkDef(size=22), strokeDash=[4, 3], strokeWidth=1.8
    )
    legend = alt.Legend(title=None, orient="top")
    return alt.layer(
        bars.encode(
            y=alt.Y("this_year:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("series:N", scale=colour, legend=legend),
            tooltip=_tips(label=t("chart.month"), this_year=this_year),
        ),
        line.encode(
            y="previous_year:Q",
            color=alt.Color("series:N", scale=colour),
            tooltip=_tips(label=t("chart.month"), previous_year=previous),
        ),
    ).properties(height=HEIGHT_PX)


def week_chart(cells: np.ndarray) -> alt.Chart:
    """Weekday by hour, (7, 24) counts; dark means many."""
    names = [label("weekday", day) for day in range(7)]
    # Only the counts travel; where each belongs is worked out in the browser.
    table = pd.DataFrame(
        {"cell": np.arange(168, dtype=np.uint8), "n": cells.ravel().astype(np.int32)}
    )
    ramp = alt.Scale(range=[_PAPER, *ramp_hex("light", 6)], domainMin=0)
    return (
        alt.Chart(table)
        .transform_calculate(hour="datum.cell % 24", weekday=f"{names}[floor(datum.cell / 24)]")
        .mark_rect(cornerRadius=1.5)
        .encode(
            x=alt.X(
                "hour:O", title=None, axis=alt.Axis(labelAngle=0, values=list(range(0, 24, 3)))
            ),
            y=alt.Y("weekday:O", title=None, sort=names),
            color=alt.Color(
                "n:Q",
                scale=ramp,
                legend=alt.Legend(
                    title=None, tickMinStep=1, gradientLength=120, orient="right"
                ),
            ),
            tooltip=[
                alt.Tooltip("weekday:N", title=t("chart.weekday")),
                alt.Tooltip("hour:Q", title=t("chart.hour")),
                alt.Tooltip("n:Q", title=t("chart.count")),
            ],
        )
        .properties(height=HEIGHT_PX)
    )


def categories_chart(categories: pd.DataFrame, limit: int = 10) -> alt.LayerChart:
    """The most frequent categories, coloured by domain."""
    table = categories.head(limit).assign(
        name=[label("category", code) for code in categories["category"].head(limit)],
        family=[label("domain", code) for code in categories["domain"].head(limit)],
    )
    colour = alt.Color(
        "family:N",
        scale=alt.Scale(
            domain=[label("domain", domain) for domain in Domain],
            range=[DOMAIN_COLOURS[domain] for domain in Domain],
        ),
        legend=alt.Legend(title=None, orient="bottom", columns=2, labelLimit=160),
    )
    return _ranking(table, colour, legend_px=50)


def units_chart(units: pd.Series, names: dict[str, str], limit: int = 10) -> alt.LayerChart:
    """The units with most incidents."""
    top = units[units > 0].sort_values(ascending=False, kind="stable").head(limit)
    table = pd.DataFrame(
        {"name": [names.get(code, code) for code in top.index], "incidents": top.to_numpy()}
    )
    return _ranking(table, alt.value(BLUE))


def balance_chart(read: int, accepted: int, rejected: int, duplicate: int) -> alt.Chart:
    """One bar: where every row that was read has gone."""
    parts = [
        (t("loads.accepted"), accepted, "#0072B2"),
        (t("loads.rejected"), rejected, "#D55E00"),
        (t("loads.duplicate"), duplicate, "#999999"),
    ]
    table = pd.DataFrame(parts, columns=["part", "rows", "colour"]).assign(order=range(3))
    base = alt.Chart(table).encode(
        x=alt.X(
            "rows:Q",
            stack="zero",
            axis=None,
            scale=alt.Scale(domain=[0, max(read, 1)], nice=False),
        ),
        order="order:Q",
        tooltip=_tips(part=t("loads.report_part"), rows=t("chart.count")),
    )
    colour = alt.Scale(domain=[part[0] for part in parts], range=[part[2] for part in parts])
    bars = base.mark_bar(height=28).encode(
        color=alt.Color("part:N", scale=colour, legend=alt.Legend(title=None, orient="top"))
    )
    return bars.properties(height=70)


def matches_chart(matches: dict[str, int]) -> alt.LayerChart:
    """Accepted rows per match grade, best first, with their share."""
    total = max(sum(matches.values()), 1)
    present = [code for code in MATCH_CODES if matches.get(code)]
    table = pd.DataFrame(
        {
            "name": [label("match", code) for code in present],
            "incidents": [matches[code] for code in present],
            "text": [f"{matches[code]:,} · {matches[code] / total:.1%}" for code in present],
        }
    )
    base = alt.Chart(table).encode(
        x=alt.X("incidents:Q", title=None, axis=None),
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=170)),
    )
    texts = base.mark_text(align="left", dx=4).encode(text="text:N")
    bars = base.mark_bar(cornerRadiusEnd=2).encode(color=alt.value(BLUE))
    return alt.layer(bars, texts).properties(height=30 + 26 * len(table))


def _ranking(table: pd.DataFrame, colour: object, *, legend_px: int = 0) -> alt.LayerChart:
    base = alt.Chart(table).encode(
        x=alt.X("incidents:Q", title=None, axis=None),
        y=alt.Y(
            "name:N", title=None, sort=None, axis=alt.Axis(labelLimit=150, labelOverlap=False)
        ),
        tooltip=_tips(name=t("record.name"), incidents=t("chart.count")),
    )
    bars = base.mark_bar(cornerRadiusEnd=2).encode(color=colour)
    texts = base.mark_text(align="left", dx=4).encode(text=alt.Text("incidents:Q", format=","))
    return alt.layer(bars, texts).properties(height=30 + 20 * len(table) + legend_px)


def _tips(**titles: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(field, title=title) for field, title in titles.items()]
