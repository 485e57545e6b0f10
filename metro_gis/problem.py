"""The problem: what is to be guarded, by whom, under which rules, and how far apart it is.

Objects here are frozen, and one that exists is valid. Minutes are whole tenths (``_tenths``): a
pair's total is rounded up to a tenth once, and limits and costs both use that number, so that a
checker with whole numbers comes to the same result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from metro_gis.doctrine import COVER_TIERS, RiskClass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.doctrine import Doctrine

    Ints = NDArray[np.int32]

Border = Literal["kecamatan", "kelurahan", "none"]
WHOLE_AREA = "*"
"""Border unit of a plan without borders."""
NO_PATH = -1


@dataclass(frozen=True, slots=True)
class Station:
    """A polling station (TPS).

    Parameters
    ----------
    station_id
        Unique text.
    lon, lat
        WGS 84 degrees (EPSG:4326).
    risk_class
        How risky it is held to be.
    kecamatan, kelurahan
        District and ward; empty where not given.
    name
        For people.
    voters
        Registered voters, or None.
    location_source
        ``surveyed``, ``geocoded``, ``modelled`` or None.
    """

    station_id: str
    lon: float
    lat: float
    risk_class: RiskClass
    kecamatan: str = ""
    kelurahan: str = ""
    name: str = ""
    voters: int | None = None
    location_source: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A police base that teams start from.

    Parameters
    ----------
    post_id
        Unique text.
    lon, lat
        WGS 84 degrees (EPSG:4326).
    officers
        All officers of the post.
    fixed_officers, reserve_officers
        Officers who are not for stations.
    serves
        Kecamatan it may give teams to; empty for all.
    name, kind, kecamatan
        For people; ``kind`` is ``polres``, ``polsek``, ``staging`` or empty.
    location_source
        As of a station.

    Raises
    ------
    ValueError
        If fixed and reserve officers together are more than all officers, or a number is negative.
    """

    post_id: str
    lon: float
    lat: float
    officers: int
    fixed_officers: int = 0
    reserve_officers: int = 0
    serves: tuple[str, ...] = ()
    name: str = ""
    kind: str = ""
    kecamatan: str = ""
    location_source: str | None = None

    def __post_init__(self) -> None:
        if min(self.officers, self.fixed_officers, self.reserve_officers) < 0:
            message = f"post {self.post_id}: officers cannot be negative"
            raise ValueError(message)
        if self.fixed_officers + self.reserve_officers > self.officers:
            message = f"post {self.post_id}: fixed and reserve officers exceed all officers"
            raise ValueError(message)

    @property
    def station_officers(self) -> int:
        """Officers who can be sent to stations."""
        return self.officers - self.fixed_officers - self.reserve_officers


@dataclass(frozen=True, slots=True)
class BeatRules:
    """How beats may be formed and what they cost.

    Parameters
    ----------
    border
        What a beat must not cross.
    mix
        Whether classes may share a beat.
    kelurahan_penalty_tenths
        Added for each station of another kelurahan than the anchor's, in tenths of a minute.
    team_tenths
        What a further team must save to be worth its officers, in tenths of a minute.
    """

    border: Border = "kecamatan"
    mix: bool = False
    kelurahan_penalty_tenths: int = 20
    team_tenths: int = 300


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """Travel minutes in whole tenths.

    Parameters
    ----------
    deploy
        Post to station, one way: shape ``(n_posts, n_stations)``, ``-1`` where no road leads.
    beat_indptr, beat_indices, beat_tenths
        Station to station in CSR form, shape ``(n_stations, n_stations)``: the larger of the two
        directions, pairs within the beat limit only, symmetric, diagonal included as 0, indices
        rising within a row.
    """

    deploy: Ints
    beat_indptr: Ints
    beat_indices: Ints
    beat_tenths: Ints

    def __post_init__(self) -> None:
        for array in (self.deploy, self.beat_indptr, self.beat_indices, self.beat_tenths):
            array.setflags(write=False)


def border_unit(border: str, kecamatan: str, kelurahan: str) -> str:
    """Name the border unit of a place.

    Parameters
    ----------
    border
        ``"kecamatan"``, ``"kelurahan"`` or ``"none"``.
    kecamatan, kelurahan
        Where the place lies.

    Returns
    -------
    str
        Its kecamatan, its kelurahan, or ``"*"``.
    """
    if border == "none":
        return WHOLE_AREA
    if border == "kecamatan":
        return kecamatan
    # wards of two districts may share a name
    return f"{kecamatan}/{kelurahan}"


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything a plan is made from.

    Parameters
    ----------
    stations
        Stations ``t``; their order is the order of all arrays.
    posts
        Posts ``p``.
    doctrine
        Guard patterns.
    deploy_limit_tenths, beat_limit_tenths
        Limits in tenths of a minute.
    rules
        How beats may be formed.
    travel
        Travel minutes.

    Raises
    ------
    ValueError
        If ids repeat, arrays do not fit, or a border needs a place that a station lacks.
    """

    stations: tuple[Station, ...]
    posts: tuple[Post, ...]
    doctrine: Doctrine
    deploy_limit_tenths: int
    beat_limit_tenths: int
    rules: BeatRules
    travel: TravelTimes

    def __post_init__(self) -> None:
        _require_unique("station", [station.station_id for station in self.stations])
        _require_unique("post", [post.post_id for post in self.posts])
        shape = (len(self.posts), len(self.stations))
        if self.travel.deploy.shape != shape:
            message = f"deploy minutes have shape {self.travel.deploy.shape}, not {shape}"
            raise ValueError(message)
        if len(self.travel.beat_indptr) != len(self.stations) + 1:
            message = "beat minutes do not fit the stations"
            raise ValueError(message)
        if self.rules.border != "none":
            lacking = [t.station_id for t in self.stations if not getattr(t, self.rules.border)]
            if lacking:
                shown = ", ".join(lacking[:5])
                message = f"the border {self.rules.border} is missing for {shown}"
                raise ValueError(message)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Names of the border units, sorted."""
        return tuple(sorted({self.unit_of(station) for station in self.stations}))

    @cached_property
    def unit_index(self) -> Ints:
        """Border unit of every station: shape ``(n_stations,)``, index into ``units``."""
        place = {name: index for index, name in enumerate(self.units)}
        return np.array([place[self.unit_of(t)] for t in self.stations], dtype=np.int32)

    @cached_property
    def in_reach(self) -> NDArray[np.bool_]:
        """Whether a post may send a team to a station: shape ``(n_posts, n_stations)``."""
        deploy = self.travel.deploy
        reach = (deploy != NO_PATH) & (deploy <= self.deploy_limit_tenths)
        return np.asarray(reach & self.may_serve, dtype=np.bool_)

    @cached_property
    def may_serve(self) -> NDArray[np.bool_]:
        """Whether a post serves a station's kecamatan: shape ``(n_posts, n_stations)``."""
        return np.array(
            [
                [not post.serves or station.kecamatan in post.serves for station in self.stations]
                for post in self.posts
            ],
            dtype=np.bool_,
        ).reshape(len(self.posts), len(self.stations))

    @cached_property
    def class_index(self) -> Ints:
        """Risk class of every station, as its place in `RiskClass`."""
        order = {cls: index for index, cls in enumerate(RiskClass)}
        return np.array([order[t.risk_class] for t in self.stations], dtype=np.int32)

    @cached_property
    def tier_index(self) -> Ints:
        """Tier of every station in the cover tuple: shape ``(n_stations,)``."""
        tier = {cls: index for index, tiers in enumerate(COVER_TIERS) for cls in tiers}
        return np.array([tier[t.risk_class] for t in self.stations], dtype=np.int32)

    def unit_of(self, station: Station) -> str:
        """Name the border unit of a station.

        Parameters
        ----------
        station
            A station of this problem.

        Returns
        -------
        str
            Its kecamatan, its kelurahan, or ``"*"``.
        """
        return border_unit(self.rules.border, station.kecamatan, station.kelurahan)

    def low_stations(self) -> dict[str, int]:
        """Count the *low* stations of every border unit.

        Returns
        -------
        dict
            Border unit to count; units without any are left out.
        """
        counts: dict[str, int] = {}
        for station in self.stations:
            if station.risk_class is RiskClass.LOW:
                unit = self.unit_of(station)
                counts[unit] = counts.get(unit, 0) + 1
        return dict(sorted(counts.items()))

    def replace(self, **changes: object) -> Problem:
        """Make a changed copy, checked anew.

        Parameters
        ----------
        **changes
            Fields to change.

        Returns
        -------
        Problem
            The changed problem.
        """
        return replace(self, **changes)  # type: ignore[arg-type]

    def with_officers(self, officers: Mapping[str, int]) -> Problem:
        """Make a copy with other headcounts.

        Parameters
        ----------
        officers
            Post id to all officers of that post.

        Returns
        -------
        Problem
            The changed problem.
        """
        posts = tuple(
            replace(post, officers=officers.get(post.post_id, post.officers)) for post in self.posts
        )
        return replace(self, posts=posts)


def _require_unique(kind: str, ids: Sequence[str]) -> None:
    if len(set(ids)) != len(ids):
        repeated = sorted({one for one in ids if ids.count(one) > 1})[:5]
        message = f"{kind} ids repeat: {', '.join(repeated)}"
        raise ValueError(message)
