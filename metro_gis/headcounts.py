"""``--officers POST=N``: how many officers a post has, in whole or as a difference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metro_gis.errors import Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_DIGITS = 9
"""A headcount with more digits is a slip of the keyboard."""


def parse_headcounts(
    words: Sequence[str], before: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Read headcounts.

    Parameters
    ----------
    words
        ``POST=N``; with a plan before also ``POST=+N`` and ``POST=-N``.
    before
        All officers of every post in the plan before; None where there is none.

    Returns
    -------
    dict
        Post id to all its officers.

    Raises
    ------
    UsageError
        With every word that cannot be read, names a post twice or one that is not known, or takes
        more officers than there are.
    """
    counts: dict[str, int] = {}
    faults = []
    for word in words:
        post, mark, number = (part.strip() for part in word.rpartition("="))
        found = re.fullmatch(rf"([+-]?)([0-9]{{1,{MOST_DIGITS}}})", number, re.ASCII)
        if not mark or not post or found is None or (found[1] and before is None):
            faults.append(Fault("officers-form", value=word))
        elif post in counts:
            faults.append(Fault("officers-twice", value=post))
        elif not found[1]:
            counts[post] = int(found[2])
        elif before is None or post not in before:
            known = ", ".join(sorted(before or ()))
            faults.append(Fault("officers-unknown", value=post, params={"known": known}))
        else:
            counts[post] = before[post] + int(number)
            if counts[post] < 0:
                params = {"officers": before[post]}
                faults.append(Fault("officers-below", value=word, params=params))
    if faults:
        raise UsageError(faults)
    return counts
