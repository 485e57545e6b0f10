"""Benchmarks in one command; see the README beside this file.

``python tests/benchmarks/run.py --seconds 60 --json results.json --markdown results.md``
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

# the folder above, so that this one is a package named `benchmarks` in every process
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import growth, instances, minutes, pages, pmedcap, quality, replans
from benchmarks.measure import MEMORY_GB
from benchmarks.rivals import RIVALS
from benchmarks.table import render, targets

from metro_gis.data.osm import read_graphml

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = ("quality", "minutes", "growth", "pmedcap", "replans", "pages")
PAGE_SIZES = (instances.SAMPLE_STATIONS, 7169)
REPLAN_SECONDS = 9.0
"""Limit of the search: with what comes before and after it, ten seconds."""
REAL_DATA = "METRO_GIS_REAL_DATA"
PACKAGES = (
    "metro-gis", "highspy", "pulp", "ortools", "networkx", "igraph", "numpy", "scipy", "folium",
)  # fmt: skip


def main(words: list[str] | None = None) -> int:
    """Run what was asked for, and write what came out, after every step anew."""
    options = _parse(words)
    settings = {name: str(value) for name, value in vars(options).items()}
    results: dict[str, Any] = {"machine": _machine(options.seed), "settings": settings}
    text = ""
    for part, result in _parts(options):
        results.setdefault(part, []).append(result)
        results["targets"] = targets(results)
        text = render(results)
        if options.json:
            options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        if options.markdown:
            options.markdown.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _parts(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Run one thing after another, each named by its part."""
    seed, memory_gb = options.seed, options.memory_gb
    if "minutes" in options.only:
        yield from _minutes(options)
    if "pmedcap" in options.only:
        for row in _medians(options.seconds):
            yield "pmedcap", row
    if "quality" in options.only:
        for size in options.sizes:
            for instance in instances.instances_of(size, shape=options.shape, seed=seed):
                yield (
                    "quality",
                    quality.compare(
                        instance,
                        seconds=options.seconds,
                        rivals=options.rivals,
                        memory_gb=memory_gb,
                        seed=seed,
                        tell=_tell,
                    ),
                )
    if "growth" in options.only:
        yield from _growth(options)
    if "replans" in options.only:
        yield from _replans(options.seconds, seed)
    if "pages" in options.only:
        yield from _pages(options.sizes, seed)


def _minutes(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, ground in _grounds(options.sizes, options.shape, options.seed):
        _tell(f"minutes: {name}")
        yield "minutes", asdict(minutes.compare(name, ground))


def _grounds(sizes: list[int], shape: str, seed: int) -> Iterator[tuple[str, instances.Ground]]:
    """Give cities of all sizes, and real roads where there are some."""
    for size in sizes:
        yield instances.ground_of(size, shape=shape, seed=seed)
    roads = _real("balikpapan", "roads.graphml")
    if roads is not None:
        city = instances.City("Balikpapan", 300, 6, 15, (1, 1), 4)
        places = instances.draw_places(city, seed=seed, tile=read_graphml(roads))
        yield "Balikpapan, OpenStreetMap", places.ground


def _real(*path: str) -> Path | None:
    """Find real data; None, and a word, where it is absent."""
    root = os.environ.get(REAL_DATA)
    found = Path(root, *path) if root else None
    if found is None or not found.exists():
        _tell(f"skipped: {REAL_DATA} names no folder with {'/'.join(path)}")
        return None
    return found


def _growth(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    seconds = quality.LARGE_FACTOR * options.seconds
    for size in options.sizes:
        row = growth.measure_size(
            size, seconds=seconds, memory_gb=options.memory_gb, seed=options.seed
        )
        _tell(f"growth: {row}")
        yield "growth", row


def _replans(seconds: float, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for case in replans.cases(seed):
        row = replans.measure_case(case, min(seconds, REPLAN_SECONDS), seed)
        _tell(f"replans: {row}")
        yield "replans", row


def _pages(sizes: list[int], seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for city in pages.cities([size for size in PAGE_SIZES if size in sizes], seed):
        row = pages.compare(city)
        _tell(f"pages: {row}")
        yield "pages", row


def _medians(seconds: float) -> Iterator[dict[str, Any]]:
    folder = _real("bench", "pmedcap")
    if folder is None:
        return
    for problem in pmedcap.read_folder(folder):
        solved = pmedcap.solve_medians(problem, seconds=seconds)
        row = {
            "number": problem.number,
            "customers": len(problem.demand),
            "medians": problem.medians,
            "optimum": problem.optimum,
            "proven": solved.proven,
            **asdict(solved),
        }
        _tell(f"pmedcap: {row}")
        yield row


def _parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=_listed(PARTS), default=list(PARTS), help="parts to run")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of every solver")
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(word) for word in text.split(",")],
        default=[462, 2880, 7169],
        help="stations of the instances",
    )
    parser.add_argument("--shape", choices=("sample", "city"), default="sample")
    parser.add_argument("--rivals", type=_listed(tuple(RIVALS)), default=list(RIVALS))
    parser.add_argument("--memory-gb", type=float, default=MEMORY_GB)
    parser.add_argument("--seed", type=int, default=instances.SEED)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    return parser.parse_args(words)


def _listed(known: tuple[str, ...]) -> Any:
    def split(text: str) -> list[str]:
        chosen = [word for word in text.split(",") if word]
        wrong = [word for word in chosen if word not in known]
        if wrong:
            message = f"{', '.join(wrong)}: choose from {', '.join(known)}"
            raise argparse.ArgumentTypeError(message)
        return chosen

    return split


def _machine(seed: int) -> dict[str, Any]:
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "absent"
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        "python": platform.python_version(),
        "system": platform.system(),
        "versions": versions,
        "seed": seed,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
