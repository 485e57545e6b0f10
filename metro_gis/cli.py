"""The command line: parse, call, print."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metro_gis.errors import MetroGisError
from metro_gis.interruption import listen
from metro_gis.messages import LANGUAGES, catalogue, default_language, text
from metro_gis.terminal import (
    EXIT_INTERRUPTED,
    Terminal,
    asked_language,
    fail,
    fail_interrupted,
    leave_interrupted,
)
from metro_gis.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metro_gis.data.schema import TableName
    from metro_gis.optimize.replan import Strength
    from metro_gis.scenario import Scenario

EXIT_UNCOVERED = 3
EXIT_BREACH = 5
GLOBAL_FLAGS = ("--json", "--quiet")
GLOBAL_VALUES = ("-w", "--workspace", "--lang")
HELP_OPTIONS = ["-h", "--help"]
SETTINGS = {"help_option_names": HELP_OPTIONS, "max_content_width": 100}


class Root(click.Group):
    """The command line, which also tells usage mistakes as JSON where asked to."""

    def main(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 (click's own signature)
        """Parse, run, and leave with the exit code.

        Parameters
        ----------
        *args, **options
            As click passes them on.

        Returns
        -------
        object
            Nothing: the process ends.
        """
        interruption = listen()
        options["standalone_mode"] = False
        words = list(args[0] if args and args[0] is not None else sys.argv[1:])
        _word_help(self, "main", asked_language(words))
        try:
            code = super().main(_global_first(words), *args[1:], **options)
        except click.UsageError as error:
            interruption.hush()
            if "--json" in words:
                message = {"code": "usage", "exit": error.exit_code}
                message["messages"] = [error.format_message()]
                click.echo(json.dumps({"error": message}, ensure_ascii=False))
            else:
                error.show()
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            leave_interrupted(words)
        interruption.hush()
        sys.exit(code if isinstance(code, int) else 0)


def _word_help(command: click.Command, name: str, lang: str) -> None:
    """Give a command, its options and all commands below it their words."""
    command.help = text(f"help.{name}", lang)
    context = click.Context(command, help_option_names=HELP_OPTIONS)
    for option in command.get_params(context):
        if isinstance(option, click.Option):
            # click names its own option by a name that differs between versions
            known = "help" if "--help" in option.opts else option.name
            option.help = text(f"help.option.{known}", lang)
    if isinstance(command, click.Group):
        for inner, below in command.commands.items():
            # two groups may have a command of the same name
            own = f"{name}-{inner}"
            _word_help(below, own if f"help.{own}" in catalogue(lang) else inner, lang)


def _global_first(words: list[str]) -> list[str]:
    """Move options that belong to every command to the front, where click expects them."""
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            rest += [word, *waiting]
        elif word in GLOBAL_FLAGS or ("=" in word and word.partition("=")[0] in GLOBAL_VALUES):
            first.append(word)
        elif word in GLOBAL_VALUES:
            first += [word, *(value for value in [next(waiting, None)] if value is not None)]
        else:
            rest.append(word)
    return [*first, *rest]


@click.group(cls=Root, context_settings=SETTINGS)
@click.option(
    "-w",
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
)
@click.option("--json", "as_json", is_flag=True)
@click.option("--quiet", is_flag=True)
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.version_option(package_name="metro-gis", prog_name="metro-gis")
@click.pass_context
def main(
    context: click.Context,
    workspace: Path,
    as_json: bool,  # noqa: FBT001 (click passes flags by name)
    quiet: bool,  # noqa: FBT001
    lang: str | None,
) -> None:
    """Decide who guards which polling station, with a proof, and show it on a map."""
    context.obj = Terminal(
        Workspace(workspace),
        lang or default_language(),
        as_json=as_json,
        quiet=quiet,
        interruption=listen(),
    )


def limit_options(command: Any) -> Any:  # noqa: ANN401 (a decorator of click's)
    """Add what ends a search, handed on as changed keys of the scenario's solver.

    Parameters
    ----------
    command
        A click command function.

    Returns
    -------
    callable
        The same with options added, ``solver`` in their place.
    """

    @wraps(command)
    def limited(*args: Any, time_limit: float | None, nodes: int | None, **words: Any) -> None:  # noqa: ANN401 (whatever the command takes)
        asked = {"time_limit_s": time_limit and float(time_limit), "nodes": nodes}
        solver = {key: value for key, value in asked.items() if value is not None}
        command(*args, solver=solver, **words)

    for option in (
        click.option(
            "--time-limit",
            type=click.FloatRange(0, 86_400, min_open=True),
            metavar="S",
        ),
        click.option("--nodes", type=click.IntRange(1, 2**31 - 1), metavar="N"),
    ):
        limited = option(limited)
    return limited


headcounts = click.option("--officers", multiple=True, metavar="POST=N")


def scenario_options(command: Any) -> Any:  # noqa: ANN401 (a decorator of click's)
    """Add what all commands that make a plan understand.

    Parameters
    ----------
    command
        A click command function.

    Returns
    -------
    callable
        The same with options added.
    """
    for option in (
        click.argument("scenario", required=False),
        limit_options,
        headcounts,
        click.option("--name", metavar="STEM"),
    ):
        command = option(command)
    return command


@main.command()
@scenario_options
@click.pass_obj
def run(
    terminal: Terminal,
    scenario: str | None,
    solver: dict[str, Any],
    officers: tuple[str, ...],
    name: str | None,
) -> None:
    """Check, plan, verify, draw: the whole job."""
    with _guarded(terminal):
        from metro_gis import pipeline

        wanted = _scenario(terminal, scenario, solver, officers)
        planned = pipeline.run(
            terminal.workspace,
            wanted,
            name=name,
            lang=terminal.lang,
            stop=terminal.interruption.stop,
            progress=terminal.progress,
        )
        terminal.warn(planned.warnings)
        terminal.show_plan(planned.summary)
        sys.exit(_exit_code(planned.summary))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--sample", is_flag=True)
@click.pass_obj
def new(terminal: Terminal, folder: Path, sample: bool) -> None:  # noqa: FBT001
    """Make a workspace: templates, or the sample city."""
    with _guarded(terminal):
        from metro_gis.templates import make_workspace

        files = make_workspace(folder, sample=sample)
        names = [Workspace(folder).shown(path) for path in files]
        terminal.show(
            {"workspace": folder.as_posix(), "files": names},
            text("cli.new", terminal.lang, folder=folder.as_posix(), files=", ".join(names)),
        )


@main.group()
def data() -> None:
    """Prepare inputs: roads, tables, checks."""


@data.command()
@click.option("--place", metavar="NAME")
@click.option(
    "--polygon",
    type=click.Path(path_type=Path),
)
@click.option(
    "--osm",
    type=click.Path(path_type=Path),
)
@click.option("--modelled", is_flag=True)
@click.option("--keep-islands", is_flag=True)
@click.option("--nominatim-url", metavar="URL")
@click.option("--overpass-url", metavar="URL")
@click.pass_obj
def roads(
    terminal: Terminal,
    place: str | None,
    polygon: Path | None,
    osm: Path | None,
    modelled: bool,  # noqa: FBT001
    keep_islands: bool,  # noqa: FBT001
    nominatim_url: str | None,
    overpass_url: str | None,
) -> None:
    """Build data/roads.graphml."""
    with _guarded(terminal):
        from metro_gis.data.build_roads import Servers, build_roads

        facts = build_roads(
            terminal.workspace,
            place=place,
            polygon=polygon,
            osm=osm,
            modelled=modelled,
            servers=Servers(nominatim_url, overpass_url),
            keep_islands=keep_islands,
            lang=terminal.lang,
            progress=terminal.progress,
        )
        line = text("cli.roads", terminal.lang, **(facts | {"report": ""}))
        terminal.show(facts, "\n  ".join([line, *facts["report"]]))


@data.command()
@click.option("--stations", type=click.IntRange(1), required=True)
@click.option("--posts", type=click.IntRange(1), required=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--force", is_flag=True)
@click.pass_obj
def points(
    terminal: Terminal,
    stations: int,
    posts: int,
    seed: int,
    force: bool,  # noqa: FBT001
) -> None:
    """Draw modelled stations and posts along data/roads.graphml, to try a city out."""
    with _guarded(terminal):
        from metro_gis.data.build_points import build_points

        files = build_points(
            terminal.workspace, stations=stations, posts=posts, seed=seed, replace=force
        )
        names = [terminal.workspace.shown(path) for path in files]
        terminal.show(
            {"files": names, "modelled": True},
            text("cli.points", terminal.lang, files=", ".join(names)),
        )


@data.command()
@click.argument("scenario", required=False)
@click.pass_obj
def check(terminal: Terminal, scenario: str | None) -> None:
    """Tell every fault of every input at once."""
    with _guarded(terminal):
        from metro_gis import pipeline

        inputs = pipeline.check_inputs(
            terminal.workspace, _scenario(terminal, scenario, {}, ()), terminal.progress
        )
        terminal.warn(inputs.warnings)
        network = inputs.network
        facts: dict[str, Any] = {
            "stations": len(inputs.stations),
            "posts": len(inputs.posts),
            "officers": sum(post.officers for post in inputs.posts),
            "nodes": network.n_nodes,
            "edges": network.n_edges,
            "components": len(network.component_sizes),
            "snap_m_max": round(max(inputs.station_snaps.nearest_m.tolist(), default=0.0), 1),
            "modelled": inputs.modelled,
            "warnings": [fault.as_dict(terminal.lang) for fault in inputs.warnings],
        }
        shown = {key: value for key, value in facts.items() if key != "warnings"}
        lines = [text("cli.checked", terminal.lang, **shown)]
        if inputs.personnel is not None:
            facts["personnel"] = len(inputs.personnel)
            lines.append(text("cli.checked-list", terminal.lang, count=facts["personnel"]))
        terminal.show(facts, "\n".join(lines))


@data.command()
@click.argument("table", type=click.Choice(["stations", "posts", "personnel"]))
@click.pass_obj
def schema(terminal: Terminal, table: TableName) -> None:
    """Print the columns of a table."""
    from metro_gis.data.schema import describe_table

    terminal.show_schema(table, describe_table(table, terminal.lang))


@main.group()
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
    with _guarded(terminal):
        from metro_gis import pipeline

        wanted = _scenario(terminal, scenario, solver, officers)
        planned = pipeline.make_plan(
            terminal.workspace,
            wanted,
            name=name,
            stop=terminal.interruption.stop,
            progress=terminal.progress,
        )
        terminal.warn(planned.warnings)
        terminal.show_plan(planned.summary)
        sys.exit(_exit_code(planned.summary))


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
    with _guarded(terminal):
        from metro_gis.naming import draw_names

        workspace = terminal.workspace
        named = draw_names(
            workspace,
            workspace.find_plan(plan),
            scenario=None if people_of is None else _scenario(terminal, people_of, {}, ()),
            seed=seed,
            previous=None if previous is None else workspace.find_plan(previous),
            progress=terminal.progress,
        )
        terminal.warn(named.warnings)
        terminal.show_names(named.facts)


@optimize.command()
@click.argument("plan")
@click.option("--scenario", metavar="SCENARIO")
@click.option("--officers", "new_officers", multiple=True, metavar="POST=N|+N|-N")
@click.option("--strength", type=click.Choice(["keep", "improve"]), default="keep")
@click.option("--lock", "locks", multiple=True, metavar="TEAM|STATION|POST")
@click.option("--max-moves", type=click.IntRange(0), metavar="K")
@limit_options
@click.option("--name", "new_name", metavar="STEM")
@click.pass_obj
def replan(
    terminal: Terminal,
    plan: str,
    *,
    scenario: str | None,
    new_officers: tuple[str, ...],
    strength: Strength,
    locks: tuple[str, ...],
    max_moves: int | None,
    solver: dict[str, Any],
    new_name: str | None,
) -> None:
    """Make a plan for new numbers that changes as little as it can."""
    with _guarded(terminal):
        from metro_gis import pipeline

        path = terminal.workspace.find_plan(plan)
        planned = pipeline.remake_plan(
            terminal.workspace,
            path,
            pipeline.Wishes(scenario, new_officers, solver, locks, max_moves),
            name=new_name,
            strength=strength,
            stop=terminal.interruption.stop,
            progress=terminal.progress,
        )
        terminal.warn(planned.warnings)
        terminal.show_plan(planned.summary)
        sys.exit(_exit_code(planned.summary))


@optimize.command()
@click.argument("a")
@click.argument("b")
@click.option("--page", is_flag=True)
@click.pass_obj
def compare(terminal: Terminal, a: str, b: str, *, page: bool) -> None:
    """Tell what differs between two plans of a city."""
    with _guarded(terminal):
        from metro_gis.compare_files import compare_files
        from metro_gis.compare_lines import print_comparison

        compared = compare_files(
            terminal.workspace, (a, b), page=page, lang=terminal.lang, progress=terminal.progress
        )
        terminal.warn(compared.warnings)
        facts = compared.as_dict(terminal.workspace)
        if terminal.as_json:
            terminal.show(facts, "")
            return
        terminal.conclude()
        print_comparison(facts, terminal.console, terminal.lang)


@optimize.command()
@click.argument("scenario", required=False)
@click.option("--from", "first", type=click.IntRange(min=1), metavar="N")
@click.option("--to", "last", type=click.IntRange(min=2), metavar="N")
@click.option("--points", type=click.IntRange(2, 500), metavar="N", default=25, show_default=True)
@click.option(
    "--time-limit", "curve_time_limit", type=click.FloatRange(min=1), metavar="S",
    default=160, show_default=True,
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
    with _guarded(terminal):
        from metro_gis import officers_curve

        traced = officers_curve.draw_curve(
            terminal.workspace,
            _scenario(terminal, scenario, {}, officers),
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


@main.command()
@click.argument("plan")
@click.pass_obj
def verify(terminal: Terminal, plan: str) -> None:
    """Check a plan with the independent checker."""
    with _guarded(terminal):
        from metro_gis.verify import verify_plan

        terminal.progress.step("verify")
        verdict = verify_plan(terminal.workspace.find_plan(plan), terminal.workspace.root)
        terminal.show_verdict(verdict)
        if not verdict.ok:
            sys.exit(EXIT_BREACH)


@main.group()
def maps() -> None:
    """Draw pages, write orders."""


@maps.command()
@click.argument("plan")
@click.pass_obj
def draw(terminal: Terminal, plan: str) -> None:
    """Draw the page of a plan."""
    with _guarded(terminal):
        from metro_gis import pipeline

        page = pipeline.draw_plan(
            terminal.workspace,
            terminal.workspace.find_plan(plan),
            lang=terminal.lang,
            progress=terminal.progress,
        )
        name = terminal.workspace.shown(page)
        terminal.show({"page": name}, text("cli.drawn", terminal.lang, page=name))


@maps.command()
@click.argument("plan")
@click.option("--format", "formats", metavar="FORMAT,...")
@click.pass_obj
def export(terminal: Terminal, plan: str, formats: str | None) -> None:
    """Write the orders of a plan, to be handed out."""
    with _guarded(terminal):
        from metro_gis import export as orders

        exported = orders.export_orders(
            terminal.workspace,
            terminal.workspace.find_plan(plan),
            orders.parse_formats(formats),
            lang=terminal.lang,
            progress=terminal.progress,
        )
        facts = exported.as_dict(terminal.workspace)
        names = ", ".join(facts["files"].values())
        terminal.show(facts, text("cli.exported", terminal.lang, files=names))


@main.command()
@click.pass_obj
def doctor(terminal: Terminal) -> None:
    """Tell versions, and what is missing."""
    from metro_gis.doctor import examine

    findings = examine()
    terminal.show_findings(findings)
    if any(finding.severity == "error" for finding in findings):
        sys.exit(MetroGisError.exit_code)


def _scenario(
    terminal: Terminal, name: str | None, solver: dict[str, Any], officers: tuple[str, ...]
) -> Scenario:
    from metro_gis.headcounts import parse_headcounts
    from metro_gis.scenario import load_scenario

    scenario = load_scenario(terminal.workspace.find_scenario(name))
    changes: dict[str, Any] = {"solver": solver}
    if officers:
        changes["officers"] = parse_headcounts(officers)
    return scenario.replace(**changes)


def _exit_code(summary: dict[str, Any]) -> int:
    if summary["stopped_by"] == "interrupted":
        return EXIT_INTERRUPTED
    nameless = not summary.get("names", {"drawn": True})["drawn"]
    return EXIT_UNCOVERED if summary["uncovered"] or nameless else 0


@contextmanager
def _guarded(terminal: Terminal) -> Iterator[None]:
    """Turn what goes wrong into messages and exit codes."""
    try:
        yield
    except MetroGisError as error:
        fail(terminal, error.code, error.exit_code, error.lines(terminal.lang), error.faults)
    except KeyboardInterrupt:
        fail_interrupted(terminal)
    except BrokenPipeError:
        # whoever read our output has enough; files are complete
        sys.stderr.close()
        sys.exit(0)
    except click.exceptions.Exit:
        raise
    except Exception as error:  # noqa: BLE001 (a planner gets a line, not a traceback)
        if terminal.interruption.stop.is_set() and not terminal.interruption.saves:
            # a signal that struck while a library was loaded comes out as that library's error
            fail_interrupted(terminal)
        line = text("cli.own-fault", terminal.lang, kind=type(error).__name__, why=str(error))
        fail(terminal, "internal", 1, [line], origin=error)
    finally:
        terminal.close()


if __name__ == "__main__":
    main()
