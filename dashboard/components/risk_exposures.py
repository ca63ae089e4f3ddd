"""What is at risk in each unit, where that is known from, and where it is not."""

from __future__ import annotations

from dashboard.components import markup
from dashboard.components.risk_words import exposure_name, exposure_words, period_words
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.risk_queries import Risk, names_of
from data.derived.risk_exposures import Origin

_CLASSES = {Origin.UNKNOWN.value: "gap", Origin.CARRIED.value: "carried"}


def risk_exposures(frame: Frame, risk: Risk) -> None:
    """Units × denominators; those that the index divides by come first."""
    used = list(dict.fromkeys(risk.run.facts.parameters["denominators"].values()))
    table = risk.run.exposures
    names = names_of(frame, risk.run)
    order = [*used, *(name for name in table["exposure"].unique() if name not in used)]
    cells: dict[tuple[str, str], str] = {}
    for row in table.itertuples():
        css = _CLASSES.get(row.origin, "") if row.exposure in used else "pa-quiet"
        cells[row.unit_code, row.exposure] = (
            f'<td class="{css}">{_cell(row.exposure, row.value, row.origin, row.of_period)}</td>'
        )
    heads = "".join(
        f"<th>{for_html(exposure_name(name))}"
        + ("" if name in used else f" <small>({for_html(t('risk.unused'))})</small>")
        + "</th>"
        for name in order
    )
    body = "".join(
        f"<tr><td>{for_html(names[code])}</td>"
        + "".join(cells.get((code, name), "<td></td>") for name in order)
        + "</tr>"
        for code in risk.units.index
    )
    lines = "".join(
        f"<span>{for_html(name)} <b>{for_html(text)}</b></span>"
        for name, text in _summary(risk, order)
    )
    markup.show(
        f'<div class="pa-card"><div class="pa-facts">{lines}</div><div class="risk-scroll"><table class="pa-table">'
        f"<thead><tr><th>{for_html(t('risk.town'))}</th>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></div></div>"
    )


def _cell(name: str, value: float, origin: str, of_period: object) -> str:
    if origin == Origin.UNKNOWN:
        return for_html(label("origin", origin))
    words = label("origin", origin)
    if origin == Origin.CARRIED:
        words = t("risk.carried", period=period_words(str(of_period)))
    small = "" if origin == Origin.FIGURE else f" <small>{for_html(words)}</small>"
    return for_html(exposure_words(name, value)) + small


def _summary(risk: Risk, order: list[str]) -> list[tuple[str, str]]:
    """Per denominator how many units know it from where."""
    table = risk.run.exposures
    said = []
    for name in order:
        origins = table.loc[table["exposure"] == name, "origin"].value_counts()
        parts = [
            t("risk.origin_count", origin=label("origin", origin), count=count)
            for origin, count in origins.items()
        ]
        said.append((exposure_name(name), " · ".join(parts)))
    return said
