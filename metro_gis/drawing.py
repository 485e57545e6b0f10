"""From a plan to its page or wall map: verified first, then drawn on its own roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metro_gis.honesty import require_honest
from metro_gis.plan_file import PlanFile, read_plan
from metro_gis.progress import Progress, Silent
from metro_gis.verify import verify_plan
from metro_gis.workspace import Workspace, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from metro_gis.data.basemap import Line
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
    workspace: Workspace, plan_path: Path, *, lang: str, progress: Progress | None = None
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
    return draw_page(workspace, plan, plan_path.stem, lang=lang, progress=progress)


def draw_page(
    workspace: Workspace,
    plan: PlanFile,
    stem: str,
    *,
    lang: str,
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
    content = render_page(page_data(plan, road_lines(workspace, plan)), lang=lang)
    write_bytes(page, content.encode("utf-8"))
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
    wall = render_wall(page_data(plan, road_lines(workspace, plan)), paper=paper, lang=lang)
    write_bytes(target, wall.content)
    return target, wall


def road_lines(workspace: Workspace, plan: PlanFile) -> dict[str, list[Line]]:
    """Read the roads of a plan, to be drawn.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan
        A plan whose roads have not changed since it was made.

    Returns
    -------
    dict
        Road class to lines of (lon, lat), EPSG:4326.

    Raises
    ------
    InputError
        If the roads cannot be read.
    """
    from metro_gis.data.basemap import basemap_lines
    from metro_gis.data.network import load_network

    scenario = plan.info["scenario"]
    network = load_network(
        workspace.input_path(scenario["inputs"]["roads"]["file"]),
        speeds=scenario["travel"]["speeds_kph"],
        factor=float(scenario["travel"]["factor"]),
        cache_dir=workspace.derived,
    )
    return basemap_lines(network)
