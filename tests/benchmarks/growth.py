"""Growth of time and memory with size, on the sample scaled: same density, same kecamatan size.

Every size has as many officers a station as the sample, so that only the number of stations grows.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from benchmarks.instances import Places, city_of, draw_places, state_problem
from benchmarks.measure import MEMORY_GB, measure
from benchmarks.rivals import price_tenths, run_metro_gis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GAP = 0.015


def measure_size(
    size: int, *, seconds: float, memory_gb: float = MEMORY_GB, seed: int = 1
) -> dict[str, Any]:
    """Clock one size in a process of its own."""
    city = city_of(size)
    measured = measure(
        "benchmarks.growth:search",
        within_s=2 * seconds + 300,
        memory_gb=memory_gb,
        places=draw_places(city, seed=seed),
        seconds=seconds,
    )
    return {
        "stations": size,
        "kecamatan": city.kecamatan,
        "limit_s": seconds,
        "peak_mb": measured.peak_mb,
        "failure": measured.failure,
        **(measured.result or {}),
    }


def search(places: Places, seconds: float) -> dict[str, Any]:
    """Clock the minutes, and the search until its gap is small enough."""
    started = time.monotonic()
    problem = state_problem(places)
    minutes_s = time.monotonic() - started
    found = run_metro_gis(problem, seconds, gap=GAP)
    value = price_tenths(problem, found.beats or ())
    bound = found.bound_tenths or 0.0
    gap = (value - bound) / max(value, 1) if found.settled else None
    return {
        "minutes_s": minutes_s,
        "optimize_s": found.solve_s,
        "pairs": int(problem.travel.beat_indptr[-1]),
        "gap": gap,
        "reached": gap is not None and gap <= GAP,
        "stopped_by": found.note,
    }


def exponent(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """Fit ``name = c n^k`` by least squares of logarithms; None for fewer than two sizes.

    Only sizes that reached the gap count.
    """
    points = [
        (math.log(row["stations"]), math.log(max(row[name], 1e-6)))
        for row in rows
        if row.get("reached")
    ]
    if len({x for x, _ in points}) < 2:
        return None
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
