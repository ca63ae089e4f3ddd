"""The HTTP routes beside the Streamlit app: tiles, data for the map, and its scripts.

Data answers only to a signed token for exactly that layer and data version. Nothing here
ever answers with HTML: Streamlit's own fallback page would make a wrong URL look fine.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard import assets, basemap, points, published, slim, tiles
from dashboard.frame import Frame, current_frame
from dashboard.tokens import TokenError
from geo.selection import IncidentSelection

_GUARD = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'",
}
# The URL names the version, so what it answers never changes.
_FOR_EVER = {**_GUARD, "Cache-Control": "private, max-age=31536000, immutable"}
_NEVER = {**_GUARD, "Cache-Control": "no-store"}
_TYPES = {
    ".js": "text/javascript",
    ".json": "application/json",
    ".css": "text/css",
    ".png": "image/png",
    ".woff2": "font/woff2",
}

Endpoint = Callable[[Request], Response]


def _refuse(status: int, reason: str) -> Response:
    return PlainTextResponse(reason + "\n", status, headers=_NEVER)


def _signed(layer: str) -> Callable[[Callable[..., Response]], Endpoint]:
    """Let ``answer(request, frame, query)`` run only for a good token and current data."""

    def wrap(answer: Callable[..., Response]) -> Endpoint:
        def endpoint(request: Request) -> Response:
            frame, version = current_frame(), request.path_params["version"]
            token = request.query_params.get("t", "")
            try:
                query = frame.signer.open(
                    token, layer=layer, version=version, now_s=time.time()
                )
            except TokenError as error:
                return _refuse(403, f"refused: {error}; reload the page")
            current = frame.region.digest if layer == "base" else frame.version
            if version != current:
                return _refuse(404, "this data version is no longer served; reload the page")
            return answer(request, frame, query)

        return endpoint

    return wrap


@_signed("heat")
def _heat(request: Request, frame: Frame, query: dict[str, object]) -> Response:
    z, x, y = (request.path_params[name] for name in "zxy")
    if z > tiles.MAX_ZOOM or x >= 1 << z or y >= 1 << z:
        return _refuse(404, "no such tile")
    wanted = tiles.HeatRequest(
        selection=IncidentSelection.from_json(str(query["s"])),
        bandwidth_m=float(str(query["b"])),
        theme="light" if query["t"] == "light" else "dark",
        surface=tiles.Surface(**query["f"]) if "f" in query else None,
    )
    png = tiles.heat_tile(frame, wanted, z, x, y)
    return Response(png, media_type="image/png", headers=_FOR_EVER)


@_signed("points")
def _points(request: Request, frame: Frame, _: dict[str, object]) -> Response:
    return _compressed(request, points.packed(frame), "application/octet-stream")


def _json(layer: str) -> Endpoint:
    @_signed(layer)
    def answer(request: Request, frame: Frame, _: dict[str, object]) -> Response:
        return _compressed(request, slim.packed(frame, layer), "application/json")

    return answer


@_signed(published.LAYER)
def _text(request: Request, _: Frame, query: dict[str, object]) -> Response:
    name = request.path_params["name"]
    try:
        body = published.packed(name) if query["n"] == name else None
    except KeyError:
        body = None
    if body is None:
        return _refuse(404, "no such text; reload the page")
    return _compressed(request, body, _TYPES[PurePosixPath(name).suffix])


@_signed("base")
def _base(request: Request, frame: Frame, _: dict[str, object]) -> Response:
    name = request.path_params["name"]
    if name not in basemap.sources(frame):
        return _refuse(404, "no such base map source")
    return FileResponse(
        basemap.source_file(frame, name),
        media_type="application/vnd.pmtiles",
        headers=_FOR_EVER,
    )


def _compressed(request: Request, body: bytes, media_type: str) -> Response:
    headers = {**_FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    return Response(body, media_type=media_type, headers=headers)


def _asset(request: Request) -> Response:
    path = request.path_params["path"]
    if request.path_params["digest"] != assets.digest():
        return _refuse(404, "no such asset")
    if path == assets.BUNDLE:
        return _compressed(request, assets.bundle(), _TYPES[".js"])
    file = (assets.FOLDER / path).resolve()
    served = any(
        file.is_relative_to(assets.FOLDER.resolve() / folder)
        for folder in ("js", "css", "vendor")
    )
    if not served or file.suffix not in _TYPES or not file.is_file():
        return _refuse(404, "no such asset")
    return FileResponse(file, media_type=_TYPES[file.suffix], headers=_FOR_EVER)


def _nothing(_: Request) -> Response:
    return _refuse(404, "not found")


def routes(base_path: str = "") -> list[Route]:
    """All routes, below ``base_path`` such as ``/police`` (Streamlit does not add it)."""
    data = "/api/v/{version}"
    table: dict[str, Endpoint] = {
        data + "/heat/{z:int}/{x:int}/{y:int}.png": _heat,
        data + "/points.bin": _points,
        data + "/texts/{name}": _text,
        data + "/base/{name}.pmtiles": _base,
        **{f"{data}/{layer}.json": _json(layer) for layer in slim.LAYERS},
        "/assets/v/{digest}/{path:path}": _asset,
        "/api/{rest:path}": _nothing,
        "/assets/{rest:path}": _nothing,
    }
    prefix = "/" + base_path.strip("/") if base_path.strip("/") else ""
    return [Route(prefix + path, endpoint, methods=["GET"]) for path, endpoint in table.items()]
