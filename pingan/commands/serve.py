"""``pingan serve``: the dashboard."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.server import serve as serve_dashboard
from pingan.door import RegionOption, open_store
from pingan.intake import EtlIntake
from pingan.review import EtlReviewer


def serve(
    region: RegionOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    base_path: Annotated[
        str, typer.Option(help="Path below which a reverse proxy serves the product.")
    ] = "",
    public_host: Annotated[
        str | None, typer.Option(help="Host name the browsers use, behind a reverse proxy.")
    ] = None,
) -> None:
    """Serve the dashboard until interrupted."""
    store, pack, settings = open_store(region)
    serve_dashboard(
        settings,
        host=host,
        port=port,
        base_path=base_path,
        public_host=public_host,
        intake=EtlIntake(store, pack),
        reviewer=EtlReviewer(store, pack),
    )
