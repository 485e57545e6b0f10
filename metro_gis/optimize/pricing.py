"""Exact pricing: the cheapest beat of every anchor, the worth of its stations being given.

For one anchor and slot this is a small knapsack (`metro_gis.optimize.knapsack`). From its result
follows a bound of the pool by weak duality, for whatever worth is given.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.capacity_rows import Laid
from metro_gis.optimize.knapsack import best_sets, least_sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.optimize.branches import Branch
    from metro_gis.optimize.capacity_rows import CapacityRow
    from metro_gis.optimize.pool_model import Floats, Places, PoolModel, Slot


@dataclass(frozen=True, eq=False)
class Multipliers:
    """What covering is worth, in tenths of an officer-minute.

    Parameters
    ----------
    station
        Of each station of a pool: shape ``(n,)``, not negative, and no more than it may stay
        uncovered for.
    team
        Of the row that asks for enough teams, not negative.
    sides
        Of each side of a branch that speaks of several anchors: not negative where it asks for
        more anchors, not positive where it allows fewer; empty without a branch.
    rows
        Of capacity rows, above 0; of those that are not named it is 0.
    """

    station: Floats
    team: float
    sides: tuple[float, ...] = ()
    rows: Mapping[CapacityRow, float] = field(default_factory=dict)

    @cached_property
    def fixed(self) -> float:
        """What the rows but those of sides ask for is worth, the team row's left aside."""
        asked = sum(one * row.least for row, one in self.rows.items())
        return float(self.station.sum()) + asked

    @cached_property
    def at_anchors(self) -> Floats:
        """What each station brings as an anchor, sides left aside: shape ``(n,)``."""
        brings = self.station + self.team
        for row, one in self.rows.items():
            brings = brings + one * row.of_anchors
        return brings

    def of_beats(self, laid: Laid) -> Floats:
        """Say what beats bring, sides left aside.

        Parameters
        ----------
        laid
            Beats of the pool.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_beats,)``.
        """
        brings = laid.sums(self.station) + self.team
        for row, one in self.rows.items():
            brings += one * row.of_beats(laid)
        return brings


@dataclass(frozen=True, slots=True)
class Column:
    """A beat with its cost.

    Parameters
    ----------
    post
        Index of the post.
    anchor
        Place of the anchor in the pool.
    stations
        Places of all stations of the beat, rising.
    slot
        Index of the slot that its team comes from.
    size
        Officers of the team.
    away_tenths
        Officer-minutes from the anchor to the other stations, in tenths.
    cost_tenths
        All its officer-minutes in tenths, the posts' prices included.
    """

    post: int
    anchor: int
    stations: tuple[int, ...]
    slot: int
    size: int
    away_tenths: float
    cost_tenths: float


@dataclass(frozen=True, eq=False)
class Priced:
    """The cheapest beat of every anchor.

    Parameters
    ----------
    reduced
        Cost less the worth of what it covers, in tenths: shape ``(n,)``; inf where an anchor
        has no beat.
    slot
        Index of the slot it comes from: shape ``(n,)``.
    """

    reduced: Floats
    slot: Places


def price(model: PoolModel, prices: Floats, worth: Multipliers) -> Priced:
    """Find the cheapest beat of every anchor.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    worth
        What covering is worth.

    Returns
    -------
    Priced
        Least reduced costs.
    """
    best = np.full(len(model), np.inf)
    chosen = np.zeros(len(model), dtype=np.int64)
    weight = model.weight[model.near]
    for index in model.live(prices):
        slot = model.slots[index]
        costs, _ = model.team_costs(slot, prices)
        values = mate_values(model, slot, worth)
        # an anchor that the slot cannot open costs infinitely much, whatever it would serve
        room = np.maximum(model.capacity, 0)
        total = costs - worth.at_anchors + least_sums(values, weight, room)
        better = total < best
        best[better], chosen[better] = total[better], index
    return Priced(best, chosen)


def lower_bound(
    model: PoolModel, worth: Multipliers, priced: Priced, branch: Branch | None = None
) -> float:
    """Bound the pool's officer-minutes from below by weak duality.

    Parameters
    ----------
    model
        The pool.
    worth
        Any multipliers of the right sign.
    priced
        What `price` gives for them.
    branch
        What is asked of the anchors beside; nothing by default.

    Returns
    -------
    float
        Tenths, the posts' prices included: an anchor has at most one team, so at best every
        anchor with a negative reduced cost has its cheapest one.
    """
    rows = worth.fixed + worth.team * model.teams
    if branch is None:
        return rows + float(np.minimum(priced.reduced, 0.0).sum())
    reduced = priced.reduced - branch.charges(worth.sides)
    open_ = np.where(branch.on, reduced, np.minimum(reduced, 0.0))
    return rows + branch.rows(worth.sides) + float(open_[~branch.off].sum())


def take_columns(
    model: PoolModel, prices: Floats, worth: Multipliers, priced: Priced, anchors: Places
) -> list[Column]:
    """Build the cheapest beats of some anchors.

    Parameters
    ----------
    model
        The pool.
    prices, worth, priced
        As given to and by `price`.
    anchors
        Places of anchors.

    Returns
    -------
    list of Column
        One for each anchor.
    """
    columns = []
    for index in model.live(prices):
        slot = model.slots[index]
        mine = anchors[priced.slot[anchors] == index]
        if not len(mine):
            continue
        costs, posts = model.team_costs(slot, prices)
        values = mate_values(model, slot, worth)[mine]
        sets = best_sets(values, model.weight[model.near[mine]], model.capacity[mine])
        for j, members in zip(mine.tolist(), sets, strict=True):
            near = model.near_tenths[j][members]
            stations = tuple(sorted([j, *model.near[j][members].tolist()]))
            away = float(slot.size * near.sum())
            cost = float(costs[j]) + away
            columns.append(Column(int(posts[j]), j, stations, index, slot.size, away, cost))
    return columns


def reduced_costs(columns: Sequence[Column], worth: Multipliers, charges: Floats) -> Floats:
    """Say what beats cost, less what they bring.

    Parameters
    ----------
    columns
        Beats of the pool.
    worth
        What covering is worth.
    charges
        Worth of the rows of anchors and areas, spread over the anchors: shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Tenths, shape ``(n_columns,)``.
    """
    laid = Laid.of(columns)
    costs = np.array([one.cost_tenths for one in columns])
    return costs - worth.of_beats(laid) - charges[laid.anchors]


def charge_anew(
    model: PoolModel, prices: Floats, columns: tuple[Column, ...]
) -> tuple[Column, ...]:
    """Give known beats the cheapest slot and post at other prices.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    columns
        Beats of this pool.

    Returns
    -------
    tuple of Column
        The same beats, in their order.
    """
    live = [(index, model.slots[index]) for index in model.live(prices)]
    teams = {index: model.team_costs(slot, prices) for index, slot in live}
    whole = {index for index, slot in live if slot.served.all()}

    def charge(column: Column) -> Column:
        cost, index = min(
            (float(teams[index][0][column.anchor]), index)
            for index, slot in live
            if slot.size == column.size
            and (index in whole or slot.served[list(column.stations)].all())
        )
        post = int(teams[index][1][column.anchor])
        return replace(column, post=post, slot=index, cost_tenths=cost + column.away_tenths)

    return tuple(charge(column) for column in columns)


def mate_values(model: PoolModel, slot: Slot, worth: Multipliers) -> Floats:
    """Price serving each neighbour from each anchor.

    Parameters
    ----------
    model
        The pool.
    slot
        One of its slots.
    worth
        What covering is worth.

    Returns
    -------
    numpy.ndarray
        Tenths less what it is worth, shape ``(n, k)``; inf where it may not be served.
    """
    values = slot.size * model.near_tenths - worth.station[model.near]
    for row, one in worth.rows.items():
        places, loads = row.pairs
        values.reshape(-1)[places] += one * loads
    if not slot.served.all():
        values[~slot.served[model.near]] = np.inf
    return np.asarray(values, dtype=np.float64)
