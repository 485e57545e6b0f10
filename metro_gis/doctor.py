"""Versions, and what is missing on this computer."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Literal

from packaging.requirements import Requirement

MODULES = {"xstatic-leaflet": "xstatic.pkg.leaflet", "osmium": "osmium"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
OLDEST_PYTHON = (3, 11)
# the least 2x + 3y over whole x, y with 2x + 2y >= 9 is 10, at x = 5, y = 0
KNOWN_NEED = 9
KNOWN_OPTIMUM = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    name
        What.
    found
        Version, path, or ``-``.
    severity
        ``ok``, ``warning`` or ``error``.
    note
        Key of a text in the catalogue ``doctor``, or empty.
    """

    name: str
    found: str
    severity: Literal["ok", "warning", "error"] = "ok"
    note: str = ""


def examine() -> list[Finding]:
    """Look at Python, every dependency, the engine and a browser.

    Returns
    -------
    list of Finding
        In a fixed order.
    """
    python = ".".join(str(part) for part in sys.version_info[:3])
    findings = [
        Finding("python", python)
        if sys.version_info >= OLDEST_PYTHON
        else Finding("python", python, "error", "python-old")
    ]
    findings += [_package(Requirement(line)) for line in requires("metro-gis") or []
                 if "extra ==" not in line]  # fmt: skip
    findings.append(_engine())
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    findings.append(
        Finding("browser", browser) if browser else Finding("browser", "-", "warning", "browser")
    )
    return findings


def _package(wanted: Requirement) -> Finding:
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return Finding(wanted.name, "-", "error", "missing")
    if not wanted.specifier.contains(found, prereleases=True):
        return Finding(wanted.name, found, "error", "version")
    try:
        import_module(MODULES.get(wanted.name, wanted.name))
    except ImportError:
        return Finding(wanted.name, found, "error", "broken")
    return Finding(wanted.name, found)


def _engine() -> Finding:
    """Solve a program whose answer is known."""
    try:
        import pulp

        from metro_gis.solver import Limits, solve_program
    except ImportError:
        return Finding("engine", "-", "error", "missing")
    program = pulp.LpProblem("doctor", pulp.LpMinimize)
    x, y = (program.add_variable(name, 0, 9, cat=pulp.LpInteger) for name in "xy")
    program.setObjective(2 * x + 3 * y)
    program.addConstraint(2 * x + 2 * y >= KNOWN_NEED, "need")
    answer = solve_program(program, Limits(10.0))
    right = answer.value is not None and round(answer.value) == KNOWN_OPTIMUM
    return Finding("engine", "HiGHS", "ok" if right else "error", "" if right else "engine")
