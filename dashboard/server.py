"""One process, one port: the Streamlit app and the map's routes.

``pingan serve`` calls :func:`serve`; ``streamlit run dashboard/server.py`` and any ASGI
server find ``app`` here.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from dashboard import components
from dashboard.assets import digest
from dashboard.frame import configure, current_frame
from dashboard.intake import Intake, Reviewer, register
from dashboard.risk_queries import warm_index
from dashboard.road_queries import warm_roads
from dashboard.routes import routes
from dashboard.theme import THEME
from data.settings import Settings
from geo.warm import warm_measures

SCRIPT = Path(__file__).with_name("app.py")

# app.py registers the pages. Without this, a server whose first visitor opens a deep link
# would take the pages folder for Streamlit's older convention and run the page alone.
PagesManager.uses_pages_directory = False


def warm_up() -> None:
    """Load code and data before the first visitor, and keep the collector off them.

    Runs inside the started server: a component declared earlier would not be served.
    Streamlit collects all garbage after every script run. Everything alive now stays for
    the life of the process; frozen, it is not walked each time (120 ms became 30 ms).
    """
    for module in pkgutil.iter_modules(components.__path__, "dashboard.components."):
        importlib.import_module(module.name)
    current_frame()
    gc.collect()
    gc.freeze()


def _warm_results() -> None:
    frame = current_frame()
    warm_index(frame)
    warm_roads(frame)
    warm_measures()


@asynccontextmanager
async def _lifespan(_: st.App) -> AsyncIterator[None]:
    await asyncio.to_thread(warm_up)
    # Pages open meanwhile; a measure asked for too early waits for its own part only.
    warming = asyncio.create_task(asyncio.to_thread(_warm_results))
    yield
    await warming


app = st.App(SCRIPT, routes=routes(), lifespan=_lifespan)


def config(
    *, host: str, port: int, base_path: str = "", public_host: str | None = None
) -> dict[str, object]:
    """Streamlit options under which the server speaks to nobody but its browsers.

    A fixed ``browser.serverAddress`` keeps it from asking the internet for its own address;
    the list of hosts shuts out pages that rebind their name to ours.
    """
    is_open = host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    public = public_host or ("localhost" if is_open or host in {"127.0.0.1", "::1"} else host)
    hosts = sorted({"localhost", "127.0.0.1", public})
    return {
        **THEME,
        "browser.gatherUsageStats": False,
        "browser.serverAddress": public,
        "browser.serverPort": port,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.toolbarMode": "minimal",
        "global.developmentMode": False,
        "logger.hideWelcomeMessage": True,
        "runner.magicEnabled": False,
        "server.address": host,
        "server.allowedHosts": [] if is_open and public_host is None else hosts,
        "server.baseUrlPath": base_path.strip("/"),
        "server.enableStaticServing": False,
        "server.enableWebsocketCompression": True,
        "server.fileWatcherType": "none",
        "server.headless": True,
        "server.maxUploadSize": 1024,
        "server.port": port,
        "server.runOnSave": False,
    }


def serve(
    settings: Settings,
    *,
    port: int = 8501,
    host: str = "127.0.0.1",
    base_path: str = "",
    public_host: str | None = None,
    intake: Intake | None = None,
    reviewer: Reviewer | None = None,
) -> None:
    """Run the server until it is stopped.

    Parameters
    ----------
    host
        Address to listen on; the default can only be reached from this machine.
    base_path
        Path below which a reverse proxy serves the product, e.g. ``"/police"``.
    public_host
        Name browsers use when it is not ``host``, as behind a reverse proxy.
    intake
        Takes uploaded files in; without one the data page has no upload.
    reviewer
        Carries decisions on places out; without one the review page only shows the queue.

    Raises
    ------
    SafetyError
        When the store or the region cannot be opened, or the map's front-end files have
        not been installed.
    """
    digest()
    configure(settings)
    register(intake, reviewer)
    current_frame()  # a wrong store or region says so here, before the port is taken
    options = config(host=host, port=port, base_path=base_path, public_host=public_host)
    served = st.App(SCRIPT, routes=routes(base_path), lifespan=_lifespan) if base_path else app
    served.run(config=options)
