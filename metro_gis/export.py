"""Orders as files: what `metro-gis maps export` writes of a plan.

A plan is verified first, and every file is made in memory, read back and compared with the plan
before any is written: what is handed out says what was decided.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from metro_gis.drawing import read_verified
from metro_gis.errors import Fault, UsageError
from metro_gis.progress import Silent
from metro_gis.workspace import write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from metro_gis.progress import Progress
    from metro_gis.workspace import Workspace

ENDINGS: Final = {
    "xlsx": "-orders.xlsx",
    "csv": "-orders.csv",
    "geojson": "-orders.geojson",
    "kml": "-orders.kml",
    "gpx": "-orders.gpx",
    "summary": "-summary.txt",
}
"""Format to what follows the plan's stem in the name of its file."""

__all__ = ["ENDINGS", "Exported", "export_orders", "parse_formats"]


@dataclass(frozen=True, slots=True)
class Exported:
    """Orders that were written.

    Parameters
    ----------
    files
        Format to path.
    plan_id
        Plan they belong to.
    uncovered
        Stations without a team.
    modelled
        Whether roads or points were invented.
    """

    files: Mapping[str, Path]
    plan_id: str
    uncovered: int
    modelled: bool

    def as_dict(self, workspace: Workspace) -> dict[str, Any]:
        """Give the facts as plain values, for ``--json``.

        Parameters
        ----------
        workspace
            Paths are told relative to it.

        Returns
        -------
        dict
            Keys ``files, plan_id, uncovered, modelled``.
        """
        return {
            "files": {name: workspace.shown(path) for name, path in self.files.items()},
            "plan_id": self.plan_id,
            "uncovered": self.uncovered,
            "modelled": self.modelled,
        }


def parse_formats(words: str | None) -> tuple[str, ...]:
    """Read which formats are asked for.

    Parameters
    ----------
    words
        Formats joined by commas; None for all.

    Returns
    -------
    tuple of str
        Each once, in the order of `ENDINGS`.

    Raises
    ------
    UsageError
        If one is unknown; every unknown one is told.
    """
    if words is None:
        return tuple(ENDINGS)
    asked = [word.strip().casefold() for word in words.split(",")]
    faults = [_unknown(word) for word in dict.fromkeys(asked) if word not in ENDINGS]
    if faults:
        raise UsageError(faults)
    return tuple(name for name in ENDINGS if name in asked)


def _unknown(word: str) -> Fault:
    known = ", ".join(ENDINGS)
    near = difflib.get_close_matches(word, ENDINGS, 1)
    if near:
        params = {"known": known, "nearest": near[0]}
        return Fault("export-format-unknown", value=word, params=params)
    return Fault("export-format-strange", value=word, params={"known": known})


def export_orders(
    workspace: Workspace,
    plan_path: Path,
    formats: Sequence[str] = tuple(ENDINGS),
    *,
    lang: str,
    progress: Progress | None = None,
) -> Exported:
    """Write the orders of a plan.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan_path
        A plan file; it is verified first.
    formats
        Which of `ENDINGS`.
    lang
        Language of headings and remarks, ``"id"`` or ``"en"``.
    progress
        Hears of the steps.

    Returns
    -------
    Exported
        Files in ``maps/``, for their owner only; the same plan gives the same bytes.

    Raises
    ------
    PlanError
        If the plan cannot be read or breaks a rule: nothing is written.
    UsageError
        If the plan's stem is no plain file name, or a link leads out of the workspace.
    InputError
        If a file cannot be written.
    """
    from metro_gis.maps.orders import build_orders, render_orders, require_same

    progress = progress or Silent()
    plan = read_verified(workspace, plan_path, progress)
    progress.step("export")
    files = {name: workspace.orders_path(plan_path.stem, ENDINGS[name]) for name in formats}
    orders = build_orders(plan)
    contents = render_orders(orders, files, lang)
    require_same(orders, contents, lang)
    for name, path in files.items():
        write_bytes(path, contents[name])
    return Exported(
        files, plan.plan_id, len(orders.uncovered), modelled=bool(plan.info["modelled"])
    )
