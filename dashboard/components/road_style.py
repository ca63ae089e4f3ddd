"""What the road page adds to the style of the desk pages; all texts here are constants."""

from __future__ import annotations

from dashboard.components import markup

_STYLE = """
<style>
.pa-counts { font-size: 0.86rem; line-height: 2.1rem; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
.pa-late { font-style: normal; font-weight: 650; color: #B3261E; }
.pa-state { font-style: normal; font-size: 0.86rem; display: inline-flex; gap: 0.3rem;
  align-items: center; }
.pa-state i { width: 0.7rem; height: 0.7rem; border-radius: 50%; display: inline-block; }
.pa-sheet-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.1rem 0.9rem; }
.pa-sheet-head b { font-size: 1.15rem; }
.pa-sheet-head span { font-size: 0.84rem; opacity: 0.72; }
.pa-legend-line .atlas-legend { display: flex; flex-wrap: wrap; gap: 0 0.8rem; }
.pa-strip { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem;
  font-size: 0.9rem; }
.pa-strip .atlas-legend { display: flex; flex-wrap: wrap; gap: 0 0.6rem;
  font-size: 0.8rem !important; }
.pa-strip .atlas-legend strong { display: none; }
.pa-reasons ul, .pa-timeline ul { list-style: none; margin: 0; padding: 0; }
.pa-reasons li { margin: 0 0 0.4rem !important; padding: 0; font-size: 0.88rem;
  line-height: 1.4; }
.pa-reasons li span { display: block; font-size: 0.78rem; opacity: 0.72; }
.pa-timeline li { position: relative; margin: 0 !important; padding: 0 0 0.5rem 1.1rem;
  border-left: 2px solid #DFE5EC; font-size: 0.86rem; line-height: 1.4; }
.pa-timeline li::before { content: ""; position: absolute; left: -0.42rem; top: 0.25rem;
  width: 0.7rem; height: 0.7rem; border-radius: 50%; background: var(--dot, #999); }
.pa-timeline li span { font-size: 0.8rem; opacity: 0.72; }
.pa-timeline li p { margin: 0; font-size: 0.82rem; overflow-wrap: anywhere; }
.pa-rules td, .pa-rules th { text-align: left; vertical-align: top; }
.pa-rules :is(th, td):last-child { text-align: right; }
.pa-units :is(td, th):nth-child(n + 5) { text-align: left; padding-left: 1.2rem; }
.pa-units td { padding: 0.25rem 0.3rem; vertical-align: middle; }
.pa-bar { display: flex; width: 10rem; height: 0.6rem; background: #EBF0F5;
  border-radius: 0.3rem; overflow: hidden; text-decoration: none; }
.pa-bar i { background: #E69F00; }
.pa-bar i.done { background: #009E73; }
.st-key-road_panel_head { justify-content: space-between; }
</style>
"""


def road_style() -> None:
    """Style of the road page, after that of all desk pages."""
    markup.show(_STYLE)
