"""A server of map tiles that a page may ask, if the planner wants so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from metro_gis.errors import Fault, UsageError

OPENSTREETMAP: Final = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
PLACES: Final = ("{z}", "{x}", "{y}")
# a host goes into the page's policy: nothing in it may end a word or a rule there
_TEMPLATE: Final = re.compile(
    r"https://(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?)"
    r"/[A-Za-z0-9._~!$&()*+,=:@%/?{}-]{1,500}",
    re.ASCII,
)

__all__ = ["OPENSTREETMAP", "TileServer", "refuse_sealed"]


@dataclass(frozen=True, slots=True)
class TileServer:
    """Where tiles come from; a ``TileServer`` that exists may be laid into a page.

    Parameters
    ----------
    template
        Address of a tile, with ``{z}``, ``{x}`` and ``{y}`` in their places.

    Raises
    ------
    UsageError
        If it is no such address: encrypted, of one host, without a name or a password in it.

    Examples
    --------
    >>> TileServer(OPENSTREETMAP).host
    'tile.openstreetmap.org'
    """

    template: str

    def __post_init__(self) -> None:
        """Refuse what is no address of tiles."""
        bare = self.template
        for place in PLACES:
            bare = bare.replace(place, "", 1)
        complete = len(self.template) - len(bare) == sum(map(len, PLACES))
        if not (complete and _TEMPLATE.fullmatch(self.template)) or {"{", "}"} & set(bare):
            raise UsageError(Fault("tiles-template", value=self.template))

    @property
    def host(self) -> str:
        """Host, with its port if it has one of its own: all that the page may ask."""
        found = _TEMPLATE.fullmatch(self.template)
        return found["host"] if found else ""

    def warnings(self) -> list[Fault]:
        """Say what asking for tiles gives away, and when nobody will answer.

        Returns
        -------
        list of Fault
            Warnings.
        """
        faults = [Fault("tiles-asked", "warning", params={"host": self.host})]
        if self.template == OPENSTREETMAP:
            faults.append(Fault("tiles-disk", "warning", params={"host": self.host}))
        return faults


def refuse_sealed(tiles: TileServer | None) -> None:
    """Refuse tiles on a page that is to be sealed: they would tell which area it shows.

    Parameters
    ----------
    tiles
        What the planner asked for.

    Raises
    ------
    UsageError
        If there are tiles.
    """
    if tiles is not None:
        raise UsageError(Fault("tiles-sealed", params={"host": tiles.host}))
