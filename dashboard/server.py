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

from dashboard import components
from dashboard.assets import digest
from dashboard.frame import configure, current_frame
from dashboard.intake import Intake, register
from dashboard.routes import routes
from dashboard.theme import THEME
from data.settings import Settings

SCRIPT = Path(__file__).with_name("app.py")


def warm_up() -> None:
    """Load code and data before the first visitor, and keep the collector off them.

    Streamlit collects all garbage after every script run. Everything alive now stays for
    the life of the process; frozen, it is not walked each time (120 ms became 30 ms).
    """
    for module in pkgutil.iter_modules(components.__path__, "dashboard.components."):
        importlib.import_module(module.name)
    current_frame()
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def _lifespan(_: st.App) -> AsyncIterator[None]:
    await asyncio.to_thread(warm_up)
    yield


app = st.App(SCRIPT, routes=routes(), lifespan=_lifespan)


def config(*, host: str, port: int, base_path: str = "") -> dict[str, object]:
    """Streamlit options under which the server speaks to nobody but its browsers.

    A fixed ``browser.serverAddress`` keeps it from asking the internet for its own address.
    """
    public = "localhost" if host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else host  # noqa: S104
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
        "server.baseUrlPath": base_path.strip("/"),
        "server.enableStaticServing": False,
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
    intake: Intake | None = None,
) -> None:
    """Run the server until it is stopped.

    Parameters
    ----------
    host
        Address to listen on; the default can only be reached from this machine.
    base_path
        Path below which a reverse proxy serves the product, e.g. ``"/police"``.
    intake
        Takes uploaded files in; without one the data page has no upload.

    Raises
    ------
    AssetsMissingError
        When the map's front-end files have not been installed.
    SafetyError
        When the store or the region cannot be opened.
    """
    digest()
    configure(settings)
    register(intake)
    current_frame()  # a wrong store or region says so here, before the port is taken
    served = st.App(SCRIPT, routes=routes(base_path), lifespan=_lifespan) if base_path else app
    served.run(config=config(host=host, port=port, base_path=base_path))
