"""The review queue: texts that nobody could place, their candidates, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard.components import markup
from dashboard.components.atlas_map import show_map
from dashboard.components.layers import Drawing
from dashboard.components.loads import table_height
from dashboard.escape import for_html, for_markdown
from dashboard.frame import Frame, current_frame
from dashboard.i18n import label, language, t
from dashboard.intake import Option, Reviewer
from dashboard.maps.elements import Bounds, Layer
from dashboard.maps.layers import units_layer
from dashboard.maps.offline import clicked
from dashboard.palette import BLUE
from dashboard.queries import unit_names
from data.decisions import ROLES, Verdict
from geo.errors import SafetyError

MAP_PX = 470
SHOWN_DECISIONS = 20
CHOSEN = "#D55E00"
_POINT, _CLICK, _NOTE = "review_point", "review_click", "review_note"
Point = tuple[float, float]


def review_title() -> str:
    """The page's name in the navigation, with the number of texts that wait."""
    texts, _ = current_frame().store.waiting()
    return t("page.review_waiting", count=f"{texts:,}") if texts else t("page.review")


def review_queue(frame: Frame) -> str | None:
    """Table of the waiting texts; returns the one picked, else the first, ``None`` if empty."""
    queue = frame.store.review_queue()
    if queue.empty:
        st.success(t("review.empty"))
        return None
    texts, rows = frame.store.waiting()
    st.caption(t("review.waiting", texts=f"{texts:,}", rows=f"{rows:,}"))
    table = pd.DataFrame(
        {
            t("review.text"): queue["place_text"],
            t("review.rows"): queue["rows"],
            t("loads.reason"): [label("reason", code) for code in queue["code"]],
            t("loads.load"): queue["load_id"],
            t("loads.file"): queue["file_name"],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        key="review_queue",
        on_select="rerun",
        selection_mode="single-row",
        height=table_height(len(table), 520),
    )
    chosen = event["selection"]["rows"]
    at = chosen[0] if chosen and chosen[0] < len(queue) else 0
    return str(queue["place_text"].iloc[at])


def decide_panel(frame: Frame, reviewer: Reviewer | None, text: str) -> None:
    """Map and cards of what ``text`` may mean, and the buttons that decide."""
    st.markdown(f"#### {for_markdown(text)}")
    if reviewer is None:
        st.info(t("review.disabled"))
        return
    try:
        options = list(reviewer.options(text))
    except SafetyError as error:
        st.error(for_markdown(error))
        return
    point = _set_point(text)
    view, cards = st.columns([1.9, 1])
    with view:
        st.caption(t("review.click"))
        _map(frame, text, options, point)
    with cards, st.container(key="review_cards"):
        roles = {code: label("role", code) for code in ROLES}
        role = st.selectbox(
            t("review.role"), list(roles), format_func=roles.__getitem__, key="role"
        )
        if point is not None:
            _point_card(reviewer, text, point, role)
        if not options and point is None:
            st.caption(t("review.no_options"))
        for number, option in enumerate(options, start=1):
            _option_card(frame, reviewer, text, number, option, role)
        st.button(
            t("review.dismiss"),
            key="dismiss",
            on_click=_act,
            args=(lambda: reviewer.dismiss(text, role), t("review.dismissed")),
        )


def decisions_panel(frame: Frame, reviewer: Reviewer | None) -> None:
    """What was decided last, with the way back."""
    st.markdown(f"#### {t('review.done')}")
    decisions = frame.store.decisions()
    if decisions.empty:
        st.caption(t("review.none_done"))
        return
    names = unit_names(frame, language())
    for number, row in decisions.head(SHOWN_DECISIONS).iterrows():
        if row["verdict"] == Verdict.PLACED:
            unit = names.get(str(row["unit_code"]), "")
            place = f"{unit} {row['match_code']} ({row['lon']:.5f}, {row['lat']:.5f})"
        else:
            place = t("review.dismiss")
        moment = row["decided_at"].tz_convert(frame.region.timezone).strftime("%Y-%m-%d %H:%M")
        facts = [place, t("review.brought", rows=f"{row['rows']:,}")]
        facts += [label("role", row["role"]), moment]
        is_undone = pd.notna(row["undone_at"])
        line, button = st.columns([6, 1], vertical_alignment="center")
        with line:
            markup.show(
                f'<div class="pa-decision{" undone" if is_undone else ""}">'
                f"<b>{for_html(row['place_text'])}</b>"
                f"<span>{for_html(' · '.join(facts))}</span></div>"
            )
        if is_undone:
            button.caption(t("review.undone"))
        elif reviewer is not None:
            button.button(
                t("review.undo"),
                key=f"undo_{number}",
                on_click=_undo,
                args=(reviewer, int(number)),
            )


def review_note() -> None:
    """What the last click on a button did."""
    kind, words = st.session_state.pop(_NOTE, (None, ""))
    if kind == "error":
        st.error(for_markdown(words))
    elif kind == "done":
        st.toast(for_markdown(words))


def _map(frame: Frame, text: str, options: Sequence[Option], point: Point | None) -> None:
    marks = [
        {
            "lon": option.lon,
            "lat": option.lat,
            "label": str(number),
            "key": str(number),
            "name": f"{number} {option.name}",
            "colour": BLUE,
        }
        for number, option in enumerate(options, start=1)
    ]
    if point is not None:
        own = {"label": "✓", "key": "0", "name": t("review.your_point"), "colour": CHOSEN}
        marks.insert(0, {"lon": point[0], "lat": point[1], **own})
    layers = [
        units_layer(frame),
        Layer(slot="numbers", kind="Numbers", options={"marks": marks, "clickKind": "option"}),
    ]
    result = show_map(
        frame,
        Drawing(layers, []),
        key="review_map",
        theme="light",
        height_px=MAP_PX,
        fit=_around(frame, options),
    )
    click = clicked(result)
    seen = st.session_state.get(_CLICK)
    if click is None or click == seen:
        return
    st.session_state[_CLICK] = click
    if click.kind != "option":
        st.session_state[_POINT] = (text, (click.lon, click.lat))
        st.rerun()


def _around(frame: Frame, options: Sequence[Option]) -> Bounds:
    """The candidates with some country around them, else the region."""
    if not options:
        return frame.region.bounds
    lon, lat = [one.lon for one in options], [one.lat for one in options]
    margin = max(0.03, 0.2 * (max(lon) - min(lon)), 0.2 * (max(lat) - min(lat)))
    return min(lon) - margin, min(lat) - margin, max(lon) + margin, max(lat) + margin


def _set_point(text: str) -> Point | None:
    of_text, point = st.session_state.get(_POINT, (None, None))
    return point if of_text == text else None


def _option_card(
    frame: Frame, reviewer: Reviewer, text: str, number: int, option: Option, role: str
) -> None:
    unit = unit_names(frame, language()).get(str(option.unit_code), t("common.none"))
    facts = [
        unit,
        label("match", option.match_code),
        t("review.r95", metres=f"{option.r95_m:,.0f}"),
        t("review.score", score=f"{option.score:.0f}"),
    ]
    markup.show(
        f'<div class="pa-card pa-option"><i>{number}</i><b>{for_html(option.name)}</b>'
        f"<span>{for_html(' · '.join(facts))}</span></div>"
    )
    st.button(
        t("review.choose", number=number),
        key=f"choose_{number}",
        on_click=_act,
        args=(lambda: reviewer.choose(text, option, role), t("review.chosen")),
    )


def _point_card(reviewer: Reviewer, text: str, point: Point, role: str) -> None:
    lon, lat = point
    words = for_html(f"{lon:.5f}, {lat:.5f}")
    markup.show(
        f'<div class="pa-card pa-option own"><i>✓</i><b>{for_html(t("review.your_point"))}</b>'
        f"<span>{words}</span></div>"
    )
    st.button(
        t("review.place_here"),
        key="place_here",
        type="primary",
        on_click=_act,
        args=(lambda: reviewer.point(text, lon, lat, role), t("review.chosen")),
    )


def _act(decide: Callable[[], int | None], words: str) -> None:
    try:
        rows = decide()
    except SafetyError as error:
        st.session_state[_NOTE] = ("error", str(error))
        return
    st.session_state.pop(_POINT, None)
    st.session_state[_NOTE] = ("done", words.format(rows=f"{rows or 0:,}"))


def _undo(reviewer: Reviewer, decision_id: int) -> None:
    _act(lambda: reviewer.undo(decision_id), t("review.back"))
