"""The risk index in words and as a picture."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from dashboard.i18n import label, language, localized, t
from dashboard.result_words import result_marks
from data.derived.results import Result
from data.derived.risk import IndexRun
from data.indicators import INDICATORS
from data.region import RegionPack
from geo.grades import GRADES, SURE
from geo.index_definition import IndexDefinition

INDEX_NOTES: tuple[str, ...] = ("partial_period", "partial_base", "no_trend")


def index_text(run: IndexRun, region: RegionPack) -> str:
    """A run as plain text: what it was made with, then a line per unit, highest risk first."""
    facts, parameters = run.facts, run.facts.parameters
    title = f"{localized(dict(region.names))} · {localized(run.definition.names)}"
    notes = parameters["notes"]
    lines = [
        " · ".join([title, *result_marks(facts, region)]),
        t(
            "index.made_with",
            period=run.period,
            base=run.base_period,
            definition=f"{run.definition.id} v{run.definition.version} {run.definition.digest[:12]}",
            draws=f"{parameters['draws']:,}",
            seed=parameters["seed"],
        ),
        t(
            "index.data",
            events=f"{facts.events:,}",
            outside=f"{facts.outside:,}",
            version=facts.version,
        ),
        *_exposure_lines(run),
        *(label("index_note", note) for note in (notes if isinstance(notes, list) else [])),
    ]
    return "\n".join([*lines, *_unit_lines(run, region)])


def index_picture(run: IndexRun, region: RegionPack) -> bytes:
    """PNG of the colours to show, hatched where their probability is below 0.6.

    Raises
    ------
    SettingsError
        When no font with Chinese characters is installed.
    """
    shown = run.units["shown_grade"]
    cells = gpd.GeoDataFrame(
        {"grade": shown, "is_unsure": _probability(run.units) < SURE},
        geometry=region.units.geometry.reindex(run.units.index).to_numpy(),
        crs=region.units.crs,
    )
    parameters = {
        "definition": f"{localized(run.definition.names)} v{run.definition.version}",
        "base_period": run.base_period,
        "draws": run.facts.parameters["draws"],
        "seed": run.facts.parameters["seed"],
    }
    facts = replace(run.facts, parameters=parameters)
    # Here and not at the top: the drawing library takes long to load.
    from dashboard.pictures import map_picture

    return map_picture(Result(facts=facts, cells=cells[shown.notna()]), region)


def kept_words(index_id: int, *, is_published: bool) -> str:
    """What became of a run that was kept."""
    kind = t("index.published") if is_published else t("index.tried")
    return t("index.kept", number=index_id, kind=kind)


def definition_words(definition: IndexDefinition) -> str:
    """That a definition is sound, with its checksum."""
    return t(
        "index.definition_sound",
        name=localized(definition.names),
        version=definition.version,
        digest=definition.digest,
    )


def kept_table(listed: pd.DataFrame) -> str:
    """The kept results, newest first, as a text table."""
    if listed.empty:
        return t("index.none_kept")
    published = listed["published_at"].notna()
    table = pd.DataFrame(
        {
            "period": listed["period"],
            "base": listed["base_period"],
            "definition": listed["definition_id"]
            + " v"
            + listed["definition_version"].astype(str)
            + " "
            + listed["digest"].str[:12],
            "data": listed["data_version"],
            "kind": [
                t("index.published") if is_out else t("index.tried") for is_out in published
            ],
        }
    )
    return table.to_string()


def gaps_text(gaps: pd.DataFrame, region: RegionPack) -> str:
    """Units × indicators: where figures are there, carried forward or missing."""
    words = gaps.apply(lambda column: column.map(lambda code: label("figure_status", code)))
    words = words.rename(columns=lambda code: localized(dict(INDICATORS[code].names)))
    words.index = region.units["name"].reindex(gaps.index)
    return words.rename_axis(index=None).to_string()


def _probability(units: pd.DataFrame) -> np.ndarray:
    """(n) probability of the colour that is shown, which may not be that of the score."""
    level = pd.Index(GRADES).get_indexer(pd.Index(units["shown_grade"]))
    chances = units[[f"p_{grade}" for grade in GRADES]].to_numpy(dtype=float)
    return np.where(level >= 0, chances[np.arange(len(units)), level], np.nan)


def _unit_lines(run: IndexRun, region: RegionPack) -> list[str]:
    names = region.units["name"]
    if language() == "en":
        names = region.units["name_en"].where(region.units["name_en"].fillna("") != "", names)
    domains = {domain.id: localized(domain.names) for domain in run.definition.domains}
    lines = []
    for code, row in run.units.sort_values("rank").iterrows():
        if pd.isna(row["rank"]):
            lines.append(t("index.no_score", name=names[code]))
            continue
        lines.append(
            t(
                "index.unit",
                rank=row["rank"],
                low=row["rank_low"],
                high=row["rank_high"],
                name=names[code],
                index=f"{row['index']:.0f}",
                grade=label("risk_grade", row["shown_grade"]),
                domain=domains[row["highest_domain"]],
                score=f"{row['highest_score']:.0f}",
            )
            + _held(row["shown_grade"], row["grade"])
            + (t("index.thin") if row["is_thin"] else "")
        )
    return lines


def _held(shown: str, grade: str) -> str:
    return "" if shown == grade else t("index.held", grade=label("risk_grade", grade))


def _exposure_lines(run: IndexRun) -> list[str]:
    """Per domain what it is divided by and where that is known from, or why it is not scored."""
    lines = []
    for domain, rows in run.domains.groupby("domain", sort=False):
        name = next(localized(d.names) for d in run.definition.domains if d.id == domain)
        is_scored = rows["standing"] == "scored"
        if is_scored.any():
            used = str(rows["denominator"].iloc[0])
            origins = run.exposures.loc[run.exposures["exposure"] == used, "origin"]
            sources = t("common.and").join(
                f"{label('origin', origin)} {count}"
                for origin, count in origins.value_counts(sort=False).items()
            )
            per = localized(dict(INDICATORS[used].names)) if used in INDICATORS else used
            lines.append(t("index.exposure", domain=name, per=per, sources=sources))
        for standing, count in rows.loc[~is_scored, "standing"].value_counts().items():
            lines.append(
                t("index.unscored", domain=name, count=count, why=label("standing", standing))
            )
    return lines
