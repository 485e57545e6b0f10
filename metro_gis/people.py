"""Officers by name, the rules of who may stand where, and the lot that orders them.

What an observer needs to repeat a draw is here and in the standard library alone: how the list is
written before it is hashed, and how a seed puts its officers in order.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

Duty = Literal["station", "fixed", "reserve", "any"]
DUTIES: Final[tuple[Duty, ...]] = get_args(Duty)
"""What a list may say of an officer; ``any`` leaves it to the lot."""
STATION: Final = "station"
FIXED: Final = "fixed"
RESERVE: Final = "reserve"
FREE: Final = "free"
"""Duties after the draw; ``free`` is for stations, but in no team."""
METHOD: Final = "metro-gis-draw/1"
"""Names the draw as `optimize/README.md` describes it."""
MASK: Final = "…"
_SHOWN: Final = 2  # characters of a personal value that stay at either end


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer on the list of personnel.

    Parameters
    ----------
    officer_id
        Service number (NRP), unique text.
    name
        For orders, and nothing else.
    rank
        Empty where not given.
    post_id
        Post that the officer belongs to.
    duty
        What the officer is set aside for.
    home_kelurahan
        Ward that the officer lives in; empty where not given.
    """

    officer_id: str
    name: str
    rank: str
    post_id: str
    duty: Duty = "any"
    home_kelurahan: str = ""


@dataclass(frozen=True, slots=True)
class PeopleRules:
    """Who may stand where.

    Parameters
    ----------
    lead_ranks
        Ranks of which every team has at least one; empty for no such rule.
    avoid_home
        Whether nobody guards a station of the kelurahan that he lives in.
    """

    lead_ranks: tuple[str, ...] = ()
    avoid_home: bool = False

    def leads(self, officer: Officer) -> bool:
        """Tell whether an officer may lead a team.

        Parameters
        ----------
        officer
            An officer.

        Returns
        -------
        bool
            Always true where no rank is asked for.
        """
        return not self.lead_ranks or folded(officer.rank) in map(folded, self.lead_ranks)


def canonical(value: str) -> str:
    """Write a text the one way that hashes agree on.

    Parameters
    ----------
    value
        A cell of the list.

    Returns
    -------
    str
        In Unicode form NFC, without characters that cannot be seen, with single spaces.

    Examples
    --------
    >>> canonical(" Officer  001 ")
    'Officer 001'
    """
    letters = unicodedata.normalize("NFC", value)
    seen = (char for char in letters if char.isspace() or unicodedata.category(char)[0] != "C")
    return " ".join("".join(seen).split())


def folded(value: str) -> str:
    """Fold a rank or a ward to what it is compared by.

    Parameters
    ----------
    value
        A text.

    Returns
    -------
    str
        Canonical, and without case.

    Examples
    --------
    >>> folded("AIPDA ") == folded("Aipda")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", canonical(value)).casefold().split())


def masked(value: str) -> str:
    """Hide a personal value, leaving enough to find it by.

    Parameters
    ----------
    value
        For example a service number.

    Returns
    -------
    str
        Its first and last two characters; nothing of a value of up to five.

    Examples
    --------
    >>> masked("35010001")
    '35…01'
    """
    text = canonical(value)
    return f"{text[:_SHOWN]}{MASK}{text[-_SHOWN:]}" if len(text) > 2 * _SHOWN + 1 else MASK


def list_sha256(officers: Iterable[Officer]) -> str:
    r"""Hash a list of officers, whatever the order of its rows.

    Parameters
    ----------
    officers
        The list.

    Returns
    -------
    str
        64 hexadecimal digits: the SHA-256 of a line for each officer in the order of their ids,
        ``officer_id, name, rank, post_id, duty, home_kelurahan`` with a tabulator between and a
        line feed at the end, in UTF-8.

    Examples
    --------
    >>> list_sha256([Officer("001", "Officer 001", "Bripka", "polres")])[:16]
    '315b5a795220e785'
    """
    lines = [
        "\t".join(
            canonical(field)
            for field in (
                one.officer_id, one.name, one.rank, one.post_id, one.duty, one.home_kelurahan,
            )
        )
        for one in sorted(officers, key=lambda one: canonical(one.officer_id))
    ]  # fmt: skip
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def ticket(seed: int, officer_id: str) -> str:
    """Give an officer's ticket: where tickets are sorted, the lot is drawn.

    Parameters
    ----------
    seed
        Number that was agreed on, best one thrown in public once the list's hash is known.
    officer_id
        Service number.

    Returns
    -------
    str
        SHA-256 of ``SEED:OFFICER_ID`` in UTF-8, 64 hexadecimal digits.

    Examples
    --------
    >>> ticket(1, "001")[:8]
    '263c71f0'
    """
    return hashlib.sha256(f"{seed}:{canonical(officer_id)}".encode()).hexdigest()


def drawn_order(officers: Iterable[Officer], seed: int) -> list[Officer]:
    """Put officers in the order of their tickets.

    Parameters
    ----------
    officers
        The list, in any order.
    seed
        As of `ticket`.

    Returns
    -------
    list of Officer
        The lowest ticket first.
    """
    return sorted(officers, key=lambda one: (ticket(seed, one.officer_id), one.officer_id))
