"""The risk index as table, workbook or GeoJSON, with everything a reader must know.

Outside the office no count from 1 to 4 is told: counts by kind are left out, those by domain read ``<5``,
scores are whole and what a count could be worked out from is blank.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from dashboard import export
from dashboard.disclosure import SMALLEST_SHOWN
from dashboard.result_files import json_text, records
from dashboard.result_words import result_marks
from data.derived.risk import IndexRun
from data.region import RegionPack

FEW = f"<{SMALLEST_SHOWN}"
_SCORES = (
    "index", "index_low", "index_high", "highest_score", "score", "score_low", "score_high",
    "contribution",
)  # fmt: skip
_INSIDE = ("events", "expected_events")
_FROM_COUNTS = ("harm_rate", "expected_harm_rate")


def index_about(
    run: IndexRun, region: RegionPack, *, is_internal: bool = False
) -> dict[str, object]:
    """The facts of a run under fixed English names."""
    facts = run.facts
    return {
        "region": region.code,
        "method": facts.method,
        **facts.parameters,
        "events": facts.events,
        "without_unit": facts.outside,
        "data_version": facts.version,
        "is_demo": facts.is_demo,
        "is_schematic": region.is_schematic,
        "mark": result_marks(facts, region),
        "is_internal": is_internal,
        "counts_hidden_below": None if is_internal else SMALLEST_SHOWN,
    }


def index_tables(
    run: IndexRun, region: RegionPack, *, is_internal: bool = False
) -> dict[str, pd.DataFrame]:
    """The tables of a run by name; safe to leave the office unless internal."""
    names = region.units["name"].reindex(run.units.index)
    units = run.units.assign(name=names).reset_index()
    units = units[["unit_code", "name", *run.units.columns]].sort_values("rank")
    tables = {
        "units": units,
        "domains": run.domains,
        "indicators": run.indicators,
        "trend": run.trend,
        "exposures": run.exposures,
        "sensitivity": run.sensitivity,
    }
    if is_internal:
        return tables
    del tables["indicators"]
    tables["units"] = _whole(units.drop(columns=list(_INSIDE)))
    tables["domains"] = _whole(run.domains.drop(columns=list(_FROM_COUNTS)))
    tables["trend"] = _without_few(run.trend)
    return tables


def index_csv(run: IndexRun, region: RegionPack, *, is_internal: bool = False) -> bytes:
    """The table of units for Excel; the last columns are definition, version and marks."""
    about = index_about(run, region, is_internal=is_internal)
    table = index_tables(run, region, is_internal=is_internal)["units"].assign(
        definition=run.definition.digest[:12],
        data_version=run.facts.version,
        mark=" · ".join(result_marks(run.facts, region)),
        is_internal=about["is_internal"],
    )
    return export.csv(table)


def index_workbook(run: IndexRun, region: RegionPack, *, is_internal: bool = False) -> bytes:
    """All tables, the definition and the facts, a sheet each."""
    about = index_about(run, region, is_internal=is_internal)
    facts = [
        (name, value if isinstance(value, str | int | float) else json_text(value))
        for name, value in about.items()
    ]
    sheets = {
        **index_tables(run, region, is_internal=is_internal),
        "definition": pd.DataFrame({"toml": run.definition.to_toml().splitlines()}),
        "about": pd.DataFrame(facts),
    }
    return export.write_workbook(sheets, headless=("definition", "about"))


def index_geojson(run: IndexRun, region: RegionPack, *, is_internal: bool = False) -> bytes:
    """RFC 7946 feature collection of the units with the member ``about``."""
    table = index_tables(run, region, is_internal=is_internal)["units"]
    shapes = shapely.set_precision(
        region.units.geometry.reindex(table["unit_code"]).to_numpy(), 1e-6
    )
    features = [
        f'{{"type":"Feature","geometry":{shape},"properties":{json_text(properties)}}}'
        for shape, properties in zip(shapely.to_geojson(shapes), records(table), strict=True)
    ]
    about = json_text(index_about(run, region, is_internal=is_internal))
    return (
        f'{{"type":"FeatureCollection","about":{about},"features":[{",".join(features)}]}}'
    ).encode()


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    """Scores without decimals: finer ones would tell the counts behind them."""
    return table.assign(**{name: table[name].round() for name in _SCORES if name in table})


def _without_few(trend: pd.DataFrame) -> pd.DataFrame:
    """Counts of one to four as ``<5``, and blanks where they could be worked out."""
    few = {
        name: trend[name].between(1, SMALLEST_SHOWN - 1).to_numpy()
        for name in ("current", "base")
    }
    told = {name: trend[name].astype(object).mask(few[name], FEW) for name in few}
    is_few = np.logical_or(*few.values())
    hidden = {
        name: trend[name].astype(object).mask(is_few) for name in ("difference", "relative")
    }
    return trend.assign(**told, **hidden)
