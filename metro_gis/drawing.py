"""From a plan to its page: verified first, then drawn on its own roads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metro_gis.ground import read_ground
from metro_gis.honesty import require_honest
from metro_gis.plan_file import PlanFile, read_plan
from metro_gis.progress import Progress, Silent
from metro_gis.verify import verify_plan
from metro_gis.workspace import Workspace, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from metro_gis.errors import Fault
    from metro_gis.maps.tiles import TileServer


def read_verified(
    workspace: Workspace, plan_path: Path, progress: Progress | None = None
) -> PlanFile:
    """Read a plan that is about to be shown, and verify it first.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan_path
        A plan file.
    progress
        Hears of the steps.

    Returns
    -------
    PlanFile
        A plan that keeps the rules.

    Raises
    ------
    PlanError
        If the plan cannot be read or breaks a rule.
    """
    (progress or Silent()).step("verify")
    require_honest(verify_plan(plan_path, workspace.root), plan_path)
    return read_plan(plan_path)


def draw_plan(
    workspace: Workspace,
    plan_path: Path,
    *,
    lang: str,
    tiles: TileServer | None = None,
    warnings: list[Fault] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Draw the page of a plan.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan_path
        A plan file; it is verified before it is drawn.
    lang
        Language the page opens in.
    tiles
        Server that the page may ask for map tiles; None for a page that asks nobody.
    warnings
        Receives what could not be drawn, and what tiles give away.
    progress
        Hears of the steps.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    PlanError
        If the plan cannot be read or breaks a rule.
    InputError
        If the page cannot be written.
    """
    plan = read_verified(workspace, plan_path, progress)
    return draw_page(
        workspace,
        plan,
        plan_path.stem,
        lang=lang,
        tiles=tiles,
        warnings=warnings,
        progress=progress,
    )


def draw_page(
    workspace: Workspace,
    plan: PlanFile,
    stem: str,
    *,
    lang: str,
    tiles: TileServer | None = None,
    warnings: list[Fault] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Draw the page of a plan that has been verified.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan
        The plan.
    stem
        Stem of the page.
    lang
        Language the page opens in.
    tiles
        Server that the page may ask for map tiles; None for a page that asks nobody.
    warnings
        Receives what could not be drawn, and what tiles give away.
    progress
        Hears of the steps.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        If the roads cannot be read or the page cannot be written.
    """
    from metro_gis.maps import render_page
    from metro_gis.maps.from_plan import page_data

    (progress or Silent()).step("draw")
    page = workspace.page_path(stem)
    ground = read_ground(workspace, plan)
    data = replace(ground.under(page_data(plan, {})), tiles=tiles)
    write_bytes(page, render_page(data, lang=lang).encode("utf-8"))
    if warnings is not None:
        warnings += [*ground.warnings, *(tiles.warnings() if tiles else [])]
    return page
