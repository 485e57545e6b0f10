"""`metro-gis optimize`: plans, re-plans, draws, comparisons, curves."""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from metro_gis.cli.parts import (
    exit_code,
    guarded,
    headcounts,
    limit_options,
    scenario_of,
    scenario_options,
)
from metro_gis.cli.sealing import asked_passphrase, page_facts, seal_options
from metro_gis.terminal import EXIT_INTERRUPTED, Terminal

if TYPE_CHECKING:
    from metro_gis.optimize.replan import Strength


@click.group()
def optimize() -> None:
    """Make plans."""


@optimize.command()
@scenario_options
@click.pass_obj
def plan(
    terminal: Terminal,
    scenario: str | None,
    solver: dict[str, Any],
    officers: tuple[str, ...],
    name: str | None,
) -> None:
    """Make a plan and verify it."""
    with guarded(terminal):
        from metro_gis import pipeline

        wanted = scenario_of(terminal, scenario, solver, officers)
        planned = pipeline.make_plan(
            terminal.workspace,
            wanted,
            name=name,
            stop=terminal.interruption.stop,
            progress=terminal.progress,
        )
        terminal.warn(planned.warnings)
        terminal.show_plan(planned.summary)
        sys.exit(exit_code(planned.summary))


@optimize.command("draw")
@click.argument("plan")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), metavar="N")
@click.option("--previous", metavar="PLAN")
@click.option("--scenario", "people_of", metavar="SCENARIO")
@click.pass_obj
def draw_names(
    terminal: Terminal, plan: str, seed: int | None, previous: str | None, people_of: str | None
) -> None:
    """Draw by lot which officer stands where."""
    with guarded(terminal):
        from metro_gis.naming import draw_names

        workspace = terminal.workspace
        named = draw_names(
            workspace,
            workspace.find_plan(plan),
            scenario=None if people_of is None else scenario_of(terminal, people_of, {}, ()),
            seed=seed,
            previous=None if previous is None else workspace.find_plan(previous),
            progress=terminal.progress,
        )
        terminal.warn(named.warnings)
        terminal.show_names(named.facts)


def wish_options(command: Any) -> Any:  # noqa: ANN401 (a decorator of click's)
    """Add what may be different from the plan before.

    Parameters
    ----------
    command
        A click command function.

    Returns
    -------
    callable
        The same with options added, ``wishes`` (fields of `metro_gis.pipeline.Wishes`) in their
        place.
    """

    @wraps(command)
    def wishing(*args: Any, solver: dict[str, Any], **words: Any) -> None:  # noqa: ANN401 (whatever the command takes)
        files = {name: words.pop(f"new_{name}") for name in ("stations", "posts")}
        wishes = {
            "scenario": words.pop("scenario"),
            "officers": words.pop("new_officers"),
            "tables": {name: file for name, file in files.items() if file is not None},
            "closed": words.pop("closed"),
            "locks": words.pop("locks"),
            "most_changes": words.pop("max_moves"),
            "solver": solver,
        }
        command(*args, wishes=wishes, **words)

    for option in (
        limit_options,
        click.option("--max-moves", type=click.IntRange(0), metavar="K"),
        click.option("--lock", "locks", multiple=True, metavar="TEAM|STATION|POST"),
        click.option("--closed", multiple=True, metavar="LON,LAT[,WHY]"),
        click.option("--posts", "new_posts", metavar="FILE"),
        click.option("--stations", "new_stations", metavar="FILE"),
        click.option("--officers", "new_officers", multiple=True, metavar="POST=N|+N|-N"),
        click.option("--scenario", metavar="SCENARIO"),
    ):
        wishing = option(wishing)
    return wishing


@optimize.command()
@click.argument("plan")
@wish_options
@click.option("--strength", type=click.Choice(["keep", "improve"]), default="keep")
@click.option("--name", "new_name", metavar="STEM")
@click.pass_obj
def replan(
    terminal: Terminal,
    plan: str,
    *,
    wishes: dict[str, Any],
    strength: Strength,
    new_name: str | None,
) -> None:
    """Make a plan for new numbers that changes as little as it can."""
    with guarded(terminal):
        from metro_gis import pipeline

        path = terminal.workspace.find_plan(plan)
        planned = pipeline.remake_plan(
            terminal.workspace,
            path,
            pipeline.Wishes(**wishes),
            name=new_name,
            strength=strength,
            stop=terminal.interruption.stop,
            progress=terminal.progress,
        )
        terminal.warn(planned.warnings)
        terminal.show_plan(planned.summary)
        sys.exit(exit_code(planned.summary))


@optimize.command()
@click.argument("a")
@click.argument("b")
@click.option("--page", is_flag=True)
@seal_options
@click.pass_obj
def compare(
    terminal: Terminal, a: str, b: str, *, page: bool, seal: bool, seal_fd: int | None
) -> None:
    """Tell what differs between two plans of a city."""
    with guarded(terminal):
        from metro_gis.compare_files import compare_files
        from metro_gis.compare_lines import print_comparison

        passphrase = asked_passphrase(terminal, seal=seal, seal_fd=seal_fd)
        compared = compare_files(
            terminal.workspace,
            (a, b),
            page=page or passphrase is not None,
            lang=terminal.lang,
            passphrase=passphrase,
            progress=terminal.progress,
        )
        terminal.warn(compared.warnings)
        facts = compared.as_dict(terminal.workspace)
        told = ""
        if compared.page is not None:
            drawn, told = page_facts(terminal, compared.page)
            facts |= drawn
        if terminal.as_json:
            terminal.show(facts, "")
            return
        terminal.conclude()
        print_comparison(facts, terminal.console, terminal.lang)
        if told:
            terminal.console.print(told, markup=False)


@optimize.command()
@click.argument("scenario", required=False)
@click.option("--from", "first", type=click.IntRange(min=1), metavar="N")
@click.option("--to", "last", type=click.IntRange(min=2), metavar="N")
@click.option("--points", type=click.IntRange(2, 500), metavar="N", default=25, show_default=True)
@click.option(
    "--time-limit", "curve_time_limit", type=click.FloatRange(min=1), metavar="S",
    default=165, show_default=True,
)  # fmt: skip
@headcounts
@click.pass_obj
def curve(
    terminal: Terminal,
    scenario: str | None,
    first: int | None,
    last: int | None,
    points: int,
    curve_time_limit: float,
    officers: tuple[str, ...],
) -> None:
    """Trace officers against coverage, and say what is lacking."""
    with guarded(terminal):
        from metro_gis import officers_curve

        traced = officers_curve.draw_curve(
            terminal.workspace,
            scenario_of(terminal, scenario, {}, officers),
            officers_curve.Span(first, last, points),
            time_limit_s=curve_time_limit,
            stop=terminal.interruption.stop,
            progress=terminal.progress,
        )
        terminal.conclude()
        terminal.warn(traced.warnings)
        terminal.show_curve(traced.facts)
        if not traced.complete:
            sys.exit(EXIT_INTERRUPTED)
