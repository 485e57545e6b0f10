"""What the command line shows: results on stdout, progress and warnings on stderr."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from metro_gis.change_lines import change_lines
from metro_gis.curve_lines import curve_lines
from metro_gis.interruption import Interruption, listen
from metro_gis.messages import LANGUAGES, clean, default_language, json_line, number, percent, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from metro_gis.data.schema import ColumnText
    from metro_gis.errors import Fault
    from metro_gis.verify import Verdict
    from metro_gis.workspace import Workspace

SHOWN_FAULTS = 200
SHOWN_STATIONS = 10
WHOLE_AREA = "*"
DEBUG_VARIABLE = "METRO_GIS_DEBUG"
EXIT_INTERRUPTED = 130
SEARCH_STEPS = ("drafts", "optimize")
"""From this step on there is a plan to save."""


@dataclass
class Terminal:
    """Where a command's words go.

    Parameters
    ----------
    workspace
        The planner's folder.
    lang
        ``"id"`` or ``"en"``.
    as_json
        Print one JSON object instead of text.
    quiet
        Show no progress.
    interruption
        What signals do.
    """

    workspace: Workspace
    lang: str
    as_json: bool = False
    quiet: bool = False
    interruption: Interruption = field(default_factory=Interruption)

    @cached_property
    def progress(self) -> Steps:
        """Shows steps on stderr."""
        return Steps(self)

    @cached_property
    def errors(self) -> Console:
        """Console on stderr."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, soft_wrap=True)

    @cached_property
    def console(self) -> Console:
        """Console on stdout."""
        from rich.console import Console

        # a pipe has no width; tables stay readable at this one
        width = None if sys.stdout.isatty() else 120
        return Console(highlight=False, soft_wrap=True, width=width)

    def close(self) -> None:
        """End the progress display."""
        if "progress" in self.__dict__:
            self.progress.close()

    def conclude(self) -> None:
        """Say the last words: no signal cuts them short."""
        self.interruption.hush()
        self.close()

    def show(self, facts: Mapping[str, Any], line: str) -> None:
        """Show a result.

        Parameters
        ----------
        facts
            For ``--json``.
        line
            For people.
        """
        self.conclude()
        if self.as_json:
            print(json_line(facts))  # noqa: T201 (the result itself)
        else:
            self.console.print(line, markup=False)

    def warn(self, faults: Sequence[Fault]) -> None:
        """Show warnings on stderr.

        Parameters
        ----------
        faults
            What was noticed.
        """
        self.close()
        for fault in faults[:SHOWN_FAULTS]:
            word = text(f"cli.{fault.severity}", self.lang)
            self.errors.print(f"{word}: {fault.line(self.lang)}", markup=False, style="yellow")
        if len(faults) > SHOWN_FAULTS:
            more = text("cli.more", self.lang, count=len(faults) - SHOWN_FAULTS)
            self.errors.print(more, markup=False)

    def show_plan(self, summary: Mapping[str, Any]) -> None:
        """Show a plan's figures.

        Parameters
        ----------
        summary
            From the pipeline.
        """
        self.conclude()
        if self.as_json:
            self.show(summary, "")
            return
        from metro_gis.summary import truth_line

        self.console.print(truth_line(summary, self.lang), style="bold", markup=False)
        for key, value in self._figures(summary):
            name = text(f"cli.{key}", self.lang) if key else ""
            self.console.print(f"  {name:<32}{value}", markup=False)

    def _figures(self, summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        lang = self.lang
        if summary["uncovered"]:
            classes = summary["uncovered_by_class"].items()
            told = [f"{text(f'cli.class-{cls}', lang)} {count}" for cls, count in classes if count]
            yield "uncovered", ", ".join(told)
            for one in summary["uncovered_stations"][:SHOWN_STATIONS]:
                yield "", f"{clean(one['station_id'])}: {_reason(one, lang)}"
            if summary["uncovered"] > SHOWN_STATIONS:
                yield "", text("cli.more", lang, count=summary["uncovered"] - SHOWN_STATIONS)
        yield "teams", number(summary["teams"], lang)
        yield "on-stations", number(summary["officers_on_stations"], lang)
        yield "free", number(summary["officers_free"], lang)
        yield "fixed", number(summary["officers_fixed"], lang)
        yield "reserve", number(summary["officers_reserve"], lang)
        yield "rungs", _rungs(summary["rung_low"], lang)
        for key in ("deploy_minutes_max", "beat_minutes_max", "officer_minutes"):
            value = summary[key]
            yield key, "-" if value is None else number(float(value), lang, 1)
        gap = summary["gap"]
        yield "gap", "-" if gap is None else percent(gap, lang)
        checked = summary["gap_certified"]
        yield "gap_certified", "-" if checked is None else percent(checked, lang)
        if "changes" in summary:
            yield from change_lines(summary, lang)
        yield "seconds", number(summary["seconds"]["total"], lang, 1)
        yield "plan", summary["plan"]
        if "page" in summary:
            yield "page", summary["page"]
        if "names" in summary:
            yield "names", names_line(summary["names"], lang)

    def show_names(self, facts: Mapping[str, Any]) -> None:
        """Show what a draw came to: counts, seed and hash, and nobody's name.

        Parameters
        ----------
        facts
            From `metro_gis.naming.draw_names`.
        """
        duties = {key: facts[key] for key in ("station", "teams", "fixed", "reserve", "free")}
        lines = [
            names_line(facts, self.lang),
            text("cli.names-duties", self.lang, **duties),
            f"{text('cli.plan', self.lang)}: {facts['plan']}",
        ]
        self.show(facts, "\n  ".join(lines))

    def show_curve(self, facts: Mapping[str, Any]) -> None:
        """Show an officers curve, and what is lacking at each rung.

        Parameters
        ----------
        facts
            From `metro_gis.officers_curve.draw_curve`.
        """
        made, asked = len(facts["points"]), facts["asked_points"]
        lines = [*curve_lines(facts, self.lang)]
        if made < asked:
            lines.append(text("curve.cut-short", self.lang, points=made, asked=asked))
        files = {key: facts[key] for key in ("curve", "table")}
        lines.append(text("curve.saved", self.lang, **files))
        self.show(facts, "\n".join(lines))

    def show_schema(self, table: str, columns: Sequence[ColumnText]) -> None:
        """Show the columns of a table.

        Parameters
        ----------
        table
            Name of the table.
        columns
            Its columns, in words.
        """
        from dataclasses import asdict

        if self.as_json:
            self.show({"table": table, "columns": [asdict(column) for column in columns]}, "")
            return
        from rich.table import Table

        names = list(asdict(columns[0]))
        grid = Table(*(text(f"cli.column-{name}", self.lang) for name in names), box=None)
        for column in columns:
            grid.add_row(*(_cell(value) for value in asdict(column).values()))
        self.console.print(grid)

    def show_verdict(self, verdict: Verdict) -> None:
        """Show what the checker found.

        Parameters
        ----------
        verdict
            From `verify_plan`.
        """
        breaches = [
            text(f"breach.{breach.code}", self.lang, **breach.params) for breach in verdict.breaches
        ]
        facts = {
            "ok": verdict.ok,
            "plan_id": verdict.plan_id,
            "checks": list(verdict.checks),
            "breaches": [
                {"code": breach.code, "text": line}
                for breach, line in zip(verdict.breaches, breaches, strict=True)
            ],
            "notes": list(verdict.notes),
            "bound_certified": verdict.counts.get("bound_certified"),
            "gap_certified": verdict.counts.get("gap_certified"),
        }
        if verdict.ok:
            line = text("cli.verified", self.lang, checks=len(verdict.checks))
            bound = verdict.counts["bound_certified"]
            if bound is not None:
                gap = percent(verdict.counts["gap_certified"], self.lang)
                told = number(bound, self.lang, 1)
                line += "\n" + text("cli.certified", self.lang, bound=told, gap=gap)
        else:
            head = text("cli.refused", self.lang, count=len(breaches))
            line = "\n  ".join([head, *(clean(one, 400) for one in breaches[:SHOWN_FAULTS])])
        self.show(facts, line)

    def show_findings(self, findings: Sequence[Any]) -> None:
        """Show what the doctor found.

        Parameters
        ----------
        findings
            From `metro_gis.doctor.examine`.
        """
        if self.as_json:
            rows = [
                {"name": one.name, "found": one.found, "severity": one.severity, "note": one.note}
                for one in findings
            ]
            self.show({"findings": rows}, "")
            return
        for one in findings:
            mark = {"ok": "+", "warning": "!", "error": "x"}[one.severity]
            note = text(f"doctor.{one.note}", self.lang) if one.note else ""
            self.console.print(f"{mark} {one.name:<18}{one.found:<14}{note}".rstrip(), markup=False)


def names_line(names: Mapping[str, Any], lang: str) -> str:
    """Tell of a draw in one line, by counts, seed and hash alone.

    Parameters
    ----------
    names
        From a plan's summary.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    str
        Or that no names were drawn.
    """
    if not names["drawn"]:
        return text("cli.names-none", lang)
    shown = {key: names[key] for key in ("officers", "seed", "list_sha256", "kept")}
    key = "cli.names-kept" if names["previous_plan_id"] else "cli.names-drawn"
    return text(key, lang, **shown)


def _reason(uncovered: Mapping[str, Any], lang: str) -> str:
    """Say why a station is uncovered, and what would cover it."""
    reason = uncovered["reason"]
    if reason == "too_far":
        post = clean(uncovered["post_id"])
        return text("cli.reason-too_far", lang, post=post, minutes=float(uncovered["minutes"]))
    if reason == "no_officers" and uncovered["enough"]["officers"]:
        enough = uncovered["enough"]
        post = clean(enough["post_id"])
        return text("cli.reason-no_officers", lang, post=post, officers=enough["officers"])
    return text(f"cli.reason-{reason}-alone", lang)


def _rungs(rungs: Mapping[str, int], lang: str) -> str:
    """Tell the rungs; units that share one are counted rather than named where they are many."""
    if set(rungs) == {WHOLE_AREA}:
        return str(rungs[WHOLE_AREA])
    if len(rungs) <= SHOWN_STATIONS:
        return ", ".join(f"{clean(unit)} {rung}" for unit, rung in rungs.items()) or "-"
    counts: dict[int, int] = {}
    for rung in rungs.values():
        counts[rung] = counts.get(rung, 0) + 1
    return ", ".join(
        text("cli.units-at-rung", lang, rung=rung, count=counts[rung]) for rung in sorted(counts)
    )


def _cell(value: Any) -> str:  # noqa: ANN401 (whatever a column of the schema holds)
    return ", ".join(value) if isinstance(value, (tuple, list)) else str(value)


class Steps:
    """Progress on stderr: a moving line on a terminal, a line per step elsewhere.

    Parameters
    ----------
    terminal
        Where it is shown.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._told: set[str] = set()

    def step(self, name: str) -> None:
        """Show that a step begins.

        Parameters
        ----------
        name
            Key of the step.
        """
        if name in SEARCH_STEPS:
            self.terminal.interruption.saves = True
        if self.terminal.quiet:
            return
        words = text(f"step.{name}", self.terminal.lang)
        if not self.terminal.errors.is_terminal:
            if name not in self._told:
                self._told.add(name)
                self.terminal.errors.print(words, markup=False)
            return
        self._moving().update(self._current(), description=words, facts="", completed=0, total=None)

    def count(self, done: int, total: int) -> None:
        """Show how far the step is.

        Parameters
        ----------
        done, total
            Pieces of work.
        """
        if self._bar is not None:
            self._bar.update(self._current(), completed=done, total=total)

    def aim(self, name: str, value: float | None, bound: float | None) -> None:
        """Show value, bound and gap of an aim.

        Parameters
        ----------
        name
            Name of the aim.
        value, bound
            Best value so far and what is proven.
        """
        if self._bar is None:
            return
        lang = self.terminal.lang
        facts = [text(f"step.{name}", lang)]
        if value is not None:
            facts.append(text("step.best", lang, value=float(round(value, 1))))
        if value is not None and bound is not None and name == "nearness":
            facts.append(percent(max(0.0, (value - bound) / max(value, 1.0)), lang))
        self._bar.update(self._current(), facts="  ".join(facts))

    def close(self) -> None:
        """Take the moving line away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None

    def _moving(self) -> Bar:
        if self._bar is None:
            from rich import progress

            self._bar = progress.Progress(
                progress.SpinnerColumn(),
                progress.TextColumn("{task.description}"),
                progress.BarColumn(bar_width=24),
                progress.TextColumn("{task.fields[facts]}"),
                progress.TimeElapsedColumn(),
                console=self.terminal.errors,
                transient=True,
            )
            self._task = self._bar.add_task("", total=None, facts="")
            self._bar.start()
        return self._bar

    def _current(self) -> TaskID:
        self._moving()
        if self._task is None:
            message = "the progress display has no task"
            raise RuntimeError(message)
        return self._task


def fail(
    terminal: Terminal,
    code: str,
    exit_code: int,
    lines: Sequence[str],
    faults: Sequence[Fault] = (),
    *,
    origin: BaseException | None = None,
) -> NoReturn:
    """Say what went wrong and leave.

    Parameters
    ----------
    terminal
        Where it is shown.
    code
        Short code of the failure.
    exit_code
        Exit code of the process.
    lines
        What is told, a fault a line.
    faults
        The same with their parts, for ``--json``.
    origin
        A fault of ours; its traceback is shown where the variable METRO_GIS_DEBUG is set.

    Raises
    ------
    SystemExit
        Always.
    """
    terminal.conclude()
    if terminal.as_json:
        error: dict[str, Any] = {"code": code, "exit": exit_code, "messages": list(lines)}
        if faults:
            error["faults"] = [fault.as_dict(terminal.lang) for fault in faults]
        print(json_line({"error": error}))  # noqa: T201 (the result itself)
    else:
        severities = [fault.severity for fault in faults] or ["error"] * len(lines)
        told = list(zip(severities, lines, strict=True))[:SHOWN_FAULTS]
        for severity, line in told:
            word = text(f"cli.{severity}", terminal.lang)
            style = "red" if severity == "error" else "yellow"
            terminal.errors.print(f"{word}: {line}", markup=False, style=style)
        if len(lines) > SHOWN_FAULTS:
            more = text("cli.more", terminal.lang, count=len(lines) - SHOWN_FAULTS)
            terminal.errors.print(more, markup=False)
    if origin is not None and os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(origin, file=sys.stderr)
    sys.exit(exit_code)


def leave_interrupted(words: Sequence[str]) -> NoReturn:
    """Say that a command was interrupted before it could begin, and leave.

    Parameters
    ----------
    words
        What was typed after the command's name.

    Raises
    ------
    SystemExit
        Always.
    """
    from pathlib import Path

    from metro_gis.workspace import Workspace

    terminal = Terminal(
        Workspace(Path()),
        asked_language(words),
        as_json="--json" in words,
        interruption=listen(),
    )
    fail_interrupted(terminal)


def fail_interrupted(terminal: Terminal) -> NoReturn:
    """Say that a command was interrupted, and leave.

    Parameters
    ----------
    terminal
        Where it is shown.

    Raises
    ------
    SystemExit
        Always.
    """
    line = text("cli.interrupted", terminal.lang)
    fail(terminal, "interrupted", EXIT_INTERRUPTED, [line])


def asked_language(words: Sequence[str]) -> str:
    """Find the language asked for before anything is parsed.

    Parameters
    ----------
    words
        What was typed after the command's name.

    Returns
    -------
    str
        ``"id"`` or ``"en"``.
    """
    for word, after in zip(words, [*words[1:], ""], strict=True):
        asked = after if word == "--lang" else word.removeprefix("--lang=")
        if word.startswith("--lang") and asked in LANGUAGES:
            return asked
    return default_language()
