"""``pingan serve``: the dashboard."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.server import serve as serve_dashboard
from pingan.door import RegionOption, open_store
from pingan.intake import EtlIntake


def serve(
    region: RegionOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
) -> None:
    """Serve the dashboard until interrupted."""
    store, pack, settings = open_store(region)
    intake = EtlIntake(store, pack)
    serve_dashboard(settings, host=host, port=port, intake=intake)
