import dataclasses

import branca.colormap
import folium
import pytest
from streamlit_folium import _get_feature_group_string, generate_leaflet_string

from dashboard.maps.elements import Layer
from dashboard.maps.layers import (
    hazards_layer,
    heat_layer,
    layer_group,
    places_layer,
    points_layer,
    sites_layer,
    units_layer,
)
from dashboard.maps.legend import Swatch, format_density, heat_legend, swatch_legend
from dashboard.maps.offline import NotVendoredError, base_map, clicked, localize
from geo.selection import IncidentSelection

ALL = IncidentSelection()


def script(frame, group):
    return _get_feature_group_string(group, map=base_map(frame, "dark", "zh"))


def everything(frame, selection=ALL):
    return [
        units_layer(frame, dict.fromkeys(frame.region.units.index, "#E69F00")),
        heat_layer(frame, selection, "dark", bandwidth_m=500.0),
        hazards_layer(frame),
        points_layer(frame, selection),
        places_layer(frame),
        sites_layer(frame),
    ]


def test_a_full_scene_is_a_few_kilobytes_whatever_the_data(frame):
    assert len(script(frame, layer_group(everything(frame)))) < 10_000


def test_the_base_map_is_the_same_text_every_time(frame):
    def text(theme="dark", **options):
        made = base_map(frame, theme, "zh", **options)
        made.render()
        return generate_leaflet_string(made)

    assert text() == text()
    assert text("light") != text()
    assert text(watermark="演示数据") != text()


def test_the_map_asks_no_other_host(frame):
    made, group = base_map(frame, "light", "zh"), layer_group(everything(frame))
    localize(made, group)
    links = [url for _, url in (*made.default_js, *made.default_css)]
    assert links
    assert all(url.startswith(("../../assets/v/", "../../api/v/")) for url in links)
    assert "http" not in made.get_root().script.render() + script(frame, group)


@pytest.mark.parametrize(
    "element",
    [
        folium.Marker((0, 0)),
        branca.colormap.LinearColormap(["red", "blue"]),
        folium.plugins.MarkerCluster(),
    ],
)
def test_elements_from_elsewhere_are_refused(element):
    group = folium.FeatureGroup("x")
    group.add_child(element)
    if isinstance(element, folium.Marker):
        element.add_child(folium.plugins.BeautifyIcon())
    with pytest.raises(NotVendoredError):
        localize(group)


def test_hostile_text_cannot_leave_the_script(frame):
    hostile = "</script><script>`${window.pwned=1}`\u2028'\""
    layer = Layer(slot="x", kind="Areas", options={"notes": {"a": hostile}})
    text = script(frame, layer_group([layer]))
    for sign in ("</script>", "`", "${", "\u2028"):
        assert sign not in text


def test_heat_tells_what_it_leaves_out(frame):
    layer = heat_layer(frame, ALL, "dark", bandwidth_m=100.0)
    assert (layer.shown, layer.left_out) == (0, len(frame.columns))
    wide = heat_layer(frame, ALL, "dark", bandwidth_m=500.0)
    assert wide.shown + wide.left_out == len(frame.columns)
    assert wide.shown > 0


def test_the_browser_filter_speaks_positions(frame):
    chosen = IncidentSelection(
        categories=("robbery",), units=(frame.columns.unit_codes[2],), worst_match="C2"
    )
    wanted = points_layer(frame, chosen).options["filter"]
    assert wanted["categories"] == [5]
    assert wanted["units"] == [2]
    assert wanted["worstMatch"] == 6
    assert "hours" not in wanted


def test_an_empty_choice_stays_empty(frame):
    layer = points_layer(frame, IncidentSelection(categories=()))
    assert layer.options["filter"]["categories"] == []
    assert layer.shown == 0


def test_a_click_becomes_a_value():
    drawing = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [113.5, 34.2]},
        "properties": {"kind": "site", "key": "12", "serial": 3},
    }
    click = clicked({"last_active_drawing": drawing})
    assert dataclasses.astuple(click) == ("site", "12", 3, 113.5, 34.2)
    assert clicked(None) is clicked({"last_active_drawing": None}) is None


def test_legends_are_escaped(frame):
    hostile = "<img src=x onerror=alert(1)>"
    html = swatch_legend(hostile, [Swatch(colour='"><b>', label=hostile)], note=hostile)
    html += heat_legend(frame, "dark", bandwidth_m=500.0, title=hostile)
    assert "<img" not in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.378, "0.38"), (3.82, "3.8"), (38.2, "38"), (382.0, "380"), (3820.0, "3,800")],
)
def test_densities_read_easily(value, text):
    assert format_density(value) == text
