"""What commands share: options, exit codes, and how faults become messages."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from metro_gis.errors import MetroGisError
from metro_gis.messages import text
from metro_gis.terminal import EXIT_INTERRUPTED, Terminal, fail, fail_interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metro_gis.scenario import Scenario

EXIT_UNCOVERED = 3
EXIT_BREACH = 5


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


def scenario_of(
    terminal: Terminal, name: str | None, solver: dict[str, Any], officers: tuple[str, ...]
) -> Scenario:
    """Load a scenario, with what the command line changes of it.

    Parameters
    ----------
    terminal
        Where commands work.
    name
        Path or stem; None for the default.
    solver
        Changed keys of ``[solver]``.
    officers
        Words ``POST=N``.

    Returns
    -------
    Scenario
        Ready to plan with.
    """
    from metro_gis.headcounts import parse_headcounts
    from metro_gis.scenario import load_scenario

    scenario = load_scenario(terminal.workspace.find_scenario(name))
    changes: dict[str, Any] = {"solver": solver}
    if officers:
        changes["officers"] = parse_headcounts(officers)
    return scenario.replace(**changes)


def exit_code(summary: dict[str, Any]) -> int:
    """Say with which code a command ends that made a plan.

    Parameters
    ----------
    summary
        From `metro_gis.summary.summarize`.

    Returns
    -------
    int
        0, 3 or 130.
    """
    if summary["stopped_by"] == "interrupted":
        return EXIT_INTERRUPTED
    nameless = not summary.get("names", {"drawn": True})["drawn"]
    return EXIT_UNCOVERED if summary["uncovered"] or nameless else 0


@contextmanager
def guarded(terminal: Terminal) -> Iterator[None]:
    """Turn what goes wrong into messages and exit codes.

    Parameters
    ----------
    terminal
        Where they are shown.

    Yields
    ------
    None
        While a command works.
    """
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
