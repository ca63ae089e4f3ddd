"""Every text has both languages, every key is used, every code has a label."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

import dashboard
from dashboard.components.details import PANELS
from dashboard.components.overview_board import MAPS
from dashboard.components.risk_controls import LENGTHS
from dashboard.components.scenes import SCENES
from dashboard.components.site_map import FINDING_MARKS
from dashboard.contest_state import PANELS as CONTEST_PANELS
from dashboard.contest_words import CONTEST_NOTES, CONTEST_STATUSES
from dashboard.export import COLUMNS
from dashboard.hotspot_state import CHOICES, METHODS
from dashboard.hotspot_state import PANELS as HOTSPOT_PANELS
from dashboard.i18n import LANGUAGES, deferred, messages, speaking, t
from dashboard.index_words import INDEX_NOTES
from dashboard.overview_queries import TILES
from dashboard.palette import EMERGENCE_MARKS, METHOD_MARKS, SPOT_COLOURS
from dashboard.result_words import PARAMETERS, RESULT_METHODS
from dashboard.risk_queries import THIN
from dashboard.risk_state import PANELS as RISK_PANELS
from dashboard.road_state import COLOURINGS, KINDS
from dashboard.road_state import PANELS as ROAD_PANELS
from dashboard.site_state import PANELS as SITE_PANELS
from dashboard.state import LAYERS, PERIODS
from data.decisions import ROLES
from data.derived.risk_exposures import Origin
from data.derived.road_events import LINK_REASONS
from data.derived.sections_strip import SEVERITIES
from data.indicators import Status
from geo.contest_awards import Award
from geo.death_rates import Homicides
from geo.disorder_spots import Outcome
from geo.grades import GRADES
from geo.harm_rates import Standing
from geo.hazard_states import CONTROLLED, EVENT_KINDS, EXTENDED, RESULTS
from geo.hotspots import Cluster
from geo.mines import Merger, MineState
from geo.road_rules import Certainty, Measure
from geo.road_rules import Status as RuleStatus
from geo.strength import Strength
from geo.vocabulary import (
    CATEGORY_CODES,
    EVIDENCE_KINDS,
    HAZARD_GRADES,
    HAZARD_KINDS,
    HAZARD_LEVELS,
    HAZARD_ROLES,
    HAZARD_STATUSES,
    INSPECTION_LEVELS,
    MATCH_CODES,
    MEASURE_KINDS,
    SITE_KINDS,
    Domain,
    RecordKind,
    Severity,
    TimePrecision,
)

WORDED = ("kernel", "shape", "measure", "horizon", "shift")
NOTES = ("too_few_events", "too_few_cells", "short_period", "no_backtest", "only_discovered")
PACKAGE = Path(dashboard.__file__).parent
NEEDS = (
    *("transition", "role", "on", "photo_or_reason", "level", "doc_no", "responsible_unit"),
    *("deadline", "measures", "measure", "budget", "started_on", "photo_after", "joint_check"),
    *("result", "rework_reason", "evaluation", "evaluation_years", "evaluation_period"),
    *("evaluation_counts", "evaluation_too_early", "evaluation_impossible", "reason", "into"),
    *("old_deadline", "control_until"),
)
LACKS = ("serious", "is_vulnerable", "procedure", "is_urban", "road_class")
VOCABULARY = {
    "category": CATEGORY_CODES,
    "domain": tuple(map(str, Domain)),
    "severity": tuple(str(int(code)) for code in Severity),
    "match": MATCH_CODES,
    "site_kind": SITE_KINDS,
    "hazard_kind": HAZARD_KINDS,
    "hazard_status": HAZARD_STATUSES,
    "hazard_grade": HAZARD_GRADES,
    "hazard_role": HAZARD_ROLES,
    "hazard_step": (EXTENDED, CONTROLLED),
    "missing": NEEDS,
    "rule_measure": tuple(map(str, Measure)),
    "lacks": LACKS,
    "basis": ("aadt", "aadt_class", "class_mean", "one_mean"),
    "section_note": ("no_roads", "no_events", "too_few_events"),
    "significance": ("none", "90", "95"),
    "road_kind": KINDS,
    "road_colour": COLOURINGS,
    "road_panel": ROAD_PANELS,
    "road_lane": ("sections", "hazards", "works"),
    "road_severity": SEVERITIES,
    "road_note": ("no_roads", "no_events", "too_few_events"),
    "hazard_level": HAZARD_LEVELS,
    "measure_kind": MEASURE_KINDS,
    "evidence_kind": EVIDENCE_KINDS,
    "step": EVENT_KINDS,
    "acceptance": RESULTS,
    "rule_mark": tuple(map(str, RuleStatus)),
    "certainty": tuple(map(str, Certainty)),
    "rule_status": ("evaluated", "partial", "not_evaluated"),
    "link_reason": LINK_REASONS[2:],
    "record_kind": tuple(map(str, RecordKind)),
    "time_precision": tuple(map(str, TimePrecision)),
    "weekday": tuple(map(str, range(7))),
    "period": PERIODS,
    "layer": LAYERS,
    "panel": tuple(PANELS),
    "method": METHODS,
    "hotspot_panel": HOTSPOT_PANELS,
    **{name: tuple(map(str, CHOICES[name])) for name in WORDED},
    "null": ("exact", "simulated"),
    "note": NOTES,
    "spot": tuple(SPOT_COLOURS),
    "cluster": tuple(map(str, Cluster)),
    "emergence": tuple(EMERGENCE_MARKS),
    "emergence_text": tuple({code.split("_")[0]: None for code in EMERGENCE_MARKS}),
    "horizon_unit": CHOICES["horizon"],
    "forecast_method": tuple(METHOD_MARKS),
    "result_method": RESULT_METHODS,
    "parameter": PARAMETERS,
    "boundary": ("given", "hull"),
    "risk_grade": (*GRADES, THIN),
    "grade_sign": (*GRADES, THIN),
    "risk_panel": RISK_PANELS,
    "period_length": LENGTHS,
    "factor": ("data", "normalisation", "aggregation"),
    "overview_tile": TILES,
    "overview_map": MAPS,
    "standing": tuple(map(str, Standing)),
    "origin": tuple(map(str, Origin)),
    "figure_status": tuple(map(str, Status)),
    "index_note": INDEX_NOTES,
    "scene": tuple(scene.name for scene in SCENES),
    "role": ROLES,
    "column": ("incident_id", *COLUMNS),
    "award": tuple(map(str, Award)),
    "contest_status": CONTEST_STATUSES,
    "contest_note": CONTEST_NOTES,
    "contest_panel": CONTEST_PANELS,
    "contest_source": ("incidents", "inspections", "hazards", "indicators"),
    "site_panel": SITE_PANELS,
    "site_finding": tuple(FINDING_MARKS),
    "spot_outcome": tuple(map(str, Outcome)),
    "strength": tuple(map(str, Strength)),
    "homicides": tuple(map(str, Homicides)),
    "mine_state": tuple(map(str, MineState)),
    "merger": tuple(map(str, Merger)),
    "inspection_level": INSPECTION_LEVELS,
    "near": ("school", "village"),
    "load_status": ("loaded", "already_loaded", "loading", "review", "withdrawn"),
}


def _calls(name: str) -> list[ast.Call]:
    found = []
    # The command line speaks with the same words.
    for path in (*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "pingan").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name
        ]
    return found


def test_t_is_only_called_with_literal_keys() -> None:
    assert all(isinstance(call.args[0], ast.Constant) for call in _calls("t"))


def test_the_languages_have_the_same_keys() -> None:
    assert set(messages("zh")) == set(messages("en"))


def test_every_key_used_exists_and_every_key_is_used() -> None:
    used = {call.args[0].value for call in _calls("t")}
    known = set(messages("zh"))
    assert used <= known
    # Reasons and findings are the loader's vocabulary; one without a label is shown as it is.
    labels = {*VOCABULARY, "reason", "finding"}
    assert {key for key in known - used if key.partition(".")[0] not in labels} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", VOCABULARY)
def test_every_code_has_a_label(language: str, group: str) -> None:
    missing = [
        code for code in VOCABULARY[group] if f"{group}.{code}" not in messages(language)
    ]
    assert not missing


@pytest.mark.parametrize("group", VOCABULARY)
def test_no_label_is_left_over(group: str) -> None:
    codes = {f"{group}.{code}" for code in VOCABULARY[group]}
    labelled = {key for key in messages("zh") if key.partition(".")[0] == group}
    assert labelled == codes


def test_placeholders_agree_and_no_text_is_blank() -> None:
    for key, text in messages("zh").items():
        other = messages("en")[key]
        assert text.strip()
        assert other.strip()
        assert _fields(text) == _fields(other), key


def test_a_deferred_file_speaks_the_language_of_its_button() -> None:
    with speaking("en"):
        make = deferred(lambda mark: f"{t('common.none')} {mark}".encode(), "x")
    with speaking("zh"):
        assert make() == b"None x"


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
