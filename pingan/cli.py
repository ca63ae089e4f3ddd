"""``pingan``: the front door."""

from __future__ import annotations

import typer

from pingan.commands import (
    backtest,
    bench,
    contest,
    demo,
    forecast,
    geocode,
    hazard_steps,
    hazards,
    hotspots,
    index,
    load,
    profile,
    region,
    sections,
    serve,
    site,
)
from pingan.door import one_line_errors

app = typer.Typer(
    help="Ping'an Atlas 平安一张图: from messy files to one map of a county's public safety.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
profile_app = typer.Typer(help="Source profiles: how a file's columns are read.")
region_app = typer.Typer(help="Region packs: the county the product works for.")
sections_app = typer.Typer(help="Dangerous road sections: found, explained, handed over.")
hazards_app = typer.Typer(
    help="The ledger of hazards: steps, deadlines, proofs, official forms."
)
app.add_typer(profile_app, name="profile", no_args_is_help=True)
app.add_typer(region_app, name="region", no_args_is_help=True)
index_app = typer.Typer(help="The risk index of the units: made, kept, explained.")
definition_app = typer.Typer(help="Index definitions: what a risk index is made of.")
app.add_typer(index_app, name="index", no_args_is_help=True)
index_app.add_typer(definition_app, name="definition", no_args_is_help=True)
app.add_typer(sections_app, name="sections", no_args_is_help=True)
app.add_typer(hazards_app, name="hazards", no_args_is_help=True)

site_app = typer.Typer(help="Mines and key sites: states, alarms, inspections, hazards.")
contest_app = typer.Typer(help="The contest 平安杯: scores with reasons, awards, the fund.")
rules_app = typer.Typer(help="Contest definitions: what takes marks off.")
app.add_typer(site_app, name="site", no_args_is_help=True)
app.add_typer(contest_app, name="contest", no_args_is_help=True)
contest_app.add_typer(rules_app, name="definition", no_args_is_help=True)

app.command("load")(one_line_errors(load.load))
app.command("geocode")(one_line_errors(geocode.geocode))
app.command("demo")(one_line_errors(demo.demo))
app.command("serve")(one_line_errors(serve.serve))
app.command("hotspots")(one_line_errors(hotspots.hotspots))
app.command("forecast")(one_line_errors(forecast.forecast))
app.command("backtest")(one_line_errors(backtest.backtest))
app.command("bench")(one_line_errors(bench.bench))
profile_app.command("new")(one_line_errors(profile.new))
profile_app.command("list")(one_line_errors(profile.list_profiles))
region_app.command("new")(one_line_errors(region.new))
sections_app.command("screen")(one_line_errors(sections.screen))
sections_app.command("rank")(one_line_errors(sections.rank))
sections_app.command("explain")(one_line_errors(sections.explain))
sections_app.command("export")(one_line_errors(sections.export))
hazards_app.command("list")(one_line_errors(hazards.list_hazards))
hazards_app.command("open")(one_line_errors(hazard_steps.open_hazard))
hazards_app.command("advance")(one_line_errors(hazard_steps.advance))
hazards_app.command("extend")(one_line_errors(hazard_steps.extend))
hazards_app.command("attach")(one_line_errors(hazard_steps.attach))
hazards_app.command("merge")(one_line_errors(hazard_steps.merge))
hazards_app.command("reject")(one_line_errors(hazard_steps.reject))
hazards_app.command("history")(one_line_errors(hazards.history))
hazards_app.command("overdue")(one_line_errors(hazards.overdue))
hazards_app.command("evaluate")(one_line_errors(hazards.evaluate))
hazards_app.command("export")(one_line_errors(hazards.export))
index_app.command("run")(one_line_errors(index.run))
index_app.command("show")(one_line_errors(index.show))
index_app.command("gaps")(one_line_errors(index.gaps))
definition_app.command("export")(one_line_errors(index.export_definition))
definition_app.command("check")(one_line_errors(index.check_definition))
site_app.command("list")(one_line_errors(site.list_sites))
site_app.command("show")(one_line_errors(site.show))
site_app.command("board")(one_line_errors(site.board))
contest_app.command("run")(one_line_errors(contest.run))
contest_app.command("show")(one_line_errors(contest.show))
contest_app.command("fund")(one_line_errors(contest.fund))
rules_app.command("export")(one_line_errors(contest.export_definition))
rules_app.command("check")(one_line_errors(contest.check_definition))
