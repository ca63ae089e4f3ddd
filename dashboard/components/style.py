"""The product's own style sheet; all texts here are constants."""

from __future__ import annotations

from dashboard.components import markup
from dashboard.maps.legend import STYLE as LEGEND

_COMMON = """
<style>
.block-container { padding: 4.4rem 1.4rem 2rem; max-width: none; }
header[data-testid="stHeader"] { border-bottom: 1px solid #DFE5EC; }
.pa-title { display: flex; align-items: baseline; flex-wrap: wrap; gap: 0.3rem 0.7rem; }
.pa-title b { font-size: 1.32rem; letter-spacing: 0.02em; }
.pa-title span { font-size: 0.82rem; opacity: 0.72; }
.pa-title .mark { opacity: 1; font-weight: 600; color: #7A3E00; background: #FFF1DC;
  border: 1px solid #E69F00; border-radius: 0.25rem; padding: 0 0.45rem; }
.pa-kpis { display: grid; grid-template-columns: repeat(5, 1fr); gap: 0.6rem; }
.pa-kpi { background: #fff; border: 1px solid #E1E7EE; border-radius: 0.5rem;
  padding: 0.45rem 0.8rem 0.5rem; min-width: 0; }
.pa-kpi .name { font-size: 0.78rem; opacity: 0.72; }
.pa-kpi .value { font-size: 1.55rem; font-weight: 650; line-height: 1.2;
  font-variant-numeric: tabular-nums; }
.pa-kpi .change { font-size: 0.76rem; opacity: 0.82; font-variant-numeric: tabular-nums; }
.pa-kpi .change.up { color: #B34700; opacity: 1; }
.pa-kpi .change.down { color: #00664C; opacity: 1; }
.pa-card { background: #fff; border: 1px solid #E1E7EE; border-radius: 0.5rem;
  padding: 0.6rem 0.8rem; font-size: 0.84rem; }
.pa-card h4 { font-size: 0.92rem; margin: 0 0 0.35rem; padding: 0; }
.pa-legend .atlas-legend { margin-bottom: 0.5rem; font-size: 0.82rem !important; }
.pa-record dl { display: grid; grid-template-columns: minmax(3.4rem, max-content) 1fr;
  gap: 0.16rem 0.7rem; margin: 0; padding: 0; }
.pa-record dt, .pa-record dd { margin: 0 !important; padding: 0; font-size: 0.84rem;
  line-height: 1.4; font-weight: 400; }
.pa-record dt { opacity: 0.66; }
.pa-record dd, .pa-record h4 { overflow-wrap: anywhere; }
.pa-quiet { opacity: 0.66; }
.pa-option { display: grid; grid-template-columns: 1.5rem 1fr; gap: 0 0.5rem; }
.pa-option i { grid-row: 1 / 3; width: 1.5rem; height: 1.5rem; line-height: 1.5rem;
  border-radius: 50%; background: #0072B2; color: #fff; font-style: normal; font-weight: 700;
  text-align: center; }
.pa-option.own i { background: #D55E00; }
.pa-option b, .pa-decision b { overflow-wrap: anywhere; }
.pa-option span, .pa-decision span { font-size: 0.8rem; opacity: 0.76; }
.pa-decision { display: flex; flex-wrap: wrap; gap: 0 0.8rem; align-items: baseline;
  font-size: 0.88rem; }
.pa-decision.undone { opacity: 0.55; text-decoration: line-through; }
.pa-facts { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; font-size: 0.82rem;
  line-height: 1.55; color: #5A6778; }
.pa-facts b { color: #1C2636; font-weight: 600; font-variant-numeric: tabular-nums; }
.pa-beware { border-left: 4px solid #E69F00; background: #FFF8EA; border-radius: 0.3rem;
  padding: 0.35rem 0.8rem; font-size: 0.88rem; line-height: 1.5; }
.pa-verdict { font-size: 1.02rem; font-weight: 600; line-height: 1.45; margin-bottom: 0.2rem; }
.pa-words p { font-size: 0.98rem; line-height: 1.6; margin: 0 0 0.45rem; }
.pa-words p:first-of-type { font-size: 1.08rem; font-weight: 600; }
.pa-table { width: 100%; border-collapse: collapse; font-size: 0.84rem;
  font-variant-numeric: tabular-nums; }
.pa-table caption { text-align: left; font-size: 0.8rem; opacity: 0.7; padding: 0 0 0.15rem; }
.pa-table th { font-weight: 600; text-align: right; padding: 0.12rem 0.3rem;
  border-bottom: 1px solid #C9D3DE; }
.pa-table td { text-align: right; padding: 0.12rem 0.3rem; border-bottom: 1px solid #EBF0F5; }
.pa-table :is(th, td):first-child { text-align: left; }
.st-key-filters { position: sticky; top: 4.2rem; max-height: calc(100vh - 5rem);
  overflow-y: auto; scrollbar-width: thin; }
</style>
"""

# The wall: nothing but the scene, sized in rem so that 4K looks like 1080p.
_WALL = """
<style>
html { font-size: calc(100vw / 100); }
header[data-testid="stHeader"], [data-testid="stToolbar"], [data-testid="stSidebar"],
[data-testid="stStatusWidget"], [data-testid="stDecoration"] { display: none !important; }
.stApp, [data-testid="stAppViewContainer"] { background: #0B1220; color: #E6ECF7; }
.block-container { padding: 0.7rem 1rem 0 !important; }
[data-testid="stVerticalBlock"] { gap: 0.45rem; }
.wall-head { display: flex; align-items: baseline; gap: 1.2rem; white-space: nowrap; }
.wall-head b { font-size: 2.1rem; letter-spacing: 0.06em; color: #fff; }
.wall-head em { font-style: normal; font-size: 1.5rem; color: #F7D03C; }
.wall-head span { font-size: 1.05rem; color: #A9B7D0; }
.wall-head .mark { margin-left: auto; color: #F7D03C; border: 0.1rem solid #F7D03C;
  border-radius: 0.3rem; padding: 0 0.6rem; font-weight: 600; }
.wall-kpis { display: grid; grid-template-columns: 1fr 1fr; gap: 0.55rem; }
.wall-kpi { background: #131C2E; border-left: 0.3rem solid #56B4E9; border-radius: 0.4rem;
  padding: 0.45rem 0.9rem 0.5rem; }
.wall-kpi:first-child { grid-column: 1 / 3; }
.wall-kpi .name { font-size: 1.15rem; color: #B8C4DA; }
.wall-kpi .value { font-size: 2.7rem; font-weight: 700; line-height: 1.1; color: #fff;
  font-variant-numeric: tabular-nums; }
.wall-kpi:first-child .value { font-size: 3.9rem; line-height: 1; }
.wall-kpi .change { font-size: 1.05rem; color: #B8C4DA; }
.wall-kpi .change.up { color: #FFB454; }
.wall-kpi .change.down { color: #6FE0B9; }
.wall-legend { background: #131C2E; border-radius: 0.4rem; padding: 0.5rem 1rem; }
.wall-legend .atlas-legend { font-size: 0.95rem !important; margin-bottom: 0.1rem; }
.wall-rank { background: #131C2E; border-radius: 0.4rem; padding: 0.6rem 1rem; }
.wall-rank h4 { font-size: 1.15rem; color: #B8C4DA; margin: 0 0 0.3rem; padding: 0; }
.wall-rank .row { position: relative; display: flex; justify-content: space-between;
  font-size: 1.25rem; line-height: 1.75; padding: 0 0.4rem; }
.wall-rank .row s { position: absolute; left: 0; top: 0.2rem; bottom: 0.2rem;
  background: #24456B; border-radius: 0.2rem; text-decoration: none; }
.wall-rank .row b, .wall-rank .row span { position: relative; }
.wall-dots { display: flex; gap: 0.4rem; align-items: center; }
.wall-dots i { width: 0.9rem; height: 0.35rem; border-radius: 0.2rem; background: #35435F; }
.wall-dots i.on { background: #F7D03C; width: 1.8rem; }
.st-key-wall_map iframe { height: calc(100vh - 5.2rem) !important; border-radius: 0.4rem; }
/* Map text is in pixels: on bigger screens the whole map is enlarged with the page. */
@media (min-width: 2400px) { .st-key-wall_map iframe { zoom: 1.333;
  width: 100% !important;  height: calc((100vh - 5.2rem) / 1.333) !important; } }
@media (min-width: 3600px) { .st-key-wall_map iframe { zoom: 2; width: 100% !important;
  height: calc((100vh - 5.2rem) / 2) !important; } }
.st-key-wall_controls button { background: #131C2E; border: 1px solid #35435F; color: #E6ECF7;
  font-size: 1rem; padding: 0.1rem 0.9rem; min-height: 0; }
.st-key-wall_controls button p { font-size: 1rem; }
.pa-quiet { font-size: 1.2rem; color: #B8C4DA; }
</style>
"""


def page_style() -> None:
    """Style of the desk pages."""
    markup.show(f"<style>{LEGEND}</style>{_COMMON}")


def wall_style() -> None:
    """Style of the command wall, on top of nothing else."""
    markup.show(f"<style>{LEGEND}</style>{_WALL}")
