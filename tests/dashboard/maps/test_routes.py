import gzip
import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import assets, basemap, published, routes, slim
from dashboard.frame import ROOT_FROM_COMPONENT, signed_url
from geo.selection import IncidentSelection


@pytest.fixture
def client(frame, monkeypatch):
    monkeypatch.setattr(routes, "current_frame", lambda: frame)
    return TestClient(Starlette(routes=routes.routes()))


def path(url):
    return "/" + url.removeprefix(ROOT_FROM_COMPONENT)


def heat_url(frame, z=11, x=1668, y=816):
    query = {"b": 500.0, "s": IncidentSelection().to_json(), "t": "dark"}
    url = path(frame.url("heat", "heat/{z}/{x}/{y}.png", query))
    return url.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))


def data_urls(frame):
    return [
        heat_url(frame),
        path(frame.url("points", "points.bin")),
        path(published.publish(frame, "{}", "json")),
        *(path(frame.url(layer, f"{layer}.json")) for layer in slim.LAYERS),
        path(signed_url(frame.signer, "base", frame.region.digest, "base/roads.pmtiles", {})),
    ]


def test_signed_data_is_served_for_ever(client, frame):
    kinds = []
    for url in data_urls(frame):
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        kinds.append(answer.headers["content-type"])
    assert kinds == [
        "image/png",
        "application/octet-stream",
        *["application/json"] * (1 + len(slim.LAYERS)),
        "application/vnd.pmtiles",
    ]


@pytest.mark.parametrize("token", ["", "?t=", "?t=abc.def", "?t=%E7%A6%B9"])
def test_without_a_good_token_nothing_is_served(client, frame, token):
    for url in data_urls(frame):
        answer = client.get(url.split("?")[0] + token)
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["cache-control"] == "no-store"


def test_a_token_of_one_layer_does_not_open_another(client, frame):
    sites = path(frame.url("sites", "sites.json"))
    assert client.get(sites.replace("sites.json", "hazards.json")).status_code == 403


def test_an_older_version_is_gone(client, frame):
    old = signed_url(frame.signer, "points", "0-old", "points.bin", {})
    answer = client.get(path(old))
    assert answer.status_code == 404
    assert "version" in answer.text


@pytest.mark.parametrize(("z", "x", "y"), [(20, 0, 0), (3, 8, 0), (3, 0, 8)])
def test_tiles_outside_the_world_are_not_found(client, frame, z, x, y):
    assert client.get(heat_url(frame, z, x, y)).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/api/",
        "/api/v/1/none.json",
        "/assets/",
        "/assets/v/0000/js/atlas.js",
        "/api/v/1/heat/a/b/c.png",
    ],
)
def test_wrong_addresses_are_plain_text_never_a_page(client, url):
    answer = client.get(url)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "name", ["install.py", "../server.py", "..%2fserver.py", "js/../install.py"]
)
def test_only_browser_files_are_assets(client, name):
    answer = client.get(f"/assets/v/{assets.digest()}/{name}")
    assert answer.status_code == 404


def test_every_script_and_style_is_served_with_its_type(client):
    for name in (*assets.SCRIPTS, *assets.STYLES):
        answer = client.get("/" + assets.url(name))
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] in {"text/javascript", "text/css"}
        assert "immutable" in answer.headers["cache-control"]


def test_the_base_map_answers_ranges(client, frame):
    url = path(signed_url(frame.signer, "base", frame.region.digest, "base/units.pmtiles", {}))
    answer = client.get(url, headers={"Range": "bytes=0-126"})
    assert answer.status_code == 206
    assert len(answer.content) == 127
    assert answer.content[:7] == b"PMTiles"


def test_the_base_map_is_built_once(frame):
    first = basemap.source_file(frame, "county").stat().st_mtime_ns
    assert basemap.source_file(frame, "county").stat().st_mtime_ns == first


def test_clients_without_gzip_get_plain_bytes(client, frame):
    url = path(frame.url("sites", "sites.json"))
    plain = client.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == gzip.decompress(slim.packed(frame, "sites"))


def test_sites_and_hazards_hold_what_the_map_needs(client, frame):
    sites = json.loads(gzip.decompress(slim.packed(frame, "sites")))
    assert {len(values) for values in sites.values()} == {len(frame.store.sites())}
    assert "<script>window.pwned=1</script>" in sites["names"]  # data stays as it is
    hazards = json.loads(gzip.decompress(slim.packed(frame, "hazards")))["features"]
    assert [len(item["lines"][0]) for item in hazards] == [2, 2, 1]
    assert hazards[2]["grade"] is None


def test_a_published_text_is_served_under_its_own_name_only(client, frame):
    url = path(published.publish(frame, '{"名":"<b>"}', "json"))
    answer = client.get(url)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"名": "<b>"}
    other = path(published.publish(frame, "Atlas.x = 1;", "js"))
    assert client.get(other).headers["content-type"].startswith("text/javascript")
    assert client.get(other.split("?")[0] + "?" + url.split("?")[1]).status_code == 404
    never = frame.url(published.LAYER, "texts/0.js", {"n": "0.js"})
    assert client.get(path(never)).status_code == 404


def test_unit_shapes_keep_their_area(frame):
    features = slim.units(frame)["features"]
    assert [item["key"] for item in features] == list(frame.region.units.index)
    assert all(ring[0] == ring[-1] for item in features for ring in item["rings"])


def test_routes_move_below_a_base_path(frame, monkeypatch):
    monkeypatch.setattr(routes, "current_frame", lambda: frame)
    client = TestClient(Starlette(routes=routes.routes("/police/")))
    assert client.get("/police" + heat_url(frame)).status_code == 200
    assert client.get(heat_url(frame)).status_code == 404
