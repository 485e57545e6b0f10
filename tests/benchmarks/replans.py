"""When the numbers change: re-plans of the sample beside free plans for the same numbers."""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from metro_gis import Workspace
from metro_gis.changes import Former, FormerTeam
from metro_gis.data.inputs import build_problem, read_inputs
from metro_gis.data.sample import write_sample
from metro_gis.doctrine import RiskClass
from metro_gis.optimize import Settings, optimize, replan
from metro_gis.plan import beat_officers
from metro_gis.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metro_gis.optimize.replan import Strength
    from metro_gis.plan import Outcome
    from metro_gis.problem import Problem

LOSSES = 10
RAISED = 10
BASE_SECONDS = 20.0


class Case(NamedTuple):
    """New numbers after a plan."""

    name: str
    before: Problem
    plan: Outcome
    problem: Problem
    strength: Strength = "keep"


@dataclass(frozen=True)
class Replan:
    """What a re-plan came to, and a free plan beside it."""

    name: str
    cover: tuple[int, ...]
    free_cover: tuple[int, ...]
    changes: int
    bound: int | None
    gap: float | None
    free_changes: int
    officer_minutes: float
    free_officer_minutes: float
    seconds: float


def cases(seed: int) -> Iterator[Case]:
    """Give losses that bite, raised classes, and the reinforcement of 2024 with its reverse."""
    base = _problem("posts.csv")
    plan = optimize(base, Settings(time_limit_s=BASE_SECONDS))
    rng = random.Random(seed)
    for number in range(1, LOSSES + 1):
        post_id, officers, lost = _loss(base, plan, rng)
        yield Case(
            f"loss {number}: {post_id} -{lost}", base, plan, base.with_officers({post_id: officers})
        )
    low = [t for t, one in enumerate(base.stations) if one.risk_class is RiskClass.LOW]
    for number in range(1, RAISED + 1):
        chosen = set(rng.sample(low, number))
        raised = tuple(
            replace(one, risk_class=RiskClass.ELEVATED) if t in chosen else one
            for t, one in enumerate(base.stations)
        )
        name = f"classes: {number} of low raised to elevated"
        yield Case(name, base, plan, base.replace(stations=raised))
    short, reinforced = _problem("posts-short.csv"), _problem("posts-bko.csv")
    lacking = optimize(short, Settings(time_limit_s=BASE_SECONDS))
    helped = Case("reinforcement: 260 come", short, lacking, reinforced, "improve")
    yield helped
    after = replan(
        reinforced, _former(helped), Settings(time_limit_s=BASE_SECONDS), strength="improve"
    )
    gone = reinforced.with_officers({"bko-lampung-tengah": 0, "bko-lampung-timur": 0})
    yield Case("its reverse: 60 leave on the eve", reinforced, after.outcome, gone)


def measure_case(case: Case, seconds: float, seed: int) -> dict[str, Any]:
    """Re-plan within a time limit."""
    started = time.perf_counter()
    found = replan(
        case.problem,
        _former(case),
        Settings(time_limit_s=seconds, seed=seed),
        strength=case.strength,
    )
    return asdict(
        Replan(
            case.name,
            tuple(found.outcome.aims[0].value),
            tuple(found.free.aims[0].value),
            found.changes.count,
            found.changes_bound,
            found.changes_gap,
            found.free_changes.count,
            found.outcome.aims[2].value / 10,
            found.free.aims[2].value / 10,
            round(time.perf_counter() - started, 1),
        )
    )


def _problem(posts: str) -> Problem:
    """Make the sample's problem with one of its tables of posts."""
    scenario = Scenario().replace(inputs={"posts": {"file": f"data/{posts}"}})
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder) / "data")
        return build_problem(read_inputs(Workspace(Path(folder)), scenario), scenario)


def _loss(problem: Problem, plan: Outcome, rng: random.Random) -> tuple[str, int, int]:
    """Draw a post and how many officers it loses: so many that it cannot keep its teams."""
    posted: dict[int, int] = {}
    for beat in plan.beats:
        posted[beat.post] = posted.get(beat.post, 0) + beat_officers(problem, beat)
    p = rng.choice(sorted(posted))
    post = problem.posts[p]
    idle = post.station_officers - posted[p]
    lost = idle + rng.randint(1, max(1, posted[p] // 2))
    return post.post_id, post.officers - lost, lost


def _former(case: Case) -> Former:
    """See a plan from the new problem; stations are the same, posts may be others."""
    place = {post.post_id: p for p, post in enumerate(case.problem.posts)}
    teams = tuple(
        FormerTeam(
            f"T{k:03}",
            place.get(case.before.posts[beat.post].post_id),
            beat_officers(case.before, beat),
            beat.stations,
            beat.anchor,
        )
        for k, beat in enumerate(case.plan.beats, start=1)
    )
    return Former("before", teams, case.plan.rungs)
