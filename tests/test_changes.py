"""Changes between plans: matched by hand, by trying every matching, and by the checker."""

import dataclasses
import random
from functools import cache

import pytest
import toys

from metro_gis.changes import Changes, Former, FormerTeam, find_changes, kept_officers
from metro_gis.plan import Beat
from metro_gis.verify_changes import Guard, could_keep_more, count_changes, read_guards


def town(stations=6, posts=2):
    """Stations without a place that matters: changes look at teams alone."""
    return toys.problem(
        [toys.LOW] * stations,
        [[10] * stations] * posts,
        [[10] * stations for _ in range(stations)],
        [20] * posts,
    )


FORMER = Former(
    "before",
    (
        FormerTeam("T1", 0, 2, (0, 1), 0),
        FormerTeam("T2", 1, 2, (2, 3), 2),
        FormerTeam("T3", 1, 2, (4,), 4),
    ),
)


@pytest.mark.parametrize(
    ("beats", "former", "stations", "officers"),
    [
        # nothing changes
        ([(0, (0, 1)), (1, (2, 3)), (1, (4,))], (0, 1, 2), (), (0, 0, 0)),
        # another post takes a team over: two officers have new orders
        ([(1, (0, 1)), (1, (2, 3)), (1, (4,))], (0, 1, 2), (), (2, 0, 0)),
        # station 1 goes to another team
        ([(0, (0,)), (1, (1, 2, 3)), (1, (4,))], (0, 1, 2), (1,), (0, 0, 0)),
        # a team is given up: its station moves, nobody has new orders
        ([(0, (0, 1, 4)), (1, (2, 3))], (0, 1), (4,), (0, 0)),
        # station 5 was not covered: it does not move, but its team is new
        ([(0, (0, 1)), (1, (2, 3)), (1, (4,)), (0, (5,))], (0, 1, 2, None), (), (0, 0, 0, 2)),
        # a team that keeps its officers, but none of its stations
        ([(0, (0, 1)), (1, (2, 3, 4)), (1, (5,))], (0, 1, 2), (4,), (0, 0, 0)),
        # whole beats change hands: two stations each, or two officers each, are kept
        ([(0, (2, 3)), (1, (0, 1)), (1, (4,))], (1, 0, 2), (), (2, 2, 0)),
    ],
)
def test_changes_by_hand(beats, former, stations, officers):
    """Teams are matched for the largest overlap; what is left over has moved."""
    plan = [Beat(post, members[0], members) for post, members in beats]
    assert find_changes(town(), FORMER, plan) == Changes(former, stations, officers)


def test_count_adds_stations_and_officers():
    """One figure: what a commander has to order anew."""
    assert Changes((0, None), (3, 5), (1, 2)).count == 5


def drawn_beats(rng, stations, posts):
    """Beats of random stations; some stations stay uncovered."""
    left = rng.sample(range(stations), rng.randint(1, stations))
    beats = []
    while left:
        members = tuple(sorted(left[: rng.randint(1, 3)]))
        del left[: len(members)]
        beats.append(Beat(rng.randrange(posts), members[0], members))
    return beats


def drawn_former(rng, stations, posts):
    teams = [
        FormerTeam(f"T{k}", rng.choice([beat.post, None]) if rng.random() < 0.2 else beat.post,
                   rng.choice([1, 2, 3]), beat.stations)
        for k, beat in enumerate(drawn_beats(rng, stations, posts))
    ]  # fmt: skip
    return Former("before", tuple(teams))


def fewest(former, beats, size=2):
    """Try every matching of beats with former teams."""
    home = former.home
    total = sum(t in home for beat in beats for t in beat.stations) + size * len(beats)

    @cache
    def most(k, used):
        if k == len(beats):
            return 0
        best = most(k + 1, used)
        for f, team in enumerate(former.teams):
            if not used >> f & 1:
                stay = sum(home.get(t) == f for t in beats[k].stations)
                stay += kept_officers(team, beats[k].post, size)
                best = max(best, stay + most(k + 1, used | 1 << f))
        return best

    return total - most(0, 0)


def guards(problem, beats, names):
    return {
        name: Guard(f"P{beat.post}", 2, frozenset(f"T{t}" for t in beat.stations))
        for name, beat in zip(names, beats, strict=True)
    }


def guards_before(former):
    return {
        team.team_id: Guard(
            "gone" if team.post is None else f"P{team.post}",
            team.officers,
            frozenset(f"T{t}" for t in team.stations),
        )
        for team in former.teams
    }


@pytest.mark.parametrize("seed", range(200))
def test_no_matching_keeps_more(seed):
    """The count is that of the best of all matchings, and the checker counts the same."""
    rng = random.Random(seed)
    problem = town(8, 3)
    former, beats = drawn_former(rng, 8, 3), drawn_beats(rng, 8, 3)
    changes = find_changes(problem, former, beats)
    assert changes.count == fewest(former, beats)
    names = [
        f"N{n}" if k is None else former.teams[k].team_id for n, k in enumerate(changes.former)
    ]
    now, before = guards(problem, beats, names), guards_before(former)
    assert count_changes(now, before) == (len(changes.stations), sum(changes.officers))
    assert not could_keep_more(now, before)


@pytest.mark.parametrize("seed", range(200))
def test_checker_sees_every_worse_matching(seed):
    """Names dealt out at random are refused exactly where another deal keeps more."""
    rng = random.Random(seed)
    problem = town(8, 3)
    former, beats = drawn_former(rng, 8, 3), drawn_beats(rng, 8, 3)
    names = [team.team_id for team in former.teams] + [f"N{n}" for n in range(len(beats))]
    now = guards(problem, beats, rng.sample(names, len(beats)))
    before = guards_before(former)
    assert could_keep_more(now, before) == (sum(count_changes(now, before)) > fewest(former, beats))


@pytest.mark.parametrize(
    "damage",
    [
        lambda teams: teams.append(dict(teams[0])),
        lambda teams: teams.append({**teams[0], "team_id": "T9"}),
        lambda teams: teams[0].update(officers=True),
        lambda teams: teams[0].update(officers=2.0),
        lambda teams: teams[0]["stations"].append("A"),
    ],
)
def test_plan_before_must_be_sound(damage):
    """Teams and stations named twice, and officers that are no count, are refused."""
    teams = [{"team_id": "T1", "post_id": "P", "officers": 2, "stations": ["A", "B"]}]
    assert read_guards(teams) == {"T1": Guard("P", 2, frozenset("AB"))}
    damage(teams)
    with pytest.raises(ValueError, match="plan before"):
        read_guards(teams)


def test_former_teams_can_be_replaced():
    """A former team is plain data: a copy with another post differs in that alone."""
    team = FORMER.teams[0]
    assert kept_officers(dataclasses.replace(team, post=1), 1, 3) == 2
    assert kept_officers(team, 1, 3) == 0
