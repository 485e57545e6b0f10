"""What lies under a plan on its page: roads, their names, borders of areas."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.data.closures import Closed
    from metro_gis.data.outlines import Outlines
    from metro_gis.errors import Fault
    from metro_gis.maps import PageData
    from metro_gis.maps.page_data import Point, StreetRow
    from metro_gis.plan_file import PlanFile
    from metro_gis.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Ground:
    """What is drawn under a plan; points are (lon, lat), EPSG:4326.

    Parameters
    ----------
    roads
        Road class to lines; closed streets are of class ``closed``.
    streets
        Streets with names.
    areas
        ``kecamatan`` and ``kelurahan``, as far as given, to their borders.
    warnings
        What could not be drawn, and why.
    """

    roads: Mapping[str, Sequence[Sequence[Point]]] = field(default_factory=dict)
    streets: Sequence[StreetRow] = ()
    areas: Mapping[str, Sequence[Sequence[Point]]] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()

    def under(self, data: PageData) -> PageData:
        """Lay the ground under what a page shows.

        Parameters
        ----------
        data
            What the page shows.

        Returns
        -------
        PageData
            The same on this ground.
        """
        return replace(data, basemap=self.roads, streets=self.streets, areas=self.areas)


def read_roads(workspace: Workspace, plan: PlanFile) -> Closed:
    """Read the roads of a plan, those that it takes to be closed apart.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan
        A plan whose roads have not changed since it was made.

    Returns
    -------
    Closed
        The roads that are open, and the streets that are not.

    Raises
    ------
    InputError
        If the roads cannot be read.
    """
    from metro_gis.data.closures import close_roads
    from metro_gis.data.network import load_network
    from metro_gis.scenario import Closure

    scenario = plan.info["scenario"]
    network = load_network(
        workspace.input_path(scenario["inputs"]["roads"]["file"]),
        speeds=scenario["travel"]["speeds_kph"],
        factor=float(scenario["travel"]["factor"]),
        cache_dir=workspace.derived,
    )
    return close_roads(network, [Closure(**one) for one in scenario["travel"].get("closed", [])])


def read_ground(workspace: Workspace, plan: PlanFile, roads: Closed | None = None) -> Ground:
    """Read what lies under a plan.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan
        The plan.
    roads
        Its roads; a plan whose roads have changed is drawn without any.

    Returns
    -------
    Ground
        Borders are left out, with a warning, where their file is missing or faulty.
    """
    from metro_gis.data.basemap import basemap_lines
    from metro_gis.data.street_names import named_streets
    from metro_gis.maps.page_data import CLOSED, StreetRow

    outlines = _outlines(workspace, plan)
    ground = Ground(areas=outlines.lines, warnings=outlines.warnings)
    if roads is None:
        return ground
    lines = basemap_lines(roads.network)
    if roads.streets is not None:
        lines[CLOSED] = [line for own in basemap_lines(roads.streets).values() for line in own]
    streets = [
        StreetRow(name=one.name, road_class=one.road_class, lines=one.lines)
        for one in named_streets(roads.network)
    ]
    return replace(ground, roads=lines, streets=streets)


def _outlines(workspace: Workspace, plan: PlanFile) -> Outlines:
    from metro_gis.data.outlines import LEVELS, Outlines, read_outlines
    from metro_gis.scenario import AreasInput

    inputs = plan.info["scenario"]["inputs"]
    given: dict[str, Any] | None = inputs.get("areas") or inputs["stations"].get("join")
    if given is None:
        return Outlines()
    columns = {one: name for one, name in given["columns"].items() if one in LEVELS}
    if not columns:
        return Outlines()  # stations take something else from those outlines
    areas = AreasInput(file=given["file"], layer=given.get("layer"), columns=columns)
    points = [*plan.points["stations"], *plan.points["posts"]]
    return read_outlines(workspace, areas, points)
