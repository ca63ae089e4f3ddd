"""``pingan demo``: the bundled sample's demo data, through the real loading path."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from data.sample.demo import write_demo_files
from etl.pipeline import load_file
from etl.profile import Profile
from pingan.door import RegionOption, open_store


def demo(
    region: RegionOption = None,
    if_missing: Annotated[
        bool,
        typer.Option("--if-missing", help="Do nothing when the store holds loads already."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the generator.")] = 2010,
    scale: Annotated[float, typer.Option(help="Multiplies the number of incidents.")] = 1.0,
    keep: Annotated[Path | None, typer.Option(help="Keep the generated files here.")] = None,
) -> None:
    """Generate three years of demo data 演示数据 and load them."""
    store, pack, _ = open_store(region)
    if if_missing and len(store.loads()):
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        files = write_demo_files(folder, pack, seed=seed, scale=scale)
        for file in tqdm(files, desc="demo", unit="file", leave=False):
            profile = Profile.open(file.profile)
            outcome = load_file(
                file.path, kind=file.kind, profile=profile, region=pack, store=store
            )
            tqdm.write(outcome.to_text())
    store.columns()
