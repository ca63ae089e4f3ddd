"""The map in a real browser: hostile text, filters, clicks, and no other host."""

from __future__ import annotations

from urllib.parse import urlsplit

import folium
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit_folium import _get_feature_group_string, generate_leaflet_string

from dashboard import routes
from dashboard.escape import for_html
from dashboard.maps.layers import (
    hazards_layer,
    heat_layer,
    layer_group,
    places_layer,
    points_layer,
    sites_layer,
    units_layer,
)
from dashboard.maps.offline import base_map
from geo.selection import IncidentSelection
from geo.vocabulary import CATEGORIES, Domain

HOST = "http://atlas.test"
PAGE = f"{HOST}/component/map/index.html"
# folium's popups are built with jQuery, which our map does without.
JQUERY = """window.$ = html => {
  const box = document.createElement('div');
  box.innerHTML = html;
  return box.children;
}"""
PAYLOADS = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "${window.pwned=1}",
    "`+(window.pwned=1)+`",
    "'+(window.pwned=1)+'",
    "\"'><svg onload=window.pwned=1>",
    "\\u003cimg src=x onerror=window.pwned=1\\u003e {{7*7}} 😀\u2028",
)


class Page:
    """A page whose every request is answered by our routes, or recorded as outside."""

    def __init__(self, browser, frame, monkeypatch):
        monkeypatch.setattr(routes, "current_frame", lambda: frame)
        self.client = TestClient(Starlette(routes=routes.routes()))
        self.frame, self.wrong = frame, []
        self.page = browser.new_page(viewport={"width": 900, "height": 700})
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda message: message.type == "error" and self.wrong.append(message.text),
        )
        self.page.route("**/*", self.answer)
        self.page.add_init_script(JQUERY)

    def answer(self, route):
        request = route.request
        if not request.url.startswith(HOST):
            self.wrong.append(f"outside: {request.url}")
            return route.abort()
        if request.url == PAGE:
            body = "<!doctype html><body style=margin:0><div id=map_div style='width:900px;height:700px'></div>"
            return route.fulfill(body=body, content_type="text/html; charset=utf-8")
        asked = urlsplit(request.url)
        given = {"range": request.headers["range"]} if "range" in request.headers else {}
        answer = self.client.get(f"{asked.path}?{asked.query}", headers=given)
        if answer.status_code >= 400:
            self.wrong.append(f"{answer.status_code}: {request.url}")
        headers = {**answer.headers}
        for name in ("content-encoding", "content-length"):
            headers.pop(name, None)
        return route.fulfill(status=answer.status_code, headers=headers, body=answer.content)

    def open(self, made):
        made.render()
        self.made = made
        self.page.goto(PAGE)
        for _, url in made.default_css:
            self.page.add_style_tag(url=url)
        for _, url in made.default_js:
            self.page.add_script_tag(url=url)
        self.page.add_script_tag(content=generate_leaflet_string(made) + "window.map=map_div;")

    def show(self, layers, **options):
        group = layer_group(layers, **options)
        text = _get_feature_group_string(group, map=self.made)
        # As streamlit-folium does: the groups shown before go, then the text runs.
        self.page.evaluate(
            """text => {
              (window.feature_group || []).forEach(group => window.map.removeLayer(group));
              (0, eval)(text);
            }""",
            text,
        )
        self.page.wait_for_function(
            "[...Atlas.state.slots.values()].every(l => l._data || l._features || l._shown)"
        )

    def __getattr__(self, name):
        return getattr(self.page, name)


@pytest.fixture
def page(browser, frame, monkeypatch):
    made = Page(browser, frame, monkeypatch)
    yield made
    made.page.close()


def atlas(frame, **options):
    return base_map(frame, "dark", "zh", watermark=PAYLOADS[2], **options)


def test_escaped_text_stays_text_in_folium(page, frame):
    """Popups, tooltips, icons and layer names: each would run the raw payloads."""
    plain = atlas(frame)
    west, south, *_ = frame.region.bounds
    group = folium.FeatureGroup(name="x")
    for payload in PAYLOADS:
        safe = for_html(payload)
        # DivIcon only: a default marker would ask for its image elsewhere.
        marker = folium.Marker(
            (south + 0.1, west + 0.1),
            popup=folium.Popup(safe, show=True),
            tooltip=folium.Tooltip(safe, permanent=True),
            icon=folium.DivIcon(html=safe),
        )
        group.add_child(marker)
    group.add_to(plain)
    folium.LayerControl().add_to(plain)
    page.open(plain)
    page.wait_for_selector(".leaflet-tooltip")
    texts = page.eval_on_selector_all(".leaflet-tooltip", "all => all.map(e => e.innerText)")
    assert PAYLOADS[0] in texts
    assert PAYLOADS[3] in texts
    assert page.evaluate("window.pwned") is None
    assert page.wrong == []


def test_raw_text_would_have_run(page, frame):
    """The test above can fail: without escaping the same page is taken over."""
    plain = atlas(frame)
    west, south, *_ = frame.region.bounds
    folium.Marker(
        (south, west), icon=folium.DivIcon(html="<img src=x onerror=window.pwned=1>")
    ).add_to(plain)
    page.open(plain)
    page.wait_for_function("window.pwned === 1")


def test_hostile_names_stay_text_on_our_layers(page, frame):
    page.open(atlas(frame, words=dict.fromkeys(["coal_mine", "robbery"], PAYLOADS[2])))
    notes = dict.fromkeys(frame.region.units.index, PAYLOADS[2])
    page.show([units_layer(frame, notes=notes), hazards_layer(frame), sites_layer(frame)])
    lines = page.evaluate(
        """() => {
          const layer = Atlas.state.slots.get('sites');
          const data = layer._data;
          window.map.setView([data.lat[0], data.lon[0]], 16, {animate: false});
          return [data.names[0], window.map.latLngToContainerPoint([data.lat[0], data.lon[0]])];
        }"""
    )
    page.mouse.move(lines[1]["x"] + 1, lines[1]["y"] + 1)
    page.wait_for_function("document.querySelector('.atlas-tip').innerText !== ''")
    assert lines[0] in page.inner_text(".atlas-tip")
    assert page.inner_text(".atlas-watermark") == PAYLOADS[2]
    assert page.evaluate("window.pwned") is None
    assert page.wrong == []


@pytest.mark.parametrize(
    "selection",
    [
        IncidentSelection(),
        IncidentSelection(categories=CATEGORIES[Domain.CRIME]),
        IncidentSelection(severities=(2, 3), hours=(0, 8, 23)),
        IncidentSelection(weekdays=(0, 6)),
        IncidentSelection(day_from=19_700, day_to=20_000, worst_match="B3"),
        IncidentSelection(units=("411081001", "411081007")),
        IncidentSelection(categories=()),
    ],
)
def test_the_browser_picks_exactly_the_rows_of_the_mask(page, frame, selection):
    page.open(atlas(frame))
    page.show([points_layer(frame, selection)])
    picked = page.evaluate(
        "() => { const l = Atlas.state.slots.get('points');"
        " return [...l._picked].map(i => l._data.id[i]) }"
    )
    columns = frame.columns
    wanted = columns.incident_id[columns.mask(selection) & np.isfinite(columns.lon)]
    assert sorted(picked) == sorted(wanted.tolist())


def test_a_click_on_a_point_names_its_record(page, frame):
    page.open(atlas(frame))
    page.show([points_layer(frame, IncidentSelection())])
    wanted, at = page.evaluate(
        """() => {
          const layer = Atlas.state.slots.get('points');
          const data = layer._data;
          const place = Atlas.unproject(
            data.originX + data.x[0] / 2 ** 28, data.originY + data.y[0] / 2 ** 28);
          window.map.setView(place, 18, {animate: false});
          layer.on('click', (event) => { window.clicked = event.layer.toGeoJSON(); });
          return [String(data.id[0]), window.map.latLngToContainerPoint(place)];
        }"""
    )
    page.mouse.click(at["x"], at["y"])
    page.wait_for_function("window.clicked")
    feature = page.evaluate("window.clicked")
    assert feature["properties"] == {"kind": "incident", "key": wanted, "serial": 1}
    row = int(np.flatnonzero(frame.columns.incident_id == int(wanted))[0])
    place = [frame.columns.lon[row], frame.columns.lat[row]]
    assert feature["geometry"]["coordinates"] == pytest.approx(place, abs=1e-5)


def test_changes_keep_layers_and_leave_nothing_behind(page, frame):
    page.open(atlas(frame))
    crime = IncidentSelection(categories=CATEGORIES[Domain.CRIME])

    def scene(selection):
        return [
            units_layer(frame),
            heat_layer(frame, selection, "dark", bandwidth_m=500.0),
            points_layer(frame, selection),
            places_layer(frame),
        ]

    page.show(scene(IncidentSelection()))
    page.evaluate("window.before = Atlas.state.slots.get('points')")
    loads = []
    page.on("request", lambda request: loads.append(urlsplit(request.url).path))
    counts = set()
    for selection in [crime, IncidentSelection(), crime, IncidentSelection(), crime]:
        old = page.evaluate("Atlas.state.slots.get('heat')._shown._url")
        page.show(scene(selection))
        # The old tiles are on the map until the new ones are complete.
        assert page.evaluate("Atlas.state.slots.get('heat')._shown._map != null")
        page.wait_for_function(
            "old => Atlas.state.slots.get('heat')._shown._url !== old", arg=old
        )
        counts.add(page.evaluate("Object.keys(window.map._layers).length"))
    assert len(counts) == 1
    assert page.evaluate("window.before === Atlas.state.slots.get('points')")
    assert not [path for path in loads if path.endswith((".bin", ".json"))]
    page.show([])
    assert (
        page.evaluate("document.querySelectorAll('.leaflet-atlas-points-pane canvas').length")
        == 0
    )
    assert page.wrong == []


def test_titles_and_scale_are_local(page, frame):
    page.open(atlas(frame))
    assert page.get_attribute(".leaflet-control-zoom-in", "title") == "放大"
    assert page.locator(".leaflet-control-scale-line").count() == 1  # metric only
    assert "leafletjs" not in page.content().split("<script")[0]
