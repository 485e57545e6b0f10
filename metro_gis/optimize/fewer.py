"""Fewer teams for a pool: beats are dissolved and their stations moved up in chains.

With given anchors, finding every station a beat is a flow; a station without a beat either finds
a chain of moves that ends at a beat with room, or a set of full beats that no chain leaves. In
the second case one of their anchors moves.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.plan import Beat

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.ground import Ground

    Places = NDArray[np.int64]

MOVES = 250
"""How often an anchor moves before the search for fewer teams is given up."""
DISSOLVED = 24
"""How many beats are tried, the smallest first, when one is to be dissolved."""
NO_BEAT = -1


class Sketch:
    """Beats of a pool that are being worked on.

    Parameters
    ----------
    ground
        The pool.
    weight, full
        Share of a team that each station takes up, and a full team: whole numbers.
    """

    def __init__(self, ground: Ground, weight: Places, full: int) -> None:
        self.ground = ground
        self.weight = weight
        self.full = full
        self.anchors: list[int] = []
        self.groups: list[int] = []
        self.beat_of = np.full(len(ground), NO_BEAT, dtype=np.int64)
        self.room: list[int] = []

    def copy(self) -> Sketch:
        """Copy what is worked on.

        Returns
        -------
        Sketch
            Changes to it leave this one as it is.
        """
        other = Sketch(self.ground, self.weight, self.full)
        other.anchors, other.groups = self.anchors[:], self.groups[:]
        other.beat_of, other.room = self.beat_of.copy(), self.room[:]
        return other

    @property
    def rank(self) -> tuple[int, int]:
        """Load without a beat, then teams: the less the better."""
        return int(self.weight[self.beat_of == NO_BEAT].sum()), len(self.anchors)

    def add(self, anchor: int, group: int, members: list[int]) -> None:
        """Add a beat of stations that have none.

        Parameters
        ----------
        anchor
            Place in the pool.
        group
            Group of posts that reach all members.
        members
            Places in the pool, the anchor among them.
        """
        self.beat_of[members] = len(self.anchors)
        self.anchors.append(anchor)
        self.groups.append(group)
        self.room.append(self.full - int(self.weight[members].sum()))

    def remove(self, k: int) -> list[int]:
        """Dissolve a beat.

        Parameters
        ----------
        k
            Number of the beat; the last one takes its place.

        Returns
        -------
        list of int
            Places of the stations that have none now.
        """
        left: list[int] = np.flatnonzero(self.beat_of == k).tolist()
        self.beat_of[left] = NO_BEAT
        last = len(self.anchors) - 1
        self.beat_of[self.beat_of == last] = k
        for one in (self.anchors, self.groups, self.room):
            one[k] = one[last]
            one.pop()
        return left

    def move_anchor(self, k: int, anchor: int) -> None:
        """Give a beat another anchor; members beyond the limit then lose their beat.

        Parameters
        ----------
        k
            Number of the beat.
        anchor
            Place of a station without a beat, or of one that anchors none.
        """
        before = int(self.beat_of[anchor])
        if before != NO_BEAT:
            self.room[before] += int(self.weight[anchor])
        self.beat_of[anchor] = NO_BEAT
        allowed = self.ground.adjacent[anchor] & self.ground.served[self.groups[k]]
        lost = (self.beat_of == k) & ~allowed
        self.beat_of[lost] = NO_BEAT
        self.anchors[k] = anchor
        inside = np.flatnonzero(self.beat_of == k)
        room = self.full - int(self.weight[inside].sum()) - int(self.weight[anchor])
        for t in inside[::-1].tolist():
            if room >= 0:
                break
            self.beat_of[t] = NO_BEAT
            room += int(self.weight[t])
        self.beat_of[anchor] = k
        self.room[k] = room

    def hand_over(self, k: int, group: int) -> None:
        """Give a beat to another group of posts; what that does not reach loses its beat.

        Parameters
        ----------
        k
            Number of the beat.
        group
            Group of posts.
        """
        self.groups[k] = group
        served = self.ground.served[group]
        inside = np.flatnonzero((self.beat_of == k) & served)
        if served[self.anchors[k]]:
            self.move_anchor(k, self.anchors[k])
            return
        free = served.copy()
        free[self.anchors] = False
        choice = inside if len(inside) else np.flatnonzero(free)
        if not len(choice):
            # every station in reach anchors another beat: this one is of no use
            self.remove(k)
            return
        around = self.ground.adjacent[np.ix_(choice, inside)].sum(axis=1)
        self.move_anchor(k, int(choice[around.argmax()]))

    def insert_all(self) -> set[int]:
        """Give every station a beat for which there is a chain of moves, the heaviest first.

        Returns
        -------
        set of int
            Full beats that the chains of the others can reach.
        """
        if not self.anchors:
            return set()
        anchors = np.array(self.anchors)
        able = self.ground.adjacent[:, anchors] & self.ground.served[self.groups].T
        movable = np.ones(len(self.ground), dtype=np.bool_)
        movable[anchors] = False
        blocked: set[int] = set()
        left = np.flatnonzero(self.beat_of == NO_BEAT)
        for weight in sorted(set(self.weight[left].tolist()), reverse=True):
            # beats that no chain leaves stay so, whatever moves among the others
            closed = np.zeros(len(anchors), dtype=np.bool_)
            for t in left[self.weight[left] == weight].tolist():
                if max(self.room) < weight:
                    break
                self._insert(t, able, movable, closed)
            blocked |= set(np.flatnonzero(closed).tolist())
        return blocked

    def _insert(
        self,
        t: int,
        able: NDArray[np.bool_],
        movable: NDArray[np.bool_],
        closed: NDArray[np.bool_],
    ) -> None:
        """Give a station a beat, or note the beats that its chains can reach as closed."""
        weight = int(self.weight[t])
        # only stations of the same weight take each other's place
        movable = movable & (self.weight == weight)
        came: dict[int, tuple[int, int]] = dict.fromkeys(
            np.flatnonzero(able[t] & ~closed).tolist(), (NO_BEAT, t)
        )
        waiting = deque(sorted(came))
        while waiting:
            k = waiting.popleft()
            if self.room[k] >= weight:
                self._move_along(k, came)
                return
            inside = np.flatnonzero((self.beat_of == k) & movable)
            onward = able[inside]
            for other in np.flatnonzero(onward.any(axis=0) & ~closed).tolist():
                if other not in came:
                    came[other] = (k, int(inside[onward[:, other].argmax()]))
                    waiting.append(other)
        closed[list(came)] = True

    def _move_along(self, k: int, came: dict[int, tuple[int, int]]) -> None:
        weight = int(self.weight[came[k][1]])
        self.room[k] -= weight
        while k != NO_BEAT:
            before, t = came[k]
            self.beat_of[t] = k
            k = before

    def beats(self) -> tuple[Beat, ...]:
        """Put the beats together.

        Returns
        -------
        tuple of Beat
            Without posts.
        """
        members = self.ground.members
        return tuple(
            Beat(-1, int(members[anchor]), tuple(members[self.beat_of == k].tolist()))
            for k, anchor in enumerate(self.anchors)
        )


def use_fewer_teams(
    sketch: Sketch,
    target: int,
    rng: random.Random,
    is_over: Callable[[], bool],
    *,
    quota: Sequence[int] | None = None,
    strict: bool = False,
) -> Sketch:
    """Dissolve beats until there are no more than a number of teams.

    Parameters
    ----------
    sketch
        Beats of a pool.
    target
        Number of teams to reach.
    rng
        Where chance comes from.
    is_over
        Asked again and again whether to make do with what there is.
    quota
        Most teams of each group of posts; no limit by default.
    strict
        Whether the target is reached at the cost of stations left without a beat.

    Returns
    -------
    Sketch
        Without ``strict`` every station that had a beat has one.
    """
    if strict and len(sketch.anchors) > target:
        sketch = _cut_down(sketch, target)
        lost = max(0, int(sketch.weight.sum()) - target * sketch.full)
        sketch = _move_anchors(sketch, lost, set(), rng, is_over)
    while True:
        excess = _excess(sketch, quota)
        if len(sketch.anchors) <= target and not any(one > 0 for one in excess):
            return sketch
        fewer = _change_one(sketch, target, excess, rng, is_over, strict=strict)
        if fewer is None:
            return sketch
        sketch = fewer


def _cut_down(sketch: Sketch, target: int) -> Sketch:
    """Dissolve the smallest beats, and use what room the others have."""
    sketch = sketch.copy()
    while len(sketch.anchors) > target:
        sketch.remove(max(range(len(sketch.anchors)), key=lambda k: (sketch.room[k], k)))
    sketch.insert_all()
    return sketch


def _excess(sketch: Sketch, quota: Sequence[int] | None) -> list[int]:
    """Say by how many teams each group of posts is above its quota."""
    if quota is None:
        return [0] * len(sketch.ground.posts)
    counts = np.bincount(sketch.groups, minlength=len(quota)).tolist()
    return [count - most for count, most in zip(counts, quota, strict=True)]


def _changes(sketch: Sketch, target: int, excess: list[int]) -> Sequence[tuple[int, int | None]]:
    """List beats that may be dissolved, or that another group of posts may take over."""
    beats = list(range(len(sketch.anchors)))
    if any(one > 0 for one in excess):
        beats = [k for k in beats if excess[sketch.groups[k]] > 0]
    if len(sketch.anchors) > target:
        sizes = np.bincount(sketch.beat_of[sketch.beat_of >= 0], minlength=len(sketch.anchors))
        return [(k, None) for k in sorted(beats, key=lambda k: (sizes[k], k))][:DISSOLVED]
    lost = []
    for g, one in enumerate(excess):
        served = sketch.ground.served[g]
        if one < 0:
            lost += [(int((~served[sketch.beat_of == k]).sum()), k, g) for k in beats]
    return [(k, g) for _, k, g in sorted(lost)][:DISSOLVED]


def _change_one(
    sketch: Sketch,
    target: int,
    excess: list[int],
    rng: random.Random,
    is_over: Callable[[], bool],
    *,
    strict: bool,
) -> Sketch | None:
    """Dissolve a beat, or hand it over to another group; None where stations would be lost."""
    best: tuple[tuple[int, int], Sketch, set[int]] | None = None
    inevitable = 0
    if strict:
        teams = min(len(sketch.anchors), max(target, len(sketch.anchors) - 1))
        inevitable = max(0, int(sketch.weight.sum()) - teams * sketch.full)
    for k, group in _changes(sketch, target, excess):
        trial = sketch.copy()
        if group is None:
            trial.remove(k)
        else:
            trial.hand_over(k, group)
        blocked = trial.insert_all()
        if best is None or trial.rank < best[0]:
            best = (trial.rank, trial, blocked)
        if trial.rank[0] <= inevitable:
            return trial
        if is_over():
            break
    if best is None:
        return None
    _, trial, blocked = best
    trial = _move_anchors(trial, inevitable, blocked, rng, is_over)
    return trial if strict or not trial.rank[0] else None


def _move_anchors(
    sketch: Sketch,
    inevitable: int,
    blocked: set[int],
    rng: random.Random,
    is_over: Callable[[], bool],
) -> Sketch:
    """Move anchors among the beats that hold chains up, as long as it does no harm."""
    best = sketch
    for _ in range(MOVES):
        if best.rank[0] <= inevitable or is_over() or not best.anchors:
            break
        trial = best.copy()
        left = np.flatnonzero(trial.beat_of == NO_BEAT).tolist()
        t = rng.choice(left)
        held = sorted(k for k in blocked if 0 <= k < len(trial.anchors))
        k = rng.choice(held) if held else rng.randrange(len(trial.anchors))
        near = trial.ground.adjacent[t] | trial.ground.adjacent[trial.anchors[k]]
        near &= trial.ground.served[trial.groups[k]]
        near[trial.anchors] = False
        choice = np.flatnonzero(near).tolist()
        if not choice:
            continue
        trial.move_anchor(k, rng.choice(choice))
        found = trial.insert_all()
        if trial.rank <= best.rank:
            best, blocked = trial, found
    return best
