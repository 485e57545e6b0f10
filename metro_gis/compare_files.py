"""Two plan files compared: read, verified as far as they can be, set side by side, and drawn.

Plans are mostly compared after the tables were edited, when the older one cannot be verified any
more. Such a plan is read as its file says, and that is told wherever it shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from metro_gis.compare import compare_plans
from metro_gis.errors import Fault, MetroGisError, PlanError
from metro_gis.ground import read_ground, read_roads
from metro_gis.honesty import breach_faults
from metro_gis.plan_file import read_plan
from metro_gis.progress import Silent
from metro_gis.verify import verify_plan
from metro_gis.workspace import sealed_path, sha256_of, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from metro_gis.compare import Comparison
    from metro_gis.ground import Ground
    from metro_gis.plan_file import PlanFile
    from metro_gis.progress import Progress
    from metro_gis.verify import Breach
    from metro_gis.workspace import Workspace

Given = TypeVar("Given")
Got = TypeVar("Got")

__all__ = ["Compared", "Reading", "compare_files", "read_to_compare"]


@dataclass(frozen=True, eq=False)
class Reading:
    """A plan that was read to be compared.

    Parameters
    ----------
    plan
        What its file says.
    path
        The file.
    changed_inputs
        Files that it was made from and that are not there as they were; none where the plan was
        verified against them.
    """

    plan: PlanFile
    path: Path
    changed_inputs: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether the plan keeps every rule, checked against its inputs."""
        return not self.changed_inputs


@dataclass(frozen=True, eq=False)
class Compared:
    """Two plan files side by side.

    Parameters
    ----------
    comparison
        What differs.
    a, b
        The plans.
    page
        The page that shows both, where one was asked for.
    warnings
        What could not be verified or drawn.
    """

    comparison: Comparison
    a: Reading
    b: Reading
    page: Path | None = None
    warnings: tuple[Fault, ...] = ()

    def as_dict(self, workspace: Workspace) -> dict[str, Any]:
        """Give all of it as plain values, for ``--json``.

        Parameters
        ----------
        workspace
            Paths are told relative to it.

        Returns
        -------
        dict
            Keys of `Comparison.as_dict`; ``a`` and ``b`` also tell ``plan`` (path), ``verified``
            and ``changed_inputs``. ``page`` is null where none was drawn.
        """
        facts = self.comparison.as_dict()
        for side, one in (("a", self.a), ("b", self.b)):
            facts[side] = {
                "plan": workspace.shown(one.path),
                "verified": one.verified,
                "changed_inputs": list(one.changed_inputs),
            } | facts[side]
        return facts | {"page": None if self.page is None else workspace.shown(self.page)}


def compare_files(
    workspace: Workspace,
    names: tuple[str, str],
    *,
    page: bool = False,
    lang: str = "en",
    passphrase: str | None = None,
    progress: Progress | None = None,
) -> Compared:
    """Compare two plans of a workspace.

    Parameters
    ----------
    workspace
        The planner's folder.
    names
        Plans *A* and *B*, by path or stem.
    page
        Whether to draw a page that shows both.
    lang
        Language the page opens in.
    passphrase
        Seals the page.
    progress
        Hears of the steps.

    Returns
    -------
    Compared
        From *A* to *B*.

    Raises
    ------
    InputError
        If there is no such plan, or the page cannot be written.
    PlanError
        If a plan cannot be read or breaks a rule.
    UsageError
        If the stems do not make the name of a page, or a link leads out of the workspace.
    """
    progress = progress or Silent()
    a_path, b_path = _both(workspace.find_plan, *names)
    # a name that cannot be is told before the work, not after it
    target = workspace.pair_path(a_path.stem, b_path.stem) if page else None
    if target and passphrase is not None:
        target = sealed_path(target)
    progress.step("verify")
    a, b = _both(lambda path: read_to_compare(workspace, path), a_path, b_path)
    progress.step("compare")
    compared = Compared(compare_plans(a.plan, b.plan), a, b, None, _unverified(a, b))
    if target is None:
        return compared
    progress.step("draw")
    return _drawn(workspace, compared, target, lang=lang, passphrase=passphrase)


def read_to_compare(workspace: Workspace, plan_path: Path) -> Reading:
    """Read a plan, and verify it where its inputs are still there as they were.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan_path
        A plan file.

    Returns
    -------
    Reading
        A plan that keeps the rules, or one that cannot be checked any more.

    Raises
    ------
    PlanError
        If the plan cannot be read, was changed by hand, or breaks a rule.
    """
    verdict = verify_plan(plan_path, workspace.root)
    if verdict.ok:
        return Reading(read_plan(plan_path), plan_path)
    before = list(takewhile(lambda breach: not _of_input(breach, plan_path), verdict.breaches))
    if before:
        raise PlanError(breach_faults(before, plan_path))
    plan = read_plan(plan_path)
    changed = _changed_inputs(workspace, plan)
    if not changed:
        raise PlanError(breach_faults(verdict.breaches, plan_path))
    # whatever else was found may come from the change, and says nothing about the plan
    _require_whole(plan, plan_path)
    return Reading(plan, plan_path, changed)


def _of_input(breach: Breach, plan_path: Path) -> bool:
    """Tell whether a breach is about a file that the plan was made from."""
    told = breach.params.get("file")
    return breach.code in ("input-changed", "unreadable") and told != plan_path.name


def _changed_inputs(workspace: Workspace, plan: PlanFile) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            entry["file"]
            for entry in plan.info["inputs"]
            if not _is_unchanged(workspace, entry["file"], entry["sha256"])
        )
    )


def _is_unchanged(workspace: Workspace, file: str, sha256: str) -> bool:
    try:
        return sha256_of(workspace.input_path(file)) == sha256
    except (OSError, ValueError):
        return False


def _require_whole(plan: PlanFile, plan_path: Path) -> None:
    """Refuse a plan that contradicts itself, where the checker could not get that far."""
    from metro_gis.maps.from_plan import page_data

    try:
        page_data(plan, {})
        compare_plans(plan, plan)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        fault = Fault("plan-unreadable", file=plan_path.name, params={"why": str(error)})
        raise PlanError(fault) from error


def _both(act: Callable[[Given], Got], *given: Given) -> list[Got]:
    """Do the same for both plans, and tell the faults of both at once."""
    results, errors = [], list[MetroGisError]()
    for one in given:
        try:
            results.append(act(one))
        except MetroGisError as error:
            errors.append(error)
    if errors:
        # one file may stand on both sides
        once = {fault.line(): fault for error in errors for fault in error.faults}
        raise type(errors[0])(once.values())
    return results


def _unverified(*readings: Reading) -> tuple[Fault, ...]:
    once = {one.path: one for one in readings if not one.verified}
    return tuple(
        Fault(
            "plan-not-verified",
            "warning",
            file=one.path.name,
            params={"inputs": ", ".join(one.changed_inputs)},
        )
        for one in once.values()
    )


def _drawn(
    workspace: Workspace, compared: Compared, target: Path, *, lang: str, passphrase: str | None
) -> Compared:
    from metro_gis.maps import render_pair
    from metro_gis.maps.from_plan import page_data

    a, b = compared.a, compared.b
    ground, warnings = _ground(workspace, (b, a))
    facts = compared.as_dict(workspace)
    for side, one in (("a", a), ("b", b)):
        facts[side] |= {
            "plan": one.path.name,
            "changed_inputs": [_without_home(file) for file in one.changed_inputs],
            "inputs": [
                entry | {"file": _without_home(entry["file"])} for entry in facts[side]["inputs"]
            ],
        }
    data = page_data(a.plan, {}), ground.under(page_data(b.plan, {}))
    content = render_pair(*data, facts, lang=lang, passphrase=passphrase)
    write_bytes(target, content.encode("utf-8"))
    return replace(compared, page=target, warnings=(*compared.warnings, *warnings))


def _without_home(file: str) -> str:
    """Name a file of the workspace as it stands, and any other without its folders.

    A page travels, and folders outside of the workspace may bear a person's name.
    """
    path = PurePath(file)
    inside = not (path.is_absolute() or file.startswith("~") or ".." in path.parts)
    return file if inside else path.name


def _ground(workspace: Workspace, readings: Sequence[Reading]) -> tuple[Ground, tuple[Fault, ...]]:
    """Take the ground of the first plan that has its roads still; others would not be its roads."""
    for one in readings:
        file = one.plan.info["scenario"]["inputs"]["roads"]["file"]
        if file not in one.changed_inputs:
            ground = read_ground(workspace, one.plan, read_roads(workspace, one.plan))
            return ground, ground.warnings
    ground = read_ground(workspace, readings[0].plan)
    return ground, (Fault("roads-not-drawn", "warning"), *ground.warnings)
