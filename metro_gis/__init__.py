"""Decide who guards which polling station, with a proof, and show it on a map.

The public names are loaded when they are first asked for, since the geospatial libraries take
seconds to import and ``metro-gis --help`` should not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metro_gis.compare import compare_plans
    from metro_gis.drawing import draw_plan
    from metro_gis.export import export_orders
    from metro_gis.naming import draw_names
    from metro_gis.pipeline import check_inputs, make_plan, run
    from metro_gis.plan_file import read_plan
    from metro_gis.scenario import Scenario, load_scenario
    from metro_gis.verify import verify_plan
    from metro_gis.workspace import Workspace

_HOMES = {
    "Scenario": "metro_gis.scenario",
    "Workspace": "metro_gis.workspace",
    "check_inputs": "metro_gis.pipeline",
    "compare_plans": "metro_gis.compare",
    "draw_names": "metro_gis.naming",
    "draw_plan": "metro_gis.drawing",
    "export_orders": "metro_gis.export",
    "load_scenario": "metro_gis.scenario",
    "make_plan": "metro_gis.pipeline",
    "read_plan": "metro_gis.plan_file",
    "run": "metro_gis.pipeline",
    "verify_plan": "metro_gis.verify",
}

__all__ = [
    "Scenario",
    "Workspace",
    "check_inputs",
    "compare_plans",
    "draw_names",
    "draw_plan",
    "export_orders",
    "load_scenario",
    "make_plan",
    "read_plan",
    "run",
    "verify_plan",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("metro-gis")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    message = f"module 'metro_gis' has no attribute {name!r}"
    raise AttributeError(message)
