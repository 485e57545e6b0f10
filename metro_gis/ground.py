"""What lies under a plan on its page: roads, their names, borders of areas."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.data.outlines import Outlines
    from metro_gis.data.road_network import RoadNetwork
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
        Road class to lines.
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


def read_ground(workspace: Workspace, plan: PlanFile, *, with_roads: bool = True) -> Ground:
    """Read what lies under a plan.

    Parameters
    ----------
    workspace
        The planner's folder.
    plan
        A plan whose roads have not changed since it was made.
    with_roads
        Whether roads are drawn; a plan whose roads have changed is drawn without any.

    Returns
    -------
    Ground
        Borders are left out, with a warning, where their file is missing or faulty.

    Raises
    ------
    InputError
        If the roads cannot be read.
    """
    from metro_gis.data.basemap import basemap_lines
    from metro_gis.data.street_names import named_streets
    from metro_gis.maps.page_data import StreetRow

    outlines = _outlines(workspace, plan)
    ground = Ground(areas=outlines.lines, warnings=outlines.warnings)
    if not with_roads:
        return ground
    network = _network(workspace, plan)
    streets = [
        StreetRow(name=one.name, road_class=one.road_class, lines=one.lines)
        for one in named_streets(network)
    ]
    return replace(ground, roads=basemap_lines(network), streets=streets)


def _network(workspace: Workspace, plan: PlanFile) -> RoadNetwork:
    from metro_gis.data.network import load_network

    scenario = plan.info["scenario"]
    return load_network(
        workspace.input_path(scenario["inputs"]["roads"]["file"]),
        speeds=scenario["travel"]["speeds_kph"],
        factor=float(scenario["travel"]["factor"]),
        cache_dir=workspace.derived,
    )


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
