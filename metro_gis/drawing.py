"""From a plan to its page or wall map: verified first, then drawn on its own roads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metro_gis.ground import read_ground, read_roads
from metro_gis.honesty import require_honest
from metro_gis.page_facts import facts_beside, reserve_of
from metro_gis.plan_file import PlanFile, read_plan
from metro_gis.progress import Progress, Silent
from metro_gis.verify import verify_plan
from metro_gis.workspace import Workspace, sealed_path, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from metro_gis.errors import Fault
    from metro_gis.maps.page_data import Audience
    from metro_gis.maps.tiles import TileServer
    from metro_gis.maps.wall import Wall


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
    audience: str = "commander",
    tiles: TileServer | None = None,
    passphrase: str | None = None,
    progress: Progress | None = None,
    warnings: list[Fault] | None = None,
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
    audience
        Whom the page is for: ``"commander"``, ``"polsek:NAME"`` or ``"public"``.
    tiles
        Server that the commander's page may ask for map tiles; None for a page that asks nobody.
    passphrase
        Seals the page.
    progress
        Hears of the steps.
    warnings
        Receives what the page could not tell, and whether another plan came after this one.

    Returns
    -------
    Path
        The page; one that is not the commander's bears its audience in its name.

    Raises
    ------
    PlanError
        If the plan cannot be read or breaks a rule.
    UsageError
        If there is no such audience.
    InputError
        If the page cannot be written.
    """
    from metro_gis.maps.audience import parse_audience

    plan = read_verified(workspace, plan_path, progress)
    readers = parse_audience(audience, plan.tables["posts"])
    return draw_page(
        workspace,
        plan,
        plan_path,
        lang=lang,
        audience=readers,
        tiles=tiles,
        passphrase=passphrase,
        progress=progress,
        warnings=warnings,
    )


def draw_page(
    workspace: Workspace,
    plan: PlanFile,
    plan_path: Path,
    *,
    lang: str,
    audience: Audience | None = None,
    tiles: TileServer | None = None,
    passphrase: str | None = None,
    progress: Progress | None = None,
    warnings: list[Fault] | None = None,
) -> Path:
    """Draw the page of a plan that has been verified.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan
        The plan.
    plan_path
        Its file, whose stem is that of the page.
    lang
        Language the page opens in.
    audience
        Whom the page is for; the commander by default.
    tiles
        Server that the commander's page may ask for map tiles; None for a page that asks nobody.
    passphrase
        Seals the page.
    progress
        Hears of the steps.
    warnings
        Receives what the page could not tell, and whether another plan came after this one.

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
    from metro_gis.maps.audience import COMMANDER, file_mark, restrict
    from metro_gis.maps.from_plan import page_data

    (progress or Silent()).step("draw")
    readers = audience or COMMANDER
    page = workspace.page_path(plan_path.stem, file_mark(readers))
    if passphrase is not None:
        page = sealed_path(page)
    told: list[Fault] = []
    beside = facts_beside(workspace, plan, plan_path, told)
    roads = read_roads(workspace, plan)
    ground = read_ground(workspace, plan, roads)
    reserve = reserve_of(roads.network, plan)
    data = replace(ground.under(page_data(plan, {})), tiles=tiles, reserve=reserve, **beside)
    content = render_page(restrict(data, readers), lang=lang, passphrase=passphrase)
    write_bytes(page, content.encode("utf-8"))
    if warnings is not None:
        warnings += [*told, *ground.warnings, *(tiles.warnings() if tiles else [])]
    return page


def draw_wall(
    workspace: Workspace,
    plan_path: Path,
    *,
    paper: str,
    lang: str,
    progress: Progress | None = None,
) -> tuple[Path, Wall]:
    """Draw the wall map of a plan.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan_path
        A plan file; it is verified before it is drawn.
    paper
        Name of the sheet: ``"A0"`` to ``"A4"``.
    lang
        Language of the sheet.
    progress
        Hears of the steps.

    Returns
    -------
    tuple
        The file, and what is on it.

    Raises
    ------
    PlanError
        If the plan cannot be read or breaks a rule.
    InputError
        If the roads cannot be read or the sheet cannot be written.
    """
    from metro_gis.maps.from_plan import page_data
    from metro_gis.maps.wall import render_wall

    plan = read_verified(workspace, plan_path, progress)
    (progress or Silent()).step("draw-wall")
    target = workspace.wall_path(plan_path.stem, paper)
    ground = read_ground(workspace, plan, read_roads(workspace, plan))
    wall = render_wall(ground.under(page_data(plan, {})), paper=paper, lang=lang)
    write_bytes(target, wall.content)
    return target, wall
