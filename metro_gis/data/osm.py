"""Roads of OpenStreetMap: one door to places, areas and files."""

from __future__ import annotations

from metro_gis.data.graphml import read_graphml, save_graphml_bytes
from metro_gis.data.osm_files import roads_from_osm_file
from metro_gis.data.osm_place import roads_from_place, roads_from_polygon
from metro_gis.data.osm_profile import DRIVE_PROFILE, SourceReport, source_report

__all__ = [
    "DRIVE_PROFILE",
    "SourceReport",
    "read_graphml",
    "roads_from_osm_file",
    "roads_from_place",
    "roads_from_polygon",
    "save_graphml_bytes",
    "source_report",
]
