"""`metro-gis` itself: options of every command, and the commands that belong to no group."""

from __future__ import annotations

import gettext
import os
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import click

from metro_gis.cli.data import data
from metro_gis.cli.maps import maps
from metro_gis.cli.optimize import optimize
from metro_gis.cli.parts import EXIT_BREACH, exit_code, guarded, scenario_of, scenario_options
from metro_gis.errors import MetroGisError
from metro_gis.interruption import listen
from metro_gis.messages import LANGUAGES, catalogue, default_language, json_line, text
from metro_gis.terminal import Terminal, asked_language, leave_interrupted
from metro_gis.workspace import Workspace

GLOBAL_FLAGS = ("--json", "--quiet")
GLOBAL_VALUES = ("-w", "--workspace", "--lang")
HELP_OPTIONS = ["-h", "--help"]
CLICK_TEXTS = "click"
"""Name of the catalogue with what click itself tells."""
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
        lang = asked_language(words)
        _word_help(self, "main", lang)
        _word_click(lang)
        try:
            code = super().main(_global_first(words), *args[1:], **options)
        except click.UsageError as error:
            interruption.hush()
            if "--json" in words:
                message = {"code": "usage", "exit": error.exit_code}
                message["messages"] = [error.format_message()]
                click.echo(json_line({"error": message}))
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


def _word_click(lang: str) -> None:
    """Let click speak a language: it asks gettext for its words, and gettext the environment.

    Parameters
    ----------
    lang
        ``"id"`` or ``"en"``.
    """
    gettext.bindtextdomain(CLICK_TEXTS, str(resources.files("metro_gis.messages")))
    gettext.textdomain(CLICK_TEXTS)
    os.environ["LANGUAGE"] = lang


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
    with guarded(terminal):
        from metro_gis import pipeline

        wanted = scenario_of(terminal, scenario, solver, officers)
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
        sys.exit(exit_code(planned.summary))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--sample", is_flag=True)
@click.pass_obj
def new(terminal: Terminal, folder: Path, sample: bool) -> None:  # noqa: FBT001
    """Make a workspace: templates, or the sample city."""
    with guarded(terminal):
        from metro_gis.templates import make_workspace

        files = make_workspace(folder, sample=sample)
        names = [Workspace(folder).shown(path) for path in files]
        terminal.show(
            {"workspace": folder.as_posix(), "files": names},
            text("cli.new", terminal.lang, folder=folder.as_posix(), files=", ".join(names)),
        )


@main.command()
@click.argument("plan")
@click.pass_obj
def verify(terminal: Terminal, plan: str) -> None:
    """Check a plan with the independent checker."""
    with guarded(terminal):
        from metro_gis.verify import verify_plan

        terminal.progress.step("verify")
        verdict = verify_plan(terminal.workspace.find_plan(plan), terminal.workspace.root)
        terminal.show_verdict(verdict)
        if not verdict.ok:
            sys.exit(EXIT_BREACH)


@main.command()
@click.pass_obj
def doctor(terminal: Terminal) -> None:
    """Tell versions, and what is missing."""
    from metro_gis.doctor import examine

    findings = examine()
    terminal.show_findings(findings)
    if any(finding.severity == "error" for finding in findings):
        sys.exit(MetroGisError.exit_code)


for _group in (data, optimize, maps):
    main.add_command(_group)
