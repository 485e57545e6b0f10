"""Results as Markdown tables, and the lines they are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import growth, pages
from benchmarks.instances import SAMPLE_STATIONS
from benchmarks.quality import LARGE_STATIONS, OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NONE = "-"
SAMPLE_GAP = 0.005
MIDDLE_GAP = 0.01
LARGE_GAP, LARGE_MB = 0.015, 4000.0
MOST_EXPONENT = 1.3
MOVES_GAP, MOVES_SECONDS = 0.1, 10.0
NETWORKX_TIMES, IGRAPH_TIMES = 30.0, 1.0
SAMPLE_PAGE_MB, LARGE_PAGE_MB, PAGE_SECONDS = 1.5, 5.0, 3.0
RENDER_TIMES, SIZE_TIMES = 10.0, 5.0


def render(results: Mapping[str, Any]) -> str:
    """Write everything that was run as one Markdown text."""
    parts = [_machine(results["machine"])]
    parts += [quality_table(report) for report in results.get("quality", ())]
    if "growth" in results:
        parts.append(growth_table(results["growth"]))
    if "minutes" in results:
        parts.append(minutes_table(results["minutes"]))
    if "pmedcap" in results:
        parts.append(pmedcap_table(results["pmedcap"]))
    if "replans" in results:
        parts.append(replans_table(results["replans"]))
    if "pages" in results:
        parts.append(pages_table(results["pages"]))
    parts.append(targets_table(targets(results)))
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out as a Markdown table, the first column to the left and others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float | None, digits: int = 2) -> str:
    """Write a share in per cent; a dash for None."""
    return NONE if share is None else f"{100 * share:.{digits}f} %"


def _number(value: float | None, digits: int = 1) -> str:
    return NONE if value is None else f"{value:,.{digits}f}"


def _machine(machine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']:.0f} GB; "
        f"Python {machine['python']}, {versions}; seed {machine['seed']}."
    )


def quality_table(report: Mapping[str, Any]) -> str:
    """Compare the solvers of one instance, gaps being measured against the best bound of all."""
    best = report["best_value"]
    rungs = ", ".join(f"2:{rung} in {count}" for rung, count in report["rungs"].items())
    title = (
        f"**{report['instance']}**: {report['stations']} stations, {report['posts']} posts, "
        f"{report['officers']} officers, {report['pairs']:,} pairs within the beat limit; "
        f"rungs {rungs or NONE}"
    )
    rows = []
    for run in report["runs"]:
        over = None if None in (run["value"], best) else run["value"] / best - 1
        proven = "plan and bound meet" if run["proven"] else run["status"]
        if run["key"] == OURS and not run["settled"]:
            proven += ", rungs unproven"
        rows.append(
            [
                f"{run['solver']} ({run['limit_s']:g} s)",
                _number(run["value"]),
                percent(over),
                percent(run["gap"]),
                percent(run["own_gap"]),
                _number(run["build_s"] + run["solve_s"], 0),
                _number(run["peak_mb"], 0),
                proven,
            ]
        )
    head = [
        "solver",
        "officer-minutes",
        "over best plan",
        "over best bound",
        "own gap",
        "s",
        "MB",
        "outcome",
    ]
    text = f"{title}\n\n{table(head, rows)}"
    if report["false_bounds"]:
        text += f"\n\nBounds above a checked plan, set aside: {', '.join(report['false_bounds'])}."
    return text


def growth_table(measured: Sequence[Mapping[str, Any]]) -> str:
    """Show time and memory by size."""
    rows = [
        [
            f"{row['stations']:,}",
            f"{row['kecamatan']}",
            _number(row.get("minutes_s")),
            _number(row.get("optimize_s")),
            percent(row.get("gap")),
            _number(row["peak_mb"], 0),
            row["failure"] or ("" if row.get("reached") else "gap not reached"),
        ]
        for row in measured
    ]
    head = ["stations", "kecamatan", "minutes s", "optimize s", "gap", "MB", "remark"]
    title = (
        f"**Growth**: time until the gap is {percent(growth.GAP, 1)}, at most "
        f"{measured[0]['limit_s']:g} s; the sample scaled"
    )
    fitted = {
        name: growth.exponent(measured, key)
        for name, key in (
            ("minutes", "minutes_s"),
            ("optimize", "optimize_s"),
            ("memory", "peak_mb"),
        )
    }
    told = ", ".join(f"{name} n^{power:.2f}" for name, power in fitted.items() if power is not None)
    return f"{title}\n\n{table(head, rows)}" + (f"\n\nFitted: {told}." if told else "")


def minutes_table(comparisons: Sequence[Mapping[str, Any]]) -> str:
    """Show how many times longer others take for minutes."""
    rows = []
    for one in comparisons:
        ours = one["ways"][0]
        graph = (
            f"{one['graph']} ({one['nodes']:,} nodes, {one['posts']} posts, "
            f"{one['stations']:,} stations, {one['pairs']:,} pairs)"
        )
        rows += [
            [
                graph,
                way["library"],
                f"{way['search_s']:.2f}",
                f"{way['search_s'] / ours['table_s']:.1f}",
                f"{way['table_s']:.2f}",
                f"{way['table_s'] / ours['table_s']:.1f}",
                "yes" if way["equal"] else "**no**",
            ]
            for way in one["ways"]
        ]
    head = [
        "graph",
        "shortest paths by",
        "searches s",
        "times our table",
        "table s",
        "times our table",
        "equal",
    ]
    return f"**Travel minutes**, seconds of one core\n\n{table(head, rows)}"


def pmedcap_table(solved: Sequence[Mapping[str, Any]]) -> str:
    """Compare capacitated p-medians with the published optima."""
    rows = [
        [
            f"{one['number']}",
            f"{one['customers']}, {one['medians']}",
            f"{one['optimum']}",
            NONE if one["value"] is None else f"{one['value']}",
            _number(one["bound"], 0),
            _number(one["root_bound"]),
            "yes" if one["proven"] else "no",
            _number(one["seconds"]),
        ]
        for one in solved
    ]
    head = ["pmedcap", "n, p", "published", "found", "bound", "columns' bound", "proven", "s"]
    return f"**Capacitated p-medians**\n\n{table(head, rows)}"


def replans_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Lay out re-plans beside free plans for the same numbers."""
    head = (
        "re-plan of the sample", "uncovered", "changes", "at least", "gap",
        "changes of a free plan", "officer-minutes", "of a free plan", "s",
    )  # fmt: skip
    lines = [
        [
            row["name"],
            str(sum(row["cover"])),
            str(row["changes"]),
            NONE if row["bound"] is None else str(row["bound"]),
            percent(row["gap"]),
            str(row["free_changes"]),
            _number(row["officer_minutes"]),
            _number(row["free_officer_minutes"]),
            _number(row["seconds"]),
        ]
        for row in rows
    ]
    return "**When the numbers change**\n\n" + table(head, lines)


def pages_table(cities: Sequence[Mapping[str, Any]]) -> str:
    """Put our pages beside plain ones."""
    rows = [
        [
            f"{one['city']} ({one['segments']:,} segments of road, {one['teams']:,} teams)",
            page["maker"],
            f"{page['megabytes']:.2f}",
            f"{page['render_s']:.2f}",
            _number(page["frame_s"], 2),
            _number(page["interactive_s"], 2),
        ]
        for one in cities
        for page in one["pages"]
    ]
    head = ["page of", "by", "MB", "render s", "first frame s", "interactive s"]
    browser = cities[0]["browser"] or "no Chromium"
    return f"**Pages**, opened by {browser}\n\n{table(head, rows)}"


def targets_table(found: Sequence[Mapping[str, Any]]) -> str:
    """Say which lines hold."""
    rows = [[one["line"], one["measured"], "yes" if one["holds"] else "**no**"] for one in found]
    return f"**Lines**\n\n{table(['line', 'measured', 'holds'], rows)}"


def targets(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Hold what was run against the lines of the issue."""
    found: list[dict[str, Any]] = []

    def add(line: str, measured: str, *, holds: bool) -> None:
        found.append({"line": line, "measured": measured, "holds": holds})

    for report in results.get("quality", ()):
        _of_quality(report, add)
    if "growth" in results:
        power = growth.exponent(results["growth"], "optimize_s")
        everywhere = all(row.get("reached") for row in results["growth"])
        add(
            f"time to a gap of {percent(growth.GAP, 1)} grows at most as n^{MOST_EXPONENT}",
            NONE if power is None else f"n^{power:.2f}",
            holds=power is not None and everywhere and power <= MOST_EXPONENT,
        )
    for one in results.get("minutes", ()):
        ours = one["ways"][0]
        for way in one["ways"][1:]:
            least = IGRAPH_TIMES if way["library"] == "igraph" else NETWORKX_TIMES
            times = way["table_s"] / ours["table_s"]
            add(
                f"minutes of {one['graph']}: at least {least:g} times as fast as {way['library']}",
                f"{times:.1f} times",
                holds=times >= least and way["equal"],
            )
    if "pmedcap" in results:
        right = sum(one["value"] == one["optimum"] for one in results["pmedcap"])
        count = len(results["pmedcap"])
        add("every pmedcap to its published optimum", f"{right} of {count}", holds=right == count)
    _of_replans(results.get("replans", ()), add)
    for one in results.get("pages", ()):
        _of_pages(one, add)
    return found


def _of_pages(one: Mapping[str, Any], add: Any) -> None:
    """Hold a page against its size, its time, and the plain page of the same data."""
    ours, plain = (
        next(page for page in one["pages"] if page["maker"] == maker)
        for maker in (pages.OURS, pages.PLAIN)
    )
    name, size = one["city"], ours["megabytes"]
    large = one["stations"] > SAMPLE_STATIONS
    most = LARGE_PAGE_MB if large else SAMPLE_PAGE_MB
    add(f"page of {name}: at most {most:g} MB", f"{size:.2f} MB", holds=size <= most)
    if not large:
        return
    for key, word in (("frame_s", "first frame"), ("interactive_s", "interactive")):
        seconds = ours[key]
        add(
            f"page of {name}: {word} within {PAGE_SECONDS:g} s",
            NONE if seconds is None else f"{seconds:.2f} s",
            holds=seconds is not None and seconds <= PAGE_SECONDS,
        )
    faster, smaller = plain["render_s"] / ours["render_s"], plain["megabytes"] / size
    add(
        f"page of {name}: rendered at least {RENDER_TIMES:g} times as fast as a plain one",
        f"{faster:.1f} times",
        holds=faster >= RENDER_TIMES,
    )
    add(
        f"page of {name}: at least {SIZE_TIMES:g} times smaller than a plain one",
        f"{smaller:.1f} times",
        holds=smaller >= SIZE_TIMES,
    )


def _of_replans(rows: Sequence[Mapping[str, Any]], add: Any) -> None:
    """Hold re-plans against cover, changes and time of each."""
    if not rows:
        return
    same = all(list(row["cover"]) == list(row["free_cover"]) for row in rows)
    add("re-plans cover what free plans cover", "all" if same else "not all", holds=same)
    worst = max((1.0 if row["gap"] is None else row["gap"]) for row in rows)
    add(
        "re-plans: changes at most 10 % above their bound", percent(worst), holds=worst <= MOVES_GAP
    )
    slowest = max(row["seconds"] for row in rows)
    add("re-plans: at most 10 s each", f"{slowest:.1f} s", holds=slowest <= MOVES_SECONDS)


def _of_quality(report: Mapping[str, Any], add: Any) -> None:
    name, stations = report["instance"], report["stations"]
    ours = [run for run in report["runs"] if run["key"] == OURS]
    others = [run for run in report["runs"] if run["key"] != OURS and run["value"] is not None]
    last = ours[-1]
    first = ours[0]
    if stations == SAMPLE_STATIONS:
        gap = first["own_gap"] if first["settled"] else None
        add(
            f"{name}: cover and rungs proven, gap at most 0.5 % in {first['limit_s']:g} s",
            percent(gap),
            holds=gap is not None and gap <= SAMPLE_GAP,
        )
    if stations > LARGE_STATIONS:
        gap = last["own_gap"] if last["settled"] else None
        add(
            f"{name}: gap at most 1.5 % in {last['limit_s']:g} s and 4 GB",
            f"{percent(gap)}, {last['peak_mb']:,.0f} MB",
            holds=gap is not None and gap <= LARGE_GAP and last["peak_mb"] <= LARGE_MB,
        )
    elif stations != SAMPLE_STATIONS:
        gap = last["own_gap"] if last["settled"] else None
        add(
            f"{name}: gap at most 1 % in {last['limit_s']:g} s",
            percent(gap),
            holds=gap is not None and gap <= MIDDLE_GAP,
        )
    if others:
        worse = [
            run["solver"]
            for run in others
            if last["value"] is None
            or last["value"] > run["value"]
            or (last["value"] == run["value"] and not run["proven"])
        ]
        add(
            f"{name}: no rival's plan better, none as good without a proof, {last['limit_s']:g} s",
            ", ".join(worse) or "none is",
            holds=not worse,
        )
