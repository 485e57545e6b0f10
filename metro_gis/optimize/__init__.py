"""The integer program and its search: a scenario becomes a plan."""

from metro_gis.optimize.replan import replan
from metro_gis.optimize.search import Settings
from metro_gis.optimize.solve import optimize

__all__ = ["Settings", "optimize", "replan"]
