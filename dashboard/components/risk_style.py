"""Style of the risk and overview pages, beside the common one; all texts are constants."""

from __future__ import annotations

from dashboard.components import markup
from dashboard.palette import RISK_COLOURS, RISK_INK

HATCH = "repeating-linear-gradient(135deg,transparent 0 4px,rgba(255,255,255,.78) 4px 6.5px)"
_GRADES = "".join(
    f".grade.{name} {{ background-color: {colour}; color: {RISK_INK[name]}; }}"
    for name, colour in RISK_COLOURS.items()
)
_STYLE = f"""
<style>
.grade {{ display: inline-block; border-radius: 0.25rem; padding: 0 0.5rem; font-weight: 650;
  line-height: 1.5; white-space: nowrap; }}
{_GRADES}
.grade.none {{ background: #EBF0F5; color: #5A6778; font-weight: 400; }}
.grade.hatched {{ background-image: {HATCH}; color: #1C2636;
  text-shadow: 0 0 3px #fff, 0 0 3px #fff, 0 0 3px #fff; }}
.atlas-legend .mark i.hatched {{ background-image: {HATCH} !important; }}
.risk-head {{ display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; align-items: baseline;
  font-size: 0.92rem; margin-bottom: 0.35rem; }}
.risk-head b {{ font-size: 1.12rem; }}
.risk-head strong {{ font-variant-numeric: tabular-nums; }}
.risk-formula {{ background: #F4F7FA; border-radius: 0.3rem; padding: 0.3rem 0.7rem; margin: 0.3rem 0;
  font-size: 0.84rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }}
.risk-steps details {{ border-top: 1px solid #EBF0F5; padding: 0.35rem 0; }}
.risk-steps summary {{ cursor: pointer; font-weight: 600; font-size: 0.88rem; }}
.risk-steps summary span {{ font-weight: 400; opacity: 0.72; margin-left: 0.5rem; }}
.pa-table tfoot td {{ font-weight: 650; border-top: 1.5px solid #8A97A8; border-bottom: 0; }}
.pa-table td.gap {{ color: #B3261E; font-weight: 650; }}
.pa-table td.carried {{ color: #8A5A00; }}
.pa-table td small {{ opacity: 0.7; }}
.risk-scroll {{ max-height: 25rem; overflow: auto; scrollbar-width: thin; }}
.risk-scroll th {{ position: sticky; top: 0; background: #fff; }}
.pa-kpis.six {{ grid-template-columns: repeat(5, 1fr) 1.5fr; }}
.pa-legend .pa-quiet {{ font-size: 0.82rem; }}
.overview-units {{ overflow: auto; scrollbar-width: thin; padding-top: 0; }}
.overview-units th {{ position: sticky; top: 0; background: #fff; padding-top: 0.45rem; }}
.overview-units :is(th, td):nth-child(-n + 3) {{ text-align: left; white-space: nowrap; }}
.overview-units tr.open td {{ background: #E7F1F8; }}
.overview-units .grade {{ padding: 0 0.35rem; font-size: 0.78rem; }}
.overview-units .change.up {{ color: #B34700; }}
.overview-units .change.down {{ color: #00664C; }}
.pa-beware + .pa-beware {{ margin-top: 0.35rem; }}
</style>
"""


def risk_style() -> None:
    """Put the style onto the page."""
    markup.show(_STYLE)
